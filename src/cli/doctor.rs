//! `doctor`: what an operator would check first. `healthcheck`: the same question, asked by a container engine.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use serde::Serialize;

use super::Common;
use super::failure::Failure;
use super::output::{self, Output};
use crate::app;
use crate::config::{Config, ConfigError, DatabaseTarget, Needs, SecretConfig, Sources, Switch, table};
use crate::domain::Services;

const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(10);
/// This program did not exist before.
const EARLIEST: DateTime<Utc> = DateTime::from_timestamp(1_767_225_600, 0).expect("the first of January 2026");
const PROBE: Duration = Duration::from_secs(3);

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    detail: String,
}

type Finding = Result<String, String>;

/// Exit code 1 when anything is wrong. Changes nothing.
pub(super) async fn run(common: &Common) -> Result<(), Failure> {
    let mut checks = Vec::new();
    let mut note = |name, finding: Finding| {
        let ok = finding.is_ok();
        let detail = finding.unwrap_or_else(|problem| problem);
        checks.push(Check { name, ok, detail });
        ok
    };
    match app::settings(&common.sources(), Needs::Everything) {
        Err(ConfigError(lines)) => {
            note("configuration", Err(lines.join("; ")));
        }
        Ok(config) => {
            note("configuration", Ok(unknown(&config)));
            note("secret", secret(&config));
            match reach(&config).await {
                Err(problem) => {
                    note("database", Err(problem));
                }
                Ok(services) => {
                    note("database", Ok(answers(&services)));
                    note("migrations", migrations(&services).await);
                    note("clock", clock(&services).await);
                    services.database().close().await;
                }
            }
        }
    }
    print(common.output(), &checks);
    if checks.iter().all(|check| check.ok) {
        Ok(())
    } else {
        Err(Failure::silent())
    }
}

fn print(output: Output, checks: &[Check]) {
    if output == Output::Json {
        let ok = checks.iter().all(|check| check.ok);
        return output::json(&serde_json::json!({ "ok": ok, "checks": checks }));
    }
    for check in checks {
        let mark = if check.ok { "ok  " } else { "FAIL" };
        output::write(&format!("{mark}  {:14}{}\n", check.name, check.detail));
    }
}

fn unknown(config: &Config) -> String {
    if config.unknown.is_empty() {
        "every setting is good".into()
    } else {
        format!("good, but these are no settings: {}", config.unknown.join(", "))
    }
}

fn secret(config: &Config) -> Finding {
    match &config.secret {
        SecretConfig::Given(_) => Ok("given".into()),
        SecretConfig::Absent => Err("not given".into()),
        SecretConfig::Beside(path) if !path.exists() => {
            Ok(format!("{} will be made at the first start", path.display()))
        }
        SecretConfig::Beside(path) => match std::fs::read(path) {
            Ok(_) => Ok(format!("in {}", path.display())),
            Err(error) => Err(format!("{}: {error}", path.display())),
        },
    }
}

async fn reach(config: &Config) -> Result<Services, String> {
    if let DatabaseTarget::Sqlite(path) = &config.database.target
        && !path.exists()
    {
        return Err(format!(
            "{} does not exist yet; `serve` or `migrate` makes it",
            path.display()
        ));
    }
    let services = app::connect(config).await.map_err(|error| error.to_string())?;
    match services.database().ping().await {
        Ok(()) => Ok(services),
        Err(error) => Err(format!("{error:?}")),
    }
}

fn answers(services: &Services) -> String {
    match services.database().backend() {
        DatabaseBackend::Postgres => "PostgreSQL answers".into(),
        _ => "SQLite answers".into(),
    }
}

async fn migrations(services: &Services) -> Finding {
    match app::schema(services, Switch::Off).await {
        Ok(()) => Ok("all applied".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// Tokens and cursors depend on the time; on PostgreSQL a clock that differs is easily seen.
async fn clock(services: &Services) -> Finding {
    let ours = Utc::now();
    if ours < EARLIEST {
        return Err(format!("the clock says {ours}, which cannot be"));
    }
    if services.database().backend() != DatabaseBackend::Postgres {
        return Ok(ours.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    }
    let ask = Statement::from_string(DatabaseBackend::Postgres, "SELECT now() AS at");
    let row = services.database().writer().query_one_raw(ask).await;
    let theirs = row
        .and_then(|row| row.map(|row| row.try_get::<DateTime<Utc>>("", "at")).transpose())
        .map_err(|error| error.to_string())?
        .unwrap_or(ours);
    let apart = (Utc::now() - theirs).abs();
    if apart > CLOCK_TOLERANCE {
        return Err(format!("{} s apart from the database's clock", apart.num_seconds()));
    }
    Ok("agrees with the database's".into())
}

/// Asks `/healthz` of the server that listens on this machine.
pub(super) fn healthcheck(listen: Option<String>) -> Result<(), Failure> {
    let sources = Sources::process().with_flag(&table::LISTEN, listen);
    let address = loopback(app::settings(&sources, Needs::Database)?.http.listen);
    match probe(address) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::new(format!("{address} answers, but not that it lives"))),
        Err(error) => Err(Failure::new(format!("{address}: {error}"))),
    }
}

/// A server on all addresses is also on the loopback one.
fn loopback(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn probe(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, PROBE)?;
    stream.set_read_timeout(Some(PROBE))?;
    stream.set_write_timeout(Some(PROBE))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    Ok(&head == b"HTTP/1.1 200")
}
