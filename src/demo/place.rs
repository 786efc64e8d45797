//! [`Place`]: the directory of the throw-away database, gone when the demo ends.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use uuid::Uuid;

#[derive(Debug)]
pub struct Place(PathBuf);

impl Place {
    /// A fresh directory that nobody else on the machine may look into.
    ///
    /// # Errors
    /// The directory for temporary files cannot be written to.
    pub fn create() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("leadgraph-demo-{}", Uuid::new_v4().simple()));
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    pub fn database(&self) -> PathBuf {
        self.0.join("demo.db")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "the demo's files were left behind");
        }
    }
}
