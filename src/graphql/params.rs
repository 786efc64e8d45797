//! What a request asks for: the parameters in its body, its URL or its message, the operation it names, the variables it
//! fills.

use async_graphql::Variables;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition};
use async_graphql::{Name, Pos, Positioned, Value};
use serde_json::{Map, Value as Json};

use super::error::Code;
use super::guard::Refusal;

/// SHA-256 of a document's text.
pub type Hash = [u8; 32];

/// How a request says which document it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Text(String),
    /// By its hash, as automatic persisted queries do; the first time with the text.
    Hash(Hash, Option<String>),
    /// By the name that a trusted document has.
    Id(String),
}

/// The parameters of a GraphQL request.
#[derive(Debug, PartialEq)]
pub struct Params {
    pub document: Asked,
    pub operation_name: Option<String>,
    pub variables: Variables,
    /// Whether the client wants to know what it cost: `{"cost": true}` in the extensions.
    pub tells_cost: bool,
    /// What the client calls its write, where it has no headers to say it in: `{"idempotencyKey": "…"}` in the
    /// extensions.
    pub idempotency_key: Option<String>,
}

/// A sentence for a client whose request is none.
pub type Complaint = &'static str;

impl Params {
    /// Those in a body. Nested JSON is bounded by the JSON reader, at 128 levels.
    ///
    /// # Errors
    /// A sentence for the client.
    pub fn parse(body: &[u8]) -> Result<Self, Complaint> {
        let body: Json = serde_json::from_slice(body).map_err(|_| "The body is not valid JSON")?;
        match body {
            Json::Object(members) => Self::of(members),
            Json::Array(_) => Err("Batches are not supported: send one request at a time"),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Err("The body must be a JSON object"),
        }
    }

