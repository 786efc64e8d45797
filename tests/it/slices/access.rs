//! Workspaces, projects, users.

use leadgraph::domain::Change;
use leadgraph::domain::caller::{Scope, Scopes};
use leadgraph::domain::error::{Error, ProblemCode};
use leadgraph::domain::page::PageRequest;
use leadgraph::domain::projects::{self, Activity, NewProject, ProjectRef};
use leadgraph::domain::users::{self, NewUser, Role, Standing, UserSubject};
use leadgraph::domain::workspaces::{self, DedupePolicy, WorkspacePatch};
use uuid::Uuid;

use super::{Ground, forbidden, new_user, not_found, only, path, problems, taken};
use crate::harness::{Case, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(a_workspace_begins_with_its_own_log),
        both(a_patch_that_changes_nothing_leaves_no_trace),
        both(a_project_opens_to_those_who_may),
        both(a_public_id_is_taken_once_a_workspace),
        both(nobody_gives_more_than_they_have),
        both(a_person_is_known_once),
        both(two_owners_cannot_lock_each_other_out),
        both(a_token_names_a_person_of_its_workspace),
    ]
}

fn site(public_id: Option<&str>) -> NewProject {
    NewProject {
        name: "Site".into(),
        public_id: public_id.map(str::to_owned),
    }
}

async fn a_workspace_begins_with_its_own_log(ground: Ground) {
    for workspace in [&ground.ours, &ground.theirs] {
        assert_eq!(ground.events(workspace, "workspace.created").await, 1);
    }
    assert_eq!(workspaces::get(&ground.here()).await.unwrap(), ground.ours);
    let system = ground.system();
    let all = workspaces::list_all(&system).await.unwrap();
    assert_eq!(all, [ground.ours.clone(), ground.theirs.clone()]);
    let found = workspaces::find_by_uuid(&system, ground.theirs.uuid).await.unwrap();
    assert_eq!(found.as_ref(), Some(&ground.theirs));
    assert_eq!(workspaces::find_by_uuid(&system, Uuid::nil()).await.unwrap(), None);
    assert_eq!(
        only(workspaces::find_by_name(&system, "Ours").await.unwrap()),
        ground.ours
    );
    assert!(workspaces::find_by_name(&system, "a\0").await.unwrap().is_empty());
}

async fn a_patch_that_changes_nothing_leaves_no_trace(ground: Ground) {
    let op = ground.here();
    let same = WorkspacePatch {
        name: Change::Set(" Ours ".into()),
        enforce_required_fields: Change::Set(true),
        ..WorkspacePatch::default()
    };
    assert_eq!(workspaces::update(&op, None, same).await.unwrap(), ground.ours);
    assert_eq!(ground.events(&ground.ours, "workspace.updated").await, 0);
    let other = WorkspacePatch {
        dedupe_policy: Change::Set(DedupePolicy::Off),
        ..WorkspacePatch::default()
    };
    let after = workspaces::update(&op, None, other).await.unwrap();
    assert_eq!((after.dedupe_policy, after.version), (DedupePolicy::Off, 2));
    assert_eq!(workspaces::get(&op).await.unwrap(), after);
    assert_eq!(workspaces::get(&ground.there()).await.unwrap(), ground.theirs);
    assert_eq!(ground.events(&ground.ours, "workspace.updated").await, 1);
    let blank = WorkspacePatch {
        name: Change::Set(" ".into()),
        ..WorkspacePatch::default()
    };
    assert_eq!(
        problems(workspaces::update(&op, None, blank).await),
        [(ProblemCode::Missing, path(&["name"]))]
    );
}

