//! The whole way of a photo, in virtual time and on threads.

mod support;

use keepsake_engine::restore::restore;
use keepsake_engine::verify::Progress;
use keepsake_engine::{Destination, Engine, Happened, recorder};
use keepsake_machine::media::{Access, Role};
use keepsake_machine::stage::{Class, Stage};
use keepsake_machine::status::Activity;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use support::*;

fn many(count: usize) -> Arc<Library> {
    let library = Arc::new(Library::default());
    for number in 0..count {
        library
            .put(&format!("d{}/IMG_{number:04}.JPG", number % 7), &number.to_le_bytes().repeat(50));
    }
    library
}

fn bytes_of(library: &Library) -> BTreeSet<Vec<u8>> {
    library.photos.lock().unwrap().values().map(|photo| photo.bytes.clone()).collect()
}

#[test]
fn a_library_comes_into_the_vault_whole_and_is_read_once() {
    let (place, library) = (Place::new(), many(700));
    let status = back_up(&place, &library);
    assert_eq!(status.counts.of(Class::BackedUp).items, 700);
    let stored: BTreeSet<_> = place.stored().into_values().collect();
    assert_eq!(stored, bytes_of(&library));
    assert_eq!(place.stored().len(), 700);
    assert_eq!(library.opened.load(Ordering::SeqCst), 700, "read once, while it was teed");
    assert_eq!(place.staged(), 0);
    back_up(&place, &library);
    assert_eq!(library.opened.load(Ordering::SeqCst), 700, "nothing changed, nothing is read");
}

#[test]
fn what_is_poured_is_read_once_as_well_where_no_other_has_its_size() {
    let (place, library) = (Place::new(), Arc::new(Library::default()));
    for number in 0..1_000 {
        let name = format!("{number}.HEIC");
        library.put(&name, &vec![7; 400 + number]);
        library.edit(&name, |photo| photo.access = Access::Poured);
    }
    assert_eq!(back_up(&place, &library).counts.of(Class::BackedUp).items, 1_000);
    assert_eq!(library.opened.load(Ordering::SeqCst), 1_000);
}

#[test]
fn the_same_on_threads() {
    let (place, library) = (Place::new(), many(700));
    let engine = Engine::open(place.options(), library.clone()).unwrap();
    engine.start().unwrap();
    tell_all(&engine);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut scanned = false;
    runtime.block_on(async {
        while let Some(happened) = engine.next_event().await {
            scanned |= matches!(happened, Happened::ScanFinished { complete: true, .. });
            if let Happened::Status(status) = happened
                && scanned
                && status.activity == Activity::Done
                && status.counts.safe().items == 700
            {
                break;
            }
        }
    });
    engine.stop();
    assert!(runtime.block_on(async {
        loop {
            if engine.next_event().await.is_none() {
                break true;
            }
        }
    }));
    let stored: BTreeSet<_> = place.stored().into_values().collect();
    assert_eq!(stored, bytes_of(&library));
}

#[test]
fn what_is_new_changed_or_gone_is_seen_by_the_next_run_and_the_vault_forgets_nothing() {
    let (place, library) = (Place::new(), many(10));
    back_up(&place, &library);
    library.put("d0/IMG_0000.JPG", b"edited");
    library.put("new.JPG", b"new");
    library.remove("d1/IMG_0001.JPG");
    let status = back_up(&place, &library);
    assert_eq!((status.counts.safe().items, status.counts.of(Class::Closed).items), (10, 1));
    let stored = place.stored();
    assert_eq!(stored.len(), 12, "the old version and the one that is gone stay");
    assert!(stored.values().any(|bytes| bytes == b"edited"));
}

#[test]
fn equal_photos_are_stored_once_and_equal_sidecars_each() {
    let (place, library) = (Place::new(), Library::with(&[("a.JPG", b"same"), ("b.JPG", b"same")]));
    for name in ["a.XMP", "b.XMP"] {
        library.put(name, b"described");
        library.edit(name, |photo| photo.role = Role::Sidecar);
    }
    let status = back_up(&place, &library);
    assert_eq!(status.counts.safe().items, 4);
    let stored = place.stored();
    assert_eq!(stored.values().filter(|bytes| *bytes == b"same").count(), 1, "{stored:?}");
    assert_eq!(stored.values().filter(|bytes| *bytes == b"described").count(), 2);
}

