//! Find: does the vault have these bytes? Tombstones first, then what its records say, and only
//! then the vault itself, each in bulk.

use super::kept::Asked;
use super::place::beside;
use super::reply::{Replies, Reply};
use super::{Desk, lock};
use crate::store::StoreError;
use keepsake_machine::event::{Answer, Finding};
use keepsake_machine::media::Digest;
use keepsake_vault::{Found, VaultPath};

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
    let mut open = Vec::with_capacity(batch.len());
    {
        let tombstones = lock(&desk.tombstones);
        for work in batch {
            if work.reply.is_stopped() {
                replies.add(work.reply, Answer::Stopped, Vec::new());
            } else if tombstones.contains(&work.digest.sha256) {
                replies.add(work.reply, Answer::Found(Finding::Forgotten), Vec::new());
            } else {
                open.push(work);
            }
        }
    }
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
    let digests: Vec<_> = unknown.iter().map(|work| work.digest).collect();
    match desk.link.vault().and_then(|vault| vault.find(&digests)) {
        Err(error) => {
            for work in unknown {
                replies.add(work.reply, desk.vault_failed(&error, 0), Vec::new());
            }
        }
        Ok(found) => {
            for (work, found) in unknown.into_iter().zip(found) {
                let finding = match found {
                    Found::Hit(path) if work.deduplicated => {
                        desk.kept.keep_path(work.reply.resource(), Some(path));
                        Finding::Hit
                    }
                    // Another asset's, as far as can be told: it does not stand for this one.
                    Found::Hit(_) => Finding::Miss,
                    other => other.finding(),
                };
                replies.add(work.reply, Answer::Found(finding), Vec::new());
            }
        }
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
        Some(_) if !one.deduplicated => own(desk, one),
        path => Ok(path),
    });
    paths.collect()
}

/// Where what belongs to one asset lies already, beside its photo.
fn own(desk: &Desk, one: &Find) -> Result<Option<VaultPath>, StoreError> {
    let Some(Some(detail)) = desk.details(&[one.reply.resource()])?.pop() else { return Ok(None) };
    let known = desk.store.read(|reader| reader.known_at(&one.digest))?;
    let paths = known.iter().filter_map(|path| VaultPath::parse(path)).collect();
    Ok(beside(desk, &detail, one.digest, paths))
}
