//! `node` and `nodes`: anything by its global id.

use std::collections::HashMap;

use async_graphql::{Context, ID, Interface, Object};

use super::api_key::{self, ApiKey};
use super::attribution::AttributionSource;
use super::campaign::Campaign;
use super::context::{Answer, answer, answer_found, op};
use super::conversion_label::ConversionLabel;
use super::custom_field::{self, CustomField};
use super::error::Failure;
use super::event::{self, Event};
use super::lead::{self, Lead, LeadNote};
use super::nested;
use super::node::{GlobalId, NodeKind};
use super::notification::{self, Notification};
use super::partner::{PartnerCompany, PartnerUser};
use super::partnership::Partnership;
use super::prefetch;
use super::project::Project;
use super::tag::Tag;
use super::user::User;
use super::webhook::WebhookEndpoint;
use super::webhook_delivery::{self, WebhookDelivery};
use super::workspace::Workspace;
use crate::domain::caller::Scope;
use crate::domain::leads::notes;
use crate::domain::op::Op;
use crate::domain::partnerships::{self, partner_companies, partner_users};
use crate::domain::{
    api_keys, attribution_sources, campaigns, conversion_labels, custom_fields, leads, projects, tags, users,
    webhook_deliveries, webhook_endpoints, workspaces,
};

/// How many ids `nodes` takes.
const MOST: usize = 100;

/// Something with a global id, which `node` finds again.
#[derive(Clone, Debug, Interface)]
#[graphql(field(name = "id", ty = "&ID", desc = "The global id. Opaque."))]
pub enum Node {
    ApiKey(Box<ApiKey>),
    AttributionSource(Box<AttributionSource>),
    Campaign(Box<Campaign>),
    ConversionLabel(Box<ConversionLabel>),
    CustomField(Box<CustomField>),
    Event(Box<Event>),
    Lead(Box<Lead>),
    LeadNote(Box<LeadNote>),
    Notification(Box<Notification>),
    PartnerCompany(Box<PartnerCompany>),
    PartnerUser(Box<PartnerUser>),
    Partnership(Box<Partnership>),
    Project(Box<Project>),
    Tag(Box<Tag>),
    User(Box<User>),
    WebhookDelivery(Box<WebhookDelivery>),
    WebhookEndpoint(Box<WebhookEndpoint>),
    Workspace(Box<Workspace>),
}

#[derive(Debug, Default)]
pub struct NodeQueries;

#[Object]
impl NodeQueries {
    /// Anything by its global id; null when there is no such thing.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "The global id.")] id: ID) -> Answer<Node> {
        let found = Box::pin(find(ctx, std::slice::from_ref(&id))).await;
        answer_found(ctx, found.map(|mut nodes| nodes.pop().flatten()))
    }

    /// Several things by their global ids, in the order of the ids; null for each that is not there.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global ids; at most 100.")] ids: Vec<ID>,
    ) -> Answer<Vec<Option<Node>>> {
        answer(ctx, Box::pin(find(ctx, &ids)).await)
    }
}

async fn find(ctx: &Context<'_>, ids: &[ID]) -> Result<Vec<Option<Node>>, Failure> {
    let op = op(ctx)?;
    op.require(Scope::Read)?;
    if ids.len() > MOST {
        return Err(Failure::Argument(format!("ids must have at most {MOST} entries")));
    }
    let ids: Vec<Option<GlobalId>> = ids.iter().map(|id| GlobalId::decode(id)).collect();
    let mut wanted: HashMap<NodeKind, Vec<uuid::Uuid>> = HashMap::new();
    for id in ids.iter().flatten() {
        wanted.entry(id.kind).or_default().push(id.uuid);
    }
    let mut found = HashMap::new();
    for (kind, uuids) in wanted {
        found.extend(load(ctx, &op, kind, &uuids).await?);
    }
    Ok(ids.into_iter().map(|id| found.get(&id?).cloned()).collect())
}

type Found = Vec<(GlobalId, Node)>;

