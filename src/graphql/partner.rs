//! The directory: partner companies and the people there.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};

use super::context::{Answer, answer, op};
use super::error::{Failure, UserError};
use super::input::{Reader, rename_paths};
use super::lead::{Lead, LeadFilterArgument, LeadListArgs, LeadOrder};
use super::nested::{self, HasLeads, LeadLists, leads_of};
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs, connection};
use super::payload::{self, Payload, reply};
use super::scalars::{DateTime, SafeInt, Uuid};
use crate::domain::caller::Scope;
use crate::domain::leads::Parent;
use crate::domain::page::Key;
use crate::domain::partnerships::{self, NewPartnerCompany, NewPartnerUser, partner_companies, partner_users};

const COMPANIES: List = List("partnerCompanies");
const PEOPLE: List = List("partnerUsers");

/// A partner in the workspace's directory.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct PartnerCompany {
    #[graphql(skip)]
    lists: LeadLists,
    /// The global id.
    pub id: ID,
    /// The number that the REST routes call id.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    pub uuid: Uuid,
    /// What it is called.
    name: String,
    /// Its e-mail domain.
    domain: Option<String>,
    /// Its web site.
    website: Option<String>,
    /// Where it is.
    country: Option<String>,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was created.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for PartnerCompany {}

impl HasLeads for PartnerCompany {
    const PARENT: Parent = Parent::PartnerCompany;
    const FIELD: &'static str = "leads";
    const LIST: &'static str = "PartnerCompany.leads";

    fn number(&self) -> i64 {
        self.legacy_id.0
    }

    fn lists(&self) -> &LeadLists {
        &self.lists
    }

    fn lists_mut(&mut self) -> &mut LeadLists {
        &mut self.lists
    }
}

#[ComplexObject]
impl PartnerCompany {
    /// The leads that were sent to it or received from it.
    async fn leads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which leads; all without it.")] filter: Option<LeadFilterArgument>,
        #[graphql(desc = "In which order, at most three keys; the newest first without it.")] order_by: Option<
            Vec<LeadOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Arc<Connection<Lead>>> {
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let args = LeadListArgs {
            filter,
            order_by,
            archived: None,
            page,
        };
        leads_of(ctx, self, args).await
    }
}

impl From<partnerships::PartnerCompany> for PartnerCompany {
    fn from(row: partnerships::PartnerCompany) -> Self {
        Self {
            lists: LeadLists::default(),
            id: GlobalId::new(NodeKind::PartnerCompany, row.uuid).into(),
            legacy_id: SafeInt(row.id),
            uuid: Uuid(row.uuid),
            name: row.name,
            domain: row.domain,
            website: row.website,
            country: row.country,
            version: SafeInt(row.version),
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
        }
    }
}

/// A person at a partner, as this workspace knows them.
#[derive(Clone, Debug, SimpleObject)]
pub struct PartnerUser {
    /// The global id.
    pub id: ID,
    /// The number that the REST routes call id.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    pub uuid: Uuid,
    /// The e-mail address.
    email: String,
    /// The person's name.
    name: Option<String>,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was created.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for PartnerUser {}

impl From<partnerships::PartnerUser> for PartnerUser {
    fn from(row: partnerships::PartnerUser) -> Self {
        Self {
            id: GlobalId::new(NodeKind::PartnerUser, row.uuid).into(),
            legacy_id: SafeInt(row.id),
            uuid: Uuid(row.uuid),
            email: row.email,
            name: row.name,
            version: SafeInt(row.version),
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
        }
    }
}

#[derive(Debug, Default)]
pub struct PartnerQueries;

#[Object]
impl PartnerQueries {
    /// The workspace's partner companies, newest first.
    async fn partner_companies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Connection<PartnerCompany>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, Box::pin(companies(ctx, args)).await)
    }

    /// The people at the workspace's partners, newest first.
    async fn partner_users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Connection<PartnerUser>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, Box::pin(people(ctx, args)).await)
    }
}

async fn companies(ctx: &Context<'_>, args: PageArgs) -> Result<Connection<PartnerCompany>, Failure> {
    let op = op(ctx)?;
    let page = partner_companies::list(&op, args.request(ctx, COMPANIES)?).await?;
    let key = |row: &partnerships::PartnerCompany| Key {
        created_at: row.created_at,
        id: row.id,
    };
    nested::connection(ctx, &op, COMPANIES, page, key).await
}

