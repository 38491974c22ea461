//! Reading: a connection of its own, which never blocks the writer and never waits for it.

use crate::Result;
use keepsake_machine::effect::Part;
use keepsake_machine::status::Counts;
use std::path::Path;

/// Answers questions about what is stored. Each answer is from one moment; two answers may have a
/// transaction between them. `Send`, not `Sync`: open one per thread, it is cheap.
pub struct Reader {}

impl Reader {
    /// Opens the catalog at `path` for reading only. It must exist, in this version's format: a
    /// [`crate::Catalog`] makes it so.
    pub fn open(path: &Path) -> Result<Reader> {
        let _ = path;
        unimplemented!()
    }

    /// The parts of the session that earlier runs stored, for `Machine::new`.
    pub fn parts(&self) -> Result<Vec<Part>> {
        unimplemented!()
    }

    /// The counters for the active vault. O(1): a table of a few dozen rows.
    pub fn counts(&self) -> Result<Counts> {
        unimplemented!()
    }

    /// A small value of the engine's own ([`crate::Note::Setting`]).
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        let _ = name;
        unimplemented!()
    }
}
