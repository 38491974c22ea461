//! What the catalog's tests share: a catalog in a temporary folder, and a library to scan.
#![allow(dead_code)] // each test file uses its own part

use keepsake_catalog::scan::{Ending, ScanSummary};
use keepsake_catalog::seen::{SeenAsset, SeenResource};
use keepsake_catalog::{Catalog, Entry, UnderWay};
use keepsake_machine::Event;
use keepsake_machine::effect::{Change, RefillId, Want, WantClass};
use keepsake_machine::media::{Access, Digest, Locality, Media, ResourceId, Role, Size, Version};
use keepsake_machine::stage::Stage;
use keepsake_machine::time::Elapsed;
use std::path::PathBuf;
use tempfile::TempDir;

/// A catalog of its own, with a vault.
pub struct Home {
    pub folder: TempDir,
    pub catalog: Catalog,
}

pub const VAULT: [u8; 16] = [7; 16];
pub const OTHER_VAULT: [u8; 16] = [8; 16];

impl Home {
    pub fn new() -> Home {
        let folder = tempfile::tempdir().unwrap();
        let mut catalog = Catalog::open(&folder.path().join("catalog.db")).unwrap().catalog;
        catalog.activate(&VAULT, "/vault").unwrap();
        Home { folder, catalog }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("catalog.db")
    }

    /// Closes and opens it again, as after a kill.
    pub fn reopened(self) -> Home {
        let Home { folder, catalog } = self;
        drop(catalog);
        let opened = Catalog::open(&folder.path().join("catalog.db")).unwrap();
        assert_eq!(opened.set_aside, None);
        Home { folder, catalog: opened.catalog }
    }

    /// A complete scan, in pages of three assets, in the order of local ids.
    pub fn scan(&mut self, library: &[SeenAsset]) -> ScanSummary {
        let (summary, events) = self.scan_with(library, &Ending::default(), &UnderWay::new());
        assert_eq!(events, []);
        summary
    }

    pub fn scan_with(
        &mut self,
        library: &[SeenAsset],
        ending: &Ending,
        under_way: &UnderWay,
    ) -> (ScanSummary, Vec<Event>) {
        let mut sorted = library.to_vec();
        sorted.sort_by(|a, b| a.local_id.cmp(&b.local_id));
        self.scan_as_given(&sorted, ending, under_way)
    }

    pub fn scan_as_given(
        &mut self,
        library: &[SeenAsset],
        ending: &Ending,
        under_way: &UnderWay,
    ) -> (ScanSummary, Vec<Event>) {
        let mut scan = self.catalog.begin_scan(None);
        let mut events = Vec::new();
        for page in library.chunks(3) {
            events.extend(self.catalog.scan_page(&mut scan, page, under_way).unwrap());
        }
        let (summary, last) = self.catalog.finish_scan(scan, ending, under_way).unwrap();
        events.extend(last);
        (summary, events)
    }

    pub fn entry(&self, local_id: &str) -> Entry {
        self.catalog.by_local_id(local_id.as_bytes()).unwrap().unwrap()
    }

    pub fn id(&self, local_id: &str) -> ResourceId {
        self.entry(local_id).resource
    }

    pub fn stage(&self, local_id: &str) -> Stage {
        self.entry(local_id).stage
    }

    /// Binds a digest and goes to `stage`, as the machine would.
    pub fn persist(&mut self, local_id: &str, stage: Stage) {
        self.persist_at(local_id, stage, Elapsed(1_000));
    }

    pub fn persist_at(&mut self, local_id: &str, stage: Stage, at: Elapsed) {
        let resource = self.id(local_id);
        let version = self.catalog.row(resource).unwrap().unwrap().version;
        let changes = [
            Change::Stage { resource, stage },
            Change::Digest { resource, version, digest: digest(local_id) },
        ];
        self.catalog.apply(&changes, &[], false, at).unwrap();
    }
}

/// One photo, named and fingerprinted after its local id, newest last in the alphabet.
pub fn photo(local_id: &str) -> SeenAsset {
    let taken = i64::from(*local_id.as_bytes().last().unwrap_or(&0)) * 1_000;
    SeenAsset {
        local_id: local_id.into(),
        taken,
        favourite: false,
        albums: Vec::new(),
        cross_id: None,
        chosen: true,
        resources: vec![still(local_id)],
    }
}

pub fn still(local_id: &str) -> SeenResource {
    SeenResource {
        local_id: local_id.into(),
        role: Role::Photo,
        media: Media::Photo,
        name: local_id.rsplit('/').next().unwrap_or_default().into(),
        size: Size::Exact(1_000),
        version: Version(1),
        locality: Locality::Local,
        access: Access::Seekable,
        modified: Some(1),
    }
}

pub fn in_role(local_id: &str, role: Role) -> SeenResource {
    SeenResource { role, ..still(local_id) }
}

/// The digest of some bytes.
pub fn digest(bytes: &str) -> Digest {
    let mut sha256 = [0x5a_u8; 32];
    for (place, byte) in bytes.bytes().enumerate() {
        sha256[place % 32] = sha256[place % 32].wrapping_mul(31).wrapping_add(byte);
    }
    Digest { sha256, md5: None, size: 1_000 }
}

/// Everything that may be admitted, newest first.
pub fn want(newest: u32) -> Want {
    let mut classes = Vec::new();
    for media in [Media::Photo, Media::Video] {
        for locality in [Locality::Local, Locality::Cloud, Locality::Unknown] {
            for digest_known in [false, true] {
                classes.push(WantClass { media, locality, digest_known, at_most: None });
            }
        }
    }
    Want {
        id: RefillId(1),
        classes,
        newest,
        below: None,
        oldest: 0,
        above: None,
        due: Elapsed(0),
        recall: None,
        exactly: Vec::new(),
        skip: Vec::new(),
    }
}
