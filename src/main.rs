//! The `leadgraph` program: everything is in the library, where tests reach it.

use std::process::ExitCode;

use clap::Parser;
use leadgraph::cli::{self, Cli};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Cli::parse()).await
}
