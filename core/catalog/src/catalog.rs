//! The writer.

use crate::reader::Reader;
use crate::{Note, Result};
use keepsake_machine::effect::Change;
use keepsake_machine::media::Run;
use keepsake_machine::status::Counts;
use keepsake_machine::time::Elapsed;
use std::path::{Path, PathBuf};

/// The catalog, open for writing. One per file: the host makes sure of it; a second one waits up to
/// five seconds for each transaction of the first.
///
/// Dropped in the middle of anything, it loses what was not committed and nothing else.
pub struct Catalog {
    reader: Reader,
}

/// A catalog that was opened.
pub struct Opened {
    /// The catalog.
    pub catalog: Catalog,
    /// Where a damaged catalog was moved, if this one was made in its place. It is empty then: a
    /// scan and the vault's records fill it again, and nothing is sent twice.
    pub set_aside: Option<PathBuf>,
}

/// Who this catalog is: chosen once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Names the device in the vault's records: 16 random bytes in hexadecimal.
    pub device: String,
    /// Seeds the jitter of back-offs.
    pub seed: u64,
}

impl std::ops::Deref for Catalog {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Catalog {
    /// Opens the catalog at `path`, makes it if there is none (its folder must exist), and brings an
    /// older format up to date. A newer one is refused. A damaged one (SQLite says so twice, each
    /// time on a fresh open) is renamed, with its WAL, and a fresh one made. Whatever else keeps it
    /// from being opened now is an error, and leaves it as it is.
    pub fn open(path: &Path) -> Result<Opened> {
        let _ = path;
        unimplemented!()
    }

    /// Who this catalog is. `candidate` is stored, durably, if it has no identity yet.
    pub fn identity(&mut self, candidate: Identity) -> Result<Identity> {
        let _ = candidate;
        unimplemented!()
    }

    /// Counts this start of the engine, durably: a run's number never comes twice.
    pub fn begin_run(&mut self) -> Result<Run> {
        unimplemented!()
    }

    /// Stores a batch of the machine's changes, and what the engine has to note beside them, in one
    /// transaction; `durable` syncs it. `at` is the machine's clock: a safe stage counts as
    /// confirmed then. On an error nothing of the batch is stored.
    ///
    /// Digests are stored before stages, whatever their order in the batch. What is about a version
    /// that is no longer the row's is dropped: a digest of another version, and a stage that needs a
    /// digest (checking, uploading, verifying, safe) where the row has none. So an answer that comes
    /// late, after a scan saw the file change, cannot make the changed file safe.
    ///
    /// Changes about rows that do not exist are dropped. Needs an active vault when there are
    /// stages or notes about a vault among them ([`crate::CatalogError::NoVault`]).
    pub fn apply(
        &mut self,
        changes: &[Change],
        notes: &[Note],
        durable: bool,
        at: Elapsed,
    ) -> Result<Counts> {
        let _ = (changes, notes, durable, at);
        unimplemented!()
    }

    /// The counters for the active vault, from memory.
    pub fn counts(&self) -> Counts {
        unimplemented!()
    }

    /// Tries a durable write that changes nothing: whether the catalog can be written now.
    pub fn probe(&mut self) -> Result<()> {
        unimplemented!()
    }
}
