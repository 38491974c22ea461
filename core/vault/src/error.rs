//! What can go wrong at a vault, and whose fault it is.

use crate::id::VaultIdentity;
use keepsake_machine::event::Trouble;
use keepsake_machine::stage::Fault;
use std::io;

/// Why a call on a vault failed. The text names the thing and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// It does not answer: unplugged, not mounted, no connection.
    #[error("the vault {place} does not answer: {why}; connect it, and the backup goes on")]
    Unavailable {
        /// Where it should be.
        place: String,
        /// What was seen there.
        why: String,
    },
    /// Another vault lies where the known one should be.
    #[error(
        "{place} is another vault ({found}) than the one known ({expected}); connect the right one, or, if its records were begun anew there, open it with new records"
    )]
    AnotherVault {
        /// Where.
        place: String,
        /// What lies there.
        found: VaultIdentity,
        /// What was expected.
        expected: VaultIdentity,
    },
    /// Nothing may be written there.
    #[error("in the vault {place} nothing may be written: {why}; make it writable")]
    ReadOnly {
        /// Where.
        place: String,
        /// What the system said.
        why: String,
    },
    /// Something in it may not be read.
    #[error("{name} in the vault may not be read: {why}; check its permissions")]
    Closed {
        /// What.
        name: String,
        /// What the system said.
        why: String,
    },
    /// One of its folders may not be looked into, or written: that concerns what belongs there, and nothing
    /// else.
    #[error("the vault's folder {folder} may not be used: {why}; make it yours to read and write")]
    FolderClosed {
        /// Its path below the vault.
        folder: String,
        /// What the system said.
        why: String,
    },
    /// No room above its reserve.
    #[error("the vault is full: {needed} bytes more are needed")]
    Full {
        /// Bytes that did not fit.
        needed: u64,
    },
    /// It wants a sign-in.
    #[error("the vault wants a sign-in")]
    SignedOut,
    /// A newer version wrote it: nothing is touched.
    #[error(
        "the vault was written by a newer version (format {found}, this one knows {known}); update Keepsake"
    )]
    Newer {
        /// Its format.
        found: u64,
        /// The newest that we know.
        known: u64,
    },
    /// Its own files are not what they must be (a link, garbage): nothing is touched.
    #[error("the vault's {name} is damaged: {why}; nothing was changed there")]
    Damaged {
        /// Which of its files.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// It will not take or give this one item.
    #[error("the vault refuses {name}: {why}")]
    Refused {
        /// Which item.
        name: String,
        /// Why.
        why: String,
    },
    /// The original could not be read while it was sent. Not the vault's fault.
    #[error("the original could not be read: {0}")]
    Source(#[source] io::Error),
    /// The watcher said stop.
    #[error("stopped as asked")]
    Stopped,
    /// This kind of vault cannot do that.
    #[error("this kind of vault has no {0}")]
    Unsupported(&'static str),
    /// Any other failure of its disk or connection.
    #[error("the vault failed: {what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Whom a failure is blamed on: what the engine answers the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Nobody's item: a hold, and everything waits without blame.
    Trouble(Trouble),
    /// This item.
    Item(Fault),
    /// The original: look at the IO error in [`VaultError::Source`].
    Source,
    /// Nobody: it was stopped.
    Stopped,
}

impl VaultError {
    /// The same failure once more, for each of a group that it hit.
    #[must_use]
    pub fn again(&self) -> VaultError {
        let io = |error: &io::Error| match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(error.kind(), error.to_string()),
        };
        match self {
            VaultError::Unavailable { place, why } => {
                VaultError::Unavailable { place: place.clone(), why: why.clone() }
            }
            VaultError::AnotherVault { place, found, expected } => VaultError::AnotherVault {
                place: place.clone(),
                found: *found,
                expected: *expected,
            },
            VaultError::ReadOnly { place, why } => {
                VaultError::ReadOnly { place: place.clone(), why: why.clone() }
            }
            VaultError::Closed { name, why } => {
                VaultError::Closed { name: name.clone(), why: why.clone() }
            }
            VaultError::FolderClosed { folder, why } => {
                VaultError::FolderClosed { folder: folder.clone(), why: why.clone() }
            }
            VaultError::Full { needed } => VaultError::Full { needed: *needed },
            VaultError::SignedOut => VaultError::SignedOut,
            VaultError::Newer { found, known } => {
                VaultError::Newer { found: *found, known: *known }
            }
            VaultError::Damaged { name, why } => {
                VaultError::Damaged { name: name.clone(), why: why.clone() }
            }
            VaultError::Refused { name, why } => {
                VaultError::Refused { name: name.clone(), why: why.clone() }
            }
            VaultError::Source(error) => VaultError::Source(io(error)),
            VaultError::Stopped => VaultError::Stopped,
            VaultError::Unsupported(what) => VaultError::Unsupported(what),
            VaultError::Io { what, source } => {
                VaultError::Io { what: what.clone(), source: io(source) }
            }
        }
    }

    /// Which of these it is, in a word: for logs, where no name or place may stand.
    pub fn kind(&self) -> &'static str {
        match self {
            VaultError::Unavailable { .. } => "Unavailable",
            VaultError::AnotherVault { .. } => "AnotherVault",
            VaultError::ReadOnly { .. } => "ReadOnly",
            VaultError::Closed { .. } => "Closed",
            VaultError::FolderClosed { .. } => "FolderClosed",
            VaultError::Full { .. } => "Full",
            VaultError::SignedOut => "SignedOut",
            VaultError::Newer { .. } => "Newer",
            VaultError::Damaged { .. } => "Damaged",
            VaultError::Refused { .. } => "Refused",
            VaultError::Source(_) => "Source",
            VaultError::Stopped => "Stopped",
            VaultError::Unsupported(_) => "Unsupported",
            VaultError::Io { .. } => "Io",
        }
    }

    /// Whom to blame.
    pub fn blame(&self) -> Blame {
        match self {
            VaultError::Unavailable { .. }
            | VaultError::AnotherVault { .. }
            | VaultError::ReadOnly { .. }
            | VaultError::Closed { .. }
            | VaultError::Newer { .. }
            | VaultError::Damaged { .. }
            | VaultError::Io { .. } => Blame::Trouble(Trouble::VaultUnavailable),
            VaultError::FolderClosed { .. } => Blame::Trouble(Trouble::FolderClosed),
            VaultError::Full { needed } => Blame::Trouble(Trouble::VaultFull { needed: *needed }),
            VaultError::SignedOut => Blame::Trouble(Trouble::SignedOut),
            VaultError::Refused { .. } | VaultError::Unsupported(_) => Blame::Item(Fault::Refused),
            VaultError::Source(_) => Blame::Source,
            VaultError::Stopped => Blame::Stopped,
        }
    }
}
