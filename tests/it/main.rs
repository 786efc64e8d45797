//! The integration tests: one binary, every test on SQLite and on PostgreSQL, each with a database of its own.
//!
//! A module's `cases` lists its tests; one that is not listed is dead code, which clippy refuses. `cargo test NAME`
//! filters, `cargo test -- --list` lists; names are `sqlite::module::test`, `postgres::module::test` or `module::test`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod boundaries;
mod entities;
mod harness;
mod shard;
mod slices;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = [boundaries::cases(), entities::cases(), shard::cases(), slices::cases()];
    let trials = cases
        .into_iter()
        .flatten()
        .flat_map(harness::Case::into_trials)
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    harness::finish();
    conclusion.exit_code()
}