#[test]
fn a_reinstall_sends_nothing_again() {
    let (place, library) = (Place::new(), many(300));
    back_up(&place, &library);
    std::fs::remove_dir_all(place.state()).unwrap();
    let before = place.stored();
    let status = back_up(&place, &library);
    assert_eq!(status.counts.of(Class::Duplicate).items, 300);
    assert_eq!(place.stored(), before);
}

#[test]
fn what_was_restored_is_what_was_backed_up() {
    let (place, library) = (Place::new(), many(40));
    back_up(&place, &library);
    library.put("d0/IMG_0000.JPG", b"edited");
    back_up(&place, &library);
    let into = place.folder.path().join("restored");
    let from = Destination::Folder(place.vault());
    let done = restore(&from, &into, &Progress::default()).unwrap();
    assert_eq!((done.written, done.already_there), (41, 0), "{done:?}");
    let restored = files(&into);
    for (name, photo) in library.photos.lock().unwrap().iter() {
        assert_eq!(restored.get(name), Some(&photo.bytes), "{name}");
    }
    let older = restored.keys().filter(|name| name.starts_with("d0/IMG_0000~")).count();
    assert_eq!((restored.len(), older), (41, 1));
    std::fs::write(into.join("d0/IMG_0007.JPG"), b"the user's own").unwrap();
    std::fs::remove_file(into.join("d1/IMG_0001.JPG")).unwrap();
    let again = restore(&from, &into, &Progress::default()).unwrap();
    assert_eq!((again.written, again.already_there), (1, 39));
    assert_eq!(again.kept, ["d0/IMG_0007.JPG"]);
}

#[test]
fn what_the_vault_lost_is_found_missing_and_sent_again() {
    let (place, library) = (Place::new(), many(20));
    back_up(&place, &library);
    let mut stored = place.stored().into_keys();
    let (lost, cut, altered) =
        (stored.next().unwrap(), stored.next().unwrap(), stored.next().unwrap());
    std::fs::remove_file(place.vault().join(&lost)).unwrap();
    std::fs::write(place.vault().join(&cut), b"x").unwrap();
    let mut bytes = std::fs::read(place.vault().join(&altered)).unwrap();
    bytes[0] ^= 1;
    std::fs::write(place.vault().join(&altered), bytes).unwrap();
    let run = Run::open(&place, &library);
    let found = run.engine.verify(false, &Progress::default()).unwrap();
    assert_eq!((found.good, found.missing, found.damaged), (18, vec![lost], vec![cut.clone()]));
    let found = run.engine.verify(true, &Progress::default()).unwrap();
    assert_eq!(found.damaged, [cut, altered]);
    drop(run);
    let status = back_up(&place, &library);
    assert_eq!(status.counts.safe().items, 20);
    let stored: BTreeSet<_> = place.stored().into_values().collect();
    assert!(stored.is_superset(&bytes_of(&library)));
}

#[test]
fn what_is_forgotten_is_not_sent_by_this_device_nor_by_another() {
    let library = Library::with(&[("a.JPG", b"a"), ("b.JPG", b"b"), ("c.JPG", b"c")]);
    let place = Place::new();
    back_up(&place, &library);
    library.put("d.JPG", b"d");
    back_up(&place, &library);
    let run = Run::open(&place, &library);
    let ids = ["a.JPG", "d.JPG"].map(|name| run.engine.find(name.as_bytes()).unwrap().resource);
    assert_eq!(run.engine.forget(&ids).unwrap(), 2);
    assert_eq!(run.engine.entry(ids[0]).unwrap().stage, Stage::Forgotten);
    assert_eq!(run.engine.status().counts.of(Class::Forgotten).items, 2);
    assert!(run.engine.find(b"nobody.JPG").is_err());
    drop(run);
    back_up(&place, &library);
    let before = place.stored();
    std::fs::remove_dir_all(place.state()).unwrap();
    for name in ["a.JPG", "d.JPG"] {
        std::fs::remove_file(
            place.vault().join(before.keys().find(|path| path.ends_with(name)).unwrap()),
        )
        .unwrap();
    }
    let status = back_up(&place, &library);
    assert_eq!(status.counts.of(Class::Forgotten).items, 2, "another state, the same vault");
    assert_eq!(place.stored().len(), 2);
}

