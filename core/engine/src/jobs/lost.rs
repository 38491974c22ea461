//! Photos that neither the library nor the vault shows: until somebody puts the vault's back, under
//! whatever name, or the same bytes come from elsewhere.

use super::{Desk, Failed};
use crate::seek::{self, Places};
use crate::verify::Progress;
use keepsake_catalog::{Note, Reader, Which};
use keepsake_machine::media::ResourceId;
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::Class;
use keepsake_vault::Vault;

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
            Some((*resource, shown.get(&digest.sha256)?.as_str().to_owned()))
        });
        let there: Vec<_> = there.collect();
        let path = |(resource, path): &(ResourceId, String)| Note::Path {
            resource: *resource,
            path: path.clone(),
        };
        // In this order: after a kill in between they are still lost, and looked for again.
        desk.note(&there.iter().map(path).collect::<Vec<_>>(), false)?;
        let which = Which::These(there.into_iter().map(|(resource, _)| resource).collect());
        desk.settle(&which, Fact::StillThere)?;
    }
}
