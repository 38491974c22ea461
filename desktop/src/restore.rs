//! `restore`: everything in a vault, back into a folder.

use crate::commands::shown;
use crate::summary::Exit;
use crate::{Failure, size, words};
use keepsake_engine::Destination;
use keepsake_engine::restore::ALTERED;
use std::io::ErrorKind;
use std::path::Path;

/// Runs it.
pub fn run(vault: &Path, dest: &Path) -> Result<Exit, Failure> {
    let own = std::fs::metadata(vault.join(".keepsake"));
    if let Err(why) = &own
        && !matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
    {
        let why = format!("{} cannot be looked into: {why}", vault.display());
        return Err(Failure { why, exit: Exit::Paused });
    }
    if !own.is_ok_and(|own| own.is_dir()) {
        return Err(Failure::wrong(format!(
            "{} is no vault: there is no .keepsake in it. (What lies in a vault are plain files: they \
             can be copied.)",
            vault.display()
        )));
    }
    let from = Destination::Folder(vault.to_owned());
    let done = shown(|progress| keepsake_engine::restore::restore(&from, dest, progress))?;
    for (list, what) in [
        (&done.kept, "left as it was, another file has this name"),
        (&done.damaged, "the vault does not have it any more, or has other bytes"),
        (&done.unreadable, "it could not be read: check the vault's permissions and disk"),
        (
            &done.unseen,
            "it cannot be looked at, or has no name that a vault gives: copy it by hand",
        ),
        (&done.hostile, "its record names a place outside the vault: not followed"),
    ] {
        for path in list {
            say!("not restored: {}: {what}", words::path(path.as_bytes()));
        }
    }
    for path in &done.altered {
        let path = words::path(path.as_bytes());
        say!("not as recorded: {path}: what lies there was restored into the folder '{ALTERED}'");
    }
    for segment in &done.segments {
        say!("records that cannot be used: .keepsake/segments/{segment}");
    }
    say!("Restored {}, {}.", size::counted(done.written, "file"), size::bytes(done.bytes));
    if done.already_there > 0 {
        say!("{} there already.", size::counted(done.already_there, "file"));
    }
    if done.unrecorded > 0 {
        let files = size::counted(done.unrecorded, "file");
        say!("{files} of these without a record: under the names that they have in the vault.");
    }
    if let Some(why) = &done.cut {
        say!("Stopped before the end: {why}.");
        return Ok(Exit::Paused);
    }
    if done.stopped {
        say!("Stopped before the end: run it again to go on.");
        return Ok(Exit::Paused);
    }
    let bad = [&done.kept, &done.damaged, &done.unreadable, &done.unseen, &done.hostile]
        .iter()
        .any(|list| !list.is_empty());
    let nameless = done.unrecorded > 0 && (!done.segments.is_empty() || !done.has_records);
    if nameless {
        say!("Records are lost, and with them the names and places that these files had.");
    }
    Ok(if bad || nameless { Exit::Quarantined } else { Exit::Safe })
}
