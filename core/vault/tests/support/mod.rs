//! Shared by the tests: a vault in a temporary folder, originals, and files that fail on demand.
#![allow(dead_code)] // each test uses a part of it

pub mod camera;
pub mod mount;

use keepsake_machine::media::{Digest, Role, Version};
use keepsake_vault::files::{Dir, File, Kind, Space, Stat, Written};
use keepsake_vault::put::Unwatched;
use keepsake_vault::{
    CaptureSource, Captured, DeviceId, Entry, Expect, Files, FolderVault, Found, Held, LocalTime,
    OpenFolder, OriginalName, OsFiles, Placement, Put, PutBytes, Record, Stored, ToPlace, Vault,
    VaultError, VaultIdentity, VaultPath,
};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub const DEVICE: DeviceId = DeviceId([7; 16]);
pub const OTHER: DeviceId = DeviceId([8; 16]);

pub fn how(device: DeviceId, expected: Option<VaultIdentity>) -> OpenFolder {
    OpenFolder {
        expected: expected.map_or(Expect::Any, Expect::Known),
        device: Some(device),
        reserve: Some(0),
    }
}

pub fn open(root: &Path) -> FolderVault {
    FolderVault::open(Arc::new(OsFiles), root, how(DEVICE, None)).unwrap()
}

pub fn open_as(root: &Path, device: DeviceId) -> FolderVault {
    FolderVault::open(Arc::new(OsFiles), root, how(device, None)).unwrap()
}

pub fn digest(bytes: &[u8]) -> Digest {
    Digest { sha256: Sha256::digest(bytes).into(), md5: None, size: bytes.len() as u64 }
}

pub fn july() -> Captured {
    let local = LocalTime::new(2026, 7, 3, 12, 0, 1).unwrap();
    Captured { local, offset: Some(120), source: CaptureSource::ExifOriginal }
}

pub fn place(vault: &dyn Vault, name: &[u8], bytes: &[u8]) -> Placement {
    try_place(vault, name, bytes).unwrap()
}

pub fn try_place(vault: &dyn Vault, name: &[u8], bytes: &[u8]) -> Result<Placement, VaultError> {
    let digest = digest(bytes);
    let resources = [(name, Some(digest))];
    let owner = (&digest).into();
    let placed = vault.place(&[ToPlace { captured: &july(), resources: &resources, owner }])?;
    Ok(placed.into_iter().next().unwrap())
}

pub fn reader(bytes: &[u8]) -> PutBytes<'_> {
    PutBytes::Read(Box::new(move || Ok(Box::new(Cursor::new(bytes)) as Box<dyn Read>)))
}

pub fn put_of<'a>(placement: &'a Placement, name: &'a [u8], bytes: &'a [u8]) -> Put<'a> {
    Put {
        placement,
        name,
        digest: digest(bytes),
        deduplicated: true,
        modified: Some(1_000_000_000_123_456_789),
        bytes: reader(bytes),
        token: None,
    }
}

/// Places and puts one original, read from memory.
pub fn put(vault: &dyn Vault, name: &[u8], bytes: &[u8]) -> Result<Stored, VaultError> {
    let placement = try_place(vault, name, bytes)?;
    vault.put(vec![put_of(&placement, name, bytes)], &Unwatched).into_iter().next().unwrap()
}

pub fn record_of(name: &[u8], bytes: &[u8], path: &VaultPath) -> Record {
    Record {
        device: DEVICE,
        sequence: 0,
        asset: OriginalName(name.to_vec()),
        role: Role::Photo,
        digest: digest(bytes),
        path: path.clone(),
        version: Version(1),
        name: OriginalName(name.to_vec()),
        original: OriginalName([b"holiday/", name].concat()),
        modified: Some(1_000_000_000_123_456_789),
        captured: july(),
        cross_id: None,
        albums: Vec::new(),
        favourite: false,
    }
}

/// The whole way of one original, as the engine goes it. Says where it is and whether it was sent.
pub fn back_up(
    vault: &dyn Vault,
    name: &[u8],
    bytes: &[u8],
) -> Result<(VaultPath, bool), VaultError> {
    let known = records(vault)?;
    let digest = digest(bytes);
    let recorded = known.iter().find(|record| record.digest == digest).map(|r| r.path.clone());
    let hit = match recorded {
        Some(path) => Some(path),
        None => match vault.find(&[digest])?.remove(0) {
            Found::Hit(path) => Some(path),
            _ => None,
        },
    };
    let there = |path: &VaultPath| -> Result<bool, VaultError> {
        Ok(vault.confirm(&[Held { path, size: digest.size }])?[0])
    };
    if let Some(path) = hit
        && there(&path)?
    {
        vault.record(vec![record_of(name, bytes, &path)])?;
        return Ok((path, false));
    }
    let stored = put(vault, name, bytes)?;
    let path = stored.path().expect("it has a place").clone();
    assert!(there(&path)?);
    vault.record(vec![record_of(name, bytes, &path)])?;
    Ok((path, matches!(stored, Stored::Sent(_))))
}

