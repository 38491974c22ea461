//! `keepsake backup`: refuses what can only go wrong, opens the engine, drives it to an end, and sums up.

use crate::cli::Backup;
use crate::show::{Bars, Json, Lines, Show};
use crate::skipped::Reason;
use crate::source::Folder;
use crate::state::{About, State};
use crate::summary::{Exit, Summary};
use crate::walk::Choice;
use crate::{Failure, drive, watch};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use keepsake_engine::{Destination, Engine, Options};
use keepsake_machine::stage::Class;
use keepsake_machine::status::Status;
use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs it.
pub fn run(args: &Backup) -> Result<Exit, Failure> {
    let state = State::of(&args.source, args.state.as_deref())?;
    let vault = sensible(args, &state).inspect_err(|_| state.doubt_last())?;
    let choice = choice(&state, args.all_files, &args.exclude)?;
    state.make()?;
    let _lock = state.lock()?;
    let about = About {
        source: state.source.clone(),
        vault: vault.clone(),
        all_files: args.all_files,
        exclude: args.exclude.clone(),
    };
    state.remember(&about)?;

    let mut folder = Folder::new(&state.source, &state.folder, choice);
    if args.watch {
        folder = folder.at_rest(watch::RESTED);
    }
    let folder = Arc::new(folder);
    let mut options = Options::new(state.folder.clone(), Some(Destination::Folder(vault.clone())));
    options.vault_reserve = args.reserve;
    options.new_records = args.new_records;
    // Nothing is downloaded onto this device: its own disk is in nobody's way.
    options.settings.reserve = Some(0);
    let engine = Engine::open(options, folder.clone()).inspect_err(|_| state.doubt_last())?;
    let engine = Arc::new(engine);
    let before = engine.status();
    let gone = |status: &Status| status.counts.of(Class::Closed).items;
    let mut show: Box<dyn Show> = if args.json {
        Box::new(Json)
    } else if std::io::stderr().is_terminal() && std::io::stdout().is_terminal() {
        Box::new(Bars::new())
    } else {
        Box::new(Lines::default())
    };
    show.started(&state.source, &vault);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| Failure::wrong(format!("no event loop: {why}")))?;
    let run = drive::Run {
        engine: engine.clone(),
        show: show.as_mut(),
        watch: args.watch,
        state: &state,
        folder: &folder,
        trouble: None,
        away: None,
    };
    let ended = runtime.block_on(run.drive(&state.source)).inspect_err(|_| state.doubt_last())?;
    let status = ended.status;
    let summary = Summary {
        gone: gone(&status).saturating_sub(gone(&before)),
        status,
        skipped: folder.skipped(),
        complete: ended.complete,
        trouble: folder.trouble(),
        interrupted: ended.interrupted,
        quarantined: ended.quarantined,
        vault_away: engine.vault_away(),
        vault_closed: engine.vault_closed(),
        records_gone: has_lost_its_records(&vault),
        again: again(),
    };
    let unreadable = summary.skipped.of(Reason::Unreadable) > 0;
    state.keep_last(summary.status.clone(), summary.unseen() || unreadable);
    state.keep_closed(&summary.vault_closed);
    show.ended(&summary);
    Ok(summary.exit())
}

/// Refuses what can only go wrong, before anything is made.
fn sensible(args: &Backup, state: &State) -> Result<PathBuf, Failure> {
    let source = &state.source;
    let shown = args.source.display();
    match std::fs::metadata(source) {
        Ok(found) if !found.is_dir() => {
            return Err(Failure::wrong(format!(
                "{shown} is no folder: name the folder with your photos"
            )));
        }
        Ok(_) => {}
        Err(why) => {
            return Err(Failure::wrong(format!("the source {shown} cannot be used: {why}")));
        }
    }
    if crate::formats::is_package(source.file_name().unwrap_or_default().as_bytes()) {
        return Err(Failure::wrong(format!(
            "{shown} is another program's photo library. Its folders are not your photos, so it is \
             not backed up as a folder; export the originals to a folder and back that up"
        )));
    }
    let vault = resolved(&args.to).map_err(|why| {
        Failure::wrong(format!("the vault {} cannot be used: {why}", args.to.display()))
    })?;
    if vault.starts_with(source) {
        return Err(Failure::wrong(format!(
            "the vault {} lies inside the source {}: it would back itself up. Choose another place",
            vault.display(),
            source.display()
        )));
    }
    if source.starts_with(&vault) {
        return Err(Failure::wrong(format!(
            "the source {} lies inside the vault {}: choose another place for the vault",
            source.display(),
            vault.display()
        )));
    }
    if let Some(outer) = vault.ancestors().skip(1).find(|outer| outer.join(".keepsake").is_dir()) {
        return Err(Failure::wrong(format!(
            "the vault {} lies inside another one, {}: choose another place",
            vault.display(),
            outer.display()
        )));
    }
    if std::fs::metadata(&vault).is_ok_and(|found| !found.is_dir()) {
        return Err(Failure::wrong(format!(
            "the vault {} is a file, not a folder",
            vault.display()
        )));
    }
    if source.join(".keepsake").is_dir() {
        return Err(Failure::wrong(format!(
            "the source {} is itself a vault of Keepsake: restore it first, or name the photos' own folder",
            source.display()
        )));
    }
    Ok(vault)
}

