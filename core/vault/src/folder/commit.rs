//! Putting a group: all bytes in staging, one sync, all names, one sync.
//!
//! A name appears only when its bytes are durable, and never in another's place: whatever moment a
//! kill or a power cut chooses, a name that is seen has all its bytes.

use super::Shared;
use super::bytes::{BUFFER, is_same};
use super::fail::{fail_in, is_absent};
use super::home::Home;
use super::places::{Folder, Taken, Visit};
use super::staging::{Landing, Staged};
use crate::error::VaultError;
use crate::files::{Dir, Written};
use crate::names::{Placement, folded};
use crate::path::VaultPath;
use crate::put::{Flow, Opener, Put, PutBytes, Stored, Watch};
use keepsake_machine::media::Digest;
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, VecDeque};
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::sync::{Arc, PoisonError};

/// Where the newest puts of this run went: two lanes that bring the same bytes store them once.
/// Older ones the catalog knows from their records.
#[derive(Default)]
pub(super) struct Recent {
    by_digest: HashMap<[u8; 32], VaultPath>,
    order: VecDeque<[u8; 32]>,
}

/// More than can be put and not yet recorded.
const MOST_RECENT: usize = 16_384;

impl Recent {
    pub(super) fn path(&self, sha256: &[u8; 32]) -> Option<&VaultPath> {
        self.by_digest.get(sha256)
    }

    fn remember(&mut self, sha256: [u8; 32], path: VaultPath) {
        if self.by_digest.insert(sha256, path).is_none() {
            self.order.push_back(sha256);
        }
        if self.order.len() > MOST_RECENT
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_digest.remove(&oldest);
        }
    }
}

/// What a put is committed by.
struct Ready<'a> {
    item: usize,
    staged: Staged,
    placement: &'a Placement,
    name: &'a [u8],
    digest: Digest,
    deduplicated: bool,
}

type Answers = Vec<Option<Result<Stored, VaultError>>>;

pub(super) fn put(
    shared: &Arc<Shared>,
    group: Vec<Put<'_>>,
    watch: &dyn Watch,
) -> Vec<Result<Stored, VaultError>> {
    let mut answers: Answers = group.iter().map(|_| None).collect();
    match shared.home() {
        Err(error) => {
            for (put, answer) in group.into_iter().zip(&mut answers) {
                if let PutBytes::Teed(teed) = put.bytes
                    && let Some(staged) = teed.into_note()
                {
                    shared.drop_staged(&staged);
                }
                *answer = Some(Err(error.again()));
            }
        }
        Ok(home) => {
            let ready = stage(shared, &home, group, watch, &mut answers);
            let ready = sync_bytes(shared, &home, ready, &mut answers);
            name(shared, &home, ready, &mut answers);
        }
    }
    answers.into_iter().map(|answer| answer.unwrap_or(Err(VaultError::Stopped))).collect()
}

/// Brings into staging what is not there yet.
fn stage<'a>(
    shared: &Arc<Shared>,
    home: &Arc<Home>,
    group: Vec<Put<'a>>,
    watch: &dyn Watch,
    answers: &mut Answers,
) -> Vec<Ready<'a>> {
    let mut ready = Vec::with_capacity(group.len());
    let mut buffer = Vec::new();
    for (item, put) in group.into_iter().enumerate() {
        let stop = watch.went_on(item, 0) == Flow::Stop;
        let Put { placement, name, digest, deduplicated, .. } = put;
        let staged = match put.bytes {
            PutBytes::Teed(teed) => match teed.into_note::<Staged>() {
                Some(staged) if stop => {
                    shared.drop_staged(&staged);
                    Err(Ok(VaultError::Stopped))
                }
                // Teed on a volume that was away meanwhile, or cut short.
                Some(staged) if !Arc::ptr_eq(&staged.home, home) || staged.size != digest.size => {
                    shared.drop_staged(&staged);
                    Err(Err(Stored::TeeLost))
                }
                Some(staged) => Ok(staged),
                None => Err(Err(Stored::TeeLost)),
            },
            PutBytes::Read(_) if stop => Err(Ok(VaultError::Stopped)),
            PutBytes::Read(open) => {
                buffer.resize(BUFFER, 0);
                let mut went_on = |bytes| watch.went_on(item, bytes);
                let landing = Landing::begin(shared, home, digest.size);
                match landing.and_then(|to| pour(open, to, &digest, &mut buffer, &mut went_on)) {
                    Ok(Some(landing)) => Ok(landing.end(put.modified)),
                    Ok(None) => Err(Err(Stored::OtherBytes)),
                    Err(error) => Err(Ok(error)),
                }
            }
        };
        match staged {
            Ok(staged) => {
                ready.push(Ready { item, staged, placement, name, digest, deduplicated });
            }
            Err(Ok(error)) => answers[item] = Some(Err(error)),
            Err(Err(stored)) => answers[item] = Some(Ok(stored)),
        }
    }
    ready
}

