//! `keepsake backup`: opens the engine, tells it what a desktop knows, shows what happens, and ends
//! when there is nothing left to do, when work can't go on, or when the user says so.

use crate::cli::Backup;
use crate::show::{Bars, Json, Lines, Show};
use crate::signals::Signals;
use crate::skipped::Reason;
use crate::source::Folder;
use crate::state::{About, State};
use crate::summary::{Exit, Summary};
use crate::walk::Choice;
use crate::{Failure, watch, words};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use keepsake_engine::{Destination, Engine, Happened, HostFact, Options};
use keepsake_machine::Hold;
use keepsake_machine::event::{LibraryAccess, Network, Power};
use keepsake_machine::stage::{Class, Fault, Stage};
use keepsake_machine::status::{Activity, Notice, Status};
use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

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

    let folder = Arc::new(Folder::new(&state.source, &state.folder, choice));
    let mut options = Options::new(state.folder.clone(), Some(Destination::Folder(vault.clone())));
    options.vault_reserve = args.reserve;
    // Nothing is downloaded onto this device: its own disk is in nobody's way.
    options.settings.reserve = Some(0);
    let engine = Engine::open(options, folder.clone()).inspect_err(|_| state.doubt_last())?;
    let engine = Arc::new(engine);
    let before = engine.status();
    let more = |status: &Status, class| {
        let items = |status: &Status| status.counts.of(class).items;
        items(status).saturating_sub(items(&before))
    };
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
    let run = Run {
        engine: engine.clone(),
        show: show.as_mut(),
        watch: args.watch,
        state: &state,
        folder: &folder,
    };
    let ended = runtime.block_on(run.drive(&state.source))?;
    let status = engine.status();
    let summary = Summary {
        gone: more(&status, Class::Closed),
        out_of_sight: more(&status, Class::Hidden),
        status,
        skipped: folder.skipped(),
        complete: ended.complete,
        trouble: folder.trouble(),
        interrupted: ended.interrupted,
        quarantined: ended.quarantined,
        again: again(),
    };
    let unreadable = summary.skipped.of(Reason::Unreadable) > 0;
    state.keep_last(summary.status.clone(), summary.unseen() || unreadable);
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

struct Run<'a> {
    engine: Arc<Engine>,
    show: &'a mut dyn Show,
    watch: bool,
    state: &'a State,
    folder: &'a Folder,
}

struct Ended {
    complete: bool,
    interrupted: bool,
    quarantined: Vec<(Vec<u8>, Fault)>,
}

impl Run<'_> {
    async fn drive(mut self, source: &Path) -> Result<Ended, Failure> {
        let mut signals = Signals::new()?;
        let watched = self.watch.then(|| watch::start(source, self.show)).flatten();
        self.engine.start()?;
        for fact in [
            HostFact::Access(LibraryAccess::Full),
            HostFact::Locked(false),
            HostFact::Network(Network::UNMETERED),
            HostFact::Power(Power::MAINS),
            HostFact::TransfersReported,
            HostFact::WindowOpened(None),
        ] {
            self.engine.tell(fact);
        }
        self.engine.resume();
        let mut reconcile = tokio::time::interval(watch::RECONCILE);
        reconcile.tick().await;
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut ended = Ended { complete: false, interrupted: false, quarantined: Vec::new() };
        let mut verdict = Verdict::default();
        let mut kept = tokio::time::interval(Duration::from_secs(1));
        kept.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                happened = self.engine.next_event() => match happened {
                    None => break,
                    Some(happened) => {
                        if let Happened::ScanFinished { complete, changed } = happened {
                            ended.complete = complete;
                            verdict.scanned(changed);
                        }
                        self.tell(happened);
                    }
                },
                () = signals.next() => {
                    ended.interrupted = true;
                    self.show.say("Pausing: what is under way is brought to a good end. Ctrl-C again ends at once.");
                    break;
                }
                _ = reconcile.tick(), if self.watch => self.engine.tell(HostFact::LibraryChanged),
                _ = kept.tick() => {
                    let status = self.engine.status();
                    let unseen = !ended.complete
                        || status.holds.has(Hold::VaultUnavailable)
                        || self.folder.trouble().is_some();
                    self.state.keep_last(status, unseen);
                    if watched.as_ref().is_some_and(|(_, changes)| changes.any()) {
                        self.engine.tell(HostFact::LibraryChanged);
                    }
                }
                _ = look.tick() => {
                    let status = self.engine.status();
                    if verdict.is_over(&status) && !self.watch {
                        break;
                    }
                }
            }
        }
        // Once it has stopped, its catalog is closed.
        ended.quarantined = quarantined(&self.engine, &self.engine.status());
        let engine = self.engine.clone();
        let stopped = tokio::task::spawn_blocking(move || engine.stop());
        tokio::select! {
            _ = stopped => {}
            () = signals.next() => std::process::exit(Exit::Paused as i32),
        }
        while let Some(happened) = self.engine.next_event().await {
            self.tell(happened);
        }
        Ok(ended)
    }

    fn tell(&mut self, happened: Happened) {
        match happened {
            Happened::Status(status) => self.show.status(&status),
            Happened::Scanned { assets } => self.show.scanned(assets, false),
            Happened::Noticed(Notice::Quarantined { resource, fault }) => {
                match self.engine.entry(resource) {
                    Ok(entry) => self.show.quarantined(&entry.local_id, words::fault(fault)),
                    Err(_) => {
                        self.show.say(&format!("one item is not safe: {}", words::fault(fault)));
                    }
                }
            }
            Happened::VaultLost { folders, again, only } => {
                self.show.say(&words::vault_lost(&folders, again, only));
            }
            Happened::ScanFinished { complete: false, .. } => {
                self.show.say("the source could not be looked through to its end; nothing is taken for deleted");
            }
            _ => {}
        }
    }
}

