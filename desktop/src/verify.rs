//! `verify`: is everything in the vault, and what is to be done where it is not.

use crate::cli::At;
use crate::commands::{open, shown, state_of};
use crate::summary::Exit;
use crate::{Failure, size, words};
use keepsake_engine::EngineError;
use keepsake_engine::verify::Verified;
use keepsake_machine::stage::Class;

/// As many files without a record are named.
const NAMED: usize = 20;

/// Runs it.
pub fn run(at: &At, deep: bool) -> Result<Exit, Failure> {
    let state = state_of(at)?;
    state.known()?;
    let _lock = state.lock()?;
    let engine = open(&state)?;
    if let Some(why) = engine.vault_away() {
        say!("Nothing was verified: {why}");
        return Ok(Exit::Paused);
    }
    let found = match shown(|progress| Ok::<_, Failure>(engine.verify(deep, progress)))? {
        Err(why) if why.is_passing() || matches!(why, EngineError::Vault(_)) => {
            say!("Not verified to the end: {why}");
            return Ok(Exit::Paused);
        }
        found => found?,
    };
    tell(&found, deep);
    if found.stopped {
        say!("Stopped before the end.");
        return Ok(Exit::Paused);
    }
    // (Opening it may have found already what the records lost since.)
    let counts = engine.status().counts;
    if counts.total().items == 0 && state.last().is_none_or(|last| last.unseen) {
        say!("No backup has looked through the source yet: what it has is not known to be safe.");
        return Ok(Exit::Paused);
    }
    let (open, lost) = (counts.unfinished().items, counts.of(Class::Lost).items);
    let hidden = counts.of(Class::Hidden).items;
    if open > 0 {
        say!(
            "{} not safe yet. Back up again: what lies in the vault without a record is recorded, \
             the rest is sent.",
            size::counted(open, "file")
        );
    }
    if hidden > 0 {
        say!(
            "{} out of sight and not in this vault: keepsake library --only hidden.",
            size::counted(hidden, "file")
        );
    }
    if lost > 0 {
        say!(
            "{} lost: neither the source nor the vault shows them: keepsake library --only lost; \
             keepsake forget lets go of them.",
            size::counted(lost, "file")
        );
    }
    if !found.unreadable.is_empty() {
        let files = size::counted(found.unreadable.len() as u64, "file");
        say!("{files} could not be read: check permissions and disk, and verify again.");
    }
    let bad = bad(&found);
    if bad > 0 {
        say!(
            "{} not as recorded. Back up again: what the source has is sent again. What neither has is \
             named here until its bytes are back in the vault, under any name, or until it is let go \
             of: keepsake forget SOURCE PATH, with the path that is named here.",
            size::counted(bad as u64, "file")
        );
    }
    // Of damaged records nothing is left to do once everything there has others.
    let unrecorded = !found.segments.is_empty() && !found.loose.is_empty();
    if !found.closed.is_empty() {
        let segments = size::counted(found.closed.len() as u64, "segment");
        say!(
            "{segments} of records could not be read: check permissions and disk, and verify again. \
             Nothing is said of what only these name."
        );
    }
    let wrong = bad > 0 || open + hidden + lost > 0 || unrecorded;
    let blind = [&found.unreadable, &found.closed, &found.unseen].iter().any(|one| !one.is_empty());
    Ok(match (wrong, blind) {
        (true, _) => Exit::Quarantined,
        (false, true) => Exit::Paused,
        (false, false) => Exit::Safe,
    })
}

fn bad(found: &Verified) -> usize {
    let Verified { missing, damaged, replaced, .. } = found;
    [missing, damaged, replaced].map(Vec::len).iter().sum()
}

/// Says what was found.
fn tell(found: &Verified, deep: bool) {
    for (list, what) in [
        (&found.missing, "missing"),
        (&found.damaged, "damaged"),
        (&found.unreadable, "could not be read now"),
    ] {
        for path in list {
            say!("{what}: {}", words::path(path.as_bytes()));
        }
    }
    for path in &found.replaced {
        let path = words::path(path.as_bytes());
        say!("missing: what lay at {path} before the file that has this name now");
    }
    let how = if deep { "every byte read back" } else { "sizes compared; --deep reads every byte" };
    say!("{} as recorded, {} ({how})", size::counted(found.good, "file"), size::bytes(found.bytes));
    for path in &found.altered {
        let path = words::path(path.as_bytes());
        say!(
            "not as recorded: {path}; what was recorded lies in the vault elsewhere. Leave what lies \
             here: it may be the only copy of something else, and restore brings it back too."
        );
    }
    if !found.elsewhere.is_empty() {
        let files = size::counted(found.elsewhere.len() as u64, "file");
        say!("{files} no longer where recorded; the same bytes lie in the vault elsewhere.");
    }
    if !found.loose.is_empty() {
        let files = size::counted(found.loose.len() as u64, "file");
        say!(
            "{files} in the vault without a record: restore brings them back under the names there."
        );
        for path in found.loose.iter().take(NAMED) {
            say!("  {}", words::path(path.as_bytes()));
        }
        if found.loose.len() > NAMED {
            say!("  and {} more", size::count((found.loose.len() - NAMED) as u64));
        }
        say!(
            "To have them recorded, copy them into a source and back up: they are not sent again. What \
             does not belong here can be moved out of the vault."
        );
    }
    for path in &found.unseen {
        say!("cannot be looked at, and is left there by restore: {}", words::path(path.as_bytes()));
    }
    for segment in &found.closed {
        say!("not read: .keepsake/segments/{segment}");
    }
    for segment in &found.segments {
        say!("damaged records: .keepsake/segments/{segment}");
    }
    if !found.segments.is_empty() && found.loose.is_empty() && found.unrecorded == 0 {
        say!(
            "What these named is recorded elsewhere, as far as this device knows. Once every device \
             that uses the vault has backed up again, they may be deleted."
        );
    }
}