/// Things of one kind, with one statement for each level that is selected.
async fn load(ctx: &Context<'_>, op: &Op, kind: NodeKind, uuids: &[uuid::Uuid]) -> Result<Found, Failure> {
    let id = |uuid| GlobalId::new(kind, uuid);
    Ok(match kind {
        NodeKind::Lead => {
            let plan = prefetch::lead_plan(ctx, &[&[]])?;
            let rows = leads::by_uuids(op, uuids, &plan.parts).await?;
            let mut found: Vec<Lead> = rows.into_iter().map(Lead::from).collect();
            nested::below_leads(op, &nested::budget(ctx), &plan, &mut found).await?;
            each(found, |lead| (id(lead.uuid.0), Node::Lead(Box::new(lead))))
        }
        NodeKind::LeadNote => {
            let rows = notes::by_uuids(op, uuids).await?;
            let authors = lead::note::Authors::of(ctx, &[ctx.field()])?;
            let found = lead::note::with_authors(op, &nested::budget(ctx), rows, &authors).await?;
            each(found, |note| (id(note.uuid.0), Node::LeadNote(Box::new(note))))
        }
        NodeKind::Event => {
            let found = event::by_ids(op, uuids).await?;
            found
                .into_iter()
                .map(|(uuid, event)| (id(uuid), Node::Event(Box::new(event))))
                .collect()
        }
        NodeKind::Notification => {
            let found = notification::by_uuids(ctx, op, uuids).await?;
            each(found, |row| (id(row.uuid.0), Node::Notification(Box::new(row))))
        }
        NodeKind::Tag => {
            let rows = tags::by_uuids(op, uuids).await?;
            let found = nested::objects(ctx, op, rows).await?;
            each(found, |node: Tag| (id(node.uuid.0), Node::Tag(Box::new(node))))
        }
        NodeKind::CustomField => {
            let rows = custom_fields::by_uuids(op, uuids).await?;
            let ids: Vec<GlobalId> = rows.iter().map(|row| id(row.uuid)).collect();
            let fields = custom_field::with_options(ctx, op, rows).await?;
            let nodes = fields.into_iter().map(|field| Node::CustomField(Box::new(field)));
            ids.into_iter().zip(nodes).collect()
        }
        NodeKind::AttributionSource => {
            let rows = attribution_sources::by_uuids(op, uuids).await?;
            let found = nested::objects(ctx, op, rows).await?;
            each(found, |node: AttributionSource| {
                (id(node.uuid.0), Node::AttributionSource(Box::new(node)))
            })
        }
        NodeKind::Campaign => {
            let rows = campaigns::by_uuids(op, uuids).await?;
            let found = nested::objects(ctx, op, rows).await?;
            each(found, |node: Campaign| {
                (id(node.uuid.0), Node::Campaign(Box::new(node)))
            })
        }
        NodeKind::ConversionLabel => {
            let rows = conversion_labels::by_uuids(op, uuids).await?;
            each(rows, |row| (id(row.uuid), Node::ConversionLabel(Box::new(row.into()))))
        }
        NodeKind::Partnership => {
            let rows = partnerships::by_uuids(op, uuids).await?;
            let found = nested::objects(ctx, op, rows).await?;
            each(found, |node: Partnership| {
                (id(node.uuid.0), Node::Partnership(Box::new(node)))
            })
        }
        NodeKind::PartnerCompany => {
            let rows = partner_companies::by_uuids(op, uuids).await?;
            let found = nested::objects(ctx, op, rows).await?;
            each(found, |node: PartnerCompany| {
                (id(node.uuid.0), Node::PartnerCompany(Box::new(node)))
            })
        }
        NodeKind::PartnerUser => {
            let rows = partner_users::by_uuids(op, uuids).await?;
            each(rows, |row| (id(row.uuid), Node::PartnerUser(Box::new(row.into()))))
        }
        NodeKind::Project => {
            let rows = projects::by_uuids(op, uuids).await?;
            let found = nested::objects(ctx, op, rows).await?;
            each(found, |node: Project| (id(node.uuid.0), Node::Project(Box::new(node))))
        }
        NodeKind::User => {
            let rows = users::by_uuids(op, uuids).await?;
            let found = nested::objects(ctx, op, rows).await?;
            each(found, |node: User| (id(node.uuid.0), Node::User(Box::new(node))))
        }
        NodeKind::ApiKey => {
            let rows = api_keys::by_uuids(op, uuids).await?;
            let ids: Vec<GlobalId> = rows.iter().map(|row| id(row.uuid)).collect();
            let keys = api_key::with_projects(ctx, op, rows).await?;
            let nodes = keys.into_iter().map(|key| Node::ApiKey(Box::new(key)));
            ids.into_iter().zip(nodes).collect()
        }
        NodeKind::WebhookEndpoint => {
            let rows = webhook_endpoints::by_uuids(op, uuids).await?;
            each(rows, |row| (id(row.uuid), Node::WebhookEndpoint(Box::new(row.into()))))
        }
        NodeKind::WebhookDelivery => {
            let rows = webhook_deliveries::by_uuids(op, uuids).await?;
            let ids: Vec<GlobalId> = rows.iter().map(|row| id(row.uuid)).collect();
            let found = webhook_delivery::with_attempts(ctx, op, rows).await?;
            let nodes = found.into_iter().map(|node| Node::WebhookDelivery(Box::new(node)));
            ids.into_iter().zip(nodes).collect()
        }
        NodeKind::Workspace => {
            // A caller knows of no other than its own.
            let rows = vec![workspaces::get(op).await?];
            each(rows, |row| (id(row.uuid), Node::Workspace(Box::new(row.into()))))
        }
        // Parts of something else: found with that, not by themselves.
        NodeKind::CustomFieldOption
        | NodeKind::CustomFieldValue
        | NodeKind::LeadAttribution
        | NodeKind::PartnershipLead => Vec::new(),
    })
}

fn each<R>(rows: Vec<R>, convert: impl Fn(R) -> (GlobalId, Node)) -> Found {
    rows.into_iter().map(convert).collect()
}
