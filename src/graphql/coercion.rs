//! Whether the arguments of an operation fit their types, variables filled in: checked for all of them before any field
//! runs.
//!
//! The library's validator lets some misfits through (a number for an input object, an `Int` beyond 32 bits, anything
//! beside a variable that was left out), and its executor then fails in the middle, after earlier mutations of the
//! request have been done.

use std::borrow::Cow;
use std::collections::HashSet;
use std::convert::Infallible;
use std::fmt::{self, Display, Formatter};

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::registry::{MetaField, MetaInputValue, MetaType, MetaTypeName, Registry};
use async_graphql::{Name, ObjectType, Positioned, SubscriptionType, Value, Variables};
use bytes::Bytes;

use super::error::Code;
use super::guard::Refusal;

/// The types of the schema, for looking up what an argument should be.
pub struct Types {
    registry: Registry,
    query: String,
    mutation: String,
    subscription: String,
}

impl Types {
    /// Those of a schema with these roots.
    pub fn of<Q: ObjectType, M: ObjectType, S: SubscriptionType>() -> Self {
        let mut registry = Registry::default();
        Q::create_type_info(&mut registry);
        M::create_type_info(&mut registry);
        S::create_type_info(&mut registry);
        Self {
            registry,
            query: Q::type_name().into_owned(),
            mutation: M::type_name().into_owned(),
            subscription: S::type_name().into_owned(),
        }
    }

    /// The type at the top of an operation.
    pub fn root(&self, operation: OperationType) -> &str {
        match operation {
            OperationType::Query => &self.query,
            OperationType::Mutation => &self.mutation,
            OperationType::Subscription => &self.subscription,
        }
    }

    /// A field of an object or an interface.
    pub fn field(&self, parent: &str, name: &str) -> Option<&MetaField> {
        self.registry.types.get(parent)?.field_by_name(name)
    }

    /// Fields and types that do not exist are the validator's business.
    ///
    /// # Errors
    /// The first argument that does not fit.
    pub fn check(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Result<(), Refusal> {
        let root = self.root(operation.ty);
        let mut walk = Walk {
            document,
            arguments: Arguments {
                types: self,
                variables,
                fitting: HashSet::new(),
            },
            open: vec![(root, &operation.selection_set.node)],
            spread: HashSet::new(),
        };
        while let Some((parent, set)) = walk.open.pop() {
            walk.selection(parent, set)?;
        }
        Ok(())
    }
}

/// The arguments of an operation against their types. A variable may be large and stand in a thousand places: it is
/// never copied, and looked through once for each type that it should have.
struct Arguments<'a> {
    types: &'a Types,
    variables: &'a Variables,
    fitting: HashSet<(Bytes, &'a str)>,
}

impl<'a> Arguments<'a> {
    fn check(&mut self, known: &'a MetaField, field: &Field) -> Result<(), Refusal> {
        for (name, value) in &field.arguments {
            let Some(argument) = known.args.get(name.node.as_str()) else {
                continue;
            };
            let Ok(written) = value.node.clone().into_const_with(stand_in);
            let fits = match self.is_left_out(&written) {
                true if is_required(argument) => Err(missing(&name.node, &argument.ty)),
                true => Ok(()),
                false => self.fits(&argument.ty, &written, &Place::Argument(&name.node)),
            };
            fits.map_err(|message| Refusal {
                code: Code::ValidationFailed,
                message,
                at: Some(value.pos),
            })?;
        }
        Ok(())
    }

    /// What stands there in the end; nothing for a variable without a value, which is not the same as null.
    fn filled<'v>(&self, value: &'v Value) -> Option<&'v Value>
    where
        'a: 'v,
    {
        match value {
            Value::Binary(variable) => self.variable(variable),
            value => Some(value),
        }
    }

