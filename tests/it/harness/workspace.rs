//! A workspace as the domain makes it: an owner, a project, keys; and what leads refer to, on demand.

use chrono::{DateTime, Utc};
use leadgraph::auth::Authenticator;
use leadgraph::domain::api_keys::{self, NewApiKey};
use leadgraph::domain::attribution_sources::{self, NewAttributionSource};
use leadgraph::domain::caller::{Role, Scopes};
use leadgraph::domain::campaigns::{self, NewCampaign};
use leadgraph::domain::custom_fields::{self, CustomField, FieldCategory, FieldType, NewCustomField};
use leadgraph::domain::op::Op;
use leadgraph::domain::partnerships::{
    self, Invitation, NewPartnerCompany, NewPartnerUser, NewPartnership, Partner, PartnerType, PartnerUser,
    Partnership, ResellerSide, partner_users,
};
use leadgraph::domain::projects::{self, Activity, NewProject, Project};
use leadgraph::domain::tags::{self, NewTag, Tag, TagAssociation};
use leadgraph::domain::users::{self, NewUser, User};
use leadgraph::domain::workspaces::{self, DedupePolicy, NewWorkspace};
use leadgraph::domain::{Ref, Services};

pub struct Workspace {
    pub row: workspaces::Workspace,
    pub project: Project,
    pub other_project: Project,
    pub owner: User,
    pub token: String,
    /// Reads and writes.
    pub key: String,
    pub read_only_key: String,
    pub write_only_key: String,
    /// Bound to `project`.
    pub bound_key: String,
    services: Services,
}

impl Workspace {
    pub async fn create(services: &Services, authenticator: &Authenticator, name: &str) -> Self {
        let system = Op::system(services.clone(), "test");
        let new = NewWorkspace {
            name: name.to_owned(),
            dedupe_policy: DedupePolicy::Email,
            enforce_required_fields: true,
        };
        let row = workspaces::create(&system, new).await.unwrap();
        let op = system.within(row.id);
        let owner = user(&op, &format!("owner@{}.test", row.id), Role::Owner).await;
        let project = project(&op, "Website").await;
        let other_project = self::project(&op, "Landing page").await;
        let write_only = Scopes {
            read: false,
            write: true,
            admin: false,
        };
        Self {
            token: authenticator.issue_token(&owner, &row, chrono::Duration::hours(1)),
            key: key(&op, Scopes::READ_WRITE, None).await,
            read_only_key: key(&op, Scopes::READ, None).await,
            write_only_key: key(&op, write_only, None).await,
            bound_key: key(&op, Scopes::READ_WRITE, Some(project.uuid)).await,
            row,
            project,
            other_project,
            owner,
            services: services.clone(),
        }
    }

    pub fn id(&self) -> i64 {
        self.row.id
    }

    /// What the server itself may do here: everything.
    pub fn op(&self) -> Op {
        Op::system(self.services.clone(), "test").within(self.row.id)
    }

    pub async fn key_with(&self, new: NewApiKey) -> (api_keys::ApiKey, String) {
        let made = api_keys::create(&self.op(), new).await.unwrap();
        (made.row, made.secret.unwrap())
    }

    pub async fn user(&self, email: &str, role: Role) -> User {
        user(&self.op(), email, role).await
    }

    /// From now on `project` takes no leads.
    pub async fn deactivate(&self) {
        projects::set_active(&self.op(), self.project.uuid, Activity::Inactive)
            .await
            .unwrap();
    }

    /// Another project, under this public id.
    pub async fn project(&self, public_id: &str) -> Project {
        let new = NewProject {
            name: "Another".to_owned(),
            public_id: Some(public_id.to_owned()),
        };
        projects::create(&self.op(), new).await.unwrap()
    }

