//! Folders of the vault that somebody took out of it, with the photos that are safe in them.

use super::{Desk, Failed};
use crate::events::Happened;
use keepsake_catalog::{Reader, Which};
use keepsake_machine::settle::Fact;
use keepsake_vault::Vault;

/// Looks whether each folder in which something is known to be is still there. What was safe in one
/// that is not is no longer safe: it is sent again. Costs a call per folder, not per file; a single
/// file that is gone is noticed by `verify`.
pub(crate) fn look(desk: &Desk, vault: &dyn Vault) -> Result<(), Failed> {
    let mut gone = desk.store.read(Reader::known_folders)?;
    let there = vault.has_folders(&gone)?;
    let mut there = there.into_iter();
    gone.retain(|_| there.next() == Some(false));
    if gone.is_empty() {
        return Ok(());
    }
    let settled = desk.settle(&Which::In(gone.clone()), Fact::GoneFromVault)?;
    // Only then: a kill in between has the next run look again.
    desk.store.write(|catalog| catalog.forget_folders(&gone))?;
    if settled.changed > 0 {
        desk.stream.put(Happened::FoldersGone { folders: gone, items: settled.changed });
    }
    Ok(())
}
