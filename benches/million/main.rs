//! Measures Leadgraph on a large database: makes one, asks a running server what a front end asks, and reads from /proc
//! what an answer costs.
//!
//! `cargo bench --bench million -- fill --database URL --leads 1000000` fills an empty database and prints a key;
//! `cargo bench --bench million -- measure --url URL --key KEY --server PID` then measures a server on it.

mod catalogue;
mod dice;
mod fill;
mod leads;
mod measure;
mod rows;
mod workloads;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What this program can do.
#[derive(Parser)]
#[command(name = "million", about = "A large database, and what questions to it cost")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// What `cargo bench` adds.
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Fill an empty database; the same number of leads gives the same leads
    Fill(fill::Arguments),
    /// Measure a running server on such a database
    Measure(measure::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Fill(arguments) => fill::fill(arguments).await,
        Command::Measure(arguments) => measure::measure(arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