    fn variable(&self, name: &Bytes) -> Option<&'a Value> {
        self.variables.get(str::from_utf8(name).ok()?)
    }

    fn is_left_out(&self, value: &Value) -> bool {
        self.filled(value).is_none()
    }

    fn fits(&mut self, ty: &'a str, value: &Value, place: &Place<'_>) -> Result<(), String> {
        let Value::Binary(name) = value else {
            return self.fits_filled(ty, value, place);
        };
        let known = (name.clone(), ty);
        if !self.fitting.contains(&known) {
            self.fits_filled(ty, self.variable(name).unwrap_or(&Value::Null), place)?;
            self.fitting.insert(known);
        }
        Ok(())
    }

    fn fits_filled(&mut self, ty: &'a str, value: &Value, place: &Place<'_>) -> Result<(), String> {
        match (MetaTypeName::create(ty), value) {
            (MetaTypeName::NonNull(inner), Value::Null) => Err(format!("\"{place}\" of type \"{inner}!\" is null")),
            (MetaTypeName::NonNull(inner), _) => self.fits_filled(inner, value, place),
            (MetaTypeName::List(_) | MetaTypeName::Named(_), Value::Null) => Ok(()),
            (MetaTypeName::List(inner), Value::List(items)) => {
                let mut numbered = items.iter().enumerate();
                numbered.try_for_each(|(index, item)| self.fits(inner, item, &Place::Item(place, index)))
            }
            // One value stands for a list of one.
            (MetaTypeName::List(inner), _) => self.fits_filled(inner, value, place),
            (MetaTypeName::Named(name), _) => self.fits_named(name, value, place),
        }
    }

    fn fits_named(&mut self, name: &str, value: &Value, place: &Place<'_>) -> Result<(), String> {
        let types = self.types;
        let fits = match types.registry.types.get(name) {
            Some(MetaType::Scalar { .. }) if name == "Int" => is_int(value),
            Some(MetaType::Scalar { is_valid, .. }) => {
                let is_valid = is_valid.as_ref();
                is_valid.is_none_or(|is_valid| is_valid(&self.filled_throughout(value)))
            }
            Some(MetaType::Enum { enum_values, .. }) => match value {
                Value::Enum(word) => enum_values.contains_key(word.as_str()),
                Value::String(word) => enum_values.contains_key(word),
                _ => false,
            },
            Some(object @ MetaType::InputObject { .. }) => match value {
                Value::Object(members) => return self.fits_object(object, members, place),
                _ => false,
            },
            Some(MetaType::Object { .. } | MetaType::Interface { .. } | MetaType::Union { .. }) | None => true,
        };
        if fits {
            Ok(())
        } else {
            Err(format!("\"{place}\" is no \"{name}\""))
        }
    }

    fn fits_object(
        &mut self,
        object: &'a MetaType,
        members: &IndexMap<Name, Value>,
        place: &Place<'_>,
    ) -> Result<(), String> {
        let MetaType::InputObject {
            name,
            input_fields,
            oneof,
            ..
        } = object
        else {
            return Ok(());
        };
        let given = members.iter().filter(|(_, member)| !self.is_left_out(member));
        let given: Vec<_> = given.collect();
        let is_one = matches!(given.as_slice(), [(_, member)] if self.filled(member) != Some(&Value::Null));
        if *oneof && !is_one {
            return Err(format!(
                "\"{place}\" of type \"{name}\" must have exactly one field, and not null"
            ));
        }
        for (member, value) in given {
            match input_fields.get(member.as_str()) {
                Some(field) => self.fits(&field.ty, value, &Place::Member(place, member))?,
                None => return Err(format!("\"{place}\" of type \"{name}\" has no field \"{member}\"")),
            }
        }
        let is_missing = |field: &&MetaInputValue| {
            let given = members.get(field.name.as_str());
            is_required(field) && given.is_none_or(|given| self.is_left_out(given))
        };
        match input_fields.values().find(is_missing) {
            Some(field) => Err(missing(&Place::Member(place, &field.name), &field.ty)),
            None => Ok(()),
        }
    }

    /// A literal for a scalar, which judges it as a whole: only such a one is written anew with its variables in it.
    fn filled_throughout<'v>(&self, value: &'v Value) -> Cow<'v, Value> {
        match value {
            Value::List(items) if items.iter().any(has_variables) => {
                let items = items.iter().map(|item| self.filled_anew(item));
                Cow::Owned(Value::List(items.collect()))
            }
            Value::Object(members) if members.values().any(has_variables) => {
                let members = members
                    .iter()
                    .map(|(name, member)| (name.clone(), self.filled_anew(member)));
                Cow::Owned(Value::Object(members.collect()))
            }
            value => Cow::Borrowed(value),
        }
    }

    fn filled_anew(&self, value: &Value) -> Value {
        match self.filled(value) {
            Some(value) => self.filled_throughout(value).into_owned(),
            None => value.clone(),
        }
    }
}

