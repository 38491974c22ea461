//! `--watch`: events of the file system are hints that a scan is due. Scans also come by
//! themselves, because events get lost.

use crate::show::Show;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A scan this often, whatever the events say.
pub const RECONCILE: Duration = Duration::from_mins(15);

/// Whether something changed. A flag and no queue: what comes while a scan is under way, or all at
/// once, is one more scan, and the last event of many is never dropped.
#[derive(Debug, Clone, Default)]
pub struct Changes(Arc<AtomicBool>);

impl Changes {
    /// Whether something changed since this was asked last.
    pub fn any(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// Watches `source` while the returned watcher lives; `None`, and said so, where that cannot be.
/// Started before the first scan, so that nothing comes in between.
pub fn start(source: &Path, show: &mut dyn Show) -> Option<(RecommendedWatcher, Changes)> {
    let changes = Changes::default();
    let seen = changes.clone();
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading a file is an event too, and we read them all. An error may hide a change.
        if !event.is_ok_and(|event| event.kind.is_access()) {
            seen.0.store(true, Ordering::Relaxed);
        }
    });
    let watching = watcher.and_then(|mut watcher| {
        watcher.watch(source, RecursiveMode::Recursive)?;
        Ok(watcher)
    });
    match watching {
        Ok(watcher) => Some((watcher, changes)),
        Err(why) => {
            show.say(&format!("changes are not announced here ({why}); looking every 15 minutes"));
            None
        }
    }
}
