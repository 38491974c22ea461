//! An end that is one: what was opened is closed, and may be opened again at once.
#![cfg(feature = "virtual-time")]

mod support;

use keepsake::KeepsakeError;
use keepsake::engine::Engine;
use keepsake_machine::settings::Settings;
use std::path::Path;
use std::sync::Arc;
use support::*;

fn open(folder: &Path) -> Result<Arc<Engine>, KeepsakeError> {
    Engine::open(configuration(folder), ports(&Arc::default()))
}

#[test]
fn a_state_is_opened_again_at_once_after_a_stop_whoever_still_holds_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let mut held = Vec::new();
    for round in 0..10 {
        let engine = open(folder.path()).unwrap();
        if round % 2 == 0 {
            engine.start().unwrap();
            engine.tell(at_ease()).unwrap();
        }
        engine.stop().unwrap();
        held.push(engine);
    }
}

#[test]
fn a_state_that_is_open_is_not_opened_twice() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path()).unwrap();
    let refused = open(folder.path()).map(|_| ()).unwrap_err();
    assert!(matches!(refused, KeepsakeError::InUse { .. }), "{refused}");
    // Nothing of that has harmed the first.
    engine.start().unwrap();
    assert_eq!(engine.library(None, 1).unwrap().entries, []);
    engine.stop().unwrap();
    open(folder.path()).unwrap();
}

#[test]
fn a_state_whose_engine_was_let_go_of_is_opened_when_that_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    for explicitly in [true, false].repeat(10) {
        let engine = open(folder.path()).unwrap();
        engine.start().unwrap();
        engine.tell(at_ease()).unwrap();
        let kept = explicitly.then(|| Arc::clone(&engine));
        if explicitly {
            engine.let_go();
            engine.let_go();
        }
        drop(engine);
        let next = open(folder.path()).unwrap();
        if let Some(kept) = kept {
            assert_eq!(kept.pause(), Err(KeepsakeError::Stopped), "it has ended before");
        }
        next.stop().unwrap();
    }
}

#[test]
fn an_opening_that_fails_leaves_the_state_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("vault"), "a file is in the way").unwrap();
    let refused = open(folder.path()).map(|_| ()).unwrap_err();
    assert!(matches!(refused, KeepsakeError::Vault { .. }), "{refused}");
    std::fs::remove_file(folder.path().join("vault")).unwrap();
    open(folder.path()).unwrap();
}

#[test]
fn after_the_end_a_wish_is_refused_and_a_fact_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    for started in [true, false] {
        let engine = open(folder.path()).unwrap();
        if started {
            engine.start().unwrap();
        }
        engine.pause().unwrap();
        engine.resume().unwrap();
        engine.stop().unwrap();
        engine.stop().unwrap();
        let refused = [
            engine.start(),
            engine.pause(),
            engine.resume(),
            engine.change_settings(Settings::default()),
            engine.free_up(None),
            engine.retry(None).map(|_| ()),
            engine.forget(vec![1]).map(|_| ()),
            engine.library(None, 1).map(|_| ()),
            engine.verify(false, keepsake::restore::Progress::new()).map(|_| ()),
        ];
        assert_eq!(refused, [const { Err(KeepsakeError::Stopped) }; 9]);
        engine.tell(at_ease()).unwrap();
        engine.status().unwrap();
        engine.vault_away().unwrap();
        while engine.waiting_event().is_some() {}
    }
}
