//! What leads refer to, made through the domain: two workspaces with projects, tags, fields, partners and a key.

use leadgraph::domain::Services;
use leadgraph::domain::api_keys::{self, NewApiKey};
use leadgraph::domain::attribution_sources::{self, NewAttributionSource};
use leadgraph::domain::caller::{Role, Scopes};
use leadgraph::domain::campaigns::{self, NewCampaign};
use leadgraph::domain::custom_fields::{self, FieldCategory, FieldType, NewCustomField};
use leadgraph::domain::error::Error;
use leadgraph::domain::op::Op;
use leadgraph::domain::partnerships::{self, Invitation, NewPartnerCompany, NewPartnership, Partner, PartnerType};
use leadgraph::domain::projects::{self, NewProject};
use leadgraph::domain::tags::{self, NewTag, TagAssociation};
use leadgraph::domain::users::{self, NewUser};
use leadgraph::domain::workspaces::{self, DedupePolicy, NewWorkspace};
use uuid::Uuid;

/// A workspace and the numbers of what is in it.
pub struct Place {
    pub workspace: i64,
    pub projects: Vec<i64>,
    pub campaigns: Vec<i64>,
    /// The first are the most frequent.
    pub tags: Vec<i64>,
    pub sources: Vec<(i64, Uuid)>,
    pub users: Vec<i64>,
    /// Side, shared row and partner.
    pub partnerships: Vec<(i64, i64, i64)>,
    pub fields: Fields,
    /// Reads and writes.
    pub key: String,
}

pub struct Fields {
    pub note: i64,
    pub budget: i64,
    pub seats: i64,
    pub renewal: i64,
    pub newsletter: i64,
    /// With [`PLANS`].
    pub plan: i64,
    /// With [`INTERESTS`].
    pub interests: i64,
}

pub const PLANS: &[&str] = &["Free", "Starter", "Business", "Enterprise"];
pub const INTERESTS: &[&str] = &["CRM", "Billing", "Analytics", "Support", "Marketing", "Zahlungen"];
const TAGS: usize = 20;
const SOURCES: usize = 12;
const CAMPAIGNS: usize = 30;
const PARTNERSHIPS: usize = 8;

pub async fn make(services: &Services, name: &str) -> Result<Place, Error> {
    let system = Op::system(services.clone(), "bench");
    let new = NewWorkspace {
        name: name.to_owned(),
        dedupe_policy: DedupePolicy::Email,
        enforce_required_fields: false,
    };
    let workspace = workspaces::create(&system, new).await?.id;
    let op = system.within(workspace);
    let mut place = Place {
        workspace,
        projects: Vec::new(),
        campaigns: Vec::new(),
        tags: Vec::new(),
        sources: Vec::new(),
        users: Vec::new(),
        partnerships: Vec::new(),
        fields: fields(&op).await?,
        key: key(&op).await?,
    };
    for number in 0..5 {
        let new = NewProject {
            name: format!("Site {number}"),
            public_id: None,
        };
        place.projects.push(projects::create(&op, new).await?.id);
        place
            .users
            .push(user(&op, &format!("user{number}@{workspace}.example")).await?);
    }
    for number in 0..TAGS {
        place.tags.push(tag(&op, &format!("Tag {number}")).await?);
    }
    for number in 0..SOURCES {
        let label = format!("Source {number}");
        let source = attribution_sources::create(&op, NewAttributionSource { label }).await?;
        place.sources.push((source.id, source.uuid));
    }
    for number in 0..CAMPAIGNS {
        let new = NewCampaign {
            title: format!("Campaign {number}"),
            starts_at: None,
            ends_at: None,
        };
        place.campaigns.push(campaigns::create(&op, new).await?.id);
    }
    for number in 0..PARTNERSHIPS {
        place
            .partnerships
            .push(partnership(&op, &format!("Partner {number}")).await?);
    }
    Ok(place)
}

async fn fields(op: &Op) -> Result<Fields, Error> {
    let field = async |label: &str, field_type, options: &[&str]| {
        let new = NewCustomField {
            label: label.to_owned(),
            field_type,
            category: FieldCategory::Lead,
            partner_type: None,
            required: false,
            shared: false,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
        };
        custom_fields::create(op, new).await.map(|field| field.id)
    };
    Ok(Fields {
        note: field("Note", FieldType::Text, &[]).await?,
        budget: field("Budget", FieldType::Number, &[]).await?,
        seats: field("Seats", FieldType::Number, &[]).await?,
        renewal: field("Renewal", FieldType::Date, &[]).await?,
        newsletter: field("Newsletter", FieldType::Boolean, &[]).await?,
        plan: field("Plan", FieldType::Select, PLANS).await?,
        interests: field("Interests", FieldType::MultiSelect, INTERESTS).await?,
    })
}

async fn key(op: &Op) -> Result<String, Error> {
    let new = NewApiKey {
        label: "Bench".to_owned(),
        scopes: Scopes::READ_WRITE,
        project: None,
        expires_at: None,
    };
    let made = api_keys::create(op, new).await?;
    Ok(made.secret.expect("nobody asked for it before"))
}

async fn user(op: &Op, email: &str) -> Result<i64, Error> {
    let new = NewUser {
        email: email.to_owned(),
        first_name: Some("Ada".to_owned()),
        last_name: None,
        role: Role::Member,
        external_subject: None,
    };
    Ok(users::create(op, new).await?.id)
}

async fn tag(op: &Op, label: &str) -> Result<i64, Error> {
    let new = NewTag {
        label: label.to_owned(),
        association: TagAssociation::Lead,
        partner_type: None,
        background_color: None,
        text_color: None,
    };
    Ok(tags::create(op, new).await?.id)
}

async fn partnership(op: &Op, name: &str) -> Result<(i64, i64, i64), Error> {
    let partner = NewPartnerCompany {
        name: name.to_owned(),
        domain: None,
        website: None,
        country: None,
    };
    let new = NewPartnership {
        partner: Partner::New(partner),
        partner_type: PartnerType::Referral,
        reseller_side: None,
        invitation: Invitation::Inactive,
    };
    let row = partnerships::create(op, new).await?;
    Ok((row.side.id, row.shared.id, row.partner.id))
}
