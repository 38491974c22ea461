//! Photos that neither the library nor the vault shows: until somebody puts the vault's back, under
//! whatever name, or the same bytes come from elsewhere.

use super::hashing::hash_all;
use super::{Desk, Failed};
use crate::records;
use keepsake_catalog::{Note, Reader, Which};
use keepsake_machine::media::{Digest, ResourceId};
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::Class;
use keepsake_vault::{Found, Vault, VaultPath};
use std::collections::HashMap;

/// Looks whether the vault shows again what it had lost: where any of its records says that it lies,
/// and among the files that no record names. Its bytes are read: a file of its size in its place is
/// not it. What cannot be looked at now stays lost.
pub(crate) fn regain(desk: &Desk, vault: &dyn Vault) -> Result<(), Failed> {
    if desk.store.read(Reader::counts)?.of(Class::Lost).items == 0 {
        return Ok(());
    }
    let mut from = None;
    loop {
        let page = desk.store.read(|reader| reader.lost(from))?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        from = Some(ResourceId(last.0.saturating_add(1)));
        let shown = shown(vault, &page)?;
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

/// Where the vault shows each of these bytes, if it does anywhere.
fn shown(
    vault: &dyn Vault,
    wanted: &[(ResourceId, Digest)],
) -> Result<HashMap<[u8; 32], VaultPath>, Failed> {
    let mut recorded: HashMap<[u8; 32], Vec<VaultPath>> =
        wanted.iter().map(|(_, digest)| (digest.sha256, Vec::new())).collect();
    records::all(vault, |record| {
        if let Some(paths) = recorded.get_mut(&record.digest.sha256) {
            paths.push(record.path);
        }
        true
    })?;
    let mut shown = HashMap::new();
    for (_, digest) in wanted {
        let paths = recorded.remove(&digest.sha256).unwrap_or_default();
        let there = |path: &VaultPath| is_there(vault, path, digest);
        let path = paths.into_iter().find(there).or_else(|| {
            // (Of what was found a moment ago the answer comes from memory.)
            match vault.find(&[*digest]).ok()?.pop()? {
                Found::Hit(path) => Some(path),
                _ => None,
            }
        });
        shown.extend(path.map(|path| (digest.sha256, path)));
    }
    Ok(shown)
}

/// Whether the file at this path has these bytes.
fn is_there(vault: &dyn Vault, path: &VaultPath, digest: &Digest) -> bool {
    let Ok(Some(mut file)) = vault.open(path) else { return false };
    let mut buffer = vec![0; 1 << 20];
    let held = hash_all(&mut file, false, &mut buffer, &mut |_| true);
    matches!(held, Ok(Some(held)) if held.sha256 == digest.sha256 && held.size == digest.size)
}
