//! Restored files: written beside their places, hashed while they are written, synced, named.

use super::folder::{Folder, OWN, There, beside, part};
use super::{ALTERED, Known, Restored, goes_to, mark};
use crate::error::{EngineError, of_vault};
use crate::jobs::hashing::Hashing;
use crate::records;
use crate::seek::{self, Lying, Places};
use crate::verify::Progress;
use keepsake_machine::media::{Digest, Role, Version};
use keepsake_vault::files::{Dir, Files, Written};
use keepsake_vault::path::plain_parts;
use keepsake_vault::{Captured, DeviceId, OriginalName, Record, Vault, VaultPath};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Files that take their names together, after one sync.
const TOGETHER: usize = 256;
/// Bytes that do.
const TOGETHER_BYTES: u64 = 64_000_000;
/// Files are read through a buffer of this size.
pub(super) const BUFFER: usize = 1 << 20;

/// A restore under way.
pub(super) struct Restoring<'a> {
    folder: Folder,
    vault: &'a dyn Vault,
    progress: &'a Progress,
    known: Known,
    buffer: Vec<u8>,
    /// What is restored, by [`mark`], and the mark of the path that it came from.
    done: HashMap<u64, u64>,
    /// The bytes that are, by the mark of their SHA-256.
    bytes: HashSet<u64>,
    /// What could not be, by [`mark`]: another record may name a better copy.
    missing: BTreeMap<u64, Missing>,
    /// Where something else lies than is recorded, or may: nobody looked, since it was restored from
    /// elsewhere.
    altered: BTreeSet<VaultPath>,
    waiting: Vec<Waiting>,
    waiting_bytes: u64,
    number: u64,
    restored: Restored,
}

/// What was not at the path of its record.
struct Missing {
    shown: String,
    /// Something lies there that may not be read now.
    unreadable: bool,
    digest: Digest,
}

/// What came of writing a file.
enum Wrote {
    /// The recorded bytes.
    All,
    /// Nothing: the path has other bytes.
    Other,
    /// Nothing: it cannot be read now.
    Unreadable,
    /// Nothing: there is nothing.
    Nothing,
}

/// A file that is written and has no name yet.
struct Waiting {
    temporary: OsString,
    dir: Dir,
    name: OsString,
    shown: String,
    bytes: u64,
}