    /// An accepted partnership with another workspace.
    pub async fn partner_with(&self, other: &Self, partner_type: PartnerType) -> Partners {
        let invited = self.invite(partner_type, Invitation::Invited).await;
        let code = invited.shared.uuid;
        let theirs = partnerships::accept(&other.op(), code, company(&self.row.name))
            .await
            .unwrap();
        let ours = partnerships::by_uuids(&self.op(), &[invited.side.uuid])
            .await
            .unwrap()
            .remove(0);
        Partners { ours, theirs }
    }

    /// A partnership that nobody has accepted.
    pub async fn invite(&self, partner_type: PartnerType, invitation: Invitation) -> Partnership {
        let new = NewPartnership {
            partner: Partner::New(company("The partner")),
            partner_type,
            reseller_side: (partner_type == PartnerType::Reseller).then_some(ResellerSide::Partner),
            invitation,
        };
        partnerships::create(&self.op(), new).await.unwrap()
    }

    pub async fn partner_user(&self, partnership: &Partnership, email: &str, user: Option<&User>) -> PartnerUser {
        let new = NewPartnerUser {
            partner_company: partnership.partner.uuid,
            email: email.to_owned(),
            name: None,
            user_uuid: user.map(|user| user.uuid),
        };
        partner_users::create(&self.op(), new).await.unwrap()
    }

    pub async fn tag(&self, label: &str, association: TagAssociation) -> Tag {
        let new = NewTag {
            label: label.to_owned(),
            association,
            partner_type: None,
            background_color: None,
            text_color: None,
        };
        tags::create(&self.op(), new).await.unwrap()
    }

    pub async fn lead_tag(&self, label: &str) -> Tag {
        self.tag(label, TagAssociation::Lead).await
    }

    pub async fn source(&self, label: &str) -> attribution_sources::AttributionSource {
        let new = NewAttributionSource {
            label: label.to_owned(),
        };
        attribution_sources::create(&self.op(), new).await.unwrap()
    }

    pub async fn campaign(&self, title: &str) -> campaigns::Campaign {
        let new = NewCampaign {
            title: title.to_owned(),
            starts_at: None,
            ends_at: None,
        };
        campaigns::create(&self.op(), new).await.unwrap()
    }

    pub async fn field(&self, label: &str, field_type: FieldType, options: &[&str]) -> CustomField {
        let new = NewCustomField {
            label: label.to_owned(),
            field_type,
            category: FieldCategory::Lead,
            partner_type: None,
            required: false,
            shared: false,
            options: options.iter().map(|label| (*label).to_owned()).collect(),
        };
        self.field_with(new).await
    }

    pub async fn field_with(&self, new: NewCustomField) -> CustomField {
        custom_fields::create(&self.op(), new).await.unwrap()
    }
}

/// One partnership, as each side sees it.
pub struct Partners {
    pub ours: Partnership,
    pub theirs: Partnership,
}

fn company(name: &str) -> NewPartnerCompany {
    NewPartnerCompany {
        name: name.to_owned(),
        domain: None,
        website: None,
        country: None,
    }
}

pub fn api_key(scopes: Scopes, expires_at: Option<DateTime<Utc>>) -> NewApiKey {
    NewApiKey {
        label: "A key".to_owned(),
        scopes,
        project: None,
        expires_at,
    }
}

async fn key(op: &Op, scopes: Scopes, project: Option<uuid::Uuid>) -> String {
    let new = NewApiKey {
        project: project.map(Ref::Uuid),
        ..api_key(scopes, None)
    };
    api_keys::create(op, new).await.unwrap().secret.unwrap()
}

async fn user(op: &Op, email: &str, role: Role) -> User {
    let new = NewUser {
        email: email.to_owned(),
        first_name: Some("Ada".to_owned()),
        last_name: None,
        role,
        external_subject: None,
    };
    users::create(op, new).await.unwrap()
}

async fn project(op: &Op, name: &str) -> Project {
    let new = NewProject {
        name: name.to_owned(),
        public_id: None,
    };
    projects::create(op, new).await.unwrap()
}
