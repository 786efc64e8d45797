//! Partnerships: how two companies stand to each other.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, OneofObject, SimpleObject};

use super::context::{Answer, answer, asker, op};
use super::error::{Failure, UserError};
use super::input::{Reader, archived};
use super::lead::{Lead, LeadFilterArgument, LeadListArgs, LeadOrder};
use super::nested::{self, HasLeads, LeadLists, leads_of};
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs};
use super::partner::{CreatePartnerCompanyInput, PartnerCompany};
use super::payload::{self, Payload, reply};
use super::scalars::{DateTime, SafeInt, Uuid};
use crate::domain::Archived;
use crate::domain::caller::Scope;
use crate::domain::leads::Parent;
use crate::domain::op::Op;
use crate::domain::page::Key;
use crate::domain::partnerships;

const LIST: List = List("partnerships");

/// A partnership as this workspace sees it.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Partnership {
    #[graphql(skip)]
    lists: LeadLists,
    /// The global id.
    pub id: ID,
    /// The number that the REST route calls `partnership_id`; both sides have the same.
    legacy_id: SafeInt,
    /// The number that the REST route calls `company_partnerships_id`: of this side alone.
    company_partnership_legacy_id: SafeInt,
    /// The public id in its plain form.
    pub uuid: Uuid,
    /// The other company.
    partner: PartnerCompany,
    /// The programme.
    partner_type: PartnerType,
    /// How far it has come.
    state: PartnershipState,
    /// Who resells, in a reseller partnership.
    reseller_side: Option<ResellerSide>,
    /// For those who may hand it out.
    #[graphql(skip)]
    code: Option<Uuid>,
    /// Grows by one with each change.
    version: SafeInt,
    /// When this side came into being.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for Partnership {}

impl HasLeads for Partnership {
    const PARENT: Parent = Parent::Partnership;
    const FIELD: &'static str = "leads";
    const LIST: &'static str = "Partnership.leads";

    fn number(&self) -> i64 {
        self.company_partnership_legacy_id.0
    }

    fn lists(&self) -> &LeadLists {
        &self.lists
    }

    fn lists_mut(&mut self) -> &mut LeadLists {
        &mut self.lists
    }

    async fn fill_inner(ctx: &Context<'_>, op: &Op, places: &[&[&str]], objects: &mut [Self]) -> Result<(), Failure> {
        let places: Vec<Vec<&str>> = places.iter().map(|place| [place, &["partner"][..]].concat()).collect();
        let places: Vec<&[&str]> = places.iter().map(Vec::as_slice).collect();
        let partners = objects.iter_mut().map(|partnership| &mut partnership.partner);
        nested::fill(ctx, op, &places, partners.collect()).await
    }
}

#[ComplexObject]
impl Partnership {
    /// The leads that were sent or received through it.
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

    /// The code with which the partner accepts; null once that is done, for the invited side, and for callers who
    /// cannot invite: that needs the write scope.
    async fn invitation(&self, ctx: &Context<'_>) -> Option<Uuid> {
        let may_invite = asker(ctx).is_some_and(partnerships::may_invite);
        self.code.filter(|_| may_invite)
    }
}

impl From<partnerships::Partnership> for Partnership {
    fn from(partnership: partnerships::Partnership) -> Self {
        Self {
            lists: LeadLists::default(),
            id: GlobalId::new(NodeKind::Partnership, partnership.side.uuid).into(),
            legacy_id: SafeInt(partnership.shared.id),
            company_partnership_legacy_id: SafeInt(partnership.side.id),
            uuid: Uuid(partnership.side.uuid),
            partner_type: partnership.shared.partner_type.into(),
            state: partnership.shared.state.into(),
            reseller_side: partnership.reseller_side().map(ResellerSide::from),
            code: partnership.invitation().map(Uuid),
            version: SafeInt(partnership.shared.version),
            created_at: DateTime(partnership.side.created_at),
            updated_at: DateTime(partnership.shared.updated_at),
            partner: partnership.partner.into(),
        }
    }
}

/// The kind of a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::partnerships::PartnerType")]
pub enum PartnerType {
    /// Refers leads.
    Referral,
    /// Resells.
    Reseller,
    /// Distributes to resellers.
    Distributor,
}

/// How far a partnership has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::partnerships::PartnershipState")]
pub enum PartnershipState {
    /// The partner can accept.
    Invited,
    /// Both sides are workspaces here: leads can be sent across.
    Accepted,
    /// Kept for the books; the partner is not here.
    Inactive,
    /// Over.
    Archived,
}

/// Which side of a reseller partnership resells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::partnerships::ResellerSide")]
pub enum ResellerSide {
    /// This company.
    Company,
    /// The partner.
    Partner,
}

#[derive(Debug, Default)]
pub struct PartnershipQueries;

