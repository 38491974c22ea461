//! Sizes that the platform does not tell: learned as bytes per pixel or millisecond, per kind.

use crate::media::{Size, SizeClass};
use serde::{Deserialize, Serialize};

/// What was learned so far; persisted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Learned {}

impl Learned {
    /// An upper estimate in bytes (exact sizes are themselves), and whether it is exact.
    pub fn upper(&self, size: Size) -> (u64, bool) {
        let _ = size;
        unimplemented!()
    }

    /// The size turned out to be `bytes`. Says whether the estimate changed enough to be stored.
    pub fn learn(&mut self, class: SizeClass, measure: u64, bytes: u64) -> bool {
        let _ = (class, measure, bytes);
        unimplemented!()
    }
}
