//! How long the folder vault takes for many small photos, and how many syncs.
//!
//! ```text
//! cargo run --release -p keepsake-vault --example puts -- FOLDER [COUNT] [BYTES] [LANES]
//! ```
//!
//! The bytes are made, not read, and the digest is not computed: what is measured is the vault.
//! One thread stages; in each lane one puts and one
//! records, as in the engine: more lanes share more syncs. Compare with `cp -r` and `sync` of
//! as many files.

use keepsake_machine::media::{Digest, Role, Version};
use keepsake_vault::files::{Dir, File, Files, Kind, OsFiles, Space, Stat, Written};
use keepsake_vault::put::Unwatched;
use keepsake_vault::{
    CaptureSource, Captured, DeviceId, Expect, FolderVault, Held, LocalTime, OpenFolder,
    OriginalName, Placement, Put, PutBytes, Record, Teed, ToPlace, Vault, VaultPath,
};
use std::error::Error;
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Instant;

type Anyhow = Box<dyn Error + Send + Sync>;

struct One {
    name: Vec<u8>,
    digest: Digest,
    placement: Placement,
    teed: Option<Teed>,
    path: Option<VaultPath>,
}

fn main() -> Result<(), Anyhow> {
    let mut args = std::env::args().skip(1);
    let root = args.next().ok_or("name a folder that does not exist yet")?;
    let count: u64 = args.next().map_or(Ok(100_000), |arg| arg.parse())?;
    let size: usize = args.next().map_or(Ok(4096), |arg| arg.parse())?;
    let lanes: usize = args.next().map_or(Ok(2), |arg| arg.parse())?;
    let files = Arc::new(Counting::default());
    let how =
        OpenFolder { expected: Expect::Any, device: Some(DeviceId([1; 16])), reserve: Some(0) };
    let vault = FolderVault::open(files.clone(), Path::new(&root), how)?;
    let (cpu, start) = (cpu_time(), Instant::now());
    let (to_put, puts) = sync_channel::<Vec<One>>(4);
    let (to_record, records) = sync_channel::<Vec<One>>(4);
    let (puts, records) = (Mutex::new(puts), Mutex::new(records));
    let (vault, puts, records) = (&vault, &puts, &records);
    std::thread::scope(|scope| -> Result<(), Anyhow> {
        let mut threads = Vec::new();
        for _ in 0..lanes {
            let to_record = to_record.clone();
            threads.push(scope.spawn(move || -> Result<(), Anyhow> {
                while let Some(group) = next(puts) {
                    to_record.send(put(vault, group)?)?;
                }
                Ok(())
            }));
            threads.push(scope.spawn(move || -> Result<(), Anyhow> {
                while let Some(group) = next(records) {
                    record(vault, &group)?;
                }
                Ok(())
            }));
        }
        drop(to_record);
        let mut bytes = vec![7; size];
        for first in (0..count).step_by(256) {
            to_put.send(stage(vault, first..count.min(first + 256), &mut bytes)?)?;
        }
        drop(to_put);
        for thread in threads {
            thread.join().map_err(|_| "a thread panicked")??;
        }
        Ok(())
    })?;
    let (cpu, took) = (cpu_time() - cpu, start.elapsed().as_secs_f64());
    let syncs = files.0.load(Ordering::Relaxed);
    println!(
        "{count} files of {size} B in {took:.2} s, {syncs} syncs ({:.4} each)",
        syncs as f64 / count as f64
    );
    println!("CPU {:.1} µs a file (user and system, all threads)", cpu * 1e6 / count as f64);
    let start = Instant::now();
    let tidied = vault.tidy(0)?;
    println!(
        "tidy: {:.2} s, {} merged segments",
        start.elapsed().as_secs_f64(),
        tidied.merged.len()
    );
    Ok(())
}

fn next(from: &Mutex<Receiver<Vec<One>>>) -> Option<Vec<One>> {
    from.lock().ok()?.recv().ok()
}

