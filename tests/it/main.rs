//! The integration tests: one binary, every test on SQLite and on PostgreSQL, each with a database of its own.
//!
//! A module's `cases` lists its tests; one that is not listed is dead code, which clippy refuses. `cargo test NAME`
//! filters, `cargo test -- --list` lists; names are `sqlite::module::test`, `postgres::module::test` or `module::test`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod abuse;
mod boundaries;
mod catalogue_edits;
mod cli;
mod clients;
mod crash;
mod demo;
mod edits;
mod entities;
mod events;
mod finding;
mod graphiql;
mod graphql_documents;
mod graphql_door;
mod graphql_guard;
mod graphql_leads;
mod harness;
mod idempotency;
mod isolation;
mod journeybee;
mod leadtrackr;
mod limits;
mod matrix;
mod nesting;
mod openapi;
mod operations;
mod outage;
mod paging;
mod parity;
mod plans;
mod races;
mod readme;
mod schema;
mod shard;
mod slices;
mod sockets;
mod statements;
mod stats;
mod storage;
mod tokens;
mod traces;
mod webhooks;
mod writers;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    // What the servers under test say, for whoever looks into a failure: LEADGRAPH_TEST_LOG=debug.
    if let Ok(filter) = std::env::var("LEADGRAPH_TEST_LOG") {
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .init();
    }
    let arguments = Arguments::from_args();
    let cases = [
        abuse::cases(),
        boundaries::cases(),
        catalogue_edits::cases(),
        cli::cases(),
        clients::cases(),
        crash::cases(),
        demo::cases(),
        edits::cases(),
        entities::cases(),
        events::cases(),
        finding::cases(),
        graphiql::cases(),
        graphql_documents::cases(),
        graphql_door::cases(),
        graphql_guard::cases(),
        graphql_leads::cases(),
        idempotency::cases(),
        isolation::cases(),
        journeybee::cases(),
        leadtrackr::cases(),
        limits::cases(),
        matrix::cases(),
        nesting::cases(),
        openapi::cases(),
        operations::cases(),
        outage::cases(),
        paging::cases(),
        plans::cases(),
        parity::cases(),
        races::cases(),
        readme::cases(),
        schema::cases(),
        shard::cases(),
        slices::cases(),
        sockets::cases(),
        statements::cases(),
        stats::cases(),
        storage::cases(),
        tokens::cases(),
        writers::cases(),
        traces::cases(),
        webhooks::cases(),
    ];
    let trials = cases
        .into_iter()
        .flatten()
        .flat_map(harness::Case::into_trials)
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    harness::finish();
    conclusion.exit_code()
}
