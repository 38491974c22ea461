//! Opening the folder: which vault it is, and the open folders of its own things.
//!
//! ```text
//! .keepsake/vault.json          {"keepsake":"vault","format":1,"id":"…"}
//! .keepsake/segments/           records
//! .keepsake/staging/<device>/   what is being written
//! ```

use super::fail::{fail, fail_in};
use super::way::{self, Step, leads_there};
use super::{Expect, OpenFolder};
use crate::error::VaultError;
use crate::files::{Dir, Files, Kind, Written};
use crate::id::VaultIdentity;
use crate::path::OWN;
use keepsake_machine::media::hex;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The newest layout that we know.
const FORMAT: u64 = 1;
const ID_FILE: &str = "vault.json";
pub(super) const STAGING: &str = "staging";
const SEGMENTS: &str = "segments";
/// Stands for the id of a vault that is only read, where it is gone or damaged.
const NO_ID: VaultIdentity = VaultIdentity([0; 16]);

#[derive(Serialize, Deserialize)]
struct IdFile {
    keepsake: String,
    format: u64,
    id: VaultIdentity,
}

/// The vault's folders, open.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) root: Dir,
    /// Volume and number of the root: tells it from an empty mount point of the same path.
    pub(super) identity: (u64, u64),
    /// The ways to its own folders, which are held open.
    pub(super) own: Vec<Step>,
    pub(super) id: VaultIdentity,
    /// `None`: opened for reading, and there are none.
    pub(super) segments: Option<Dir>,
    /// Where this device stages, and where all do; `None`: opened for reading.
    pub(super) staging: Option<(Dir, Dir)>,
}

impl Home {
    /// Opens what is at `root`.
    pub(super) fn open(
        files: &dyn Files,
        root: &Path,
        how: OpenFolder,
    ) -> Result<Home, VaultError> {
        let place = root.display().to_string();
        let absent = |why: &str| VaultError::Unavailable { place: place.clone(), why: why.into() };
        let remains = matches!(how.expected, Expect::Remains(_));
        let make = !matches!(how.expected, Expect::Known(_)) && how.device.is_some();
        let dir = match files.root(root, make && !remains) {
            Err(error) if !make || remains => return Err(absent(&error.to_string())),
            dir => dir.map_err(|error| fail("opening", &place, 0, error))?,
        };
        let unseen = |error| fail("looking at", &place, 0, error);
        let identity = files.stat_dir(&dir).map_err(unseen)?.identity;
        let own = match files.open_dir(&dir, OsStr::new(OWN)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if matches!(how.expected, Expect::Known(_)) {
                    return Err(absent("its .keepsake is not there; perhaps it is not mounted"));
                }
                if !make {
                    return Err(absent("there is no vault"));
                }
                if remains && is_empty(files, &dir).map_err(|e| fail("listing", &place, 0, e))? {
                    return Err(absent("nothing lies there; perhaps it is not mounted"));
                }
                make_dir(files, &dir, OWN)?
            }
            own => own.map_err(|error| not_plain(files, &dir, OWN, error))?,
        };
        let id = match read_id(files, &own) {
            // What is only read (restore) needs no id.
            Ok(None) | Err(VaultError::Damaged { .. }) if how.device.is_none() => Some(NO_ID),
            Err(VaultError::Damaged { .. }) if remains => {
                set_aside(files, &own).map_err(|error| fail("naming", ID_FILE, 0, error))?;
                None
            }
            id => id?,
        };
        let id = match (id, how.expected) {
            (Some(found), Expect::Known(expected)) if found != expected => {
                return Err(VaultError::AnotherVault { place, found, expected });
            }
            (Some(id), _) => id,
            (None, Expect::Known(_)) => {
                return Err(absent("its .keepsake/vault.json is not there"));
            }
            (None, _) if !make => return Err(absent("there is no vault")),
            (None, expected) => create_id(files, &dir, &own, expected)?,
        };
        let (segments, staging) = match how.device {
            Some(device) => {
                let all = make_dir(files, &own, STAGING)?;
                let staging = make_dir(files, &all, &device.to_string())?;
                files.hold(&staging, false).map_err(unseen)?;
                try_write(files, &staging, &place)?;
                (Some(make_dir(files, &own, SEGMENTS)?), Some((staging, all)))
            }
            None => (open_if_there(files, &own, SEGMENTS)?, None),
        };
        let device = how.device.map(|device| device.to_string());
        let mut ways = vec![(&dir, OWN, &own)];
        ways.extend(segments.as_ref().map(|segments| (&own, SEGMENTS, segments)));
        if let (Some((mine, all)), Some(device)) = (&staging, &device) {
            ways.extend([(&own, STAGING, all), (all, device, mine)]);
        }
        let step = |(above, name, opened)| Step::to(files, above, name, opened);
        let own = ways.into_iter().map(step).collect::<io::Result<_>>().map_err(unseen)?;
        Ok(Home { root: dir, identity, own, id, segments, staging })
    }

    /// Whether the vault's path and its own names still lead to the folders that are held open.
    pub(super) fn is_still_at(&self, files: &dyn Files, root: &Path) -> io::Result<bool> {
        let root = files.root(root, false)?;
        Ok(files.stat_dir(&root)?.identity == self.identity && leads_there(files, &self.own)?)
    }

    /// Whether both hold the same folders open.
    pub(super) fn is_same(&self, other: &Home) -> bool {
        self.identity == other.identity && way::is_same(&self.own, &other.own)
    }

    /// This device's staging.
    pub(super) fn staging(&self) -> Result<&Dir, VaultError> {
        self.staging.as_ref().map(|(own, _)| own).ok_or(READING)
    }

    /// Where segments are written.
    pub(super) fn segments(&self) -> Result<&Dir, VaultError> {
        self.staging.as_ref().and(self.segments.as_ref()).ok_or(READING)
    }
}

