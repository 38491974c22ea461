//! The guided migration, by hand.

use crate::support::library::Photo;
use crate::support::script::{Script, counts, known};
use keepsake_machine::Machine;
use keepsake_machine::effect::{Change, Effect, Part, Proposal, ProposalId};
use keepsake_machine::event::{Candidate, Event};
use keepsake_machine::media::{AssetId, ResourceId, Version};
use keepsake_machine::row::Row;
use keepsake_machine::session::migration::Migration;
use keepsake_machine::settings::Config;
use keepsake_machine::stage::Stage;
use keepsake_machine::time::Elapsed;

#[test]
fn waiting_for_the_space_ends_at_the_first_reading_that_admits_an_item() {
    let mut config = Config::default();
    config.settings.migrate = true;
    let row = Photo::cloud(1, 1_000_000_000).row(ResourceId(1));
    let awaiting = Migration::AwaitingSpace { since: Elapsed(0), freed: 9, needed: 9 };
    let mut script = Script::new(config.clone());
    script.machine = Machine::new(config, vec![Part::Migration(awaiting)]);
    script.begin(&[row], 0);
    script.bring(vec![row]);
    assert!(matches!(script.machine.status().migration, Migration::AwaitingSpace { .. }));
    script.tell(Event::DiskRead { asked: None, available: 1 << 36, total: 1 << 37 });
    assert_eq!(script.machine.status().migration, Migration::BackingUp);
}

/// A migration that has begun: this row waits in the cloud, and so much of the phone is free.
fn migrating(row: Row, available: u64) -> Script {
    let mut config = Config::default();
    config.settings.migrate = true;
    let mut script = Script::started(config, &[row], available);
    script.bring(vec![row]);
    script
}

fn asked_what_could_be_freed(script: &mut Script) -> Option<ProposalId> {
    script.take(|effect| match effect {
        Effect::ListFreeable { id, .. } => Some(*id),
        _ => None,
    })
}

fn candidate(id: i64, bytes: u64) -> Candidate {
    let resources = vec![(ResourceId(id), Version(1))];
    Candidate { asset: AssetId(id), resources, bytes, local: true }
}

#[test]
fn out_of_room_it_is_found_out_what_could_be_freed_and_said_when_that_is_nothing() {
    let mut script = migrating(Photo::cloud(1, 1_000_000_000).row(ResourceId(1)), 0);
    script.bring_no_more();
    let Migration::OutOfRoom { freeable: None, needed } = script.machine.status().migration else {
        panic!("{:?}", script.machine.status().migration)
    };
    assert!(needed >= 1_000_000_000, "{needed}");
    let id = asked_what_could_be_freed(&mut script).expect("the catalog is asked");
    script.tell(Event::FreeUpCandidates { id, assets: Vec::new() });
    assert_eq!(script.machine.status().migration, Migration::Stuck { needed });
}

#[test]
fn a_film_larger_than_the_phone_ends_in_stuck_and_not_in_waiting_for_space() {
    let film = Photo::cloud(1, 6 * (1 << 40) / 10).row(ResourceId(1));
    let mut script = migrating(film, 100_000_000_000);
    let stage = script.take(|effect| match effect {
        Effect::Persist { change: Change::Stage { stage, .. }, .. } => Some(*stage),
        _ => None,
    });
    script.tell(Event::Counted(counts(&[Row { stage: stage.unwrap(), ..film }])));
    script.bring_no_more();
    assert_eq!(script.machine.status().migration, Migration::Stuck { needed: 0 });
}

#[test]
fn what_the_user_deleted_on_our_word_is_noted_as_freed() {
    let stage = Stage::BackedUp;
    let row = Row { stage, ..known(1, &Photo::local(1, 5_000_000)) };
    let mut script = Script::started(Config::default(), &[row], 1 << 36);
    script.bring_no_more();
    script.tell(Event::FreeUpRequested { wanted: None });
    let id = asked_what_could_be_freed(&mut script).unwrap();
    script.tell(Event::FreeUpCandidates { id, assets: vec![candidate(1, 5_000_000)] });
    script.tell(Event::FreeUpConfirmed { id, assets: vec![row.asset] });
    assert!(script.orders.iter().any(|order| matches!(order, Effect::Propose(_))));
    script.tell(Event::FreeUpAnswered { id, deleted: vec![row.asset] });
    let change = Change::Freed { asset: row.asset };
    assert!(script.has(&Effect::Persist { durable: true, change }), "{:?}", script.orders);
}

#[test]
fn to_free_a_little_is_no_news_of_how_much_could_be_freed() {
    let mut script = migrating(Photo::cloud(1, 1_000_000_000).row(ResourceId(1)), 0);
    script.bring_no_more();
    let id = asked_what_could_be_freed(&mut script).unwrap();
    script
        .tell(Event::FreeUpCandidates { id, assets: vec![candidate(2, 50_000), candidate(3, 9)] });
    script.tell(Event::FreeUpRequested { wanted: Some(5) });
    let id = asked_what_could_be_freed(&mut script).unwrap();
    script.tell(Event::FreeUpCandidates { id, assets: vec![candidate(3, 9)] });
    let migration = script.machine.status().migration;
    let all = matches!(migration, Migration::OutOfRoom { freeable: Some(50_009), .. });
    assert!(all, "{migration:?}");
}

