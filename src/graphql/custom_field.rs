//! Custom fields: their definitions, and the values that leads have for them.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use super::context::{Answer, answer, op};
use super::error::{Failure, UserError};
use super::input::archived;
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs, connection};
use super::partnership::PartnerType;
use super::payload::{self, Payload, reply};
use super::prefetch;
use super::scalars::{DateTime, SafeInt, Uuid};
use crate::domain::Archived;
use crate::domain::caller::Scope;
use crate::domain::custom_fields;
use crate::domain::op::Op;
use crate::domain::page::Key;
use crate::domain::rel::Rel;

const LIST: List = List("customFields");

/// A field that the workspace defines.
#[derive(Clone, Debug, SimpleObject)]
pub struct CustomField {
    /// The global id.
    pub id: ID,
    /// The number that the REST routes call id.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    uuid: Uuid,
    /// What it is called.
    label: String,
    /// The type of its values.
    #[graphql(name = "type")]
    field_type: CustomFieldType,
    /// What it belongs to.
    category: CustomFieldCategory,
    /// The partner programme it belongs to; null for all.
    partner_type: Option<PartnerType>,
    /// Whether a registration must have a value for it.
    required: bool,
    /// Whether partners get its values with the leads that are sent to them.
    shared: bool,
    /// The choices of a select field, in their order; empty for other types. Archived ones are in `archivedOptions`.
    options: Rel<Vec<CustomFieldOption>>,
    /// The choices that are archived: they stay on the leads that have them, and no lead gets them any more.
    archived_options: Rel<Vec<CustomFieldOption>>,
    /// Since when it is archived: it stays where it is and is offered no more. Null while it is in use.
    archived_at: Option<DateTime>,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was created.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for CustomField {}

impl CustomField {
    /// `options`: all of this field, in their order.
    pub fn new(row: custom_fields::CustomField, options: Rel<Vec<custom_fields::CustomFieldOption>>) -> Self {
        let (options, archived_options) = match options {
            Rel::NotLoaded => (Rel::NotLoaded, Rel::NotLoaded),
            Rel::Loaded(options) => {
                let (archived, offered): (Vec<_>, Vec<_>) =
                    options.into_iter().partition(|option| option.archived_at.is_some());
                (Rel::Loaded(offered), Rel::Loaded(archived))
            }
        };
        let nodes = |options: Vec<_>| options.into_iter().map(CustomFieldOption::from).collect();
        Self {
            id: GlobalId::new(NodeKind::CustomField, row.uuid).into(),
            legacy_id: SafeInt(row.id),
            uuid: Uuid(row.uuid),
            label: row.label,
            field_type: row.field_type.into(),
            category: row.category.into(),
            partner_type: row.partner_type.map(PartnerType::from),
            required: row.required,
            shared: row.shared,
            options: options.map(nodes),
            archived_options: archived_options.map(nodes),
            archived_at: row.archived_at.map(DateTime),
            version: SafeInt(row.version),
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
        }
    }
}

/// The rows with their options, if those are selected anywhere below: one statement for all of them.
pub async fn with_options(
    ctx: &Context<'_>,
    op: &Op,
    rows: Vec<custom_fields::CustomField>,
) -> Result<Vec<CustomField>, Failure> {
    if !prefetch::selects_options(ctx) {
        return Ok(rows
            .into_iter()
            .map(|row| CustomField::new(row, Rel::NotLoaded))
            .collect());
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let options = custom_fields::options_of(op, &ids).await?;
    let of = |row: &custom_fields::CustomField| {
        let own = options.iter().filter(|option| option.custom_field_id == row.id);
        Rel::Loaded(own.cloned().collect())
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            let options = of(&row);
            CustomField::new(row, options)
        })
        .collect())
}

/// One choice of a select field.
#[derive(Clone, Debug, SimpleObject)]
pub struct CustomFieldOption {
    /// The id by which inputs name it. `node` does not look it up.
    id: ID,
    /// The number by which the REST route names it, counted within its field.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    uuid: Uuid,
    /// What it says.
    label: String,
    /// Since when it is archived; null while it is in use.
    archived_at: Option<DateTime>,
}

