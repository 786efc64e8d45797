//! Global ids and the `node` fields.

use async_graphql::ID;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// What a global id names. The letter is part of the id: once given out it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    ApiKey,
    AttributionSource,
    Campaign,
    ConversionLabel,
    CustomField,
    CustomFieldOption,
    CustomFieldValue,
    Event,
    Lead,
    LeadAttribution,
    LeadNote,
    Notification,
    PartnerCompany,
    PartnerUser,
    Partnership,
    PartnershipLead,
    Project,
    Tag,
    User,
    WebhookDelivery,
    WebhookEndpoint,
    Workspace,
}

impl NodeKind {
    const ALL: [Self; 22] = [
        Self::ApiKey,
        Self::AttributionSource,
        Self::Campaign,
        Self::ConversionLabel,
        Self::CustomField,
        Self::CustomFieldOption,
        Self::CustomFieldValue,
        Self::Event,
        Self::Lead,
        Self::LeadAttribution,
        Self::LeadNote,
        Self::Notification,
        Self::PartnerCompany,
        Self::PartnerUser,
        Self::Partnership,
        Self::PartnershipLead,
        Self::Project,
        Self::Tag,
        Self::User,
        Self::WebhookDelivery,
        Self::WebhookEndpoint,
        Self::Workspace,
    ];

    fn letter(self) -> u8 {
        match self {
            Self::ApiKey => b'k',
            Self::AttributionSource => b's',
            Self::Campaign => b'c',
            Self::ConversionLabel => b'b',
            Self::CustomField => b'f',
            Self::CustomFieldOption => b'o',
            Self::CustomFieldValue => b'v',
            Self::Event => b'h',
            Self::Lead => b'l',
            Self::LeadAttribution => b'a',
            Self::LeadNote => b'n',
            Self::Notification => b'i',
            Self::PartnerCompany => b'd',
            Self::PartnerUser => b'e',
            Self::Partnership => b'p',
            Self::PartnershipLead => b'q',
            Self::Project => b'j',
            Self::Tag => b't',
            Self::User => b'u',
            Self::WebhookDelivery => b'y',
            Self::WebhookEndpoint => b'g',
            Self::Workspace => b'w',
        }
    }
}

/// An id that says what it names. Opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalId {
    pub kind: NodeKind,
    pub uuid: Uuid,
}

impl GlobalId {
    pub fn new(kind: NodeKind, uuid: Uuid) -> Self {
        Self { kind, uuid }
    }

    /// Nothing when the text is no id that this server gives out.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (letter, uuid) = bytes.split_first()?;
        let uuid = Uuid::from_slice(uuid).ok()?;
        let kind = NodeKind::ALL.into_iter().find(|kind| kind.letter() == *letter)?;
        Some(Self { kind, uuid })
    }

    /// The uuid, if the id names something of this kind.
    pub fn decode_as(kind: NodeKind, text: &str) -> Option<Uuid> {
        Self::decode(text).filter(|id| id.kind == kind).map(|id| id.uuid)
    }
}

impl From<GlobalId> for ID {
    fn from(id: GlobalId) -> Self {
        let mut bytes = [0; 17];
        bytes[0] = id.kind.letter();
        bytes[1..].copy_from_slice(id.uuid.as_bytes());
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_as_what_they_name() {
        let uuid = Uuid::now_v7();
        for kind in NodeKind::ALL {
            let id = ID::from(GlobalId::new(kind, uuid));
            assert_eq!(GlobalId::decode(&id), Some(GlobalId { kind, uuid }));
            assert_eq!(GlobalId::decode_as(kind, &id), Some(uuid));
        }
        let lead = ID::from(GlobalId::new(NodeKind::Lead, uuid));
        assert_eq!(GlobalId::decode_as(NodeKind::Tag, &lead), None);
    }

    #[test]
    fn every_kind_has_its_own_letter() {
        let letters: std::collections::HashSet<u8> = NodeKind::ALL.map(NodeKind::letter).into();
        assert_eq!(letters.len(), NodeKind::ALL.len());
    }

    #[test]
    fn what_is_no_id_is_nothing() {
        let id = ID::from(GlobalId::new(NodeKind::Lead, Uuid::nil()));
        for text in [
            "",
            "1",
            "lead",
            &id[1..],
            &format!("{}=", *id),
            &format!("{}A", *id),
            "!!!",
            "\0",
        ] {
            assert_eq!(GlobalId::decode(text), None, "{text}");
        }
    }
}
