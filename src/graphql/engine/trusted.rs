//! Trusted documents: files that are read once, when the server starts.
//!
//! A file `NAME.graphql` is a document of that name. A file `*.json` is what build tools of front ends write: an object
//! of documents by their names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::Refused;

/// Which documents are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Trusted ones by their names, and all others.
    Allow,
    /// Trusted ones and no others.
    Only,
}

/// Where trusted documents are, and what they are for.
#[derive(Clone, Debug)]
pub struct TrustedFiles {
    pub trust: Trust,
    pub directory: PathBuf,
}

/// A trusted document that cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("trusted documents: {0}")]
pub struct TrustedError(String);

/// A document and where it was found.
pub(super) struct Source {
    place: String,
    pub(super) id: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn refused(&self, refused: Refused) -> TrustedError {
        let Refused { errors, .. } = refused;
        let reasons: Vec<String> = errors
            .into_iter()
            .map(|error| match error.locations.first() {
                Some(at) => format!("line {}, column {}: {}", at.line, at.column, error.message),
                None => error.message,
            })
            .collect();
        TrustedError(format!("{}: {}", self.place, reasons.join("; ")))
    }

    pub(super) fn taken(&self) -> TrustedError {
        TrustedError(format!("{}: another document is named {:?}", self.place, self.id))
    }
}

impl TrustedFiles {
    /// All documents, in the order of the files' names.
    pub(super) fn read(&self) -> Result<Vec<Source>, TrustedError> {
        let Self { directory, .. } = self;
        let failed = |error: std::io::Error| TrustedError(format!("{}: {error}", directory.display()));
        let entries: Result<Vec<fs::DirEntry>, _> = fs::read_dir(directory).map_err(failed)?.collect();
        let mut files: Vec<PathBuf> = entries.map_err(failed)?.iter().map(fs::DirEntry::path).collect();
        files.sort();
        let mut sources = Vec::new();
        for file in files {
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("graphql" | "gql") => sources.push(single(&file)?),
                Some("json") => sources.extend(several(&file)?),
                Some(_) | None => {}
            }
        }
        if sources.is_empty() {
            let message = format!("{}: no file *.graphql or *.json is there", directory.display());
            return Err(TrustedError(message));
        }
        Ok(sources)
    }
}

fn single(file: &Path) -> Result<Source, TrustedError> {
    let name = file.file_stem().unwrap_or_default();
    Ok(Source {
        place: file.display().to_string(),
        id: name.to_string_lossy().into_owned(),
        text: text(file)?,
    })
}

fn several(file: &Path) -> Result<Vec<Source>, TrustedError> {
    let documents: BTreeMap<String, String> = serde_json::from_str(&text(file)?)
        .map_err(|error| TrustedError(format!("{}: no object of documents: {error}", file.display())))?;
    let source = |(id, text)| Source {
        place: format!("{}, document {id:?}", file.display()),
        id,
        text,
    };
    Ok(documents.into_iter().map(source).collect())
}

fn text(file: &Path) -> Result<String, TrustedError> {
    fs::read_to_string(file).map_err(|error| TrustedError(format!("{}: {error}", file.display())))
}
