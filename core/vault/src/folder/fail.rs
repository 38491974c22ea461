//! What the system's errors mean for a vault that is a folder.

use crate::error::VaultError;
use std::io::{self, ErrorKind};

/// The failure of `what` (a verb and a thing), which concerned `name` and wanted `bytes` of room.
pub(super) fn fail(what: &str, name: &str, bytes: u64, source: io::Error) -> VaultError {
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => VaultError::Full { needed: bytes },
        ErrorKind::PermissionDenied if READS.contains(&what) => {
            VaultError::Closed { name: name.to_owned(), why: source.to_string() }
        }
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            VaultError::ReadOnly { place: name.to_owned(), why: source.to_string() }
        }
        // What a file system cannot name or hold: one item's matter.
        ErrorKind::InvalidInput | ErrorKind::InvalidFilename | ErrorKind::FileTooLarge => {
            VaultError::Refused { name: name.to_owned(), why: source.to_string() }
        }
        _ if is_illegal_sequence(&source) => VaultError::Refused {
            name: name.to_owned(),
            why: "its file system cannot spell that name".to_owned(),
        },
        _ => VaultError::Io { what: format!("{what} {name}"), source },
    }
}

/// The same, of something in a folder of photos: that it is closed to us is nobody else's matter.
pub(super) fn fail_in(
    folder: &str,
    what: &str,
    name: &str,
    bytes: u64,
    source: io::Error,
) -> VaultError {
    if source.kind() == ErrorKind::PermissionDenied && !folder.is_empty() {
        return VaultError::FolderClosed { folder: folder.to_owned(), why: source.to_string() };
    }
    fail(what, name, bytes, source)
}

/// What only reads.
const READS: [&str; 6] =
    ["opening", "looking at", "listing", "reading", "comparing", "reading free space of"];

fn is_illegal_sequence(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::ILSEQ.raw_os_error())
}

/// Whether nothing has that name.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
