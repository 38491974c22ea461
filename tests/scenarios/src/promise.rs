//! What must hold in a story, whatever it tells.

use std::fmt::{Display, Formatter, Result};

/// A promise, by its name. `README.md` says where else each is kept watch over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// Nothing is marked safe that the vault does not hold byte for byte, also after the power went.
    SafeIsHeld,
    /// No byte of one file lies under another's name.
    RightName,
    /// Every record speaks of a file that lies there with these bytes, and what is safe has one.
    RecordsTrue,
    /// Nothing lies in the vault twice.
    PutOnce,
    /// No byte is sent twice but for a fault.
    SentOnce,
    /// A version is fetched once, and once more for each fault.
    FetchedOnce,
    /// Nothing lands where less than the reserve is left then.
    ReserveKept,
    /// At rest nothing is staged.
    StagingEmpty,
    /// No original is asked for while a hold stops that.
    PermitKept,
    /// The status counts what the library shows.
    SumExact,
    /// Only unchanged files that the vault holds are proposed for freeing.
    FreedOnlyLive,
    /// In fair weather everything becomes safe, and nothing is held.
    GoodEnd,
    /// Restored is not killed: whatever the kills, the end is the same.
    SameEnd,
    /// Nothing happens that the machine holds for impossible.
    NoSurprise,
}

/// A promise that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub promise: Promise,
    /// What was seen.
    pub what: String,
}

impl Promise {
    /// It did not hold: this was seen.
    pub(crate) fn broken(self, what: impl Into<String>) -> Broken {
        Broken { promise: self, what: what.into() }
    }
}

impl Display for Broken {
    fn fmt(&self, to: &mut Formatter<'_>) -> Result {
        write!(to, "{:?}: {}", self.promise, self.what)
    }
}