    /// Those in the query string of a URL, where `variables` and `extensions` are JSON.
    ///
    /// # Errors
    /// A sentence for the client.
    pub fn parse_url(query: &str) -> Result<Self, Complaint> {
        let mut members = Map::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = match &*name {
                "variables" | "extensions" if !value.is_empty() => {
                    serde_json::from_str(&value).map_err(|_| "\"variables\" and \"extensions\" must be JSON")?
                }
                "query" | "operationName" | "documentId" if !value.is_empty() => Json::String(value.into_owned()),
                _ => continue,
            };
            if members.insert(name.into_owned(), value).is_some() {
                return Err("A parameter is given twice");
            }
        }
        Self::of(members)
    }

    /// # Errors
    /// A sentence for the client.
    pub fn of(mut members: Map<String, Json>) -> Result<Self, Complaint> {
        let (mut tells_cost, mut idempotency_key) = (false, None);
        let hash = match members.remove("extensions") {
            Some(Json::Object(mut extensions)) => {
                tells_cost = extensions.remove("cost") == Some(Json::Bool(true));
                idempotency_key = match extensions.remove("idempotencyKey") {
                    Some(Json::String(key)) => Some(key),
                    None | Some(Json::Null) => None,
                    Some(_) => return Err("\"extensions.idempotencyKey\" must be a string"),
                };
                persisted(extensions.remove("persistedQuery"))?
            }
            Some(Json::Null) | None => None,
            Some(_) => return Err("The parameter \"extensions\" must be an object or null"),
        };
        let text = match members.remove("query") {
            Some(Json::String(query)) => Some(query),
            None | Some(Json::Null) => None,
            Some(_) => return Err("The parameter \"query\" must be a string"),
        };
        let id = match members.remove("documentId") {
            Some(Json::String(id)) => Some(id),
            None | Some(Json::Null) => None,
            Some(_) => return Err("The parameter \"documentId\" must be a string"),
        };
        let document = match (id, hash, text) {
            (Some(id), None, None) => Asked::Id(id),
            (Some(_), _, _) => return Err("Give a document or name one, not both"),
            (None, Some(hash), text) => Asked::Hash(hash, text),
            (None, None, Some(text)) => Asked::Text(text),
            (None, None, None) => return Err("The parameter \"query\" is missing"),
        };
        let operation_name = match members.remove("operationName") {
            Some(Json::String(name)) => Some(name),
            None | Some(Json::Null) => None,
            Some(_) => return Err("The parameter \"operationName\" must be a string or null"),
        };
        let variables = match members.remove("variables") {
            Some(variables @ Json::Object(_)) => Variables::from_json(variables),
            None | Some(Json::Null) => Variables::default(),
            Some(_) => return Err("The parameter \"variables\" must be an object or null"),
        };
        Ok(Self {
            document,
            operation_name,
            variables,
            tells_cost,
            idempotency_key,
        })
    }

    /// The operation that is to be executed.
    ///
    /// # Errors
    /// The document has no such operation, or several and no name was given.
    pub fn operation<'a>(
        &self,
        document: &'a ExecutableDocument,
    ) -> Result<&'a Positioned<OperationDefinition>, Refusal> {
        let unknown = |name: &str| invalid(format!("Unknown operation named \"{name}\""), None);
        match (&document.operations, &self.operation_name) {
            (DocumentOperations::Single(operation), None) => Ok(operation),
            (DocumentOperations::Single(_), Some(name)) => Err(unknown(name)),
            (DocumentOperations::Multiple(operations), Some(name)) => {
                operations.get(name.as_str()).ok_or_else(|| unknown(name))
            }
            (DocumentOperations::Multiple(operations), None) => {
                let mut named = operations.values();
                match (named.next(), named.next()) {
                    (Some(only), None) => Ok(only),
                    _ => Err(invalid("The document has several operations: name one".into(), None)),
                }
            }
        }
    }

    /// Fills in the defaults of variables that were not given. The executor looks at a variable only where it is used,
    /// and not at the defaults of those that decide over `@skip` and `@include`.
    ///
    /// # Errors
    /// A variable that must have a value has none.
    pub fn fill(&mut self, operation: &OperationDefinition) -> Result<(), Refusal> {
        for definition in &operation.variable_definitions {
            let name = &definition.node.name.node;
            let given = self.variables.get(name.as_str());
            let declared = &definition.node.var_type.node;
            match (given, &definition.node.default_value) {
                (None, Some(default)) => {
                    let default: Value = default.node.clone();
                    self.variables.insert(Name::new(name), default);
                }
                (None | Some(Value::Null), _) if !declared.nullable => {
                    let message = format!("Variable \"${name}\" of type \"{declared}\" must have a value");
                    return Err(invalid(message, Some(definition.pos)));
                }
                (None | Some(_), _) => {}
            }
        }
        Ok(())
    }
}

/// The hash in `extensions.persistedQuery`, as Apollo's clients send it.
fn persisted(extension: Option<Json>) -> Result<Option<Hash>, Complaint> {
    let Some(extension) = extension.filter(|extension| !extension.is_null()) else {
        return Ok(None);
    };
    if extension["version"] != 1 {
        return Err("\"extensions.persistedQuery\" must have the version 1");
    }
    let hash = extension["sha256Hash"].as_str().and_then(unhex);
    hash.map(Some)
        .ok_or("\"extensions.persistedQuery.sha256Hash\" must be 64 hexadecimal digits")
}

/// The hash that 64 hexadecimal digits are.
pub fn unhex(text: &str) -> Option<Hash> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut hash = Hash::default();
    for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(hash)
}

