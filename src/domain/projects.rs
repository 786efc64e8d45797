//! Projects: the sites and funnels of a workspace that post leads. Clients know one by its short public id.

mod implied;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Serialize;
use uuid::Uuid;

use crate::entity::project;
pub use crate::entity::project::Model as Project;

use super::caller::Scope;
use super::catalogue::{Editable, Stamp, Target};
use super::change::Change;
use super::error::{Error, Problem, ProblemCode, Result};
use super::events::{EventKind, ProjectFacts};
use super::form::Form;
use super::op::Op;
use super::page::{self, Page, PageRequest};
use super::{catalogue, new_uuid};

pub use implied::{implied, meant};

/// What a caller supplies. Without a public id the project gets a fresh random one.
#[derive(Clone, Debug, Serialize)]
pub struct NewProject {
    pub name: String,
    pub public_id: Option<String>,
}

/// What to change. The public id stays: clients have it in their pages.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ProjectPatch {
    pub name: Change<String>,
    pub activity: Change<Activity>,
}

/// Whether a project takes leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Activity {
    Active,
    Inactive,
}

/// How a client names a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum ProjectRef {
    PublicId(String),
    Uuid(Uuid),
}

const MAX_PUBLIC_ID: usize = 64;

/// The workspace's projects, newest first; a key that is bound to one sees that one.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(op: &Op, page: PageRequest) -> Result<Page<Project>> {
    op.require(Scope::Read)?;
    let order = (project::Column::CreatedAt, project::Column::Id);
    page::read(op.db(), visible(op), order, page).await
}

/// The projects with these ids, in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<Project>> {
    op.require(Scope::Read)?;
    if uuids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = op.any_uuid(project::Column::Uuid, uuids);
    Ok(visible(op).filter(wanted).all(op.db()).await?)
}

/// The projects that these keys are bound to. Asks for no scope: whoever may read a key may know what it is for.
///
/// # Errors
/// A database fault.
pub async fn of_keys(op: &Op, ids: &[i64]) -> Result<Vec<Project>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = project::Column::Id.is_in(ids.iter().copied());
    Ok(visible(op).filter(wanted).all(op.db()).await?)
}

fn visible(op: &Op) -> sea_orm::Select<project::Entity> {
    let projects = op.find::<project::Entity>();
    match op.caller().project_id {
        None => projects,
        Some(bound) => projects.filter(project::Column::Id.eq(bound)),
    }
}

/// The project that a lead is captured for. Whether it takes any is asked later ([`require_active`]): a request that
/// is repeated was answered while it did.
///
/// # Errors
/// Without the scope `write`. Then, in this order: unknown or foreign, not the one that the caller's key is bound to.
pub async fn destination(op: &Op, project: &ProjectRef) -> Result<Project> {
    op.require(Scope::Write)?;
    let project = named(op, project).await?.ok_or_else(not_found)?;
    if op.caller().project_id.is_some_and(|bound| bound != project.id) {
        return Err(Error::OtherProject);
    }
    Ok(project)
}

/// # Errors
/// [`Error::ProjectInactive`]
pub fn require_active(project: &Project) -> Result<()> {
    if project.active {
        Ok(())
    } else {
        Err(Error::ProjectInactive)
    }
}

/// A project by either of its ids, active or not, for those who administer projects.
///
/// # Errors
/// Without the scope `admin`, or a database fault.
pub async fn find(op: &Op, project: &ProjectRef) -> Result<Option<Project>> {
    catalogue::require_unbound(op, Scope::Admin)?;
    named(op, project).await
}

/// [`find`] for operations that have asked for their own scope.
pub(super) async fn named(op: &Op, project: &ProjectRef) -> Result<Option<Project>> {
    let projects = op.find::<project::Entity>();
    let named = match project {
        // PostgreSQL cannot even be asked for it.
        ProjectRef::PublicId(id) if id.contains('\0') => return Ok(None),
        ProjectRef::PublicId(id) => projects.filter(project::Column::PublicId.eq(id)),
        ProjectRef::Uuid(uuid) => projects.filter(project::Column::Uuid.eq(*uuid)),
    };
    Ok(named.one(op.db()).await?)
}

fn not_found() -> Error {
    Error::NotFound(Problem::not_found(["projectId".into()], "Project not found"))
}