/// Reads an original into staging, hashing. `None` if it is not the one that was meant.
fn pour(
    open: Opener<'_>,
    mut to: Landing,
    digest: &Digest,
    buffer: &mut [u8],
    went_on: &mut dyn FnMut(u64) -> Flow,
) -> Result<Option<Landing>, VaultError> {
    let mut from = open().map_err(VaultError::Source)?;
    let (mut hasher, mut bytes) = (Sha256::new(), 0_u64);
    loop {
        let read = match from.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read.map_err(VaultError::Source)?,
        };
        if read == 0 {
            break;
        }
        bytes += read as u64;
        if bytes > digest.size {
            return Ok(None);
        }
        hasher.update(&buffer[..read]);
        to.write(&buffer[..read])?;
        if went_on(bytes) == Flow::Stop {
            return Err(VaultError::Stopped);
        }
    }
    let sha256: [u8; 32] = hasher.finalize().into();
    Ok((sha256 == digest.sha256 && bytes == digest.size).then_some(to))
}

/// Makes the group's bytes durable. What was written before a sync failed is not trusted.
fn sync_bytes<'a>(
    shared: &Shared,
    home: &Home,
    ready: Vec<Ready<'a>>,
    answers: &mut Answers,
) -> Vec<Ready<'a>> {
    let Some(since) = ready.iter().map(|one| one.staged.since).min() else {
        return ready;
    };
    let written: Vec<_> = ready
        .iter()
        .map(|one| Written { dir: &one.staged.dir, name: Some(&one.staged.name) })
        .collect();
    let Err(error) = shared.barrier.pass(&*shared.files, &home.root, &written, since) else {
        return ready;
    };
    for one in ready {
        shared.drop_staged(&one.staged);
        let again = io::Error::new(error.kind(), error.to_string());
        answers[one.item] = Some(Err(shared.fail("syncing", "a group", one.digest.size, again)));
    }
    Vec::new()
}

/// Gives the group its names, and makes them durable.
fn name(shared: &Shared, home: &Home, ready: Vec<Ready<'_>>, answers: &mut Answers) {
    let since = shared.barrier.failures();
    let mut visit = shared.visit(home);
    let mut named: Vec<(usize, Stored)> = Vec::with_capacity(ready.len());
    let mut touched: Vec<(Arc<Folder>, OsString)> = Vec::new();
    for one in ready {
        match commit(shared, &mut visit, &one, &mut touched) {
            Ok(stored) => {
                match stored {
                    Stored::Sent(_) => {
                        shared.unrecorded.keep(one.digest.sha256, one.staged.promise);
                    }
                    Stored::TeeLost => {}
                    _ => shared.drop_staged(&one.staged),
                }
                named.push((one.item, stored));
            }
            Err(error) => {
                shared.drop_staged(&one.staged);
                answers[one.item] = Some(Err(error));
            }
        }
    }
    if named.is_empty() {
        return;
    }
    let mut written = Vec::with_capacity(touched.len());
    let mut folders: Vec<&Dir> = Vec::new();
    let mut last: Option<&Arc<Folder>> = None;
    for (folder, name) in &touched {
        written.push(Written { dir: &folder.dir, name: Some(name) });
        if !last.is_some_and(|last| Arc::ptr_eq(last, folder)) {
            folders.extend(folder.way.iter().map(|step| &step.above));
            folders.push(&folder.dir);
        }
        last = Some(folder);
    }
    written.extend(folders.into_iter().map(|dir| Written { dir, name: None }));
    let synced = shared.barrier.pass(&*shared.files, &home.root, &written, since);
    for (item, stored) in named {
        answers[item] = Some(match &synced {
            Ok(()) => Ok(stored),
            Err(error) => {
                let again = io::Error::new(error.kind(), error.to_string());
                Err(shared.fail("syncing", "names", 0, again))
            }
        });
    }
}