async fn a_project_opens_to_those_who_may(ground: Ground) {
    let op = ground.here();
    let one = projects::create(&op, site(Some("16"))).await.unwrap();
    let other = projects::create(&op, site(None)).await.unwrap();
    assert_eq!(other.public_id.len(), 12);
    let by_public_id = |id: &str| ProjectRef::PublicId(id.into());
    assert_eq!(projects::destination(&op, &by_public_id("16")).await.unwrap(), one);
    assert_eq!(
        projects::destination(&op, &ProjectRef::Uuid(other.uuid)).await.unwrap(),
        other
    );
    for unknown in [by_public_id("17"), by_public_id("1\0"), ProjectRef::Uuid(Uuid::nil())] {
        assert_eq!(
            not_found(projects::destination(&op, &unknown).await),
            path(&["projectId"])
        );
    }
    let foreign = projects::destination(&ground.there(), &ProjectRef::Uuid(one.uuid)).await;
    assert_eq!(not_found(foreign), path(&["projectId"]));

    let bound = ground.with_scopes(Scopes::READ_WRITE, Some(one.id));
    assert_eq!(
        only(projects::list(&bound, PageRequest::first(9)).await.unwrap().items),
        one
    );
    assert_eq!(
        only(projects::by_uuids(&bound, &[one.uuid, other.uuid]).await.unwrap()),
        one
    );
    projects::set_active(&op, other.uuid, Activity::Inactive).await.unwrap();
    let elsewhere = projects::destination(&bound, &ProjectRef::Uuid(other.uuid)).await;
    assert!(matches!(elsewhere, Err(Error::OtherProject)), "{elsewhere:?}");
    let closed = projects::destination(&op, &ProjectRef::Uuid(other.uuid)).await.unwrap();
    let closed = projects::require_active(&closed);
    assert!(matches!(closed, Err(Error::ProjectInactive)), "{closed:?}");
    projects::set_active(&op, other.uuid, Activity::Inactive).await.unwrap();
    let opened = projects::set_active(&op, other.uuid, Activity::Active).await.unwrap();
    assert_eq!((opened.active, opened.version), (true, 3));
    assert_eq!(
        projects::destination(&op, &ProjectRef::Uuid(other.uuid)).await.unwrap(),
        opened
    );
    assert_eq!(ground.events(&ground.ours, "project.updated").await, 2);
    let foreign = projects::set_active(&ground.there(), one.uuid, Activity::Inactive).await;
    assert_eq!(not_found(foreign), path(&["project"]));
    let reader = ground.with_scopes(Scopes::READ, None);
    assert_eq!(
        forbidden(projects::destination(&reader, &by_public_id("16")).await),
        Scope::Write
    );
}

async fn a_public_id_is_taken_once_a_workspace(ground: Ground) {
    let op = ground.here();
    projects::create(&op, site(Some("shop"))).await.unwrap();
    assert_eq!(
        taken(projects::create(&op, site(Some("shop"))).await),
        path(&["publicId"])
    );
    projects::create(&ground.there(), site(Some("shop"))).await.unwrap();
    let bad = projects::create(&op, site(Some("my shop"))).await;
    assert_eq!(problems(bad), [(ProblemCode::Invalid, path(&["publicId"]))]);
}

async fn nobody_gives_more_than_they_have(ground: Ground) {
    let owner = ground.user("owner@example.com", Role::Owner).await;
    let admin = ground.user("admin@example.com", Role::Admin).await;
    let member = ground.user("member@example.com", Role::Member).await;
    let (as_owner, as_admin) = (ground.acting(&owner), ground.acting(&admin));
    users::create(&as_owner, new_user("owner2@example.com", Role::Owner))
        .await
        .unwrap();
    users::create(&as_admin, new_user("admin2@example.com", Role::Admin))
        .await
        .unwrap();
    let refused = users::create(&as_admin, new_user("x@example.com", Role::Owner)).await;
    assert_eq!(forbidden(refused), Scope::Admin);
    let refused = users::create(&ground.acting(&member), new_user("x@example.com", Role::Readonly)).await;
    assert_eq!(forbidden(refused), Scope::Admin);
    // Admin alone, without read and write, can give neither.
    let narrow = Scopes {
        admin: true,
        ..Scopes::default()
    };
    let narrow = ground.with_scopes(narrow, None);
    assert_eq!(
        forbidden(users::create(&narrow, new_user("x@example.com", Role::Readonly)).await),
        Scope::Admin
    );

    assert_eq!(
        forbidden(users::set_disabled(&as_admin, owner.uuid, Standing::Disabled).await),
        Scope::Admin
    );
    let own = users::set_disabled(&as_admin, admin.uuid, Standing::Disabled).await;
    assert_eq!(problems(own), [(ProblemCode::Invalid, path(&["user"]))]);
    let gone = users::set_disabled(&as_admin, member.uuid, Standing::Disabled)
        .await
        .unwrap();
    assert!(gone.disabled_at.is_some());
    let back = users::set_disabled(&as_admin, member.uuid, Standing::Enabled)
        .await
        .unwrap();
    assert_eq!((back.disabled_at, back.version), (None, 3));
    let foreign = users::set_disabled(&ground.there(), member.uuid, Standing::Disabled).await;
    assert_eq!(not_found(foreign), path(&["user"]));
    assert_eq!(ground.events(&ground.ours, "user.updated").await, 2);
}

