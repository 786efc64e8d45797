//! How many connections one caller, or one address without a caller, keeps open at a time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::client_address::site;
use crate::domain::caller::{Caller, Principal};

/// At most so many places, each for one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceLimits {
    pub per_caller: usize,
    pub per_address: usize,
}

#[derive(Debug)]
pub struct Places {
    limits: PlaceLimits,
    taken: Mutex<HashMap<Holder, usize>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Holder {
    Address(IpAddr),
    Caller(i64, Uuid),
    Server,
}

/// Given back when dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    holder: Holder,
}

impl Places {
    pub fn new(limits: PlaceLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            taken: Mutex::default(),
        })
    }

    /// A place for somebody who has not said yet who it is; nothing when the address has no more.
    pub fn of_address(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        self.take(Holder::Address(site(address)), self.limits.per_address)
    }

    pub fn of_caller(self: &Arc<Self>, caller: &Caller) -> Option<Place> {
        let holder = match caller.principal {
            Principal::User { uuid, .. } | Principal::ApiKey { uuid, .. } => Holder::Caller(caller.workspace_id, uuid),
            Principal::System(_) => Holder::Server,
        };
        self.take(holder, self.limits.per_caller)
    }

    fn take(self: &Arc<Self>, holder: Holder, most: usize) -> Option<Place> {
        let mut taken = self.taken();
        let count = taken.entry(holder).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place {
            places: Arc::clone(self),
            holder,
        })
    }

    /// A panic elsewhere leaves the map whole: every change to it is one step.
    fn taken(&self) -> MutexGuard<'_, HashMap<Holder, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        let Some(count) = taken.get_mut(&self.holder) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            taken.remove(&self.holder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_and_given_back() {
        let places = Places::new(PlaceLimits {
            per_caller: 1,
            per_address: 2,
        });
        let address = |text: &str| text.parse().unwrap();
        let first = places.of_address(address("2001:db8::1")).unwrap();
        let _second = places.of_address(address("2001:db8::2")).unwrap();
        assert!(places.of_address(address("2001:db8::3")).is_none(), "one network");
        assert!(places.of_address(address("2001:db8:1::3")).is_some(), "another one");
        drop(first);
        assert!(places.of_address(address("2001:db8::4")).is_some());
        let v4 = places.of_address(address("10.0.0.1")).unwrap();
        let mapped = places.of_address(address("::ffff:10.0.0.1")).unwrap();
        assert!(places.of_address(address("10.0.0.1")).is_none());
        drop((v4, mapped));
        assert_eq!(places.taken().len(), 1, "what is not held takes no memory");
    }
}