impl From<custom_fields::CustomFieldOption> for CustomFieldOption {
    fn from(row: custom_fields::CustomFieldOption) -> Self {
        Self {
            id: GlobalId::new(NodeKind::CustomFieldOption, row.uuid).into(),
            legacy_id: SafeInt(row.option_no),
            uuid: Uuid(row.uuid),
            label: row.label,
            archived_at: row.archived_at.map(DateTime),
        }
    }
}

/// The type of a custom field's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::custom_fields::FieldType")]
pub enum CustomFieldType {
    /// A line of text.
    Text,
    /// Text of several lines.
    Textarea,
    /// A number.
    Number,
    /// A calendar date.
    Date,
    /// Yes or no.
    Boolean,
    /// One of the field's options.
    Select,
    /// Any of the field's options.
    MultiSelect,
}

/// What a custom field belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::custom_fields::FieldCategory")]
pub enum CustomFieldCategory {
    /// Leads.
    Lead,
    /// Deals of leads.
    LeadDeal,
    /// Partners.
    Partner,
    /// Contacts of partners.
    Contact,
}

#[derive(Debug, Default)]
pub struct CustomFieldQueries;

#[Object]
impl CustomFieldQueries {
    /// The workspace's custom fields, newest first.
    async fn custom_fields(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
        #[graphql(default, desc = "Whether archived ones are listed too.")] include_archived: bool,
    ) -> Answer<Connection<CustomField>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, Box::pin(list(ctx, args, archived(include_archived))).await)
    }
}

async fn list(ctx: &Context<'_>, args: PageArgs, archived: Archived) -> Result<Connection<CustomField>, Failure> {
    let op = op(ctx)?;
    let page = custom_fields::list(&op, archived, args.request(ctx, LIST)?).await?;
    let keys = page.items.iter().map(|row| Key {
        created_at: row.created_at,
        id: row.id,
    });
    let keys: Vec<Key> = keys.collect();
    let fields = with_options(ctx, &op, page.items.clone()).await?;
    let page = page.with_items(keys.into_iter().zip(fields).collect());
    Ok(connection(LIST, page, |(key, _)| *key, |(_, field)| field))
}

#[derive(Debug, Default)]
pub struct CustomFieldMutations;

#[Object]
impl CustomFieldMutations {
    /// Makes a custom field with its options.
    async fn create_custom_field(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The custom field.")] input: CreateCustomFieldInput,
    ) -> Answer<CreateCustomFieldPayload> {
        reply(ctx, Box::pin(create(ctx, input)).await)
    }
}

async fn create(ctx: &Context<'_>, input: CreateCustomFieldInput) -> Result<CustomField, Failure> {
    let CreateCustomFieldInput {
        label,
        field_type,
        category,
        partner_type,
        required,
        shared,
        options,
    } = input;
    let new = custom_fields::NewCustomField {
        label,
        field_type: field_type.into(),
        category: category.into(),
        partner_type: partner_type.map(Into::into),
        required: required.unwrap_or(false),
        shared: shared.unwrap_or(false),
        options: options.unwrap_or_default(),
    };
    let op = op(ctx)?;
    payload::require(ctx, &op, Scope::Write, "customField")?;
    let field = custom_fields::create(&op, new).await?;
    let fields = with_options(ctx, &op, vec![field]).await?;
    let made = fields.into_iter().next();
    made.ok_or_else(|| super::context::broken("a new custom field has no record"))
}

/// A new custom field.
#[derive(Debug, InputObject)]
pub struct CreateCustomFieldInput {
    /// What it is called.
    label: String,
    /// The type of its values; it never changes.
    #[graphql(name = "type")]
    field_type: CustomFieldType,
    /// What it belongs to.
    category: CustomFieldCategory,
    /// The partner programme it belongs to; absent for all.
    partner_type: Option<PartnerType>,
    /// Whether a registration must have a value for it; not by default.
    required: Option<bool>,
    /// Whether partners get its values with the leads that are sent to them; not by default.
    shared: Option<bool>,
    /// The labels of the options, in their order: for the select types, which need at least one, and no others.
    options: Option<Vec<String>>,
}

/// The answer to `createCustomField`.
#[derive(Debug, SimpleObject)]
pub struct CreateCustomFieldPayload {
    /// The new custom field.
    custom_field: Option<CustomField>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for CreateCustomFieldPayload {
    type Made = CustomField;

    fn made(custom_field: CustomField) -> Self {
        Self {
            custom_field: Some(custom_field),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            custom_field: None,
            user_errors,
        }
    }
}