#[Object]
impl PartnershipQueries {
    /// The workspace's partnerships, newest first.
    async fn partnerships(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
        #[graphql(default, desc = "Whether archived ones are listed too.")] include_archived: bool,
    ) -> Answer<Connection<Partnership>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, Box::pin(list(ctx, args, archived(include_archived))).await)
    }
}

async fn list(ctx: &Context<'_>, args: PageArgs, archived: Archived) -> Result<Connection<Partnership>, Failure> {
    let op = op(ctx)?;
    let page = partnerships::list(&op, archived, args.request(ctx, LIST)?).await?;
    let key = |partnership: &partnerships::Partnership| Key {
        created_at: partnership.side.created_at,
        id: partnership.side.id,
    };
    nested::connection(ctx, &op, LIST, page, key).await
}

#[derive(Debug, Default)]
pub struct PartnershipMutations;

#[Object]
impl PartnershipMutations {
    /// Starts a partnership. An invited partner joins it with `acceptPartnership` and the invitation code.
    async fn create_partnership(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partnership.")] input: CreatePartnershipInput,
    ) -> Answer<CreatePartnershipPayload> {
        reply(ctx, Box::pin(create(ctx, input)).await)
    }

    /// Joins the partnership that another workspace has invited this one to.
    async fn accept_partnership(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invitation.")] input: AcceptPartnershipInput,
    ) -> Answer<AcceptPartnershipPayload> {
        reply(ctx, Box::pin(accept(ctx, input)).await)
    }
}

async fn create(ctx: &Context<'_>, input: CreatePartnershipInput) -> Result<Partnership, Failure> {
    let CreatePartnershipInput {
        partner,
        partner_type,
        reseller_side,
        invitation,
    } = input;
    let op = op(ctx)?;
    let mut reader = Reader::default();
    let partner = match partner {
        PartnershipPartnerInput::Existing(id) => {
            let uuid = reader.uuid(&id, &[NodeKind::PartnerCompany], &["partner", "existing"]);
            partnerships::Partner::Existing(uuid)
        }
        PartnershipPartnerInput::New(company) => partnerships::Partner::New(company.into()),
    };
    payload::require(ctx, &op, Scope::Write, "partnership")?;
    reader.check()?;
    let new = partnerships::NewPartnership {
        partner,
        partner_type: partner_type.into(),
        reseller_side: reseller_side.map(Into::into),
        invitation: invitation.unwrap_or(PartnershipInvitation::Invited).into(),
    };
    Ok(partnerships::create(&op, new).await?.into())
}

async fn accept(ctx: &Context<'_>, input: AcceptPartnershipInput) -> Result<Partnership, Failure> {
    let AcceptPartnershipInput { invitation, partner } = input;
    let op = op(ctx)?;
    payload::require(ctx, &op, Scope::Write, "partnership")?;
    Ok(partnerships::accept(&op, invitation.0, partner.into()).await?.into())
}

/// A new partnership.
#[derive(Debug, InputObject)]
pub struct CreatePartnershipInput {
    /// The other company.
    partner: PartnershipPartnerInput,
    /// The programme.
    partner_type: PartnerType,
    /// Who resells; for reseller partnerships only.
    reseller_side: Option<ResellerSide>,
    /// Whether the partner is asked to join; `INVITED` by default.
    invitation: Option<PartnershipInvitation>,
}

/// The other company of a new partnership.
#[derive(Debug, OneofObject)]
pub enum PartnershipPartnerInput {
    /// One of the directory, by its node id.
    Existing(ID),
    /// One that is added to the directory.
    New(CreatePartnerCompanyInput),
}

/// Whether the partner is asked to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::partnerships::Invitation")]
pub enum PartnershipInvitation {
    /// The partner can accept.
    Invited,
    /// Kept for the books.
    Inactive,
}

/// An invitation to accept.
#[derive(Debug, InputObject)]
pub struct AcceptPartnershipInput {
    /// The code that the other company gave.
    invitation: Uuid,
    /// How that company stands in the directory here.
    partner: CreatePartnerCompanyInput,
}

/// The answer to `createPartnership`.
#[derive(Debug, SimpleObject)]
pub struct CreatePartnershipPayload {
    /// The new partnership.
    partnership: Option<Partnership>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for CreatePartnershipPayload {
    type Made = Partnership;

    fn made(partnership: Partnership) -> Self {
        Self {
            partnership: Some(partnership),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            partnership: None,
            user_errors,
        }
    }
}

/// The answer to `acceptPartnership`.
#[derive(Debug, SimpleObject)]
pub struct AcceptPartnershipPayload {
    /// The partnership as this workspace sees it.
    partnership: Option<Partnership>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for AcceptPartnershipPayload {
    type Made = Partnership;

    fn made(partnership: Partnership) -> Self {
        Self {
            partnership: Some(partnership),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            partnership: None,
            user_errors,
        }
    }
}
