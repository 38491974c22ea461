//! Persist first, with a catalog that cannot be written.

#[path = "../../tests/support/mod.rs"]
mod support;

use crate::events::Happened;
use crate::inbox::Message;
use crate::jobs::lock;
use crate::store::Fails;
use keepsake_machine::event::Event;
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{Access, Locality};
use keepsake_machine::status::{Activity, Notice};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use support::*;

fn many(count: u32) -> Arc<Library> {
    let library = Arc::new(Library::default());
    for number in 0..count {
        library.put(&format!("{number}.JPG"), &number.to_le_bytes());
    }
    library
}

#[test]
fn a_catalog_that_cannot_be_written_is_named_and_nothing_is_performed_until_it_can() {
    let (place, library) = (Place::new(), many(300));
    let run = Run::open(&place, &library);
    let fails = Arc::clone(&run.engine.desk.store.fails);
    *lock(&fails) = Fails::Writes;
    run.engine.start().unwrap();
    tell_all(&run.engine);
    let status = run.pass(3_600);
    assert_eq!(status.activity, Activity::Paused);
    assert!(status.holds.has(Hold::CatalogUnwritable), "{status:?}");
    assert_eq!(library.opened.load(Ordering::SeqCst), 0);
    *lock(&fails) = Fails::Never;
    let status = run.pass(120);
    assert_eq!((status.activity, status.counts.safe().items), (Activity::Done, 300), "{status:?}");
    assert!(!status.holds.has(Hold::CatalogUnwritable));
    run.engine.stop();
}

#[test]
fn a_catalog_that_fails_at_any_moment_loses_nothing_and_sends_nothing_twice() {
    for failing in (1..200).step_by(67) {
        println!("fails at the {failing}th original");
        let (place, library) = (Place::new(), many(200));
        let run = Run::open(&place, &library);
        let fails = Arc::clone(&run.engine.desk.store.fails);
        let opened = AtomicU64::new(0);
        let once = AtomicBool::new(false);
        let set = Arc::clone(&fails);
        library.on_open(move |_| {
            if opened.fetch_add(1, Ordering::SeqCst) == failing
                && !once.swap(true, Ordering::SeqCst)
            {
                *lock(&set) = Fails::Writes;
            }
        });
        run.engine.start().unwrap();
        tell_all(&run.engine);
        let status = run.pass(600);
        assert!(status.holds.has(Hold::CatalogUnwritable), "{status:?}");
        let safe = status.counts.safe().items;
        let (stored, opened) = (place.stored(), library.opened.load(Ordering::SeqCst));
        assert!(stored.len() as u64 >= safe);
        run.pass(3_600);
        assert_eq!(library.opened.load(Ordering::SeqCst), opened, "nothing is performed");
        assert_eq!(place.stored(), stored);
        *lock(&fails) = Fails::Never;
        let status = run.pass(3_600);
        assert_eq!(
            (status.activity, status.counts.safe().items),
            (Activity::Done, 200),
            "{status:?}"
        );
        assert_eq!(place.stored().len(), 200, "every photo once");
        run.engine.stop();
    }
}

#[test]
fn a_catalog_that_fails_while_a_new_machine_begins_is_tried_again() {
    for after in 1..40 {
        let (place, library) = (Place::new(), many(3));
        let run = Run::open(&place, &library);
        *lock(&run.engine.desk.store.fails) = Fails::OnceAfter(after - 1);
        run.engine.start().unwrap();
        tell_all(&run.engine);
        let status = run.pass(600);
        assert_eq!((status.activity, status.counts.safe().items), (Activity::Done, 3), "{after}");
        run.engine.stop();
    }
}