/// Gives one its name: as shot, else the one that only its bytes can have.
fn commit(
    shared: &Shared,
    visit: &mut Visit<'_>,
    one: &Ready<'_>,
    touched: &mut Vec<(Arc<Folder>, OsString)>,
) -> Result<Stored, VaultError> {
    // Held until the name is there, so that of two lanes with the same bytes one sees the other.
    let mut recent = shared.recent.lock().unwrap_or_else(PoisonError::into_inner);
    if one.deduplicated
        && let Some(path) = recent.path(&one.digest.sha256)
    {
        let (folder, name) = path.split();
        if visit.holds(folder, name, one.digest.size)? {
            return Ok(Stored::AlreadyThere(path.clone()));
        }
    }
    let at = one.placement.folder();
    // Its name was taken before its bytes were known: perhaps by them, from another device.
    if one.deduplicated
        && let Some(name) = one.placement.name_as_shot(one.name)
        && visit.holds(at, &name, one.digest.size)?
        && let Some(folder) = visit.there(at)?
        && is_same(&*shared.files, &folder.dir, OsStr::new(&name), &one.digest).unwrap_or(false)
        && let Some(path) = VaultPath::parse(&format!("{at}/{name}"))
    {
        recent.remember(one.digest.sha256, path.clone());
        touched.push((folder, name.into()));
        return Ok(Stored::AlreadyThere(path));
    }
    let own = (1..=MOST_NAMES).map(|number| Some((&one.digest, number)));
    for own in std::iter::once(None).chain(own) {
        let name = one.placement.file_name(one.name, own);
        let path = VaultPath::parse(&format!("{at}/{name}")).ok_or_else(|| refused(&name))?;
        let taken = OsStr::new(&name);
        match rename(shared, visit, one, taken, own.is_some())? {
            Renamed::Named(folder) => {
                recent.remember(one.digest.sha256, path.clone());
                touched.push((folder, taken.to_owned()));
                return Ok(Stored::Sent(path));
            }
            Renamed::Taken(folder) => {
                let same = is_same(&*shared.files, &folder.dir, taken, &one.digest);
                // What cannot be read is taken for another file, unless it is the vault that is away.
                if same.or_else(|_| shared.home().map(|_| false))? {
                    recent.remember(one.digest.sha256, path.clone());
                    touched.push((folder, taken.to_owned()));
                    return Ok(Stored::AlreadyThere(path));
                }
            }
            Renamed::Lost => return Ok(Stored::TeeLost),
        }
    }
    Err(refused(&one.placement.file_name(one.name, None)))
}

/// So many names that only its bytes may have are tried for a file: each that is taken is damaged, or
/// was put there by somebody.
const MOST_NAMES: u32 = 99;

fn refused(name: &str) -> VaultError {
    VaultError::Refused {
        name: name.to_owned(),
        why: "all names that it could have hold other bytes: remove what is damaged".to_owned(),
    }
}

enum Renamed {
    Named(Arc<Folder>),
    /// Something has that name, or a twin of it.
    Taken(Arc<Folder>),
    /// What was staged is gone.
    Lost,
}

fn rename(
    shared: &Shared,
    visit: &mut Visit<'_>,
    one: &Ready<'_>,
    name: &OsStr,
    own: bool,
) -> Result<Renamed, VaultError> {
    let at = one.placement.folder();
    let (files, staging) = (&*shared.files, &one.staged.dir);
    let fold = folded(&name.to_string_lossy());
    let path = || format!("{at}/{}", name.to_string_lossy());
    let mut retried = false;
    loop {
        let folder = visit.made(at)?;
        // A twin by case or composition lies there: on another file system it would be this file.
        let twin = folder.names(files, |names| names.get(&fold) == Some(&Taken::There))?;
        if twin && !own {
            return Ok(Renamed::Taken(folder));
        }
        match files.rename_new(staging, &one.staged.name, &folder.dir, name) {
            Ok(()) => {
                folder.names(files, |names| names.insert(fold, Taken::There))?;
                return Ok(Renamed::Named(folder));
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                folder.names(files, |names| names.insert(fold, Taken::There))?;
                return Ok(Renamed::Taken(folder));
            }
            Err(error) if is_absent(&error) => {
                if files.stat(staging, &one.staged.name).is_err_and(|error| is_absent(&error)) {
                    return Ok(Renamed::Lost);
                }
                // The folder was removed while we held it open: once more, with a new one.
                if retried {
                    return Err(shared.fail("naming", &path(), 0, error));
                }
                retried = true;
                visit.again(at);
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(fail_in(at, "naming", at, 0, error));
            }
            Err(error) => {
                return Err(shared.fail("naming", &path(), one.digest.size, error));
            }
        }
    }
}
