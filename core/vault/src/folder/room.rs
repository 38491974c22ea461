//! How much may still be written: what is free above the reserve, less what is promised.
//!
//! Whoever writes asks first and gets a [`Promise`]. Free space does not show what is promised and
//! not written yet, so that is counted here: of two large files that begin at once, the second one
//! sees what the first one will take. What another program promises itself nobody tells us: while a
//! large file is written, free space is read again and again, and one that would not fit any more
//! stops in time.

use super::fail::fail;
use crate::error::VaultError;
use crate::files::{Dir, Files, Space};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What a new file or folder occupies at most besides its bytes: the rest of its last block.
pub(super) const BLOCK: u64 = 4096;
/// What a file still needs when its bytes are written: its name in a folder, and its record.
pub(super) const NAME_AND_RECORD: u64 = 512 + 1024;
/// What segments of records may take at once besides their records: the ends of their last blocks.
const ENDS: u64 = 4 * BLOCK;
/// After this many bytes, or this near the end, free space is read again: others write there too.
const READ_AGAIN: u64 = 64 << 20;
/// Near the end it is read again after this many bytes that were written.
const NEAR_THE_END: u64 = 1 << 20;

/// The room of one vault.
pub(super) struct Room {
    reserve: Option<u64>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Bytes that may still be promised, by the last reading: a small file does not cost a system
    /// call.
    left: u64,
    /// Bytes promised since that reading.
    since: u64,
    /// Bytes promised and not written yet.
    pending: u64,
    /// Bytes written since that reading.
    written: u64,
}

/// Room that nobody else is given. Dropped, what was not written is free again.
pub(super) struct Promise {
    room: Arc<Room>,
    bytes: u64,
}

impl Room {
    /// The room above `reserve`, or above the larger of 1 GB and 5 %, but no more than half of the
    /// volume.
    pub(super) fn new(reserve: Option<u64>) -> Arc<Room> {
        Arc::new(Room { reserve, state: Mutex::default() })
    }

    /// A promise of nothing, to be grown.
    pub(super) fn nothing(self: &Arc<Self>) -> Promise {
        Promise { room: Arc::clone(self), bytes: 0 }
    }

    /// Promises room for `bytes`, or says how much is needed.
    pub(super) fn take(
        self: &Arc<Self>,
        files: &dyn Files,
        root: &Dir,
        bytes: u64,
    ) -> Result<Promise, VaultError> {
        let mut state = self.state();
        let since = state.since.saturating_add(bytes);
        if since >= READ_AGAIN || state.left < bytes.saturating_add(READ_AGAIN) {
            self.read(files, root, &mut state)?;
        }
        if state.left < bytes {
            return Err(VaultError::Full { needed: bytes });
        }
        state.left -= bytes;
        state.since += bytes;
        state.pending += bytes;
        Ok(Promise { room: Arc::clone(self), bytes })
    }

    /// Bytes that may be promised now, read anew.
    pub(super) fn left(&self, files: &dyn Files, root: &Dir) -> Result<u64, VaultError> {
        let mut state = self.state();
        self.read(files, root, &mut state)?;
        Ok(state.left)
    }

    /// `bytes` are about to be written that were promised: is there still room for all promises?
    fn is_kept(&self, files: &dyn Files, root: &Dir, bytes: u64) -> Result<bool, VaultError> {
        let mut state = self.state();
        state.written = state.written.saturating_add(bytes);
        let far = state.left >= READ_AGAIN;
        if state.written < if far { READ_AGAIN } else { NEAR_THE_END } {
            return Ok(true);
        }
        self.read(files, root, &mut state)
    }

    /// Reads what is free. Says whether it is enough for what is promised.
    fn read(&self, files: &dyn Files, root: &Dir, state: &mut State) -> Result<bool, VaultError> {
        let space = files.space(root);
        let space = space.map_err(|error| fail("reading free space of", "it", 0, error))?;
        let reserve = self.reserve.unwrap_or_else(|| default_reserve(space));
        let above = space.available.saturating_sub(reserve);
        let needed = state.pending.saturating_add(ENDS);
        *state = State {
            left: above.saturating_sub(needed),
            pending: state.pending,
            ..State::default()
        };
        Ok(above >= state.pending)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Promise {
    /// Makes it one of at least `bytes`.
    pub(super) fn grow_to(
        &mut self,
        files: &dyn Files,
        root: &Dir,
        bytes: u64,
    ) -> Result<(), VaultError> {
        if bytes > self.bytes {
            let more = self.room.take(files, root, bytes - self.bytes)?;
            self.add(more);
        }
        Ok(())
    }

    /// `bytes` of it are about to be written. `false`: somebody else took the room meanwhile.
    pub(super) fn is_kept(
        &self,
        files: &dyn Files,
        root: &Dir,
        bytes: u64,
    ) -> Result<bool, VaultError> {
        self.room.is_kept(files, root, bytes)
    }

    /// Makes one of two.
    fn add(&mut self, mut other: Promise) {
        self.bytes += std::mem::take(&mut other.bytes);
    }

    /// `bytes` of it are written: free space shows them from now on.
    pub(super) fn written(&mut self, bytes: u64) {
        self.shrink_to(self.bytes.saturating_sub(bytes));
    }

    /// Gives back all but `bytes`.
    pub(super) fn shrink_to(&mut self, bytes: u64) {
        let given = self.bytes.saturating_sub(bytes);
        self.bytes -= given;
        self.room.state().pending -= given;
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.shrink_to(0);
        }
    }
}

/// Room for the records of what has its name and is not recorded yet, by SHA-256.
#[derive(Default)]
pub(super) struct Unrecorded {
    promises: Mutex<HashMap<[u8; 32], Promise>>,
}

impl Unrecorded {
    /// Keeps it until the record is written.
    pub(super) fn keep(&self, sha256: [u8; 32], promise: Promise) {
        let mut promises = self.promises.lock().unwrap_or_else(PoisonError::into_inner);
        promises.insert(sha256, promise);
    }

    /// Bytes that are kept for these.
    pub(super) fn kept<'a>(&self, of: impl Iterator<Item = &'a [u8; 32]>) -> u64 {
        let promises = self.promises.lock().unwrap_or_else(PoisonError::into_inner);
        of.filter_map(|sha256| promises.get(sha256)).map(|promise| promise.bytes).sum()
    }

    /// These are recorded.
    pub(super) fn recorded<'a>(&self, these: impl Iterator<Item = &'a [u8; 32]>) {
        let mut promises = self.promises.lock().unwrap_or_else(PoisonError::into_inner);
        these.for_each(|sha256| drop(promises.remove(sha256)));
    }
}

/// The larger of 1 GB and 5 %, but no more than half of the volume.
fn default_reserve(space: Space) -> u64 {
    (space.total / 20).max(1_000_000_000).min(space.total / 2)
}
