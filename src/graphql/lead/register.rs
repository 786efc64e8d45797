//! JourneyBee's way in, as a mutation.

use async_graphql::{Context, MaybeUndefined, Object, SimpleObject};
use serde_json::{Map, Value, json};

use super::register_body::body;
use super::register_input::{
    CreateLeadInput, CustomFieldValueInput, LeadAttributionInput, LeadCustomFieldInput, LeadIntegrationFieldInput,
    LeadPartnershipInput, LeadPowerupsInput, LeadSenderInput, PipedrivePowerupInput,
};
use super::{Lead, made};
use crate::domain::Ref;
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::leads::register::{
    NewAttribution, NewFieldValue, NewIntegrationValue, NewPartnershipLead, NewRegistration, NewValue, OptionRef,
    SentBy,
};
use crate::domain::leads::{self, LeadOrigin, Registered};
use crate::domain::partnerships::PartnershipRef;
use crate::graphql::context::{Answer, op};
use crate::graphql::error::{Failure, UserError};
use crate::graphql::input::{Reader, rename_paths};
use crate::graphql::node::NodeKind;
use crate::graphql::payload::{Payload, reply};

#[derive(Debug, Default)]
pub struct RegisterMutations;

#[Object]
impl RegisterMutations {
    /// Registers a lead with everything it refers to, and sends the partner a copy if that is asked for. All of it is
    /// done, or nothing.
    async fn create_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead.")] input: CreateLeadInput,
    ) -> Answer<CreateLeadPayload> {
        reply(ctx, Box::pin(register(ctx, input)).await)
    }
}

async fn register(ctx: &Context<'_>, input: CreateLeadInput) -> Result<Option<Lead>, Failure> {
    let op = op(ctx)?;
    let plan = made::before(ctx, &op)?;
    let body = body(&input);
    let mut reader = Reader::default();
    let new = read(input, body, &mut reader);
    reader.check()?;
    let registered = leads::register(&op, new).await;
    let Registered { uuid, .. } = registered.map_err(|error| match error {
        // A key that is bound to a project captures that project's leads and registers none.
        Error::OtherProject => Failure::Domain(Error::Forbidden(Scope::Write)),
        error => rename_paths(error.into(), rename),
    })?;
    made::load(ctx, &op, plan, uuid).await
}

fn read(input: CreateLeadInput, body: Value, reader: &mut Reader) -> NewRegistration {
    let CreateLeadInput {
        company_name,
        email,
        phone_number,
        first_name,
        last_name,
        source,
        association_type,
        company_campaign_id,
        partnership_lead,
        tags,
        custom_fields,
        partner_custom_fields,
        attributions,
        integration_name,
        integration_custom_fields,
        powerups,
    } = input;
    let campaign = company_campaign_id.map(|id| reader.reference(&id, NodeKind::Campaign, &["companyCampaignId"]));
    NewRegistration {
        origin: LeadOrigin::Graphql,
        email,
        company_name,
        phone_number,
        first_name,
        last_name,
        source: source.map(Into::into),
        association_type: Some(association_type.into()),
        campaign,
        partnership_lead: partnership_lead.map(|partner| read_partner(partner, reader)),
        tags: reader.references(&tags.unwrap_or_default(), NodeKind::Tag, &["tags"]),
        custom_fields: read_fields(custom_fields, "customFields", reader),
        partner_custom_fields: read_fields(partner_custom_fields, "partnerCustomFields", reader),
        attributions: read_attributions(attributions.unwrap_or_default(), reader),
        integration_name: integration_name.map(Into::into),
        integration_custom_fields: read_foreign(integration_custom_fields.unwrap_or_default(), reader),
        powerups: powerups
            .map(|powerups| read_powerups(powerups, reader))
            .unwrap_or_default(),
        body: body.to_string(),
    }
}

fn read_partner(input: LeadPartnershipInput, reader: &mut Reader) -> NewPartnershipLead {
    const PATH: &str = "partnershipLead";
    let LeadPartnershipInput {
        partnership_id,
        partners_company_id,
        send_to_partner,
        assigned_from_partner_lead,
        form_submission_lead,
        form_direction,
        partners_company_name,
        partner_users,
        sent_by,
    } = input;
    let partnership = reader.reference(&partnership_id, NodeKind::Partnership, &[PATH, "partnershipId"]);
    let partner_company =
        partners_company_id.map(|id| reader.reference(&id, NodeKind::PartnerCompany, &[PATH, "partnersCompanyId"]));
    NewPartnershipLead {
        partnership: PartnershipRef {
            partnership: Some(partnership),
            partner_company,
            company_partnership: None,
        },
        send_to_partner: send_to_partner.unwrap_or(false),
        assigned_from_partner_lead: assigned_from_partner_lead.unwrap_or(false),
        form_submission_lead: form_submission_lead.unwrap_or(false),
        form_direction: form_direction.map(Into::into),
        partners_company_name,
        partner_users: reader.references(
            &partner_users.unwrap_or_default(),
            NodeKind::PartnerUser,
            &[PATH, "partnerUsers"],
        ),
        sent_by: sent_by.map(|sender| read_sender(sender, reader)),
    }
}

