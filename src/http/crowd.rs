//! How many connections there may be, or requests whose bodies are waited for: not too many at once, and not too many of
//! one address, so that nobody takes the places of all others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client_address::site;

#[derive(Debug)]
pub(super) struct Crowd {
    most: usize,
    most_of_one: usize,
    standing: Mutex<Standing>,
}

#[derive(Debug, Default)]
struct Standing {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Given back when dropped.
#[derive(Debug)]
pub(super) struct Stander {
    crowd: Arc<Crowd>,
    address: Option<IpAddr>,
}

impl Crowd {
    /// `share`: of all places, what one address may have, as a divisor.
    pub(super) fn new(most: usize, share: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            most_of_one: most.div_ceil(share),
            standing: Mutex::default(),
        })
    }

    /// A place to stand in; `None`: there are too many others, or too many of this address.
    pub(super) fn stand(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Stander> {
        let address = address.map(site);
        let mut standing = self.standing();
        let of_address = address.map_or(0, |address| *standing.by_address.get(&address).unwrap_or(&0));
        if standing.all >= self.most || of_address >= self.most_of_one {
            return None;
        }
        standing.all += 1;
        if let Some(address) = address {
            standing.by_address.insert(address, of_address + 1);
        }
        Some(Stander {
            crowd: Arc::clone(self),
            address,
        })
    }

    /// A panic elsewhere leaves the counts whole: nothing between their changes can panic.
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stander {
    fn drop(&mut self) {
        let mut standing = self.crowd.standing();
        standing.all -= 1;
        let Some(address) = self.address else { return };
        if let Some(count) = standing.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                standing.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_takes_all_the_room() {
        let crowd = Crowd::new(16, 8);
        let at = |text: &str| Some(text.parse().unwrap());
        let first: Vec<_> = (0..2).map(|_| crowd.stand(at("10.0.0.1")).unwrap()).collect();
        assert!(crowd.stand(at("10.0.0.1")).is_none());
        let others: Vec<_> = (2..16)
            .map(|last| crowd.stand(at(&format!("10.0.0.{last}"))).unwrap())
            .collect();
        assert!(crowd.stand(at("10.0.0.99")).is_none(), "nor do all of them together");
        drop((first, others));
        assert_eq!(crowd.standing().all, 0);
        assert!(crowd.standing().by_address.is_empty(), "who is gone takes no memory");
    }
}
