//! Housekeeping: few segments instead of many, and no staging that nobody comes back for.

use super::Shared;
use super::fail::{fail, is_absent};
use super::home::Home;
use super::records::file_name;
use crate::error::VaultError;
use crate::files::Kind;
use crate::id::DeviceId;
use crate::record::{Entry, SegmentName};
use crate::segment::{self, Line, Writer};
use crate::vault::Tidied;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};

/// Segments up to this many are left alone.
const FEW: usize = 32;
/// A merged segment is closed at this size: a million records are a few dozen.
const CLOSED_AT: usize = 8 << 20;
/// Segments of this size are not merged again.
const LARGE: u64 = 4 << 20;
/// Staging that did not change for so long belongs to nobody: 30 days, in milliseconds.
const ABANDONED: i64 = 30 * 86_400_000;

impl Shared {
    pub(super) fn tidy(&self, wall: i64) -> Result<Tidied, VaultError> {
        let home = self.home()?;
        let mut tidied = Tidied::default();
        self.merge(&home, &mut tidied)?;
        self.sweep_others(&home, wall, &mut tidied)?;
        self.look_again();
        Ok(tidied)
    }

    /// Merges small segments, if they are many. The merged one is durable before its sources go.
    fn merge(&self, home: &Home, tidied: &mut Tidied) -> Result<(), VaultError> {
        let segments = home.segments()?;
        let mut small = Vec::new();
        for name in self.list_segments(home)? {
            match self.files.stat(segments, OsStr::new(&file_name(&name))) {
                Ok(stat) if stat.kind == Kind::File && stat.size < LARGE => small.push(name),
                _ => {}
            }
        }
        if small.len() <= FEW {
            return Ok(());
        }
        let mut merge = Merge::default();
        for name in small {
            match self.segment_bytes(home, &name) {
                Ok(None) => {}
                Ok(Some(bytes)) => match merge.add(&bytes) {
                    Ok(()) => merge.sources.push(name),
                    Err(why) => tidied.damaged.push((name, why)),
                },
                Err(read) => tidied.damaged.extend(read.damaged.map(|why| (name, why))),
            }
            if merge.bytes > CLOSED_AT {
                self.close(home, std::mem::take(&mut merge), tidied)?;
            }
        }
        self.close(home, merge, tidied)
    }

    fn close(&self, home: &Home, merge: Merge, tidied: &mut Tidied) -> Result<(), VaultError> {
        if merge.sources.len() < 2 {
            return Ok(());
        }
        let (writer, sources) = merge.finish();
        let merged = self.write_segment(home, writer, 0)?;
        let segments = home.segments()?;
        for source in &sources {
            match self.files.remove(segments, OsStr::new(&file_name(source))) {
                Err(error) if !is_absent(&error) => {
                    return Err(self.fail("removing", "a merged segment", 0, error));
                }
                _ => {}
            }
        }
        tidied.merged.push((merged, sources));
        Ok(())
    }

    /// Removes what other devices staged long ago, and their folders.
    fn sweep_others(&self, home: &Home, wall: i64, tidied: &mut Tidied) -> Result<(), VaultError> {
        let Some((own, all)) = &home.staging else { return Ok(()) };
        let mine = self.files.stat_dir(own).map_err(|e| fail("looking at", "staging", 0, e))?;
        let listing = |error| fail("listing", "staging", 0, error);
        let old = |changed: i64| wall.saturating_sub(changed / 1_000_000) > ABANDONED;
        for device in names(self, all).map_err(listing)? {
            // A link is no device's folder, and is not opened.
            let Ok(dir) = self.files.open_dir(all, &device) else { continue };
            match self.files.stat_dir(&dir) {
                Ok(stat) if stat.identity != mine.identity => {}
                _ => continue,
            }
            for name in names(self, &dir).map_err(listing)? {
                // A staged file bears its photo's time: only its last change says its age. A
                // subfolder changes with every file that comes or goes.
                let Ok(stat) = self.files.stat(&dir, &name) else { continue };
                match stat.kind {
                    _ if !old(stat.changed.max(stat.modified)) => {}
                    Kind::Dir => {
                        tidied.swept += super::lanes::remove_folder(&*self.files, &dir, &name);
                    }
                    _ => tidied.swept += u64::from(self.files.remove(&dir, &name).is_ok()),
                }
            }
            if self.files.stat_dir(&dir).is_ok_and(|stat| old(stat.changed.max(stat.modified))) {
                let _ = self.files.remove_dir(all, &device); // only if it is empty
            }
        }
        Ok(())
    }
}

fn names(shared: &Shared, dir: &crate::files::Dir) -> std::io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    shared.files.list(dir, &mut |name, _| names.push(name.to_owned()))?;
    Ok(names)
}

/// Lines of several segments on their way into one. A line goes only when another stays that has
/// its key *and* its path and is at least as new: the last record that names a path always stays.
#[derive(Default)]
struct Merge {
    sources: Vec<SegmentName>,
    lines: Vec<Kept>,
    newest: HashMap<[u8; 32], usize>,
    bytes: usize,
}

/// A line, with device and sequence where it is understood.
type Kept = (Vec<u8>, Option<(DeviceId, u64)>);

impl Merge {
    /// Adds a segment's lines, if it is sound as a whole.
    fn add(&mut self, bytes: &[u8]) -> Result<(), String> {
        for line in segment::check(bytes)? {
            self.bytes += line.len() + 1;
            let Line::Entry(entry) = segment::line(line) else {
                self.lines.push((line.to_vec(), None));
                continue;
            };
            let (key, device, sequence) = key(&entry);
            let at = self.lines.len();
            let kept = || (line.to_vec(), Some((device, sequence)));
            match self.newest.get(&key) {
                Some(&other) if self.lines[other].1 < Some((device, sequence)) => {
                    self.lines[other] = kept();
                }
                Some(_) => {}
                None => {
                    self.newest.insert(key, at);
                    self.lines.push(kept());
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> (Writer, Vec<SegmentName>) {
        let mut writer = Writer::default();
        // Taken one by one: a segment of megabytes is not held twice.
        for (line, of) in self.lines {
            match of {
                Some((device, sequence)) => writer.push_known(&line, device, sequence),
                None => writer.push_line(&line),
            }
        }
        (writer, self.sources)
    }
}

/// A hash of what makes two entries one: their key and path.
fn key(entry: &Entry) -> ([u8; 32], DeviceId, u64) {
    use sha2::{Digest as _, Sha256};
    let mut hasher = Sha256::new();
    let (device, sequence) = match entry {
        Entry::Record(record) => {
            hasher.update([1, record.role as u8]);
            hasher.update(record.digest.sha256);
            hasher.update((record.asset.0.len() as u64).to_le_bytes());
            hasher.update(&record.asset.0);
            hasher.update(record.path.as_str());
            (record.device, record.sequence)
        }
        Entry::Tombstone(tombstone) => {
            hasher.update([2]);
            hasher.update(tombstone.digest.sha256);
            (tombstone.device, tombstone.sequence)
        }
    };
    hasher.update(device.0);
    (hasher.finalize().into(), device, sequence)
}