#[test]
fn a_page_of_the_library_is_newest_first_and_says_where_the_next_begins() {
    let (place, library) = (Place::new(), many(25));
    back_up(&place, &library);
    let run = Run::open(&place, &library);
    let first = run.engine.library(None, 10).unwrap();
    let second = run.engine.library(first.next, 20).unwrap();
    assert_eq!((first.entries.len(), second.entries.len(), second.next), (10, 15, None));
    let taken: Vec<_> =
        first.entries.iter().chain(&second.entries).map(|entry| entry.taken).collect();
    assert!(taken.is_sorted_by(|newer, older| newer > older));
    assert!(first.entries.iter().all(|entry| entry.stage == Stage::BackedUp));
}

#[test]
fn a_log_replays_to_the_same_effects() {
    let (place, library) = (Place::new(), many(50));
    back_up(&place, &library);
    let log = place.state().join("logs/00000001.jsonl");
    let replayed = recorder::replay(&log).unwrap();
    assert!(replayed.events > 50 && replayed.effects.len() > 50);
    assert_eq!(replayed.differs, None);
}

/// The log of a whole backup, without what the disk says of itself.
fn logged(place: &Place, library: &Arc<Library>) -> Vec<String> {
    back_up(place, library);
    let log = std::fs::read_to_string(place.state().join("logs/00000001.jsonl")).unwrap();
    let lines = log.lines().filter(|line| !line.contains("DiskRead"));
    // The seed of the jitter and the vault's features are in the snapshot, the rest are events.
    lines.map(str::to_owned).collect()
}

#[test]
fn in_virtual_time_the_same_backup_happens_twice_in_the_same_way() {
    let library = many(400);
    let (first, second) = (logged(&Place::new(), &library), logged(&Place::new(), &library));
    assert!(first.len() > 1_000, "{}", first.len());
    assert_eq!(first, second);
}

#[test]
fn segments_are_merged_once_a_day_and_not_read_again() {
    let (place, library) = (Place::new(), many(3));
    for number in 0..40 {
        library.put(&format!("more {number}.JPG"), &[number; 100]);
        back_up(&place, &library);
    }
    let segments = || std::fs::read_dir(place.vault().join(".keepsake/segments")).unwrap().count();
    let before = segments();
    let run = Run::start(&place, &library);
    run.pass(2 * 86_400);
    run.engine.stop();
    assert!(segments() < before, "{} of {before}", segments());
    let status = back_up(&place, &library);
    assert_eq!(status.counts.safe().items, 43);
    let run = Run::open(&place, &library);
    assert_eq!(run.engine.verify(true, &Progress::default()).unwrap().good, 43);
}

#[test]
fn a_stop_on_threads_in_the_middle_returns_and_the_next_run_goes_on() {
    let (place, library) = (Place::new(), many(1_000));
    for _ in 0..3 {
        let engine = Engine::open(place.options(), library.clone()).unwrap();
        engine.start().unwrap();
        tell_all(&engine);
        let opened = library.opened.load(Ordering::SeqCst);
        while library.opened.load(Ordering::SeqCst) < opened + 20
            && engine.status().activity != Activity::Done
        {
            std::thread::yield_now();
        }
        engine.stop();
        engine.stop();
    }
    let status = back_up(&place, &library);
    assert_eq!(status.counts.safe().items, 1_000);
    assert_eq!(place.stored().len(), 1_000);
}
