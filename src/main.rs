//! The `leadgraph` program: everything is in the library, where tests reach it.

use std::process::ExitCode;

use clap::Parser;
use leadgraph::cli::{self, Cli};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// In bytes. Nested lists and filters are read by recursion, as deep as the limits of a document allow; tokio's own 2 MiB
/// are too few for that in a debug build.
const STACK: usize = 16 * 1024 * 1024;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK)
        .build()
        .expect("the operating system gives threads");
    runtime.block_on(cli::run(Cli::parse()))
}
