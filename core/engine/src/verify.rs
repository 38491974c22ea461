//! `verify`: is everything that the vault's records name really there?

use crate::error::{EngineError, of_vault};
use crate::jobs::learn::audit;
use crate::jobs::lost::regain;
use crate::jobs::{Desk, Failed, lock};
use crate::open::of_store;
use crate::runtime::together;
use crate::seek::{self, Lying, Places};
use crate::{forget, records};
use keepsake_catalog::{Known, Note, Which};
use keepsake_machine::media::Digest;
use keepsake_machine::settle::Fact;
use keepsake_vault::{Held, Vault, VaultError, VaultPath};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

/// How far a long operation is; polled by whoever shows it. Set `stop` to end it early.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files looked at.
    pub items: AtomicU64,
    /// Bytes read.
    pub bytes: AtomicU64,
    /// Files in all, once known.
    pub items_total: AtomicU64,
    /// Bytes in all, once known.
    pub bytes_total: AtomicU64,
    /// Ends the operation at the next file or buffer.
    pub stop: AtomicBool,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Files that are as recorded.
    pub good: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Paths in the vault of recorded files that are not there. Their rows are settled as gone from
    /// the vault, so that the next run sends them again. What was forgotten is not among them.
    pub missing: Vec<String>,
    /// Paths of recorded files that are not there, while the same bytes lie, as recorded, under another
    /// path: nothing is lost.
    pub elsewhere: Vec<String>,
    /// Paths in the vault whose size or bytes are not those recorded. (Only `deep` reads bytes.)
    pub damaged: Vec<String>,
    /// Paths of recorded files where other bytes lie now, while those recorded lie under another path.
    /// What lies here may be the only copy of something else: nobody should delete it on this list's
    /// word.
    pub altered: Vec<String>,
    /// Paths of files that somebody removed, where another recorded file has the name by now, and whose
    /// bytes are nowhere else.
    pub replaced: Vec<String>,
    /// Paths that could not be read now: nothing is said of them.
    pub unreadable: Vec<String>,
    /// Files that were safe and of which no record speaks any more (a vault that is an older copy of
    /// itself, a segment that is damaged or gone). The next run looks for their bytes, records them
    /// where they are and sends them where they are not.
    pub unrecorded: u64,
    /// Paths of files in the vault of which no record speaks, where all records could be read:
    /// `restore` brings them back under these names.
    pub loose: Vec<String>,
    /// What lies in the vault and cannot be looked at: names that are no paths of a vault, folders that
    /// may not be opened. `restore` leaves it there.
    pub unseen: Vec<String>,
    /// Segments of records that cannot be trusted, with the reason. Where `unrecorded` and `loose` have
    /// nothing, what they named is recorded elsewhere, as far as this device knows.
    pub segments: Vec<String>,
    /// Segments of records that cannot be read now, with the reason: nothing is said of what only they
    /// name.
    pub closed: Vec<String>,
    /// Whether it was stopped before the end.
    pub stopped: bool,
}

/// A recorded file.
struct Recorded {
    path: VaultPath,
    digest: Digest,
}

/// Files that are looked at together.
const TOGETHER: usize = 1_024;
/// Bytes are read back through a buffer of this size.
const BUFFER: usize = 1 << 20;

/// What several workers find.
#[derive(Default)]
struct Found {
    verified: Verified,
    /// What is missing, and what has other bytes than a record says, with the bytes of the record.
    missing: Vec<(String, Digest)>,
    damaged: Vec<(String, Digest)>,
    /// What lies in the place of what is damaged.
    lying: Places,
    /// Paths that are as some record says.
    good: HashSet<u64>,
    error: Option<VaultError>,
}