const READING: VaultError = VaultError::Unsupported("writing: it was opened for reading");

/// Removes what an earlier run of this device left in its staging; nothing while another run is at work
/// there.
pub(super) fn sweep_own(files: &dyn Files, staging: &Dir) -> io::Result<u64> {
    let swept = if files.hold(staging, true)? { sweep(files, staging) } else { Ok(0) };
    files.hold(staging, false)?;
    swept
}

fn sweep(files: &dyn Files, staging: &Dir) -> io::Result<u64> {
    let mut names = Vec::new();
    files.list(staging, &mut |name, _| names.push(name.to_owned()))?;
    let mut swept = 0;
    for name in names {
        match files.remove(staging, &name) {
            Ok(()) => swept += 1,
            Err(error) if error.kind() == ErrorKind::ReadOnlyFilesystem => return Err(error),
            Err(_) => swept += super::lanes::remove_folder(files, staging, &name),
        }
    }
    Ok(swept)
}

/// A file name that nobody else chooses.
pub(super) fn random_name(files: &dyn Files) -> Result<String, VaultError> {
    files
        .random()
        .map(|random| hex::encode(&random))
        .map_err(|error| fail("choosing a name for", "a file", 0, error))
}

/// Opens the folder `name` in `at`, made if it is missing.
pub(super) fn make_dir(files: &dyn Files, at: &Dir, name: &str) -> Result<Dir, VaultError> {
    make_dir_for(files, at, name, "")
}

/// The same, for the folder of photos at `path`.
pub(super) fn make_dir_for(
    files: &dyn Files,
    at: &Dir,
    name: &str,
    path: &str,
) -> Result<Dir, VaultError> {
    let os = OsStr::new(name);
    match files.open_dir(at, os) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        opened => return opened.map_err(|error| not_plain(files, at, name, error)),
    }
    match files.make_dir(at, os) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(fail_in(path, "making", name, 0, error));
        }
        _ => {}
    }
    files.open_dir(at, os).map_err(|error| not_plain(files, at, name, error))
}

pub(super) fn open_if_there(
    files: &dyn Files,
    at: &Dir,
    name: &str,
) -> Result<Option<Dir>, VaultError> {
    match files.open_dir(at, OsStr::new(name)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some).map_err(|error| not_plain(files, at, name, error)),
    }
}

/// A folder that could not be opened: because it is a link or a file, or for the system's reason.
fn not_plain(files: &dyn Files, at: &Dir, name: &str, error: io::Error) -> VaultError {
    match files.stat(at, OsStr::new(name)) {
        Ok(stat) if stat.kind != Kind::Dir => VaultError::Damaged {
            name: name.to_owned(),
            why: "it is a link or a file where a folder must be".to_owned(),
        },
        _ => fail("opening", name, 0, error),
    }
}

