//! What a trace says.

use crate::format::What;
use keepsake_engine::Happened;
use keepsake_machine::session::migration::Migration;
use keepsake_machine::status::{Notice, Status};
use std::fmt::Write as _; // a String takes everything

/// A time of a trace: hours, minutes, seconds.
pub fn time(millis: u64) -> String {
    let seconds = millis / 1_000;
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// What happens, as the file says it.
pub fn what(what: &What) -> String {
    serde_json::to_string(what).unwrap_or_default()
}

/// An event that the host pulled.
pub fn happened(happened: &Happened) -> String {
    match happened {
        Happened::Status(status) => self::status(status),
        Happened::Noticed(notice) => notice_words(notice),
        other => format!("event {other:?}"),
    }
}

fn notice_words(notice: &Notice) -> String {
    match notice {
        Notice::HoldsChanged(holds) => {
            let names: Vec<_> = holds.iter().map(|hold| format!("{hold:?}")).collect();
            format!(
                "notice holds: {}",
                if names.is_empty() { "none".into() } else { names.join(" ") }
            )
        }
        Notice::Alarmed(alarmed) => {
            let names: Vec<_> = alarmed.holds.iter().map(|hold| format!("{hold:?}")).collect();
            format!("notice alarm: nothing safe for {:?}, {}", alarmed.since, names.join(" "))
        }
        other => format!("notice {other:?}"),
    }
}

/// What a status says, without what changes all the time.
fn status(status: &Status) -> String {
    let counts = &status.counts;
    let mut text = format!(
        "status {}: {} of {} safe",
        activity(status),
        counts.safe().items,
        counts.total().items
    );
    for (class, tally) in counts.classes.iter().filter(|(class, tally)| {
        tally.items > 0 && !class.is_safe() && **class != keepsake_machine::stage::Class::Pending
    }) {
        let _ = write!(text, ", {} {class:?}", tally.items);
    }
    for need in &status.needs {
        let bytes = need.bytes.map_or(String::new(), |bytes| format!(", {bytes} B missing"));
        let _ = write!(text, "; {:?} stops {}{bytes}", need.hold, need.items.items);
    }
    for advice in &status.advice {
        let _ = write!(text, "; advice {advice:?}");
    }
    if status.migration != Migration::Off {
        let _ = write!(text, "; migration {:?}", status.migration);
    }
    text
}

fn activity(status: &Status) -> String {
    let text = format!("{:?}", status.activity);
    text.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}
