//! The one way in which every transport runs a request: its document found and judged, its variables filled and checked,
//! its operation run for whoever asks, its errors worded.

mod answer;
mod documents;
mod idempotency;
mod refused;
mod roots;
mod trusted;

use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType, Selection};
use async_graphql::{Request, Response};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tracing::Instrument;

use super::context::Asker;
use super::cost::{self, Cost};
use super::error::Code;
use super::live::Readers;
use super::nested::Budget;
use super::paging::PageLimits;
use super::params::Params;
use crate::auth::quota::{Charge, Exhausted, Payer, Quota, Repeated};
use crate::connection::Kept;
use crate::domain::caller::Caller;
use crate::domain::idempotency::IdempotencyKey;
use crate::request_id::RequestId;
use crate::telemetry;

use answer::worded;
use documents::Documents;

pub use documents::DocumentCache;
pub use refused::{Kind, Refused};
pub use roots::Roots;
pub use trusted::{Trust, TrustedError, TrustedFiles};

use super::guard::{DocumentLimits, Refusal};

/// Who may read the schema from the server, and gets suggestions from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introspection {
    Public,
    Authenticated,
    Off,
}

/// What an engine is set up with.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    pub document: DocumentLimits,
    pub introspection: Introspection,
    pub cache: DocumentCache,
    pub pages: PageLimits,
    /// Points that one operation may cost.
    pub cost: u64,
    pub quota: Arc<Quota>,
}

#[derive(Debug)]
pub struct Engine {
    roots: Roots,
    documents: Documents,
    introspection: Introspection,
    pages: PageLimits,
    most_cost: u64,
    quota: Arc<Quota>,
    readers: Readers,
}

/// Whoever a request comes from.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub caller: Option<Caller>,
    pub request_id: RequestId,
    /// What a header calls the one write that is asked for.
    pub key: Option<IdempotencyKey>,
    pub replays: Replays,
    /// Until it has run to its end.
    pub kept: Kept,
    /// Pays for it where there is no caller.
    pub payer: Payer,
}

/// Where a client is told that it had an answer before, unless it has put its key into the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replays {
    InHeader,
    /// Its transport has no headers, or has sent them by then.
    InExtensions,
}

/// What a request has paid before it was read.
#[derive(Debug)]
pub struct Toll(Charge);

impl Toll {
    /// It was no GraphQL request, and so many bytes were read to find out.
    pub fn wasted(self, bytes: usize) {
        self.0.settle(cost::of_junk(bytes));
    }
}

/// A request that may run.
#[derive(Debug)]
pub struct Prepared {
    request: Request,
    kind: OperationType,
    request_id: RequestId,
    kept: Kept,
    /// Whose replay is told in the answer.
    marked: Option<IdempotencyKey>,
    bill: Bill,
}

/// An operation that may run, as far as it says itself.
struct Weighed {
    known: Arc<documents::Known>,
    kind: OperationType,
    cost: Cost,
}

/// What was paid for a request beforehand.
#[derive(Debug)]
struct Bill {
    cost: Cost,
    charge: Charge,
    /// Whether the client wants to see it.
    told: bool,
}

impl Bill {
    fn fare(&self) -> Fare {
        Fare {
            cost: self.cost,
            charge: self.charge.repeated(),
        }
    }

    /// Gives back what the answer did not use.
    fn settle(self, answer: Result<Response, Refused>) -> Result<Response, Refused> {
        let Self { cost, charge, told } = self;
        let mut answer = match answer {
            Ok(answer) => answer,
            Err(refused) => {
                charge.settle(cost.of_nothing(&refused));
                return Err(refused);
            }
        };
        let used = cost.used(&answer);
        let left = charge.settle(used);
        if told {
            answer.extensions.insert("cost".to_owned(), cost.told(used, left));
        }
        Ok(answer)
    }
}

/// Who pays for the answers of a subscription, as they come.
#[derive(Debug)]
struct Fare {
    cost: Cost,
    charge: Repeated,
}