fn stage(
    vault: &dyn Vault,
    range: std::ops::Range<u64>,
    bytes: &mut [u8],
) -> Result<Vec<One>, Anyhow> {
    let mut group = Vec::with_capacity(256);
    for number in range {
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        let mut sha256 = [0; 32];
        sha256[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        let digest = Digest { sha256, md5: None, size: bytes.len() as u64 };
        let name = format!("IMG_{number:06}.JPG").into_bytes();
        let teed = vault.tee(bytes, Some(1_000_000_000_000_000_000))?;
        let placement = Placement::as_shot(&taken(), &name);
        group.push(One { name, digest, placement, teed: Some(teed), path: None });
    }
    Ok(group)
}

fn put(vault: &dyn Vault, mut group: Vec<One>) -> Result<Vec<One>, Anyhow> {
    let captured = taken();
    let resources: Vec<_> =
        group.iter().map(|one| [(one.name.as_slice(), Some(one.digest))]).collect();
    let to_place = |(resources, one): (_, &One)| ToPlace {
        captured: &captured,
        resources,
        owner: (&one.digest).into(),
    };
    let assets: Vec<_> = resources.iter().map(|one| &one[..]).zip(&group).map(to_place).collect();
    let placements = vault.place(&assets)?;
    let teed: Vec<_> = group.iter_mut().map(|one| one.teed.take()).collect();
    let puts = group.iter().zip(&placements).zip(teed).filter_map(|((one, placement), teed)| {
        Some(Put {
            placement,
            name: &one.name,
            digest: one.digest,
            deduplicated: true,
            modified: None,
            bytes: PutBytes::Teed(teed?),
            token: None,
        })
    });
    let stored = vault.put(puts.collect(), &Unwatched);
    for ((one, placement), stored) in group.iter_mut().zip(placements).zip(stored) {
        one.path = stored?.path().cloned();
        one.placement = placement;
    }
    Ok(group)
}

fn record(vault: &dyn Vault, group: &[One]) -> Result<(), Anyhow> {
    let held: Vec<_> = group
        .iter()
        .filter_map(|one| Some(Held { path: one.path.as_ref()?, size: one.digest.size }))
        .collect();
    assert!(vault.confirm(&held)?.into_iter().all(|there| there));
    let records = group.iter().filter_map(|one| {
        Some(Record {
            device: DeviceId([0; 16]),
            sequence: 0,
            asset: OriginalName(one.name.clone()),
            role: Role::Photo,
            digest: one.digest,
            path: one.path.clone()?,
            version: Version(1),
            name: OriginalName(one.name.clone()),
            original: OriginalName(one.name.clone()),
            modified: Some(1_000_000_000_000_000_000),
            captured: taken(),
            cross_id: None,
            albums: Vec::new(),
            favourite: false,
        })
    });
    vault.record(records.collect())?;
    Ok(())
}

fn taken() -> Captured {
    Captured { local: LocalTime::from_seconds(0), offset: None, source: CaptureSource::FileTime }
}

/// Seconds of CPU that this process has used.
fn cpu_time() -> f64 {
    let ticks = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let main: f64 = ticks.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0.0);
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or("").split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (main / 1e9).max((ticks(11) + ticks(12)) / 100.0)
}

/// The system's files, with the syncs counted.
#[derive(Default)]
struct Counting(AtomicU64);

impl Files for Counting {
    fn root(&self, path: &Path, make: bool) -> io::Result<Dir> {
        OsFiles.root(path, make)
    }
    fn open_dir(&self, at: &Dir, name: &OsStr) -> io::Result<Dir> {
        OsFiles.open_dir(at, name)
    }
    fn make_dir(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        OsFiles.make_dir(at, name)
    }
    fn list(&self, at: &Dir, each: &mut dyn FnMut(&OsStr, Kind)) -> io::Result<()> {
        OsFiles.list(at, each)
    }
    fn stat(&self, at: &Dir, name: &OsStr) -> io::Result<Stat> {
        OsFiles.stat(at, name)
    }
    fn stat_dir(&self, at: &Dir) -> io::Result<Stat> {
        OsFiles.stat_dir(at)
    }
    fn mark(&self, at: &Dir, name: Option<&OsStr>) -> io::Result<Option<u64>> {
        OsFiles.mark(at, name)
    }

    fn open(&self, at: &Dir, name: &OsStr) -> io::Result<File> {
        OsFiles.open(at, name)
    }
    fn create_new(&self, at: &Dir, name: &OsStr) -> io::Result<File> {
        OsFiles.create_new(at, name)
    }
    fn read(&self, file: &File, into: &mut [u8]) -> io::Result<usize> {
        OsFiles.read(file, into)
    }
    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<()> {
        OsFiles.write(file, bytes)
    }
    fn set_modified(&self, file: &File, modified: i64) -> io::Result<()> {
        OsFiles.set_modified(file, modified)
    }
    fn rename_new(&self, from: &Dir, name: &OsStr, to: &Dir, new: &OsStr) -> io::Result<()> {
        OsFiles.rename_new(from, name, to, new)
    }
    fn remove(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        OsFiles.remove(at, name)
    }
    fn remove_dir(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        OsFiles.remove_dir(at, name)
    }
    fn barrier(&self, at: &Dir, written: &[Written<'_>]) -> io::Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        OsFiles.barrier(at, written)
    }
    fn space(&self, at: &Dir) -> io::Result<Space> {
        OsFiles.space(at)
    }
}
