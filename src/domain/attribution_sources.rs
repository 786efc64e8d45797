//! Attribution sources: the named origins, such as a trade show, that leads are attributed to.

use sea_orm::ActiveValue::{NotSet, Set};
use uuid::Uuid;

use crate::entity::attribution_source;
pub use crate::entity::attribution_source::Model as AttributionSource;

use super::caller::Scope;
use super::error::{Problem, Result};
use super::events::{AttributionSourceFacts, EventKind};
use super::form::Form;
use super::op::Op;
use super::page::{Page, PageRequest};
use super::{catalogue, new_uuid, text};

/// What a caller supplies.
#[derive(Clone, Debug)]
pub struct NewAttributionSource {
    pub label: String,
}

/// The workspace's sources, newest first.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(op: &Op, page: PageRequest) -> Result<Page<AttributionSource>> {
    let order = (attribution_source::Column::CreatedAt, attribution_source::Column::Id);
    catalogue::list::<attribution_source::Entity>(op, order, page).await
}

/// The sources with these ids, in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<AttributionSource>> {
    catalogue::by_uuids::<attribution_source::Entity>(op, attribution_source::Column::Uuid, uuids).await
}

/// # Errors
/// A broken rule, a label that is taken, or a database fault.
pub async fn create(op: &Op, new: NewAttributionSource) -> Result<AttributionSource> {
    catalogue::require_unbound(op, Scope::Write)?;
    let NewAttributionSource { label } = new;
    let mut form = Form::default();
    let label = form.required("label", &label);
    form.check()?;

    let mut tx = op.begin().await?;
    let row = attribution_source::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(new_uuid()),
        label_folded: Set(text::fold(&label)),
        label: Set(label),
        archived_at: Set(None),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let taken = || Problem::invalid(["label".into()], "There is an attribution source with this label");
    let source = tx.insert(row).await.map_err(|error| error.or_taken(taken()))?;
    let facts = AttributionSourceFacts {
        label: source.label.clone(),
    };
    catalogue::emit_created(&mut tx, EventKind::AttributionSourceCreated, source.uuid, &facts);
    tx.commit().await?;
    Ok(source)
}