/// The real path of something whose last parts need not be there yet.
fn resolved(path: &Path) -> std::io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let mut rest = Vec::new();
    let mut at = path.as_path();
    loop {
        if let Ok(real) = at.canonicalize() {
            return Ok(rest.iter().rev().fold(real, |path, part| path.join(part)));
        }
        match (at.parent(), at.file_name()) {
            (Some(parent), Some(name)) => {
                rest.push(name);
                at = parent;
            }
            // `/x/..` of what is not there.
            _ => return Ok(path),
        }
    }
}

/// What the walk takes.
pub fn choice(state: &State, all_files: bool, exclude: &[String]) -> Result<Choice, Failure> {
    let mut globs = GlobSetBuilder::new();
    for pattern in exclude {
        let glob = GlobBuilder::new(pattern.trim_end_matches('/')).literal_separator(false).build();
        globs.add(glob.map_err(|why| Failure::wrong(format!("--exclude {pattern:?}: {why}")))?);
    }
    let exclude: GlobSet =
        globs.build().map_err(|why| Failure::wrong(format!("--exclude: {why}")))?;
    let folder = resolved(&state.folder).unwrap_or_else(|_| state.folder.clone());
    let own =
        folder.strip_prefix(&state.source).ok().map(|own| own.as_os_str().as_bytes().to_vec());
    Ok(Choice { all_files, exclude, own: own.into_iter().collect() })
}

/// Whether the vault's folder is there, with something in it, and its records are not.
fn has_lost_its_records(vault: &Path) -> bool {
    let any = std::fs::read_dir(vault).is_ok_and(|mut entries| entries.next().is_some());
    any && !vault.join(".keepsake/vault.json").exists()
}

/// The command as it was given, for a shell.
fn again() -> String {
    let words = std::env::args_os().map(|word| {
        let word = word.to_string_lossy().into_owned();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%~".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_not_there_yet_is_resolved_up_to_what_is() {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().canonicalize().unwrap();
        std::os::unix::fs::symlink(&real, real.join("link")).unwrap();
        assert_eq!(resolved(&real.join("link/a/b")).unwrap(), real.join("a/b"));
    }

    #[test]
    fn a_vault_inside_the_source_and_the_reverse_are_refused_through_links_too() {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().canonicalize().unwrap();
        std::fs::create_dir_all(real.join("photos/inner")).unwrap();
        std::os::unix::fs::symlink(real.join("photos"), real.join("alias")).unwrap();
        let refused = |source: &str, to: &str| {
            let args = Backup {
                source: real.join(source),
                to: real.join(to),
                watch: false,
                reserve: None,
                new_records: false,
                state: Some(real.join("state")),
                exclude: Vec::new(),
                all_files: false,
                json: false,
            };
            let state = State::of(&args.source, args.state.as_deref()).unwrap();
            sensible(&args, &state).map_err(|failure| failure.why)
        };
        assert!(refused("photos", "alias/new/vault").unwrap_err().contains("inside the source"));
        assert!(refused("photos/inner", "alias").unwrap_err().contains("inside the vault"));
        assert!(refused("photos", "photos").is_err());
        assert!(refused("photos", "vault").is_ok());
        assert!(refused("nowhere", "vault").is_err());
    }
}
