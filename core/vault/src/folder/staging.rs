//! Originals on their way in: `.keepsake/staging/<device>/<run>-<n>/<m>`.

use super::Shared;
use super::fail::fail;
use super::home::Home;
use super::room::{BLOCK, NAME_AND_RECORD, Promise};
use crate::error::VaultError;
use crate::files::{Dir, File};
use crate::put::{Staging, Teed};
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What is staged, complete; not durable yet.
pub(super) struct Staged {
    pub(super) home: Arc<Home>,
    pub(super) dir: Dir,
    pub(super) name: OsString,
    pub(super) size: u64,
    /// [`super::barrier::Barrier::failures`] when its writing began.
    pub(super) since: u64,
    /// Room for its name and record.
    pub(super) promise: Promise,
}

/// What a file takes besides its bytes while it is written: the ends of its last block and of its
/// folder's, and what it needs later.
const BESIDES: u64 = 2 * BLOCK + NAME_AND_RECORD;

/// What is being staged.
pub(super) struct Landing {
    shared: Arc<Shared>,
    home: Arc<Home>,
    dir: Dir,
    /// `None` once it is finished.
    file: Option<File>,
    name: OsString,
    /// Bytes in all, as far as they are known.
    size: u64,
    written: u64,
    promise: Promise,
    since: u64,
}

impl Landing {
    /// Begins a file for `size` bytes, for which there must be room.
    pub(super) fn begin(
        shared: &Arc<Shared>,
        home: &Arc<Home>,
        size: u64,
    ) -> Result<Landing, VaultError> {
        let room = size.saturating_add(BESIDES);
        let promise = shared.room.take(&*shared.files, &home.root, room)?;
        let number = shared.staged.fetch_add(1, Ordering::Relaxed);
        let dir = shared.lanes.folder(&*shared.files, home, || {
            OsString::from(format!("{:08x}-{number:x}", shared.run))
        })?;
        let name = OsString::from(format!("{number:x}"));
        let since = shared.barrier.failures();
        let file = shared
            .files
            .create_new(&dir, &name)
            .map_err(|error| shared.fail("staging", &name.to_string_lossy(), size, error))?;
        Ok(Landing {
            shared: Arc::clone(shared),
            home: Arc::clone(home),
            dir,
            file: Some(file),
            name,
            size,
            written: 0,
            promise,
            since,
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        let Some(file) = &self.file else { return Ok(()) };
        let (more, files) = (bytes.len() as u64, &*self.shared.files);
        // All of it must fit when it is tried again.
        let needed = self.size.max(self.written + more).saturating_add(BESIDES);
        let grown = self.promise.grow_to(files, &self.home.root, more.saturating_add(BESIDES));
        grown.map_err(|error| match error {
            VaultError::Full { .. } => VaultError::Full { needed },
            other => other,
        })?;
        if !self.promise.is_kept(files, &self.home.root, more)? {
            return Err(VaultError::Full { needed });
        }
        files
            .write(file, bytes)
            .map_err(|error| self.shared.fail("staging", "an original", needed, error))?;
        self.written += more;
        self.promise.written(more);
        Ok(())
    }

    pub(super) fn end(mut self, modified: Option<i64>) -> Staged {
        if let (Some(file), Some(modified)) = (&self.file, modified) {
            // A file system that cannot keep this time still keeps the photo; the record has it.
            let _ = self.shared.files.set_modified(file, modified);
        }
        self.file = None;
        self.promise.shrink_to(NAME_AND_RECORD);
        Staged {
            home: Arc::clone(&self.home),
            dir: self.dir.clone(),
            name: std::mem::take(&mut self.name),
            size: self.written,
            since: self.since,
            promise: std::mem::replace(&mut self.promise, self.shared.room.nothing()),
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if !self.name.is_empty() {
            self.file = None;
            // If even that fails, the next opening sweeps it.
            let _ = self.shared.files.remove(&self.dir, &self.name);
        }
    }
}

impl Staging for Landing {
    fn write(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        Landing::write(self, bytes)
    }

    fn finish(self: Box<Self>, modified: Option<i64>) -> Result<Teed, VaultError> {
        Ok(Teed::new(self.end(modified)))
    }
}

impl Shared {
    /// Removes something staged.
    pub(super) fn drop_staged(&self, staged: &Staged) {
        // If even that fails, the next opening sweeps it.
        let _ = self.files.remove(&staged.dir, &staged.name);
    }

    /// [`fail`], but what is no item's own fault stays the vault's.
    pub(super) fn fail(
        &self,
        what: &str,
        name: &str,
        bytes: u64,
        error: std::io::Error,
    ) -> VaultError {
        match fail(what, name, bytes, error) {
            VaultError::ReadOnly { why, .. } => {
                // Which folder, but no photo's name: this is shown, and reported.
                let folder = name.rsplit_once('/').map(|(folder, _)| self.root.join(folder));
                let place = folder.unwrap_or_else(|| self.root.clone());
                VaultError::ReadOnly { place: place.display().to_string(), why }
            }
            other => other,
        }
    }
}
