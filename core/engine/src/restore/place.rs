//! Restored files: written beside their places, hashed while they are written, synced, named.

use super::{Newest, Restored, mark};
use crate::error::EngineError;
use crate::jobs::hashing::{Hashing, hash_all};
use crate::records;
use crate::verify::Progress;
use keepsake_machine::media::{Digest, Role, Version, hex};
use keepsake_vault::files::{Dir, Files, Kind, Written};
use keepsake_vault::path::plain_parts;
use keepsake_vault::{Captured, DeviceId, OriginalName, Record, Vault, VaultError, VaultPath};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Where files are written before they have their names.
const OWN: &str = ".keepsake-restore";
/// Files that take their names together, after one sync.
const TOGETHER: usize = 256;
/// Bytes that do.
const TOGETHER_BYTES: u64 = 64_000_000;
const BUFFER: usize = 1 << 20;
/// Bytes that a file system may need for itself beside a file's own.
const MARGIN: u64 = 256 << 10;

pub(super) struct Restoring<'a> {
    files: Arc<dyn Files>,
    vault: &'a dyn Vault,
    into: &'a Path,
    progress: &'a Progress,
    newest: HashMap<u64, Newest>,
    root: Dir,
    own: Dir,
    buffer: Vec<u8>,
    /// What is restored, by [`mark`].
    done: HashSet<u64>,
    /// The bytes that are, by the mark of their SHA-256.
    bytes: HashSet<u64>,
    /// What could not be, by [`mark`]: another record may name a better copy.
    damaged: BTreeMap<u64, String>,
    waiting: Vec<Waiting>,
    waiting_bytes: u64,
    number: u64,
    restored: Restored,
}

/// A file that is written and has no name yet.
struct Waiting {
    temporary: OsString,
    dir: Dir,
    name: OsString,
    shown: String,
    bytes: u64,
}

/// What there is in a place.
enum There {
    Nothing,
    Same,
    Other,
}

