//! The documents of requests: read, bounded, and remembered once they are known to fit the schema.
//!
//! What is remembered is parsed and judged already, so that a front end's documents cost nothing of that a second time. A
//! client may also name such a document by its hash alone (automatic persisted queries).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::parse_query;
use async_graphql::parser::types::ExecutableDocument;
use aws_lc_rs::digest::{SHA256, digest};

use super::refused::{Kind, Refused};
use crate::domain::caller::Caller;
use crate::graphql::error::Code;
use crate::graphql::guard::{self, DocumentLimits};
use crate::graphql::params::{Asked, Hash, unhex};

use super::trusted::{Trust, TrustedError, TrustedFiles};

/// How many documents are remembered, and how many bytes of text they may have in all. Parsed, they take about fifty
/// times that (measured with documents of some 350 bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentCache {
    pub documents: usize,
    pub bytes: usize,
}

impl Default for DocumentCache {
    fn default() -> Self {
        Self {
            documents: 1000,
            bytes: 512 * 1024,
        }
    }
}

/// What may be run: it is parsed, within the limits, and valid.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) document: ExecutableDocument,
    /// Points for reading the schema, where it does.
    pub(super) introspection: Option<u64>,
    /// Fields and fragments, as often as they are repeated.
    pub(super) visits: usize,
    bytes: usize,
}

/// The documents that were there when the server started.
#[derive(Debug, Default)]
struct Trusted {
    /// Whether no others are run.
    only: bool,
    ids: HashMap<String, Arc<Known>>,
    by_hash: HashMap<Hash, Arc<Known>>,
}

impl Trusted {
    /// A name is the document's own, or its hash, with or without saying of what kind.
    fn by_id(&self, id: &str) -> Option<Arc<Known>> {
        let by_hash = || self.by_hash.get(&unhex(id.strip_prefix("sha256:").unwrap_or(id))?);
        self.ids.get(id).or_else(by_hash).cloned()
    }
}

pub(super) enum Found {
    Known(Arc<Known>),
    New(Box<New>),
}

/// A document that the schema has not judged yet.
pub(super) struct New {
    hash: Hash,
    pub(super) known: Known,
}

#[derive(Debug)]
pub(super) struct Documents {
    limits: DocumentLimits,
    trusted: Trusted,
    /// What callers with credentials brought.
    callers: Mutex<Shelf>,
    /// What everybody else brought, who may thus push out each other's documents and no caller's.
    strangers: Mutex<Shelf>,
}

/// Of the room for documents, what is there for those without credentials.
const STRANGERS: usize = 4;

impl Documents {
    pub(super) fn new(limits: DocumentLimits, cache: DocumentCache) -> Self {
        let DocumentCache { documents, bytes } = cache;
        Self {
            limits,
            trusted: Trusted::default(),
            callers: Mutex::new(Shelf::new(cache)),
            strangers: Mutex::new(Shelf::new(DocumentCache {
                documents: documents.div_ceil(STRANGERS),
                bytes: bytes / STRANGERS,
            })),
        }
    }

    /// # Errors
    /// A text that breaks a limit or cannot be read, a hash that is not its text's, or one that nobody knows.
    pub(super) fn find(&self, asked: &Asked, caller: Option<&Caller>) -> Result<Found, Refused> {
        let (hash, text) = match asked {
            Asked::Id(id) => return self.trusted.by_id(id).map(Found::Known).ok_or_else(not_found),
            Asked::Text(text) => (hash(text), Some(text)),
            Asked::Hash(named, Some(text)) if hash(text) != *named => {
                return Err(Refused::bad_request("The hash is not the document's"));
            }
            Asked::Hash(named, text) => (*named, text.as_ref()),
        };
        if let Some(known) = self.trusted.by_hash.get(&hash) {
            return Ok(Found::Known(Arc::clone(known)));
        }
        if self.trusted.only {
            let message = "Only trusted documents are run";
            return Err(Refused::new(Kind::Document, Code::NotTrusted, message));
        }
        if let Some(known) = self.remembered(&hash, caller) {
            return Ok(Found::Known(known));
        }
        let text = text.ok_or_else(not_found)?;
        self.read(text, hash).map(|new| Found::New(Box::new(new)))
    }

