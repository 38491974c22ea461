//! Folders of the vault that somebody took out of it, with the photos that are safe in them.
//!
//! A name says little: a folder that goes is soon made again by the next photo of its month, of this
//! device or another. So the catalog keeps the vault's mark of each folder, taken before anything was
//! shown to lie in it, and what is safe in a folder that is another one by now is looked at.

use super::{Desk, Failed, learn, lock};
use crate::events::Happened;
use keepsake_catalog::{KnownFolder, Note, Reader, Which};
use keepsake_machine::media::ResourceId;
use keepsake_machine::settle::Fact;
use keepsake_vault::{FolderSeen, Held, Vault, VaultError, VaultPath};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Mutex;

/// The marks that folders had when something was first shown to lie in them, in this run.
pub(crate) type Marks = Mutex<HashMap<String, u64>>;

/// Notes which folders these paths lead into now: before what lies there is shown.
pub(crate) fn shown<'a>(
    desk: &Desk,
    vault: &dyn Vault,
    paths: impl Iterator<Item = &'a VaultPath>,
) -> Result<Vec<Note>, VaultError> {
    let folders: BTreeSet<&str> = paths.map(|path| path.split().0).collect();
    let mut marks = lock(&desk.marks);
    let is_new = |folder: &&&str| !marks.contains_key(**folder);
    let new: Vec<String> = folders.iter().filter(is_new).map(|new| (*new).to_owned()).collect();
    if !new.is_empty() {
        for (folder, seen) in new.iter().zip(vault.see_folders(&new)?) {
            if let FolderSeen::There(mark) = seen {
                marks.insert(folder.clone(), mark);
            }
        }
    }
    let note = |folder: &str| {
        let mark = *marks.get(folder)?;
        Some(Note::FolderShown { folder: folder.to_owned(), mark })
    };
    Ok(folders.into_iter().filter_map(note).collect())
}

/// What a look found.
#[derive(Default)]
struct Lost {
    /// The folders that something is gone from.
    folders: BTreeSet<String>,
    changed: u64,
    again: u64,
    only: u64,
}

/// Looks whether each folder in which something is known to be is still there, and still the same.
/// What was safe in one that is gone, or is not to be seen in one that is another, is no longer safe:
/// it is sent again. Costs a call per folder, not per file; a single file that is gone from a folder
/// that stayed is noticed by `verify`.
/// Says whether any row changed: then the machine has new work to ask for.
pub(crate) fn look(desk: &Desk, vault: &dyn Vault) -> Result<bool, Failed> {
    let known = desk.store.read(Reader::known_folders)?;
    let seen = see(vault, known.iter().map(|folder| folder.path.clone()))?;
    let (mut gone, mut others) = (Vec::new(), Vec::new());
    for (KnownFolder { path, mark }, seen) in known.into_iter().zip(seen) {
        match seen {
            FolderSeen::There(now) if mark != Some(now) => {
                others.push(KnownFolder { path, mark: Some(now) });
            }
            FolderSeen::Gone => gone.push(path),
            FolderSeen::There(_) | FolderSeen::CannotTell => {}
        }
    }
    if gone.is_empty() && others.is_empty() {
        return Ok(false);
    }
    lock(&desk.marks).clear();
    let lost = settle_lost(desk, vault, &gone, &others)?;
    if lost.changed > 0 {
        // Should somebody put them back, the next opening knows again what lies in them.
        learn::audit_next(desk)?;
    }
    // Only then, so that after a kill the next run looks again; and not one that is there again.
    // What is not known is looked for by its bytes: the folder may only have another name.
    let still = see(vault, gone.iter().cloned())?.into_iter();
    let mut forget: Vec<_> = still
        .zip(gone)
        .filter_map(|(seen, path)| (seen == FolderSeen::Gone).then_some(path))
        .collect();
    let robbed = others.iter().filter(|folder| lost.folders.contains(&folder.path));
    forget.extend(robbed.map(|folder| folder.path.clone()));
    desk.store.write(|catalog| {
        catalog.forget_folders(&forget)?;
        catalog.mark_folders(&others)
    })?;
    if lost.again + lost.only > 0 {
        desk.stream.put(Happened::VaultLost {
            folders: lost.folders.into_iter().collect(),
            again: lost.again,
            only: lost.only,
        });
    }
    Ok(lost.changed > 0)
}

fn see(
    vault: &dyn Vault,
    folders: impl Iterator<Item = String>,
) -> Result<Vec<FolderSeen>, VaultError> {
    vault.see_folders(&folders.collect::<Vec<_>>())
}

/// Settles, page by page, what lay in folders that are gone, and what is not shown in the others.
fn settle_lost(
    desk: &Desk,
    vault: &dyn Vault,
    gone: &[String],
    others: &[KnownFolder],
) -> Result<Lost, Failed> {
    let gone: HashSet<&str> = gone.iter().map(String::as_str).collect();
    let mut all = gone.clone();
    all.extend(others.iter().map(|folder| folder.path.as_str()));
    let mut lost = Lost::default();
    let mut from = None;
    loop {
        let page = desk.store.read(|reader| reader.lying_in(&all, from))?;
        let mut paths = Vec::with_capacity(page.files.len());
        let mut resources: Vec<ResourceId> = Vec::new();
        for file in &page.files {
            match VaultPath::parse(&file.path) {
                Some(path) if !gone.contains(path.split().0) => paths.push((file, path)),
                path => {
                    lost.folders.extend(path.map(|path| path.split().0.to_owned()));
                    resources.push(file.resource);
                }
            }
        }
        let held: Vec<_> =
            paths.iter().map(|(file, path)| Held { path, size: file.size }).collect();
        let shown = vault.confirm(&held)?;
        for ((file, path), _) in paths.iter().zip(shown).filter(|(_, shown)| !shown) {
            lost.folders.insert(path.split().0.to_owned());
            resources.push(file.resource);
        }
        if !resources.is_empty() {
            let settled = desk.settle(&Which::These(resources), Fact::GoneFromVault)?;
            lost.changed += settled.changed;
            lost.again += settled.again;
            lost.only += settled.lost;
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(lost),
        }
    }
}
