//! The promises of the module's head, whoever comes in whatever order.

use super::*;

fn due(workspace_id: i64, endpoint_id: i64, second: i64) -> Due {
    Due {
        workspace_id,
        endpoint_id,
        at: DateTime::from_timestamp(second, 0).unwrap(),
        is_failing: false,
    }
}

fn failing(workspace_id: i64, endpoint_id: i64) -> Due {
    Due {
        is_failing: true,
        ..due(workspace_id, endpoint_id, 0)
    }
}

/// How many places each of these gets, of those that are free.
fn counts(places: &Places, waiting: &[Due]) -> (Vec<usize>, Vec<Share>) {
    let shares = places.share_out(waiting);
    let count = |due: &Due| {
        let share = shares.iter().find(|share| share.due() == *due);
        share.map_or(0, Share::count)
    };
    (waiting.iter().map(count).collect(), shares)
}

#[test]
fn a_workspace_takes_half_and_an_endpoint_a_quarter() {
    let places = Places::new(32);
    let (alone, held) = counts(&places, &[due(1, 1, 0)]);
    assert_eq!(alone, [8]);
    let (others, also_held) = counts(&places, &[due(1, 2, 0), due(1, 3, 0)]);
    assert_eq!(others, [3, 3]);
    let (another_workspace, _) = counts(&places, &[due(2, 4, 0)]);
    assert_eq!(another_workspace, [5], "a quarter and more of the 18 that are left");
    drop((held, also_held));
    let endpoints: Vec<Due> = (0..16).map(|endpoint| due(1, endpoint, 0)).collect();
    assert_eq!(counts(&places, &endpoints).0, [1; 16]);
    assert_eq!(counts(&places, &[due(1, 1, 0)]).0, [8], "all places are free again");
}

#[test]
fn places_are_shared_by_workspaces_and_there_by_endpoints() {
    let places = Places::new(32);
    // However many endpoints a workspace has.
    let waiting = [due(1, 1, 0), due(1, 2, 0), due(1, 3, 0), due(1, 4, 0), due(2, 5, 9)];
    assert_eq!(counts(&places, &waiting).0, [3, 3, 3, 2, 7]);
    // Of equals, who has waited longest.
    let one = Places::new(1);
    assert_eq!(counts(&one, &[due(1, 1, 5), due(2, 2, 4), due(3, 3, 6)]).0, [0, 1, 0]);
}

#[test]
fn one_place_serves_all_in_turn() {
    let one = Places::new(1);
    let (first, held) = counts(&one, &[due(1, 1, 0)]);
    assert_eq!((first, counts(&one, &[due(2, 2, 0)]).0), (vec![1], vec![0]));
    drop(held);
    assert_eq!(counts(&one, &[due(2, 2, 0), failing(3, 3)]).0.iter().sum::<usize>(), 1);
}

#[test]
fn endpoints_that_fail_leave_places_to_others() {
    let places = Places::new(32);
    assert_eq!(counts(&places, &[failing(1, 1)]).0, [1], "one thing at a time");
    let of_one: Vec<Due> = (0..50).map(|endpoint| failing(1, endpoint)).collect();
    let (given, held) = counts(&places, &of_one);
    assert_eq!((given.iter().sum::<usize>(), given.iter().max()), (8, Some(&1)));
    let of_many: Vec<Due> = (2..50).map(|workspace| failing(workspace, 100 + workspace)).collect();
    let (given, also_held) = counts(&places, &of_many);
    assert_eq!((given.iter().sum::<usize>(), given.iter().max()), (8, Some(&1)));
    // Half are left, for those that answer.
    let answering: Vec<Due> = (60..80).map(|workspace| due(workspace, workspace, 0)).collect();
    assert_eq!(counts(&places, &answering).0.iter().sum::<usize>(), 16);
    assert!(counts(&places, &[due(1, 99, 0)]).0[0] > 0, "in their workspace, too");
    drop((held, also_held));
}

#[test]
fn what_is_not_needed_goes_back() {
    let places = Places::new(8);
    let (given, mut shares) = counts(&places, &[due(1, 1, 0)]);
    assert_eq!(given, [2]);
    let mut share = shares.pop().unwrap();
    let used = share.split().unwrap();
    assert_eq!((share.count(), used.count()), (1, 1));
    drop(share);
    assert_eq!(places.taken().of(Group::All), 1);
    drop(used);
    assert!(places.taken().by.is_empty(), "nothing is left of those that were there");
}

/// Small numbers that look like chance.
fn chance(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    }
}

#[test]
fn the_promises_hold_whoever_comes_and_goes() {
    for seed in 0..200 {
        let mut chance = chance(seed);
        let all = 1 + usize::try_from(chance(40)).unwrap();
        let places = Places::new(all);
        let mut held = Vec::new();
        for _ in 0..60 {
            let waiting: Vec<Due> = (0..chance(12))
                .map(|_| {
                    let workspace = i64::try_from(chance(5)).unwrap();
                    let endpoint = workspace * 10 + i64::try_from(chance(4)).unwrap();
                    let is_failing = endpoint % 4 == 3;
                    Due {
                        is_failing,
                        ..due(workspace, endpoint, i64::try_from(chance(9)).unwrap())
                    }
                })
                .collect();
            held.extend(places.share_out(&waiting));
            check(&places, all, &waiting);
            while !held.is_empty() && chance(3) > 0 {
                let nth = usize::try_from(chance(held.len() as u64)).unwrap();
                drop(held.swap_remove(nth));
            }
        }
    }
}

fn check(places: &Places, all: usize, waiting: &[Due]) {
    let taken = places.taken();
    let free = all.checked_sub(taken.of(Group::All)).expect("no more than there are");
    let most = |of: usize| all.div_ceil(of);
    for (group, count) in &taken.by {
        let limit = match group {
            Group::All => all,
            Group::Failing | Group::Workspace(_) => most(2),
            Group::FailingOf(_) | Group::Endpoint(..) => most(4),
        };
        assert!(*count <= limit, "{group:?} has {count} of {all}");
    }
    // Nobody is left without a place who has none, while there is one; but for what fails.
    for due in waiting.iter().filter(|due| !due.is_failing) {
        let has_none = taken.of(Group::Workspace(due.workspace_id)) == 0;
        assert!(!has_none || free == 0, "{due:?} waits while {free} are free");
    }
}
