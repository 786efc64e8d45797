//! The one way in which every transport runs a request: its document found and judged, its variables filled and checked,
//! its operation run for whoever asks, its errors worded.

mod answer;
mod documents;
mod idempotency;
mod refused;
mod roots;
mod trusted;

use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, Response};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tracing::Instrument;

use super::context::Asker;
use super::error::Code;
use super::nested::Budget;
use super::params::Params;
use crate::connection::Connection;
use crate::domain::caller::Caller;
use crate::domain::idempotency::IdempotencyKey;
use crate::request_id::RequestId;

use answer::worded;
use documents::Documents;

pub use documents::DocumentCache;
pub use refused::{Kind, Refused};
pub use roots::Roots;
pub use trusted::{Trust, TrustedError, TrustedFiles};

use super::guard::DocumentLimits;

/// Who may read the schema from the server, and gets suggestions from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introspection {
    Public,
    Authenticated,
    Off,
}

/// What an engine is set up with.
#[derive(Clone, Copy, Debug)]
pub struct EngineOptions {
    pub document: DocumentLimits,
    pub introspection: Introspection,
    pub cache: DocumentCache,
}

#[derive(Debug)]
pub struct Engine {
    roots: Roots,
    documents: Documents,
    introspection: Introspection,
}

/// Whoever a request comes from.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub caller: Option<Caller>,
    pub request_id: RequestId,
    /// What the client calls the one write that it asks for.
    pub key: Option<IdempotencyKey>,
    /// Kept until a mutation has run to its end, so that a server that stops waits for it.
    pub connection: Option<Connection>,
}

/// A request that may run.
#[derive(Debug)]
pub struct Prepared {
    request: Request,
    kind: OperationType,
    request_id: RequestId,
    connection: Option<Connection>,
}

impl Prepared {
    pub fn kind(&self) -> OperationType {
        self.kind
    }
}

impl Engine {
    pub fn new(roots: Roots, options: EngineOptions) -> Self {
        let EngineOptions {
            document,
            introspection,
            cache,
        } = options;
        Self {
            roots,
            documents: Documents::new(document, cache),
            introspection,
        }
    }

    /// Reads documents that are run by their names from now on.
    ///
    /// # Errors
    /// The first that cannot be run.
    pub async fn trust(&mut self, files: &TrustedFiles) -> Result<(), TrustedError> {
        let Self { documents, roots, .. } = self;
        documents
            .trust(files, async |document| validate(roots, document).await)
            .await
    }

    /// Everything that can be said against a request before any of it runs.
    ///
    /// # Errors
    /// Just that.
    pub async fn prepare(&self, mut params: Params, visitor: Visitor) -> Result<Prepared, Refused> {
        let judged = self.judged(&params, &visitor).await;
        let known = judged.map_err(|refused| self.quieten(refused, &visitor))?;
        let operation = &params.operation(&known.document)?.node;
        params.fill(operation)?;
        self.roots.types.check(&known.document, operation, &params.variables)?;
        if visitor.key.is_some() {
            idempotency::check(&known.document, operation)?;
        }
        let kind = operation.ty;
        let Params {
            document: _,
            operation_name,
            variables,
        } = params;
        let Visitor {
            caller,
            request_id,
            key,
            connection,
        } = visitor;
        // The text is not needed any more: it is parsed.
        let mut request = Request::new("").variables(variables);
        request.operation_name = operation_name;
        request.set_parsed_query(known.document.clone());
        let mut request = request
            .data(Asker(caller))
            .data(request_id.clone())
            .data(Arc::new(Budget::default()));
        if let Some(key) = key {
            request = request.data(key);
        }
        Ok(Prepared {
            request,
            kind,
            request_id,
            connection,
        })
    }

    /// The document that is asked for: parsed, within the limits, and fit for the schema.
    async fn judged(&self, params: &Params, visitor: &Visitor) -> Result<Arc<documents::Known>, Refused> {
        let found = self.documents.find(&params.document, visitor.caller.as_ref())?;
        let known = match &found {
            documents::Found::Known(known) => known,
            documents::Found::New(new) => &new.known,
        };
        if known.introspects && !self.may_introspect(visitor) {
            return Err(self.no_introspection());
        }
        match found {
            documents::Found::Known(known) => Ok(known),
            documents::Found::New(new) => {
                validate(&self.roots, new.known.document.clone()).await?;
                Ok(self.documents.keep(*new, visitor.caller.as_ref()))
            }
        }
    }

    /// The answer of a query or a mutation.
    ///
    /// # Errors
    /// A fault before any field was looked at, or the idempotency key.
    pub async fn answer(&self, prepared: Prepared) -> Result<Response, Refused> {
        let Prepared {
            request,
            kind,
            request_id,
            connection,
        } = prepared;
        let run = self.roots.execute(request);
        let answer = match kind {
            OperationType::Query | OperationType::Subscription => run.await,
            OperationType::Mutation => {
                // A write runs to its end, whether the client still waits for it or not.
                let whole = async move {
                    let answer = run.await;
                    drop(connection);
                    answer
                };
                let done = tokio::spawn(whole.in_current_span()).await;
                done.map_err(|error| {
                    tracing::error!(request.id = request_id.as_str(), %error, "a mutation broke off");
                    Refused::fault(request_id.as_str())
                })?
            }
        };
        worded(answer, &request_id).and_then(idempotency::judge)
    }

    /// The answers of a subscription, one an event; of any other operation, its one answer.
    pub fn answers(&self, prepared: Prepared) -> BoxStream<'static, Result<Response, Refused>> {
        let Prepared {
            request, request_id, ..
        } = prepared;
        let answers = self.roots.stream(request);
        answers
            .map(move |answer| worded(answer, &request_id).and_then(idempotency::judge))
            .boxed()
    }

    fn may_introspect(&self, visitor: &Visitor) -> bool {
        match self.introspection {
            Introspection::Public => true,
            Introspection::Authenticated => visitor.caller.is_some(),
            Introspection::Off => false,
        }
    }

    fn no_introspection(&self) -> Refused {
        let (code, message) = match self.introspection {
            Introspection::Off => (Code::Forbidden, "This server does not tell its schema"),
            Introspection::Public | Introspection::Authenticated => {
                (Code::Unauthenticated, "Send an API key or a token to read the schema")
            }
        };
        Refused::new(Kind::Document, code, message)
    }

    /// Takes away what would tell names of the schema to someone who may not read it.
    fn quieten(&self, mut refused: Refused, visitor: &Visitor) -> Refused {
        if !self.may_introspect(visitor) {
            for error in &mut refused.errors {
                if let Some(at) = error.message.find(SUGGESTION) {
                    error.message.truncate(at);
                }
            }
        }
        refused
    }
}

async fn validate(roots: &Roots, document: ExecutableDocument) -> Result<(), Refused> {
    let valid = roots.validate(document).await;
    valid.map_err(|mut errors| {
        errors.truncate(MAX_ERRORS);
        Refused::document(errors)
    })
}

/// Of what the validator has against one document, how much is told.
const MAX_ERRORS: usize = 20;

/// How the validator begins to guess what was meant.
const SUGGESTION: &str = " Did you mean";
