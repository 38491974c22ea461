//! What is logged of a story with telling names: what happened, and none of the names.
//!
//! A log is one for the whole process: this story has a process of its own.
#![cfg(feature = "virtual-time")]

mod support;

use keepsake::PortError;
use keepsake::facts::Fact;
use keepsake::log::{Log, LogLine, Severity, log_to};
use keepsake::restore::{Progress, restore};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use support::*;

struct Kept(Mutex<Sender<LogLine>>);

impl Log for Kept {
    fn write(&self, line: LogLine) -> Result<(), PortError> {
        self.0.lock().unwrap().send(line).map_err(|_| PortError::Stopped)
    }
}

/// Nothing of this may be in a log. The path of the folder is added to it.
const TELLING: [&str; 8] =
    ["Anna", "Hochzeit", "Tegernsee", "IMG_", "HEIC", "eyJhbGciOi", "2026/01", "/storage"];

#[test]
fn a_story_is_logged_without_any_of_its_names() {
    let (kept, lines) = channel();
    log_to(Some(Arc::new(Kept(Mutex::new(kept)))));

    // A backup, with a host that fails with a telling sentence in the middle of it.
    let host = Host {
        named: Some(|number| format!("Hochzeit Anna/Tegernsee/IMG_{number}.HEIC")),
        albums: vec!["Hochzeit von Anna".to_owned()],
        ..Host::default()
    };
    let place = Place::of(host);
    let folder = place.folder.path().to_owned();
    place.engine.pause().unwrap();
    place.time.advance(1_000).unwrap();
    *place.host.manners.lock().unwrap() = Manners::Throws;
    place.engine.resume().unwrap();
    place.engine.tell(vec![Fact::LibraryChanged]).unwrap();
    place.time.advance(3_600_000).unwrap();
    *place.host.manners.lock().unwrap() = Manners::NoAccess;
    place.engine.tell(vec![Fact::LibraryChanged]).unwrap();
    place.time.advance(3_700_000).unwrap();
    *place.host.manners.lock().unwrap() = Manners::Good;
    place.engine.tell(at_ease()).unwrap();
    place.engine.retry(None).unwrap();
    place.time.advance(40 * 3_600_000).unwrap();
    assert!(place.is_safe(), "{:?}", place.engine.status());
    // The vault goes away and comes back with a month less.
    std::fs::rename(folder.join("vault"), folder.join("away")).unwrap();
    place.time.advance(80 * 3_600_000).unwrap();
    std::fs::rename(folder.join("away"), folder.join("vault")).unwrap();
    std::fs::remove_dir_all(folder.join("vault/2026/01")).unwrap();
    place.time.advance(120 * 3_600_000).unwrap();
    place.engine.stop().unwrap();
    // The catalog is smashed; everything comes back.
    std::fs::write(folder.join("state/catalog.sqlite"), [7; 10_000]).unwrap();
    let again = place.time.open(configuration(&folder), ports(&place.host)).unwrap();
    again.verify(true, Progress::new()).unwrap();
    again.stop().unwrap();
    let into = folder.join("Anna zurück").display().to_string();
    restore(vault(&folder), into, Progress::new()).unwrap();

    log_to(None);
    let lines: Vec<LogLine> = lines.iter().collect();
    let story: Vec<_> = lines.iter().map(|line| &*line.text).collect();
    for told in [
        "a run began run=1",
        "the run ended",
        "a scan ended complete=true changed=3",
        "the activity changed activity=Done",
        "the holds changed holds=User",
        "the holds changed holds=NoAccess",
        "a port of the host failed port=scan resource=0",
        "a port of the host failed port=open resource=1",
        "an item was given up on resource=1 fault=HostFault",
        "the library refused a scan why=NoAccess",
        "the vault has trouble kind=Unavailable code=0",
        "folders of the vault are gone folders=1 again=3 only=0",
        "a damaged catalog was set aside",
        "a look at the vault ended good=3",
        "a restore ended written=3",
    ] {
        assert!(story.iter().any(|line| line.starts_with(told)), "{told}:\n{}", story.join("\n"));
    }
    let place = folder.file_name().unwrap().to_str().unwrap();
    for line in &story {
        for telling in TELLING.iter().chain([&place]) {
            assert!(!line.contains(telling), "{telling} is in: {line}");
        }
    }
    let grave = lines.iter().filter(|line| line.severity == Severity::Error).count();
    assert_eq!(grave, 1, "{lines:?}");
}
