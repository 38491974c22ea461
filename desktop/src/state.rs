//! Where Keepsake keeps what it knows of a source: one folder each, one process at a time.

use keepsake_machine::Status;
use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What a run leaves for `keepsake status`. No names and no places: it is part of a report.
#[derive(Debug, Serialize, Deserialize)]
pub struct Last {
    /// Its last status.
    #[serde(flatten)]
    pub status: Status,
    /// Whether it could not see all of the source, or not the vault: then nobody knows whether what
    /// the catalog calls safe is all there is, and still there.
    #[serde(default)]
    pub unseen: bool,
}

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// No place for it is known.
    #[error("there is no home folder to keep the state in: give one with --state DIR")]
    NoHome,
    /// The source is not there.
    #[error("{}: {why}", path.display())]
    Source {
        /// The source.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// It cannot be read or written.
    #[error("the state folder {} cannot be used: {why}", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// It belongs to another source.
    #[error(
        "the state folder {} belongs to the source {}, not to {}: give each source its own --state",
        state.display(), theirs.display(), ours.display()
    )]
    OtherSource {
        /// The folder.
        state: PathBuf,
        /// The source that it was made for.
        theirs: PathBuf,
        /// The one that was named.
        ours: PathBuf,
    },
    /// Nothing was ever backed up from there.
    #[error("nothing is known of {} yet: run `keepsake backup {} --to VAULT` first", .0.display(), .0.display())]
    Unknown(PathBuf),
    /// No source was named, and there is not exactly one.
    #[error("{0}")]
    Which(String),
    /// Another keepsake is at work here.
    #[error("another keepsake is at work on this source ({by}); wait for it, or stop it with Ctrl-C. Its state is {}", state.display())]
    Busy {
        /// Who: its process id and since when.
        by: String,
        /// The folder.
        state: PathBuf,
    },
}

/// What the state remembers for the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The source's canonical path.
    #[serde(with = "path")]
    pub source: PathBuf,
    /// The vault of the last backup.
    #[serde(with = "path")]
    pub vault: PathBuf,
    /// Whether all files were taken.
    pub all_files: bool,
    /// What was excluded.
    pub exclude: Vec<String>,
}

/// A source's state folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The folder.
    pub folder: PathBuf,
    /// The source's canonical path; the path as given when it is away.
    pub source: PathBuf,
}

impl State {
    /// The state of `source`: `given`, or the platform's own place.
    pub fn of(source: &Path, given: Option<&Path>) -> Result<State, StateError> {
        let wrong = |why| StateError::Source { path: source.to_owned(), why };
        let source = match source.canonicalize() {
            Ok(found) => found,
            Err(_) => std::path::absolute(source).map_err(wrong)?,
        };
        let folder = match given {
            Some(given) => std::path::absolute(given).map_err(wrong)?,
            None => home()?.join(folder_name(&source)),
        };
        let state = State { folder, source };
        match state.about() {
            Some(about) if about.source != state.source => Err(StateError::OtherSource {
                state: state.folder,
                theirs: about.source,
                ours: state.source,
            }),
            _ => Ok(state),
        }
    }

    /// The state that a command means when no source is named: `given`, or the only one there is.
    pub fn only(given: Option<&Path>) -> Result<State, StateError> {
        if let Some(given) = given {
            let state = State { folder: given.to_owned(), source: given.to_owned() };
            let about = state.about().ok_or_else(|| StateError::Unknown(given.to_owned()))?;
            return Ok(State { source: about.source, ..state });
        }
        let mut all = Vec::new();
        for entry in std::fs::read_dir(home()?).into_iter().flatten().flatten() {
            let state = State { folder: entry.path(), source: PathBuf::new() };
            if let Some(about) = state.about() {
                all.push(State { source: about.source, ..state });
            }
        }
        match all.len() {
            1 => Ok(all.remove(0)),
            0 => Err(StateError::Which(
                "nothing was backed up yet: run `keepsake backup SOURCE --to VAULT`".into(),
            )),
            _ => {
                let mut names: Vec<String> =
                    all.iter().map(|state| format!("  {}", state.source.display())).collect();
                names.sort();
                Err(StateError::Which(format!("which source? One of:\n{}", names.join("\n"))))
            }
        }
    }

