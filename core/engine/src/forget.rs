//! What the user says of single items: forget these bytes, try these again.

use crate::error::{EngineError, of_vault};
use crate::jobs::hashing::hash_all;
use crate::jobs::reading::original;
use crate::jobs::{Desk, lock};
use crate::open::of_store;
use crate::records;
use crate::seek::{self, Lying};
use crate::source::Opened;
use crate::verify::Progress;
use keepsake_catalog::{Detail, Note, Which};
use keepsake_machine::media::{Access, Digest, ResourceId};
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::Stage;
use keepsake_vault::VaultPath;
use std::collections::BTreeMap;

/// Settles rows that are not under way, and says how many changed. Those under way come to the same
/// by themselves: they are asked about tombstones before they are sent.
pub(crate) fn settle(desk: &Desk, which: &Which, fact: Fact) -> Result<u64, EngineError> {
    Ok(desk.settle(which, fact).map_err(of_store)?.changed)
}

/// Writes tombstones for the bytes of these items, and says which bytes these are. Of one that neither
/// the library nor the vault has there is nothing that could be backed up: it is only let go of. What
/// belongs to one asset has none: its bytes may be another's too.
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
    let buried = |one: &&Detail| one.stage != Stage::Lost && one.role.is_deduplicated();
    for detail in details.iter().filter(buried) {
        digests.push(match detail.digest {
            Some(digest) => digest,
            None => hashed(desk, detail)?,
        });
    }
    if digests.is_empty() {
        return Ok(digests);
    }
    let vault = desk.link.vault().map_err(of_vault)?;
    let segment = vault.forget(&digests).map_err(of_vault)?;
    let forgotten =
        digests.iter().map(|digest| Note::Forgotten { digest: *digest, forgotten: true });
    let mut notes: Vec<_> = forgotten.collect();
    notes.extend(segment.map(records::read));
    desk.note(&notes, true).map_err(of_store)?;
    lock(&desk.tombstones).extend(digests.iter().map(|digest| digest.sha256));
    Ok(digests)
}

/// The bytes that the vault's records name at these paths. Where something else lies by now, or nothing,
/// those that are not there: it is they that a verification names.
///
/// # Errors
/// No record names the path; or the library knows the bytes, be they out of sight: it names them better.
pub(crate) fn recorded(
    desk: &Desk,
    paths: &[String],
    progress: &Progress,
) -> Result<Vec<Digest>, EngineError> {
    let vault = desk.link.vault().map_err(of_vault)?;
    let mut named: BTreeMap<VaultPath, Vec<Digest>> = BTreeMap::new();
    for path in paths {
        let path = VaultPath::parse(path).ok_or_else(|| EngineError::NoSuchItem(path.clone()))?;
        named.insert(path, Vec::new());
    }
    let all = records::all(&*vault, |record| {
        if let Some(digests) = named.get_mut(&record.path)
            && !digests.contains(&record.digest)
        {
            digests.push(record.digest);
        }
        true
    });
    all.map_err(of_vault)?;
    let mut buffer = vec![0; 1 << 20];
    let mut which = Vec::new();
    for (path, mut digests) in named {
        let cannot = |why: &str| EngineError::NoSuchItem(format!("{}: {why}", path.as_str()));
        if digests.is_empty() {
            return Err(cannot("neither the source nor the vault's records know it"));
        }
        let lies = seek::lying_at(&*vault, &path, &mut buffer, progress).map_err(of_vault)?;
        let lies = match lies {
            Lying::These(digest) => Some(digest.sha256),
            Lying::Nothing => None,
            Lying::Unreadable | Lying::Stopped => return Err(cannot("it cannot be read now")),
        };
        if digests.iter().any(|digest| Some(digest.sha256) != lies) {
            digests.retain(|digest| Some(digest.sha256) != lies);
        }
        let shown = desk.store.read(|reader| reader.in_library(&digests)).map_err(of_store)?;
        if let Some(name) = shown {
            let name = String::from_utf8_lossy(&name).into_owned();
            return Err(cannot(&format!(
                "the source knows it as {name}: name that, if you mean it"
            )));
        }
        which.append(&mut digests);
    }
    Ok(which)
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
