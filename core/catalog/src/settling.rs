//! Facts about rows that are not under way: retry, forget, lost at the vault, confirmed again.

use crate::{Catalog, Result, UnderWay};
use keepsake_machine::media::{Digest, ResourceId};
use keepsake_machine::settle::Fact;
use keepsake_machine::time::Elapsed;

/// Which rows a fact is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// These.
    These(Vec<ResourceId>),
    /// All that are quarantined.
    Quarantined,
    /// All with these bytes.
    Digests(Vec<Digest>),
    /// All whose bytes the active vault holds at these paths.
    Paths(Vec<String>),
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settling {
    /// Rows that changed.
    pub changed: u64,
    /// Rows that are under way: left alone. Tell the machine, or ask again when they have ended.
    pub skipped: Vec<ResourceId>,
}

impl Catalog {
    /// Settles rows by a fact, in pages of 1,000 rows, each one transaction. `Which::These` and
    /// `Quarantined` are indexed; the others read every row once. A failure leaves the pages before
    /// it settled; asking again goes on.
    ///
    /// [`Fact::StillThere`] also counts the row as confirmed `at`.
    pub fn settle_where(
        &mut self,
        which: &Which,
        fact: Fact,
        at: Elapsed,
        under_way: &UnderWay,
    ) -> Result<Settling> {
        let _ = (which, fact, at, under_way);
        unimplemented!()
    }
}
