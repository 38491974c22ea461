//! What can go wrong for a caller of the engine, each with what to do about it.

use keepsake_vault::VaultError;
use rustix::io::Errno;
use std::io;
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
        source: io::Error,
    },
    /// The catalog cannot be used now; its message says why and what to do (a newer version wrote
    /// it, it is locked, its disk is full). It is never deleted.
    #[error("the catalog cannot be used: {0}")]
    Catalog(String),
    /// The state folder's disk has no room; with some it goes on.
    #[error("{0}")]
    NoRoom(String),
    /// Something does not work now that may work later: a vault that is away, a disk that fails.
    /// Nothing is lost by it; the same call, later, goes on.
    #[error("{0}")]
    NotNow(String),
    /// The vault cannot be used as it is: it is not the one that this state knows, read-only, damaged,
    /// or written by a newer version.
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

impl EngineError {
    /// Whether the same call, later, may go on where this one ended: room is missing, a disk or a vault
    /// does not answer now.
    pub fn is_passing(&self) -> bool {
        match self {
            EngineError::NoRoom(_) | EngineError::NotNow(_) => true,
            EngineError::State { source, .. } => passes(source),
            _ => false,
        }
    }
}

/// What a vault's failure means for a caller.
#[allow(clippy::needless_pass_by_value)] // for `map_err`
pub(crate) fn of_vault(why: VaultError) -> EngineError {
    let passing = matches!(
        why,
        VaultError::Unavailable { .. }
            | VaultError::Io { .. }
            | VaultError::Full { .. }
            | VaultError::SignedOut
    );
    if passing { EngineError::NotNow(why.to_string()) } else { EngineError::Vault(why.to_string()) }
}

/// Whether an IO error is about how a disk is now, and not about what was asked of it.
pub(crate) fn passes(error: &io::Error) -> bool {
    let now = [
        Errno::IO,
        Errno::NOSPC,
        Errno::DQUOT,
        Errno::NODEV,
        Errno::NXIO,
        Errno::STALE,
        Errno::NOTCONN,
        Errno::HOSTDOWN,
        Errno::TIMEDOUT,
    ];
    Errno::from_io_error(error).is_some_and(|errno| now.contains(&errno))
}
