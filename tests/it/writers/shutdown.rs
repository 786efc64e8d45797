//! SIGTERM.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::restart::is_clear;
use super::{Ground, Heard, Writer, all_are_there};
use crate::harness::{Binary, TestDatabase, heavy};

const WRITERS: usize = 64;

pub async fn a_stopping_server_loses_nothing_that_it_has_acknowledged(db: TestDatabase) {
    let mut acknowledged = Vec::new();
    let mut ground = None;
    for round in 0..if heavy() { 20 } else { 1 } {
        let server = Binary::serve(&db).await;
        let mut next = match ground.take() {
            Some(ground) => ground,
            None => Ground::of(&server, &db).await,
        };
        next.port = server.port;
        let next = Arc::new(next);
        let writers =
            (0..WRITERS).map(|number| tokio::spawn(write_on(Writer::new(&next, number), format!("r{round}w{number}"))));
        let writers = join_all(writers);
        // Another moment of the work each time.
        tokio::time::sleep(Duration::from_millis(1_000 + 37 * (round % 11))).await;
        let stopped = Instant::now();
        server.terminate();
        let stored: Vec<String> = writers.await.into_iter().flat_map(|names| names.unwrap()).collect();
        let (status, log) = server.wait();
        assert!(status.success(), "{status}: {log}");
        assert!(stopped.elapsed() < Duration::from_secs(20), "{:?}", stopped.elapsed());
        assert!(stored.len() > WRITERS / 2, "only {} writes: no load", stored.len());
        acknowledged.extend(stored);
        ground = Arc::into_inner(next);
    }
    all_are_there(&db, &acknowledged).await;
}

/// Writes until nobody answers any more. The names of what was stored: others may or may not be.
async fn write_on(mut writer: Writer, name: String) -> Vec<String> {
    let mut stored = Vec::new();
    for nth in 0.. {
        let name = format!("{name}n{nth}");
        match writer.write(&name).await {
            Heard::Stored => stored.push(name),
            Heard::Nothing => break,
            // A whole answer, too: on a slow machine so many writers may wait too long for each other.
            Heard::Refused(status, body) => is_clear(writer.way, status, &body),
        }
    }
    stored
}
