//! Photos that neither the library nor the vault shows: until somebody puts the vault's back, under
//! whatever name, or the same bytes come from elsewhere.

use super::verify::recorded;
use super::{Desk, Failed};
use crate::records;
use crate::seek::{self, Places};
use crate::verify::Progress;
use keepsake_catalog::{Note, Reader, Which};
use keepsake_machine::media::{Digest, ResourceId};
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::Class;
use keepsake_vault::{Vault, VaultPath};
use std::collections::BTreeMap;

/// Looks whether the vault shows again what it had lost, wherever it lies there: by its bytes, since a
/// file of its size in its place is not it. `lying`: what is known to lie in the place of something
/// else. What cannot be looked at now stays lost.
pub(crate) fn regain(desk: &Desk, vault: &dyn Vault, lying: &Places) -> Result<(), Failed> {
    if desk.store.read(Reader::counts)?.of(Class::Lost).items == 0 {
        return Ok(());
    }
    let mut from = None;
    loop {
        let page = desk.store.read(|reader| reader.lost(from))?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        from = Some(ResourceId(last.0.saturating_add(1)));
        let wanted = page.iter().map(|(_, digest)| *digest);
        let wanted: Vec<_> = wanted.filter(|one| !lying.contains_key(&one.sha256)).collect();
        let mut shown = seek::by_bytes(vault, &wanted, &[], &Progress::default())?;
        shown.extend(lying.iter().map(|(digest, path)| (*digest, path.clone())));
        let there = page.iter().filter_map(|(resource, digest)| {
            Some((*resource, (*digest, shown.get(&digest.sha256)?.clone())))
        });
        let there: BTreeMap<_, _> = there.collect();
        // In this order: after a kill in between they are still lost, and looked for again.
        desk.note(&recorded_at(desk, vault, &there)?, false)?;
        desk.settle(&Which::These(there.into_keys().collect()), Fact::StillThere)?;
    }
}

/// Records these where they lie. Where a vault takes no record now, the catalog remembers it alone.
pub(crate) fn recorded_at(
    desk: &Desk,
    vault: &dyn Vault,
    there: &BTreeMap<ResourceId, (Digest, VaultPath)>,
) -> Result<Vec<Note>, Failed> {
    let ids: Vec<_> = there.keys().copied().collect();
    let details = desk.store.read(|reader| reader.details(&ids))?;
    let records = details.iter().filter_map(|detail| {
        let (digest, path) = there.get(&detail.resource)?;
        Some(recorded(desk, detail, *digest, path))
    });
    let segment = vault.record(records.collect()).unwrap_or_default();
    let mut notes: Vec<_> = segment.map(records::read).into_iter().collect();
    for (resource, (digest, path)) in there {
        let path = path.as_str().to_owned();
        notes.push(Note::Known { digest: *digest, path: path.clone() });
        notes.push(Note::Path { resource: *resource, path });
    }
    Ok(notes)
}