pub fn records(vault: &dyn Vault) -> Result<Vec<Record>, VaultError> {
    let mut records = Vec::new();
    for segment in vault.segments()? {
        vault.read_segment(&segment.name, &mut |entry| {
            if let Entry::Record(record) = entry {
                records.push(record);
            }
        })?;
    }
    Ok(records)
}

/// Every file of the vault outside `.keepsake`, by path, with its bytes.
pub fn photos(root: &Path) -> BTreeMap<String, Vec<u8>> {
    files_below(root).into_iter().filter(|(path, _)| !path.starts_with(".keepsake")).collect()
}

/// What lies in staging.
pub fn staged(root: &Path) -> Vec<String> {
    let files = files_below(root).into_keys();
    files.filter(|path| path.starts_with(".keepsake/staging/")).collect()
}

pub fn files_below(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, below: &str, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(root.join(below)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                walk(root, &path, found);
            } else if kind.is_file() {
                found.insert(path, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, "", &mut found);
    found
}

/// The system's files, with counters; from the n-th change on everything fails, as after a kill.
#[derive(Default)]
pub struct Mortal {
    pub changes: AtomicU64,
    pub barriers: AtomicU64,
    /// 0: never dies.
    pub dies_at: u64,
    /// Counts down barriers that fail: 1 fails the next one.
    pub failing_barriers: AtomicU64,
    /// What the volume says is free; 0: what is.
    pub says_free: AtomicU64,
}

impl Mortal {
    pub fn dying_at(change: u64) -> Mortal {
        Mortal { dies_at: change, ..Mortal::default() }
    }

    fn alive(&self) -> io::Result<()> {
        let dead = self.dies_at > 0 && self.changes.load(Ordering::SeqCst) >= self.dies_at;
        if dead { Err(io::Error::other("killed")) } else { Ok(()) }
    }

    /// A change: the n-th is not made any more.
    fn change(&self) -> io::Result<()> {
        self.alive()?;
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.alive()
    }
}

impl Files for Mortal {
    fn root(&self, path: &Path, make: bool) -> io::Result<Dir> {
        self.alive()?;
        OsFiles.root(path, make)
    }
    fn open_dir(&self, at: &Dir, name: &OsStr) -> io::Result<Dir> {
        self.alive()?;
        OsFiles.open_dir(at, name)
    }
    fn make_dir(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        self.change()?;
        OsFiles.make_dir(at, name)
    }
    fn list(&self, at: &Dir, each: &mut dyn FnMut(&OsStr, Kind)) -> io::Result<()> {
        self.alive()?;
        OsFiles.list(at, each)
    }
    fn stat(&self, at: &Dir, name: &OsStr) -> io::Result<Stat> {
        self.alive()?;
        OsFiles.stat(at, name)
    }
    fn stat_dir(&self, at: &Dir) -> io::Result<Stat> {
        self.alive()?;
        OsFiles.stat_dir(at)
    }
    fn mark(&self, at: &Dir, name: Option<&OsStr>) -> io::Result<Option<u64>> {
        OsFiles.mark(at, name)
    }

    fn open(&self, at: &Dir, name: &OsStr) -> io::Result<File> {
        self.alive()?;
        OsFiles.open(at, name)
    }
    fn create_new(&self, at: &Dir, name: &OsStr) -> io::Result<File> {
        self.change()?;
        OsFiles.create_new(at, name)
    }
    fn read(&self, file: &File, into: &mut [u8]) -> io::Result<usize> {
        self.alive()?;
        OsFiles.read(file, into)
    }
    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<()> {
        if let Err(killed) = self.change() {
            // A write that is cut short: half of it lands.
            if self.changes.load(Ordering::SeqCst) == self.dies_at {
                self.changes.fetch_add(1, Ordering::SeqCst);
                OsFiles.write(file, &bytes[..bytes.len() / 2])?;
            }
            return Err(killed);
        }
        OsFiles.write(file, bytes)
    }
    fn set_modified(&self, file: &File, modified: i64) -> io::Result<()> {
        self.change()?;
        OsFiles.set_modified(file, modified)
    }
    fn rename_new(&self, from: &Dir, name: &OsStr, to: &Dir, new: &OsStr) -> io::Result<()> {
        self.change()?;
        OsFiles.rename_new(from, name, to, new)
    }
    fn remove(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        self.change()?;
        OsFiles.remove(at, name)
    }
    fn remove_dir(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        self.change()?;
        OsFiles.remove_dir(at, name)
    }
    fn barrier(&self, at: &Dir, written: &[Written<'_>]) -> io::Result<()> {
        self.change()?;
        self.barriers.fetch_add(1, Ordering::SeqCst);
        if self.failing_barriers.load(Ordering::SeqCst) > 0
            && self.failing_barriers.fetch_sub(1, Ordering::SeqCst) == 1
        {
            return Err(io::Error::other("write error"));
        }
        let _ = (at, written); // durability is not what these tests can see
        Ok(())
    }
    fn space(&self, at: &Dir) -> io::Result<Space> {
        self.alive()?;
        let space = OsFiles.space(at)?;
        Ok(match self.says_free.load(Ordering::SeqCst) {
            0 => space,
            available => Space { available, ..space },
        })
    }
}
