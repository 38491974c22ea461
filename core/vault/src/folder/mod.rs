//! A vault that is a plain folder: `2026/07/IMG_0042.HEIC`, and `.keepsake/` beside it.
//!
//! | file | tells |
//! |---|---|
//! | `home` | which vault it is; its own folders |
//! | `staging`, `lanes` | how bytes land before they have a name |
//! | `commit` | how a group gets its names: sync, rename, sync |
//! | `barrier` | how groups share a sync |
//! | `way` | whether what is held open is still where its path leads |
//! | `places`, `place` | the date folders, and how assets find free names there |
//! | `records` | segments written and read |
//! | `adopt` | what lies there without a record |
//! | `tidy` | merging segments, sweeping staging |
//! | `room`, `bytes`, `fail` | free space, reading and comparing, what errors mean |
//!
//! A folder is hostile until proven otherwise: everything is opened relative to an open folder, by
//! one name at a time, and no link is followed below the root.

mod adopt;
mod barrier;
mod bytes;
mod commit;
mod fail;
mod home;
mod lanes;
mod place;
mod places;
mod records;
mod room;
mod staging;
mod tidy;
mod way;

use crate::error::VaultError;
use crate::files::{Files, Kind};
use crate::id::{DeviceId, VaultIdentity};
use crate::names::{Placement, ToPlace};
use crate::path::VaultPath;
use crate::put::{Put, Staging, Stored, Teed, Watch};
use crate::record::{Entry, Record, Segment, SegmentName, SegmentRead};
use crate::vault::{FolderSeen, Found, Held, Strays, Tidied, Vault};
use adopt::Memory;
use barrier::Barrier;
use commit::Recent;
use home::Home;
use keepsake_machine::media::Digest;
use keepsake_machine::settings;
use lanes::Lanes;
use places::{Places, Visit};
use room::{Room, Unrecorded};
use staging::{Landing, Staged};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// How a folder is opened as a vault.
#[derive(Debug, Clone, Copy)]
pub struct OpenFolder {
    /// The vault that must be there.
    pub expected: Expect,
    /// Who writes. `None` opens it for reading only (restore): nothing at all is written. Opening sweeps
    /// the device's staging, unless another run of it (a copied state) is at work there.
    pub device: Option<DeviceId>,
    /// Bytes on its volume that backing up never touches; `None`: the larger of 1 GB and 5 %, but
    /// no more than half of the volume.
    pub reserve: Option<u64>,
}

/// Which vault must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Whichever is; if there is none and it is opened for writing, a new one is made.
    Any,
    /// This one, which is never made anew: an empty mount point is not it.
    Known(VaultIdentity),
    /// What is left of this one (of any): the user says that somebody removed its `.keepsake`, or that
    /// its id is damaged for good. It has its id again, and new records where there are none; where
    /// another device has begun new ones meanwhile, those are taken. Not where nothing lies at all.
    Remains(Option<VaultIdentity>),
}

/// A vault that is a plain folder.
pub struct FolderVault {
    shared: Arc<Shared>,
}

/// What a vault and what it has staged share.
struct Shared {
    files: Arc<dyn Files>,
    root: PathBuf,
    how: OpenFolder,
    id: VaultIdentity,
    home: RwLock<Arc<Home>>,
    places: Places,
    barrier: Barrier,
    room: Arc<Room>,
    unrecorded: Unrecorded,
    /// Tells this run's staged files from those of others, and numbers them.
    run: u32,
    staged: AtomicU64,
    lanes: Lanes,
    recent: Mutex<Recent>,
    memory: Mutex<Memory>,
    /// The last sequence given; `None` before it was looked up.
    sequence: Mutex<Option<u64>>,
}

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
        let home = Home::open(&*files, root, how)?;
        if let Some((staging, _)) = &home.staging {
            home::sweep_own(&*files, staging)
                .map_err(|error| fail::fail("sweeping", "staging", 0, error))?;
        }
        let [a, b, c, d, ..] = files
            .random()
            .map_err(|error| fail::fail("choosing a name for", "this run", 0, error))?;
        let shared = Shared {
            files,
            root: root.to_owned(),
            how: OpenFolder { expected: Expect::Known(home.id), ..how },
            id: home.id,
            home: RwLock::new(Arc::new(home)),
            places: Places::default(),
            barrier: Barrier::default(),
            room: Room::new(how.reserve),
            unrecorded: Unrecorded::default(),
            run: u32::from_le_bytes([a, b, c, d]),
            staged: AtomicU64::new(0),
            lanes: Lanes::default(),
            recent: Mutex::default(),
            memory: Mutex::default(),
            sequence: Mutex::new(None),
        };
        Ok(FolderVault { shared: Arc::new(shared) })
    }
}

impl Shared {
    /// The vault's folders, if the folder at its path is still the one that we opened.
    fn home(&self) -> Result<Arc<Home>, VaultError> {
        let home = Arc::clone(&self.home.read().unwrap_or_else(PoisonError::into_inner));
        let why = match home.is_still_at(&*self.files, &self.root) {
            Ok(true) => return Ok(home),
            Ok(false) => "another folder lies in its place, or in that of its .keepsake; perhaps \
                          it is not mounted"
                .to_owned(),
            Err(error) => error.to_string(),
        };
        Err(VaultError::Unavailable { place: self.root.display().to_string(), why })
    }

