//! Reading inputs: node ids become references, open objects become JSON. What is wrong is gathered, with its path.

use async_graphql::{ID, MaybeUndefined};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::error::{Failure, UserError, UserErrorCode, duplicate};
use super::node::{GlobalId, NodeKind};
use super::scalars::{Json, SafeInt};
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::op::Op;
use crate::domain::projects::ProjectRef;
use crate::domain::{Archived, Change, Ref, Target};

/// Collects the problems of one input while it is read. After any, what was read is not to be used: [`Self::check`].
#[derive(Debug, Default)]
pub struct Reader {
    errors: Vec<UserError>,
}

impl Reader {
    /// The uuid of a node id, which must be of one of these kinds.
    pub fn uuid(&mut self, id: &ID, kinds: &[NodeKind], path: &[&str]) -> Uuid {
        match GlobalId::decode(id) {
            Some(id) if kinds.contains(&id.kind) => id.uuid,
            Some(_) | None => {
                self.errors.push(UserError::not_found(owned(path)));
                Uuid::nil()
            }
        }
    }

    pub fn reference(&mut self, id: &ID, kind: NodeKind, path: &[&str]) -> Ref {
        Ref::Uuid(self.uuid(id, &[kind], path))
    }

    pub fn references(&mut self, ids: &[ID], kind: NodeKind, path: &[&str]) -> Vec<Ref> {
        let numbered = ids.iter().enumerate();
        numbered
            .map(|(index, id)| self.reference(id, kind, &[path, &[&index.to_string()]].concat()))
            .collect()
    }

    /// Adds the members of `extra` to an open object. One that the object has already is a problem.
    pub fn extend(&mut self, object: &mut Map<String, Value>, extra: Option<Json>, path: &[&str]) {
        let path = [path, &["extra"]].concat();
        let members = match extra.map(|extra| extra.0) {
            None | Some(Value::Null) => return,
            Some(Value::Object(members)) => members,
            Some(_) => return self.invalid(&path, "This must be a JSON object"),
        };
        for (key, value) in members {
            if object.contains_key(&key) {
                self.invalid(
                    &[&path[..], &[&key]].concat(),
                    "This has a field of its own, which is given too",
                );
            } else {
                object.insert(key, value);
            }
        }
    }

    pub fn invalid(&mut self, path: &[&str], message: &str) {
        self.errors.push(UserError {
            code: UserErrorCode::Invalid,
            message: message.to_owned(),
            path: owned(path),
            existing_lead_id: None,
        });
    }

    pub fn missing(&mut self, path: &[&str]) {
        self.errors.push(UserError {
            code: UserErrorCode::Missing,
            message: "This is required".to_owned(),
            path: owned(path),
            existing_lead_id: None,
        });
    }

    /// [`Self::check`] for a caller who has the scope: whoever lacks it learns that, and nothing about the input.
    ///
    /// # Errors
    /// As [`Self::check`], and when the scope is missing.
    pub fn check_for(self, op: &Op, scope: Scope) -> Result<(), Failure> {
        op.require(scope)?;
        self.check()
    }

    /// # Errors
    /// [`Failure::Input`] when anything was wrong.
    pub fn check(self) -> Result<(), Failure> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Failure::Input(self.errors))
        }
    }
}

/// What an edit says of a field: left out, null, or a value.
pub fn change<T, U>(given: MaybeUndefined<T>, convert: impl FnOnce(T) -> U) -> Change<U> {
    match given {
        MaybeUndefined::Undefined => Change::Keep,
        MaybeUndefined::Null => Change::Clear,
        MaybeUndefined::Value(value) => Change::Set(convert(value)),
    }
}

/// The row that an edit is for, by its node id, and the version that the edit was made on.
///
/// # Errors
/// An id that names nothing of this kind, for a caller who has the scope; whoever lacks it learns that.
pub fn target(op: &Op, scope: Scope, named: Named<'_>, expected: SafeInt) -> Result<Target, Failure> {
    let Named { id, kind, path } = named;
    let mut reader = Reader::default();
    let uuid = reader.uuid(id, &[kind], &[path]);
    reader.check_for(op, scope)?;
    Ok(Target {
        uuid,
        expected_version: Some(expected.0),
    })
}