impl Fare {
    fn pay(&self, answer: Result<Response, Refused>) -> Result<Response, Refused> {
        let answer = answer?;
        let points = self.cost.used(&answer);
        let charge = self.charge.again(points).map_err(|_exhausted| Refused::too_many())?;
        charge.settle(points);
        Ok(answer)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Going {
    On,
    Over,
}

impl Going {
    fn of(answer: &Result<Response, Refused>) -> Self {
        match answer {
            Ok(_) => Self::On,
            Err(_) => Self::Over,
        }
    }
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
            pages,
            cost,
            quota,
        } = options;
        Self {
            roots,
            documents: Documents::new(document, cache),
            introspection,
            pages,
            most_cost: cost,
            quota,
            readers: Readers::default(),
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

    /// What every request pays before anything of it is read.
    ///
    /// # Errors
    /// Nothing is left to pay with.
    pub fn toll(&self, caller: Option<&Caller>, payer: &Payer) -> Result<Toll, Refused> {
        let toll = self.quota.charge(caller, payer, 1);
        toll.map(Toll).map_err(|_exhausted| Refused::too_many())
    }

    /// Pays for reading a message of so many bytes.
    ///
    /// # Errors
    /// There is not enough left.
    pub fn pay_message(&self, caller: Option<&Caller>, payer: &Payer, bytes: usize) -> Result<(), Exhausted> {
        let points = cost::of_message(bytes);
        if points > 0 {
            self.quota.charge(caller, payer, points)?.settle(points);
        }
        Ok(())
    }

    /// Everything that can be said against a request before any of it runs.
    ///
    /// # Errors
    /// Just that.
    pub async fn prepare(&self, mut params: Params, mut visitor: Visitor, toll: Toll) -> Result<Prepared, Refused> {
        let Toll(toll) = toll;
        let named = params.idempotency_key.take();
        let in_extension = named.is_some();
        visitor.key = idempotency::key(visitor.key, named)?;
        let weighed = match self.weighed(&mut params, &visitor).await {
            Ok(weighed) => weighed,
            Err(refused) => {
                toll.settle(cost::of_refusal(&params));
                return Err(self.quieten(refused, &visitor));
            }
        };
        toll.settle(0);
        let Weighed { known, kind, cost } = weighed;
        let Params {
            document: _,
            operation_name,
            variables,
            tells_cost: told,
            idempotency_key: _,
        } = params;
        let Visitor {
            caller,
            request_id,
            key,
            replays,
            kept,
            payer,
        } = visitor;
        let charge = self.quota.charge(caller.as_ref(), &payer, cost.predicted());
        let charge = charge.map_err(|_exhausted| Refused::too_many())?;
        // The text is not needed any more: it is parsed.
        let mut request = Request::new("").variables(variables);
        request.operation_name = operation_name;
        request.set_parsed_query(known.document.clone());
        let mut request = request
            .data(Asker(caller))
            .data(request_id.clone())
            .data(Arc::new(Budget::default()));
        let marked = key.clone().filter(|_| in_extension || replays == Replays::InExtensions);
        if let Some(key) = key {
            request = request.data(key);
        }
        match kind {
            // For what waits: others go first meanwhile, and it gives up when the server stops.
            OperationType::Query => request = request.data(kept.clone()),
            OperationType::Subscription => request = request.data(self.readers.clone()),
            OperationType::Mutation => {}
        }
        Ok(Prepared {
            request,
            kind,
            request_id,
            kept,
            marked,
            bill: Bill { cost, charge, told },
        })
    }

    /// The operation that is asked for, with its variables filled in, and fit to run.
    async fn weighed(&self, params: &mut Params, visitor: &Visitor) -> Result<Weighed, Refused> {
        let known = self.judged(params, visitor).await?;
        let operation = &params.operation(&known.document)?.node;
        params.fill(operation)?;
        let variables = &params.variables;
        // Before anything fills the variables in: one that stands in many places is as large in each.
        let cost = cost::of(&self.roots.types, self.pages, &known.document, operation, variables);
        if cost.predicted() > self.most_cost {
            return Err(too_dear(cost, self.most_cost).into());
        }
        // These are paid for, and have allowances of their own.
        let cost = cost
            .and(known.introspection.unwrap_or(0))
            .and(cost::of_walking(known.visits));
        self.roots.types.check(&known.document, operation, variables)?;
        if operation.ty == OperationType::Subscription {
            only_field(operation)?;
        }
        if visitor.key.is_some() {
            idempotency::check(&known.document, operation)?;
        }
        let kind = operation.ty;
        Ok(Weighed { known, kind, cost })
    }

    /// The document that is asked for: parsed, within the limits, and fit for the schema.
    async fn judged(&self, params: &Params, visitor: &Visitor) -> Result<Arc<documents::Known>, Refused> {
        let found = self.documents.find(&params.document, visitor.caller.as_ref())?;
        let known = match &found {
            documents::Found::Known(known) => known,
            documents::Found::New(new) => &new.known,
        };
        if known.introspection.is_some() && !self.may_introspect(visitor) {
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
            kept,
            marked,
            bill,
        } = prepared;
        let kind_name = kind.to_string();
        let span =
            tracing::info_span!(target: telemetry::traces::TARGET, "graphql", graphql.operation.type = kind_name);
        let run = self.roots.execute(request).instrument(span);
        let answer = match kind {
            OperationType::Query | OperationType::Subscription => {
                let answer = run.await;
                drop(kept);
                answer
            }
            OperationType::Mutation => {
                // A write runs to its end, whether the client still waits for it or not.
                let whole = async move {
                    let answer = run.await;
                    drop(kept);
                    answer
                };
                let done = tokio::spawn(whole.in_current_span()).await;
                done.map_err(|error| {
                    tracing::error!(request.id = request_id.as_str(), %error, "a mutation broke off");
                    Refused::fault(request_id.as_str())
                })?
            }
        };
        let mut answer = bill.settle(worded(answer, &request_id).and_then(idempotency::judge))?;
        if let Some(key) = marked {
            idempotency::mark(&mut answer, &key);
        }
        Ok(answer)
    }

    /// The answers of a subscription, one an event; of any other operation, its one answer. It takes no turn meanwhile:
    /// most of the time nothing happens.
    pub fn answers(&self, prepared: Prepared) -> BoxStream<'static, Result<Response, Refused>> {
        let Prepared {
            request,
            request_id,
            bill,
            ..
        } = prepared;
        let fare = bill.fare();
        let mut bill = Some(bill);
        let answers = self.roots.stream(request);
        answers
            .map(move |answer| {
                let answer = worded(answer, &request_id).and_then(idempotency::judge);
                // The first one is paid for already; nobody knows how many will follow.
                match bill.take() {
                    Some(bill) => bill.settle(answer),
                    None => fare.pay(answer),
                }
            })
            .scan(Going::On, |going, answer| {
                // Whoever cannot pay, or cannot be answered, hears it once.
                let was = std::mem::replace(going, Going::of(&answer));
                std::future::ready((was == Going::On).then_some(answer))
            })
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

/// A subscription is to one thing. The executor would begin several, and would not see one in a fragment.
fn only_field(operation: &OperationDefinition) -> Result<(), Refusal> {
    let items = &operation.selection_set.node.items;
    match items.as_slice() {
        [item] if matches!(item.node, Selection::Field(_)) => Ok(()),
        _ => Err(Refusal {
            code: Code::ValidationFailed,
            message: "A subscription must have exactly one field at its top, and no fragment there".to_owned(),
            at: Some(operation.selection_set.pos),
        }),
    }
}

fn too_dear(cost: Cost, most: u64) -> Refusal {
    let points = cost.predicted();
    Refusal::limit(format!(
        "The operation may cost {points} points; at most {most} are allowed: ask for shorter pages"
    ))
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
