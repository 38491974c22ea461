//! What an engine that was stopped leaves open: nothing, whoever still holds it.
#![cfg(target_os = "linux")] // where a process can look at its own descriptors

mod support;

use keepsake_engine::{Engine, EngineError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::*;

/// What this process holds open of a place: the files of its state, and all of its vault. (That staging is
/// a folder of the state it remembers for as long as it lives.)
fn held(place: &Place) -> Vec<String> {
    let links = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let held = links.filter_map(|link| std::fs::read_link(link.path()).ok());
    let ours = held.filter(|path| path.starts_with(place.folder.path()));
    let told = ours.filter(|path| !path.ends_with("state/staging"));
    told.map(|path| path.display().to_string()).collect()
}

#[test]
fn an_engine_that_has_stopped_holds_nothing_open() {
    for started in [true, false] {
        let place = Place::new();
        let library = Library::with(&[("a.jpg", b"a"), ("b.jpg", b"b")]);
        let engine = Engine::open(place.options(), library).unwrap();
        if started {
            engine.start().unwrap();
            tell_all(&engine);
        }
        assert!(!held(&place).is_empty(), "or this test sees nothing");
        engine.stop();
        assert_eq!(held(&place), [""; 0]);
        // The WAL is in the catalog: nothing is left to play back.
        assert!(!place.state().join("catalog.sqlite-wal").exists());
    }
}

#[test]
fn an_engine_that_is_asked_while_it_stops_has_closed_all_the_same() {
    let place = Place::new();
    let library = Library::with(&[("a.jpg", b"a")]);
    for _ in 0..20 {
        let engine = Arc::new(Engine::open(place.options(), library.clone()).unwrap());
        engine.start().unwrap();
        tell_all(&engine);
        let over = Arc::new(AtomicBool::new(false));
        let askers: Vec<_> = (0..4)
            .map(|_| {
                let (engine, over) = (Arc::clone(&engine), Arc::clone(&over));
                std::thread::spawn(move || {
                    while !over.load(Ordering::SeqCst) {
                        match engine.library(None, 10) {
                            Ok(_) | Err(EngineError::Stopped) => {}
                            Err(why) => panic!("{why}"),
                        }
                    }
                })
            })
            .collect();
        engine.stop();
        assert_eq!(held(&place), [""; 0]);
        over.store(true, Ordering::SeqCst);
        for asker in askers {
            asker.join().unwrap();
        }
    }
}

#[test]
fn what_needs_an_engine_is_refused_after_its_end_and_a_second_end_does_nothing() {
    let place = Place::new();
    let run = Run::start(&place, &Library::with(&[("a.jpg", b"a")]));
    run.pass(60);
    assert!(!run.engine.is_stopped());
    run.engine.stop();
    run.engine.stop();
    assert!(run.engine.is_stopped());
    let refused = [
        run.engine.start().err(),
        run.engine.library(None, 1).err(),
        run.engine.retry(None).err(),
        run.engine.forget(&[keepsake_machine::media::ResourceId(1)]).err(),
        run.engine.verify(false, &keepsake_engine::verify::Progress::default()).err(),
    ];
    assert!(refused.iter().all(|why| matches!(why, Some(EngineError::Stopped))), "{refused:?}");
    assert_eq!(run.engine.status().counts.safe().items, 1, "what was last is still told");
}
