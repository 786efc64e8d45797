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
}