fn read_sender(input: LeadSenderInput, reader: &mut Reader) -> SentBy {
    let LeadSenderInput {
        user_id,
        email,
        company_name,
    } = input;
    let kinds = [NodeKind::User, NodeKind::PartnerUser];
    let path = ["partnershipLead", "sentBy", "userId"];
    SentBy {
        user: user_id.map(|id| Ref::Uuid(reader.uuid(&id, &kinds, &path))),
        email,
        company_name,
    }
}

pub fn read_fields(input: Option<Vec<LeadCustomFieldInput>>, list: &str, reader: &mut Reader) -> Vec<NewFieldValue> {
    let entries = input.unwrap_or_default().into_iter().enumerate();
    entries
        .map(|(index, LeadCustomFieldInput { custom_field_id, value })| {
            let index = index.to_string();
            NewFieldValue {
                field: reader.reference(
                    &custom_field_id,
                    NodeKind::CustomField,
                    &[list, &index, "customFieldId"],
                ),
                declared_type: None,
                value: read_value(value, &[list, &index, "value"], reader),
            }
        })
        .collect()
}

fn read_value(input: CustomFieldValueInput, path: &[&str], reader: &mut Reader) -> NewValue {
    match input {
        CustomFieldValueInput::Text(text) => NewValue::Text(text),
        CustomFieldValueInput::Number(number) => NewValue::Number(number),
        CustomFieldValueInput::Date(date) => NewValue::Date(date.0.to_string()),
        CustomFieldValueInput::Boolean(flag) => NewValue::Boolean(flag),
        CustomFieldValueInput::Select(id) => {
            let path = [path, &["select"]].concat();
            NewValue::Select(OptionRef::Uuid(reader.uuid(&id, &[NodeKind::CustomFieldOption], &path)))
        }
        CustomFieldValueInput::MultiSelect(ids) => NewValue::MultiSelect(
            ids.iter()
                .enumerate()
                .map(|(index, id)| {
                    let index = index.to_string();
                    let path = [path, &["multiSelect", &index]].concat();
                    OptionRef::Uuid(reader.uuid(id, &[NodeKind::CustomFieldOption], &path))
                })
                .collect(),
        ),
    }
}

pub fn read_attributions(input: Vec<LeadAttributionInput>, reader: &mut Reader) -> Vec<NewAttribution> {
    let entries = input.into_iter().enumerate();
    entries
        .map(|(index, LeadAttributionInput { id, attributed_date })| {
            let path = ["attributions", &index.to_string(), "id"];
            NewAttribution {
                source: reader.reference(&id, NodeKind::AttributionSource, &path),
                attributed_at: attributed_date.0,
            }
        })
        .collect()
}

fn read_foreign(input: Vec<LeadIntegrationFieldInput>, reader: &mut Reader) -> Vec<NewIntegrationValue> {
    let entries = input.into_iter().enumerate();
    entries
        .map(
            |(index, LeadIntegrationFieldInput { uuid, value })| NewIntegrationValue {
                uuid: uuid.0,
                value: match value {
                    MaybeUndefined::Value(value) => value.0,
                    MaybeUndefined::Null => Value::Null,
                    MaybeUndefined::Undefined => {
                        reader.missing(&["integrationCustomFields", &index.to_string(), "value"]);
                        Value::Null
                    }
                },
            },
        )
        .collect()
}

/// One member a provider, Pipedrive's with the names that its ids have on the wire.
fn read_powerups(input: LeadPowerupsInput, reader: &mut Reader) -> Map<String, Value> {
    let LeadPowerupsInput { pipedrive, extra } = input;
    let mut powerups = Map::new();
    if let Some(pipedrive) = pipedrive {
        let PipedrivePowerupInput {
            person_id,
            organization_id,
            deal_id,
            extra,
        } = pipedrive;
        let ids = [
            ("person_id", person_id),
            ("organization_id", organization_id),
            ("deal_id", deal_id),
        ];
        let given = ids
            .into_iter()
            .filter_map(|(key, id)| Some((key.to_owned(), json!(id?.0))));
        let mut object = given.collect();
        reader.extend(&mut object, extra, &["powerups", "pipedrive"]);
        powerups.insert("pipedrive".to_owned(), Value::Object(object));
    }
    reader.extend(&mut powerups, extra, &["powerups"]);
    powerups
}

/// The domain's names of what this input calls as JourneyBee does.
fn rename(path: &mut [String]) {
    let list = path.first().cloned().unwrap_or_default();
    for segment in path {
        let renamed = match (list.as_str(), segment.as_str()) {
            (_, "campaignId") => "companyCampaignId",
            ("customFields" | "partnerCustomFields", "fieldId") => "customFieldId",
            // The type is the name that the value is given by.
            ("customFields" | "partnerCustomFields", "type") => "value",
            ("attributions", "sourceId") => "id",
            ("partnershipLead", "companyPartnershipsId") => "partnershipId",
            ("powerups", "person_id") => "personId",
            ("powerups", "organization_id") => "organizationId",
            ("powerups", "deal_id") => "dealId",
            _ => continue,
        };
        *segment = renamed.to_owned();
    }
}

/// The answer to `createLead`.
#[derive(Debug, SimpleObject)]
pub struct CreateLeadPayload {
    /// The new lead. Selecting it needs the read scope.
    lead: Option<Lead>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for CreateLeadPayload {
    type Made = Option<Lead>;

    fn made(lead: Self::Made) -> Self {
        Self {
            lead,
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            lead: None,
            user_errors,
        }
    }
}