/// Whether [`create`] would take this name; for whoever makes more than a project.
///
/// # Errors
/// What is wrong with it, with this path.
pub fn check_name(path: &'static str, name: &str) -> Result<()> {
    let mut form = Form::default();
    form.required(path, name);
    form.check()
}

/// # Errors
/// Without the scope `admin`, a broken rule, a public id that is taken, or a database fault.
pub async fn create(op: &Op, new: NewProject) -> Result<Project> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("projects.create", new, make).await
}

async fn make(op: Op, new: NewProject) -> Result<Project> {
    let NewProject { name, public_id } = new;
    let mut form = Form::default();
    let name = form.required("name", &name);
    let public_id = form.optional("publicId", public_id.as_deref());
    if public_id.as_deref().is_some_and(|id| !is_public_id(id)) {
        let message = format!("At most {MAX_PUBLIC_ID} letters, digits, hyphens and underscores");
        form.refuse(ProblemCode::Invalid, "publicId", message);
    }
    form.check()?;
    let public_id = match public_id {
        Some(id) => id,
        None => random_public_id()?,
    };

    let mut tx = op.begin().await?;
    let row = project::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(new_uuid()),
        public_id: Set(public_id),
        name: Set(name),
        active: Set(true),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let taken = || Problem::invalid(["publicId".into()], "There is a project with this public id");
    let project = tx.insert(row).await.map_err(|error| error.or_taken(taken()))?;
    catalogue::emit_created(&mut tx, EventKind::ProjectCreated, project.uuid, &project.facts());
    tx.commit(project).await
}

/// Opens or closes a project for new leads. Setting what it already is changes nothing.
///
/// # Errors
/// As [`update`].
pub async fn set_active(op: &Op, project: Uuid, activity: Activity) -> Result<Project> {
    let target = Target {
        uuid: project,
        expected_version: None,
    };
    let patch = ProjectPatch {
        activity: Change::Set(activity),
        ..ProjectPatch::default()
    };
    update(op, target, patch).await
}

/// # Errors
/// Without the scope `admin`, a broken rule, an unknown project (path `project`), another version than the expected
/// one, or a database fault.
pub async fn update(op: &Op, target: Target, patch: ProjectPatch) -> Result<Project> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("projects.update", (target, patch), change).await
}

async fn change(op: Op, (target, patch): (Target, ProjectPatch)) -> Result<Project> {
    let ProjectPatch { name, activity } = patch;
    let mut form = Form::default();
    let name = form.renamed("name", name);
    let activity = form.given("active", activity);
    form.check()?;

    let mut tx = op.begin().await?;
    let unknown = Problem::not_found(["project".into()], "Project not found");
    let before: Project = catalogue::locked(&tx, target.uuid, unknown).await?;
    let after = Project {
        name: name.unwrap_or_else(|| before.name.clone()),
        active: activity.map_or(before.active, |activity| activity == Activity::Active),
        ..before.clone()
    };
    let kind = EventKind::ProjectUpdated;
    let project = catalogue::save(&mut tx, target.expected_version, kind, before, after).await?;
    tx.commit(project).await
}

impl Editable for Project {
    type Facts = ProjectFacts;

    const UUID: project::Column = project::Column::Uuid;

    fn facts(&self) -> ProjectFacts {
        ProjectFacts {
            public_id: self.public_id.clone(),
            name: self.name.clone(),
            active: self.active,
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

fn is_public_id(text: &str) -> bool {
    (1..=MAX_PUBLIC_ID).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn random_public_id() -> Result<String> {
    let mut bytes = [0; 9];
    rand::fill(&mut bytes).map_err(|_| Error::broken("the operating system gave no randomness"))?;
    // The first character stands for the first six bits; with a zero in front it is a letter. An id that began with `-`
    // would be taken for a flag on a command line.
    bytes[0] &= 0b0111_1111;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_ids() {
        for good in ["16", "a-B_9", &"x".repeat(64)] {
            assert!(is_public_id(good), "{good}");
        }
        for bad in ["", "a b", "ä", "a/b", "a.b", &"x".repeat(65)] {
            assert!(!is_public_id(bad), "{bad}");
        }
        let random = random_public_id().unwrap();
        assert!(random.len() == 12 && is_public_id(&random), "{random}");
    }
}
