//! What can go wrong for a caller of the engine, each with what to do about it.

use std::path::PathBuf;

/// Why a call of the engine failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The state folder cannot be made or written.
    #[error("the state folder {} cannot be used: {source}", path.display())]
    State {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The catalog cannot be used now; its message says why and what to do (a newer version wrote
    /// it, it is locked, its disk is full). It is never deleted.
    #[error("the catalog cannot be used: {0}")]
    Catalog(String),
    /// The state folder's disk has no room; with some it goes on.
    #[error("{0}")]
    NoRoom(String),
    /// The vault cannot be used: it is not there, not the one that this state knows, read-only, or
    /// written by a newer version.
    #[error("the vault cannot be used: {0}")]
    Vault(String),
    /// An item that the caller named is not in the catalog.
    #[error("no such item: {0}")]
    NoSuchItem(String),
    /// The engine was stopped; open a new one.
    #[error("the engine has stopped")]
    Stopped,
    /// The folder to restore into cannot be used.
    #[error("cannot restore into {}: {why}", path.display())]
    Destination {
        /// Which folder.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A recorded log cannot be read or does not belong to this version.
    #[error("the log {} cannot be replayed: {why}", path.display())]
    Log {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}
