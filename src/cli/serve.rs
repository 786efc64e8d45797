//! `serve`: the main job.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::failure::Failure;
use super::{create_private, output};
use crate::app::{self, App};
use crate::config::{Config, Needs, Sources, table};
use crate::demo::{self, Place, Sheet};
use crate::http::Ended;
use crate::telemetry::{self, traces::Traces};

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Address and port; port 0 takes a free one [env: LEADGRAPH_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// PostgreSQL URL or SQLite file [env: DATABASE_URL] [default: leadgraph.db]
    #[arg(long, value_name = "URL", conflicts_with = "demo")]
    database_url: Option<String>,
    /// Do not bring the schema up to date; /readyz says 503 until somebody else has
    #[arg(long, conflicts_with = "demo")]
    no_migrate: bool,
    /// Serve demo data from a throw-away database
    #[arg(long)]
    demo: bool,
    /// Write the demo's URL, keys and token to this file, as JSON
    #[arg(long, value_name = "FILE", requires = "demo")]
    demo_info: Option<PathBuf>,
    /// Let the demo listen on an address that other machines reach
    #[arg(long, requires = "demo")]
    demo_public: bool,
}

pub(super) async fn run(args: ServeArgs) -> Result<(), Failure> {
    let config = config(&args)?;
    let traces = start_telemetry(&config)?;
    for name in &config.unknown {
        tracing::warn!(name, "this variable is no setting and has no effect");
    }
    let listener = listen(config.http.listen).await?;
    let served = if args.demo {
        serve_demo(config, listener, args.demo_info).await
    } else {
        serve_built(config, listener).await
    };
    if let Some(traces) = traces {
        traces.finish().await;
    }
    served
}

async fn serve_built(config: Config, listener: TcpListener) -> Result<(), Failure> {
    let app = App::build(config).await?;
    serve(&app, listener).await
}

fn start_telemetry(config: &Config) -> Result<Option<Traces>, Failure> {
    match &config.traces {
        None => {
            telemetry::start(&config.log);
            Ok(None)
        }
        Some(traces) => {
            let started = telemetry::start_traced(&config.log, traces);
            started.map(Some).map_err(Failure::usage)
        }
    }
}

fn config(args: &ServeArgs) -> Result<Config, Failure> {
    let mut sources = Sources::process();
    if args.demo {
        // The demo brings its own database; what the environment says of another one does not concern it.
        sources = sources.with_flag(&table::DATABASE_URL, Some("demo.db".into()));
    }
    let sources = sources
        .with_flag(&table::LISTEN, args.listen.clone())
        .with_flag(&table::DATABASE_URL, args.database_url.clone())
        .with_flag(&table::MIGRATE, args.no_migrate.then(|| "off".into()));
    // The demo makes its own secret.
    let needs = if args.demo { Needs::Database } else { Needs::Everything };
    let config = app::settings(&sources, needs)?;
    let address = config.http.listen;
    if args.demo && !address.ip().is_loopback() && !args.demo_public {
        return Err(Failure::usage(format!(
            "the demo does not listen on {address}, where others could reach it, without --demo-public"
        )));
    }
    Ok(config)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| Failure::new(format!("cannot listen on {address}: {error}")))
}

async fn serve(app: &App, listener: TcpListener) -> Result<(), Failure> {
    let address = address(&listener)?;
    let shutdown = shutdown()?;
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening on http://{address}");
    match app.serve(listener, shutdown).await {
        Ended::Drained => tracing::info!("stopped"),
        Ended::CutOff => tracing::warn!("stopped; some requests took too long and were cut off"),
    }
    Ok(())
}

/// The place, and with it the data, is removed when this returns.
async fn serve_demo(config: Config, listener: TcpListener, info: Option<PathBuf>) -> Result<(), Failure> {
    let info = info.map(Info::begin).transpose()?;
    let place = Place::create().map_err(|error| Failure::new(format!("no place for the demo's data: {error}")))?;
    let app = App::build(demo::config(config, &place)).await?;
    let access = demo::fill(&app).await?;
    let sheet = Sheet::new(address(&listener)?, access);
    if let Some(info) = info {
        info.finish(&sheet)?;
    }
    output::write(&sheet.text());
    serve(&app, listener).await
}

/// The file for programs that wait for the demo. It is written beside its place and moved there: who finds it finds it
/// whole, and one of an earlier demo is replaced.
struct Info {
    place: PathBuf,
    draft: PathBuf,
    file: File,
}

impl Info {
    /// Before anything is made: a place that cannot be written to is told at once.
    fn begin(place: PathBuf) -> Result<Self, Failure> {
        if place.is_dir() {
            return Err(Failure::new(format!("{}: is a directory", place.display())));
        }
        let mut draft = place.as_os_str().to_owned();
        draft.push(format!(".{}", std::process::id()));
        let draft = PathBuf::from(draft);
        match create_private(&draft) {
            Ok(file) => Ok(Self { place, draft, file }),
            Err(error) => Err(Failure::new(format!("{}: {error}", place.display()))),
        }
    }

    fn finish(mut self, sheet: &Sheet) -> Result<(), Failure> {
        let mut text =
            serde_json::to_vec_pretty(sheet).expect("names are strings and nothing here can fail to serialise");
        text.push(b'\n');
        let written = self.file.write_all(&text);
        let moved = written.and_then(|()| std::fs::rename(&self.draft, &self.place));
        moved.map_err(|error| Failure::new(format!("{}: {error}", self.place.display())))
    }
}

impl Drop for Info {
    /// After [`Info::finish`] it is not there any more.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.draft);
    }
}

fn address(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    let address = listener.local_addr();
    address.map_err(|error| Failure::new(format!("the listener has no address: {error}")))
}

/// Resolves at the first SIGTERM or SIGINT. A second one ends the process at once.
fn shutdown() -> Result<impl Future<Output = ()>, Failure> {
    let failed = |error| Failure::new(format!("cannot listen for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("shutting down: running requests finish");
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::process::exit(130);
        });
    })
}
