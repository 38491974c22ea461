//! What a backup came to, and the exit code that says it.

use crate::size;
use crate::skipped::{Reason, Tally};
use crate::words;
use keepsake_machine::Hold;
use keepsake_machine::stage::{Class, Fault};
use keepsake_machine::status::{Activity, Status};
use serde_json::{Value, json};

/// How a command ended, as its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything is safe, or the command did what was asked.
    Safe = 0,
    /// Wrong use or configuration.
    Wrong = 1,
    /// Finished, with items that are not safe.
    Quarantined = 2,
    /// Paused before the end.
    Paused = 3,
}

/// The end of a backup.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The last status.
    pub status: Status,
    /// What the scan did not take.
    pub skipped: Tally,
    /// Whether the scan saw the whole source.
    pub complete: bool,
    /// Why not, where the system said why.
    pub trouble: Option<String>,
    /// Files that have left the source since the run before.
    pub gone: u64,
    /// Whether the user stopped it.
    pub interrupted: bool,
    /// Some quarantined items by name.
    pub quarantined: Vec<(Vec<u8>, Fault)>,
    /// Why the vault is not there, if it is not.
    pub vault_away: Option<String>,
    /// Folders of it that may not be looked into.
    pub vault_closed: Vec<String>,
    /// Whether its folder is there, and its records are not.
    pub records_gone: bool,
    /// How to go on.
    pub again: String,
}

impl Summary {
    /// The exit code. Never "safe" while anything is open, unseen, given up on or lost.
    pub fn exit(&self) -> Exit {
        let counts = &self.status.counts;
        let open = counts.unfinished().items > 0 || self.status.under_way > 0;
        // Out of sight is only what was to be backed up. (Where a folder may not be read, that is what is to
        // be mended.)
        let readable = self.skipped.of(Reason::Unreadable) == 0;
        let open = open || readable && counts.of(Class::Hidden).items > 0;
        let seen = !self.unseen() && self.vault_closed.is_empty();
        // Who stops it when nothing is left to do stops nothing.
        let stopped = self.interrupted && self.status.holds.is_empty();
        let ended = self.status.activity == Activity::Done || stopped;
        if open || !ended || !seen {
            return Exit::Paused;
        }
        let bad = counts.quarantined().items + counts.of(Class::Lost).items;
        if bad > 0 || self.skipped.of(Reason::Unreadable) > 0 {
            Exit::Quarantined
        } else {
            Exit::Safe
        }
    }

    /// Whether the source was not seen in full, or the vault not at all.
    pub fn unseen(&self) -> bool {
        // A vault that is away may have lost what was safe in it: nobody looked.
        let away = self.status.holds.has(Hold::VaultUnavailable);
        // A source that is empty all of a sudden: nothing is taken for deleted, and nothing was seen.
        let blind = self.trouble.is_some() && self.status.counts.total().items > 0;
        !self.complete || away || blind
    }