    /// What it remembers; `None` when nothing was ever backed up with it.
    pub fn about(&self) -> Option<About> {
        let text = std::fs::read(self.folder.join(ABOUT)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// The same, where a command needs it.
    pub fn known(&self) -> Result<About, StateError> {
        match std::fs::read(self.folder.join(ABOUT)) {
            // It may be known, and we may not read it.
            Err(why) if why.kind() != ErrorKind::NotFound => Err(self.unusable(why)),
            _ => self.about().ok_or_else(|| StateError::Unknown(self.source.clone())),
        }
    }

    /// Remembers it; the new one takes the place of the old one at once.
    pub fn remember(&self, about: &About) -> Result<(), StateError> {
        let new = self.folder.join("source.new");
        let write = || {
            std::fs::write(&new, serde_json::to_vec_pretty(about)?)?;
            std::fs::rename(&new, self.folder.join(ABOUT))
        };
        write().map_err(|why| self.unusable(why))
    }

    /// Makes the folder, for this user only.
    pub fn make(&self) -> Result<(), StateError> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(|why| self.unusable(why))
    }

    /// Leaves word for `keepsake status` to read, also while another run has the catalog.
    pub fn keep_last(&self, status: Status, unseen: bool) {
        let new = self.folder.join("status.new");
        if let Ok(text) = serde_json::to_vec(&Last { status, unseen })
            && std::fs::write(&new, text).is_ok()
        {
            // Only a copy: `status` does without it.
            let _ = std::fs::rename(&new, self.folder.join("status.json"));
        }
    }

    /// A backup failed before it saw anything: what an earlier one said is in doubt.
    pub fn doubt_last(&self) {
        if let Some(last) = self.last() {
            self.keep_last(last.status, true);
        }
    }

    /// What a run left last.
    pub fn last(&self) -> Option<Last> {
        let text = std::fs::read(self.folder.join("status.json")).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Leaves word of the places in the vault that what waits belongs to. (Apart from [`Last`]: these are
    /// names.)
    pub fn keep_closed(&self, places: &[String]) {
        if let Ok(text) = serde_json::to_vec(places) {
            // Only for people: `status` does without it.
            let _ = std::fs::write(self.folder.join("closed.json"), text);
        }
    }

    /// What a run left last.
    pub fn closed(&self) -> Vec<String> {
        let text = std::fs::read(self.folder.join("closed.json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Takes the state for this process, until the lock is dropped or the process ends.
    pub fn lock(&self) -> Result<Lock, StateError> {
        let path = self.folder.join("lock");
        let unusable = |why| self.unusable(why);
        let mut options = File::options();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(unusable)?;
        if let Err(why) = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if why != rustix::io::Errno::WOULDBLOCK {
                return Err(unusable(why.into()));
            }
            let mut by = String::new();
            // Who it is, is only told: an unreadable note changes nothing.
            let _ = file.read_to_string(&mut by);
            let by = if by.is_empty() { "it did not say which".into() } else { by };
            return Err(StateError::Busy { by, state: self.folder.clone() });
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let note = format!("process {}, since {}", std::process::id(), crate::clock::utc(since));
        file.set_len(0).and_then(|()| file.rewind()).map_err(unusable)?;
        file.write_all(note.as_bytes()).map_err(unusable)?;
        Ok(Lock { _file: file })
    }

    fn unusable(&self, why: std::io::Error) -> StateError {
        StateError::Unusable { path: self.folder.clone(), why }
    }
}

/// This process has the state.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// `Pictures-0123456789abcdef`: to be found by eye, and apart by the whole path.
fn folder_name(source: &Path) -> String {
    // FNV-1a, 64 bits: stable for ever, unlike the standard library's hashes.
    let hash =
        source.as_os_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let readable: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).take(40).collect();
    let readable = if readable.is_empty() { "source".into() } else { readable };
    format!("{readable}-{hash:016x}")
}

/// Where states are kept: the XDG state folder, or macOS' own.
fn home() -> Result<PathBuf, StateError> {
    let variable =
        |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let user = || variable("HOME").ok_or(StateError::NoHome);
    if cfg!(target_os = "macos") {
        return Ok(user()?.join("Library/Application Support/Keepsake"));
    }
    match variable("XDG_STATE_HOME") {
        Some(state) => Ok(state.join("keepsake")),
        None => Ok(user()?.join(".local/state/keepsake")),
    }
}

const ABOUT: &str = "source.json";

mod path {
    //! A path as text, percent-escaped where it is not plain: it need not be UTF-8.
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::ffi::OsString;
    use std::fmt::Write;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::{Path, PathBuf};

    pub fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        for chunk in path.as_os_str().as_bytes().utf8_chunks() {
            text.push_str(&chunk.valid().replace('%', "%25"));
            for byte in chunk.invalid() {
                let _ = write!(text, "%{byte:02X}"); // a String takes everything
            }
        }
        to.serialize_str(&text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        let text = String::deserialize(from)?;
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            if *first != b'%' {
                bytes.push(*first);
                continue;
            }
            let digits = rest.get(..2).and_then(|two| std::str::from_utf8(two).ok());
            let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
            bytes.push(byte.ok_or_else(|| D::Error::custom("a % without two digits"))?);
            rest = &rest[2..];
        }
        Ok(PathBuf::from(OsString::from_vec(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn a_second_keepsake_is_refused_by_name_and_a_third_is_not_once_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::of(folder.path(), Some(&folder.path().join("state"))).unwrap();
        state.make().unwrap();
        let first = state.lock().unwrap();
        let refused = state.lock().unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(first);
        state.lock().unwrap();
    }

    #[test]
    fn what_is_remembered_comes_back_also_when_it_is_not_utf8() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join(OsStr::from_bytes(b"100%\xff"));
        std::fs::create_dir(&source).unwrap();
        let state = State::of(&source, Some(&folder.path().join("state"))).unwrap();
        state.make().unwrap();
        let about = About {
            source: state.source.clone(),
            vault: "/v".into(),
            all_files: true,
            exclude: vec!["*.tmp".into()],
        };
        state.remember(&about).unwrap();
        assert_eq!(state.about(), Some(about));
        let other = State::of(folder.path(), Some(&state.folder));
        assert!(matches!(other, Err(StateError::OtherSource { .. })));
    }

    #[test]
    fn sources_of_one_name_have_states_of_their_own() {
        assert_ne!(folder_name(Path::new("/a/Pictures")), folder_name(Path::new("/b/Pictures")));
        assert!(folder_name(Path::new("/a/My Pictures")).starts_with("MyPictures-"));
        assert!(folder_name(Path::new("/")).starts_with("source-"));
    }
}
