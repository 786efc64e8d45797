//! Documents that only do harm, each with the code that it is refused with.

use crate::harness::heavy;

pub struct Hostile {
    pub name: String,
    pub document: String,
    pub code: &'static str,
}

const LIMIT: &str = "LIMIT_EXCEEDED";
const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";
const UNREADABLE: &str = "GRAPHQL_PARSE_FAILED";

fn hostile(name: impl Into<String>, code: &'static str, document: impl Into<String>) -> Hostile {
    Hostile {
        name: name.into(),
        document: document.into(),
        code,
    }
}

pub fn all() -> Vec<Hostile> {
    let mut all: Vec<Hostile> = depths().into_iter().flat_map(nested).collect();
    all.extend(bombs());
    all.extend(crowds());
    all.extend(riddles());
    all
}

/// How deep literals are: the stack of a parser overflows somewhere between, and where depends on the build.
fn depths() -> Vec<usize> {
    let all = 500..=8_000;
    let mut depths: Vec<usize> = if heavy() {
        all.collect()
    } else {
        all.step_by(1_250).collect()
    };
    depths.push(100_000);
    depths
}

fn nested(depth: usize) -> Vec<Hostile> {
    let (lists, ends) = ("[".repeat(depth), "]".repeat(depth));
    let (objects, closed) = ("{k:".repeat(depth), "}".repeat(depth));
    vec![
        hostile(
            format!("{depth} lists, closed"),
            LIMIT,
            format!("{{leads(filter:{lists}1{ends}){{totalCount}}}}"),
        ),
        hostile(format!("{depth} lists"), LIMIT, format!("{{leads(filter:{lists}")),
        hostile(
            format!("{depth} objects, closed"),
            LIMIT,
            format!("{{leads(filter:{objects}1{closed}){{totalCount}}}}"),
        ),
        hostile(format!("{depth} objects"), LIMIT, format!("{{leads(filter:{objects}")),
        hostile(
            format!("{depth} lists of objects"),
            LIMIT,
            format!("{{leads(filter:{}", "[{k:".repeat(depth / 2)),
        ),
        hostile(
            format!("{depth} lists as a default"),
            LIMIT,
            format!("query($v:[Int]={lists}1{ends}){{__typename}}"),
        ),
        hostile(
            format!("{depth} lists in a type"),
            LIMIT,
            format!("query($v:{lists}Int{ends}){{__typename}}"),
        ),
        hostile(
            format!("{depth} objects of a directive"),
            LIMIT,
            format!("{{__typename@skip(if:{objects}1{closed})}}"),
        ),
        hostile(format!("{depth} selections"), LIMIT, "{leads".repeat(depth)),
    ]
}

/// A fragment that spreads the next one so many times, and so on: `width ^ levels` fields in the end.
fn bomb(width: usize, levels: usize) -> String {
    let mut document = "{...f0}".to_owned();
    for level in 0..levels {
        let spreads = format!("...f{} ", level + 1).repeat(width);
        document += &format!("fragment f{level} on Query{{{spreads}}}");
    }
    document + &format!("fragment f{levels} on Query{{__typename}}")
}

fn bombs() -> Vec<Hostile> {
    let mut through_fields = "{leads{nodes{...f0}}}".to_owned();
    for level in 0..10 {
        let next = format!("...f{} ", level + 1).repeat(8);
        through_fields += &format!("fragment f{level} on Lead{{tags{{leads{{nodes{{{next}}}}}}}}}");
    }
    through_fields += "fragment f10 on Lead{id}";
    let chain: String = (0..800)
        .map(|at| format!("fragment f{at} on Query{{...f{}}}", at + 1))
        .collect();
    let circle: String = (0..40)
        .map(|at| format!("fragment f{at} on Query{{...f{}}}", (at + 1) % 40))
        .collect();
    vec![
        hostile("2^30 fields", LIMIT, bomb(2, 30)),
        hostile("8^8 fields", LIMIT, bomb(8, 8)),
        hostile("100^30 fields", LIMIT, bomb(100, 30)),
        hostile("8^7 fields", LIMIT, bomb(8, 7)),
        hostile("8^10 fields, nested", LIMIT, through_fields),
        hostile(
            "a chain of fragments",
            LIMIT,
            format!("{{...f0}}{chain}fragment f800 on Query{{__typename}}"),
        ),
        hostile("a circle of fragments", INVALID, format!("{{...f0}}{circle}")),
        hostile("a fragment of itself", INVALID, "{...f}fragment f on Query{...f}"),
    ]
}

fn many(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(" ")
}

