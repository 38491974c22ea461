//! `restore`: everything that a vault's records name, into a folder, as it was.
//!
//! Never overwrites, never writes outside the folder, whatever the vault says; every file is
//! written beside its place, hashed while it is written, and only then takes its name.

use crate::error::EngineError;
use crate::options::Destination;
use crate::verify::Progress;
use std::path::Path;

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restored {
    /// Files written.
    pub written: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there already with the recorded bytes.
    pub already_there: u64,
    /// Names in the destination that hold something else: left as they are.
    pub kept: Vec<String>,
    /// Recorded files that the vault does not have, or has with other bytes.
    pub damaged: Vec<String>,
    /// Records that name something that is not a plain place below the vault: never followed.
    pub hostile: Vec<String>,
    /// Whether it was stopped before the end.
    pub stopped: bool,
}

/// Restores everything in the vault into `into`, which is made if it is missing. Blocks; call it
/// on a thread of its own. Needs no state folder.
pub fn restore(
    from: &Destination,
    into: &Path,
    progress: &Progress,
) -> Result<Restored, EngineError> {
    let _ = (from, into, progress);
    unimplemented!()
}
