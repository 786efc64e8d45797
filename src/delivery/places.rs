//! How many requests are on their way at a time, and whose turn it is. A server that sends for many must not wait for the
//! slowest of them, so nobody gets all places, however much they have to send:
//!
//! * a workspace takes another place only while it has fewer than are free. One alone gets half of all, and leaves the
//!   other half; each further one leaves as many as it takes; and who has nothing takes whatever is free;
//! * of what its workspace may still take, an endpoint takes another place only while it has fewer than that: alone, a
//!   quarter of all;
//! * endpoints that fail count as one, in their workspace and in all, and each of them tries one thing at a time.
//!
//! A free place goes to the workspace that has fewest, there to the endpoint that has fewest, and of equals to who has
//! waited longest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::domain::webhook_deliveries::Due;

/// The places of a server. Cheap to clone; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Mutex<Taken>>);

/// Places for one endpoint, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Share {
    due: Due,
    count: usize,
    places: Places,
}

impl Places {
    pub(super) fn new(all: usize) -> Self {
        Self(Arc::new(Mutex::new(Taken {
            all,
            by: HashMap::new(),
        })))
    }

    /// The free places, as far as these may have them.
    pub(super) fn share_out(&self, waiting: &[Due]) -> Vec<Share> {
        let counts = self.taken().share_out(waiting);
        let share = |(due, count): (&Due, usize)| Share {
            due: *due,
            count,
            places: self.clone(),
        };
        let shares = waiting.iter().zip(counts).map(share);
        shares.filter(|share| share.count > 0).collect()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Whom it is for.
    pub(super) fn due(&self) -> Due {
        self.due
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// One place of these, for itself.
    pub(super) fn split(&mut self) -> Option<Self> {
        self.count = self.count.checked_sub(1)?;
        Some(Self {
            due: self.due,
            count: 1,
            places: self.places.clone(),
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.places.taken().give_back(&self.due, self.count);
    }
}

/// Who has places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Group {
    All,
    Failing,
    Workspace(i64),
    FailingOf(i64),
    Endpoint(i64, i64),
}

/// Those that a place for this endpoint counts for.
fn groups(due: &Due) -> impl Iterator<Item = Group> {
    let Due {
        workspace_id,
        endpoint_id,
        at: _,
        is_failing,
    } = *due;
    let always = [
        Group::All,
        Group::Workspace(workspace_id),
        Group::Endpoint(workspace_id, endpoint_id),
    ];
    let failing = [Group::Failing, Group::FailingOf(workspace_id)];
    let failing = is_failing.then_some(failing).into_iter().flatten();
    always.into_iter().chain(failing)
}

#[derive(Debug)]
struct Taken {
    all: usize,
    by: HashMap<Group, usize>,
}

impl Taken {
    /// For each of these how many places it gets; they are taken by then.
    fn share_out(&mut self, waiting: &[Due]) -> Vec<usize> {
        let mut counts = vec![0; waiting.len()];
        loop {
            let able = waiting.iter().enumerate().filter(|(_, due)| self.may_take(due));
            let Some((first, due)) = able.min_by_key(|(_, due)| self.turn(due)) else {
                return counts;
            };
            for group in groups(due) {
                *self.by.entry(group).or_default() += 1;
            }
            counts[first] += 1;
        }
    }

    fn give_back(&mut self, due: &Due, count: usize) {
        for group in groups(due) {
            let left = self.of(group).saturating_sub(count);
            match left {
                0 => self.by.remove(&group),
                left => self.by.insert(group, left),
            };
        }
    }

    /// Whether there is one more place for it. What is refused once is refused until a place is given back.
    fn may_take(&self, due: &Due) -> bool {
        let free = self.all.saturating_sub(self.of(Group::All));
        let workspace = self.of(Group::Workspace(due.workspace_id));
        let endpoint = self.of(Group::Endpoint(due.workspace_id, due.endpoint_id));
        // As many as it could take one after the other.
        let room = free.saturating_sub(workspace).div_ceil(2);
        let has_room = endpoint < room;
        if !due.is_failing {
            return has_room;
        }
        let failing = self.of(Group::FailingOf(due.workspace_id));
        has_room && endpoint == 0 && failing < room && self.of(Group::Failing) < free
    }

    /// The least is next.
    fn turn(&self, due: &Due) -> (usize, usize, DateTime<Utc>) {
        (
            self.of(Group::Workspace(due.workspace_id)),
            self.of(Group::Endpoint(due.workspace_id, due.endpoint_id)),
            due.at,
        )
    }

    fn of(&self, group: Group) -> usize {
        self.by.get(&group).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
