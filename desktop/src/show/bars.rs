//! Progress bars, on a terminal.

use super::{Show, progress, waiting};
use crate::size;
use crate::summary::Summary;
use crate::words;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use keepsake_machine::status::Status;
use std::path::Path;

/// Two lines at the bottom of the terminal: a bar with counts, and what it waits for.
#[derive(Debug)]
pub struct Bars {
    all: MultiProgress,
    bar: ProgressBar,
    text: ProgressBar,
}

impl Bars {
    /// Not drawn before there is something to show.
    pub fn new() -> Bars {
        let all = MultiProgress::new();
        let bar = all.add(ProgressBar::new(0));
        let text = all.add(ProgressBar::new(0));
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {percent:>3} %") {
            bar.set_style(style.progress_chars("━╸─"));
        }
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            text.set_style(style);
        }
        Bars { all, bar, text }
    }

    fn line(&self, text: &str) {
        // A terminal that went away does not end a backup.
        let _ = self.all.println(text);
    }
}

impl Show for Bars {
    fn started(&mut self, source: &Path, vault: &Path) {
        self.line(&format!("Backing up {} to {}", source.display(), vault.display()));
    }

    fn scanned(&mut self, assets: u64, ended: bool) {
        if !ended && self.bar.length() == Some(0) {
            self.text.set_message(format!("looking: {}", size::counted(assets, "item")));
        }
    }

    fn status(&mut self, status: &Status) {
        let (safe, total) = (status.counts.safe(), status.counts.total());
        // By bytes; a library of empty files by items.
        let by = |tally: keepsake_machine::status::Tally| {
            if total.bytes > 0 { tally.bytes } else { tally.items }
        };
        self.bar.set_length(by(total));
        self.bar.set_position(by(safe));
        self.text.set_message(match waiting(status) {
            Some(why) => format!("waiting: {why}"),
            None => progress(status),
        });
    }

    fn say(&mut self, text: &str) {
        self.line(text);
    }

    fn quarantined(&mut self, path: &[u8], why: &'static str) {
        self.line(&format!("not safe: {}: {why}", words::path(path)));
    }

    fn ended(&mut self, summary: &Summary) {
        self.bar.finish_and_clear();
        self.text.finish_and_clear();
        for text in summary.lines() {
            say!("{text}");
        }
    }
}