impl<'a> Restoring<'a> {
    pub(super) fn begin(
        files: Arc<dyn Files>,
        vault: &'a dyn Vault,
        into: &'a Path,
        progress: &'a Progress,
        newest: HashMap<u64, Newest>,
    ) -> Result<Restoring<'a>, EngineError> {
        let failed = |error: io::Error| destination(into, &error);
        let root = files.root(into, true).map_err(failed)?;
        let own = match files.make_dir(&root, OsStr::new(OWN)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => files.open_dir(&root, OsStr::new(OWN)),
        };
        let own = own.map_err(failed)?;
        sweep(&*files, &own);
        Ok(Restoring {
            files,
            vault,
            into,
            progress,
            newest,
            root,
            own,
            buffer: vec![0; BUFFER],
            done: HashSet::new(),
            bytes: HashSet::new(),
            damaged: BTreeMap::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            number: 0,
            restored: Restored::default(),
        })
    }

    /// Restores what one record names, if no earlier one did.
    pub(super) fn one(&mut self, record: &Record) -> Result<(), EngineError> {
        let mark = mark(record);
        if self.done.contains(&mark) {
            return Ok(());
        }
        let shown = String::from_utf8_lossy(&record.original.0).into_owned();
        let Some(parts) =
            plain_parts(&record.original.0).filter(|parts| parts[0] != OWN.as_bytes())
        else {
            self.done.insert(mark);
            self.restored.hostile.push(shown);
            return Ok(());
        };
        let Some((name, folders)) = parts.split_last() else { return Ok(()) };
        let Some(dir) = self.folder(folders)? else {
            self.done.insert(mark);
            self.restored.kept.push(shown);
            return Ok(());
        };
        let digest = records::mark(&[&record.digest.sha256]);
        let place = records::mark(&[&record.original.0]);
        let is_newest = self.newest.get(&place).is_none_or(|newest| newest.digest == digest);
        let name = if is_newest { name.to_vec() } else { beside(name, &record.digest) };
        let name = OsString::from_vec(name);
        match self.there(&dir, &name, &record.digest)? {
            There::Same => self.restored.already_there += 1,
            There::Other => self.restored.kept.push(shown),
            There::Nothing => {
                let temporary = OsString::from(self.number.to_string());
                self.number += 1;
                if !self.write(&temporary, record)? {
                    self.damaged.insert(mark, shown);
                    return Ok(());
                }
                let bytes = record.digest.size;
                self.waiting.push(Waiting { temporary, dir, name, shown, bytes });
                self.waiting_bytes += bytes;
            }
        }
        self.damaged.remove(&mark);
        self.done.insert(mark);
        self.bytes.insert(digest);
        self.progress.items.fetch_add(1, Ordering::Relaxed);
        if self.waiting.len() >= TOGETHER || self.waiting_bytes >= TOGETHER_BYTES {
            self.name_waiting()?;
        }
        Ok(())
    }

    /// Restores a file of which no record speaks, under the name that it has in the vault; not bytes
    /// that are restored already.
    pub(super) fn loose(&mut self, path: &VaultPath) -> Result<(), EngineError> {
        let (opened, shown) = (self.vault.open(path), path.as_str().to_owned());
        let mut read = |file: &mut dyn io::Read| {
            hash_all(file, false, &mut self.buffer, &mut |_| true).ok().flatten()
        };
        let digest = match opened {
            Ok(Some(mut file)) => read(&mut *file),
            Err(why @ VaultError::Unavailable { .. }) => {
                return Err(EngineError::Vault(why.to_string()));
            }
            Ok(None) | Err(_) => None,
        };
        let Some(digest) = digest else {
            self.restored.damaged.push(shown);
            return Ok(());
        };
        if self.bytes.contains(&records::mark(&[&digest.sha256])) {
            return Ok(());
        }
        let name = OriginalName(path.as_str().as_bytes().to_vec());
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
        let waiting = self.restored.written + self.waiting.len() as u64;
        self.one(&record)?;
        let written = self.restored.written + self.waiting.len() as u64;
        self.restored.unrecorded += written.saturating_sub(waiting);
        Ok(())
    }

    /// Opens the folder, and makes what is missing of it; `None` if something else (a file, a link)
    /// lies on the way.
    fn folder(&self, parts: &[&[u8]]) -> Result<Option<Dir>, EngineError> {
        let mut at = self.root.clone();
        for part in parts {
            let name = OsStr::from_bytes(part);
            let opened = match self.files.open_dir(&at, name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    match self.files.make_dir(&at, name) {
                        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                        _ => self.files.open_dir(&at, name),
                    }
                }
                opened => opened,
            };
            at = match opened {
                Ok(dir) => dir,
                Err(_) if self.is_no_folder(&at, name) => return Ok(None),
                Err(error) => return Err(destination(self.into, &error)),
            };
        }
        Ok(Some(at))
    }

    fn is_no_folder(&self, at: &Dir, name: &OsStr) -> bool {
        self.files.stat(at, name).is_ok_and(|stat| stat.kind != Kind::Dir)
    }

    /// What lies in a place now.
    fn there(&mut self, dir: &Dir, name: &OsStr, digest: &Digest) -> Result<There, EngineError> {
        let stat = match self.files.stat(dir, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(There::Nothing),
            stat => stat.map_err(|error| destination(self.into, &error))?,
        };
        if stat.kind != Kind::File || stat.size != digest.size {
            return Ok(There::Other);
        }
        // One that may not be read is left as it is.
        let Ok(file) = self.files.open(dir, name) else { return Ok(There::Other) };
        let mut hashing = Hashing::new(false);
        loop {
            match self.files.read(&file, &mut self.buffer) {
                Ok(0) => break,
                Ok(read) => hashing.update(&self.buffer[..read]),
                Err(_) => return Ok(There::Other),
            }
        }
        self.progress.bytes.fetch_add(digest.size, Ordering::Relaxed);
        let same = hashing.finish().sha256 == digest.sha256;
        Ok(if same { There::Same } else { There::Other })
    }

    /// Writes the recorded bytes; `false`, and nothing stays, if the vault does not have them.
    fn write(&mut self, temporary: &OsStr, record: &Record) -> Result<bool, EngineError> {
        let mut from = match self.vault.open(&record.path) {
            Ok(Some(from)) => from,
            Err(why @ VaultError::Unavailable { .. }) => {
                return Err(EngineError::Vault(why.to_string()));
            }
            Ok(None) | Err(_) => return Ok(false),
        };
        self.make_sure_of_room(record.digest.size)?;
        let failed = |error: io::Error| destination(self.into, &error);
        let file = self.files.create_new(&self.own, temporary).map_err(failed)?;
        let mut hashing = Hashing::new(false);
        let whole = loop {
            if self.progress.stop.load(Ordering::Relaxed) {
                break false;
            }
            let read = match from.read(&mut self.buffer) {
                Ok(0) => break true,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break false,
            };
            hashing.update(&self.buffer[..read]);
            if hashing.size() > record.digest.size {
                break false; // a vault is not trusted to end
            }
            self.files.write(&file, &self.buffer[..read]).map_err(failed)?;
            self.progress.bytes.fetch_add(read as u64, Ordering::Relaxed);
        };
        let digest = hashing.finish();
        if !whole || digest.sha256 != record.digest.sha256 || digest.size != record.digest.size {
            let _ = self.files.remove(&self.own, temporary); // else swept by the next restore
            return Ok(false);
        }
        if let Some(modified) = record.modified {
            // A file system that cannot keep this time still keeps the photo.
            let _ = self.files.set_modified(&file, modified);
        }
        Ok(true)
    }

    /// Stops before a disk is filled, also by a record that claims a size that no photo has. What
    /// was written takes its names first.
    fn make_sure_of_room(&mut self, size: u64) -> Result<(), EngineError> {
        let space = self.files.space(&self.own).map_err(|why| destination(self.into, &why))?;
        let needed = size.saturating_add(MARGIN);
        if needed <= space.available {
            return Ok(());
        }
        self.name_waiting()?;
        Err(EngineError::NoRoom(format!(
            "{} has {} bytes of free space, and the next file needs {needed}: free some, and run it \
             again to go on",
            self.into.display(),
            space.available
        )))
    }

    /// Makes what is written durable, then gives it its names.
    fn name_waiting(&mut self) -> Result<(), EngineError> {
        let failed = |error: io::Error| destination(self.into, &error);
        let written: Vec<_> = self
            .waiting
            .iter()
            .map(|one| Written { dir: &self.own, name: Some(&one.temporary) })
            .collect();
        self.files.barrier(&self.own, &written).map_err(failed)?;
        for one in self.waiting.drain(..) {
            match self.files.rename_new(&self.own, &one.temporary, &one.dir, &one.name) {
                Ok(()) => {
                    self.restored.written += 1;
                    self.restored.bytes += one.bytes;
                }
                // A twin, where the file system takes two spellings for one name.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let _ = self.files.remove(&self.own, &one.temporary); // swept at the end
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
        no_room: Option<String>,
    ) -> Result<Restored, EngineError> {
        self.name_waiting()?;
        sweep(&*self.files, &self.own);
        let failed = |error: io::Error| destination(self.into, &error);
        let _ = self.files.remove_dir(&self.root, OsStr::new(OWN)); // stays if it is not empty
        self.files
            .barrier(&self.root, &[Written { dir: &self.root, name: None }])
            .map_err(failed)?;
        self.restored.stopped = self.progress.stop.load(Ordering::Relaxed) || no_room.is_some();
        self.restored.no_room = no_room;
        if !self.restored.stopped {
            self.restored.damaged.extend(self.damaged.into_values());
        }
        self.restored.damaged.extend(read.damaged);
        self.restored.hostile.extend(read.hostile);
        for list in
            [&mut self.restored.kept, &mut self.restored.damaged, &mut self.restored.hostile]
        {
            list.sort_unstable();
            list.dedup();
        }
        Ok(self.restored)
    }
}

/// Removes what an earlier restore left unfinished.
fn sweep(files: &dyn Files, own: &Dir) {
    let mut names = Vec::new();
    let listed = files.list(own, &mut |name, kind| {
        if kind != Kind::Dir {
            names.push(name.to_owned());
        }
    });
    if listed.is_ok() {
        for name in names {
            let _ = files.remove(own, &name); // it is in nobody's way
        }
    }
}

/// `IMG_1.JPG` of other bytes: `IMG_1~0123abcd.JPG`, at most 255 bytes.
fn beside(name: &[u8], digest: &Digest) -> Vec<u8> {
    let suffix = format!("~{}", hex::encode(&digest.sha256[..4]));
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0);
    let (stem, extension) = name.split_at(dot.unwrap_or(name.len()));
    let (stem, extension) = if extension.len() > 100 { (name, &[][..]) } else { (stem, extension) };
    let mut room = (255 - suffix.len() - extension.len()).min(stem.len());
    if let Ok(text) = std::str::from_utf8(stem) {
        room = text.floor_char_boundary(room);
    }
    [&stem[..room], suffix.as_bytes(), extension].concat()
}

fn destination(into: &Path, error: &io::Error) -> EngineError {
    EngineError::Destination { path: into.to_owned(), why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_version_keeps_its_extension_and_fits_255_bytes() {
        let digest = Hashing::whole(b"abc", false);
        assert_eq!(beside(b"IMG_1.JPG", &digest), b"IMG_1~ba7816bf.JPG");
        assert_eq!(beside(b".hidden", &digest), b".hidden~ba7816bf");
        for name in ["x".repeat(255), "\u{e9}".repeat(127), format!("{}.jpg", "x".repeat(251))] {
            let beside = beside(name.as_bytes(), &digest);
            assert!(beside.len() <= 255 && std::str::from_utf8(&beside).is_ok());
        }
    }
}
