//! Folders of the vault that somebody took out of it, with the photos that are safe in them.
//!
//! A name says little: a folder that goes is soon made again by the next photo of its month, of this
//! device or another. So the catalog keeps the vault's mark of each folder, taken before anything was
//! shown to lie in it, and what is safe in a folder that is another one by now is looked at.

use super::{Desk, Failed, lock};
use crate::events::Happened;
use keepsake_catalog::{Known, KnownFolder, Lying, Note, Reader, Which};
use keepsake_machine::settle::Fact;
use keepsake_vault::{FolderSeen, Held, Vault, VaultError, VaultPath};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
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
    /// Folders in which something could not be looked at: another look will.
    unseen: HashSet<String>,
    again: u64,
    nowhere: u64,
    /// Files that the library does not have any more, and files that it has: by path, since a photo
    /// that got another name in the library left under its old one.
    left: HashSet<String>,
    wanted: HashSet<String>,
}

/// Looks whether each folder in which something is known to be is still there, and still the same.
/// What was safe in one that is gone, or is not to be seen in one that is another, is no longer safe:
/// it is sent again. Costs a call per folder, not per file; a single file that is gone from a folder
/// that stayed is noticed by `verify`.
/// Says whether any row changed: then the machine has new work to ask for.
pub(crate) fn look(desk: &Desk, vault: &dyn Vault) -> Result<bool, Failed> {
    let known = desk.store.read(Reader::known_folders)?;
    let seen = vault.see_folders(&paths(&known))?;
    let (mut gone, mut others, mut closed) = (Vec::new(), Vec::new(), Vec::new());
    for (folder, seen) in known.into_iter().zip(seen) {
        match seen {
            FolderSeen::There(now) if folder.mark != Some(now) => {
                others.push(KnownFolder { mark: Some(now), ..folder });
            }
            FolderSeen::Gone => gone.push(folder),
            FolderSeen::Closed => closed.push(folder.path),
            FolderSeen::There(_) | FolderSeen::CannotTell => {}
        }
    }
    tell_closed(desk, closed);
    if gone.is_empty() && others.is_empty() {
        return Ok(false);
    }
    lock(&desk.marks).clear();
    let lost = settle_lost(desk, vault, &gone, &others)?;
    // Only then, so that after a kill the next run looks again; and not one that is there again.
    // What is not known is looked for by its bytes: the folder may only have another name.
    let still = vault.see_folders(&paths(&gone))?.into_iter();
    let forget: Vec<_> = still
        .zip(gone)
        .filter_map(|(seen, one)| (seen == FolderSeen::Gone).then_some(one))
        .collect();
    others.retain(|folder| !lost.unseen.contains(&folder.path));
    let robbed = others.iter().filter(|folder| lost.folders.contains(&folder.path));
    let unknown = forget.iter().chain(robbed).map(|folder| folder.path.as_str()).collect();
    let alone = desk.store.read(|reader| reader.known_only_in(&unknown))?;
    let alone: Vec<_> =
        alone.iter().filter_map(|(path, size)| Some((VaultPath::parse(path)?, *size))).collect();
    let held: Vec<_> = alone.iter().map(|(path, size)| Held { path, size: *size }).collect();
    let shown = vault.confirm(&held)?.into_iter().zip(&alone);
    let alone: Vec<_> = shown.filter_map(|(shown, (path, _))| (!shown).then_some(path)).collect();
    // What another device brought into a folder that was made again is there.
    let unknown = not_shown(vault, desk.store.read(|reader| reader.known_in(&unknown))?)?;
    let mut named = lost.folders;
    named.extend(alone.iter().map(|path| path.split().0.to_owned()));
    desk.store.write(|catalog| {
        catalog.forget_known(&unknown)?;
        catalog.forget_folders(&forget)?;
        catalog.mark_folders(&others)
    })?;
    let left = lost.left.difference(&lost.wanted).count();
    // (A library that was never looked through may have them all.)
    let known = desk.store.read(Reader::counts)?.total().items > 0;
    let alone = if known { alone.len() } else { 0 };
    let only = lost.nowhere + (left + alone) as u64;
    if lost.again + only > 0 {
        let (folders, again) = (named.into_iter().collect(), lost.again);
        desk.stream.put(Happened::VaultLost { folders, again, only });
    }
    Ok(lost.again + lost.nowhere > 0)
}