/// Looks at everything that the records name. What is not as recorded is settled as gone.
pub(crate) fn verify(
    desk: &Desk,
    deep: bool,
    progress: &Progress,
) -> Result<Verified, EngineError> {
    let vault = desk.link.vault().map_err(of_vault)?;
    total(&*vault, deep, progress).map_err(of_vault)?;
    let found = Mutex::new(Found::default());
    let workers = desk.runtime.cores().max(1);
    let (sender, receiver) = sync_channel::<Vec<Recorded>>(workers);
    let receiver = Mutex::new(receiver);
    let work = || {
        let mut buffer = vec![0; BUFFER];
        loop {
            let Ok(batch) = lock(&receiver).recv() else { return };
            look(&*vault, &batch, deep, &mut buffer, progress, &found);
        }
    };
    let read = together(workers, work, || {
        let mut batch = Vec::new();
        let mut seen = HashSet::new();
        let most = if deep { TOGETHER / 64 } else { TOGETHER };
        let read = records::all(&*vault, |record| {
            let path = record.path.as_str().as_bytes();
            if seen.insert(records::mark(&[path, &record.digest.sha256])) {
                batch.push(Recorded { path: record.path, digest: record.digest });
            }
            if batch.len() >= most {
                let _ = sender.send(std::mem::take(&mut batch)); // workers live as long as we send
            }
            !progress.stop.load(Ordering::Relaxed)
        });
        let _ = sender.send(batch);
        drop(sender);
        read
    });
    let read = read.map_err(of_vault)?;
    let Found { mut verified, missing, damaged, lying, good, error } =
        found.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(why) = error {
        return Err(of_vault(why));
    }
    let bad: Vec<_> = missing.iter().chain(&damaged).cloned().collect();
    let wrong: Vec<_> = damaged.iter().map(known).collect();
    let loose = vault.unrecorded().map_err(of_vault)?;
    let elsewhere = elsewhere(&*vault, &bad, &lying).map_err(of_vault)?;
    let digests: Vec<_> = bad.iter().map(|(_, digest)| *digest).collect();
    let let_go = desk.store.read(|reader| reader.let_go(&digests)).map_err(of_store)?;
    let is_there = |digest: &Digest| elsewhere.contains(&digest.sha256);
    let is_let_go = |digest: &Digest| let_go.contains(&digest.sha256);
    verified.name_missing(missing, is_there, is_let_go);
    verified.name_damaged(damaged, is_there, is_let_go, &good);
    verified.stopped = progress.stop.load(Ordering::Relaxed);
    (verified.segments, verified.closed) = (read.damaged, read.unreadable);
    let Verified {
        missing,
        elsewhere,
        damaged,
        altered,
        replaced,
        unreadable,
        segments,
        closed,
        ..
    } = &mut verified;
    for list in [missing, elsewhere, damaged, altered, replaced, unreadable, segments, closed] {
        list.sort_unstable();
    }
    if !verified.stopped {
        let audited = audit(desk, &*vault).map_err(|why| match why {
            Failed::Vault(why) => of_vault(why),
            Failed::Store(why) => of_store(why),
        })?;
        verified.unrecorded = audited.unwrap_or(0);
    }
    if verified.closed.is_empty() {
        verified.loose = loose.files.iter().map(|path| path.as_str().to_owned()).collect();
    }
    verified.unseen = loose.unseen;
    settle_found(desk, &verified, &bad, &wrong, deep)?;
    // What lies in the place of something else is recorded there by the next run, and not sent again.
    let lies = bad.iter().filter_map(|(_, digest)| {
        let path = lying.get(&digest.sha256)?.as_str().to_owned();
        Some(Note::Known { digest: *digest, path })
    });
    desk.note(&lies.collect::<Vec<_>>(), false).map_err(of_store)?;
    regain(desk, &*vault, &lying).map_err(|why| match why {
        Failed::Vault(why) => of_vault(why),
        Failed::Store(why) => of_store(why),
    })?;
    Ok(verified)
}

impl Verified {
    /// Names what is missing, but what was let go of.
    fn name_missing(
        &mut self,
        missing: Vec<(String, Digest)>,
        is_there: impl Fn(&Digest) -> bool,
        is_let_go: impl Fn(&Digest) -> bool,
    ) {
        for (path, digest) in missing.into_iter().filter(|(_, digest)| !is_let_go(digest)) {
            let list = if is_there(&digest) { &mut self.elsewhere } else { &mut self.missing };
            list.push(path);
        }
    }

    /// Names what has other bytes, but what was let go of. `good`: paths that are as some record says.
    fn name_damaged(
        &mut self,
        damaged: Vec<(String, Digest)>,
        is_there: impl Fn(&Digest) -> bool,
        is_let_go: impl Fn(&Digest) -> bool,
        good: &HashSet<u64>,
    ) {
        for (path, digest) in damaged {
            // Where one record is right about a file, another names what lay there before.
            let taken = good.contains(&records::mark(&[path.as_bytes()]));
            let list = match (taken, is_there(&digest)) {
                (true, true) => continue,
                (_, false) if is_let_go(&digest) => continue,
                (true, false) => &mut self.replaced,
                (false, true) => &mut self.altered,
                (false, false) => &mut self.damaged,
            };
            list.push(path);
        }
    }
}

/// Which of the bytes that are missing or damaged under one path the vault shows under another: one
/// that a record names, that of something else (`lying`), or one without a record.
fn elsewhere(
    vault: &dyn Vault,
    bad: &[(String, Digest)],
    lying: &Places,
) -> Result<HashSet<[u8; 32]>, VaultError> {
    let mut there = HashSet::new();
    if bad.is_empty() {
        return Ok(there);
    }
    let mark = |path: &str, digest: &Digest| records::mark(&[path.as_bytes(), &digest.sha256]);
    // (Where one record of a file is wrong, another may be right.)
    let wrong: HashSet<u64> = bad.iter().map(|(path, digest)| mark(path, digest)).collect();
    let wanted: HashSet<_> = bad.iter().map(|(_, digest)| digest.sha256).collect();
    let mut others = Vec::new();
    records::all(vault, |record| {
        if wanted.contains(&record.digest.sha256)
            && !wrong.contains(&mark(record.path.as_str(), &record.digest))
        {
            others.push(Recorded { path: record.path, digest: record.digest });
        }
        true
    })?;
    for batch in others.chunks(TOGETHER) {
        let held: Vec<_> =
            batch.iter().map(|one| Held { path: &one.path, size: one.digest.size }).collect();
        let shown = vault.confirm(&held)?.into_iter().zip(batch).filter(|(shown, _)| *shown);
        there.extend(shown.map(|(_, one)| one.digest.sha256));
    }
    there.extend(lying.keys().filter(|lying| wanted.contains(*lying)));
    let rest = bad.iter().map(|(_, digest)| *digest);
    let rest: Vec<_> = rest.filter(|digest| !there.contains(&digest.sha256)).collect();
    there.extend(seek::without_record(vault, &rest)?.into_keys());
    Ok(there)
}