    /// Reads the trusted documents, each to be judged by `valid`.
    ///
    /// # Errors
    /// The first that cannot be run.
    pub(super) async fn trust(
        &mut self,
        files: &TrustedFiles,
        valid: impl AsyncFn(ExecutableDocument) -> Result<(), Refused>,
    ) -> Result<(), TrustedError> {
        self.trusted.only = files.trust == Trust::Only;
        for source in files.read()? {
            let hash = hash(&source.text);
            let read = self
                .read(&source.text, hash)
                .map_err(|refused| source.refused(refused))?;
            let judged = valid(read.known.document.clone()).await;
            judged.map_err(|refused| source.refused(refused))?;
            let known = Arc::new(read.known);
            if self.trusted.ids.insert(source.id.clone(), Arc::clone(&known)).is_some() {
                return Err(source.taken());
            }
            self.trusted.by_hash.insert(hash, known);
        }
        Ok(())
    }

    /// Remembers a document that turned out to be valid.
    pub(super) fn keep(&self, new: New, caller: Option<&Caller>) -> Arc<Known> {
        let New { hash, known } = new;
        let known = Arc::new(known);
        let shelf = match caller {
            Some(_) => &self.callers,
            None => &self.strangers,
        };
        locked(shelf).put(hash, Arc::clone(&known));
        known
    }

    fn remembered(&self, hash: &Hash, caller: Option<&Caller>) -> Option<Arc<Known>> {
        if let Some(known) = locked(&self.callers).find(hash) {
            return Some(known);
        }
        let known = locked(&self.strangers).find(hash)?;
        if caller.is_some() {
            locked(&self.callers).put(*hash, Arc::clone(&known));
        }
        Some(known)
    }

    /// The parsed document, with nothing in it that would be dear to walk.
    fn read(&self, text: &str, hash: Hash) -> Result<New, Refused> {
        guard::scan(text, &self.limits)?;
        let document = parse_query(text).map_err(|error| Refused::syntax(&error))?;
        let measured = guard::measure(&document, &self.limits)?;
        Ok(New {
            hash,
            known: Known {
                document,
                introspection: measured.introspection,
                visits: measured.visits,
                bytes: text.len(),
            },
        })
    }
}

/// The clients of automatic persisted queries know this answer, and send the text then.
fn not_found() -> Refused {
    Refused::new(Kind::Document, Code::PersistedQueryNotFound, "PersistedQueryNotFound")
}

pub(in crate::graphql) fn hash(text: &str) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}

/// A panic elsewhere leaves a shelf whole enough: at worst it counts some bytes twice.
fn locked(shelf: &Mutex<Shelf>) -> std::sync::MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The documents asked for lately, in two halves: when the young one is full it becomes the old one, and what was in the
/// old one and not asked for since is gone.
#[derive(Debug)]
struct Shelf {
    /// What each half holds.
    half: DocumentCache,
    young: HashMap<Hash, Arc<Known>>,
    old: HashMap<Hash, Arc<Known>>,
    /// Of the texts in the young half.
    bytes: usize,
}

impl Shelf {
    fn new(room: DocumentCache) -> Self {
        let DocumentCache { documents, bytes } = room;
        Self {
            half: DocumentCache {
                documents: documents / 2,
                bytes: bytes / 2,
            },
            young: HashMap::new(),
            old: HashMap::new(),
            bytes: 0,
        }
    }

    fn find(&mut self, hash: &Hash) -> Option<Arc<Known>> {
        if let Some(known) = self.young.get(hash) {
            return Some(Arc::clone(known));
        }
        let known = self.old.remove(hash)?;
        self.put(*hash, Arc::clone(&known));
        Some(known)
    }

