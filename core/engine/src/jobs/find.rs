//! Find: does the vault have these bytes? Tombstones first, then what its records say, and only
//! then the vault itself, each in bulk.

use super::belonging::{own, sought};
use super::kept::Asked;
use super::learn::catch_up;
use super::reply::{Replies, Reply};
use super::{Desk, Failed, lock};
use crate::store::StoreError;
use keepsake_machine::event::{Answer, Finding};
use keepsake_machine::media::Digest;
use keepsake_vault::{Found, Vault, VaultError, VaultPath};

/// One to ask about.
pub(crate) struct Find {
    pub(crate) reply: Reply,
    pub(crate) digest: Digest,
    /// Whether equal bytes of another asset may stand for it.
    pub(crate) deduplicated: bool,
}

/// Asks about a batch.
pub(crate) fn run(desk: &Desk, batch: Vec<Find>) {
    let mut replies = Replies::default();
    let open = not_forgotten(desk, batch, &mut replies);
    let known = match known(desk, &open) {
        Ok(known) => known,
        Err(why) => return desk.catalog_failed(&why, open.into_iter().map(|work| work.reply)),
    };
    let mut unknown = Vec::with_capacity(open.len());
    for (work, path) in open.into_iter().zip(known) {
        if let Some(path) = path {
            desk.kept.keep_path(work.reply.resource(), Some(path));
            replies.add(work.reply, Answer::Found(Finding::Hit), Vec::new());
        } else {
            unknown.push(work);
        }
    }
    if unknown.is_empty() {
        return;
    }
    let vault = match desk.link.vault() {
        Ok(vault) => vault,
        Err(error) => return fail(desk, unknown, &error, &mut replies),
    };
    match recorded_since(desk, &*vault, &mut unknown) {
        Ok(recorded) => {
            for (work, path) in recorded {
                desk.kept.keep_path(work.reply.resource(), Some(path));
                replies.add(work.reply, Answer::Found(Finding::Hit), Vec::new());
            }
        }
        Err(Failed::Vault(error)) => return fail(desk, unknown, &error, &mut replies),
        Err(Failed::Store(why)) => {
            return desk.catalog_failed(&why, unknown.into_iter().map(|work| work.reply));
        }
    }
    // What was just read may say so.
    let unknown = not_forgotten(desk, unknown, &mut replies);
    let digests: Vec<_> = unknown.iter().map(|work| work.digest).collect();
    let found = match vault.find(&digests) {
        Ok(found) => found,
        Err(error) => return fail(desk, unknown, &error, &mut replies),
    };
    let mut found = unknown.into_iter().zip(found);
    while let Some((work, found_one)) = found.next() {
        match told(desk, &*vault, &work, found_one) {
            Ok(finding) => replies.add(work.reply, Answer::Found(finding), Vec::new()),
            Err(Failed::Vault(error)) => fail(desk, vec![work], &error, &mut replies),
            Err(Failed::Store(why)) => {
                let rest = std::iter::once(work).chain(found.map(|(work, _)| work));
                return desk.catalog_failed(&why, rest.map(|work| work.reply));
            }
        }
    }
}

/// What the machine is told of what the vault said.
fn told(desk: &Desk, vault: &dyn Vault, work: &Find, found: Found) -> Result<Finding, Failed> {
    let resource = work.reply.resource();
    let path = match found {
        Found::Hit(path) if work.deduplicated => Some(path),
        // Another asset's, as far as can be told so far.
        Found::Hit(_) | Found::Miss if !work.deduplicated => {
            let strays = found != Found::Miss;
            sought(desk, vault, resource, work.digest, strays)?
        }
        other => return Ok(other.finding()),
    };
    let Some(path) = path else { return Ok(Finding::Miss) };
    desk.kept.keep_path(resource, Some(path));
    Ok(Finding::Hit)
}

/// Takes out of these what was stopped, and what tombstones name. (They say nothing of what belongs to
/// one asset: that is forgotten by itself.)
fn not_forgotten(desk: &Desk, batch: Vec<Find>, replies: &mut Replies) -> Vec<Find> {
    let tombstones = lock(&desk.tombstones);
    let mut open = Vec::with_capacity(batch.len());
    for work in batch {
        if work.reply.is_stopped() {
            replies.add(work.reply, Answer::Stopped, Vec::new());
        } else if work.deduplicated && tombstones.contains(&work.digest.sha256) {
            replies.add(work.reply, Answer::Found(Finding::Forgotten), Vec::new());
        } else {
            open.push(work);
        }
    }
    open
}

/// Takes out of these what another device has recorded since the records were read, with where.
fn recorded_since(
    desk: &Desk,
    vault: &dyn Vault,
    unknown: &mut Vec<Find>,
) -> Result<Vec<(Find, VaultPath)>, Failed> {
    let mut recorded = Vec::new();
    if catch_up(desk, vault)? {
        let known = known(desk, unknown)?;
        for (work, path) in std::mem::take(unknown).into_iter().zip(known) {
            match path {
                Some(path) => recorded.push((work, path)),
                None => unknown.push(work),
            }
        }
    }
    Ok(recorded)
}

fn fail(desk: &Desk, unknown: Vec<Find>, error: &VaultError, replies: &mut Replies) {
    for work in unknown {
        replies.add(work.reply, desk.vault_failed(error, 0), Vec::new());
    }
}

/// Where the records say that each is; what was asked while it was hashed is not asked again.
fn known(desk: &Desk, batch: &[Find]) -> Result<Vec<Option<VaultPath>>, StoreError> {
    let kept = &desk.kept;
    let asked = batch.iter().map(|one| kept.take_asked(one.reply.resource(), &one.digest.sha256));
    let asked: Vec<_> = asked.collect();
    let open = batch.iter().zip(&asked).filter(|(_, asked)| asked.is_none());
    let digests: Vec<_> = open.map(|(one, _)| one.digest).collect();
    let found = if digests.is_empty() {
        Vec::new()
    } else {
        desk.store.read(|reader| reader.known(&digests))?
    };
    let mut found = found.into_iter();
    let mut path = |asked: Option<Asked>| match asked {
        Some(asked) => asked.path,
        None => found.next().flatten().and_then(|at| VaultPath::parse(&at.path)),
    };
    let paths = batch.iter().zip(asked).map(|(one, asked)| match path(asked) {
        Some(_) if !one.deduplicated => own(desk, one.reply.resource(), one.digest),
        path => Ok(path),
    });
    paths.collect()
}
