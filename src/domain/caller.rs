//! Who asks, for which workspace, allowed what.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::entity::user::Role;

/// An authenticated caller. Made by `auth` and by [`super::op::System`], nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub workspace_id: i64,
    pub principal: Principal,
    pub scopes: Scopes,
    /// An api key may be bound to one project: it sees and writes that project's leads only.
    pub project_id: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal {
    User {
        id: i64,
        uuid: Uuid,
    },
    ApiKey {
        id: i64,
        uuid: Uuid,
        /// The person the key belongs to, if any.
        user_id: Option<i64>,
    },
    /// A loop or a command of the server itself, by name.
    System(&'static str),
}

/// What an operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Read,
    Write,
    Admin,
}

impl Scope {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// What a caller has. The three are independent: a key may write without reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scopes {
    pub read: bool,
    pub write: bool,
    pub admin: bool,
}

impl Scopes {
    pub const ALL: Self = Self {
        read: true,
        write: true,
        admin: true,
    };
    pub const READ_WRITE: Self = Self {
        read: true,
        write: true,
        admin: false,
    };
    pub const READ: Self = Self {
        read: true,
        write: false,
        admin: false,
    };

    pub fn allows(self, scope: Scope) -> bool {
        match scope {
            Scope::Read => self.read,
            Scope::Write => self.write,
            Scope::Admin => self.admin,
        }
    }

    /// Whether these contain all of `other`: nobody grants more than they have.
    pub fn contain(self, other: Self) -> bool {
        (self.read || !other.read) && (self.write || !other.write) && (self.admin || !other.admin)
    }

    /// The scopes that both have.
    #[must_use]
    pub fn both(self, other: Self) -> Self {
        Self {
            read: self.read && other.read,
            write: self.write && other.write,
            admin: self.admin && other.admin,
        }
    }
}

impl From<Role> for Scopes {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner | Role::Admin => Self::ALL,
            Role::Member => Self::READ_WRITE,
            Role::Readonly => Self::READ,
        }
    }
}

/// Through which door a change came; part of every event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    Leadtrackr,
    Journeybee,
    Graphql,
    /// The command line and the server's own loops.
    Server,
}
