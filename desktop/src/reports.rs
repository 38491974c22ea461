//! What helps whoever is to find a mistake: a report, and what a log of it tells.

use crate::Failure;
use crate::cli::At;
use crate::commands::state_of;
use crate::size;
use crate::summary::Exit;
use keepsake_engine::recorder;
use serde_json::json;
use std::path::Path;

/// `report`.
pub fn report(at: &At, out: &Path) -> Result<Exit, Failure> {
    let state = state_of(at)?;
    state.known()?;
    let wrong = |why| Failure::wrong(format!("{} cannot be written: {why}", out.display()));
    std::fs::create_dir(out).map_err(wrong)?;
    let status = std::fs::read(state.folder.join("status.json")).unwrap_or_default();
    let about = json!({
        "keepsake": env!("CARGO_PKG_VERSION"),
        "system": std::env::consts::OS,
        "processor": std::env::consts::ARCH,
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "status": serde_json::from_slice::<serde_json::Value>(&status).unwrap_or_default(),
    });
    std::fs::write(out.join("about.json"), format!("{about:#}\n")).map_err(wrong)?;
    let mut logs = 0;
    for entry in std::fs::read_dir(state.folder.join("logs")).into_iter().flatten().flatten() {
        // Only what the recorder writes: the machine sees no names and no places.
        if entry.path().extension().is_some_and(|extension| extension == "jsonl") {
            std::fs::copy(entry.path(), out.join(entry.file_name())).map_err(wrong)?;
            logs += 1;
        }
    }
    say!(
        "{}: versions, status and {}. No names, no places: look before you send it.",
        out.display(),
        size::counted(logs, "log")
    );
    Ok(Exit::Safe)
}

/// `replay`.
pub fn replay(log: &Path, effects: bool) -> Result<Exit, Failure> {
    let replayed = recorder::replay(log)?;
    if effects {
        for effect in &replayed.effects {
            say!("{effect}");
        }
    }
    say!(
        "{}, {}",
        size::counted(replayed.events, "event"),
        size::counted(replayed.effects.len() as u64, "effect")
    );
    match replayed.differs {
        None => {
            say!("The same effects as recorded.");
            Ok(Exit::Safe)
        }
        Some(difference) => {
            say!("Not the same as recorded: {difference:?}");
            Ok(Exit::Quarantined)
        }
    }
}

/// `replay --shrink`.
pub fn shrink(log: &Path, wanted: &str, to: &Path) -> Result<Exit, Failure> {
    let Some(shrunk) = recorder::shrink(log, wanted, to)? else {
        say!("No effect of {} contains {wanted:?}.", log.display());
        return Ok(Exit::Quarantined);
    };
    say!(
        "{} of {}: keepsake replay --effects {}",
        size::counted(shrunk.to as u64, "event"),
        size::count(shrunk.from as u64),
        to.display()
    );
    Ok(Exit::Safe)
}
