//! Verify: the vault shows file and size, and the record is made durable; both in bulk.

use super::belonging::{beside, sought};
use super::place::{captured, stored_places};
use super::reply::{Replies, Reply};
use super::{Desk, Failed, folders, lock};
use crate::seek::{self, Lying};
use crate::verify::Progress;
use keepsake_catalog::{Detail, Note, Reader};
use keepsake_machine::event::{Answer, Disappearance};
use keepsake_machine::media::Digest;
use keepsake_vault::{DeviceId, Held, OriginalName, Record, Vault, VaultError, VaultPath};
use std::sync::Arc;

/// One to look at.
pub(crate) struct Verify {
    pub(crate) reply: Reply,
    pub(crate) digest: Digest,
}

/// One, and where it should be.
struct Placed {
    reply: Reply,
    digest: Digest,
    detail: Arc<Detail>,
    path: VaultPath,
}

/// Looks at a batch, and records what is there.
pub(crate) fn run(desk: &Desk, batch: Vec<Verify>) {
    let mut replies = Replies::default();
    let vault = match desk.link.vault() {
        Ok(vault) => vault,
        Err(error) => {
            for work in batch {
                replies.add(work.reply, desk.vault_failed(&error, 0), Vec::new());
            }
            return;
        }
    };
    let Some(placed) = placed(desk, &*vault, batch, &mut replies) else { return };
    let mut folders = match folders::shown(desk, &*vault, placed.iter().map(|one| &one.path)) {
        Ok(folders) => folders,
        Err(error) => return fail(desk, placed, &error, &mut replies),
    };
    let items: Vec<_> = placed.iter().map(|one| (&one.path, one.digest)).collect();
    let there = each_shown(desk, &*vault, &items);
    let (mut good, mut astray) = (Vec::with_capacity(placed.len()), Vec::new());
    for (one, there) in placed.into_iter().zip(there) {
        match there {
            Ok(true) => good.push(one),
            Ok(false) => astray.push(one),
            Err(error) => replies.add(one.reply, desk.vault_failed(&error, 0), Vec::new()),
        }
    }
    let elsewhere = match elsewhere(desk, &*vault, &astray) {
        Ok(paths) => paths,
        Err(error) => {
            fail(desk, astray, &error, &mut replies);
            return fail(desk, good, &error, &mut replies);
        }
    };
    for (mut one, path) in astray.into_iter().zip(elsewhere) {
        // It is not to be found there again by the same record.
        let gone = Note::Unknown { digest: one.digest, path: one.path.as_str().to_owned() };
        if let Some(path) = path {
            one.path = path;
            folders.push(gone);
            good.push(one);
        } else {
            desk.kept.keep_path(one.detail.resource, None);
            replies.add(one.reply, Answer::NotConfirmed, vec![gone]);
        }
    }
    record(desk, &*vault, good, folders, &mut replies);
}

/// [`shown`], each by itself where one cannot be looked at: a folder that may not be opened does not
/// keep the others from being safe.
fn each_shown(
    desk: &Desk,
    vault: &dyn Vault,
    items: &[(&VaultPath, Digest)],
) -> Vec<Result<bool, VaultError>> {
    let one = |item| Ok(shown(desk, vault, std::slice::from_ref(item))?.remove(0));
    match shown(desk, vault, items) {
        Ok(there) => there.into_iter().map(Ok).collect(),
        Err(_) => items.iter().map(one).collect(),
    }
}

