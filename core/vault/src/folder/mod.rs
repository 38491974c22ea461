//! A vault that is a plain folder: `2026/07/IMG_0042.HEIC`, and `.keepsake/` beside it.

use crate::error::VaultError;
use crate::files::Files;
use crate::id::{DeviceId, VaultIdentity};
use crate::names::{Placement, ToPlace};
use crate::path::VaultPath;
use crate::put::{Put, Staging, Stored, Teed, Watch};
use crate::record::{Entry, Record, SegmentName, SegmentRead};
use crate::vault::{Found, Held, Tidied, Vault};
use keepsake_machine::media::Digest;
use keepsake_machine::settings;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// How a folder is opened as a vault.
#[derive(Debug, Clone, Copy)]
pub struct OpenFolder {
    /// The vault that must be there. `None`: whichever is there, and if there is none and it is
    /// opened for writing, a new one is made. A known vault is never made anew.
    pub expected: Option<VaultIdentity>,
    /// Who writes. `None` opens it for reading only (restore): nothing at all is written.
    pub device: Option<DeviceId>,
    /// Bytes on its volume that backing up never touches; `None`: the larger of 1 GB and 5 %, but
    /// no more than half of the volume.
    pub reserve: Option<u64>,
}

/// A vault that is a plain folder.
pub struct FolderVault {}

impl FolderVault {
    /// Opens `root`, and removes what an earlier run of this device left in staging.
    ///
    /// `Unavailable` when the expected id is not there (an empty mount point), `AnotherVault` when
    /// it is another's, `Newer` when its format is unknown, `ReadOnly`, `Damaged`.
    pub fn open(
        files: Arc<dyn Files>,
        root: &Path,
        how: OpenFolder,
    ) -> Result<FolderVault, VaultError> {
        let _ = (files, root, how);
        unimplemented!()
    }
}

impl Vault for FolderVault {
    fn id(&self) -> VaultIdentity {
        unimplemented!()
    }
    fn features(&self) -> settings::Vault {
        unimplemented!()
    }
    fn probe(&self) -> Result<Option<u64>, VaultError> {
        unimplemented!()
    }
    fn find(&self, _digests: &[Digest]) -> Result<Vec<Found>, VaultError> {
        unimplemented!()
    }
    fn place(&self, _assets: &[ToPlace<'_>]) -> Result<Vec<Placement>, VaultError> {
        unimplemented!()
    }
    fn stage(&self, _size: u64) -> Result<Box<dyn Staging>, VaultError> {
        unimplemented!()
    }
    fn discard(&self, _teed: Teed) {
        unimplemented!()
    }
    fn put(&self, _group: Vec<Put<'_>>, _watch: &dyn Watch) -> Vec<Result<Stored, VaultError>> {
        unimplemented!()
    }
    fn confirm(&self, _items: &[Held<'_>]) -> Result<Vec<bool>, VaultError> {
        unimplemented!()
    }
    fn record(&self, _records: Vec<Record>) -> Result<Option<SegmentName>, VaultError> {
        unimplemented!()
    }
    fn forget(&self, _digests: &[Digest]) -> Result<Option<SegmentName>, VaultError> {
        unimplemented!()
    }
    fn abandon(&self, _token: &[u8]) -> Result<(), VaultError> {
        unimplemented!()
    }
    fn segments(&self) -> Result<Vec<SegmentName>, VaultError> {
        unimplemented!()
    }
    fn read_segment(
        &self,
        _name: &SegmentName,
        _each: &mut dyn FnMut(Entry),
    ) -> Result<SegmentRead, VaultError> {
        unimplemented!()
    }
    fn open(&self, _path: &VaultPath) -> Result<Option<Box<dyn io::Read + Send>>, VaultError> {
        unimplemented!()
    }
    fn tidy(&self, _wall: i64) -> Result<Tidied, VaultError> {
        unimplemented!()
    }
}
