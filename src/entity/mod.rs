//! One file per table: its columns and stored enums, as `migration/` made them. No functions, no rules.
//!
//! May name sea_orm only. Queries start in `domain/op.rs`; everyone else sees the records that a domain slice re-exports.

pub mod api_key;
pub mod api_key_index;
pub mod attribution_source;
pub mod campaign;
pub mod company_partnership;
pub mod conversion_job;
pub mod conversion_label;
pub mod custom_field;
pub mod custom_field_option;
pub mod event;
pub mod event_consumer;
pub mod external_ref;
pub mod idempotency_key;
pub mod intake_payload;
pub mod lead;
pub mod lead_assignee;
pub mod lead_attribution;
pub mod lead_click_id;
pub mod lead_consent;
pub mod lead_custom_field_choice;
pub mod lead_custom_field_value;
pub mod lead_integration_value;
pub mod lead_note;
pub mod lead_powerup;
pub mod lead_tag;
pub mod lead_touchpoint;
pub mod notification;
pub mod partner_company;
pub mod partner_user;
pub mod partnership;
pub mod partnership_lead;
pub mod partnership_lead_user;
pub mod project;
pub mod tag;
pub mod user;
pub mod webhook_attempt;
pub mod webhook_delivery;
pub mod webhook_endpoint;
pub mod workspace;
pub mod workspace_counter;

use sea_orm::EntityTrait;

/// A table whose rows belong to one workspace each. `domain/op.rs` filters by this column and sets it.
pub trait Tenant: EntityTrait {
    const WORKSPACE: Self::Column;
}

/// A table that all workspaces share; only `domain` may look into it, and says why where it does.
pub trait Global: EntityTrait {}

impl Global for workspace::Entity {}
impl Global for partnership::Entity {}
impl Global for api_key_index::Entity {}
