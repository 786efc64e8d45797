//! What a request asks for: the parameters in its body, the operation it names, the variables it fills.

use async_graphql::Variables;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition};
use async_graphql::{Name, Pos, Positioned, Value};
use serde_json::Value as Json;

use super::error::Code;
use super::guard::Refusal;

/// The parameters of a GraphQL request.
#[derive(Debug, PartialEq)]
pub struct Params {
    pub query: String,
    pub operation_name: Option<String>,
    pub variables: Variables,
}

impl Params {
    /// Nested JSON is bounded by the JSON reader, at 128 levels.
    ///
    /// # Errors
    /// A sentence for the client.
    pub fn parse(body: &[u8]) -> Result<Self, &'static str> {
        let body: Json = serde_json::from_slice(body).map_err(|_| "The body is not valid JSON")?;
        let mut members = match body {
            Json::Object(members) => members,
            Json::Array(_) => return Err("Batches are not supported: send one request at a time"),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
                return Err("The body must be a JSON object");
            }
        };
        let query = match members.remove("query") {
            Some(Json::String(query)) => query,
            None | Some(Json::Null) => return Err("The parameter \"query\" is missing"),
            Some(_) => return Err("The parameter \"query\" must be a string"),
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
        match members.remove("extensions") {
            Some(Json::Object(_) | Json::Null) | None => {}
            Some(_) => return Err("The parameter \"extensions\" must be an object or null"),
        }
        Ok(Self {
            query,
            operation_name,
            variables,
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
        ] {
            let refused = Params::parse(bad.as_bytes()).unwrap_err();
            assert!(refused.contains(reason), "{bad:.40}: {refused}");
        }
    }

    fn filled(query: &str, name: Option<&str>, variables: Json) -> Result<Json, String> {
        let mut params = Params {
            query: query.to_owned(),
            operation_name: name.map(str::to_owned),
            variables: Variables::from_json(variables),
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
}
