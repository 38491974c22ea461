//! The commands that ask about a backup, or get it back.

use crate::backup::choice;
use crate::cli::{At, Items, Library};
use crate::show::json_path;
use crate::signals::Signals;
use crate::skipped::Reason;
use crate::source::Folder;
use crate::state::{Last, State};
use crate::summary::Exit;
use crate::{Failure, clock, size, skipped, words};
use indicatif::{ProgressBar, ProgressStyle};
use keepsake_engine::verify::Progress;
use keepsake_engine::{Destination, Engine, EngineError, Options};
use keepsake_machine::Hold;
use keepsake_machine::media::ResourceId;
use keepsake_machine::stage::{Class, Why};
use keepsake_machine::status::{Counts, Status};
use serde_json::json;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub fn state_of(at: &At) -> Result<State, Failure> {
    Ok(match &at.source {
        Some(source) => State::of(source, at.state.as_deref())?,
        None => State::only(at.state.as_deref())?,
    })
}

/// Opens the engine as the last backup did, without starting it.
pub(crate) fn open(state: &State) -> Result<Engine, Failure> {
    let about = state.known()?;
    let choice = choice(state, about.all_files, &about.exclude)?;
    let folder = Folder::new(&state.source, &state.folder, choice);
    let options = Options::new(state.folder.clone(), Some(Destination::Folder(about.vault)));
    let engine = Engine::open(options, Arc::new(folder))?;
    while let Some(happened) = engine.waiting_event() {
        if let Some(news) = words::of_vault(&happened) {
            eprintln!("{news}");
        }
    }
    Ok(engine)
}

/// `status`.
pub fn status(at: &At, as_json: bool) -> Result<Exit, Failure> {
    let state = state_of(at)?;
    let about = state.known()?;
    let last = state.last();
    let (status, running, away, closed): (Status, bool, _, _) = match state.lock() {
        Ok(_lock) => {
            let engine = open(&state)?;
            let mut status = engine.status();
            // Told as what the last run waited for: whether it is still so, the next one will see.
            if let Some(last) = &last
                && (last.unseen || status.counts.unfinished().items > 0)
            {
                status.holds = last.status.holds;
            }
            let mut closed = engine.vault_closed();
            // What may not be written is seen by who writes: by the last backup.
            let waits = Class::Waiting(Why::Held(Hold::VaultUnavailable));
            if closed.is_empty() && status.counts.of(waits).items > 0 {
                closed = state.closed();
            }
            (status, false, engine.vault_away(), closed)
        }
        Err(crate::state::StateError::Busy { .. }) => {
            let begun = || Failure::wrong("a backup has just begun: ask again in a moment".into());
            (last.as_ref().ok_or_else(begun)?.status.clone(), true, None, Vec::new())
        }
        Err(other) => return Err(other.into()),
    };
    let counts = &status.counts;
    // (A catalog that was set aside just now knows nothing of what the last run saw.)
    let knows = |counts: &Counts| counts.classes.values().any(|tally| tally.items > 0);
    let anew = |last: &Last| !knows(counts) && knows(&last.status.counts);
    let unseen = last.is_none_or(|last| last.unseen || anew(&last));
    let (safe, total, bad) = (counts.safe(), counts.total(), counts.quarantined());
    if as_json {
        say!(
            "{}",
            json!({ "source": about.source.display().to_string(),
            "vault": about.vault.display().to_string(), "running": running, "unseen": unseen, "vault_away": away,
            "vault_closed": closed,
            "status": status })
        );
    } else {
        say!("Source  {}", about.source.display());
        say!("Vault   {}", about.vault.display());
        say!(
            "Safe    {} of {}, {} of {}{}",
            size::count(safe.items),
            size::counted(total.items, "file"),
            size::bytes(safe.bytes),
            size::bytes(total.bytes),
            if running { " (a backup is running)" } else { "" }
        );
        for (class, tally) in &counts.classes {
            let what = match class {
                Class::Pending => "still to do".into(),
                Class::Waiting(why) => format!("tried again later: {}", words::why(*why)),
                Class::Quarantined(fault) => format!("not safe: {}", words::fault(*fault)),
                Class::Hidden => "out of sight: their folder or disk is away".into(),
                Class::Freed => "safe, and only in the vault".into(),
                Class::Lost => "lost: neither the source nor the vault shows them".into(),
                Class::Forgotten => "forgotten, as you said".into(),
                _ => continue,
            };
            if tally.items > 0 {
                say!("        {} {what}", size::counted(tally.items, "file"));
            }
        }
        for hold in status.holds.iter() {
            let when = if running { "Waits " } else { "Waited" };
            say!("{when}  {}", words::hold(hold));
        }
        if let Some(why) = &away {
            say!("Now     {why}");
        }
        if !closed.is_empty() {
            say!("Now     {}", words::vault_closed(&closed));
        }
        if unseen && !running && status.holds.is_empty() {
            say!(
                "Waited  no backup has looked through the whole source yet, or the last one could not"
            );
            for path in skipped::unreadable(&state.folder) {
                say!("        {}: {path}", Reason::Unreadable.words());
            }
        }
    }
    let open = counts.unfinished().items + counts.of(Class::Hidden).items > 0;
    let blind = unseen || away.is_some() || !closed.is_empty();
    Ok(match (open || blind, bad.items + counts.of(Class::Lost).items > 0) {
        (true, _) => Exit::Paused,
        (false, true) => Exit::Quarantined,
        (false, false) => Exit::Safe,
    })
}