async fn people(ctx: &Context<'_>, args: PageArgs) -> Result<Connection<PartnerUser>, Failure> {
    let page = partner_users::list(&op(ctx)?, partner_users::Of::AllPartners, args.request(ctx, PEOPLE)?).await?;
    let key = |row: &partnerships::PartnerUser| Key {
        created_at: row.created_at,
        id: row.id,
    };
    Ok(connection(PEOPLE, page, key, PartnerUser::from))
}

#[derive(Debug, Default)]
pub struct PartnerMutations;

#[Object]
impl PartnerMutations {
    /// Adds a partner company to the directory.
    async fn create_partner_company(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner company.")] input: CreatePartnerCompanyInput,
    ) -> Answer<CreatePartnerCompanyPayload> {
        reply(ctx, Box::pin(create_company(ctx, input)).await)
    }

    /// Adds a person to a partner company.
    async fn create_partner_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person.")] input: CreatePartnerUserInput,
    ) -> Answer<CreatePartnerUserPayload> {
        reply(ctx, Box::pin(create_user(ctx, input)).await)
    }
}

async fn create_company(ctx: &Context<'_>, input: CreatePartnerCompanyInput) -> Result<PartnerCompany, Failure> {
    let op = op(ctx)?;
    payload::require(ctx, &op, Scope::Write, "partnerCompany")?;
    Ok(partner_companies::create(&op, input.into()).await?.into())
}

async fn create_user(ctx: &Context<'_>, input: CreatePartnerUserInput) -> Result<PartnerUser, Failure> {
    let CreatePartnerUserInput {
        partner_company_id,
        email,
        name,
        user_uuid,
    } = input;
    let mut reader = Reader::default();
    let op = op(ctx)?;
    let partner_company = reader.uuid(&partner_company_id, &[NodeKind::PartnerCompany], &["partnerCompanyId"]);
    payload::require(ctx, &op, Scope::Write, "partnerUser")?;
    reader.check()?;
    let new = NewPartnerUser {
        partner_company,
        email,
        name,
        user_uuid: user_uuid.map(|uuid| uuid.0),
    };
    let made = partner_users::create(&op, new).await;
    Ok(made.map_err(|error| rename_paths(error.into(), rename_user))?.into())
}

fn rename_user(path: &mut [String]) {
    if let Some(first) = path.first_mut()
        && first == "partnerCompany"
    {
        *first = "partnerCompanyId".to_owned();
    }
}

/// A new partner company.
#[derive(Debug, InputObject)]
pub struct CreatePartnerCompanyInput {
    /// What it is called.
    name: String,
    /// Its e-mail domain.
    domain: Option<String>,
    /// Its web site.
    website: Option<String>,
    /// Where it is.
    country: Option<String>,
}

impl From<CreatePartnerCompanyInput> for NewPartnerCompany {
    fn from(input: CreatePartnerCompanyInput) -> Self {
        let CreatePartnerCompanyInput {
            name,
            domain,
            website,
            country,
        } = input;
        Self {
            name,
            domain,
            website,
            country,
        }
    }
}

/// A new person at a partner.
#[derive(Debug, InputObject)]
pub struct CreatePartnerUserInput {
    /// The partner company, by its node id.
    partner_company_id: ID,
    /// The e-mail address; unique at the partner.
    email: String,
    /// The person's name.
    name: Option<String>,
    /// The person's own user, if the partner is a workspace here.
    user_uuid: Option<Uuid>,
}

/// The answer to `createPartnerCompany`.
#[derive(Debug, SimpleObject)]
pub struct CreatePartnerCompanyPayload {
    /// The new partner company.
    partner_company: Option<PartnerCompany>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for CreatePartnerCompanyPayload {
    type Made = PartnerCompany;

    fn made(partner_company: PartnerCompany) -> Self {
        Self {
            partner_company: Some(partner_company),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            partner_company: None,
            user_errors,
        }
    }
}

/// The answer to `createPartnerUser`.
#[derive(Debug, SimpleObject)]
pub struct CreatePartnerUserPayload {
    /// The new person.
    partner_user: Option<PartnerUser>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for CreatePartnerUserPayload {
    type Made = PartnerUser;

    fn made(partner_user: PartnerUser) -> Self {
        Self {
            partner_user: Some(partner_user),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            partner_user: None,
            user_errors,
        }
    }
}
