//! What became of the vendor's leads: now and then somebody takes one up, qualifies it, wins it or gives it up.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::demo::cast::Cast;
use crate::demo::dice::Dice;
use crate::demo::{Stage, words};
use crate::domain::caller::Door;
use crate::domain::error::Result;
use crate::domain::leads::edit::StatusChange;
use crate::domain::leads::{self, LeadEdit, LeadStatus, LeadTarget, Money};
use crate::domain::{Change, Ref};

/// Another than that of the leads themselves, which so stay what they are.
const SEED: u64 = 7;

/// The leads that somebody may take up, oldest first.
pub(super) struct Desk {
    dice: Dice,
    open: Vec<(Uuid, LeadStatus)>,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            dice: Dice::new(SEED),
            open: Vec::new(),
        }
    }

    pub(super) fn put(&mut self, lead: Uuid) {
        self.open.push((lead, LeadStatus::New));
    }

    /// Maybe takes up a lead that has been there for a while.
    pub(super) async fn work(&mut self, stage: &Stage, cast: &Cast, at: DateTime<Utc>) -> Result<()> {
        const FRESH: usize = 5;
        let ripe = self.open.len().saturating_sub(FRESH);
        if ripe == 0 || !self.dice.chance(80) {
            return Ok(());
        }
        let place = self.dice.below(ripe as u64) as usize;
        let (lead, status) = self.open[place];
        let Some(to) = self.next(status) else {
            self.open.remove(place);
            return Ok(());
        };
        self.open[place].1 = to;
        let reason = (to == LeadStatus::Lost).then(|| self.dice.pick(words::LOST_REASONS).to_owned());
        let mut edit = LeadEdit {
            status: Some(StatusChange {
                to,
                reason,
                otherwise: None,
            }),
            ..LeadEdit::default()
        };
        if to == LeadStatus::Converted {
            edit.value = Change::Set(Money {
                minor: (self.dice.below(90) as i64 + 10) * 10_000,
                currency: "EUR".to_owned(),
            });
        }
        let target = LeadTarget {
            lead: Ref::Uuid(lead),
            expected_version: None,
        };
        let op = stage.visit(&cast.client, Door::Graphql, at);
        leads::edit(&op, target, edit).await?;
        Ok(())
    }

    /// `None`: it rests as it is.
    fn next(&mut self, from: LeadStatus) -> Option<LeadStatus> {
        use LeadStatus::{Contacted, Converted, Lost, New, Qualified};
        match (from, self.dice.below(10)) {
            (New, 0) => Some(Lost),
            (New, _) => Some(Contacted),
            (Contacted, 0..4) => Some(Qualified),
            (Contacted, 4..6) => Some(Lost),
            (Qualified, 0..4) => Some(Converted),
            (Qualified, 4) => Some(Lost),
            (Contacted | Qualified | Converted | Lost, _) => None,
        }
    }
}