/// Runs something long with a bar, if there is somebody to see it. Ctrl-C brings it to an early end;
/// again, it ends at once.
pub(crate) fn shown<T, E: Into<Failure> + Send>(
    long: impl FnOnce(&Progress) -> Result<T, E> + Send,
) -> Result<T, Failure>
where
    T: Send,
{
    let progress = Progress::default();
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {percent:>3} % {msg}") {
        bar.set_style(style.progress_chars("━╸─"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Failure::wrong(format!("no event loop: {why}")))?;
    let mut signals = runtime.block_on(async { Signals::new() })?;
    let done = std::thread::scope(|scope| {
        let worker = scope.spawn(|| long(&progress));
        while !worker.is_finished() {
            bar.set_length(progress.bytes_total.load(Ordering::Relaxed));
            bar.set_position(progress.bytes.load(Ordering::Relaxed));
            bar.set_message(size::counted(progress.items.load(Ordering::Relaxed), "file"));
            let told = async { tokio::time::timeout(LOOK, signals.next()).await.is_ok() };
            if runtime.block_on(told) && progress.stop.swap(true, Ordering::Relaxed) {
                std::process::exit(Exit::Paused as i32);
            }
        }
        worker.join()
    });
    bar.finish_and_clear();
    match done {
        Ok(done) => done.map_err(Into::into),
        Err(_) => Err(Failure::wrong("it ended badly: please send `keepsake report`".into())),
    }
}

/// How often it is looked how far something is.
const LOOK: Duration = Duration::from_millis(20);

/// An item that the user named, below this folder if it lies there, otherwise as it was named.
fn below(folder: &Path, item: &Path) -> PathBuf {
    let real = std::path::absolute(item).ok();
    real.as_deref()
        .and_then(|path| path.canonicalize().ok().or(real.clone()))
        .and_then(|path| path.strip_prefix(folder).map(Path::to_owned).ok())
        .unwrap_or_else(|| item.to_owned())
}

/// An item of the source that the user named, as the catalog knows it.
fn found(engine: &Engine, state: &State, item: &Path) -> Result<ResourceId, EngineError> {
    let below = below(&state.source, item);
    Ok(engine.find(below.as_os_str().as_bytes())?.resource)
}

/// `retry`.
pub fn retry(args: &Items) -> Result<Exit, Failure> {
    let state = State::of(&args.source, args.state.as_deref())?;
    state.known()?;
    let _lock = state.lock()?;
    let engine = open(&state)?;
    let which = args.files.iter().map(|item| found(&engine, &state, item));
    let which = which.collect::<Result<Vec<_>, _>>()?;
    let count = engine.retry((!which.is_empty()).then_some(&which[..]))?;
    say!("{} will be tried again by the next backup.", size::counted(count, "file"));
    Ok(Exit::Safe)
}

/// `forget`.
pub fn forget(args: &Items) -> Result<Exit, Failure> {
    if args.files.is_empty() {
        return Err(Failure::wrong(
            "name the files to forget: keepsake forget SOURCE FILE…".into(),
        ));
    }
    let state = State::of(&args.source, args.state.as_deref())?;
    let vault = state.known()?.vault;
    let _lock = state.lock()?;
    let engine = open(&state)?;
    let (mut which, mut in_vault) = (Vec::new(), Vec::new());
    for item in &args.files {
        match found(&engine, &state, item) {
            Ok(resource) => which.push(resource),
            // As `verify` names what neither has any more.
            Err(unknown @ EngineError::NoSuchItem(_)) => {
                let path = below(&vault, item).to_str().map(str::to_owned);
                in_vault.push(path.ok_or(unknown)?);
            }
            Err(why) => return Err(why.into()),
        }
    }
    // First what may be refused.
    let gone = engine.let_go(&in_vault)?;
    if gone > 0 {
        say!("{} of the vault will not be missed any more.", size::counted(gone, "file"));
    }
    if which.is_empty() {
        return Ok(Exit::Safe);
    }
    let count = engine.forget(&which)?;
    let twins =
        if count > which.len() as u64 { ", those with the same bytes among them," } else { "" };
    say!(
        "{}{twins} will not be backed up again. What the vault has of them stays there.",
        size::counted(count, "file")
    );
    Ok(Exit::Safe)
}

/// `library`.
pub fn library(args: &Library) -> Result<Exit, Failure> {
    let state = state_of(&args.at)?;
    state.known()?;
    if args.skipped {
        for line in skipped::read(&state.folder)
            .map_err(|why| Failure::wrong(format!("no scan has ended yet: {why}")))?
            .take(args.most)
        {
            say!("{}", line.map_err(|why| Failure::wrong(why.to_string()))?);
        }
        return Ok(Exit::Safe);
    }
    let _lock = state.lock()?;
    let engine = open(&state)?;
    let (mut left, mut below) = (args.most, None);
    loop {
        let page = engine.library(below, 1_000)?;
        for entry in page.entries {
            let word = words::stage(entry.stage);
            if args.only.is_some_and(|only| only.word() != word) {
                continue;
            }
            if left == 0 {
                if !args.json {
                    say!("… and more: --most {} shows as many", args.most.saturating_mul(10));
                }
                return Ok(Exit::Safe);
            }
            left -= 1;
            if args.json {
                say!(
                    "{}",
                    json!({ "item": json_path(&entry.local_id), "stage": word,
                    "why": words::reason(entry.stage), "taken": entry.taken, "role": format!("{:?}", entry.role) })
                );
                continue;
            }
            say!(
                "{}  {word:<11}  {:>7}  {}",
                clock::day(entry.taken),
                words::size(entry.size),
                words::path(&entry.local_id)
            );
            let why = words::reason(entry.stage);
            if !why.is_empty() {
                say!("            {why}");
            }
        }
        below = page.next;
        if below.is_none() {
            return Ok(Exit::Safe);
        }
    }
}
