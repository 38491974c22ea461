//! What becomes of what is not as recorded: recorded where it lies, or to be sent again.

use super::TOGETHER;
use crate::jobs::lost::recorded_at;
use crate::jobs::{Desk, Failed};
use crate::records;
use crate::seek::{self, Places};
use keepsake_catalog::{Known, Note, Which};
use keepsake_machine::media::Digest;
use keepsake_machine::settle::Fact;
use keepsake_vault::{Held, Vault, VaultError, VaultPath};
use std::collections::{BTreeMap, HashSet};

/// Where the vault shows bytes that are missing or damaged under one path.
#[derive(Default)]
pub(super) struct Shown {
    /// Under another path that a record names.
    recorded: Places,
    /// Where no record says it: in the place of something else, or without a record.
    unrecorded: Places,
}

impl Shown {
    /// Where these bytes are.
    pub(super) fn path(&self, digest: &Digest) -> Option<&VaultPath> {
        self.recorded.get(&digest.sha256).or_else(|| self.unrecorded.get(&digest.sha256))
    }
}

/// Looks for what is missing or damaged under one path (`bad`): under others that records name (and that
/// are not `unread`: their sizes prove nothing), in the place of something else (`lying`), or without a
/// record.
pub(super) fn shown(
    vault: &dyn Vault,
    bad: &[Known],
    lying: &Places,
    unread: impl Fn(&str) -> bool,
) -> Result<Shown, VaultError> {
    let mut there = Shown::default();
    if bad.is_empty() {
        return Ok(there);
    }
    let mark = |path: &str, digest: &Digest| records::mark(&[path.as_bytes(), &digest.sha256]);
    // (Where one record of a file is wrong, another may be right.)
    let wrong: HashSet<u64> = bad.iter().map(|one| mark(&one.path, &one.digest)).collect();
    let wanted: HashSet<_> = bad.iter().map(|one| one.digest.sha256).collect();
    let mut others = Vec::new();
    records::all(vault, |record| {
        if wanted.contains(&record.digest.sha256)
            && !wrong.contains(&mark(record.path.as_str(), &record.digest))
            && !unread(record.path.as_str())
        {
            others.push((record.path, record.digest));
        }
        true
    })?;
    for batch in others.chunks(TOGETHER) {
        let held: Vec<_> =
            batch.iter().map(|(path, digest)| Held { path, size: digest.size }).collect();
        let shown = vault.confirm(&held)?.into_iter().zip(batch).filter(|(shown, _)| *shown);
        there.recorded.extend(shown.map(|(_, (path, digest))| (digest.sha256, path.clone())));
    }
    let sought =
        |digest: &[u8; 32]| wanted.contains(digest) && !there.recorded.contains_key(digest);
    let lying = lying.iter().filter(|(digest, _)| sought(digest));
    there.unrecorded = lying.map(|(digest, path)| (*digest, path.clone())).collect();
    let rest = bad.iter().map(|one| one.digest);
    let rest: Vec<_> = rest.filter(|digest| there.path(digest).is_none()).collect();
    there.unrecorded.extend(seek::without_record(vault, &rest)?);
    Ok(there)
}

/// Records what is safe where it lies (`shown`), so that nothing of it is sent again; the rest of what
/// is not as recorded (`bad`) is to be sent again, or lost.
pub(super) fn settle(
    desk: &Desk,
    vault: &dyn Vault,
    bad: &[Known],
    shown: &Shown,
) -> Result<(), Failed> {
    if bad.is_empty() {
        return Ok(());
    }
    // Also what is thought to lie just there: the record that said so is gone.
    let unrecorded = shown.unrecorded.keys().copied().collect();
    let safe = desk.store.read(|reader| reader.safe_at(bad, &unrecorded))?;
    let there = safe
        .into_iter()
        .filter_map(|(resource, digest)| Some((resource, (digest, shown.path(&digest)?.clone()))));
    let there: BTreeMap<_, _> = there.collect();
    let mut notes = if there.is_empty() { Vec::new() } else { recorded_at(desk, vault, &there)? };
    let unknown = |Known { digest, path }| Note::Unknown { digest, path };
    notes.extend(bad.iter().cloned().map(unknown));
    desk.note(&notes, false)?;
    desk.settle(&Which::Held(bad.to_vec()), Fact::GoneFromVault)?;
    // Also those of which the catalog thought that they lie where no record says.
    let nowhere = bad.iter().map(|one| one.digest);
    let nowhere: Vec<_> = nowhere.filter(|one| shown.path(one).is_none()).collect();
    desk.settle(&Which::Digests(nowhere), Fact::GoneFromVault)?;
    Ok(())
}
