//! `--watch`: events of the file system are hints that a scan is due. Scans also come by
//! themselves, because events get lost.

use crate::show::Show;
use keepsake_engine::{Engine, HostFact};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A scan this often, whatever the events say.
pub const RECONCILE: Duration = Duration::from_mins(15);

/// Watches `source` while the returned watcher lives; `None`, and said so, where that cannot be.
pub fn start(
    engine: &Arc<Engine>,
    source: &Path,
    show: &mut dyn Show,
) -> Option<RecommendedWatcher> {
    let hint = Hint::default();
    let engine = engine.clone();
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading a file is an event too, and we read them all.
        if event.is_ok_and(|event| event.kind.is_access()) || !hint.is_due() {
            return;
        }
        engine.tell(HostFact::LibraryChanged);
    });
    let watching = watcher.and_then(|mut watcher| {
        watcher.watch(source, RecursiveMode::Recursive)?;
        Ok(watcher)
    });
    match watching {
        Ok(watcher) => Some(watcher),
        Err(why) => {
            show.say(&format!("changes are not announced here ({why}); looking every 15 minutes"));
            None
        }
    }
}

/// One hint a second is enough: the engine scans again when a hint comes during a scan.
#[derive(Debug, Default)]
struct Hint(Mutex<Option<Instant>>);

impl Hint {
    fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() < Duration::from_secs(1)) {
            return false;
        }
        *last = Some(Instant::now());
        true
    }
}
