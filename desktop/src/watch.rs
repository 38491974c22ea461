//! `--watch`: events of the file system are hints that a scan is due. Scans also come by
//! themselves, because events get lost.

use crate::show::Show;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A scan this often, whatever the events say.
pub const RECONCILE: Duration = Duration::from_mins(15);

/// A file is taken when nobody has written to it for so long. (Less than the ten seconds after which the
/// machine asks again for what was not final: the second time it is.)
pub const RESTED: Duration = Duration::from_secs(8);

/// A source that is watched.
pub struct Watch {
    source: PathBuf,
    /// Whether something changed. A flag and no queue: what comes while a scan is under way, or all
    /// at once, is one more scan, and the last event of many is never dropped.
    changes: Arc<AtomicBool>,
    watcher: Option<RecommendedWatcher>,
    /// Which folder is watched: volume and number.
    root: Option<(u64, u64)>,
    /// Whether it was said that nothing can be watched here.
    said: bool,
}

impl Watch {
    /// Watches `source`. Started before the first scan, so that nothing comes in between.
    pub fn start(source: &Path, show: &mut dyn Show) -> Watch {
        let mut watch = Watch {
            source: source.to_owned(),
            changes: Arc::default(),
            watcher: None,
            root: root(source),
            said: false,
        };
        watch.again(show);
        watch
    }

    /// Whether something changed since this was asked last. When the source's disk came or went,
    /// another folder lies in its place: that is watched from now on, and is a change.
    pub fn any(&mut self, show: &mut dyn Show) -> bool {
        let now = root(&self.source);
        if now != self.root {
            self.root = now;
            self.again(show);
            return true;
        }
        self.changes.swap(false, Ordering::Relaxed)
    }

    fn again(&mut self, show: &mut dyn Show) {
        // What the one before still has to say is about another folder.
        self.changes = Arc::default();
        let seen = Arc::clone(&self.changes);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading a file is an event too, and we read them all. An error may hide a change.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                seen.store(true, Ordering::Relaxed);
            }
        });
        let watching = watcher.and_then(|mut watcher| {
            watcher.watch(&self.source, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        let why = watching.as_ref().err().map(ToString::to_string);
        self.watcher = watching.ok();
        // One that is away is told by the scan.
        if let Some(why) = why.filter(|_| self.root.is_some() && !self.said) {
            self.said = true;
            show.say(&format!("changes are not announced here ({why}); looking every 15 minutes"));
        }
    }
}

fn root(source: &Path) -> Option<(u64, u64)> {
    let found = std::fs::metadata(source).ok()?;
    Some((found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::Lines;

    #[test]
    fn another_folder_in_the_place_of_the_source_is_a_change_and_is_watched() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("photos");
        std::fs::create_dir(&source).unwrap();
        let show = &mut Lines::default();
        let mut watch = Watch::start(&source, show);
        assert!(!watch.any(show));
        std::fs::rename(&source, folder.path().join("away")).unwrap();
        assert!(watch.any(show) && watch.root.is_none() && watch.watcher.is_none());
        assert!(!watch.any(show), "said once");
        std::fs::create_dir(&source).unwrap();
        assert!(watch.any(show) && watch.watcher.is_some());
    }
}