    /// Opens the folder again where it was away, and says how it is.
    fn probe(&self) -> Result<Option<u64>, VaultError> {
        let home = Arc::new(Home::open(&*self.files, &self.root, self.how)?);
        let known = Arc::clone(&self.home.read().unwrap_or_else(PoisonError::into_inner));
        // A disk that was pulled out and put back has the same folders under the same numbers, and
        // answers nothing any more of what was opened before.
        let answers = matches!(known.is_still_at(&*self.files, &self.root), Ok(true));
        let home = if answers && known.is_same(&home) {
            known
        } else {
            self.places.clear();
            *self.memory.lock().unwrap_or_else(PoisonError::into_inner) = Memory::default();
            *self.home.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&home);
            home
        };
        self.room.left(&*self.files, &home.root).map(Some)
    }

    fn visit<'a>(&'a self, home: &'a Home) -> Visit<'a> {
        Visit::new(&*self.files, home, &self.places, &self.room)
    }
}

impl Vault for FolderVault {
    fn id(&self) -> VaultIdentity {
        self.shared.id
    }

    fn features(&self) -> settings::Vault {
        settings::Vault { remote: false, tee: true, tickets: false, md5: false }
    }

    fn probe(&self) -> Result<Option<u64>, VaultError> {
        self.shared.probe()
    }

    fn find(&self, digests: &[Digest]) -> Result<Vec<Found>, VaultError> {
        self.shared.find(digests)
    }

    fn unrecorded(&self) -> Result<Strays, VaultError> {
        self.shared.unrecorded()
    }

    fn place(&self, assets: &[ToPlace<'_>]) -> Result<Vec<Placement>, VaultError> {
        self.shared.place(assets)
    }

    fn stage(&self, size: u64) -> Result<Box<dyn Staging>, VaultError> {
        let home = Arc::clone(&self.shared.home.read().unwrap_or_else(PoisonError::into_inner));
        Ok(Box::new(Landing::begin(&self.shared, &home, size)?))
    }

    fn discard(&self, teed: Teed) {
        if let Some(staged) = teed.into_note::<Staged>() {
            self.shared.drop_staged(&staged);
        }
    }

    fn put(&self, group: Vec<Put<'_>>, watch: &dyn Watch) -> Vec<Result<Stored, VaultError>> {
        commit::put(&self.shared, group, watch)
    }

    fn confirm(&self, items: &[Held<'_>]) -> Result<Vec<bool>, VaultError> {
        let home = self.shared.home()?;
        let mut visit = self.shared.visit(&home);
        let look = |item: &Held<'_>| {
            let (folder, name) = item.path.split();
            visit.holds(folder, name, item.size)
        };
        items.iter().map(look).collect()
    }

    fn see_folders(&self, folders: &[String]) -> Result<Vec<FolderSeen>, VaultError> {
        let home = self.shared.home()?;
        let mut way = way::Walk::from(&*self.shared.files, &home.root);
        let seen = folders.iter().map(|folder| way.seen(folder)).collect();
        // Of a vault that went away meanwhile nothing is said.
        self.shared.home().map(|_| seen)
    }

    fn record(&self, records: Vec<Record>) -> Result<Option<Segment>, VaultError> {
        self.shared.record(records)
    }

    fn forget(&self, digests: &[Digest]) -> Result<Option<Segment>, VaultError> {
        self.shared.forget(digests)
    }

    fn abandon(&self, _token: &[u8]) -> Result<(), VaultError> {
        Ok(()) // a folder has no unfinished uploads: it gives out no tokens
    }

    fn segments(&self) -> Result<Vec<Segment>, VaultError> {
        let home = self.shared.home()?;
        self.shared.marked_segments(&home)
    }

    fn read_segment(
        &self,
        name: &SegmentName,
        each: &mut dyn FnMut(Entry),
    ) -> Result<SegmentRead, VaultError> {
        let home = self.shared.home()?;
        let read = self.shared.read_segment(&home, name, each);
        // Of a vault that went away meanwhile nothing is said.
        self.shared.home().map(|_| read)
    }

    fn open(&self, path: &VaultPath) -> Result<Option<Box<dyn io::Read + Send>>, VaultError> {
        let home = self.shared.home()?;
        let (folder, name) = path.split();
        let Some(folder) = self.shared.visit(&home).there(folder)? else { return Ok(None) };
        match self.shared.files.stat(&folder.dir, OsStr::new(name)) {
            Ok(stat) if stat.kind == Kind::File => {}
            Err(error) if !fail::is_absent(&error) => {
                return Err(fail::fail("looking at", path.as_str(), 0, error));
            }
            _ => return Ok(None),
        }
        let files = Arc::clone(&self.shared.files);
        match files.open(&folder.dir, OsStr::new(name)) {
            Err(error) if fail::is_absent(&error) => Ok(None),
            Err(error) => Err(fail::fail("reading", path.as_str(), 0, error)),
            Ok(file) => Ok(Some(Box::new(bytes::Reading { files, file }))),
        }
    }

    fn tidy(&self, wall: i64) -> Result<Tidied, VaultError> {
        self.shared.tidy(wall)
    }
}