/// Where a value stands. Lives on the stack, and is only put into words for whoever is refused.
#[derive(Clone, Copy)]
enum Place<'a> {
    Argument(&'a str),
    Member(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(name) => f.write_str(name),
            Self::Member(outer, name) => write!(f, "{outer}.{name}"),
            Self::Item(outer, index) => write!(f, "{outer}.{index}"),
        }
    }
}

fn is_required(input: &MetaInputValue) -> bool {
    MetaTypeName::create(&input.ty).is_non_null() && input.default_value.is_none()
}

fn missing(place: &impl Display, ty: &str) -> String {
    format!("\"{place}\" of type \"{ty}\" is missing")
}

fn is_int(value: &Value) -> bool {
    let Value::Number(number) = value else { return false };
    number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
}

/// A variable in a literal. No request can hold binary values.
fn stand_in(variable: Name) -> Result<Value, Infallible> {
    Ok(Value::Binary(Bytes::copy_from_slice(variable.as_bytes())))
}

fn has_variables(value: &Value) -> bool {
    match value {
        Value::Binary(_) => true,
        Value::List(items) => items.iter().any(has_variables),
        Value::Object(members) => members.values().any(has_variables),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Boolean(_) | Value::Enum(_) => false,
    }
}

/// Every field of an operation once: fragments are looked into where they are first spread, for arguments mean the same
/// in every place.
struct Walk<'a> {
    document: &'a ExecutableDocument,
    arguments: Arguments<'a>,
    /// Selections that are still to be looked at, each with the name of its type.
    open: Vec<(&'a str, &'a SelectionSet)>,
    spread: HashSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn selection(&mut self, parent: &'a str, set: &'a SelectionSet) -> Result<(), Refusal> {
        let types = self.arguments.types;
        let fields = types.registry.types.get(parent).and_then(MetaType::fields);
        for item in &set.items {
            self.conditions(item.node.directives())?;
            match &item.node {
                Selection::Field(field) => {
                    let name = field.node.name.node.as_str();
                    let Some(known) = fields.and_then(|fields| fields.get(name)) else {
                        continue;
                    };
                    self.arguments.check(known, &field.node)?;
                    let inner = MetaTypeName::concrete_typename(&known.ty);
                    self.open.push((inner, &field.node.selection_set.node));
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let inner = condition.map_or(parent, |condition| condition.node.on.node.as_str());
                    self.open.push((inner, &fragment.node.selection_set.node));
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    let Some(fragment) = self.document.fragments.get(name) else {
                        continue;
                    };
                    if self.spread.insert(name) {
                        let inner = fragment.node.type_condition.node.on.node.as_str();
                        self.open.push((inner, &fragment.node.selection_set.node));
                    }
                }
            }
        }
        Ok(())
    }

    /// `@skip` and `@include`: the executor would take anything but true for false.
    fn conditions(&self, directives: &[Positioned<Directive>]) -> Result<(), Refusal> {
        for directive in directives {
            let name = directive.node.name.node.as_str();
            if !matches!(name, "skip" | "include") {
                continue;
            }
            let condition = directive.node.get_argument("if");
            let written = condition.map(|condition| {
                let Ok(written) = condition.node.clone().into_const_with(stand_in);
                written
            });
            let decides = written.as_ref().and_then(|written| self.arguments.filled(written));
            if !matches!(decides, Some(Value::Boolean(_))) {
                return Err(Refusal {
                    code: Code::ValidationFailed,
                    message: format!("\"if\" of \"@{name}\" is no \"Boolean!\""),
                    at: Some(directive.pos),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