    /// For people.
    pub fn lines(&self) -> Vec<String> {
        let counts = &self.status.counts;
        let mut lines = vec![headline(self)];
        let tally = |class, words: &str, lines: &mut Vec<String>| {
            let tally = counts.of(class);
            if tally.items > 0 {
                let files = size::counted(tally.items, "file");
                lines.push(format!("  {files:>14}  {:>7}  {words}", size::bytes(tally.bytes)));
            }
        };
        tally(Class::BackedUp, "safe", &mut lines);
        tally(Class::Duplicate, "safe, the vault had the same bytes already", &mut lines);
        tally(Class::Pending, "still to do", &mut lines);
        tally(Class::Hidden, "out of sight: their folder or disk is away", &mut lines);
        tally(Class::Freed, "safe, and only in the vault", &mut lines);
        tally(Class::Lost, "lost: neither the source nor the vault shows them", &mut lines);
        tally(Class::Forgotten, "forgotten, as you said", &mut lines);
        if self.gone > 0 {
            let files = size::counted(self.gone, "file");
            let excluded = self.skipped.of(Reason::Excluded) > 0;
            let or_left_out = if excluded { ", or excluded now" } else { "" };
            lines.push(format!(
                "  {files:>14}           gone from the source{or_left_out}; a vault keeps what it has"
            ));
        }
        for (class, of) in &counts.classes {
            if let Class::Waiting(why) = class {
                lines.push(format!(
                    "  {:>14}           tried again later: {}",
                    size::counted(of.items, "file"),
                    words::why(*why)
                ));
            }
        }
        let bad = counts.quarantined().items;
        if bad > 0 {
            lines.push(format!("Not safe, {}:", size::counted(bad, "file")));
            for (path, fault) in &self.quarantined {
                lines.push(format!("  {}: {}", words::path(path), words::fault(*fault)));
            }
            let more = bad.saturating_sub(self.quarantined.len() as u64);
            if more > 0 {
                lines.push(format!("  and {more} more: keepsake library --only quarantined"));
            }
            lines.push("Try them again with `keepsake retry SOURCE`, then back up again.".into());
        }
        if counts.of(Class::Lost).items > 0 {
            lines.push(
                "What is lost: keepsake library --only lost. Put it back into the source or the \
                 vault, or let go of it with `keepsake forget`."
                    .into(),
            );
        }
        for reason in Reason::ALL {
            let count = self.skipped.of(reason);
            if count > 0 {
                lines.push(format!("Skipped {}: {}", size::count(count), reason.words()));
                let named = self.skipped.named.iter().filter(|(why, _)| *why == reason);
                lines.extend(named.map(|(_, path)| format!("  {}", words::path(path))));
            }
        }
        if self.exit() == Exit::Paused {
            let waits = self.waits();
            if waits.is_empty() && !self.interrupted && self.complete {
                lines.push("What is left changed while the backup ran: run it again.".into());
            }
            lines.extend(waits);
            lines.push(format!("To go on: {}", self.again));
        }
        lines
    }

    /// What it waits for.
    fn waits(&self) -> Vec<String> {
        let holds = self.status.holds;
        let mut all: Vec<_> = holds.iter().map(|hold| words::hold(hold).to_owned()).collect();
        let away = holds.has(Hold::VaultUnavailable);
        all.extend(self.vault_away.iter().filter(|_| away).cloned());
        if !self.vault_closed.is_empty() {
            all.push(words::vault_closed(&self.vault_closed));
        }
        all.extend(self.trouble.clone());
        if self.status.counts.of(Class::Hidden).items > 0 {
            all.push(
                "what is out of sight is not in this vault: bring back its folder or disk, or let go of \
                 it (keepsake library --only hidden, keepsake forget)"
                    .into(),
            );
        }
        let mut lines: Vec<_> = all.into_iter().map(|what| format!("Waiting: {what}")).collect();
        if away && self.records_gone {
            lines.push(
                "If somebody removed its .keepsake for good: the same command with --new-records begins \
                 new ones. What lies there is not sent again."
                    .into(),
            );
        }
        lines
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let counts = &self.status.counts;
        let skipped: serde_json::Map<String, Value> = Reason::ALL
            .into_iter()
            .map(|reason| (format!("{reason:?}"), json!(self.skipped.of(reason))))
            .collect();
        json!({
            "type": "ended",
            "exit": self.exit() as u8,
            "interrupted": self.interrupted,
            "complete": self.complete,
            "trouble": self.trouble,
            "vault_away": self.vault_away,
            "vault_closed": self.vault_closed,
            "total": counts.total(),
            "backed_up": counts.of(Class::BackedUp),
            "already_there": counts.of(Class::Duplicate),
            "unfinished": counts.unfinished(),
            "hidden": counts.of(Class::Hidden),
            "gone": self.gone,
            "kept": counts.of(Class::Freed),
            "lost": counts.of(Class::Lost),
            "forgotten": counts.of(Class::Forgotten),
            "quarantined": counts.quarantined(),
            "holds": self.status.holds,
            "skipped": skipped,
        })
    }
}

