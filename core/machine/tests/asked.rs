//! Which rows the catalog is asked for, when, and what becomes of its answer.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, counts, known, small};
use keepsake_machine::Machine;
use keepsake_machine::effect::{Change, Effect, Part};
use keepsake_machine::event::{Answer, Disappearance, Event};
use keepsake_machine::media::ResourceId;
use keepsake_machine::row::Row;
use keepsake_machine::session::admissions::Admitted;
use keepsake_machine::settings::{Config, Limits};
use keepsake_machine::stage::{Bytes, Fault, Stage, Waiting, Why};
use keepsake_machine::status::Activity;
use keepsake_machine::time::Elapsed;

/// Photos on the phone, newest first.
fn photos(many: u8) -> Vec<Row> {
    (1..=many).rev().map(|one| Photo::local(one, MB).row(ResourceId(i64::from(one)))).collect()
}

/// A photo that waits to be tried again.
fn waits(id: u8, due: u64) -> Row {
    let (due, bytes, why) = (Elapsed(due), Bytes::InLibrary, Why::Failed(Fault::ReadFailed));
    let stage = Stage::Waiting(Waiting { due, attempt: 1, wasted: 0, why, bytes });
    Row { stage, ..Photo::local(id, MB).row(ResourceId(i64::from(id))) }
}

/// A run that begins with what earlier ones left.
fn after(rows: &[Row], part: Part) -> Script {
    let mut script = Script::new(small());
    script.machine = Machine::new(small(), vec![part]);
    script.begin(rows, ROOMY);
    script
}

fn suspect(id: i64, ends: u8) -> Admitted {
    Admitted { resource: ResourceId(id), ends, under_way: false }
}

/// What is being read turns out to be gone.
fn one_is_gone(script: &mut Script) {
    let id = script.checksum().expect("something is read");
    script.answer(id, Answer::Gone(Disappearance::Deleted));
}

fn admissions_stored(script: &Script) -> usize {
    let stores = |effect: &&Effect| {
        let admissions = |part: &Part| matches!(part, Part::Admissions(_));
        matches!(effect, Effect::Persist { change: Change::Session(part), .. } if admissions(part))
    };
    script.orders.iter().filter(stores).count()
}

#[test]
fn as_many_are_asked_for_as_there_are_places() {
    let mut script = Script::started(small(), &photos(20), ROOMY);
    let want = script.wanted().unwrap();
    assert_eq!((want.newest, want.oldest), (7, 1));
}

#[test]
fn few_large_questions_are_asked_instead_of_many_small_ones() {
    let rows = photos(20);
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows[..8].to_vec());
    one_is_gone(&mut script);
    assert_eq!(script.wanted(), None, "for one place nobody is asked");
    one_is_gone(&mut script);
    assert!(script.wanted().is_some());
}

#[test]
fn both_walks_go_on_where_they_were() {
    let rows = photos(20);
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring([&rows[..7], &rows[19..]].concat());
    one_is_gone(&mut script);
    one_is_gone(&mut script);
    let want = script.wanted().unwrap();
    assert_eq!(want.below, Some(rows[6].position()));
    assert_eq!(want.above, Some(rows[19].position()));
}

#[test]
fn what_is_due_again_is_not_taken_for_where_the_walk_is() {
    let (newest, due) = (Photo::local(9, MB).row(ResourceId(9)), waits(1, 0));
    let mut script = Script::started(small(), &[newest, due], ROOMY);
    script.bring(vec![newest, due]);
    assert_eq!(script.wanted().unwrap().below, Some(newest.position()));
}

#[test]
fn where_the_oldest_alone_is_asked_for_the_walk_ends_too() {
    let limits = Limits { under_way: 1, ..small().limits };
    let config = Config { limits, ..small() };
    let mut script = Script::new(config.clone());
    script.machine = Machine::new(config, vec![Part::Fairness(7)]);
    script.begin(&[], ROOMY);
    let want = script.wanted().unwrap();
    assert_eq!((want.newest, want.oldest), (0, 1));
    script.tell(Event::Refilled { id: want.id, rows: Vec::new(), next_due: None, more: false });
    assert_eq!((script.wanted(), script.activity()), (None, Activity::Done));
}

#[test]
fn nothing_more_is_asked_for_while_some_of_what_is_counted_is_under_way() {
    let rows = photos(3);
    let mut script = Script::started(small(), &rows, ROOMY);
    let id = script.wanted().unwrap().id;
    script.tell(Event::Refilled { id, rows: rows[..1].to_vec(), next_due: None, more: false });
    assert_eq!(script.wanted(), None);
}

