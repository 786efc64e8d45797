//! LeadTrackr's way in, as a mutation.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use serde_json::{Map, Value};

use super::{Lead, made};
use crate::domain::leads::{self, Captured, LeadOrigin, NewCapture, Outcome};
use crate::domain::projects;
use crate::graphql::context::{Answer, op};
use crate::graphql::error::{Failure, UserError};
use crate::graphql::input::{Reader, project_ref};
use crate::graphql::payload::{Payload, reply};
use crate::graphql::scalars::Json;

#[derive(Debug, Default)]
pub struct CaptureMutations;

#[Object]
impl CaptureMutations {
    /// Captures a lead from a web form or a server. When a live lead of the project has the same `uniqueEventId`, that
    /// one is enriched: what is new is added or replaced, and nothing is ever blanked.
    async fn create_server_side_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead.")] input: CreateServerSideLeadInput,
    ) -> Answer<CreateServerSideLeadPayload> {
        reply(ctx, Box::pin(capture(ctx, input)).await)
    }
}

async fn capture(ctx: &Context<'_>, input: CreateServerSideLeadInput) -> Result<(Captured, Option<Lead>), Failure> {
    let op = op(ctx)?;
    let plan = made::before(ctx, &op)?;
    let project = projects::destination(&op, &project_ref(&input.project_id)).await?;
    let new = input.read(&project.public_id).or_else(|failure| {
        projects::require_active(&project)?;
        Err(failure)
    })?;
    let captured = leads::capture(&op, &project, new).await?;
    let lead = made::load(ctx, &op, plan, captured.uuid).await?;
    Ok((captured, lead))
}

/// A lead from a web form or a server.
#[derive(Debug, InputObject)]
pub struct CreateServerSideLeadInput {
    /// The project it is for: its node id or public id.
    project_id: ID,
    /// Contact information. It may be empty when there is attribution data.
    user_data: LeadUserDataInput,
    /// Click ids and other attribution data.
    attribution_data: Option<LeadAttributionDataInput>,
    /// The form's own data.
    form_data: Option<LeadFormDataInput>,
    /// What the visitor's device says of itself.
    device_data: Option<LeadDeviceDataInput>,
    /// The visitor's way through the channels: a list of sessions, or that list as JSON text.
    channel_flow: Option<Json>,
    /// The id that the client's own system has for the lead; up to 255 characters.
    unique_identifier: Option<String>,
}

/// Contact information.
#[derive(Debug, InputObject)]
pub struct LeadUserDataInput {
    /// The first name.
    first_name: Option<String>,
    /// The last name.
    last_name: Option<String>,
    /// The e-mail address.
    email: Option<String>,
    /// The phone number, with its country code.
    phone: Option<String>,
    /// The company's name.
    company_name: Option<String>,
    /// Anything else: a JSON object, whose members are kept beside these fields.
    extra: Option<Json>,
}

/// Click ids and other attribution data.
#[derive(Debug, Default, InputObject)]
pub struct LeadAttributionDataInput {
    /// Google's click id.
    gclid: Option<String>,
    /// Google's click id for web to app.
    wbraid: Option<String>,
    /// Google Analytics' client id.
    cid: Option<String>,
    /// Google Analytics' session id.
    sid: Option<String>,
    /// Facebook's browser id.
    fbp: Option<String>,
    /// Facebook's click id.
    fbc: Option<String>,
    /// The host and path of the page that the form was on.
    conversion_page: Option<String>,
    /// Consent signals: a JSON object whose values are `granted` or `denied`.
    consent: Option<Json>,
    /// Anything else, other click ids among it: a JSON object, whose members are kept beside these fields.
    extra: Option<Json>,
}

/// A form's own data.
#[derive(Debug, Default, InputObject)]
pub struct LeadFormDataInput {
    /// The form's name.
    form_name: Option<String>,
    /// The message.
    form_message: Option<String>,
    /// Identifies the submission: a repeat with the same id, in the same project, enriches the lead.
    unique_event_id: Option<String>,
    /// Anything else: a JSON object, whose members are kept beside these fields.
    extra: Option<Json>,
}

/// What a visitor's device says of itself.
#[derive(Debug, Default, InputObject)]
pub struct LeadDeviceDataInput {
    /// The IP address.
    ip_address: Option<String>,
    /// The browser.
    user_agent: Option<String>,
    /// Anything else: a JSON object, whose members are kept beside these fields.
    extra: Option<Json>,
}