async fn a_person_is_known_once(ground: Ground) {
    let op = ground.here();
    let new = NewUser {
        external_subject: Some("auth0|1".into()),
        ..new_user("Jo@Example.com", Role::Member)
    };
    let jo = users::create(&op, new).await.unwrap();
    assert_eq!(jo.email, "Jo@Example.com");
    let again = users::create(&op, new_user(" jo@example.COM", Role::Member)).await;
    assert_eq!(taken(again), path(&["email"]));
    let namesake = NewUser {
        external_subject: Some("auth0|1".into()),
        ..new_user("other@example.com", Role::Member)
    };
    assert_eq!(taken(users::create(&op, namesake).await), path(&["externalSubject"]));
    users::create(&ground.there(), new_user("jo@example.com", Role::Member))
        .await
        .unwrap();
    assert_eq!(only(users::by_uuids(&op, &[jo.uuid]).await.unwrap()), jo);
    assert_eq!(only(users::list(&op, PageRequest::first(9)).await.unwrap().items), jo);
    assert!(users::by_uuids(&ground.there(), &[jo.uuid]).await.unwrap().is_empty());
}

async fn two_owners_cannot_lock_each_other_out(ground: Ground) {
    for round in 0..10 {
        let one = ground.user(&format!("one{round}@example.com"), Role::Owner).await;
        let other = ground.user(&format!("other{round}@example.com"), Role::Owner).await;
        let (as_one, as_other) = (ground.acting(&one), ground.acting(&other));
        let (left, right) = tokio::join!(
            users::set_disabled(&as_one, other.uuid, Standing::Disabled),
            users::set_disabled(&as_other, one.uuid, Standing::Disabled),
        );
        match (left, right) {
            (Ok(_), refused) | (refused, Ok(_)) => assert_eq!(forbidden(refused), Scope::Admin),
            both => panic!("{both:?}"),
        }
    }
}

async fn a_token_names_a_person_of_its_workspace(ground: Ground) {
    let new = NewUser {
        external_subject: Some("auth0|1".into()),
        ..new_user("jo@example.com", Role::Member)
    };
    let jo = users::create(&ground.here(), new).await.unwrap();
    let ask = |subject: UserSubject, workspace: Uuid| users::identify(&ground.services, subject, workspace);
    let external = |text: &str| UserSubject::External(text.into());
    for subject in [UserSubject::Uuid(jo.uuid), external("auth0|1")] {
        let found = ask(subject.clone(), ground.ours.uuid).await.unwrap();
        assert_eq!(found, Some((jo.clone(), ground.ours.clone())));
        assert_eq!(ask(subject.clone(), ground.theirs.uuid).await.unwrap(), None);
        assert_eq!(ask(subject, Uuid::nil()).await.unwrap(), None);
    }
    for unknown in [UserSubject::Uuid(Uuid::nil()), external("auth0|2"), external("\0")] {
        assert_eq!(ask(unknown, ground.ours.uuid).await.unwrap(), None);
    }
    users::set_disabled(&ground.here(), jo.uuid, Standing::Disabled)
        .await
        .unwrap();
    assert_eq!(ask(UserSubject::Uuid(jo.uuid), ground.ours.uuid).await.unwrap(), None);
}
