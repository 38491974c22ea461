//! What can go wrong, each with the file and what to do about it.

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
use std::path::{Path, PathBuf};

/// Why the catalog did not do it. Nothing of the failed call is stored, and nothing is deleted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// A newer version of Keepsake wrote it.
    #[error(
        "the catalog {} was written by a newer version (format {found}, this one knows {known}): \
         update Keepsake", file.display()
    )]
    Newer {
        /// The catalog.
        file: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that we know.
        known: i64,
    },
    /// An older version wrote it, and a reader may not bring it up to date.
    #[error("the catalog {} is of an older version: run a backup, which brings it up to date", file.display())]
    Older {
        /// The catalog.
        file: PathBuf,
    },
    /// It is another program's database: left as it is.
    #[error("{} is no catalog of Keepsake: choose another state folder", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// It may not be opened, or its folder may not be written.
    #[error("the catalog {} may not be used: {why}; check the permissions of the file and its folder", file.display())]
    Denied {
        /// The catalog.
        file: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// Another program holds it.
    #[error("the catalog {} is in use by another program: close it and try again", file.display())]
    Busy {
        /// The catalog.
        file: PathBuf,
    },
    /// Its disk has no room.
    #[error("no room for the catalog {}: free some space on its disk", file.display())]
    Full {
        /// The catalog.
        file: PathBuf,
    },
    /// Reading or writing failed below SQLite.
    #[error("the disk of the catalog {} failed: {why}", file.display())]
    Disk {
        /// The catalog.
        file: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// It broke while it was open. Opening it again decides whether it is damaged.
    #[error("the catalog {} is damaged: {why}; start again, and it is set aside and rebuilt", file.display())]
    Damaged {
        /// The catalog.
        file: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// The call needs a vault, and none has been made active.
    #[error("no vault is active in the catalog {}: choose a destination first", file.display())]
    NoVault {
        /// The catalog.
        file: PathBuf,
    },
    /// A mistake in Keepsake: SQLite refused a statement, or a stored value cannot be read.
    #[error("the catalog {} cannot do this: {why}; please report it", file.display())]
    Internal {
        /// The catalog.
        file: PathBuf,
        /// What SQLite said.
        why: String,
    },
}

/// What kind of failure it is, for a caller that acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// See [`CatalogError::Newer`].
    Newer,
    /// See [`CatalogError::Older`].
    Older,
    /// See [`CatalogError::Foreign`].
    Foreign,
    /// See [`CatalogError::Denied`].
    Denied,
    /// See [`CatalogError::Busy`].
    Busy,
    /// See [`CatalogError::Full`].
    Full,
    /// See [`CatalogError::Disk`].
    Disk,
    /// See [`CatalogError::Damaged`].
    Damaged,
    /// See [`CatalogError::NoVault`].
    NoVault,
    /// See [`CatalogError::Internal`].
    Internal,
}

impl CatalogError {
    /// What an error of SQLite means for this catalog.
    pub(crate) fn of(file: &Path, error: &rusqlite::Error) -> CatalogError {
        let why = error.to_string();
        let file = file.to_owned();
        let extended = error.sqlite_error().map(|error| error.extended_code);
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                CatalogError::Damaged { file, why }
            }
            Some(ErrorCode::DiskFull) => CatalogError::Full { file },
            // The memory that its readers share has no room.
            Some(ErrorCode::SystemIoFailure) if extended == Some(SQLITE_IOERR_SHMSIZE) => {
                CatalogError::Full { file }
            }
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed,
            ) => CatalogError::Busy { file },
            Some(
                ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::AuthorizationForStatementDenied,
            ) => CatalogError::Denied { file, why },
            Some(ErrorCode::SystemIoFailure | ErrorCode::NoLargeFileSupport) => {
                CatalogError::Disk { file, why }
            }
            _ => CatalogError::Internal { file, why },
        }
    }

    /// What kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            CatalogError::Newer { .. } => Kind::Newer,
            CatalogError::Older { .. } => Kind::Older,
            CatalogError::Foreign { .. } => Kind::Foreign,
            CatalogError::Denied { .. } => Kind::Denied,
            CatalogError::Busy { .. } => Kind::Busy,
            CatalogError::Full { .. } => Kind::Full,
            CatalogError::Disk { .. } => Kind::Disk,
            CatalogError::Damaged { .. } => Kind::Damaged,
            CatalogError::NoVault { .. } => Kind::NoVault,
            CatalogError::Internal { .. } => Kind::Internal,
        }
    }

    /// Whether it is only that the disk is full.
    pub fn is_full(&self) -> bool {
        self.kind() == Kind::Full
    }
}
