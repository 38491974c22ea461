//! What the vault's records say that the catalog does not know yet, in constant memory.

use super::{Desk, Failed, folders, lock, lost};
use crate::store::StoreError;
use keepsake_catalog::{Known, Note, Which};
use keepsake_machine::media::Digest;
use keepsake_machine::settle::Fact;
use keepsake_vault::{Entry, SegmentName, Vault};
use std::collections::HashSet;

/// Records that are held at once.
const CHUNK: usize = 4_096;
/// How often segments are listed again when one is gone meanwhile.
const LISTINGS: usize = 4;

/// That an audit was begun, and not yet ended: a setting of the catalog.
const AUDIT: &str = "audit";

/// Reads every segment that was not read before. One that is not to be trusted is left alone.
///
/// Where one that was read is gone, and it was not we who merged it, the vault may be an older copy
/// of itself, or damaged: then all records are read again. What lay in folders that are gone is sent
/// again.
pub(crate) fn learn(desk: &Desk, vault: &dyn Vault) -> Result<(), Failed> {
    let there: HashSet<_> = vault.segments()?.into_iter().map(|name| name.0).collect();
    let read = desk.store.read(keepsake_catalog::Reader::segments_read)?;
    let begun = desk.store.read(|reader| reader.setting(AUDIT))?;
    if begun.is_some() || read.iter().any(|name| !there.contains(name)) {
        audit(desk, vault)?;
    } else {
        news(desk, vault)?;
    }
    match folders::look(desk, vault) {
        // One that goes away now is seen to be by whoever uses it next.
        Err(Failed::Vault(_)) => Ok(()),
        Err(why) => Err(why),
        Ok(_) => lost::regain(desk, vault),
    }
}

/// Reads all records again, and takes nothing for safe of which none speaks: it is looked for in the
/// vault by its bytes, recorded again where they are, and sent where they are not. Says how many
/// files these are.
pub(crate) fn audit(desk: &Desk, vault: &dyn Vault) -> Result<u64, Failed> {
    // Also when we are killed in between, it is brought to its end.
    let begun = |value: Option<&str>| {
        let (name, value) = (AUDIT.to_owned(), value.map(str::to_owned));
        desk.note(&[Note::Setting { name, value }], true)
    };
    begun(Some("begun"))?;
    desk.store.write(keepsake_catalog::Catalog::forget_records)?;
    news(desk, vault)?;
    let settled = desk.settle(&Which::Unrecorded, Fact::GoneFromVault)?;
    begun(None)?;
    Ok(settled.changed)
}

/// Reads what was not read before.
fn news(desk: &Desk, vault: &dyn Vault) -> Result<(), Failed> {
    let mut forgotten = Vec::new();
    for _ in 0..LISTINGS {
        let there = vault.segments()?;
        let read = desk.store.read(keepsake_catalog::Reader::segments_read)?;
        forget_gone(desk, &there, &read)?;
        let read: HashSet<_> = read.into_iter().collect();
        let mut gone = false;
        for name in there.iter().filter(|name| !read.contains(&name.0)) {
            gone |= !segment(desk, vault, name, &mut forgotten)?;
        }
        if !gone {
            break;
        }
    }
    if !forgotten.is_empty() {
        desk.settle(&Which::Digests(forgotten), Fact::Forget)?;
    }
    let tombstones = desk.store.read(keepsake_catalog::Reader::tombstones)?;
    *lock(&desk.tombstones) = tombstones.into_iter().map(|digest| digest.sha256).collect();
    Ok(())
}

/// Reads one; `false` if it is gone.
fn segment(
    desk: &Desk,
    vault: &dyn Vault,
    name: &SegmentName,
    forgotten: &mut Vec<Digest>,
) -> Result<bool, Failed> {
    let mut known = Vec::new();
    let mut tombstones = Vec::new();
    let mut failed: Option<StoreError> = None;
    let read = vault.read_segment(name, &mut |entry| {
        match entry {
            Entry::Record(record) => {
                let path = record.path.as_str().to_owned();
                known.push(Known { digest: record.digest, path });
            }
            Entry::Tombstone(tombstone) => tombstones.push(tombstone.digest),
        }
        if known.len() >= CHUNK && failed.is_none() {
            let notes: Vec<_> = known
                .drain(..)
                .map(|Known { digest, path }| Note::Known { digest, path })
                .collect();
            failed = desk.note(&notes, false).err();
        }
    })?;
    if let Some(why) = failed {
        return Err(why.into());
    }
    if read.gone {
        return Ok(false);
    }
    if read.damaged.is_none() {
        desk.store.write(|catalog| catalog.learn(&name.0, &known, &tombstones))?;
        forgotten.append(&mut tombstones);
    }
    Ok(true)
}

/// Segments that were merged into others need not be remembered.
fn forget_gone(desk: &Desk, there: &[SegmentName], read: &[String]) -> Result<(), Failed> {
    let there: HashSet<_> = there.iter().map(|name| name.0.as_str()).collect();
    let gone = read.iter().filter(|name| !there.contains(name.as_str()));
    let notes: Vec<_> = gone.map(|name| Note::SegmentGone { name: name.clone() }).collect();
    if notes.is_empty() { Ok(()) } else { Ok(desk.note(&notes, false)?) }
}
