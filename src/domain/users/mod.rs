//! Users: the people who work in a workspace, each with one role. `edit` changes who they are and what they may do.

mod edit;

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use uuid::Uuid;

use crate::entity::user;
pub use edit::{UserPatch, set_disabled, set_role, set_standing, update};

pub use crate::entity::user::{Model as User, Role};

use super::caller::{Principal, Scope, Scopes};
use super::catalogue::{Editable, Stamp};
use super::error::{Error, Problem, Result};
use super::events::{EventKind, UserFacts, word};
use super::form::Form;
use super::op::{Op, Tx};
use super::page::{Page, PageRequest};
use super::workspaces::{self, Workspace};
use super::{Ref, Services, catalogue, new_uuid, text};

/// What a caller supplies.
#[derive(Clone, Debug, Serialize)]
pub struct NewUser {
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub role: Role,
    /// The `sub` by which a foreign identity provider knows the person.
    pub external_subject: Option<String>,
}

/// Whether a person may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Standing {
    Enabled,
    Disabled,
}

/// How a token names a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserSubject {
    Uuid(Uuid),
    External(String),
}

/// The workspace's people, newest first.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(op: &Op, page: PageRequest) -> Result<Page<User>> {
    catalogue::list::<user::Entity>(op, (user::Column::CreatedAt, user::Column::Id), page).await
}

/// The users with these ids, in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<User>> {
    catalogue::by_uuids::<user::Entity>(op, user::Column::Uuid, uuids).await
}

/// One of the workspace's people, if there is one of this name.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn named(op: &Op, user: Ref) -> Result<Option<User>> {
    op.require(Scope::Read)?;
    let users = op.find::<user::Entity>().filter(match user {
        Ref::Id(id) => user::Column::Id.eq(id),
        Ref::Uuid(uuid) => user::Column::Uuid.eq(uuid),
    });
    Ok(users.one(op.db()).await?)
}

/// # Errors
/// Without the scope `admin`, or for a role that the caller may not give; a broken rule; an address or subject that
/// is taken; a database fault.
pub async fn create(op: &Op, new: NewUser) -> Result<User> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("users.create", new, make).await
}

async fn make(op: Op, new: NewUser) -> Result<User> {
    let NewUser {
        email,
        first_name,
        last_name,
        role,
        external_subject,
    } = new;
    if !op.caller().scopes.contain(Scopes::from(role)) {
        return Err(Error::Forbidden(Scope::Admin));
    }
    let mut form = Form::default();
    let email = form.email("email", &email);
    let first_name = form.optional("firstName", first_name.as_deref());
    let last_name = form.optional("lastName", last_name.as_deref());
    let external_subject = form.optional("externalSubject", external_subject.as_deref());
    form.check()?;

    let mut tx = op.begin().await?;
    if role == Role::Owner {
        require_owner(&tx).await?;
    }
    // The index does not say which of the two it refused; the subject is the rarer and is looked up before.
    let subject_taken = has_subject(&tx, external_subject.as_deref()).await?;
    let row = user::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(new_uuid()),
        email_folded: Set(text::normalize_email(&email)),
        email: Set(email),
        first_name: Set(first_name),
        last_name: Set(last_name),
        role: Set(role),
        external_subject: Set(external_subject),
        disabled_at: Set(None),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let taken = if subject_taken {
        Problem::invalid(["externalSubject".into()], "There is a user with this subject")
    } else {
        email_taken()
    };
    let user = tx.insert(row).await.map_err(|error| error.or_taken(taken))?;
    catalogue::emit_created(&mut tx, EventKind::UserCreated, user.uuid, &user.facts());
    tx.commit(user).await
}

/// The person that a token names, and the workspace it is for; nothing for someone unknown or disabled. Asked before
/// there is a caller: the workspace comes from the token and is looked up among all.
///
/// # Errors
/// A database fault.
pub async fn identify(services: &Services, subject: UserSubject, workspace: Uuid) -> Result<Option<(User, Workspace)>> {
    let system = Op::system(services.clone(), "identify user");
    let Some(workspace) = workspaces::find_by_uuid(&system, workspace).await? else {
        return Ok(None);
    };
    let named = match subject {
        UserSubject::Uuid(uuid) => user::Column::Uuid.eq(uuid),
        // PostgreSQL cannot even be asked for it.
        UserSubject::External(subject) if subject.contains('\0') => return Ok(None),
        UserSubject::External(subject) => user::Column::ExternalSubject.eq(subject),
    };
    let op = system.within(workspace.id);
    let users = op.find::<user::Entity>().filter(named);
    let user = users.filter(user::Column::DisabledAt.is_null()).one(op.db()).await?;
    Ok(user.map(|user| (user, workspace)))
}

/// Only an owner, or the server's own command, makes or disables owners. All owners' rows are locked, in one order,
/// so that two of them cannot disable each other at the same moment.
pub(super) async fn require_owner(tx: &Tx) -> Result<()> {
    let caller = match tx.caller().principal {
        Principal::System(_) => return Ok(()),
        Principal::ApiKey { .. } => return Err(Error::Forbidden(Scope::Admin)),
        Principal::User { id, .. } => id,
    };
    let owners = tx.find::<user::Entity>().filter(
        Condition::all()
            .add(user::Column::Role.eq(Role::Owner))
            .add(user::Column::DisabledAt.is_null()),
    );
    let owners = owners.order_by_asc(user::Column::Id).lock_exclusive();
    let owners = owners.all(tx.db()).await?;
    if owners.iter().any(|owner| owner.id == caller) {
        Ok(())
    } else {
        Err(Error::Forbidden(Scope::Admin))
    }
}

async fn has_subject(tx: &Tx, subject: Option<&str>) -> Result<bool> {
    let Some(subject) = subject else {
        return Ok(false);
    };
    let with_subject = tx
        .find::<user::Entity>()
        .filter(user::Column::ExternalSubject.eq(subject));
    Ok(with_subject.one(tx.db()).await?.is_some())
}

fn email_taken() -> Problem {
    Problem::invalid(["email".into()], "There is a user with this e-mail address")
}

impl Editable for User {
    type Facts = UserFacts;

    const UUID: user::Column = user::Column::Uuid;

    fn facts(&self) -> UserFacts {
        UserFacts {
            email: self.email.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            role: word(&self.role),
            external_subject: self.external_subject.clone(),
            disabled_at: self.disabled_at,
        }
    }

    fn stamp(&mut self) -> Stamp<'_> {
        Stamp {
            uuid: self.uuid,
            version: &mut self.version,
            updated_at: &mut self.updated_at,
        }
    }
}