fn invalid(message: String, at: Option<Pos>) -> Refusal {
    Refusal {
        code: Code::ValidationFailed,
        message,
        at,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bodies_are_taken_strictly() {
        for good in [
            r#"{"query": "{a}"}"#,
            r#"{"query": "{a}", "operationName": null, "variables": null, "extensions": null, "other": 1}"#,
            r#"{"query": "{a}", "operationName": "A", "variables": {"x": 1}, "extensions": {}}"#,
        ] {
            assert!(Params::parse(good.as_bytes()).is_ok(), "{good}");
        }
        for (bad, reason) in [
            ("", "JSON"),
            ("{", "JSON"),
            (&"[".repeat(100_000), "JSON"),
            (r#"[{"query": "{a}"}]"#, "Batches"),
            ("[]", "Batches"),
            ("\"{a}\"", "object"),
            ("{}", "missing"),
            (r#"{"query": null}"#, "missing"),
            (r#"{"query": 1}"#, "query"),
            (r#"{"query": "{a}", "operationName": 1}"#, "operationName"),
            (r#"{"query": "{a}", "variables": []}"#, "variables"),
            (r#"{"query": "{a}", "variables": "{}"}"#, "variables"),
            (r#"{"query": "{a}", "extensions": []}"#, "extensions"),
            (
                r#"{"query": "{a}", "extensions": {"idempotencyKey": 1}}"#,
                "idempotencyKey",
            ),
        ] {
            let refused = Params::parse(bad.as_bytes()).unwrap_err();
            assert!(refused.contains(reason), "{bad:.40}: {refused}");
        }
    }

    #[test]
    fn urls_are_taken_strictly() {
        let taken = |query: &str| Params::parse_url(query);
        let full = taken("query=%7Ba%7D&operationName=A&variables=%7B%22x%22:1%7D&extensions=%7B%7D&other=1").unwrap();
        assert_eq!(full.document, Asked::Text("{a}".into()));
        assert_eq!(full.operation_name.as_deref(), Some("A"));
        assert_eq!(full.variables.into_value().into_json().unwrap(), json!({"x": 1}));
        assert!(taken("query={a}+{b}&operationName=&variables=&extensions=").is_ok());
        for (bad, reason) in [
            ("", "missing"),
            ("query=", "missing"),
            ("query={a}&query={b}", "twice"),
            ("query={a}&variables={", "JSON"),
            ("query={a}&variables=[]", "variables"),
            ("query={a}&extensions=1", "extensions"),
        ] {
            let refused = taken(bad).unwrap_err();
            assert!(refused.contains(reason), "{bad}: {refused}");
        }
    }

    #[test]
    fn a_document_may_go_by_its_hash() {
        let taken = |extension: Json, query: Option<&str>| {
            let body = json!({"query": query, "extensions": {"persistedQuery": extension}});
            Params::parse(body.to_string().as_bytes()).map(|params| params.document)
        };
        let named = |hash: &str| json!({"version": 1, "sha256Hash": hash});
        let hash = "0a".repeat(32);
        assert_eq!(taken(named(&hash), None), Ok(Asked::Hash([10; 32], None)));
        assert_eq!(
            taken(named(&hash.to_uppercase()), Some("{a}")),
            Ok(Asked::Hash([10; 32], Some("{a}".into())))
        );
        assert_eq!(taken(Json::Null, Some("{a}")), Ok(Asked::Text("{a}".into())));
        let by_id = Params::parse(br#"{"documentId": "leads"}"#).unwrap();
        assert_eq!(by_id.document, Asked::Id("leads".into()));
        assert_eq!(Params::parse_url("documentId=leads").unwrap(), by_id);
        assert!(Params::parse(br#"{"documentId": "leads", "query": "{a}"}"#).is_err());
        assert!(Params::parse(br#"{"documentId": 1}"#).is_err());
        for bad in [
            json!({}),
            json!("x"),
            json!({"version": 2, "sha256Hash": hash}),
            json!({"version": 1}),
            named("0a"),
            named(&"é".repeat(32)),
            named(&"0+".repeat(32)),
        ] {
            assert!(
                taken(bad.clone(), Some("{a}")).unwrap_err().contains("persistedQuery"),
                "{bad}"
            );
        }
    }

    fn filled(query: &str, name: Option<&str>, variables: Json) -> Result<Json, String> {
        let mut params = Params {
            document: Asked::Text(query.to_owned()),
            operation_name: name.map(str::to_owned),
            variables: Variables::from_json(variables),
            tells_cost: false,
            idempotency_key: None,
        };
        let document = parse_query(query).unwrap();
        let operation = params.operation(&document).map_err(|refusal| refusal.message)?;
        params.fill(&operation.node).map_err(|refusal| refusal.message)?;
        Ok(params.variables.into_value().into_json().unwrap())
    }

    #[test]
    fn variables_are_checked_before_anything_runs() {
        let query = "query($a: Int!, $b: Int! = 2, $c: Int, $d: Boolean = true) { x }";
        let full = json!({"a": 1, "b": 2, "d": true});
        assert_eq!(filled(query, None, json!({"a": 1})), Ok(full));
        let nulls = json!({"a": 1, "b": 1, "c": null, "d": null});
        assert_eq!(filled(query, None, nulls.clone()), Ok(nulls));
        for missing in [json!({}), json!({"a": null}), json!({"a": 1, "b": null})] {
            assert!(
                filled(query, None, missing.clone())
                    .unwrap_err()
                    .contains("must have a value"),
                "{missing}"
            );
        }
    }

    #[test]
    fn one_operation_is_chosen() {
        let two = "query A { x } query B($v: Int!) { y }";
        assert!(filled(two, Some("A"), json!({})).is_ok());
        assert!(filled(two, Some("B"), json!({})).unwrap_err().contains("$v"));
        assert!(
            filled(two, Some("C"), json!({}))
                .unwrap_err()
                .contains("Unknown operation")
        );
        assert!(filled(two, None, json!({})).unwrap_err().contains("several"));
        assert!(filled("query A { x }", None, json!({})).is_ok());
        assert!(
            filled("{ x }", Some("A"), json!({}))
                .unwrap_err()
                .contains("Unknown operation")
        );
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from),
            ".{0,8}".prop_map(Json::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::btree_map(any_name(), inner, 0..4)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Those that mean something, and any.
    fn any_name() -> impl Strategy<Value = String> {
        let known = prop::sample::select(vec![
            "query",
            "operationName",
            "variables",
            "extensions",
            "documentId",
            "persistedQuery",
            "version",
            "sha256Hash",
        ]);
        prop_oneof![4 => known.prop_map(str::to_owned), 1 => ".{0,8}"]
    }

    proptest! {
        #[test]
        fn any_bytes_get_a_verdict(body in prop::collection::vec(any::<u8>(), 0..64), url in ".{0,64}") {
            prop_assert!(Params::parse(&body).is_err());
            let _ = Params::parse_url(&url);
        }

        #[test]
        fn any_json_gets_a_verdict(members in prop::collection::btree_map(any_name(), any_json(), 0..6)) {
            let asks = ["query", "documentId", "extensions"].iter().any(|name| members.get(*name).is_some_and(|value| !value.is_null()));
            let body = Json::Object(members.into_iter().collect());
            let taken = Params::parse(body.to_string().as_bytes());
            prop_assert!(taken.is_err() || asks, "{body}");
        }

        /// A request is the same whichever way it comes.
        #[test]
        fn a_url_says_what_a_body_says(
            query in ".{1,20}",
            name in prop::option::of(".{1,8}"),
            variables in prop::option::of(prop::collection::btree_map(".{0,8}", any_json(), 0..4)),
        ) {
            let variables = variables.map(|members| Json::Object(members.into_iter().collect()));
            let mut url = url::form_urlencoded::Serializer::new(String::new());
            url.append_pair("query", &query);
            if let Some(name) = &name {
                url.append_pair("operationName", name);
            }
            if let Some(variables) = &variables {
                url.append_pair("variables", &variables.to_string());
            }
            let body = json!({"query": query, "operationName": name, "variables": variables});
            let (by_url, by_body) = (Params::parse_url(&url.finish()), Params::parse(body.to_string().as_bytes()));
            prop_assert_eq!(&by_url, &by_body);
            prop_assert_eq!(by_url.unwrap().document, Asked::Text(query));
        }
    }
}