/// Whether the vault shows each there: file and size; where something else was seen to lie, every byte.
/// In order.
fn shown(
    desk: &Desk,
    vault: &dyn Vault,
    items: &[(&VaultPath, Digest)],
) -> Result<Vec<bool>, VaultError> {
    let held: Vec<_> =
        items.iter().map(|(path, digest)| Held { path, size: digest.size }).collect();
    let mut there = vault.confirm(&held)?;
    let doubted = desk.store.read(Reader::damaged).unwrap_or_default();
    let is_doubted = |path: &VaultPath| doubted.contains(path.as_str());
    for ((path, digest), there) in items.iter().zip(&mut there) {
        if *there && is_doubted(path) {
            let mut buffer = vec![0; 1 << 20];
            let lies = seek::lying_at(vault, path, &mut buffer, &Progress::default())?;
            *there = matches!(lies, Lying::These(lies) if lies.sha256 == digest.sha256);
        }
    }
    Ok(there)
}

/// Where the vault shows bytes that are not where a record says: where another record says, or where no
/// record says it. In order.
fn elsewhere(
    desk: &Desk,
    vault: &dyn Vault,
    astray: &[Placed],
) -> Result<Vec<Option<VaultPath>>, VaultError> {
    let is_shown = |path: &VaultPath, digest: Digest| {
        shown(desk, vault, &[(path, digest)]).is_ok_and(|shown| shown == [true])
    };
    let mut paths = Vec::with_capacity(astray.len());
    for one in astray {
        if !one.detail.role.is_deduplicated() {
            let path = unrecorded(desk, vault, &one.detail, one.digest)?;
            paths.push(path.filter(|path| *path != one.path));
            continue;
        }
        let mut others = known_at(desk, &one.digest);
        others.retain(|path| *path != one.path);
        let shown = others.into_iter().find(|path| is_shown(path, one.digest));
        paths.push(match shown {
            Some(path) => Some(path),
            None => unrecorded(desk, vault, &one.detail, one.digest)?,
        });
    }
    Ok(paths)
}

/// Where the catalog knows these bytes to lie. (One that cannot be read is seen to be by who writes it.)
pub(super) fn known_at(desk: &Desk, digest: &Digest) -> Vec<VaultPath> {
    let known = desk.store.read(|reader| reader.known_at(digest)).unwrap_or_default();
    known.iter().filter_map(|path| VaultPath::parse(path)).collect()
}

/// Finds where each should be; `None`, and all are answered, when the catalog cannot be read.
fn placed(
    desk: &Desk,
    vault: &dyn Vault,
    batch: Vec<Verify>,
    replies: &mut Replies,
) -> Option<Vec<Placed>> {
    let resources: Vec<_> = batch.iter().map(|work| work.reply.resource()).collect();
    let digests: Vec<_> = batch.iter().map(|work| work.digest).collect();
    let paths: Vec<_> = resources.iter().map(|resource| desk.kept.path(*resource)).collect();
    let found = desk.details(&resources).and_then(|details| {
        // After a kill only the records know where a duplicate is.
        let known = if paths.contains(&None) {
            desk.store.read(|reader| reader.known(&digests))?
        } else {
            Vec::new()
        };
        Ok((details, known))
    });
    let (details, known) = match found {
        Ok(found) => found,
        Err(why) => {
            desk.catalog_failed(&why, batch.into_iter().map(|work| work.reply));
            return None;
        }
    };
    let mut known = known.into_iter();
    let (mut placed, mut unplaced) = (Vec::with_capacity(batch.len()), Vec::new());
    for ((work, detail), path) in batch.into_iter().zip(details).zip(paths) {
        let known = known.next().flatten();
        let Some(detail) = detail else {
            replies.add(work.reply, Answer::Gone(Disappearance::Deleted), Vec::new());
            continue;
        };
        let stored = || detail.path.as_deref().and_then(VaultPath::parse);
        let path = path.or_else(stored).or_else(|| {
            let path = VaultPath::parse(&known?.path)?;
            if detail.role.is_deduplicated() {
                return Some(path);
            }
            // One that cannot be read is seen to be by who writes it.
            beside(desk, &detail, work.digest).unwrap_or_default()
        });
        let path = path.or_else(|| handed_over(desk, vault, &detail, work.digest));
        match path {
            _ if work.reply.is_stopped() => replies.add(work.reply, Answer::Stopped, Vec::new()),
            None => unplaced.push((work, detail)),
            Some(path) => {
                placed.push(Placed { reply: work.reply, digest: work.digest, detail, path });
            }
        }
    }
    for (work, detail) in unplaced {
        match unrecorded(desk, vault, &detail, work.digest) {
            Ok(Some(path)) => {
                placed.push(Placed { reply: work.reply, digest: work.digest, detail, path });
            }
            Ok(None) => replies.add(work.reply, Answer::NotConfirmed, Vec::new()),
            Err(error) => replies.add(work.reply, desk.vault_failed(&error, 0), Vec::new()),
        }
    }
    Some(placed)
}