/// Whether anything can be written at all. No room is not told here: a probe does.
fn try_write(files: &dyn Files, staging: &Dir, place: &str) -> Result<(), VaultError> {
    let name = random_name(files)?;
    let tried = files
        .create_new(staging, OsStr::new(&name))
        .and_then(|_| files.remove(staging, OsStr::new(&name)));
    match tried.map_err(|error| fail("writing to", place, 0, error)) {
        Ok(()) | Err(VaultError::Full { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn read_id(files: &dyn Files, own: &Dir) -> Result<Option<VaultIdentity>, VaultError> {
    let damaged = |why: &str| VaultError::Damaged { name: ID_FILE.into(), why: why.into() };
    let bytes = match read_small(files, own, OsStr::new(ID_FILE), 64 << 10) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidInput => {
            return Err(damaged("it is no plain file"));
        }
        bytes => bytes.map_err(|error| fail("reading", ID_FILE, 0, error))?,
    };
    let Some(bytes) = bytes else { return Err(damaged("it is too large")) };
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|_| {
        damaged("it is not JSON; open it with new records, which keeps those there")
    })?;
    match value.get("format").and_then(serde_json::Value::as_u64) {
        Some(found) if found > FORMAT => return Err(VaultError::Newer { found, known: FORMAT }),
        _ => {}
    }
    let file: IdFile = serde_json::from_value(value).map_err(|_| damaged("it names no id"))?;
    if file.keepsake == "vault" { Ok(Some(file.id)) } else { Err(damaged("it is something else")) }
}

/// Whether nothing lies in it.
fn is_empty(files: &dyn Files, dir: &Dir) -> io::Result<bool> {
    let mut any = false;
    files.list(dir, &mut |_, _| any = true)?;
    Ok(!any)
}

/// A damaged id makes room for another, and stays.
fn set_aside(files: &dyn Files, own: &Dir) -> io::Result<()> {
    let name = OsStr::new(ID_FILE);
    (1..100)
        .map(|nth| {
            files.rename_new(own, name, own, OsStr::new(&format!("{ID_FILE}.damaged-{nth}")))
        })
        .find(|done| !matches!(done, Err(why) if why.kind() == ErrorKind::AlreadyExists))
        .unwrap_or_else(|| Err(ErrorKind::AlreadyExists.into()))
}

/// Makes the vault's id: the one that is expected of what remains, so that all its devices know it again.
/// Of two who do so at once,
/// both end with the first one's.
fn create_id(
    files: &dyn Files,
    root: &Dir,
    own: &Dir,
    expected: Expect,
) -> Result<VaultIdentity, VaultError> {
    let mut recorded = false;
    if let Some(segments) = open_if_there(files, own, SEGMENTS)? {
        let listed = files.list(&segments, &mut |_, _| recorded = true);
        listed.map_err(|error| fail("listing", SEGMENTS, 0, error))?;
    }
    let made = |error| fail("making", ID_FILE, 200, error);
    let id = match expected {
        Expect::Known(had) | Expect::Remains(Some(had)) => had,
        Expect::Remains(None) => VaultIdentity(files.random().map_err(made)?),
        Expect::Any if !recorded => VaultIdentity(files.random().map_err(made)?),
        Expect::Any => {
            return Err(VaultError::Damaged {
                name: ID_FILE.to_owned(),
                why: "it is gone, and the records are there; open it with new records, which keeps these"
                    .to_owned(),
            });
        }
    };
    let file = IdFile { keepsake: "vault".to_owned(), format: FORMAT, id };
    let text = serde_json::to_string(&file).map_err(|error| made(error.into()))? + "\n";
    let (new, name) = (format!("{ID_FILE}.{}", random_name(files)?), OsStr::new(ID_FILE));
    let new = OsStr::new(&new);
    let staged = files.create_new(own, new).and_then(|out| files.write(&out, text.as_bytes()));
    let synced = staged.and_then(|()| {
        files.barrier(root, &[Written { dir: own, name: Some(new) }])?;
        files.rename_new(own, new, own, name)
    });
    if let Err(error) = synced {
        let _ = files.remove(own, new); // what could not be made must not stay
        if error.kind() != ErrorKind::AlreadyExists {
            return Err(made(error));
        }
    }
    files
        .barrier(root, &[Written { dir: own, name: None }, Written { dir: root, name: None }])
        .map_err(made)?;
    read_id(files, own)?.ok_or_else(|| VaultError::Damaged {
        name: ID_FILE.to_owned(),
        why: "it went away as it was made".to_owned(),
    })
}

/// Reads a file of at most `most` bytes; `None` if it is larger.
pub(super) fn read_small(
    files: &dyn Files,
    at: &Dir,
    name: &OsStr,
    most: u64,
) -> io::Result<Option<Vec<u8>>> {
    let file = files.open(at, name)?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let (mut bytes, mut length) = (Vec::new(), 0);
    loop {
        if bytes.len() - length < 4096 {
            bytes.resize((bytes.len() * 2).max(16 << 10), 0);
        }
        match files.read(&file, &mut bytes[length..])? {
            0 => break,
            read => length += read,
        }
        if length > most {
            return Ok(None);
        }
    }
    bytes.truncate(length);
    Ok(Some(bytes))
}
