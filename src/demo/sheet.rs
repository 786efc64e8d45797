//! [`Sheet`]: what the demo tells about itself, for people on the terminal and for programs in a file.

use std::net::SocketAddr;

use serde::Serialize;

use super::cast::PROJECT;
use crate::app::access::Access;

/// Serialises to what `--demo-info` writes. Holds secrets; of a throw-away server.
#[derive(Clone, Debug, Serialize)]
pub struct Sheet {
    pub url: String,
    #[serde(flatten)]
    pub access: Access,
}

impl Sheet {
    pub fn new(address: SocketAddr, access: Access) -> Self {
        let host = if address.ip().is_unspecified() {
            "127.0.0.1".to_owned()
        } else if address.is_ipv6() {
            format!("[{}]", address.ip())
        } else {
            address.ip().to_string()
        };
        Self {
            url: format!("http://{host}:{}", address.port()),
            access,
        }
    }

    /// What the terminal shows. The commands can be pasted as they are.
    pub fn text(&self) -> String {
        let Self { url, access } = self;
        let Access {
            workspace,
            user,
            api_key,
            read_only_api_key,
            token,
            ..
        } = access;
        format!(
            "\
Leadgraph demo: {workspace}, with leads of the last 90 days. All of it is gone when you stop it (Ctrl-C).

  GraphiQL       {url}/graphiql
  GraphQL        {url}/graphql
  LeadTrackr     {url}/api/leads/createServerSideLead
  JourneyBee     {url}/api/v1/leads

  API key        {api_key}
  Read-only key  {read_only_api_key}
  Token          {token}
                 (of {user}; paste it as {{\"Authorization\": \"Bearer …\"}} into GraphiQL's headers)

A lead through LeadTrackr's route:

{leadtrackr}

A lead through JourneyBee's route:

{journeybee}

Both, read back through GraphQL:

{graphql}

",
            workspace = workspace.name,
            user = user.email,
            leadtrackr = leadtrackr(url, api_key),
            journeybee = journeybee(url, api_key),
            graphql = graphql(url, token),
        )
    }
}

fn leadtrackr(url: &str, key: &str) -> String {
    format!(
        r#"curl -sS {url}/api/leads/createServerSideLead \
  -H 'Content-Type: application/json' \
  -H 'X-API-Key: {key}' \
  -d '{{
    "projectId": "{PROJECT}",
    "userData": {{ "firstName": "Jane", "lastName": "Smith", "email": "jane@example.com", "phone": "+31687654321", "companyName": "Acme Inc." }},
    "attributionData": {{ "gclid": "xyz789", "cid": "9876543210.9876543210", "fbp": "fb.1.1612345678.9876543210" }},
    "formData": {{ "formName": "Contact Form", "formMessage": "Interested in your services", "uniqueEventId": "evt_xyz789" }},
    "deviceData": {{ "ipAddress": "203.0.113.50", "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)" }},
    "uniqueIdentifier": "crm-lead-789"
  }}'"#
    )
}

fn journeybee(url: &str, key: &str) -> String {
    format!(
        r#"curl -sS {url}/api/v1/leads \
  -H 'Content-Type: application/json' \
  -H 'Authorization: Bearer {key}' \
  -d '{{
    "company_name": "TechCorp Solutions",
    "email": "contact@techcorp.com",
    "phone_number": "+1-555-123-4567",
    "first_name": "John",
    "last_name": "Smith",
    "source": "partnership",
    "associationType": "referral",
    "partnershipLead": {{ "partnership_id": 456, "partners_company_id": 234, "company_partnerships_id": 789, "sendToPartner": true, "partnerUsers": [567, 890] }},
    "tags": [10, 11],
    "customFields": [
      {{ "customFieldId": 5, "type": "number", "value": {{ "number": 100000 }} }},
      {{ "customFieldId": 6, "type": "text", "value": {{ "text": "High-value prospect from referral" }} }}
    ],
    "attributions": [{{ "id": 3, "attributedDate": "2024-01-15T10:30:00Z" }}]
  }}'"#
    )
}

fn graphql(url: &str, token: &str) -> String {
    let query = "{ leads(first: 5) { totalCount nodes { email companyName status tags { label } \
                 attributions { source { label } } customFieldValues { text field { label } } \
                 partnershipLeads { partner { name } } } } }";
    format!(
        r#"curl -sS {url}/graphql \
  -H 'Content-Type: application/json' \
  -H 'Authorization: Bearer {token}' \
  -d '{{ "query": "{query}" }}'"#
    )
}
