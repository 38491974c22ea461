//! Data on metered networks: a budget of bytes a local day, reserved before, settled after.

use crate::time::{Elapsed, Now};
use serde::{Deserialize, Serialize};

/// The day's use; persisted before the first byte. A day opens at most once per 20 h elapsed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ledger {}

impl Ledger {
    /// Opens a new day if the local calendar has one and 20 h have elapsed since the last. Says
    /// whether it did.
    pub fn open_day(&mut self, now: Now, elapsed: Elapsed) -> bool {
        let _ = (now, elapsed);
        unimplemented!()
    }

    /// Bytes of `limit` that are neither used nor reserved today.
    pub fn left(&self, limit: u64) -> u64 {
        let _ = limit;
        unimplemented!()
    }

    /// Reserves `bytes`, if they are left. What is reserved and never settled (a kill) stays used.
    pub fn reserve(&mut self, bytes: u64, limit: u64) -> bool {
        let _ = (bytes, limit);
        unimplemented!()
    }

    /// Of `reserved`, only `used` were moved.
    pub fn settle(&mut self, reserved: u64, used: u64) {
        let _ = (reserved, used);
        unimplemented!()
    }

    /// When the next day may open at the earliest, on the machine's clock.
    pub fn next_day(&self, now: Now, elapsed: Elapsed) -> Elapsed {
        let _ = (now, elapsed);
        unimplemented!()
    }
}