/// Out of room, and shown what could be freed: the proposal.
fn proposed() -> (Script, ProposalId) {
    let mut script = migrating(Photo::cloud(1, 1_000_000_000).row(ResourceId(1)), 0);
    script.bring_no_more();
    script.wait(5_000);
    script.tell(Event::FreeUpRequested { wanted: None });
    let _surveyed = asked_what_could_be_freed(&mut script).unwrap();
    let id = asked_what_could_be_freed(&mut script).unwrap();
    script.tell(Event::FreeUpCandidates { id, assets: vec![candidate(2, 50_000)] });
    script.tell(Event::FreeUpConfirmed { id, assets: vec![AssetId(2)] });
    let migration = script.machine.status().migration;
    assert!(matches!(migration, Migration::AwaitingDeletion { .. }), "{migration:?}");
    (script, id)
}

const DAY: u64 = 24 * 3_600_000;

#[test]
fn what_was_deleted_is_waited_for_until_recently_deleted_has_emptied_itself() {
    let (mut script, id) = proposed();
    script.tell(Event::FreeUpAnswered { id, deleted: vec![AssetId(2)] });
    // The machine's clock began with the first event, a millisecond after the script's.
    let now = Elapsed(script.now.uptime - 1_001);
    let migration = script.machine.status().migration;
    let Migration::AwaitingSpace { since, freed: 50_000, .. } = migration else {
        panic!("{migration:?}")
    };
    assert_eq!(since, now);
    script.wait(30 * DAY);
    assert_eq!(script.machine.status().migration, migration);
    script.wait(DAY);
    let migration = script.machine.status().migration;
    assert!(matches!(migration, Migration::OutOfRoom { freeable: None, .. }), "{migration:?}");
}

#[test]
fn photos_that_are_recovered_are_to_be_deleted_again_and_the_library_is_scanned() {
    let (mut script, id) = proposed();
    script.tell(Event::FreeUpAnswered { id, deleted: vec![AssetId(2)] });
    script.orders.clear();
    script.tell(Event::PhotosRecovered);
    assert!(script.has(&Effect::Scan), "{:?}", script.orders);
    let migration = script.machine.status().migration;
    assert!(matches!(migration, Migration::AwaitingDeletion { .. }), "{migration:?}");
}

#[test]
fn a_proposal_that_a_kill_left_open_is_looked_for_in_the_library_and_may_be_answered() {
    let mut script = Script::started(Config::default(), &[], 1 << 36);
    script.orders.clear();
    let (id, expires) = (ProposalId(9), Elapsed(u64::MAX));
    let (assets, frees) = (vec![candidate(1, 5)], 5);
    script.tell(Event::ProposalRestored(Proposal { id, assets, expires, frees }));
    assert!(script.has(&Effect::Scan), "{:?}", script.orders);
    script.tell(Event::FreeUpAnswered { id, deleted: vec![AssetId(1)] });
    let change = Change::Freed { asset: AssetId(1) };
    assert!(script.has(&Effect::Persist { durable: true, change }), "{:?}", script.orders);
}

#[test]
fn while_there_is_room_nobody_asks_what_could_be_freed() {
    let mut script = migrating(known(1, &Photo::local(1, 5)), 1 << 36);
    script.tell(Event::DiskRead { asked: None, available: 1 << 36, total: 1 << 37 });
    assert_eq!(script.machine.status().migration, Migration::BackingUp);
    assert_eq!(asked_what_could_be_freed(&mut script), None);
}

#[test]
fn while_something_is_being_made_safe_it_is_not_out_of_room() {
    let rows = [Photo::cloud(1, 1_000_000_000).row(ResourceId(1)), known(2, &Photo::local(2, 5))];
    let mut config = Config::default();
    config.settings.migrate = true;
    let mut script = Script::started(config, &rows, 0);
    script.bring(rows.to_vec());
    assert!(script.find().is_some());
    script.tell(Event::DiskRead { asked: None, available: 0, total: 1 << 40 });
    assert_eq!(script.machine.status().migration, Migration::BackingUp);
}

#[test]
fn what_was_given_up_on_is_no_question_of_space() {
    let stage = Stage::Quarantined(keepsake_machine::Fault::Refused);
    let row = Row { stage, ..known(1, &Photo::local(1, 5)) };
    let mut config = Config::default();
    config.settings.migrate = true;
    let mut script = Script::started(config, &[row], 1 << 36);
    script.bring_no_more();
    assert_eq!(script.machine.status().migration, Migration::BackingUp);
}
