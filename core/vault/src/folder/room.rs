//! How much may still be written: what is free above the reserve.

use super::fail::fail;
use crate::error::VaultError;
use crate::files::{Dir, Files, Space};
use std::sync::{Mutex, PoisonError};

/// Counts down from the last reading, so that a small file does not cost a system call.
#[derive(Default)]
pub(super) struct Room {
    left: Mutex<Option<Left>>,
}

struct Left {
    /// Bytes above the reserve that are not promised yet.
    bytes: u64,
    /// Bytes promised since the reading.
    promised: u64,
}

/// After this many bytes, or this near the end, free space is read again: others write there too.
const READ_AGAIN: u64 = 64 << 20;

/// What a file takes besides its bytes: its end's block, its inode, its name and record.
const BESIDES: u64 = 4096 + 1024;

impl Room {
    /// Promises room for `bytes` in `files_count` new files, or says how much is needed.
    pub(super) fn take(
        &self,
        files: &dyn Files,
        root: &Dir,
        reserve: Option<u64>,
        bytes: u64,
    ) -> Result<(), VaultError> {
        let wanted = bytes.saturating_add(BESIDES);
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = left.as_ref().is_some_and(|left| {
            left.promised < READ_AGAIN && left.bytes >= wanted.saturating_add(READ_AGAIN)
        });
        if !fits {
            *left = Some(Left { bytes: above_reserve(files, root, reserve)?, promised: 0 });
        }
        match left.as_mut() {
            Some(left) if left.bytes >= wanted => {
                left.bytes -= wanted;
                left.promised += wanted;
                Ok(())
            }
            _ => Err(VaultError::Full { needed: bytes }),
        }
    }
}

/// Bytes that may be written above the reserve.
pub(super) fn above_reserve(
    files: &dyn Files,
    root: &Dir,
    reserve: Option<u64>,
) -> Result<u64, VaultError> {
    let space = files.space(root).map_err(|error| fail("reading free space of", "it", 0, error))?;
    Ok(space.available.saturating_sub(reserve.unwrap_or_else(|| default_reserve(space))))
}

/// The larger of 1 GB and 5 %, but no more than half of the volume.
fn default_reserve(space: Space) -> u64 {
    (space.total / 20).max(1_000_000_000).min(space.total / 2)
}
