//! The demo's companies, their people, and who is whose partner.

use chrono::Duration;

use super::Stage;
use crate::app::access::{self, Access, NewAccess};
use crate::auth::Authenticator;
use crate::domain::caller::{Caller, Role};
use crate::domain::error::{Error, Result};
use crate::domain::partnerships::{
    self, Invitation, NewPartnerCompany, NewPartnerUser, NewPartnership, Partner, PartnerType, Partnership,
    ResellerSide, partner_users,
};
use crate::domain::projects::{self, Activity, NewProject, Project, ProjectRef};
use crate::domain::users::{self, NewUser, User};
use crate::domain::workspaces::{self, DedupePolicy, NewWorkspace};

/// The project that the printed commands post to.
pub(super) const PROJECT: &str = "demo-project";
const OWNER: &str = "alex.morgan@brightline.example";
const TOKEN_LIFETIME: Duration = Duration::days(7);

/// Everybody who makes leads.
pub(super) struct Cast {
    /// The vendor: the workspace that the keys and the token are for.
    pub vendor: i64,
    /// The vendor's api key at work.
    pub client: Caller,
    pub website: Project,
    pub landing_pages: Project,
    /// The referral partner of JourneyBee's example, with its two people there.
    pub referral: Partnership,
    pub reseller: Partnership,
    /// The partners' own workspaces: caller and project.
    pub partners: Vec<(Caller, Project)>,
}

struct Company {
    workspace_id: i64,
    owner: User,
    caller: Caller,
    project: Project,
}

pub(super) async fn enter(stage: &Stage, authenticator: &Authenticator) -> Result<(Cast, Access)> {
    let access = vendor(stage, authenticator).await?;
    let vendor = access.workspace.id;
    let consultants = company(stage, "Harbor & Finch Consulting", "nora.finch@harborfinch.example").await?;
    let shop = company(stage, "Cedar Peak Solutions", "ben.ortega@cedarpeak.example").await?;
    let agency = company(stage, "Lumen Street Agency", "ida.berg@lumenstreet.example").await?;

    let referral = referral(stage, vendor, &consultants).await?;
    let reseller = partner(stage, vendor, &shop, PartnerType::Reseller).await?;
    person(stage, vendor, &reseller, &shop.owner).await?;
    partner(stage, consultants.workspace_id, &agency, PartnerType::Referral).await?;
    not_yet_partners(stage, vendor).await?;

    let op = stage.setting_up(vendor);
    let website = projects::destination(&op, &ProjectRef::PublicId(PROJECT.into())).await?;
    let landing_pages = project(stage, vendor, "Landing pages", "16").await?;
    let retired = project(stage, vendor, "Old shop", "old-shop").await?;
    projects::set_active(&op, retired.uuid, Activity::Inactive).await?;
    let unknown = |error| Error::broken(format!("the demo's own key does not work: {error:?}"));
    let cast = Cast {
        vendor,
        client: authenticator.api_key(&access.api_key).await.map_err(unknown)?,
        website,
        landing_pages,
        referral,
        reseller,
        partners: [consultants, shop, agency]
            .map(|company| (company.caller, company.project))
            .into(),
    };
    Ok((cast, access))
}

async fn vendor(stage: &Stage, authenticator: &Authenticator) -> Result<Access> {
    let new = NewAccess {
        workspace: "Brightline Software".into(),
        email: OWNER.into(),
        project: "Website".into(),
        public_id: Some(PROJECT.into()),
        token_lifetime: TOKEN_LIFETIME,
    };
    let access = access::create(&stage.system_at(stage.beginning()), authenticator, new).await?;
    for (email, role) in [
        ("sam.rivera@brightline.example", Role::Admin),
        ("mina.cho@brightline.example", Role::Member),
        ("audit@brightline.example", Role::Readonly),
    ] {
        user(stage, access.workspace.id, email, role).await?;
    }
    Ok(access)
}

async fn company(stage: &Stage, name: &str, owner: &str) -> Result<Company> {
    let new = NewWorkspace {
        name: name.into(),
        dedupe_policy: DedupePolicy::Email,
        enforce_required_fields: true,
    };
    let workspace = workspaces::create(&stage.system_at(stage.beginning()), new).await?;
    Ok(Company {
        workspace_id: workspace.id,
        owner: user(stage, workspace.id, owner, Role::Owner).await?,
        caller: stage.setting_up(workspace.id).caller().clone(),
        project: project(stage, workspace.id, "Website", &format!("site-{}", workspace.id)).await?,
    })
}

