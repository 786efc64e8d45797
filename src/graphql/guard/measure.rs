//! Fields, aliases and depth of a parsed document, fragments filled in but each walked once.

use std::collections::{HashMap, HashSet};

use async_graphql::Name;
use async_graphql::parser::types::{
    ExecutableDocument, Field, FragmentDefinition, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Pos, Positioned};

use super::{DocumentLimits, Refusal};

/// What was seen of a document that is within the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Points for reading the schema; nothing where no operation does.
    pub introspection: Option<u64>,
    /// Fields and fragments of all operations, each as often as fragments repeat it: what it takes to walk them all.
    pub visits: usize,
}

/// Measures every operation and fragment of a parsed document.
///
/// # Errors
/// A limit that one of them breaks, an unknown fragment, or fragments that contain themselves.
pub fn measure(document: &ExecutableDocument, limits: &DocumentLimits) -> Result<Measured, Refusal> {
    let mut measure = Measure {
        fragments: &document.fragments,
        known: HashMap::new(),
        level: 0,
    };
    for name in document.fragments.keys() {
        measure.fragment(name, Pos::default())?.check(limits)?;
    }
    let (mut introspection, mut visits) = (None, 0_usize);
    for (_, operation) in document.operations.iter() {
        let mut size = measure.selection(&operation.node.selection_set.node)?;
        size.directives = size.directives.saturating_add(own_directives(&operation.node));
        size.check(limits)?;
        introspection = introspection.max(size.introspection_points());
        // The validator and the executor walk every operation, whichever is asked for.
        visits = visits.saturating_add(size.visits);
        if visits > most_visits(limits) {
            return Err(too_many_visits(limits));
        }
        if size.top > limits.root_fields {
            return Err(Refusal::over("top-level fields", limits.root_fields));
        }
        if operation.node.ty == OperationType::Mutation {
            measure.refuse_merged(&operation.node.selection_set.node)?;
        }
    }
    Ok(Measured { introspection, visits })
}

/// Twice the fields that one operation may have: others may stand beside it, and fragments are no fields.
fn most_visits(limits: &DocumentLimits) -> usize {
    limits.fields.saturating_mul(2)
}

fn too_many_visits(limits: &DocumentLimits) -> Refusal {
    let most = most_visits(limits);
    Refusal::limit(format!(
        "The document has too many fields and fragments; at most {most} are allowed in all its operations together"
    ))
}

/// Those of the operation itself and of its variables.
fn own_directives(operation: &OperationDefinition) -> usize {
    let variables = operation.variable_definitions.iter();
    let of_variables: usize = variables.map(|variable| variable.node.directives.len()).sum();
    operation.directives.len() + of_variables
}

/// What a selection comes to, fragments filled in.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    depth: usize,
    fields: usize,
    /// Fields, fragments and places where fragments are spread.
    visits: usize,
    aliases: usize,
    directives: usize,
    /// Fields that stand directly in the selection.
    top: usize,
    /// `__schema` and `__type`.
    introspections: usize,
    /// Fields below those.
    introspected: usize,
    /// Fields inside each other that are named like introspection's lists of everything.
    lists: usize,
}

/// How often `__schema` and `__type` may be asked for: tools do it once, GraphiQL twice.
const MAX_INTROSPECTIONS: usize = 4;

/// Fields below them. Each is resolved for hundreds of types, and a tool's whole query has about 250.
const MAX_INTROSPECTED: usize = 500;

/// How deep these lists may be inside each other. They lead from each type to all others, so that every level multiplies
/// the answer; the introspection queries of tools have one.
const MAX_LISTS: usize = 2;

const LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

const INTROSPECTIONS: [&str; 2] = ["__schema", "__type"];

impl Size {
    fn add(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.fields = self.fields.saturating_add(other.fields);
        self.visits = self.visits.saturating_add(other.visits);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.top = self.top.saturating_add(other.top);
        self.introspections = self.introspections.saturating_add(other.introspections);
        self.introspected = self.introspected.saturating_add(other.introspected);
        self.lists = self.lists.max(other.lists);
    }

    /// What reading the schema costs: little as tools do it, and much where lists in lists bring every type a hundred times.
    fn introspection_points(self) -> Option<u64> {
        let each = if self.lists > 1 { 300 } else { 4 };
        (self.introspections > 0).then(|| each * self.introspected as u64)
    }

    fn check(self, limits: &DocumentLimits) -> Result<(), Refusal> {
        if self.depth > limits.depth {
            let limit = limits.depth;
            let message = format!("The operation's fields are nested more than {limit} levels deep");
            return Err(Refusal::limit(message));
        }
        if self.visits > most_visits(limits) {
            return Err(too_many_visits(limits));
        }
        for (what, count, limit) in [
            ("fields", self.fields, limits.fields),
            ("aliases", self.aliases, limits.aliases),
            ("directives", self.directives, limits.directives),
            ("introspections", self.introspections, MAX_INTROSPECTIONS),
            ("introspection fields", self.introspected, MAX_INTROSPECTED),
        ] {
            if count > limit {
                return Err(Refusal::over(what, limit));
            }
        }
        Ok(())
    }
}

