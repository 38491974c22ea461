//! The machine's reasons in a person's words: what it is, and what to do about it.

use crate::size::counted;
use keepsake_engine::Happened;
use keepsake_machine::hold::Hold;
use keepsake_machine::media::Size;
use keepsake_machine::stage::{Class, Fault, Stage, Why};
use std::fmt::Write;

/// What holds the work up, and what lets it go on.
pub fn hold(hold: Hold) -> &'static str {
    match hold {
        Hold::User => "paused by you",
        Hold::NoAccess => "the source may not be read: check its permissions",
        Hold::DeviceLocked => "the device is locked",
        Hold::Offline => "no network",
        Hold::Metered => "only a metered network",
        Hold::Roaming => "roaming",
        Hold::DataBudget => "the day's metered data is used up",
        Hold::LowStorage => "too little free space on this device",
        Hold::SourceUnavailable => "the source does not answer: is its disk there?",
        Hold::LowBattery => "the battery is low",
        Hold::PowerSaver => "the power saver is on",
        Hold::NotCharging => "not charging",
        Hold::Thermal => "the device is too hot",
        Hold::SignedOut => "the vault wants you to sign in",
        Hold::VaultFull => {
            "the vault has no room above the reserve: make room, or choose a smaller --reserve"
        }
        Hold::VaultUnavailable => {
            "the vault is not there, is not the one we know, or cannot be used: is its disk mounted, and may \
             it be read and written?"
        }
        Hold::WindowEnding => "the time for background work is over",
        Hold::CatalogUnwritable => {
            "the state folder cannot be written or read: is its disk full, or failing?"
        }
    }
}

/// What went wrong with one item.
pub fn fault(fault: Fault) -> &'static str {
    match fault {
        Fault::Unreadable => "may not be read: check its permissions",
        Fault::ReadFailed => "reading failed: its disk has an error there",
        Fault::KeepsChanging => "kept changing while it was read",
        Fault::OriginalMissing => "is listed and cannot be served",
        Fault::DownloadFailed => "could not be downloaded",
        Fault::DownloadIncomplete => "was downloaded only in part",
        Fault::Refused => {
            "the vault cannot take it: its name, or a link or a file that lies where its folder must be"
        }
        Fault::UploadFailed => "could not be written to the vault",
        Fault::VerifyFailed => "the vault cannot show it after it was written",
        Fault::DigestMismatch => "other bytes arrived than were read",
        Fault::Crashed => "was alone at work when Keepsake ended badly, again and again",
        Fault::HostFault => "was not served as agreed: please send `keepsake report`",
    }
}

/// Why one item waits.
pub fn why(why: Why) -> &'static str {
    match why {
        Why::Failed(this) => fault(this),
        Why::NeedsMoreSpace => "needs more space than there is",
        Why::NeedsUnmetered => "needs an unmetered network",
        Why::NeedsLongerWindow => "needs more time than the windows give",
        Why::NotFinal => "was written to just now, and is taken when it rests",
        // (The hold itself would hold up everything.)
        Why::Held(Hold::VaultUnavailable) => {
            "its folder in the vault may not be looked into or written: check its permissions"
        }
        Why::Held(this) => hold(this),
    }
}

/// What the engine noticed of the vault, if that is what happened.
pub fn of_vault(happened: &Happened) -> Option<String> {
    match happened {
        Happened::VaultLost { folders, again, only } => Some(vault_lost(folders, *again, *only)),
        Happened::VaultClosed { places } => Some(vault_closed(places)),
        Happened::RecordsLost { files, again } => {
            let rest = match again {
                0 => String::new(),
                _ => format!(
                    "; {} of this source: looked for there by their bytes, and recorded or sent again",
                    counted(*again, "file")
                ),
            };
            Some(format!(
                "the vault has lost records: none speaks of {} any more{rest}. keepsake verify says \
                 which lie there without one",
                counted(*files, "file")
            ))
        }
        _ => None,
    }
}

/// Places in the vault that cannot be looked into.
pub fn vault_closed(places: &[String]) -> String {
    let (names, count) = (some_of(places), counted(places.len() as u64, "place"));
    format!(
        "{count} in the vault may not be looked into or written ({names}), and what lies or belongs there \
         waits: check permissions (it must be yours to read and write) and disk"
    )
}

/// A few names, and that there are more.
fn some_of(folders: &[String]) -> String {
    let mut names: Vec<_> = folders.iter().take(3).map(|name| path(name.as_bytes())).collect();
    if folders.len() > names.len() {
        names.push("…".into());
    }
    names.join(", ")
}

/// Files that are gone from folders of the vault: the source sends its own `again`, and `only` the
/// vault had the others.
fn vault_lost(folders: &[String], again: u64, only: u64) -> String {
    let names = some_of(folders);
    let (all, only_there) = (counted(again + only, "file"), counted(only, "file"));
    let rest = match (again, only) {
        (_, 0) => "no longer safe, to be sent again".to_owned(),
        (0, _) => "the source does not have them any more: look for the folder".to_owned(),
        _ => format!(
            "{} no longer safe, to be sent again; {only_there} that the source does not have any more: \
             look for the folder",
            counted(again, "file")
        ),
    };
    format!("the vault has lost {all} (in {names}): {rest}")
}

/// A stage in one word, as `library` shows and filters it.
pub fn stage(stage: Stage) -> &'static str {
    match stage.class() {
        Class::Pending => "pending",
        Class::Waiting(_) => "waiting",
        Class::Hidden => "hidden",
        Class::Quarantined(_) => "quarantined",
        Class::BackedUp => "safe",
        Class::Duplicate => "there",
        Class::Freed => "kept",
        Class::Lost => "lost",
        Class::Closed => "gone",
        Class::Excluded => "excluded",
        Class::Forgotten => "forgotten",
    }
}

/// Why it is there, where there is a why.
pub fn reason(stage: Stage) -> &'static str {
    match stage.class() {
        Class::Waiting(this) => why(this),
        Class::Quarantined(this) => fault(this),
        Class::Freed => "only the vault has it",
        Class::Lost => "neither the source nor the vault shows it",
        _ => "",
    }
}

/// A size, or a question mark.
pub fn size(size: Size) -> String {
    match size {
        Size::Exact(bytes) => crate::size::bytes(bytes),
        Size::Hinted { .. } => "?".into(),
    }
}

/// A path as people can read it on one line: what is no text, or would move the cursor, escaped.
pub fn path(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control()
                || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            {
                text.extend(c.escape_unicode());
            } else {
                text.push(c);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}"); // a String takes everything
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_cannot_move_the_cursor() {
        assert_eq!(path(b"a\x1b[2J\xff.jpg"), "a\\u{1b}[2J\\xff.jpg");
        assert_eq!(path("é\u{202e}gpj".as_bytes()), "é\\u{202e}gpj");
    }

    #[test]
    fn every_hold_has_words_of_its_own() {
        let mut all: Vec<&str> = Hold::ALL.into_iter().map(hold).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), Hold::ALL.len());
    }
}