async fn user(stage: &Stage, workspace_id: i64, email: &str, role: Role) -> Result<User> {
    let (first_name, last_name) = email.split_once('@').map_or((None, None), |(name, _)| {
        let mut names = name.split('.').map(capitalised);
        (names.next(), names.next())
    });
    let new = NewUser {
        email: email.into(),
        first_name,
        last_name,
        role,
        external_subject: None,
    };
    users::create(&stage.setting_up(workspace_id), new).await
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

async fn project(stage: &Stage, workspace_id: i64, name: &str, public_id: &str) -> Result<Project> {
    let new = NewProject {
        name: name.into(),
        public_id: Some(public_id.into()),
    };
    projects::create(&stage.setting_up(workspace_id), new).await
}

/// With the numbers of JourneyBee's published example.
async fn referral(stage: &Stage, vendor: i64, consultants: &Company) -> Result<Partnership> {
    let database = stage.services.database();
    database.next_id("partner_companies", 234).await?;
    database.next_id("partnerships", 456).await?;
    database.next_id("company_partnerships", 789).await?;
    let partnership = partner(stage, vendor, consultants, PartnerType::Referral).await?;
    database.next_id("partner_users", 567).await?;
    person(stage, vendor, &partnership, &consultants.owner).await?;
    database.next_id("partner_users", 890).await?;
    let second = user(
        stage,
        consultants.workspace_id,
        "theo.harbor@harborfinch.example",
        Role::Member,
    )
    .await?;
    person(stage, vendor, &partnership, &second).await?;
    Ok(partnership)
}

/// An invitation from `inviter`, and the other company's acceptance.
async fn partner(stage: &Stage, inviter: i64, other: &Company, partner_type: PartnerType) -> Result<Partnership> {
    let (here, there) = (stage.setting_up(inviter), stage.setting_up(other.workspace_id));
    let name_of = async |op| workspaces::get(op).await.map(|workspace| workspace.name);
    let invitation = NewPartnership {
        partner: Partner::New(directory_entry(&name_of(&there).await?)),
        partner_type,
        reseller_side: (partner_type == PartnerType::Reseller).then_some(ResellerSide::Partner),
        invitation: Invitation::Invited,
    };
    let invited = partnerships::create(&here, invitation).await?;
    let inviter = directory_entry(&name_of(&here).await?);
    partnerships::accept(&there, invited.shared.uuid, inviter).await?;
    let accepted = partnerships::by_uuids(&here, &[invited.side.uuid]).await?.pop();
    accepted.ok_or_else(|| Error::broken("a partnership vanished"))
}

fn directory_entry(name: &str) -> NewPartnerCompany {
    let domain: String = name
        .split(' ')
        .take_while(|word| !["Consulting", "Solutions", "Agency", "Software"].contains(word))
        .flat_map(str::chars)
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let domain = format!("{}.example", domain.to_lowercase());
    NewPartnerCompany {
        name: name.into(),
        website: Some(format!("https://www.{domain}")),
        domain: Some(domain),
        country: Some("Netherlands".into()),
    }
}

async fn person(stage: &Stage, vendor: i64, partnership: &Partnership, user: &User) -> Result<()> {
    let names = [user.first_name.as_deref(), user.last_name.as_deref()];
    let new = NewPartnerUser {
        partner_company: partnership.partner.uuid,
        email: user.email.clone(),
        name: Some(names.into_iter().flatten().collect::<Vec<_>>().join(" ")),
        user_uuid: Some(user.uuid),
    };
    partner_users::create(&stage.setting_up(vendor), new).await?;
    Ok(())
}

/// One that has not answered, and one that will not be asked.
async fn not_yet_partners(stage: &Stage, vendor: i64) -> Result<()> {
    let others = [
        ("Old Mill Solutions", PartnerType::Referral, Invitation::Invited),
        ("Vantage Row Consulting", PartnerType::Distributor, Invitation::Inactive),
    ];
    for (name, partner_type, invitation) in others {
        let new = NewPartnership {
            partner: Partner::New(directory_entry(name)),
            partner_type,
            reseller_side: None,
            invitation,
        };
        partnerships::create(&stage.setting_up(vendor), new).await?;
    }
    Ok(())
}
