//! Notifications of the person who asks.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject, Subscription};
use futures_util::stream::BoxStream;

use super::context::{self, Answer, answer, op};
use super::error::{Failure, UserError, top_level};
use super::event::{Start, position, start};
use super::input::{Reader, rename_paths};
use super::lead::Lead;
use super::live::{self, Batch, Source};
use super::nested::{self, Budget};
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs, argument};
use super::payload::{Payload, reply};
use super::prefetch::{self, LeadPlan};
use super::scalars::{DateTime, Uuid};
use crate::domain::caller::Scope;
use crate::domain::leads::read;
use crate::domain::notifications::{self, Inbox, Wanted};
use crate::domain::op::Op;
use crate::domain::page::Key;
use crate::domain::rel::Rel;

const LIST: List = List("Viewer.notifications");

/// Something that one person is told of.
#[derive(Clone, Debug, SimpleObject)]
pub struct Notification {
    /// The global id.
    pub id: ID,
    /// The public id in its plain form.
    pub uuid: Uuid,
    /// Why the person is told. New reasons may come.
    kind: NotificationKind,
    /// The place of what happened in the workspace's event log.
    position: String,
    /// The lead that it is about, archived or not; null when it is about none.
    lead: Rel<Option<Box<Lead>>>,
    /// When it was read; null while it is not.
    read_at: Option<DateTime>,
    /// When it was made.
    created_at: DateTime,
}

impl Listed for Notification {}

/// Why somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::notifications::NotificationKind")]
pub enum NotificationKind {
    /// A partner has sent a lead, and has named the person as one to be told.
    LeadReceived,
    /// The person is to work on a lead.
    LeadAssigned,
    /// The person is mentioned in a note about a lead: `@` and their e-mail address.
    NoteMention,
    /// A webhook endpoint of the workspace is told of nothing any more: its receiver is gone, or has failed for days.
    WebhookDisabled,
}

/// The rows as they are shown, each with its lead if a plan says what is selected of that.
async fn shown(
    op: &Op,
    budget: &Budget,
    rows: Vec<notifications::Notification>,
    plan: Option<&LeadPlan>,
) -> Result<Vec<Notification>, Failure> {
    let mut ids: Vec<i64> = rows.iter().filter_map(|row| row.lead_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let leads = match plan {
        Some(plan) => {
            let found = read::by_numbers(op, &ids, &plan.parts).await?;
            let mut found: Vec<Lead> = found.into_iter().map(Lead::from).collect();
            nested::below_leads(op, budget, plan, &mut found).await?;
            Some(found)
        }
        None => None,
    };
    let whole = rows.into_iter().map(|row| Notification {
        id: GlobalId::new(NodeKind::Notification, row.uuid).into(),
        uuid: Uuid(row.uuid),
        kind: row.kind.into(),
        position: position::encode(op, row.position),
        lead: match &leads {
            Some(leads) => {
                let lead = leads.iter().find(|lead| Some(lead.number()) == row.lead_id);
                Rel::Loaded(lead.cloned().map(Box::new))
            }
            None => Rel::NotLoaded,
        },
        read_at: row.read_at.map(DateTime),
        created_at: DateTime(row.created_at),
    });
    Ok(whole.collect())
}

/// What is selected of the leads at these places, if they are selected at all.
fn plan(ctx: &Context<'_>, places: &[&[&str]]) -> Result<Option<LeadPlan>, Failure> {
    let plan = prefetch::lead_plan(ctx, places)?;
    Ok((!prefetch::at(ctx, places).is_empty()).then_some(plan))
}

/// Of `node` and `nodes`.
///
/// # Errors
/// What the domain says.
pub async fn by_uuids(ctx: &Context<'_>, op: &Op, uuids: &[uuid::Uuid]) -> Result<Vec<Notification>, Failure> {
    let plan = plan(ctx, &[&["lead"]])?;
    let rows = notifications::by_uuids(op, uuids).await?;
    shown(op, &nested::budget(ctx), rows, plan.as_ref()).await
}

/// The list of the viewer; null for a program.
pub async fn list(ctx: &Context<'_>, args: PageArgs, unread_only: bool) -> Answer<Connection<Notification>> {
    context::answer_found(ctx, Box::pin(page(ctx, args, unread_only)).await)
}

async fn page(
    ctx: &Context<'_>,
    args: PageArgs,
    unread_only: bool,
) -> Result<Option<Connection<Notification>>, Failure> {
    let op = op(ctx)?;
    let plan = plan(ctx, &[&["nodes", "lead"], &["edges", "node", "lead"]])?;
    let wanted = match unread_only {
        true => Wanted::Unread,
        false => Wanted::All,
    };
    let Some(page) = notifications::list(&op, wanted, args.request(ctx, LIST)?).await? else {
        return Ok(None);
    };
    let cursor = |row: &notifications::Notification| {
        LIST.encode(Key {
            created_at: row.created_at,
            id: row.id,
        })
    };
    let cursors: Vec<String> = page.items.iter().map(cursor).collect();
    let nodes = shown(&op, &nested::budget(ctx), page.items.clone(), plan.as_ref()).await?;
    let items = cursors.into_iter().zip(nodes).collect();
    Ok(Some(Connection::new(page.with_items(items))))
}

/// How many are unread.
pub async fn unread(ctx: &Context<'_>) -> Answer<i32> {
    answer(ctx, count(ctx).await)
}

async fn count(ctx: &Context<'_>) -> Result<i32, Failure> {
    let unread = notifications::unread(&op(ctx)?).await?;
    Ok(i32::try_from(unread).unwrap_or(i32::MAX))
}

#[derive(Debug, Default)]
pub struct NotificationMutations;

#[Object]
impl NotificationMutations {
    /// Marks the caller's own notifications as read: some, or all that there are now. Those that are read stay as they
    /// are. Whoever may read may do this.
    async fn mark_notifications_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which notifications.")] input: MarkNotificationsReadInput,
    ) -> Answer<MarkNotificationsReadPayload> {
        reply(ctx, Box::pin(mark_read(ctx, input)).await)
    }
}

