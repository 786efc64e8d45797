//! Answers of the executor, with what it says in words of its own put into ours.

use async_graphql::{PathSegment, Response, ServerError, Value};

use super::Refused;
use crate::graphql::error::{Code, coded, internal};
use crate::request_id::RequestId;

/// An answer as clients may see it.
///
/// # Errors
/// The executor did not begin.
pub(super) fn worded(mut answer: Response, request_id: &RequestId) -> Result<Response, Refused> {
    if is_request_error(&answer) {
        return Err(Refused::document(answer.errors));
    }
    for error in &mut answer.errors {
        if error.extensions.is_none() {
            mask(error, request_id.as_str());
        }
    }
    Ok(answer)
}

/// Whether nothing was executed: errors of fields have a path.
fn is_request_error(answer: &Response) -> bool {
    let null = answer.data == Value::Null;
    null && !answer.errors.is_empty() && answer.errors.iter().all(|error| error.path.is_empty())
}

/// Words an error that none of our resolvers made: the executor's own, about values that break the schema. Its text
/// holds them, and goes neither to the log nor to the client.
fn mask(error: &mut ServerError, request_id: &str) {
    let path: Vec<String> = error.path.iter().map(segment).collect();
    let path = path.join(".");
    // The executor's words for an argument that it could not read; what resolvers fail with has extensions.
    let worded = if error.message.starts_with("Failed to parse \"") {
        tracing::warn!(request.id = request_id, path, "the executor refused an argument");
        coded(Code::BadUserInput, "An argument does not fit its type")
    } else {
        tracing::error!(request.id = request_id, path, "the executor failed a field");
        internal(request_id)
    };
    error.message = worded.message;
    error.extensions = worded.extensions;
}

fn segment(segment: &PathSegment) -> String {
    match segment {
        PathSegment::Field(name) => name.clone(),
        PathSegment::Index(index) => index.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps what is logged.
    #[derive(Clone, Default)]
    struct Heard(std::sync::Arc<std::sync::Mutex<String>>);

    impl tracing::Subscriber for Heard {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }

        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

        fn event(&self, event: &tracing::Event<'_>) {
            let mut heard = self.0.lock().unwrap();
            event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
                heard.push_str(&format!("{field}={value:?} "));
            });
        }

        fn enter(&self, _: &tracing::span::Id) {}

        fn exit(&self, _: &tracing::span::Id) {}
    }

    #[test]
    fn what_clients_sent_goes_neither_into_the_log_nor_into_answers() {
        for (message, code) in [
            ("Failed to parse \"Int\": \"secret\" is no number", "BAD_USER_INPUT"),
            ("Variable secret is not defined.", "INTERNAL"),
        ] {
            let mut error = ServerError::new(message, None);
            error.path = vec![PathSegment::Field("leads".into()), PathSegment::Index(3)];
            let heard = Heard::default();
            tracing::subscriber::with_default(heard.clone(), || mask(&mut error, "request-1"));
            let logged = heard.0.lock().unwrap().clone();
            assert!(logged.contains("leads.3") && logged.contains("request-1"), "{logged}");
            let shown = serde_json::to_value(&error).unwrap();
            assert_eq!(shown["extensions"]["code"], code);
            assert!(!format!("{logged}{shown}").contains("secret"), "{logged} {shown}");
        }
    }
}
