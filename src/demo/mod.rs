//! `serve --demo`: a throw-away database with believable data, and what to try on it.
//!
//! Everything is made through the domain's own functions, so that the demo can hold nothing that a client could not
//! have made. It is the same every time, but for the keys and for the dates, which count back from now.

mod cast;
mod catalogue;
mod dice;
mod leads;
mod place;
mod sheet;
mod words;

use chrono::{DateTime, Duration, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend};

use crate::app::App;
use crate::app::access::Access;
use crate::auth::Authenticator;
use crate::config::{Config, DatabaseTarget, Secret, SecretConfig, Switch};
use crate::domain::caller::{Caller, Door};
use crate::domain::error::Result;
use crate::domain::op::{Op, System};
use crate::domain::{Clock, Services};
use crate::secrets;

pub use place::Place;
pub use sheet::Sheet;

/// How far back the demo's history goes.
const HISTORY: Duration = Duration::days(90);

/// The settings of a demo server: the given ones, on a database in `place`, with a secret of its own.
#[must_use]
pub fn config(mut config: Config, place: &Place) -> Config {
    config.database.target = DatabaseTarget::Sqlite(place.database());
    config.database.migrate = Switch::On;
    config.secret = SecretConfig::Given(ephemeral());
    config
}

fn ephemeral() -> Secret {
    secrets::ephemeral()
}

/// Fills a fresh demo server. Nothing is served yet, so a crash loses nothing: the disk is not waited for meanwhile.
///
/// # Errors
/// A database fault.
pub async fn fill(app: &App) -> Result<Access> {
    let database = app.services().database();
    let sqlite = database.backend() == DatabaseBackend::Sqlite;
    if sqlite {
        database.writer().execute_unprepared("PRAGMA synchronous = OFF").await?;
    }
    let access = seed(app.services(), app.auth()).await?;
    if sqlite {
        database
            .writer()
            .execute_unprepared("PRAGMA synchronous = FULL")
            .await?;
    }
    Ok(access)
}

/// Makes the demo's companies, what they define, and their leads, on either database.
///
/// # Errors
/// A database fault, or a database that has such data already.
pub async fn seed(services: &Services, authenticator: &Authenticator) -> Result<Access> {
    let stage = Stage {
        services: services.clone(),
        now: services.now(),
    };
    let (cast, access) = cast::enter(&stage, authenticator).await?;
    let catalogue = catalogue::make(&stage, &cast).await?;
    leads::make(&stage, &cast, &catalogue).await?;
    Ok(access)
}

/// Where and when the demo's history takes place.
struct Stage {
    services: Services,
    now: DateTime<Utc>,
}

impl Stage {
    /// Before the first lead.
    fn beginning(&self) -> DateTime<Utc> {
        self.now - HISTORY - Duration::days(1)
    }

    fn services_at(&self, at: DateTime<Utc>) -> Services {
        self.services.clone().with_clock(Clock::Fixed(at))
    }

    fn system_at(&self, at: DateTime<Utc>) -> System {
        Op::system(self.services_at(at), "demo")
    }

    /// In one workspace, allowed everything, before the first lead.
    fn setting_up(&self, workspace_id: i64) -> Op {
        self.system_at(self.beginning()).within(workspace_id)
    }

    /// As a client came through a door.
    fn visit(&self, caller: &Caller, door: Door, at: DateTime<Utc>) -> Op {
        Op::new(self.services_at(at), caller.clone(), door)
    }
}
