//! Folders of the vault that somebody took out of it, with the photos that are safe in them.

use super::{Desk, Failed, learn};
use crate::events::Happened;
use keepsake_catalog::{Reader, Which};
use keepsake_machine::settle::Fact;
use keepsake_vault::{Vault, VaultError};

/// Looks whether each folder in which something is known to be is still there. What was safe in one
/// that is not is no longer safe: it is sent again. Costs a call per folder, not per file; a single
/// file that is gone is noticed by `verify`.
/// Says whether any row changed: then the machine has new work to ask for.
pub(crate) fn look(desk: &Desk, vault: &dyn Vault) -> Result<bool, Failed> {
    let gone = gone(vault, desk.store.read(Reader::known_folders)?)?;
    if gone.is_empty() {
        return Ok(false);
    }
    let settled = desk.settle(&Which::In(gone.clone()), Fact::GoneFromVault)?;
    if settled.changed > 0 {
        // Should somebody put them back, the next opening knows again what lies in them.
        learn::audit_next(desk)?;
    }
    // Only then, so that after a kill the next run looks again; and not one that is there again.
    // What is not known is looked for by its bytes: the folder may only have another name.
    let still = self::gone(vault, gone.clone())?;
    desk.store.write(|catalog| catalog.forget_folders(&still))?;
    if settled.changed > 0 {
        desk.stream.put(Happened::FoldersGone {
            folders: gone,
            again: settled.unsafe_now,
            only: settled.changed - settled.unsafe_now,
        });
    }
    Ok(settled.changed > 0)
}

/// Which of these are gone.
fn gone(vault: &dyn Vault, folders: Vec<String>) -> Result<Vec<String>, VaultError> {
    let there = vault.has_folders(&folders)?;
    Ok(folders.into_iter().zip(there).filter(|(_, there)| !there).map(|(name, _)| name).collect())
}