/// Those of these that the vault does not show.
fn not_shown(vault: &dyn Vault, known: Vec<Known>) -> Result<Vec<Known>, VaultError> {
    let path = |one: Known| Some((VaultPath::parse(&one.path)?, one));
    let known: Vec<_> = known.into_iter().filter_map(path).collect();
    let held: Vec<_> =
        known.iter().map(|(path, one)| Held { path, size: one.digest.size }).collect();
    let shown = vault.confirm(&held)?.into_iter();
    Ok(shown.zip(known).filter_map(|(shown, (_, one))| (!shown).then_some(one)).collect())
}

/// Says which folders cannot be looked into, when these are others than last time.
fn tell_closed(desk: &Desk, folders: Vec<String>) {
    let mut before = lock(&desk.closed);
    if *before != folders && !folders.is_empty() {
        desk.stream.put(Happened::VaultClosed { places: folders.clone() });
    }
    *before = folders;
}

fn paths(folders: &[KnownFolder]) -> Vec<String> {
    folders.iter().map(|folder| folder.path.clone()).collect()
}

/// Settles, page by page, what lay in folders that are gone, and what is not shown in the others.
fn settle_lost(
    desk: &Desk,
    vault: &dyn Vault,
    gone: &[KnownFolder],
    others: &[KnownFolder],
) -> Result<Lost, Failed> {
    let gone: HashSet<&str> = gone.iter().map(|folder| folder.path.as_str()).collect();
    let mut all = gone.clone();
    all.extend(others.iter().map(|folder| folder.path.as_str()));
    let mut lost = Lost::default();
    let mut from = None;
    loop {
        let page = desk.store.read(|reader| reader.lying_in(&all, from))?;
        let missing = missing(vault, &page.files, &gone, &mut lost.unseen)?;
        if !missing.is_empty() {
            for file in &missing {
                let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
                lost.folders.insert(folder.to_owned());
                let paths = if file.left { &mut lost.left } else { &mut lost.wanted };
                paths.insert(file.path.clone());
            }
            let which = Which::These(missing.iter().map(|file| file.resource).collect());
            let settled = desk.settle(&which, Fact::GoneFromVault)?;
            lost.again += settled.again;
            lost.nowhere += settled.lost;
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(lost),
        }
    }
}

/// Which of these files are gone: those in folders that are, and those that the vault does not show. A
/// folder in which it cannot tell is added to `unseen`, and nothing is said of what lies there.
fn missing<'a>(
    vault: &dyn Vault,
    files: &'a [Lying],
    gone: &HashSet<&str>,
    unseen: &mut HashSet<String>,
) -> Result<Vec<&'a Lying>, VaultError> {
    let mut missing = Vec::new();
    let mut by_folder: BTreeMap<String, Vec<(&Lying, VaultPath)>> = BTreeMap::new();
    for file in files {
        match VaultPath::parse(&file.path) {
            Some(path) if !gone.contains(path.split().0) => {
                by_folder.entry(path.split().0.to_owned()).or_default().push((file, path));
            }
            _ => missing.push(file),
        }
    }
    for (folder, files) in by_folder {
        let held: Vec<_> =
            files.iter().map(|(file, path)| Held { path, size: file.size }).collect();
        if let Ok(shown) = vault.confirm(&held) {
            let gone = files.iter().zip(shown).filter(|(_, shown)| !shown);
            missing.extend(gone.map(|((file, _), _)| *file));
        } else {
            // Is it this folder, or the vault?
            vault.see_folders(&[])?;
            unseen.insert(folder);
        }
    }
    Ok(missing)
}