    fn put(&mut self, hash: Hash, known: Arc<Known>) {
        let DocumentCache { documents, bytes } = self.half;
        let size = known.bytes;
        if size > bytes || documents == 0 {
            return;
        }
        if self.young.len() >= documents || self.bytes + size > bytes {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        if self.young.insert(hash, known).is_none() {
            self.bytes += size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::caller::{Principal, Scopes};

    fn documents(documents: usize, bytes: usize) -> Documents {
        Documents::new(DocumentLimits::default(), DocumentCache { documents, bytes })
    }

    fn caller() -> Caller {
        Caller {
            workspace_id: 1,
            principal: Principal::System("test"),
            scopes: Scopes::READ,
            project_id: None,
        }
    }

    /// Asks for a document and, if it is new, takes it for valid. Whether it was known.
    fn ask(documents: &Documents, text: &str, caller: Option<&Caller>) -> bool {
        match documents.find(&Asked::Text(text.into()), caller).ok().unwrap() {
            Found::Known(_) => true,
            Found::New(new) => {
                documents.keep(*new, caller);
                false
            }
        }
    }

    fn text(number: usize) -> String {
        format!("{{ field{number:05} }}")
    }

    #[test]
    fn a_valid_document_is_read_once() {
        let documents = documents(10, 1000);
        let caller = caller();
        assert!(!ask(&documents, "{ a }", Some(&caller)));
        assert!(ask(&documents, "{ a }", Some(&caller)) && ask(&documents, "{ a }", None));
        assert!(!ask(&documents, "{ a } ", Some(&caller)), "its text is its name");
        // One that is not valid is never kept.
        let found = documents.find(&Asked::Text("{ b }".into()), None);
        assert!(matches!(found, Ok(Found::New(_))));
        assert!(!ask(&documents, "{ b }", None));
    }

    #[test]
    fn a_document_goes_by_its_hash_too() {
        let documents = documents(10, 1000);
        let by_hash = || documents.find(&Asked::Hash(hash("{ a }"), None), None);
        let unknown = by_hash().err().unwrap();
        assert_eq!(unknown.errors[0].message, "PersistedQueryNotFound");
        let false_name = Asked::Hash(hash("{ b }"), Some("{ a }".into()));
        assert_eq!(documents.find(&false_name, None).err().unwrap().kind, Kind::Request);
        ask(&documents, "{ a }", None);
        assert!(matches!(by_hash(), Ok(Found::Known(_))));
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_makes_room() {
        let documents = documents(10, 100_000);
        let caller = caller();
        ask(&documents, "{ a }", Some(&caller));
        for number in 0..1000 {
            ask(&documents, &text(number), Some(&caller));
            assert!(ask(&documents, "{ a }", Some(&caller)), "{number}");
            let shelf = locked(&documents.callers);
            assert!(shelf.young.len() + shelf.old.len() <= 10);
        }
        assert!(!ask(&documents, &text(0), Some(&caller)));
    }

    #[test]
    fn texts_are_counted_in_bytes_too() {
        let documents = documents(1000, 400);
        let caller = caller();
        for number in 0..1000 {
            ask(&documents, &text(number), Some(&caller));
            let shelf = locked(&documents.callers);
            let bytes: usize = shelf
                .young
                .values()
                .chain(shelf.old.values())
                .map(|known| known.bytes)
                .sum();
            assert!(bytes <= 400, "{bytes}");
        }
        let long = format!("{{ a }} #{}", "x".repeat(400));
        assert!(!ask(&documents, &long, Some(&caller)) && !ask(&documents, &long, Some(&caller)));
    }

    #[test]
    fn strangers_push_out_no_callers_document() {
        let documents = documents(10, 100_000);
        let caller = caller();
        ask(&documents, "{ a }", Some(&caller));
        for number in 0..1000 {
            ask(&documents, &text(number), None);
        }
        assert!(ask(&documents, "{ a }", Some(&caller)));
        // What a caller asks for as well is a caller's.
        assert!(ask(&documents, &text(999), Some(&caller)));
        for number in 0..100 {
            ask(&documents, &text(number), None);
        }
        assert!(ask(&documents, &text(999), Some(&caller)));
    }
}