/// Says beforehand how much there is to look at.
fn total(vault: &dyn Vault, deep: bool, progress: &Progress) -> Result<(), VaultError> {
    let mut seen = HashSet::new();
    records::all(vault, |record| {
        let path = record.path.as_str().as_bytes();
        if seen.insert(records::mark(&[path, &record.digest.sha256])) {
            progress.items_total.fetch_add(1, Ordering::Relaxed);
            let bytes = if deep { record.digest.size } else { 0 };
            progress.bytes_total.fetch_add(bytes, Ordering::Relaxed);
        }
        !progress.stop.load(Ordering::Relaxed)
    })?;
    Ok(())
}

/// Looks at a batch.
fn look(
    vault: &dyn Vault,
    batch: &[Recorded],
    deep: bool,
    buffer: &mut [u8],
    progress: &Progress,
    found: &Mutex<Found>,
) {
    let held: Vec<_> =
        batch.iter().map(|one| Held { path: &one.path, size: one.digest.size }).collect();
    // Where one cannot be looked at, each is asked for by itself.
    let each = |held: &Held<'_>| Ok(vault.confirm(std::slice::from_ref(held))?.remove(0));
    let there: Vec<Result<bool, VaultError>> = match vault.confirm(&held) {
        Ok(there) => there.into_iter().map(Ok).collect(),
        Err(_) => held.iter().map(each).collect(),
    };
    for (one, there) in batch.iter().zip(there) {
        if progress.stop.load(Ordering::Relaxed) {
            return;
        }
        let lies = match (there, deep) {
            (Ok(true), false) => Ok(Lying::These(one.digest)),
            (Ok(_), _) => seek::lying_at(vault, &one.path, buffer, progress),
            (Err(_), _) => seek::is_there(vault).map(|()| Lying::Unreadable),
        };
        let lies = match lies {
            Ok(lies) => lies,
            Err(why) => {
                lock(found).error.get_or_insert(why);
                progress.stop.store(true, Ordering::Relaxed);
                return;
            }
        };
        progress.items.fetch_add(1, Ordering::Relaxed);
        let path = one.path.as_str().to_owned();
        let mut found = lock(found);
        let Found { verified, missing, damaged, lying, good, .. } = &mut *found;
        match lies {
            Lying::These(digest)
                if (digest.sha256, digest.size) == (one.digest.sha256, one.digest.size) =>
            {
                verified.good += 1;
                verified.bytes += one.digest.size;
                good.insert(records::mark(&[path.as_bytes()]));
            }
            Lying::Nothing => missing.push((path, one.digest)),
            Lying::These(digest) => {
                damaged.push((path, one.digest));
                lying.insert(digest.sha256, one.path.clone());
            }
            Lying::Unreadable => verified.unreadable.push(path),
            Lying::Stopped => {}
        }
    }
}

/// What is not as recorded is to be sent again; all others count as confirmed now. `bad`: what is not
/// where a record says; of that, `wrong`: something else lies there.
fn settle_found(
    desk: &Desk,
    verified: &Verified,
    bad: &[(String, Digest)],
    wrong: &[Known],
    deep: bool,
) -> Result<(), EngineError> {
    // An audit reads their records again, and must not believe them.
    let all = deep && verified.unreadable.is_empty() && !verified.stopped;
    desk.store.write(|catalog| catalog.set_damaged(wrong, all)).map_err(of_store)?;
    if !bad.is_empty() {
        let bad: Vec<_> = bad.iter().map(known).collect();
        forget::settle(desk, &Which::Held(bad.clone()), Fact::GoneFromVault)?;
        let unknown = |Known { digest, path }| Note::Unknown { digest, path };
        let notes: Vec<_> = bad.into_iter().map(unknown).collect();
        desk.note(&notes, false).map_err(of_store)?;
    }
    if verified.unreadable.is_empty() && !verified.stopped {
        forget::settle(desk, &Which::Safe, Fact::StillThere)?;
    }
    Ok(())
}

fn known((path, digest): &(String, Digest)) -> Known {
    Known { digest: *digest, path: path.clone() }
}
