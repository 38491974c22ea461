//! What the user says of single items: forget these bytes, try these again.

use crate::error::EngineError;
use crate::jobs::hashing::hash_all;
use crate::jobs::reading::original;
use crate::jobs::{Desk, lock};
use crate::open::of_store;
use crate::records;
use crate::source::Opened;
use keepsake_catalog::{Detail, Note, Which};
use keepsake_machine::media::{Access, Digest, ResourceId};
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::Stage;

/// Settles rows that are not under way, and says how many changed. Those under way come to the same
/// by themselves: they are asked about tombstones before they are sent.
pub(crate) fn settle(desk: &Desk, which: &Which, fact: Fact) -> Result<u64, EngineError> {
    Ok(desk.settle(which, fact).map_err(of_store)?.changed)
}

/// Writes tombstones for the bytes of these items, and says which bytes these are. Of one that neither the library nor the vault has
/// there is nothing that could be backed up: it is only let go of.
pub(crate) fn write_tombstones(
    desk: &Desk,
    which: &[ResourceId],
) -> Result<Vec<Digest>, EngineError> {
    let details = desk.store.read(|reader| reader.details(which)).map_err(of_store)?;
    if details.len() < which.len() {
        let there = |id: &&ResourceId| !details.iter().any(|detail| detail.resource == **id);
        let missing = which.iter().find(there).map_or(0, |id| id.0);
        return Err(EngineError::NoSuchItem(format!("number {missing}")));
    }
    let mut digests = Vec::with_capacity(details.len());
    for detail in details.iter().filter(|detail| detail.stage != Stage::Lost) {
        digests.push(match detail.digest {
            Some(digest) => digest,
            None => hashed(desk, detail)?,
        });
    }
    if digests.is_empty() {
        return Ok(digests);
    }
    let vault = desk.link.vault().map_err(|why| EngineError::Vault(why.to_string()))?;
    let segment = vault.forget(&digests).map_err(|why| EngineError::Vault(why.to_string()))?;
    let forgotten =
        digests.iter().map(|digest| Note::Forgotten { digest: *digest, forgotten: true });
    let mut notes: Vec<_> = forgotten.collect();
    notes.extend(segment.map(records::read));
    desk.note(&notes, true).map_err(of_store)?;
    lock(&desk.tombstones).extend(digests.iter().map(|digest| digest.sha256));
    Ok(digests)
}

/// The checksum of an item that no run has read yet.
fn hashed(desk: &Desk, detail: &Detail) -> Result<Digest, EngineError> {
    let name = || String::from_utf8_lossy(&detail.local_id).into_owned();
    let cannot = |why: String| EngineError::NoSuchItem(format!("{}: {why}", name()));
    if detail.access != Access::Seekable {
        return Err(cannot("back it up first: its bytes are not known yet".into()));
    }
    let opened = desk.source.open(&original(detail)).map_err(|why| cannot(why.to_string()))?;
    let Opened::File(mut file) = opened;
    let mut buffer = vec![0; 1 << 20];
    let read = hash_all(&mut file, desk.md5, &mut buffer, &mut |_| true);
    let digest = read.map_err(|why| cannot(why.to_string()))?;
    digest.ok_or_else(|| cannot("it was not read to its end".into()))
}
