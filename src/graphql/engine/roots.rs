//! The schema that is served, with its roots forgotten: transports, and their tests, run one like the other.

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{ObjectType, Request, Response, SchemaBuilder, ServerError, SubscriptionType, ValidationMode};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use crate::graphql::coercion::Types;

/// A schema three times, because its validator cannot be switched off and on: `rules` and `hints` judge documents and
/// never run one, `run` runs what was judged before.
pub struct Roots {
    run: Box<dyn Runs>,
    rules: Box<dyn Runs>,
    /// Like `rules`, but guesses at every name that it does not know what was meant: each time it looks at all there are.
    hints: Box<dyn Runs>,
    pub(super) types: Types,
}

/// A document with more mistakes than that is no matter of a misspelt name.
const FEW_ERRORS: usize = 20;

/// No GraphQL name, and so no operation's.
const NO_OPERATION: &str = " ";

impl Roots {
    /// `build` is called for each of the three.
    pub fn new<Q, M, S>(build: impl Fn() -> SchemaBuilder<Q, M, S>) -> Self
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        Self {
            run: Box::new(build().validation_mode(ValidationMode::Fast).finish()),
            rules: Box::new(build().disable_suggestions().finish()),
            hints: Box::new(build().finish()),
            types: Types::of::<Q, M, S>(),
        }
    }

    /// Whether a document fits the schema, whatever the values of its variables: [`Types::check`] looks at those.
    ///
    /// # Errors
    /// All that the validator has against it.
    pub(super) async fn validate(&self, document: ExecutableDocument) -> Result<(), Vec<ServerError>> {
        match judge(&*self.rules, document.clone()).await {
            Err(errors) if errors.len() <= FEW_ERRORS => judge(&*self.hints, document).await,
            judged => judged,
        }
    }

    pub(super) fn execute(&self, request: Request) -> BoxFuture<'static, Response> {
        self.run.execute(request)
    }

    pub(super) fn stream(&self, request: Request) -> BoxStream<'static, Response> {
        self.run.stream(request)
    }
}

async fn judge(rules: &dyn Runs, document: ExecutableDocument) -> Result<(), Vec<ServerError>> {
    // The library validates only what it is about to run; here it finds nothing to run then.
    let mut request = Request::new("").operation_name(NO_OPERATION);
    request.set_parsed_query(document);
    let errors = rules.execute(request).await.errors;
    let is_end = |error: &ServerError| error.message == format!("Unknown operation named \"{NO_OPERATION}\"");
    match errors.as_slice() {
        [only] if is_end(only) => Ok(()),
        _ => Err(errors),
    }
}

impl std::fmt::Debug for Roots {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Roots")
    }
}

trait Runs: Send + Sync {
    fn execute(&self, request: Request) -> BoxFuture<'static, Response>;
    fn stream(&self, request: Request) -> BoxStream<'static, Response>;
}

impl<Q, M, S> Runs for async_graphql::Schema<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn execute(&self, request: Request) -> BoxFuture<'static, Response> {
        let schema = self.clone();
        Box::pin(async move { schema.execute(request).await })
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Response> {
        self.execute_stream(request)
    }
}