fn crowds() -> Vec<Hostile> {
    let aliases = |count| format!("{{{}}}", many(count, |at| format!("a{at}:__typename")));
    let nested_aliases = |count| format!("{{leads{{nodes{{{}}}}}}}", many(count, |at| format!("a{at}:id")));
    let directives = |count| format!("{{__typename {}}}", "@skip(if:false)".repeat(count));
    let unknown = |count| format!("{{__typename {}}}", "@a".repeat(count));
    let roots = |count| format!("{{{}}}", many(count, |_| "leads{totalCount}".into()));
    vec![
        hostile("10,000 aliases", LIMIT, aliases(10_000)),
        hostile("1,000 aliases", LIMIT, aliases(1_000)),
        hostile("1,500 nested aliases", LIMIT, nested_aliases(1_500)),
        hostile("10,000 directives", LIMIT, unknown(10_000)),
        hostile("2,000 unknown directives", LIMIT, unknown(2_000)),
        hostile("700 directives", LIMIT, directives(700)),
        hostile("1,000 root fields", LIMIT, roots(1_000)),
        hostile(
            "1,000 times one field",
            LIMIT,
            format!("{{{}}}", "__typename ".repeat(1_000)),
        ),
        hostile(
            "6,000 fields",
            LIMIT,
            format!("{{leads{{nodes{{{}}}}}}}", "id ".repeat(6_000)),
        ),
        hostile("60,000 marks", LIMIT, "!".repeat(60_000)),
        hostile(
            "a long document",
            LIMIT,
            format!("{{__typename}}#{}", "x".repeat(70_000)),
        ),
    ]
}

/// Fragments that are walked 60,000 times in each operation, and bring 4,096 fields.
fn walkers(operations: usize) -> String {
    let doubles = many(12, |at| {
        format!("fragment g{at} on Workspace{{...g{} ...g{}}}", at + 1, at + 1)
    });
    let chain = many(12, |at| {
        format!("fragment g{} on Workspace{{...g{}}}", at + 12, at + 13)
    });
    let walks = many(operations, |at| format!("query a{at}{{...v}}"));
    format!(
        "{doubles}{chain}fragment g24 on Workspace{{__typename}}
        fragment v on Query{{viewer{{workspace{{...g0}}}}}}{walks}"
    )
}

/// What the parser and the validator may find hard, within every limit.
fn riddles() -> Vec<Hostile> {
    let misspelt = format!("{{leads{{nodes{{{}}}}}}}", many(4_000, |at| format!("createdA{at}")));
    let conflicts = many(500, |at| format!("tags(first:{at}){{label}}"));
    let variables = many(1_000, |at| format!("$v{at}:Nothing{at}"));
    let unused = many(1_000, |at| format!("$v{at}:Int"));
    let operations = many(900, |at| format!("query q{at}{{__typename}}"));
    let fragments = many(400, |at| format!("fragment f{at} on Lead{{id leads{{id}}}}"));
    let arguments = many(1_600, |at| format!("a{at}:1"));
    vec![
        hostile("misspelt fields", INVALID, misspelt),
        hostile(
            "fields in conflict",
            INVALID,
            format!("{{leads{{nodes{{{conflicts}}}}}}}"),
        ),
        hostile(
            "variables of no type",
            INVALID,
            format!("query({variables}){{__typename}}"),
        ),
        hostile("unused variables", INVALID, format!("query({unused}){{nothing}}")),
        hostile("operations without a choice", INVALID, operations),
        hostile("many operations that walk far", LIMIT, walkers(900)),
        hostile("an operation that walks far", LIMIT, walkers(1)),
        hostile("unused fragments", INVALID, format!("{{nothing}}{fragments}")),
        hostile(
            "unknown arguments",
            INVALID,
            format!("{{leads({arguments}){{totalCount}}}}"),
        ),
        hostile("members twice", INVALID, "{leads(filter:{a:1,a:2}){totalCount}}"),
        hostile(
            "60 selections and junk",
            UNREADABLE,
            format!("{}!", "{leads".repeat(60)),
        ),
        hostile("60 lists and junk", UNREADABLE, format!("{{a(x:{}!", "[".repeat(60))),
        hostile(
            "60 objects and junk",
            UNREADABLE,
            format!("{{a(x:{}!", "{k:".repeat(60)),
        ),
        hostile("4,900 spreads of nothing", UNREADABLE, "... ".repeat(4_900)),
        hostile("comments", UNREADABLE, "#\n".repeat(32_000)),
        hostile("an open string", UNREADABLE, format!("{{a(x:\"{}", "x".repeat(60_000))),
        hostile(
            "an open block string",
            UNREADABLE,
            format!("{{a(x:\"\"\"{}", "\\\"\"\"".repeat(15_000)),
        ),
        hostile(
            "escapes",
            UNREADABLE,
            format!("{{a(x:\"{}\\q\")}}", "\\u0041".repeat(10_000)),
        ),
        hostile("a long name", LIMIT, format!("{{{}}}", "x".repeat(65_000))),
        hostile(
            "a long number",
            LIMIT,
            format!("{{leads(first:{}){{totalCount}}}}", "9".repeat(60_000)),
        ),
        hostile("a null character", UNREADABLE, "{a\u{0}}"),
    ]
}
