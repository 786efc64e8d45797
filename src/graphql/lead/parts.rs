//! What hangs on a lead.

use async_graphql::{ID, SimpleObject};

use super::enums::{ConsentState, FormDirection, PartnershipLeadAcceptance, PartnershipLeadDirection};
use crate::domain::leads::{Direction, credit, read};
use crate::domain::rel::Rel;
use crate::graphql::attribution::AttributionSource;
use crate::graphql::node::{GlobalId, NodeKind};
use crate::graphql::partner::{PartnerCompany, PartnerUser};
use crate::graphql::partnership::{PartnerType, Partnership};
use crate::graphql::scalars::{DateTime, Json, SafeInt, Uuid};
use crate::graphql::user::User;

/// Somebody who works on a lead.
#[derive(Clone, Debug, SimpleObject)]
pub struct LeadAssignee {
    /// The person.
    user: User,
    /// Since when.
    assigned_at: DateTime,
}

impl LeadAssignee {
    pub fn user_mut(&mut self) -> &mut User {
        &mut self.user
    }
}

impl From<read::Assignee> for LeadAssignee {
    fn from(read::Assignee { user, assigned_at }: read::Assignee) -> Self {
        Self {
            user: user.into(),
            assigned_at: DateTime(assigned_at),
        }
    }
}

/// An amount of money.
#[derive(Clone, Debug, SimpleObject)]
pub struct Money {
    /// In the smallest unit of the currency, such as cents.
    minor: SafeInt,
    /// The currency by its three letters of ISO 4217, such as `EUR`.
    currency: String,
}

impl Money {
    /// Both are there, or nothing is.
    pub fn of(minor: Option<i64>, currency: Option<String>) -> Option<Self> {
        let (minor, currency) = minor.zip(currency)?;
        Some(Self {
            minor: SafeInt(minor),
            currency,
        })
    }
}

/// A dated attribution of a lead to a source.
#[derive(Clone, Debug, SimpleObject)]
pub struct LeadAttribution {
    /// Tells it from others in a cache; `node` does not look it up.
    id: ID,
    /// The public id in its plain form.
    uuid: Uuid,
    /// What the lead is attributed to.
    pub source: AttributionSource,
    /// When that was.
    attributed_at: DateTime,
    /// Its position by date, from 1.
    series: i32,
    /// Its share of the credit for the lead.
    credits: LeadAttributionCredits,
}

/// The share of the credit for a lead that one attribution has under each model, in millionths. Those of a lead sum to
/// 1,000,000 under every model.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct LeadAttributionCredits {
    /// All of it goes to the first one.
    first: i32,
    /// All of it goes to the last one.
    last: i32,
    /// All have the same.
    linear: i32,
    /// The later, the more: half as much for each seven days before the last one.
    time_decay: i32,
    /// Two fifths each for the first and the last, one fifth for all between.
    position: i32,
}

impl From<credit::Credits> for LeadAttributionCredits {
    fn from(credits: credit::Credits) -> Self {
        let credit::Credits {
            first,
            last,
            linear,
            time_decay,
            position,
        } = credits;
        // At most the whole, a million.
        let share = |credit| i32::try_from(credit).unwrap_or(i32::MAX);
        Self {
            first: share(first),
            last: share(last),
            linear: share(linear),
            time_decay: share(time_decay),
            position: share(position),
        }
    }
}

impl From<read::Attribution> for LeadAttribution {
    fn from(attribution: read::Attribution) -> Self {
        let read::Attribution {
            uuid,
            attributed_at,
            series,
            credits,
            source,
        } = attribution;
        Self {
            id: GlobalId::new(NodeKind::LeadAttribution, uuid).into(),
            uuid: Uuid(uuid),
            source: source.into(),
            attributed_at: DateTime(attributed_at),
            // A lead has at most a hundred.
            series: i32::try_from(series).unwrap_or(i32::MAX),
            credits: credits.into(),
        }
    }
}

/// The id of a click, or of a visitor, in an advertising or analytics system.
#[derive(Clone, Debug, SimpleObject)]
pub struct ClickId {
    /// Whose id it is, such as `gclid`.
    kind: String,
    /// The id.
    value: String,
}

