//! What a backup shows while it runs: bars on a terminal, plain lines when piped, JSON for programs.

mod bars;
mod json;
mod lines;

pub use bars::Bars;
pub use json::{Json, path as json_path};
pub use lines::Lines;

use crate::size;
use crate::summary::Summary;
use crate::words;
use keepsake_machine::status::{Activity, Status};
use std::fmt::Write;
use std::path::Path;

/// Shows what happens.
pub trait Show {
    /// It begins.
    fn started(&mut self, source: &Path, vault: &Path);
    /// A scan has seen so many assets.
    fn scanned(&mut self, assets: u64, ended: bool);
    /// Where everything is.
    fn status(&mut self, status: &Status);
    /// One line for the user.
    fn say(&mut self, line: &str);
    /// An item was quarantined.
    fn quarantined(&mut self, path: &[u8], why: &'static str);
    /// It ended.
    fn ended(&mut self, summary: &Summary);
}

/// `1,234 of 10,000 files · 3.2 of 20 GB · 85 MB/s · 4 min left`
fn progress(status: &Status) -> String {
    let (safe, total) = (status.counts.safe(), status.counts.total());
    let mut text = format!(
        "{} of {} · {} of {}",
        size::count(safe.items),
        size::counted(total.items, "file"),
        size::bytes(safe.bytes),
        size::bytes(total.bytes),
    );
    if let Some(pace) = status.pace {
        let _ = write!(text, " · {}/s", size::bytes(pace)); // a String takes everything
    }
    if let Some(estimate) = status.estimate {
        let _ = write!(text, " · {} left", size::span(estimate)); // a String takes everything
    }
    let quarantined = status.counts.quarantined().items;
    if quarantined > 0 {
        let _ = write!(text, " · {} quarantined", size::count(quarantined)); // a String takes everything
    }
    text
}

/// What it waits for; `None` while it works.
fn waiting(status: &Status) -> Option<String> {
    let holds: Vec<&str> = status.holds.iter().map(words::hold).collect();
    match status.activity {
        _ if !holds.is_empty() => Some(holds.join("; ")),
        Activity::WithOs => Some("the system goes on sending by itself".into()),
        Activity::Waiting { .. } => Some("what could not be taken now is tried again later".into()),
        _ => None,
    }
}
