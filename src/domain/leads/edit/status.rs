//! Where a lead may go from where it stands. Pure.

use crate::domain::leads::LeadStatus;

/// Whether somebody may move a lead so. To stay is always allowed.
pub(super) fn may_follow(from: LeadStatus, to: LeadStatus) -> bool {
    use LeadStatus::{Contacted, Converted, Lost, New, Qualified};
    match from {
        New => true,
        // Back to New: somebody marked the wrong lead.
        Contacted => true,
        Qualified => matches!(to, Qualified | Contacted | Converted | Lost),
        // A deal that fell through is qualified again, or lost.
        Converted => matches!(to, Converted | Qualified | Lost),
        // Won only by way of being worked on again.
        Lost => matches!(to, Lost | New | Contacted | Qualified),
    }
}

/// The shortest way to a status that may not follow at once, without where it begins. Nobody is given up on the way.
pub(in crate::domain) fn steps(from: LeadStatus, to: LeadStatus) -> Vec<LeadStatus> {
    use LeadStatus::{Contacted, New, Qualified};
    let mut ways = vec![vec![from]];
    loop {
        let arrives = |way: &&Vec<LeadStatus>| way.last().is_some_and(|last| may_follow(*last, to));
        if let Some(way) = ways.iter().find(arrives) {
            let between = way.iter().skip(1).copied();
            return between.chain((from != to).then_some(to)).collect();
        }
        // Every status has a way back to the beginning, from where all others can be reached.
        let longer = ways.iter().flat_map(|way| {
            let next = [Qualified, Contacted, New].into_iter();
            let next =
                next.filter(|next| !way.contains(next) && way.last().is_some_and(|last| may_follow(*last, *next)));
            next.map(|next| [way.as_slice(), &[next]].concat())
        });
        ways = longer.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LeadStatus::{Contacted, Converted, Lost, New, Qualified};

    #[test]
    fn the_whole_table() {
        let all = [New, Contacted, Qualified, Converted, Lost];
        for (from, to) in [
            (New, vec![New, Contacted, Qualified, Converted, Lost]),
            (Contacted, vec![New, Contacted, Qualified, Converted, Lost]),
            (Qualified, vec![Contacted, Qualified, Converted, Lost]),
            (Converted, vec![Qualified, Converted, Lost]),
            (Lost, vec![New, Contacted, Qualified, Lost]),
        ] {
            let allowed: Vec<_> = all.into_iter().filter(|next| may_follow(from, *next)).collect();
            assert_eq!(allowed, to, "from {from:?}");
        }
    }

    #[test]
    fn the_way_to_a_status_has_allowed_steps_only_and_gives_nobody_up() {
        let all = [New, Contacted, Qualified, Converted, Lost];
        for from in all {
            for to in all {
                let way = steps(from, to);
                assert_eq!(way.last().copied().unwrap_or(from), to);
                let steps = std::iter::once(from)
                    .chain(way.iter().copied())
                    .zip(way.iter().copied());
                for (one, next) in steps {
                    assert!(may_follow(one, next) && (next != Lost || to == Lost), "{from:?} {to:?}");
                }
            }
        }
        assert_eq!(steps(Lost, Converted), [Qualified, Converted]);
        assert_eq!(steps(Converted, New), [Qualified, Contacted, New]);
        assert_eq!(steps(New, Converted), [Converted]);
        assert_eq!(steps(New, New), []);
    }
}