/// Which notifications have been read.
#[derive(Debug, InputObject)]
pub struct MarkNotificationsReadInput {
    /// These, at most 100; all that there are now when it is left out.
    notification_ids: Option<Vec<ID>>,
}

/// What became of it.
#[derive(Debug, SimpleObject)]
pub struct MarkNotificationsReadPayload {
    /// How many of the caller's notifications are unread now.
    unread_count: Option<i32>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for MarkNotificationsReadPayload {
    type Made = i32;

    fn made(unread: i32) -> Self {
        Self {
            unread_count: Some(unread),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            unread_count: None,
            user_errors,
        }
    }
}

/// How many one request marks.
const MOST: usize = 100;

async fn mark_read(ctx: &Context<'_>, input: MarkNotificationsReadInput) -> Result<i32, Failure> {
    let MarkNotificationsReadInput { notification_ids } = input;
    let op = op(ctx)?;
    let mut reader = Reader::default();
    let uuids = notification_ids.map(|ids| {
        let numbered = ids.iter().take(MOST + 1).enumerate();
        let uuid = |(index, id): (usize, &ID)| {
            reader.uuid(id, &[NodeKind::Notification], &["notificationIds", &index.to_string()])
        };
        numbered.map(uuid).collect::<Vec<_>>()
    });
    reader.check_for(&op, Scope::Read)?;
    if uuids.as_ref().is_some_and(|uuids| uuids.len() > MOST) {
        return Err(argument(format!("notificationIds must have at most {MOST} entries")));
    }
    let marked = notifications::mark_read(&op, uuids).await;
    marked.map_err(|error| {
        rename_paths(error.into(), |path| {
            for segment in path.iter_mut().filter(|segment| *segment == "notifications") {
                "notificationIds".clone_into(segment);
            }
        })
    })?;
    count(ctx).await.map_err(Failure::reading)
}

#[derive(Debug, Default)]
pub struct NotificationSubscriptions;

#[Subscription]
impl NotificationSubscriptions {
    /// The notifications of the person who asks, as they come. With `after`, the `position` of the last one that was
    /// seen, those that came meanwhile come first.
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Go on behind this notification's position; without it from now on.")] after: Option<String>,
    ) -> async_graphql::Result<BoxStream<'static, Answer<Notification>>> {
        let opened = open(ctx, after).await;
        opened.map_err(|failure| top_level(ctx, failure))
    }
}

async fn open(ctx: &Context<'_>, after: Option<String>) -> Result<BoxStream<'static, Answer<Notification>>, Failure> {
    let op = op(ctx)?;
    let inbox = notifications::inbox(&op)?;
    let reader = InboxReader {
        after: match after {
            Some(after) => start(&op, Some(after), Start::Now).await?,
            None => inbox.last().await?,
        },
        plan: plan(ctx, &[&["lead"]])?,
        inbox,
        op,
    };
    Ok(live::stream(ctx, reader))
}

/// Somebody who looks on.
struct InboxReader {
    op: Op,
    inbox: Inbox,
    after: i64,
    plan: Option<LeadPlan>,
}

impl Source for InboxReader {
    type Item = Notification;

    async fn read(&mut self) -> Result<Batch<Notification>, Failure> {
        let rows = self.inbox.read(self.after, live::BATCH).await?;
        let more = rows.len() as u64 >= live::BATCH;
        let last = rows.last().map(|row| row.position);
        let items = shown(&self.op, &Budget::default(), rows, self.plan.as_ref()).await?;
        self.after = last.unwrap_or(self.after);
        Ok(Batch { items, more })
    }

    async fn moved(&mut self) {
        self.inbox.moved().await;
    }

    fn op(&self) -> &Op {
        &self.op
    }
}
