//! `verify`: is everything that the vault's records name really there?

use std::sync::atomic::{AtomicBool, AtomicU64};

/// How far a long operation is; polled by whoever shows it. Set `stop` to end it early.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files looked at.
    pub items: AtomicU64,
    /// Bytes read.
    pub bytes: AtomicU64,
    /// Files in all, once known.
    pub items_total: AtomicU64,
    /// Bytes in all, once known.
    pub bytes_total: AtomicU64,
    /// Ends the operation at the next file or buffer.
    pub stop: AtomicBool,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Files that are as recorded.
    pub good: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Paths in the vault of recorded files that are not there. Their rows are settled as gone from
    /// the vault, so that the next run sends them again.
    pub missing: Vec<String>,
    /// Paths in the vault whose size or bytes are not those recorded. (Only `deep` reads bytes.)
    pub damaged: Vec<String>,
    /// Paths that could not be read now: nothing is said of them.
    pub unreadable: Vec<String>,
    /// Whether it was stopped before the end.
    pub stopped: bool,
}