impl<'a> Restoring<'a> {
    pub(super) fn begin(
        files: Arc<dyn Files>,
        vault: &'a dyn Vault,
        into: &Path,
        progress: &'a Progress,
        known: Known,
    ) -> Result<Restoring<'a>, EngineError> {
        Ok(Restoring {
            folder: Folder::open(files, into, known.free_name().into())?,
            vault,
            progress,
            known,
            buffer: vec![0; BUFFER],
            done: HashMap::new(),
            bytes: HashSet::new(),
            missing: BTreeMap::new(),
            altered: BTreeSet::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            number: 0,
            restored: Restored::default(),
        })
    }

    /// Restores what one record names, if no earlier one did.
    pub(super) fn one(&mut self, record: &Record) -> Result<(), EngineError> {
        self.from(record, &record.path)
    }

    /// What cannot be looked at stays in the vault.
    pub(super) fn unseen(&mut self, unseen: Vec<String>) {
        self.restored.unseen = unseen;
    }

    /// The bytes that are not restored yet: none lay where their records say.
    pub(super) fn missing(&self) -> Vec<Digest> {
        self.missing.values().map(|missing| missing.digest).collect()
    }

    /// Where something else lies than is recorded, or may.
    pub(super) fn altered(&self) -> Vec<VaultPath> {
        self.altered.iter().cloned().collect()
    }

    /// Restores what one record names from where its bytes were found, if no earlier one did.
    pub(super) fn again(&mut self, record: &Record, found: &Places) -> Result<(), EngineError> {
        match found.get(&record.digest.sha256) {
            Some(path) if self.missing.contains_key(&mark(record)) => self.from(record, path),
            _ => Ok(()),
        }
    }

    fn from(&mut self, record: &Record, path: &VaultPath) -> Result<(), EngineError> {
        let mark = mark(record);
        let from = records::mark(&[path.as_str().as_bytes()]);
        if let Some(done) = self.done.get(&mark) {
            if *done != from {
                self.altered.insert(path.clone());
            }
            return Ok(());
        }
        let shown = String::from_utf8_lossy(goes_to(record)).into_owned();
        let Some(parts) = plain_parts(goes_to(record)) else {
            self.done.insert(mark, from);
            self.restored.hostile.push(shown);
            return Ok(());
        };
        let Some((name, folders)) = parts.split_last() else { return Ok(()) };
        let Some(dir) = self.folder.way(folders)? else {
            self.notice_altered(record, path)?;
            self.done.insert(mark, from);
            self.restored.kept.push(shown);
            return Ok(());
        };
        let digest = records::mark(&[&record.digest.sha256]);
        let place = records::mark(&[goes_to(record)]);
        let is_newest = self.known.newest.get(&place).is_none_or(|newest| newest.digest == digest);
        // (What was a file once and is a folder now can be only one of them.)
        let is_newest = is_newest && !self.known.folders.contains(&place);
        let name = if is_newest { name.to_vec() } else { beside(name, &record.digest) };
        let name = OsString::from_vec(name);
        match self.folder.there(&dir, &name, &record.digest, &mut self.buffer)? {
            There::Same => {
                self.notice_altered(record, path)?;
                self.restored.already_there += 1;
                self.bytes.insert(digest);
            }
            There::Other => {
                self.notice_altered(record, path)?;
                self.restored.kept.push(shown);
            }
            There::Nothing => {
                let temporary = part(self.number);
                self.number += 1;
                match self.write(&temporary, record, path)? {
                    Wrote::All => {}
                    lies => {
                        if matches!(lies, Wrote::Other) {
                            self.altered.insert(path.clone());
                        }
                        let unreadable = matches!(lies, Wrote::Unreadable);
                        let digest = record.digest;
                        self.missing.insert(mark, Missing { shown, unreadable, digest });
                        return Ok(());
                    }
                }
                let bytes = record.digest.size;
                self.waiting.push(Waiting { temporary, dir, name, shown, bytes });
                self.waiting_bytes += bytes;
                self.bytes.insert(digest);
            }
        }
        self.missing.remove(&mark);
        self.done.insert(mark, from);
        self.progress.items.fetch_add(1, Ordering::Relaxed);
        if self.waiting.len() >= TOGETHER || self.waiting_bytes >= TOGETHER_BYTES {
            self.name_waiting()?;
        }
        Ok(())
    }

    /// Of a file that need not be written nobody has read what lies in its place in the vault: it may be
    /// the only copy of something else.
    fn notice_altered(&mut self, record: &Record, path: &VaultPath) -> Result<(), EngineError> {
        let lies = seek::lying_at(self.vault, path, &mut self.buffer, self.progress);
        if let Lying::These(lies) = lies.map_err(of_vault)?
            && lies.sha256 != record.digest.sha256
        {
            self.altered.insert(path.clone());
        }
        Ok(())
    }

    /// Restores a file of which no record speaks under the name that it has in the vault, and one that
    /// is not what its record says in a folder apart ([`ALTERED`]): it may be a damaged twin. Not bytes
    /// that are restored already.
    pub(super) fn loose(&mut self, path: &VaultPath, altered: bool) -> Result<(), EngineError> {
        let lies = seek::lying_at(self.vault, path, &mut self.buffer, self.progress);
        let digest = match lies.map_err(of_vault)? {
            Lying::These(digest) => digest,
            Lying::Unreadable if altered => return Ok(()), // it is named already
            Lying::Unreadable => {
                self.restored.unreadable.push(path.as_str().to_owned());
                return Ok(());
            }
            Lying::Nothing | Lying::Stopped => return Ok(()),
        };
        if self.bytes.contains(&records::mark(&[&digest.sha256])) {
            return Ok(());
        }
        let below = path.as_str();
        // (Nor into the folder that is ours.)
        let apart = altered || below.starts_with(OWN);
        let name = if apart { format!("{ALTERED}/{below}") } else { below.to_owned() };
        let name = OriginalName(name.into_bytes());
        let record = Record {
            device: DeviceId([0; 16]),
            sequence: 0,
            asset: name.clone(),
            role: Role::Other,
            digest,
            path: path.clone(),
            version: Version(0),
            name: name.clone(),
            original: name,
            modified: None,
            captured: Captured::from_file(0, 0),
            cross_id: None,
            albums: Vec::new(),
            favourite: false,
        };
        let there = |this: &Self| {
            let Restored { written, already_there, .. } = this.restored;
            written + already_there + this.waiting.len() as u64
        };
        let before = there(self);
        self.one(&record)?;
        if there(self) > before {
            if altered {
                self.restored.altered.push(below.to_owned());
            } else {
                self.restored.unrecorded += 1;
            }
        }
        Ok(())
    }

    /// Writes the recorded bytes from where they should lie. Otherwise nothing stays.
    fn write(
        &mut self,
        temporary: &OsStr,
        record: &Record,
        path: &VaultPath,
    ) -> Result<Wrote, EngineError> {
        let mut from = match self.vault.open(path) {
            Ok(Some(from)) => from,
            Ok(None) => return Ok(Wrote::Nothing),
            Err(_) => {
                return seek::is_there(self.vault).map(|()| Wrote::Unreadable).map_err(of_vault);
            }
        };
        self.folder.make_sure_of_room(record.digest.size)?;
        let failed = |error: io::Error| self.folder.failed(&error);
        let file = self.folder.files.create_new(&self.folder.own, temporary).map_err(failed)?;
        let mut hashing = Hashing::new(false);
        let mut unreadable = false;
        let whole = loop {
            if self.progress.stop.load(Ordering::Relaxed) {
                break false;
            }
            let read = match from.read(&mut self.buffer) {
                Ok(0) => break true,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => {
                    unreadable = true;
                    break false;
                }
            };
            hashing.update(&self.buffer[..read]);
            if hashing.size() > record.digest.size {
                break false; // a vault is not trusted to end
            }
            self.folder.files.write(&file, &self.buffer[..read]).map_err(failed)?;
            self.progress.bytes.fetch_add(read as u64, Ordering::Relaxed);
        };
        let digest = hashing.finish();
        if !whole || digest.sha256 != record.digest.sha256 || digest.size != record.digest.size {
            let _ = self.folder.files.remove(&self.folder.own, temporary); // else swept by the next restore
            let lies = if unreadable { Wrote::Unreadable } else { Wrote::Other };
            return seek::is_there(self.vault).map(|()| lies).map_err(of_vault);
        }
        if let Some(modified) = record.modified {
            // A file system that cannot keep this time still keeps the photo.
            let _ = self.folder.files.set_modified(&file, modified);
        }
        Ok(Wrote::All)
    }

    /// Makes what is written durable, then gives it its names.
    fn name_waiting(&mut self) -> Result<(), EngineError> {
        let failed = |error: io::Error| self.folder.failed(&error);
        let written: Vec<_> = self
            .waiting
            .iter()
            .map(|one| Written { dir: &self.folder.own, name: Some(&one.temporary) })
            .collect();
        self.folder.files.barrier(&self.folder.own, &written).map_err(failed)?;
        for one in self.waiting.drain(..) {
            match self.folder.files.rename_new(
                &self.folder.own,
                &one.temporary,
                &one.dir,
                &one.name,
            ) {
                Ok(()) => {
                    self.restored.written += 1;
                    self.restored.bytes += one.bytes;
                }
                // A twin, where the file system takes two spellings for one name.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let _ = self.folder.files.remove(&self.folder.own, &one.temporary); // swept at the end
                    self.restored.kept.push(one.shown);
                }
                Err(error) => return Err(failed(error)),
            }
        }
        self.waiting_bytes = 0;
        Ok(())
    }

    pub(super) fn end(
        mut self,
        read: records::Read,
        cut: Option<String>,
    ) -> Result<Restored, EngineError> {
        self.name_waiting()?;
        self.folder.close()?;
        self.restored.stopped = self.progress.stop.load(Ordering::Relaxed) || cut.is_some();
        self.restored.cut = cut;
        if !self.restored.stopped {
            for Missing { shown, unreadable, .. } in self.missing.into_values() {
                let restored = &mut self.restored;
                let list =
                    if unreadable { &mut restored.unreadable } else { &mut restored.damaged };
                list.push(shown);
            }
        }
        self.restored.segments = read.damaged;
        self.restored.segments.extend(read.unreadable);
        self.restored.hostile.extend(read.hostile);
        let Restored { kept, damaged, unreadable, hostile, .. } = &mut self.restored;
        for list in [kept, damaged, unreadable, hostile] {
            list.sort_unstable();
            list.dedup();
        }
        Ok(self.restored)
    }
}