/// Decides when a backup that does not watch is over. Status and scan come on their own ways, so a
/// verdict must hold for a moment before it counts.
#[derive(Debug, Default)]
struct Verdict {
    scan: Option<u64>,
    held: u32,
    /// Looks since something became safe, in which the source did not answer.
    silent: u32,
    safe: u64,
}

impl Verdict {
    fn scanned(&mut self, changed: u64) {
        self.scan = Some(changed);
        self.held = 0;
    }

    fn is_over(&mut self, status: &Status) -> bool {
        let Some(changed) = self.scan else {
            // A source or catalog that cannot be used never ends its scan.
            return self.hold(status.activity == Activity::Paused, PAUSED);
        };
        // It is tried again and again, and answers to none: without `--watch` that has an end.
        let safe = status.counts.safe().items;
        if std::mem::replace(&mut self.safe, safe) != safe {
            self.silent = 0;
        }
        self.silent += u32::from(status.holds.has(Hold::SourceUnavailable));
        if self.silent >= SILENT {
            return true;
        }
        let idle = status.under_way == 0;
        match status.activity {
            Activity::Done if changed == 0 => idle,
            Activity::Done => self.hold(idle && status.counts.unfinished().items == 0, 3),
            Activity::Paused | Activity::Stopped => self.hold(true, PAUSED),
            Activity::Waiting { .. } | Activity::Working | Activity::WithOs => self.hold(false, 0),
        }
    }

    fn hold(&mut self, so: bool, times: u32) -> bool {
        self.held = if so { self.held + 1 } else { 0 };
        so && self.held >= times
    }
}

/// Some of the quarantined items, to be named.
fn quarantined(engine: &Engine, status: &Status) -> Vec<(Vec<u8>, Fault)> {
    let mut found = Vec::new();
    let mut below = None;
    let wanted = status.counts.quarantined().items.min(NAMED);
    while (found.len() as u64) < wanted {
        let Ok(page) = engine.library(below, 1_000) else { break };
        found.extend(page.entries.into_iter().filter_map(|entry| match entry.stage {
            Stage::Quarantined(fault) => Some((entry.local_id, fault)),
            _ => None,
        }));
        below = page.next;
        if below.is_none() {
            break;
        }
    }
    found.truncate(usize::try_from(wanted).unwrap_or_default());
    found
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

/// As many quarantined items are named in a summary.
const NAMED: u64 = 20;
/// How often the end is looked for.
const LOOK: Duration = Duration::from_millis(50);
/// For how many looks a pause must last before it counts: two seconds.
const PAUSED: u32 = 40;
/// A source that did not answer in so many looks (half a minute) is not waited for.
const SILENT: u32 = 600;

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