fn headline(summary: &Summary) -> String {
    let counts = &summary.status.counts;
    let (safe, total) = (counts.safe(), counts.total());
    match summary.exit() {
        Exit::Safe if counts.of(Class::Forgotten).items > 0 && total.items == 0 => {
            "Nothing to back up: all that was found is forgotten.".into()
        }
        Exit::Safe if total.items == 0 => "Nothing to back up: no photo or video was found.".into(),
        Exit::Safe if safe.items == total.items => {
            format!(
                "Everything is safe: {}, {}.",
                size::counted(total.items, "file"),
                size::bytes(total.bytes)
            )
        }
        Exit::Safe => format!(
            "Everything in sight is safe: {} of {}.",
            size::count(safe.items),
            size::counted(total.items, "file")
        ),
        Exit::Quarantined | Exit::Wrong => {
            format!(
                "Finished: {} of {} are safe.",
                size::count(safe.items),
                size::counted(total.items, "file")
            )
        }
        Exit::Paused if !summary.complete && !summary.interrupted => {
            "Paused: the source could not be looked through to its end.".into()
        }
        Exit::Paused => format!(
            "Paused: {} of {} are safe.",
            size::count(safe.items),
            size::counted(total.items, "file")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_machine::hold::{Hold, Holds};
    use keepsake_machine::status::{Counts, Tally as Count};

    fn summary(classes: &[(Class, u64)]) -> Summary {
        let mut counts = Counts::default();
        for (class, items) in classes {
            counts
                .classes
                .insert(*class, Count { items: *items, bytes: items * 1_000, estimated: 0 });
        }
        Summary {
            status: Status {
                activity: Activity::Done,
                holds: Holds::NONE,
                needs: Vec::new(),
                counts,
                under_way: 0,
                staged: 0,
                reserved: 0,
                pace: None,
                estimate: None,
                alarm: None,
                advice: Vec::new(),
                migration: keepsake_machine::session::migration::Migration::default(),
            },
            skipped: Tally::default(),
            complete: true,
            trouble: None,
            gone: 0,
            interrupted: false,
            quarantined: Vec::new(),
            vault_away: None,
            vault_closed: Vec::new(),
            records_gone: false,
            again: "keepsake backup …".into(),
        }
    }

    #[test]
    fn safe_is_said_only_when_nothing_is_open_or_given_up_on() {
        assert_eq!(summary(&[(Class::BackedUp, 3), (Class::Duplicate, 1)]).exit(), Exit::Safe);
        assert_eq!(summary(&[(Class::BackedUp, 3), (Class::Pending, 1)]).exit(), Exit::Paused);
        let bad = Class::Quarantined(Fault::Unreadable);
        assert_eq!(summary(&[(Class::BackedUp, 3), (bad, 1)]).exit(), Exit::Quarantined);
        assert_eq!(summary(&[(Class::Lost, 1)]).exit(), Exit::Quarantined);
        let cut = Summary { complete: false, ..summary(&[(Class::BackedUp, 3)]) };
        assert_eq!(cut.exit(), Exit::Paused);
        let hidden = summary(&[(Class::BackedUp, 3), (Class::Hidden, 1)]);
        assert_eq!(hidden.exit(), Exit::Paused, "never backed up, however long out of sight");
    }

    #[test]
    fn one_that_is_stopped_when_all_is_safe_was_not_paused() {
        let stopped = |open, complete| {
            let mut stopped = summary(&[(Class::BackedUp, 800), (Class::Pending, open)]);
            stopped.status.activity = Activity::Stopped;
            Summary { interrupted: true, complete, ..stopped }.exit()
        };
        assert_eq!(stopped(0, true), Exit::Safe);
        assert_eq!(stopped(1, true), Exit::Paused);
        assert_eq!(stopped(0, false), Exit::Paused, "the source was not seen to its end");
    }

    #[test]
    fn what_was_found_and_is_forgotten_is_not_called_unseen() {
        let text = summary(&[(Class::Forgotten, 2)]).lines().join("\n");
        assert!(text.contains("all that was found is forgotten"), "{text}");
        let text = summary(&[]).lines().join("\n");
        assert!(text.contains("no photo or video was found"), "{text}");
    }

    #[test]
    fn a_pause_names_its_holds_and_how_to_go_on() {
        let mut paused = summary(&[(Class::BackedUp, 1), (Class::Pending, 2)]);
        paused.status.holds = Holds::NONE.with(Hold::VaultFull);
        let text = paused.lines().join("\n");
        assert!(
            text.contains("no room above the reserve") && text.contains("To go on: "),
            "{text}"
        );
    }
}