impl CreateServerSideLeadInput {
    /// The capture that the REST route would make of the same data, with the body that it would have got.
    fn read(self, public_id: &str) -> Result<NewCapture, Failure> {
        let Self {
            project_id: _,
            user_data,
            attribution_data,
            form_data,
            device_data,
            channel_flow,
            unique_identifier,
        } = self;
        let mut reader = Reader::default();
        let user_data = user_data.read(&mut reader);
        let attribution_data = attribution_data.unwrap_or_default().read(&mut reader);
        let form_data = form_data.unwrap_or_default().read(&mut reader);
        let device_data = device_data.unwrap_or_default().read(&mut reader);
        reader.check()?;
        let channel_flow = channel_flow.map(|flow| flow.0).filter(|flow| !flow.is_null());
        let body = present([
            ("projectId", Some(public_id.into())),
            ("userData", Some(user_data.clone().into())),
            ("attributionData", non_empty(&attribution_data)),
            ("formData", non_empty(&form_data)),
            ("deviceData", non_empty(&device_data)),
            ("channelFlow", channel_flow.clone()),
            ("uniqueIdentifier", unique_identifier.clone().map(Value::String)),
        ]);
        Ok(NewCapture {
            origin: LeadOrigin::Graphql,
            user_data: Some(user_data),
            attribution_data,
            form_data,
            device_data,
            channel_flow,
            unique_identifier,
            body: Value::Object(body).to_string(),
        })
    }
}

impl LeadUserDataInput {
    fn read(self, reader: &mut Reader) -> Map<String, Value> {
        let Self {
            first_name,
            last_name,
            email,
            phone,
            company_name,
            extra,
        } = self;
        let mut object = present([
            ("firstName", first_name.map(Value::String)),
            ("lastName", last_name.map(Value::String)),
            ("email", email.map(Value::String)),
            ("phone", phone.map(Value::String)),
            ("companyName", company_name.map(Value::String)),
        ]);
        reader.extend(&mut object, extra, &["userData"]);
        object
    }
}

impl LeadAttributionDataInput {
    fn read(self, reader: &mut Reader) -> Map<String, Value> {
        let Self {
            gclid,
            wbraid,
            cid,
            sid,
            fbp,
            fbc,
            conversion_page,
            consent,
            extra,
        } = self;
        let mut object = present([
            ("gclid", gclid.map(Value::String)),
            ("wbraid", wbraid.map(Value::String)),
            ("cid", cid.map(Value::String)),
            ("sid", sid.map(Value::String)),
            ("fbp", fbp.map(Value::String)),
            ("fbc", fbc.map(Value::String)),
            ("conversionPage", conversion_page.map(Value::String)),
            ("consent", consent.map(|consent| consent.0)),
        ]);
        reader.extend(&mut object, extra, &["attributionData"]);
        object
    }
}

impl LeadFormDataInput {
    fn read(self, reader: &mut Reader) -> Map<String, Value> {
        let Self {
            form_name,
            form_message,
            unique_event_id,
            extra,
        } = self;
        let mut object = present([
            ("formName", form_name.map(Value::String)),
            ("formMessage", form_message.map(Value::String)),
            ("uniqueEventId", unique_event_id.map(Value::String)),
        ]);
        reader.extend(&mut object, extra, &["formData"]);
        object
    }
}

impl LeadDeviceDataInput {
    fn read(self, reader: &mut Reader) -> Map<String, Value> {
        let Self {
            ip_address,
            user_agent,
            extra,
        } = self;
        let mut object = present([
            ("ipAddress", ip_address.map(Value::String)),
            ("userAgent", user_agent.map(Value::String)),
        ]);
        reader.extend(&mut object, extra, &["deviceData"]);
        object
    }
}

/// The members that are there.
fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    let given = members.into_iter();
    given
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect()
}

fn non_empty(object: &Map<String, Value>) -> Option<Value> {
    (!object.is_empty()).then(|| Value::Object(object.clone()))
}

/// Whether a lead was made or found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::leads::Outcome")]
pub enum CaptureOutcome {
    /// A new lead.
    Created,
    /// A lead that was there already; it may have been enriched.
    Updated,
}

/// The answer to `createServerSideLead`.
#[derive(Debug, SimpleObject)]
pub struct CreateServerSideLeadPayload {
    /// Whether the lead was made or found.
    outcome: Option<CaptureOutcome>,
    /// The lead as it is now. Selecting it needs the read scope.
    lead: Option<Lead>,
    /// The lead's unique identifier as it is now.
    unique_identifier: Option<String>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for CreateServerSideLeadPayload {
    type Made = (Captured, Option<Lead>);

    fn made((captured, lead): Self::Made) -> Self {
        let outcome: Outcome = captured.outcome;
        Self {
            outcome: Some(outcome.into()),
            lead,
            unique_identifier: captured.unique_identifier,
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            outcome: None,
            lead: None,
            unique_identifier: None,
            user_errors,
        }
    }
}
