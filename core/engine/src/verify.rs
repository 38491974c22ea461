//! `verify`: is everything that the vault's records name really there?

mod after;
mod batches;

use self::batches::Batches;
use crate::error::{EngineError, of_vault};
use crate::jobs::learn::audit;
use crate::jobs::lost::regain;
use crate::jobs::{Desk, Failed, lock};
use crate::open::of_store;
use crate::runtime::together;
use crate::seek::{self, Lying, Places};
use crate::{forget, records};
use keepsake_catalog::{Damaged, Known, Reader, Which};
use keepsake_machine::media::Digest;
use keepsake_machine::settle::Fact;
use keepsake_vault::{Held, Vault, VaultError, VaultPath};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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
    /// What is missing, with the bytes of the record.
    missing: Vec<(String, Digest)>,
    /// What has other bytes than a record says.
    damaged: Vec<Damaged>,
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
    let doubted = desk.store.read(Reader::damaged).map_err(of_store)?;
    let by_bytes = |path: &VaultPath| deep || doubted.contains(path.as_str());
    let by_bytes: &(dyn Fn(&VaultPath) -> bool + Sync) = &by_bytes;
    let found = Mutex::new(Found::default());
    let workers = desk.runtime.cores().max(1);
    let batches = Batches::<Vec<Recorded>>::new(workers);
    let giver = batches.giver();
    let work = || {
        let mut buffer = vec![0; BUFFER];
        while let Some(batch) = batches.next() {
            look(&*vault, &batch, by_bytes, &mut buffer, progress, &found);
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
                giver.give(std::mem::take(&mut batch)); // workers live as long as we give
            }
            !progress.stop.load(Ordering::Relaxed)
        });
        giver.give(batch);
        drop(giver);
        read
    });
    let read = read.map_err(of_vault)?;
    let Found { mut verified, missing, damaged: wrong, good, error } =
        found.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(why) = error {
        return Err(of_vault(why));
    }
    let known = |(path, digest): &(String, Digest)| Known { digest: *digest, path: path.clone() };
    let replaced = wrong.iter().map(|one| one.recorded.clone());
    let bad: Vec<_> = missing.iter().map(known).chain(replaced).collect();
    let lying = wrong
        .iter()
        .filter_map(|one| Some((one.lies.sha256, VaultPath::parse(&one.recorded.path)?)));
    let lying: Places = lying.collect();
    let gone: HashSet<_> = missing.iter().map(|(_, digest)| digest.sha256).collect();
    let loose = vault.unrecorded().map_err(of_vault)?;
    let unread =
        |path: &str| doubted.contains(path) && verified.unreadable.iter().any(|one| one == path);
    let shown = after::shown(&*vault, &bad, &lying, unread).map_err(of_vault)?;
    let digests: Vec<_> = bad.iter().map(|one| one.digest).collect();
    let let_go = desk.store.read(|reader| reader.let_go(&digests)).map_err(of_store)?;
    let is_there = |digest: &Digest| shown.path(digest).is_some();
    let is_let_go = |digest: &Digest| let_go.contains(&digest.sha256);
    verified.name_missing(missing, is_there, is_let_go);
    // What is missing already is not missed again where it lay before.
    let is_named = |digest: &Digest| is_let_go(digest) || gone.contains(&digest.sha256);
    verified.name_damaged(&wrong, is_there, is_named, &good);
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
    if verified.closed.is_empty() {
        verified.loose = loose.files.iter().map(|path| path.as_str().to_owned()).collect();
    }
    verified.unseen = loose.unseen;
    // What is not as recorded is not to be believed when the records are read again. (What was found so
    // before was read now.)
    let all = verified.unreadable.is_empty() && !verified.stopped;
    desk.store.write(|catalog| catalog.set_damaged(&wrong, all)).map_err(of_store)?;
    let of_either = |why| match why {
        Failed::Vault(why) => of_vault(why),
        Failed::Store(why) => of_store(why),
    };
    after::settle(desk, &*vault, &bad, &shown).map_err(of_either)?;
    if !verified.stopped {
        verified.unrecorded = audit(desk, &*vault).map_err(of_either)?.unwrap_or(0);
        if verified.unreadable.is_empty() {
            forget::settle(desk, &Which::Safe, Fact::StillThere)?;
        }
    }
    regain(desk, &*vault, &lying).map_err(of_either)?;
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

    /// Names what has other bytes, but what was let go of or is named already. `good`: paths that are as
    /// some record says.
    fn name_damaged(
        &mut self,
        damaged: &[Damaged],
        is_there: impl Fn(&Digest) -> bool,
        is_named: impl Fn(&Digest) -> bool,
        good: &HashSet<u64>,
    ) {
        for Known { digest, path } in damaged.iter().map(|one| &one.recorded) {
            // Where one record is right about a file, another names what lay there before.
            let taken = good.contains(&records::mark(&[path.as_bytes()]));
            let list = match (taken, is_there(digest)) {
                (true, true) => continue,
                (_, false) if is_named(digest) => continue,
                (true, false) => &mut self.replaced,
                (false, true) => &mut self.altered,
                (false, false) => &mut self.damaged,
            };
            list.push(path.clone());
        }
    }
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

/// Looks at a batch; `by_bytes` says of which paths the size is not enough.
fn look(
    vault: &dyn Vault,
    batch: &[Recorded],
    by_bytes: &dyn Fn(&VaultPath) -> bool,
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
        let lies = match (there, by_bytes(&one.path)) {
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
        let Found { verified, missing, damaged, good, .. } = &mut *found;
        match lies {
            Lying::These(digest)
                if (digest.sha256, digest.size) == (one.digest.sha256, one.digest.size) =>
            {
                verified.good += 1;
                verified.bytes += one.digest.size;
                good.insert(records::mark(&[path.as_bytes()]));
            }
            Lying::Nothing => missing.push((path, one.digest)),
            Lying::These(lies) => {
                damaged.push(Damaged { recorded: Known { digest: one.digest, path }, lies });
            }
            Lying::Unreadable => verified.unreadable.push(path),
            Lying::Stopped => {}
        }
    }
}