#[test]
fn nothing_is_forgotten_in_staging_whatever_the_catalog_fails_at() {
    for after in 0..20 {
        let (place, library) = (Place::new(), Library::with(&[("A.HEIC", b"in the cloud")]));
        library.edit("A.HEIC", |photo| {
            photo.locality = Locality::Cloud;
            photo.access = Access::Poured;
        });
        let run = Run::open(&place, &library);
        let inbox = Arc::clone(&run.engine.desk.inbox);
        library.on_open(move |_| inbox.put(Message::Event(Event::UserPaused)));
        run.engine.start().unwrap();
        tell_all(&run.engine);
        run.pass(10);
        assert_eq!(place.staged(), 1, "it waits there to be sent");
        library.remove("A.HEIC");
        *lock(&run.engine.desk.store.fails) = Fails::After(after);
        run.engine.tell(crate::HostFact::LibraryChanged);
        run.pass(10);
        *lock(&run.engine.desk.store.fails) = Fails::Never;
        let status = run.pass(120);
        assert_eq!((place.staged(), status.counts.total().items), (0, 0), "{after}: {status:?}");
        run.engine.stop();
    }
}

#[test]
fn no_photo_is_suspected_because_the_catalog_failed() {
    let (place, library) = (Place::new(), many(300));
    let run = Run::open(&place, &library);
    let fails = Arc::clone(&run.engine.desk.store.fails);
    let opened = AtomicU64::new(0);
    let set = Arc::clone(&fails);
    library.on_open(move |_| {
        if opened.fetch_add(1, Ordering::SeqCst) % 20 == 19 {
            *lock(&set) = Fails::Writes;
        }
    });
    run.engine.start().unwrap();
    tell_all(&run.engine);
    for _ in 0..8 {
        let status = run.pass(60);
        assert!(status.holds.has(Hold::CatalogUnwritable), "{status:?}");
        *lock(&fails) = Fails::Never;
        let parts = run.engine.desk.store.write(|catalog| catalog.parts()).unwrap();
        let suspects = parts.into_iter().find_map(|part| match part {
            keepsake_machine::effect::Part::Admissions(all) => Some(all),
            _ => None,
        });
        // As the next start would take it: three ends, and it runs alone.
        assert!(suspects.unwrap().iter().all(|one| one.ends == 0));
    }
    run.engine.stop();
}

#[test]
fn an_orderly_end_is_blamed_on_nobody() {
    let (place, library) = (Place::new(), many(3));
    for _ in 0..12 {
        let run = Run::open(&place, &library);
        let inbox = Arc::clone(&run.engine.desk.inbox);
        library.on_open(move |_| inbox.put(Message::Stop));
        let parts = run.engine.desk.store.write(|catalog| catalog.parts()).unwrap();
        let suspects = parts.into_iter().find_map(|part| match part {
            keepsake_machine::effect::Part::Admissions(all) => Some(all),
            _ => None,
        });
        let blamed = |one: &_| {
            let keepsake_machine::session::admissions::Admitted { ends, under_way, .. } = *one;
            ends > 0 || under_way
        };
        assert!(!suspects.iter().flatten().any(blamed), "{suspects:?}");
        run.engine.start().unwrap();
        tell_all(&run.engine);
        run.pass(60);
        run.engine.stop();
    }
    library.on_open(|_| ());
    let status = Run::start(&place, &library).pass(600);
    assert_eq!((status.activity, status.counts.safe().items), (Activity::Done, 3), "{status:?}");
}

#[test]
fn a_machine_that_panics_begins_again_from_what_is_stored() {
    let (place, library) = (Place::new(), many(50));
    let run = Run::start(&place, &library);
    let (inbox, once) = (Arc::clone(&run.engine.desk.inbox), AtomicBool::new(false));
    library.on_open(move |name| {
        if name == "20.JPG" && !once.swap(true, Ordering::SeqCst) {
            inbox.put(Message::Panic);
        }
    });
    let status = run.pass(600);
    let logs = std::fs::read_dir(place.state().join("logs")).unwrap().count();
    assert_eq!(logs, 2, "a new machine, a new log");
    assert_eq!((status.activity, status.counts.safe().items), (Activity::Done, 50), "{status:?}");
    run.engine.stop();
}