impl From<read::ClickId> for ClickId {
    fn from(read::ClickId { kind, value }: read::ClickId) -> Self {
        Self { kind, value }
    }
}

/// One session of a visitor's way through the channels.
#[derive(Clone, Debug, SimpleObject)]
pub struct Touchpoint {
    /// When it began, if that is known.
    occurred_at: Option<DateTime>,
    /// Where the visitor came from.
    source: Option<String>,
    /// By which medium.
    medium: Option<String>,
    /// The campaign.
    campaign: Option<String>,
    /// The content, which tells apart the ads of a campaign.
    content: Option<String>,
    /// The search term.
    term: Option<String>,
    /// The path of the first page.
    landing_page: Option<String>,
}

impl From<read::Touchpoint> for Touchpoint {
    fn from(touchpoint: read::Touchpoint) -> Self {
        let read::Touchpoint {
            occurred_at,
            source,
            medium,
            campaign,
            content,
            term,
            landing_page,
        } = touchpoint;
        Self {
            occurred_at: occurred_at.map(DateTime),
            source,
            medium,
            campaign,
            content,
            term,
            landing_page,
        }
    }
}

/// A visitor's answer to one consent signal.
#[derive(Clone, Debug, SimpleObject)]
pub struct Consent {
    /// The signal, such as `ad_storage`.
    signal: String,
    /// The answer.
    state: ConsentState,
    /// When it came in.
    captured_at: DateTime,
}

impl From<read::Consent> for Consent {
    fn from(consent: read::Consent) -> Self {
        let read::Consent {
            signal,
            state,
            captured_at,
        } = consent;
        Self {
            signal,
            state: state.into(),
            captured_at: DateTime(captured_at),
        }
    }
}

/// A lead's part in a partnership: sent or received, by whom.
#[derive(Clone, Debug, SimpleObject)]
pub struct PartnershipLead {
    /// Tells it from others in a cache; `node` does not look it up.
    id: ID,
    /// The number that the REST route calls `partnershipLeadId`.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    uuid: Uuid,
    /// Which way the lead went.
    direction: PartnershipLeadDirection,
    /// The programme.
    partner_type: PartnerType,
    /// The other company.
    pub partner: PartnerCompany,
    /// The partnership.
    pub partnership: Rel<Partnership>,
    /// The people at the partner who are told of it.
    partner_users: Rel<Vec<PartnerUser>>,
    /// Whether the partner was to get it.
    send_to_partner: bool,
    /// Whether it came from a lead of the partner.
    assigned_from_partner_lead: bool,
    /// Whether it came from a form.
    form_submission_lead: bool,
    /// What the form was for.
    form_direction: Option<FormDirection>,
    /// Whether the receiving side took it.
    acceptance: PartnershipLeadAcceptance,
    /// What the sender called the partner.
    partners_company_name: Option<String>,
    /// Who sent it, if that was said.
    sent_by: Option<LeadSender>,
    /// Values for the partner's custom fields that could not be handed over.
    partner_custom_fields: Option<Json>,
    /// The partner's own copy of the lead, when there is one.
    partner_copy: Option<PartnerCopy>,
    /// When it was sent or received.
    created_at: DateTime,
}

/// Who sent a lead.
#[derive(Clone, Debug, SimpleObject)]
pub struct LeadSender {
    /// The number of the user, when the sender is one of this workspace.
    user_legacy_id: Option<SafeInt>,
    /// The number of the partner user, when the sender is one of the partner.
    partner_user_legacy_id: Option<SafeInt>,
    /// The e-mail address.
    email: Option<String>,
    /// The company's name.
    company_name: Option<String>,
}

/// What the sender may know of the partner's copy of a lead.
#[derive(Clone, Debug, SimpleObject)]
pub struct PartnerCopy {
    /// The copy's public id in the partner's workspace. It cannot be read from here.
    uuid: Uuid,
    /// When it was sent.
    sent_at: DateTime,
    /// Whether the partner took it.
    acceptance: PartnershipLeadAcceptance,
}

