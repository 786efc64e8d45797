//! SIGTERM.

use std::sync::Arc;

use futures_util::future::join_all;

use super::restart::is_clear;
use super::{Ground, Heard, Writer, all_are_there};
use crate::harness::{Binary, TestDatabase, Workload, heavy};

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
        let load = Arc::new(Workload::default());
        let writers = (0..WRITERS).map(|number| {
            let (writer, load) = (Writer::new(&next, number), Arc::clone(&load));
            tokio::spawn(write_on(writer, format!("r{round}w{number}"), load))
        });
        let writers = join_all(writers);
        load.until(WRITERS as u64, round).await;
        server.terminate();
        let stored: Vec<String> = writers.await.into_iter().flat_map(|names| names.unwrap()).collect();
        server.ends_by_itself();
        assert!(stored.len() >= WRITERS, "only {} writes: no load", stored.len());
        acknowledged.extend(stored);
        ground = Arc::into_inner(next);
    }
    all_are_there(&db, &acknowledged).await;
}

/// Writes until nobody answers any more. The names of what was stored: others may or may not be.
async fn write_on(mut writer: Writer, name: String, load: Arc<Workload>) -> Vec<String> {
    let mut stored = Vec::new();
    for nth in 0.. {
        let name = format!("{name}n{nth}");
        match writer.write(&name).await {
            Heard::Stored => {
                load.did_one();
                stored.push(name);
            }
            Heard::Nothing => break,
            // A whole answer, too: on a slow machine so many writers may wait too long for each other.
            Heard::Refused(status, body) => is_clear(writer.way, status, &body),
        }
    }
    stored
}