/// Where the vault shows bytes of which no record speaks yet: a kill between a put and its record leaves
/// them, and nobody else knows of them.
fn unrecorded(
    desk: &Desk,
    vault: &dyn Vault,
    detail: &Detail,
    digest: Digest,
) -> Result<Option<VaultPath>, VaultError> {
    if detail.role.is_deduplicated() {
        return Ok(seek::without_record(vault, &[digest])?.remove(&digest.sha256));
    }
    match sought(desk, vault, detail.resource, digest, true) {
        Err(Failed::Vault(error)) => Err(error),
        path => Ok(path.unwrap_or_default()), // (a catalog that fails is seen to by who writes it)
    }
}

/// Where the OS was to send it, by the ticket that it was given: after a kill that is worked out again.
fn handed_over(
    desk: &Desk,
    vault: &dyn Vault,
    detail: &Arc<Detail>,
    digest: Digest,
) -> Option<VaultPath> {
    if !vault.features().tickets {
        return None;
    }
    let placed = stored_places(desk, vault, &[(Arc::clone(detail), digest)]).ok()?;
    Some(vault.ticket(placed.get(&detail.asset)?, &detail.name, digest).ok()?.path)
}

/// Makes the records durable, then answers: with it goes into the catalog where the bytes are.
fn record(
    desk: &Desk,
    vault: &dyn Vault,
    good: Vec<Placed>,
    mut folders: Vec<Note>,
    replies: &mut Replies,
) {
    let records =
        good.iter().map(|one| recorded(desk, &one.detail, one.digest, &one.path)).collect();
    let mut segment = match vault.record(records) {
        Ok(segment) => segment,
        Err(error) => return fail(desk, good, &error, replies),
    };
    if let Some(segment) = &segment {
        lock(&desk.segments).wrote(segment);
    }
    for one in good {
        let path = one.path.as_str().to_owned();
        // With the first: all of them are stored in one transaction.
        let mut notes = std::mem::take(&mut folders);
        notes.extend([
            Note::Path { resource: one.detail.resource, path: path.clone() },
            Note::Known { digest: one.digest, path },
        ]);
        notes.extend(segment.take().map(crate::records::read));
        replies.add(one.reply, Answer::Confirmed, notes);
    }
}

/// The record that a resource's bytes lie at this path.
pub(crate) fn recorded(desk: &Desk, detail: &Detail, digest: Digest, path: &VaultPath) -> Record {
    Record {
        device: DeviceId([0; 16]), // the vault fills in both
        sequence: 0,
        asset: OriginalName(detail.asset_local_id.clone()),
        role: detail.role,
        digest,
        path: path.clone(),
        version: detail.version,
        name: OriginalName(detail.name.clone()),
        original: OriginalName(detail.local_id.clone()),
        modified: detail.modified,
        captured: captured(desk, detail),
        cross_id: detail.cross_id.clone(),
        albums: detail.albums.clone(),
        favourite: detail.favourite,
    }
}

fn fail(desk: &Desk, items: Vec<Placed>, error: &VaultError, replies: &mut Replies) {
    for one in items {
        replies.add(one.reply, desk.vault_failed(error, 0), Vec::new());
    }
}
