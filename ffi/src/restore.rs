//! The way back: everything in a vault into a folder.

use crate::engine::VaultPlace;
use crate::error::{KeepsakeError, guarded};
use keepsake_engine::log::TARGET;
use keepsake_engine::{restore as engine, verify};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How far a long call is, which is given it, and the way to end it early. May be used from any thread
/// while the call goes on; for one call.
#[derive(Default, uniffi::Object)]
pub struct Progress(pub(crate) verify::Progress);

/// How far a long call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Reached {
    /// Files that were looked at.
    pub items: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Files in all; it grows until the records were read.
    pub items_total: u64,
    /// Bytes in all; likewise.
    pub bytes_total: u64,
}

#[uniffi::export]
impl Progress {
    /// Of a call that has not begun.
    #[uniffi::constructor]
    pub fn new() -> Arc<Progress> {
        Arc::default()
    }

    /// How far it is now.
    pub fn reached(&self) -> Reached {
        let verify::Progress { items, bytes, items_total, bytes_total, .. } = &self.0;
        Reached {
            items: items.load(Ordering::Relaxed),
            bytes: bytes.load(Ordering::Relaxed),
            items_total: items_total.load(Ordering::Relaxed),
            bytes_total: bytes_total.load(Ordering::Relaxed),
        }
    }

    /// The call ends at the next file or megabyte, and says that it was stopped. Before it has begun, it
    /// ends at once.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

/// What a restore did. Paths in the vault are relative to it, those in the destination to that.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Restored {
    /// Files that were written.
    pub written: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there already, with the recorded bytes.
    pub already_there: u64,
    /// Paths in the destination that hold something else: left as they are, the file is not restored.
    pub in_the_way: Vec<String>,
    /// Recorded files that the vault does not have, or has with other bytes: lost, unless another copy
    /// of them is somewhere.
    pub lost: Vec<String>,
    /// Paths in the vault where something else lay than is recorded: that was brought back too, into the
    /// folder `not as recorded`.
    pub altered: Vec<String>,
    /// Segments of records that cannot be trusted, or read, with the reason: what only they named came
    /// back under the name that it has in the vault.
    pub segments: Vec<String>,
    /// Records that name what is no place below the vault: never followed.
    pub hostile: Vec<String>,
    /// Recorded files that may not be read now.
    pub unreadable: Vec<String>,
    /// What lies in the vault and cannot be looked at: it stays there.
    pub unseen: Vec<String>,
    /// Of those written, files of which no record speaks: they have the names of the vault.
    pub unrecorded: u64,
    /// Whether the vault has any record at all; without, the names that files had are lost.
    pub has_records: bool,
    /// Whether it was stopped before the end. Called again, it goes on where it was.
    pub stopped: bool,
    /// Why it could not go on, if so: the destination's disk is full, or the vault is gone. What was
    /// written until then is whole.
    pub cut: Option<String>,
}

/// Restores everything in a vault into the folder `into`, which is made if it is missing. Waits, perhaps
/// for hours: on a thread of its own. Needs no engine, and one may be open on the same vault.
///
/// Nothing is overwritten, and nothing is written outside `into`. A file from a phone's library, which
/// knows it by an id, goes under the path that it has in the vault (`2026/01/IMG_1.HEIC`); one whose id is
/// its path, to that path, and each older version of it beside it.
///
/// [`KeepsakeError::Vault`]: it cannot be opened. [`KeepsakeError::Destination`]: the folder cannot be
/// used. [`KeepsakeError::NotNow`]: the vault is away, or a disk fails.
#[uniffi::export]
#[allow(clippy::needless_pass_by_value)] // uniffi hands values over
pub fn restore(
    vault: VaultPlace,
    into: String,
    progress: Arc<Progress>,
) -> Result<Restored, KeepsakeError> {
    guarded(|| {
        let from = vault.destination();
        let restored = engine::restore(&from, Path::new(&into), &progress.0)?;
        tracing::info!(
            target: TARGET,
            written = restored.written,
            already_there = restored.already_there,
            lost = restored.damaged.len(),
            stopped = restored.stopped,
            cut = restored.cut.is_some(),
            "a restore ended"
        );
        Ok(restored.into())
    })
}

impl From<engine::Restored> for Restored {
    fn from(restored: engine::Restored) -> Restored {
        Restored {
            written: restored.written,
            bytes: restored.bytes,
            already_there: restored.already_there,
            in_the_way: restored.kept,
            lost: restored.damaged,
            altered: restored.altered,
            segments: restored.segments,
            hostile: restored.hostile,
            unreadable: restored.unreadable,
            unseen: restored.unseen,
            unrecorded: restored.unrecorded,
            has_records: restored.has_records,
            stopped: restored.stopped,
            cut: restored.cut,
        }
    }
}
