use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;

use super::*;

/// Numbers, two at a time. The first look at the caller fails.
#[derive(Default)]
struct Numbers {
    next: u32,
    looked: AtomicBool,
}

impl Source for Numbers {
    type Item = u32;

    async fn read(&mut self) -> Result<Batch<u32>, Failure> {
        self.next += 2;
        Ok(Batch {
            items: vec![self.next - 2, self.next - 1],
            more: true,
        })
    }

    async fn moved(&mut self) {}

    fn op(&self) -> &Op {
        unreachable!("nothing fails for good")
    }

    async fn may_still_read(&self) -> Result<bool, Failure> {
        match self.looked.swap(true, Ordering::Relaxed) {
            true => Ok(true),
            false => Err(Error::away().into()),
        }
    }
}

#[tokio::test]
async fn what_was_read_is_not_lost_where_the_look_at_the_caller_fails() {
    let live = Live {
        places: Readers::default().of(1),
        source: Numbers::default(),
        unchecked: Vec::new(),
        ready: VecDeque::new(),
        more: true,
        request_id: String::new(),
    };
    let numbers = stream::unfold(Some(live), step).map(|number| number.and_then(Result::ok));
    let first: Vec<_> = numbers.take(5).collect().await;
    assert_eq!(first, [Some(0), Some(1), Some(2), Some(3), Some(4)]);
}

#[tokio::test]
async fn one_workspace_leaves_places_for_others() {
    let readers = Readers::default();
    let (one, other) = (readers.of(1), readers.of(2));
    let held = [one.take().await, one.take().await];
    assert!(readers.of(1).take().now_or_never().is_none());
    assert!(other.take().now_or_never().is_some());
    drop(held);
    assert!(readers.of(1).take().now_or_never().is_some());
}
