//! What is proposed for deletion is what the vault shows now, and nothing that changed since.

mod support;

use keepsake_engine::runtime::Lockstep;
use keepsake_engine::source::{Deletion, Opened, Original, Pages, Pour, Refusal, Source};
use keepsake_engine::{Engine, HostFact};
use keepsake_machine::media::Version;
use keepsake_machine::time::Now;
use keepsake_vault::files::OsFiles;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::*;

/// A library that may keep a scan open, and notes what it is to delete.
#[derive(Default)]
struct Slow {
    library: Arc<Library>,
    /// Whether the next scan is kept open.
    keeps: Mutex<bool>,
    kept: Mutex<Option<Pages>>,
    proposed: Mutex<Option<Deletion>>,
}

impl Slow {
    /// The scan that is kept open sees the library as it is now.
    fn goes_on(&self) {
        let pages = self.kept.lock().unwrap().take().unwrap();
        self.library.scan(pages).unwrap();
    }
}

impl Source for Slow {
    fn scan(&self, pages: Pages) -> Result<(), Refusal> {
        if !*self.keeps.lock().unwrap() {
            return self.library.scan(pages);
        }
        *self.kept.lock().unwrap() = Some(pages);
        Ok(())
    }

    fn open(&self, original: &Original) -> Result<Opened, Refusal> {
        self.library.open(original)
    }

    fn version(&self, original: &Original, opened: &Opened) -> Result<Version, Refusal> {
        self.library.version(original, opened)
    }

    fn pour(&self, original: &Original, network: bool, pour: Pour) -> Result<(), Refusal> {
        self.library.pour(original, network, pour)
    }

    fn propose(&self, proposal: &Deletion) -> Result<(), Refusal> {
        *self.proposed.lock().unwrap() = Some(proposal.clone());
        Ok(())
    }
}

/// The user asks to free space, and a scan sees an edit of one of two photos so much later. What is
/// proposed then: the names, and whether that was after the edit was seen.
fn proposed(edited: Duration) -> (Vec<String>, bool) {
    let place = Place::new();
    let library = Library::with(&[("a.JPG", b"one"), ("b.JPG", b"other")]);
    let slow = Arc::new(Slow { library: Arc::clone(&library), ..Slow::default() });
    let clock = Lockstep::new(NOW, Arc::new(OsFiles), 1).with_latency(|_| JOB);
    let engine = Engine::open_on(Arc::new(clock.clone()), place.options(), slow.clone()).unwrap();
    engine.start().unwrap();
    tell_all(&engine);
    clock.pass(Duration::from_mins(1));
    assert_eq!(engine.status().counts.safe().items, 2);
    *slow.keeps.lock().unwrap() = true;
    engine.tell(HostFact::LibraryChanged);
    clock.pass(Duration::from_secs(1));
    engine.free_up(None);
    clock.pass(edited);
    let already = slow.proposed.lock().unwrap().is_some();
    library.put("a.JPG", b"edited");
    slow.goes_on();
    clock.pass(JOB * 10);
    let proposed = slow.proposed.lock().unwrap().take().unwrap();
    engine.stop();
    let names =
        proposed.assets.iter().map(|one| String::from_utf8_lossy(&one.local_id).into_owned());
    (names.collect(), !already)
}

/// 2026-01-01.
const NOW: Now = Now { boot: 1, uptime: 0, wall: 1_767_225_600_000, utc_offset: 0 };
/// How long each job of the engine takes.
const JOB: Duration = Duration::from_millis(50);

#[test]
fn what_changes_between_the_vaults_answer_and_the_dialog_is_not_proposed() {
    let (mut before, mut after) = (0, 0);
    for tenths in 0..60 {
        match proposed(JOB * tenths / 10) {
            (names, false) => {
                assert_eq!(names, ["a.JPG", "b.JPG"], "the dialog was open when it was edited");
                before += 1;
            }
            (names, true) => {
                assert_eq!(names, ["b.JPG"], "{tenths} tenths of a job after the user asked");
                after += 1;
            }
        }
    }
    assert!(before > 0 && after > 20, "{before} and {after}: at every moment of three jobs");
}