#[test]
fn the_status_is_shown_at_most_ten_times_a_second_and_the_last_one_always() {
    let (place, library) = (Place::new(), many(200));
    let clock =
        crate::runtime::Lockstep::default().with_latency(|_| std::time::Duration::from_millis(7));
    let engine = crate::Engine::open_on(Arc::new(clock.clone()), place.options(), library).unwrap();
    engine.start().unwrap();
    tell_all(&engine);
    let mut times = Vec::new();
    for millis in 1..30_000 {
        clock.advance(millis);
        while let Some(happened) = engine.desk.stream.now() {
            if let Happened::Status(status) = happened {
                times.push((millis, status));
            }
        }
    }
    let same = |a: &Activity, b: &Activity| std::mem::discriminant(a) == std::mem::discriminant(b);
    for pair in times.windows(2) {
        let [(before, was), (after, is)] = pair else { continue };
        assert!(after - before >= 100 || !same(&was.activity, &is.activity), "{before} {after}");
    }
    let (_, last) = times.last().unwrap();
    assert_eq!((last.activity, last.counts.safe().items), (Activity::Done, 200));
    assert_eq!(**last, engine.status());
    engine.stop();
}

#[test]
fn a_pause_is_heard_at_once_however_much_is_to_do() {
    let (place, library) = (Place::new(), many(2_000));
    let clock =
        crate::runtime::Lockstep::default().with_latency(|_| std::time::Duration::from_millis(1));
    let opened = Arc::clone(&library);
    let engine = crate::Engine::open_on(Arc::new(clock.clone()), place.options(), library).unwrap();
    engine.start().unwrap();
    tell_all(&engine);
    while opened.opened.load(Ordering::SeqCst) < 500 {
        clock.pass(std::time::Duration::from_millis(1));
    }
    for moment in 0..40 {
        clock.pass(std::time::Duration::from_millis(moment % 7));
        engine.pause();
        clock.pass(std::time::Duration::from_millis(1));
        let said = std::iter::from_fn(|| engine.desk.stream.now());
        let held = |one: &Happened| matches!(one, Happened::Noticed(Notice::HoldsChanged(holds)) if holds.has(Hold::User));
        assert!(said.filter(|one| held(one)).count() > 0, "at {moment}");
        engine.resume();
    }
    engine.stop();
}

#[test]
fn what_is_forgotten_while_it_is_under_way_is_forgotten_when_it_has_ended() {
    let (place, library) = (Place::new(), many(60));
    let run = Run::start(&place, &library);
    let engine = Arc::new(run.engine);
    let (weak, once) = (Arc::downgrade(&engine), AtomicBool::new(false));
    library.on_open(move |name| {
        if name != "30.JPG" || once.swap(true, Ordering::SeqCst) {
            return;
        }
        let Some(engine) = weak.upgrade() else { return };
        let ids = ["5.JPG", "30.JPG", "55.JPG"]
            .map(|name| engine.find(name.as_bytes()).unwrap().resource);
        engine.forget(&ids).unwrap();
    });
    run.clock.pass(std::time::Duration::from_mins(10));
    let status = engine.status();
    engine.stop();
    let forgotten = keepsake_machine::stage::Class::Forgotten;
    assert_eq!(status.counts.of(forgotten).items, 3, "{status:?}");
    assert_eq!((status.activity, status.counts.safe().items), (Activity::Done, 57));
}

#[test]
fn what_left_the_library_is_not_counted_as_safe_however_late_its_end_came() {
    for moment in 0..40 {
        let (place, library) = (Place::new(), many(60));
        let clock = crate::runtime::Lockstep::default()
            .with_latency(|_| std::time::Duration::from_millis(1));
        let engine =
            crate::Engine::open_on(Arc::new(clock.clone()), place.options(), library.clone())
                .unwrap();
        engine.start().unwrap();
        tell_all(&engine);
        clock.pass(std::time::Duration::from_millis(moment));
        (20..40).for_each(|number| library.remove(&format!("{number}.JPG")));
        engine.tell(crate::HostFact::LibraryChanged);
        clock.pass(std::time::Duration::from_mins(10));
        let status = engine.status();
        engine.stop();
        assert_eq!(
            (status.activity, status.counts.safe().items, status.counts.total().items),
            (Activity::Done, 40, 40),
            "at {moment}"
        );
    }
}