impl From<read::PartnershipLead> for PartnershipLead {
    fn from(lead: read::PartnershipLead) -> Self {
        let read::PartnershipLead {
            row,
            partner,
            partnership,
            partner_users,
        } = lead;
        let acceptance = PartnershipLeadAcceptance::from(row.acceptance);
        let copy = match row.direction {
            Direction::Sent => row.partner_lead_uuid,
            Direction::Received => None,
        };
        let named = row.sent_by_user_id.is_some()
            || row.sent_by_partner_user_id.is_some()
            || row.sent_by_email.is_some()
            || row.sent_by_company_name.is_some();
        Self {
            id: GlobalId::new(NodeKind::PartnershipLead, row.uuid).into(),
            legacy_id: SafeInt(row.id),
            uuid: Uuid(row.uuid),
            direction: row.direction.into(),
            partner_type: row.partner_type.into(),
            partner: partner.into(),
            partnership: partnership.map(Partnership::from),
            partner_users: super::each(partner_users),
            send_to_partner: row.send_to_partner,
            assigned_from_partner_lead: row.assigned_from_partner_lead,
            form_submission_lead: row.form_submission_lead,
            form_direction: row.form_direction.map(FormDirection::from),
            acceptance,
            partners_company_name: row.partners_company_name,
            sent_by: named.then_some(LeadSender {
                user_legacy_id: row.sent_by_user_id.map(SafeInt),
                partner_user_legacy_id: row.sent_by_partner_user_id.map(SafeInt),
                email: row.sent_by_email,
                company_name: row.sent_by_company_name,
            }),
            partner_custom_fields: row.partner_custom_fields.map(Json),
            partner_copy: copy.map(|uuid| PartnerCopy {
                uuid: Uuid(uuid),
                sent_at: DateTime(row.created_at),
                acceptance,
            }),
            created_at: DateTime(row.created_at),
        }
    }
}

/// A value of a foreign system.
#[derive(Clone, Debug, SimpleObject)]
pub struct IntegrationValue {
    /// The uuid of its field there.
    field_uuid: Uuid,
    /// The value; null when that is what was sent.
    value: Option<Json>,
}

impl From<read::IntegrationValue> for IntegrationValue {
    fn from(read::IntegrationValue { field_uuid, value }: read::IntegrationValue) -> Self {
        Self {
            field_uuid: Uuid(field_uuid),
            value: (!value.is_null()).then_some(Json(value)),
        }
    }
}

/// The id of a lead in a foreign system.
#[derive(Clone, Debug, SimpleObject)]
pub struct ExternalRef {
    /// The system, such as `pipedrive`.
    provider: String,
    /// What the lead is there, such as `person` or `deal`.
    object_type: String,
    /// Its id there.
    external_id: String,
}

impl From<read::ExternalRef> for ExternalRef {
    fn from(reference: read::ExternalRef) -> Self {
        let read::ExternalRef {
            provider,
            object_type,
            external_id,
        } = reference;
        Self {
            provider,
            object_type,
            external_id,
        }
    }
}

/// What one integration keeps with a lead.
#[derive(Clone, Debug, SimpleObject)]
pub struct Powerup {
    /// The integration, such as `pipedrive`.
    provider: String,
    /// Its data, as they were sent.
    data: Option<Json>,
}

impl From<read::Powerup> for Powerup {
    fn from(read::Powerup { provider, data }: read::Powerup) -> Self {
        Self {
            provider,
            data: (!data.is_null()).then_some(Json(data)),
        }
    }
}

/// A body that a lead came with, word for word.
#[derive(Clone, Debug, SimpleObject)]
pub struct OriginalPayload {
    /// The door it came through.
    channel: String,
    /// The body.
    body: String,
    /// When it came.
    received_at: DateTime,
    /// When it will be deleted.
    expires_at: DateTime,
}

impl From<read::Payload> for OriginalPayload {
    fn from(payload: read::Payload) -> Self {
        let read::Payload {
            channel,
            body,
            received_at,
            expires_at,
        } = payload;
        Self {
            channel,
            body,
            received_at: DateTime(received_at),
            expires_at: DateTime(expires_at),
        }
    }
}