#[test]
fn only_as_many_give_up_their_places_as_are_wanted() {
    let cloud = |id: u8| Photo::cloud(id, MB).row(ResourceId(i64::from(id)));
    let rows: Vec<Row> = (1..=7).map(cloud).collect();
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows);
    let running = [script.download().unwrap(), script.download().unwrap()];
    script.tell(Event::NetworkChanged(keepsake_machine::event::Network::OFFLINE));
    for id in running {
        script.answer(id, Answer::Stopped);
    }
    script.bring_no_more();
    assert_eq!(script.machine.under_way().count(), 6);
}

#[test]
fn a_row_that_is_brought_twice_is_begun_once() {
    let row = Photo::local(1, MB).row(ResourceId(1));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    assert!(script.checksum().is_some());
    script.bring(vec![row]);
    assert_eq!(script.checksum(), None);
}

#[test]
fn what_more_is_brought_than_there_are_places_for_is_left() {
    let rows = photos(12);
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows);
    assert_eq!(script.machine.under_way().count(), 8);
}

#[test]
fn what_backs_off_is_taken_up_when_it_is_due_and_not_before() {
    let begun = |due: u64| {
        let mut script = Script::started(small(), &[], ROOMY);
        // The machine's clock began with the first event; the answer comes a millisecond from now.
        let elapsed = script.now.uptime + 1 - 1_001;
        script.bring(vec![waits(1, elapsed + due)]);
        script.checksum().is_some()
    };
    assert!(begun(0) && !begun(1));
}

#[test]
fn an_answer_without_rows_stores_nothing() {
    let mut script = Script::started(small(), &[], ROOMY);
    script.orders.retain(|order| matches!(order, Effect::Refill(_)));
    script.bring_no_more();
    assert_eq!(script.activity(), Activity::Done);
    assert_eq!(admissions_stored(&script), 0);
}

#[test]
fn an_end_when_all_is_done_is_a_clean_one() {
    let row = Photo::local(1, MB).row(ResourceId(1));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    one_is_gone(&mut script);
    let closed = Row { stage: Stage::Closed, ..row };
    script.tell(Event::Counted(counts(&[closed])));
    script.bring_no_more();
    assert_eq!(script.activity(), Activity::Done);
    script.restart(small(), 1_000);
    script.begin(&[closed], ROOMY);
    assert_eq!(script.wanted().unwrap().exactly, [], "nobody is blamed");
}

#[test]
fn what_is_to_run_alone_and_is_not_there_any_more_keeps_nobody_waiting() {
    let mut script = after(&photos(2), Part::Admissions(vec![suspect(9, 3)]));
    let want = script.wanted().unwrap();
    assert!(want.classes.is_empty() && want.exactly == [ResourceId(9)], "{want:?}");
    script.tell(Event::Refilled { id: want.id, rows: Vec::new(), next_due: None, more: false });
    assert!(!script.wanted().unwrap().classes.is_empty(), "the others come");
}

#[test]
fn what_was_under_way_at_a_third_end_in_a_row_runs_alone() {
    let row = known(1, &Photo::local(1, MB));
    let mut script = after(&[row], Part::Admissions(vec![suspect(1, 2)]));
    assert_eq!(script.bring(vec![row]).exactly, [row.id]);
    script.restart(small(), 1_000);
    script.begin(&[row], ROOMY);
    let want = script.wanted().unwrap();
    assert!(want.classes.is_empty() && want.exactly == [row.id], "{want:?}");
}

#[test]
fn what_ends_too_often_and_was_never_staged_is_not_evicted() {
    let row = known(1, &Photo::local(1, MB));
    let mut script = after(&[row], Part::Admissions(vec![suspect(1, 10)]));
    script.bring(vec![row]);
    let stage = Stage::Quarantined(Fault::Crashed);
    let change = Change::Stage { resource: row.id, stage };
    assert!(script.has(&Effect::Persist { durable: false, change }), "{:?}", script.orders);
    assert!(!script.has(&Effect::Evict { resource: row.id }));
}

#[test]
fn what_may_not_be_done_is_not_asked_for_however_much_there_is_of_it() {
    let rows = [1, 2].map(|one| Photo::cloud(one, MB).row(ResourceId(i64::from(one))));
    let mut script = Script::new(small());
    script.tell(Event::NetworkChanged(keepsake_machine::event::Network::OFFLINE));
    script.begin(&rows[..1], ROOMY);
    script.bring_no_more();
    script.tell(Event::Counted(counts(&rows)));
    assert_eq!(script.wanted(), None);
}
