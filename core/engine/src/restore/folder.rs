//! The folder that is restored into: what there is, and how much room.

use crate::error::{EngineError, passes};
use crate::jobs::hashing::Hashing;
use keepsake_machine::media::{Digest, hex};
use keepsake_vault::files::{Dir, Files, Kind, Written};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where files are written before they have their names, unless a record has this name itself.
pub(super) const OWN: &str = ".keepsake-restore";
/// So each of them is called, with a number behind.
const PART: &str = "restoring-";
/// Bytes that a file system may need for itself beside a file's own.
const MARGIN: u64 = 256 << 10;

/// It, open.
pub(super) struct Folder {
    pub(super) files: Arc<dyn Files>,
    pub(super) own: Dir,
    own_name: OsString,
    path: PathBuf,
    root: Dir,
}

/// What there is in a place.
pub(super) enum There {
    Nothing,
    Same,
    Other,
}

impl Folder {
    /// Opens it, made if it is missing, and removes what an earlier restore left unfinished in `own`, a
    /// folder that no restored file will lie in.
    pub(super) fn open(
        files: Arc<dyn Files>,
        path: &Path,
        own_name: OsString,
    ) -> Result<Folder, EngineError> {
        let failed = |error: io::Error| destination(path, &error);
        let root = files.root(path, true).map_err(failed)?;
        if !files.hold(&root, true).map_err(failed)? {
            let why = "another restore is at work there: wait for it".to_owned();
            return Err(EngineError::Destination { path: path.to_owned(), why });
        }
        let own = match files.make_dir(&root, &own_name) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => files.open_dir(&root, &own_name),
        };
        let own = own.map_err(failed)?;
        sweep(&*files, &own);
        Ok(Folder { files, own, own_name, path: path.to_owned(), root })
    }

    /// Opens the folder, and makes what is missing of it; `None` if something else (a file, a link)
    /// lies on the way.
    pub(super) fn way(&self, parts: &[&[u8]]) -> Result<Option<Dir>, EngineError> {
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
                Err(error) => return Err(self.failed(&error)),
            };
        }
        Ok(Some(at))
    }

    fn is_no_folder(&self, at: &Dir, name: &OsStr) -> bool {
        self.files.stat(at, name).is_ok_and(|stat| stat.kind != Kind::Dir)
    }

    /// What lies in a place now.
    pub(super) fn there(
        &self,
        dir: &Dir,
        name: &OsStr,
        digest: &Digest,
        buffer: &mut [u8],
    ) -> Result<There, EngineError> {
        let stat = match self.files.stat(dir, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(There::Nothing),
            stat => stat.map_err(|error| self.failed(&error))?,
        };
        if stat.kind != Kind::File || stat.size != digest.size {
            return Ok(There::Other);
        }
        // One that may not be read is left as it is.
        let Ok(file) = self.files.open(dir, name) else { return Ok(There::Other) };
        let mut hashing = Hashing::new(false);
        loop {
            match self.files.read(&file, buffer) {
                Ok(0) => break,
                Ok(read) => hashing.update(&buffer[..read]),
                Err(_) => return Ok(There::Other),
            }
        }
        let same = hashing.finish().sha256 == digest.sha256;
        Ok(if same { There::Same } else { There::Other })
    }

    /// Refuses what would fill the disk, also by a record that claims a size that no photo has.
    pub(super) fn make_sure_of_room(&self, size: u64) -> Result<(), EngineError> {
        let space = self.files.space(&self.own).map_err(|why| self.failed(&why))?;
        let needed = size.saturating_add(MARGIN);
        if needed <= space.available {
            return Ok(());
        }
        Err(EngineError::NoRoom(format!(
            "{} has {} bytes of free space, and the next file needs {needed}: free some, and run it \
             again to go on",
            self.path.display(),
            space.available
        )))
    }

    /// Removes our own folder, and makes everything durable.
    pub(super) fn close(&self) -> Result<(), EngineError> {
        sweep(&*self.files, &self.own);
        let _ = self.files.remove_dir(&self.root, &self.own_name); // stays if it is not empty
        self.files
            .barrier(&self.root, &[Written { dir: &self.root, name: None }])
            .map_err(|error| self.failed(&error))
    }

    /// Why it cannot be used.
    pub(super) fn failed(&self, error: &io::Error) -> EngineError {
        destination(&self.path, error)
    }
}

/// The name of the file number `number` until it is whole.
pub(super) fn part(number: u64) -> OsString {
    OsString::from(format!("{PART}{number}"))
}

/// Removes what an earlier restore left unfinished: nothing else that may lie there.
fn sweep(files: &dyn Files, own: &Dir) {
    let mut names = Vec::new();
    let listed = files.list(own, &mut |name, kind| {
        let number = name.to_str().and_then(|name| name.strip_prefix(PART));
        let is_ours = number.is_some_and(|number| number.parse::<u64>().is_ok());
        if kind != Kind::Dir && is_ours {
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
pub(super) fn beside(name: &[u8], digest: &Digest) -> Vec<u8> {
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
    if passes(error) {
        let why = format!("{} cannot be written now: {error}", into.display());
        return EngineError::NotNow(why);
    }
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