/// An id in an input, what it must name, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    pub id: &'a ID,
    pub kind: NodeKind,
    pub path: &'a str,
}

/// A domain error of an edit whose input has the domain's `from` as `to`.
pub fn renamed(error: Error, from: &str, to: &str) -> Failure {
    rename_paths(error.into(), |path| {
        for segment in path.iter_mut().filter(|segment| *segment == from) {
            to.clone_into(segment);
        }
    })
}

/// The argument `includeArchived` of a list.
pub fn archived(include: bool) -> Archived {
    match include {
        true => Archived::Shown,
        false => Archived::Hidden,
    }
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|segment| (*segment).to_owned()).collect()
}

/// A project by its node id, or by the public id that the REST route knows.
pub fn project_ref(id: &ID) -> ProjectRef {
    match GlobalId::decode_as(NodeKind::Project, id) {
        Some(uuid) => ProjectRef::Uuid(uuid),
        None => ProjectRef::PublicId(id.to_string()),
    }
}

/// The same failure with the domain's path names as this input has them.
pub fn rename_paths(failure: Failure, rename: impl Fn(&mut [String])) -> Failure {
    repath(failure, |mut path| {
        rename(&mut path);
        path
    })
}

/// [`rename_paths`] where paths also become shorter or longer.
pub fn repath(failure: Failure, repath: impl Fn(Vec<String>) -> Vec<String>) -> Failure {
    use crate::domain::error::Conflict;
    let errors: Vec<UserError> = match failure {
        Failure::Input(errors) => errors,
        Failure::Domain(Error::Invalid(problems)) => problems.into_iter().map(UserError::from).collect(),
        Failure::Domain(Error::NotFound(problem)) => vec![problem.into()],
        Failure::Domain(Error::Conflict(Conflict::Taken(problem))) => vec![UserError {
            code: UserErrorCode::Taken,
            ..problem.into()
        }],
        Failure::Domain(Error::Conflict(Conflict::DuplicateLead { existing, path })) => vec![duplicate(existing, path)],
        Failure::Domain(_)
        | Failure::Unauthenticated
        | Failure::Argument(_)
        | Failure::PositionExpired
        | Failure::Reading(_) => return failure,
    };
    let renamed = errors.into_iter().map(|error| UserError {
        path: repath(error.path),
        ..error
    });
    Failure::Input(renamed.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(object: Value, extra: Value) -> (Map<String, Value>, Vec<Vec<String>>) {
        let mut reader = Reader::default();
        let Value::Object(mut object) = object else {
            unreachable!("test objects are objects")
        };
        reader.extend(&mut object, Some(Json(extra)), &["userData"]);
        (object, reader.errors.into_iter().map(|error| error.path).collect())
    }

    #[test]
    fn extra_members_join_the_known_ones() {
        let (object, errors) = read(json!({"email": "a@b.co"}), json!({"color": "red"}));
        assert_eq!(Value::Object(object), json!({"email": "a@b.co", "color": "red"}));
        assert!(errors.is_empty());
        assert!(read(json!({}), Value::Null).1.is_empty());
        assert_eq!(read(json!({"a": 1}), json!({"a": 1})).1, [["userData", "extra", "a"]]);
        assert_eq!(read(json!({}), json!([1])).1, [["userData", "extra"]]);
    }

    #[test]
    fn ids_of_another_kind_are_unknown() {
        let mut reader = Reader::default();
        let tag = ID::from(GlobalId::new(NodeKind::Tag, Uuid::max()));
        assert_eq!(
            reader.references(std::slice::from_ref(&tag), NodeKind::Tag, &["tags"]),
            [Ref::Uuid(Uuid::max())]
        );
        reader.references(&[tag.clone(), ID("junk".into())], NodeKind::Lead, &["leads"]);
        let Err(Failure::Input(errors)) = reader.check() else {
            panic!("two ids are wrong")
        };
        let paths: Vec<_> = errors.into_iter().map(|error| error.path).collect();
        assert_eq!(paths, [["leads", "0"], ["leads", "1"]]);
        assert_eq!(project_ref(&tag), ProjectRef::PublicId(tag.to_string()));
    }
}
