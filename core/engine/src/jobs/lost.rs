//! Photos that neither the library nor the vault has: until somebody puts the vault's back.

use super::{Desk, Failed};
use keepsake_catalog::{Note, Reader, Which};
use keepsake_machine::media::ResourceId;
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::Class;
use keepsake_vault::{Held, Vault, VaultPath};

/// Looks whether the vault shows again what it had lost, where its records say that it lies.
pub(crate) fn regain(desk: &Desk, vault: &dyn Vault) -> Result<(), Failed> {
    if desk.store.read(Reader::counts)?.of(Class::Lost).items == 0 {
        return Ok(());
    }
    let mut from = None;
    loop {
        let page = desk.store.read(|reader| reader.lost(from))?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        from = Some(ResourceId(last.0.saturating_add(1)));
        let digests: Vec<_> = page.iter().map(|(_, digest)| *digest).collect();
        let known = desk.store.read(|reader| reader.known(&digests))?;
        let placed = page.into_iter().zip(known).filter_map(|((resource, digest), known)| {
            Some((resource, VaultPath::parse(&known?.path)?, digest.size))
        });
        let placed: Vec<_> = placed.collect();
        let held: Vec<_> =
            placed.iter().map(|(_, path, size)| Held { path, size: *size }).collect();
        let shown = vault.confirm(&held)?;
        let shown = placed.iter().zip(shown).filter(|(_, shown)| *shown);
        let there: Vec<_> = shown.map(|((resource, path, _), _)| (*resource, path)).collect();
        let which = Which::These(there.iter().map(|(resource, _)| *resource).collect());
        desk.settle(&which, Fact::StillThere)?;
        let path = |(resource, path): (ResourceId, &VaultPath)| Note::Path {
            resource,
            path: path.as_str().to_owned(),
        };
        desk.note(&there.into_iter().map(path).collect::<Vec<_>>(), false)?;
    }
}
