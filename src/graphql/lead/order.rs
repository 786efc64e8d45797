//! Orders of leads, and the cursors that mark places in them.

use async_graphql::{Enum, ID, InputObject, OneofObject};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::Ref;
use crate::domain::leads::{self, Blanks, OrderBy, OrderDirection, Place};
use crate::graphql::error::Failure;
use crate::graphql::node::{GlobalId, NodeKind};
use crate::graphql::paging::argument;

/// One key of an order. Leads that are equal in all keys are ordered by their number.
#[derive(Clone, Debug, InputObject)]
pub struct LeadOrder {
    /// What to order by.
    by: LeadOrderKey,
    /// Which way.
    #[graphql(default_with = "OrderDirectionInput::Ascending")]
    direction: OrderDirectionInput,
    /// Where leads stand that lack it.
    #[graphql(default_with = "NullsOrder::Last")]
    nulls: NullsOrder,
}

/// What leads are ordered by.
#[derive(Clone, Debug, OneofObject)]
pub enum LeadOrderKey {
    /// A field that every lead has.
    Field(LeadOrderField),
    /// The value of a custom field, by its node id. Select fields are ordered by their options' positions; fields with
    /// several options have no order.
    CustomField(ID),
}

/// The fields that leads can be ordered by. Texts compare without case, by code points; their first 255 characters
/// count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LeadOrderField {
    /// When it came in.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// First and last name.
    Name,
    /// The company's name.
    CompanyName,
    /// The e-mail address.
    Email,
    /// How far it is in the sales process: from `NEW` to `LOST`.
    Status,
}

/// Which way an order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "OrderDirection")]
pub enum OrderDirectionInput {
    /// The smallest first.
    #[graphql(name = "ASC")]
    Ascending,
    /// The largest first.
    #[graphql(name = "DESC")]
    Descending,
}

/// Where an order puts what has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum NullsOrder {
    /// Before everything.
    First,
    /// Behind everything.
    Last,
}

impl From<LeadOrder> for leads::LeadOrder {
    fn from(order: LeadOrder) -> Self {
        let LeadOrder { by, direction, nulls } = order;
        Self {
            by: match by {
                LeadOrderKey::Field(LeadOrderField::CreatedAt) => OrderBy::Created,
                LeadOrderKey::Field(LeadOrderField::UpdatedAt) => OrderBy::Updated,
                LeadOrderKey::Field(LeadOrderField::Name) => OrderBy::Name,
                LeadOrderKey::Field(LeadOrderField::CompanyName) => OrderBy::Company,
                LeadOrderKey::Field(LeadOrderField::Email) => OrderBy::Email,
                LeadOrderKey::Field(LeadOrderField::Status) => OrderBy::Status,
                LeadOrderKey::CustomField(id) => {
                    let uuid = GlobalId::decode_as(NodeKind::CustomField, &id);
                    OrderBy::Field(Ref::Uuid(uuid.unwrap_or_default()))
                }
            },
            direction: match direction {
                OrderDirectionInput::Ascending => OrderDirection::Ascending,
                OrderDirectionInput::Descending => OrderDirection::Descending,
            },
            blanks: match nulls {
                NullsOrder::First => Blanks::First,
                NullsOrder::Last => Blanks::Last,
            },
        }
    }
}

/// Cursors of one list in one order: those of another mean nothing to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursors {
    list: &'static str,
    order: String,
}

impl Cursors {
    pub fn new(list: &'static str, order: &[leads::LeadOrder]) -> Self {
        let order = order.iter().map(leads::LeadOrder::name).collect::<Vec<_>>();
        Self {
            list,
            order: order.join(", "),
        }
    }

    pub fn encode(&self, place: &Place) -> String {
        let text = serde_json::to_vec(&(self.list, &self.order, place));
        URL_SAFE_NO_PAD.encode(text.expect("a place has string keys and finite numbers"))
    }

    /// # Errors
    /// [`Failure::Argument`] for what is no cursor of this list and order.
    pub fn decode(&self, argument_name: &str, cursor: &str) -> Result<Place, Failure> {
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
            let (list, order, place): (String, String, Place) = serde_json::from_slice(&bytes).ok()?;
            (list == self.list && order == self.order).then_some(place)
        };
        read().ok_or_else(|| {
            argument(format!(
                "{argument_name} is not a cursor of {} in this order",
                self.list
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{SubsecRound, Utc};

    use super::*;
    use crate::domain::leads::KeyValue;

    fn order(by: OrderBy) -> leads::LeadOrder {
        leads::LeadOrder {
            by,
            direction: OrderDirection::Ascending,
            blanks: Blanks::Last,
        }
    }

    #[test]
    fn cursors_read_back_in_their_own_list_and_order_only() {
        let place = Place {
            values: vec![
                Some(KeyValue::Text("ä \"".into())),
                None,
                Some(KeyValue::Number(0.1 + 0.2)),
                Some(KeyValue::Time(Utc::now().trunc_subsecs(6))),
            ],
            id: i64::MAX,
        };
        let own = Cursors::new("leads", &[order(OrderBy::Name)]);
        let cursor = own.encode(&place);
        assert_eq!(own.decode("after", &cursor).unwrap(), place);
        for foreign in [
            Cursors::new("Tag.leads", &[order(OrderBy::Name)]),
            Cursors::new("leads", &[order(OrderBy::Email)]),
            Cursors::new("leads", &[]),
        ] {
            assert!(foreign.decode("after", &cursor).is_err(), "{foreign:?}");
        }
        for broken in ["", "x", "é", &cursor[1..], &cursor[..cursor.len() - 2]] {
            assert!(own.decode("after", broken).is_err(), "{broken}");
        }
    }
}
