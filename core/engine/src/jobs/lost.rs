//! Photos that neither the library nor the vault has: until somebody puts the vault's back, or the
//! same bytes come from elsewhere.

use super::{Desk, Failed};
use keepsake_catalog::{Note, Reader, Which};
use keepsake_machine::media::{Digest, ResourceId};
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::Class;
use keepsake_vault::{Held, Vault, VaultPath};

/// Looks whether the vault shows again what it had lost, wherever its records say that it lies. What
/// cannot be looked at now stays lost.
pub(crate) fn regain(desk: &Desk, vault: &dyn Vault) -> Result<(), Failed> {
    if desk.store.read(Reader::counts)?.of(Class::Lost).items == 0 {
        return Ok(());
    }
    let mut from = None;
    loop {
        let page = desk.store.read(|reader| reader.lost(from))?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        from = Some(ResourceId(last.0.saturating_add(1)));
        let mut there = Vec::new();
        let mut notes = Vec::new();
        for (resource, digest) in page {
            if let Some(path) = shown(desk, vault, &digest)? {
                there.push(resource);
                notes.push(Note::Path { resource, path });
            }
        }
        // In this order: after a kill in between they are still lost, and looked for again.
        desk.note(&notes, false)?;
        desk.settle(&Which::These(there), Fact::StillThere)?;
    }
}

/// Where the vault shows these bytes, if it does anywhere.
fn shown(desk: &Desk, vault: &dyn Vault, digest: &Digest) -> Result<Option<String>, Failed> {
    let paths = desk.store.read(|reader| reader.known_paths(digest))?;
    for path in paths.iter().filter_map(|path| VaultPath::parse(path)) {
        let held = [Held { path: &path, size: digest.size }];
        if vault.confirm(&held).is_ok_and(|shown| shown == [true]) {
            return Ok(Some(path.as_str().to_owned()));
        }
    }
    Ok(None)
}