/// Sizes of fragments, each found once however often it is spread.
struct Measure<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// `None` while a fragment is being measured: meeting it then is a cycle.
    known: HashMap<&'a str, Option<Size>>,
    /// Selections and fragments being measured inside each other.
    level: usize,
}

/// Twice what the executor takes, and far below what a thread's stack holds.
const MAX_LEVEL: usize = 64;

impl<'a> Measure<'a> {
    fn selection(&mut self, set: &'a SelectionSet) -> Result<Size, Refusal> {
        self.level += 1;
        if self.level > MAX_LEVEL {
            let message = format!("The operation's fields and fragments are nested more than {MAX_LEVEL} levels deep");
            return Err(Refusal::limit(message));
        }
        let mut size = Size::default();
        for item in &set.items {
            size.visits = size.visits.saturating_add(1);
            size.directives = size.directives.saturating_add(item.node.directives().len());
            match &item.node {
                Selection::Field(field) => {
                    size.add(self.field(&field.node)?);
                }
                Selection::InlineFragment(fragment) => {
                    size.add(self.selection(&fragment.node.selection_set.node)?);
                }
                Selection::FragmentSpread(spread) => {
                    size.add(self.fragment(&spread.node.fragment_name.node, item.pos)?);
                }
            }
        }
        self.level -= 1;
        Ok(size)
    }

    fn field(&mut self, field: &'a Field) -> Result<Size, Refusal> {
        let inner = self.selection(&field.selection_set.node)?;
        let name = field.name.node.as_str();
        let introspects = INTROSPECTIONS.contains(&name);
        if introspects && inner.lists > MAX_LISTS {
            let lists = LISTS.join(", ");
            let message = format!("Introspection may nest {lists} at most {MAX_LISTS} levels deep");
            return Err(Refusal::limit(message));
        }
        Ok(Size {
            depth: inner.depth + 1,
            fields: inner.fields.saturating_add(1),
            visits: inner.visits,
            aliases: inner.aliases.saturating_add(usize::from(field.alias.is_some())),
            directives: inner.directives,
            top: 1,
            introspections: inner.introspections.saturating_add(usize::from(introspects)),
            introspected: if introspects { inner.fields } else { inner.introspected },
            lists: inner.lists + usize::from(LISTS.contains(&name)),
        })
    }

