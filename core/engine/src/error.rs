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
    let passing = match &why {
        VaultError::Unavailable { .. } | VaultError::Full { .. } | VaultError::SignedOut => true,
        VaultError::Io { source, .. } => !lasts(source),
        _ => false,
    };
    if passing { EngineError::NotNow(why.to_string()) } else { EngineError::Vault(why.to_string()) }
}

/// Whether an IO error is about what was asked for, so that the same call fails again: no such place can be.
fn lasts(error: &io::Error) -> bool {
    // (What may not be written or named is no `Io` of a vault.)
    let asked = [Errno::EXIST, Errno::NOTDIR, Errno::ISDIR, Errno::LOOP, Errno::OPNOTSUPP];
    Errno::from_io_error(error).is_some_and(|errno| asked.contains(&errno))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vaults_failure_passes_when_its_disk_may_be_well_again_and_lasts_when_no_such_place_can_be()
    {
        let io = |errno: Errno| VaultError::Io { what: "x".into(), source: errno.into() };
        for now in [Errno::IO, Errno::NODEV, Errno::STALE, Errno::MFILE, Errno::NOENT] {
            assert!(of_vault(io(now)).is_passing(), "{now}");
        }
        for asked in [Errno::EXIST, Errno::NOTDIR, Errno::ISDIR, Errno::LOOP, Errno::OPNOTSUPP] {
            assert!(matches!(of_vault(io(asked)), EngineError::Vault(_)), "{asked}");
        }
    }
}
