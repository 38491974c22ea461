//! Plain lines: for logs and pipes. Progress at most every ten seconds.

use super::{Show, progress, waiting};
use crate::size;
use crate::summary::Summary;
use crate::words;
use keepsake_machine::status::{Activity, Status};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Lines on standard output.
#[derive(Debug, Default)]
pub struct Lines {
    last: Option<Instant>,
    waiting: Option<String>,
}

/// A line; a reader that went away does not end a backup.
fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

impl Show for Lines {
    fn started(&mut self, source: &Path, vault: &Path) {
        line(&format!("Backing up {} to {}", source.display(), vault.display()));
    }

    fn scanned(&mut self, assets: u64, ended: bool) {
        if ended {
            line(&format!("{} found", size::counted(assets, "item")));
        }
    }

    fn status(&mut self, status: &Status) {
        // One that is tried again and again waits for the same thing: that is said once.
        match waiting(status) {
            Some(why) if self.waiting.as_ref() != Some(&why) => {
                line(&format!("waiting: {why}"));
                self.waiting = Some(why);
            }
            None if status.activity == Activity::Done => self.waiting = None,
            _ => {}
        }
        let begun = *self.last.get_or_insert_with(Instant::now);
        if begun.elapsed() >= Duration::from_secs(10) {
            self.last = Some(Instant::now());
            line(&progress(status));
        }
    }

    fn say(&mut self, text: &str) {
        line(text);
    }

    fn quarantined(&mut self, path: &[u8], why: &'static str) {
        line(&format!("not safe: {}: {why}", words::path(path)));
    }

    fn ended(&mut self, summary: &Summary) {
        for text in summary.lines() {
            line(&text);
        }
    }
}