    fn fragment(&mut self, name: &str, at: Pos) -> Result<Size, Refusal> {
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return Err(Refusal::invalid(format!("Unknown fragment \"{name}\""), at));
        };
        match self.known.get(name.as_str()) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                let message = format!("Fragment \"{name}\" contains itself");
                return Err(Refusal::invalid(message, fragment.pos));
            }
            None => {}
        }
        self.known.insert(name, None);
        let mut size = self.selection(&fragment.node.selection_set.node)?;
        size.directives = size.directives.saturating_add(fragment.node.directives.len());
        self.known.insert(name, Some(size));
        Ok(size)
    }

    /// Two top-level fields with one response name would run twice here instead of once, and a mutation that runs
    /// twice is worse than one that is refused. Its size is known to be within the limits by now.
    fn refuse_merged(&self, set: &'a SelectionSet) -> Result<(), Refusal> {
        let mut seen = HashSet::new();
        let mut open = vec![set];
        while let Some(set) = open.pop() {
            for item in &set.items {
                match &item.node {
                    Selection::Field(field) => {
                        let key = &field.node.response_key().node;
                        if !seen.insert(key) {
                            let message = format!("The mutation asks for \"{key}\" twice; use an alias or ask once");
                            return Err(Refusal::invalid(message, field.pos));
                        }
                    }
                    Selection::InlineFragment(fragment) => open.push(&fragment.node.selection_set.node),
                    Selection::FragmentSpread(spread) => {
                        let fragment = self.fragments.get(&spread.node.fragment_name.node);
                        open.extend(fragment.map(|fragment| &fragment.node.selection_set.node));
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    const LIMITS: DocumentLimits = DocumentLimits {
        bytes: 0,
        tokens: 0,
        nesting: 0,
        depth: 6,
        fields: 100,
        aliases: 3,
        root_fields: 4,
        directives: 3,
    };

    fn measured(text: &str) -> Result<(), String> {
        let document = parse_query(text).expect("test documents parse");
        measure(&document, &LIMITS).map(drop).map_err(|refusal| refusal.message)
    }

    #[test]
    fn who_reads_the_schema_is_seen() {
        for (text, introspection) in [
            ("{ a __typename b: __typename }", None),
            ("{ a { __schema { description } } }", Some(4)),
            (
                "query A { a } query B { ...F } fragment F on Q { b: __type(name: \"T\") { name } }",
                Some(4),
            ),
            ("{ __schema { types { fields { name } } } }", Some(3 * 4)),
            (
                "{ __schema { types { fields { type { fields { name } } } } } }",
                Some(5 * 300),
            ),
        ] {
            let document = parse_query(text).expect("test documents parse");
            let found = measure(&document, &LIMITS).map(|measured| measured.introspection);
            assert_eq!(found, Ok(introspection), "{text}");
        }
    }

    #[test]
    fn every_operation_is_walked_as_often_as_fragments_say() {
        for (text, visits) in [
            ("{ a b { c } }", 3),
            ("query A { a } query B { b }", 2),
            (
                "{ ...F ... { a } } fragment F on Q { b ...G } fragment G on Q { c d }",
                1 + 4 + 2,
            ),
        ] {
            let document = parse_query(text).expect("test documents parse");
            let found = measure(&document, &LIMITS).map(|measured| measured.visits);
            assert_eq!(found, Ok(visits), "{text}");
        }
        let f = "fragment F on Q { ...G ...G ...G ...G ...G } fragment G on Q { ...H ...H ...H ...H ...H }
            fragment H on Q { a }";
        assert_eq!(measured(&format!("query A {{ x {{ ...F }} }} {f}")), Ok(()));
        let four: String = ["A", "B", "C", "D"]
            .map(|name| format!("query {name} {{ x {{ ...F }} }} "))
            .concat();
        let refused = measured(&format!("{four} {f}")).unwrap_err();
        assert!(refused.contains("fields and fragments"), "{refused}");
    }

    #[test]
    fn documents_within_the_limits_pass() {
        for text in [
            "{ a { b { c { d { e { f } } } } } }",
            "{ a: x b: y c: z }",
            "query { ...F } fragment F on Q { a ...G } fragment G on Q { b }",
            "mutation { a b c: a }",
            "{ a @skip(if: true) b @include(if: true) }",
            "{ __schema { types { fields { type { interfaces { name } } } } } }",
            "{ a { fields { interfaces { possibleTypes { inputFields } } } } }",
        ] {
            assert_eq!(measured(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn documents_over_a_limit_are_refused() {
        for (text, reason) in [
            ("{ a { b { c { d { e { f { g } } } } } } }", "nested"),
            (
                "{ a { ...F } } fragment F on Q { b { c { d { e { f { g } } } } } }",
                "nested",
            ),
            ("{ a { a: x b: y c: z d: z } }", "aliases"),
            ("{ a b c d e }", "top-level"),
            ("{ ...F e } fragment F on Q { a b c d }", "top-level"),
            ("{ a { b @x c @x d @x e @x } }", "directives"),
            ("query @x @x @x @x { a }", "directives"),
            ("query ($v: Int @x, $w: Int @x) @x { a @x }", "directives"),
            ("{ ...F ...F } fragment F on Q @x @x { a }", "directives"),
            ("{ a } fragment F on Q @x @x @x @x { a }", "directives"),
            (
                "{ ...F } fragment F on Q { a ...G } fragment G on Q { b ...F }",
                "contains itself",
            ),
            ("{ ...F }", "Unknown fragment"),
            (
                "{ __type { fields { type { interfaces { possibleTypes { name } } } } } }",
                "Introspection",
            ),
            (
                "{ ...F } fragment F on Q { __schema { types { ...G } } } fragment G on T { inputFields { ...H } }
                    fragment H on T { fields { x: fields { name } } }",
                "Introspection",
            ),
            ("mutation { a a }", "twice"),
            (
                "mutation { a ... on M { b: c } ...F } fragment F on M { b: d }",
                "twice",
            ),
        ] {
            let refused = measured(text).expect_err(text);
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    #[test]
    fn fragment_bombs_cost_nothing() {
        let mut bomb = String::from("{ ...f0 }");
        for level in 0..30 {
            let next = level + 1;
            bomb += &format!(" fragment f{level} on Q {{ {} }}", format!("...f{next} ").repeat(20));
        }
        bomb += " fragment f30 on Q { a }";
        assert!(measured(&bomb).expect_err("20^30 fields").contains("fields"));
    }

    /// Measured from any of its fragments, on a stack smaller than the server's threads have.
    #[test]
    fn chains_of_fragments_fit_on_the_stack() {
        for length in [40, 700, 5_000] {
            let mut chain = String::from("{ ...f0 }");
            for level in 0..length {
                chain += &format!(" fragment f{level} on Q {{ ...f{} }}", level + 1);
            }
            chain += &format!(" fragment f{length} on Q {{ a }}");
            let run = move || measured(&chain);
            let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(run).unwrap();
            let refused = thread.join().unwrap();
            assert_eq!(refused.is_err(), length > 64, "{length}");
        }
    }
}
