//! Data that costs by the byte: the day's budget is kept, whatever the engine reports and whenever
//! the network changes.

use crate::support::library::Photo;
use crate::support::script::{Script, WINDOW, counts, known, tickets};
use keepsake_machine::effect::{Change, Effect, Part};
use keepsake_machine::event::{Answer, Disappearance, Event, Finding, Network, PutOutcome};
use keepsake_machine::hold::Hold;
use keepsake_machine::machine::Deadline;
use keepsake_machine::media::{Access, EffectId, ResourceId};
use keepsake_machine::row::Row;
use keepsake_machine::settings::{Config, MeteredUse, Settings, Vault};
use keepsake_machine::stage::{Class, Fault, Stage, Why};

const MB: u64 = 1_000_000;
const HOUR: u64 = 3_600_000;

/// A hundred megabytes a day, for everything.
fn config() -> Config {
    let settings = Settings {
        metered: MeteredUse::ALL,
        daily_metered_bytes: Some(100 * MB),
        ..Settings::default()
    };
    let vault = Vault { remote: true, ..Vault::default() };
    Config { settings, vault, ..Config::default() }
}

/// On a metered network, with these rows under way.
fn metered(rows: &[Row]) -> Script {
    let mut script = Script::new(config());
    script.tell(Event::NetworkChanged(Network::METERED));
    script.begin(rows, 100_000 * MB);
    script.bring(rows.to_vec());
    script
}

fn cloud(id: i64, size: u64) -> Row {
    Photo::cloud(u8::try_from(id).unwrap(), size).row(ResourceId(id))
}

/// The vault does not have it.
fn missed(script: &mut Script) -> EffectId {
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    script.upload().unwrap()
}

fn used(script: &Script) -> String {
    let ledger = script.parts.iter().find(|part| matches!(part, Part::Ledger(_))).unwrap();
    serde_json::to_string(ledger).unwrap()
}

#[test]
fn what_arrives_is_counted_although_no_progress_was_reported() {
    let mut script = metered(&[cloud(1, 60 * MB), cloud(2, 60 * MB)]);
    let id = script.download().unwrap();
    assert_eq!(script.download(), None, "the second does not fit while the first may use it");
    script.answer(id, Answer::Downloaded(Photo::cloud(1, 60 * MB).digest()));
    assert_eq!(script.download(), None, "nor when it has: {}", used(&script));
}

#[test]
fn what_is_sent_is_counted_although_no_progress_was_reported() {
    let rows = [1, 2].map(|id| known(id, &Photo::local(u8::try_from(id).unwrap(), 60 * MB)));
    let mut script = metered(&rows);
    let id = missed(&mut script);
    script.answer(id, Answer::Put(PutOutcome::Sent));
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    assert_eq!(script.upload(), None, "{}", used(&script));
}

#[test]
fn what_was_moved_in_vain_is_counted() {
    let rows = [1, 2].map(|id| known(id, &Photo::local(u8::try_from(id).unwrap(), 60 * MB)));
    let mut script = metered(&rows);
    let id = missed(&mut script);
    let fault = Fault::UploadFailed;
    script.answer(id, Answer::Failed { fault, wasted: 60 * MB });
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    assert_eq!(script.upload(), None, "{}", used(&script));
}

#[test]
fn what_arrived_although_it_was_told_to_stop_is_counted() {
    let rows = [1, 2].map(|id| known(id, &Photo::local(u8::try_from(id).unwrap(), 60 * MB)));
    let mut script = metered(&rows);
    let id = missed(&mut script);
    // It was deleted while it was sent, and all of it had arrived by then.
    let (resource, how) = (id.resource, Disappearance::Deleted);
    script.tell(Event::Disappeared { resource, how });
    script.answer(id, Answer::Put(PutOutcome::Sent));
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    assert_eq!(script.upload(), None, "{}", used(&script));
}

#[test]
fn what_had_moved_before_it_failed_is_counted_also_when_it_was_told_to_stop() {
    let rows = [1, 2].map(|id| known(id, &Photo::local(u8::try_from(id).unwrap(), 60 * MB)));
    let mut script = metered(&rows);
    let id = missed(&mut script);
    let (resource, how) = (id.resource, Disappearance::Hidden);
    script.tell(Event::Disappeared { resource, how });
    script.answer(id, Answer::Failed { fault: Fault::UploadFailed, wasted: 50 * MB });
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    assert_eq!(script.upload(), None, "{}", used(&script));
}

#[test]
fn the_first_day_has_no_second_budget() {
    let mut script = metered(&[cloud(1, 100 * MB), cloud(2, 100 * MB)]);
    let id = script.download().unwrap();
    script.answer(id, Answer::Downloaded(Photo::cloud(1, 100 * MB).digest()));
    assert!(script.machine.status().holds.has(Hold::DataBudget));
    script.wait(HOUR);
    assert_eq!(script.download(), None);
    script.wait(30 * HOUR);
    assert!(script.download().is_some(), "the next day has one");
}

#[test]
fn what_is_left_of_an_old_day_is_not_spent_on_top_of_a_new_one() {
    let mut script = metered(&[cloud(1, 10 * MB)]);
    let id = script.download().unwrap();
    script.answer(id, Answer::Downloaded(Photo::cloud(1, 10 * MB).digest()));
    // Two days later, what is spent is the new day's.
    script.wait(48 * HOUR);
    let id = missed(&mut script);
    script.answer(id, Answer::Put(PutOutcome::Sent));
    assert!(used(&script).contains("\"used\":10000000,"), "{}", used(&script));
}

#[test]
fn a_download_that_outgrows_the_budget_stops() {
    let hinted = Photo { hint: Some(12_000_000), ..Photo::cloud(1, 500 * MB) };
    let mut script = metered(&[hinted.row(ResourceId(1))]);
    let id = script.download().unwrap();
    script.answer(id, Answer::Outgrown(4 * MB));
    assert_eq!(script.download(), Some(id), "it goes on while the budget lasts");
    script.answer(id, Answer::Outgrown(95 * MB));
    assert_eq!(script.download(), None);
    assert!(script.has(&Effect::Cancel { id }), "{:?}", script.orders);
}

#[test]
fn what_began_on_an_unmetered_network_goes_on_over_a_metered_one_within_the_budget_only() {
    let rows = [cloud(1, 60 * MB), cloud(2, 60 * MB)];
    let mut script = Script::started(config(), &rows, 100_000 * MB);
    script.bring(rows.to_vec());
    let running = [script.download().unwrap(), script.download().unwrap()];
    script.tell(Event::NetworkChanged(Network::METERED));
    for id in running {
        assert!(script.has(&Effect::Cancel { id }), "{:?}", script.orders);
        script.answer(id, Answer::Stopped);
    }
    assert!(script.download().is_some());
    assert_eq!(script.download(), None, "{}", used(&script));
}

#[test]
fn what_is_more_than_a_day_allows_waits_by_name_for_another_network() {
    let mut script = metered(&[cloud(1, 200 * MB), cloud(2, 60 * MB)]);
    let waits = script.take(|effect| match effect {
        Effect::Persist { change: Change::Stage { resource, stage }, .. } => {
            Some((*resource, stage.class()))
        }
        _ => None,
    });
    assert_eq!(waits, Some((ResourceId(1), Class::Waiting(Why::NeedsUnmetered))));
    assert_eq!(script.download().unwrap().resource, ResourceId(2));
}

#[test]
fn what_is_to_be_staged_first_holds_no_part_of_the_day() {
    let poured = Row { access: Access::Poured, ..known(1, &Photo::local(1, 60 * MB)) };
    let rows = [poured, known(2, &Photo::local(2, 60 * MB))];
    let mut config = Config { settings: config().settings, ..tickets() };
    config.limits.downloads = 0; // nothing can be staged for the OS now
    let mut script = Script::new(config);
    script.tell(Event::NetworkChanged(Network::METERED));
    script.tell(WINDOW);
    script.begin(&rows, 100_000 * MB);
    script.bring(rows.to_vec());
    for _ in rows {
        let id = script.find().unwrap();
        script.answer(id, Answer::Found(Finding::Miss));
    }
    let id = script.upload().expect("the day allows one of them");
    assert_eq!(id.resource, ResourceId(2));
}

#[test]
fn what_no_days_budget_lets_in_is_named_also_while_there_is_no_space() {
    let film = cloud(1, 200 * MB);
    let mut script = Script::new(config());
    script.tell(Event::NetworkChanged(Network::METERED));
    script.begin(&[film], 0);
    script.bring(vec![film]);
    assert!(script.machine.status().holds.has(Hold::LowStorage));
    let waits = script.take(|effect| match effect {
        Effect::Persist { change: Change::Stage { stage, .. }, .. } => Some(stage.class()),
        _ => None,
    });
    assert_eq!(waits, Some(Class::Waiting(Why::NeedsUnmetered)));
}

/// A download of 60 MB that is ending because its photo was deleted; another waits.
fn deleted() -> (Script, EffectId) {
    let mut script = metered(&[cloud(1, 60 * MB), cloud(2, 60 * MB)]);
    let id = script.download().unwrap();
    let (resource, how) = (id.resource, Disappearance::Deleted);
    script.tell(Event::Disappeared { resource, how });
    (script, id)
}

#[test]
fn what_landed_although_it_was_told_to_stop_is_counted() {
    let (mut script, id) = deleted();
    script.answer(id, Answer::Downloaded(Photo::cloud(1, 60 * MB).digest()));
    assert_eq!(script.download(), None, "{}", used(&script));
    let (mut script, id) = deleted();
    script.tell(Event::Progressed { id, bytes: 60 * MB });
    script.answer(id, Answer::Stopped);
    assert_eq!(script.download(), None, "{}", used(&script));
    let (mut script, id) = deleted();
    script.answer(id, Answer::Stopped);
    assert!(script.download().is_some(), "nothing had landed");
}

#[test]
fn what_has_its_part_of_the_day_goes_on_when_the_network_is_reported_again() {
    let mut script = metered(&[cloud(1, 60 * MB)]);
    let id = script.download().unwrap();
    script.tell(Event::NetworkChanged(Network::METERED));
    assert!(!script.has(&Effect::Cancel { id }), "{:?}", script.orders);
}

#[test]
fn what_no_longer_fitted_into_a_day_goes_on_the_next() {
    let mut script = metered(&[cloud(1, 60 * MB), cloud(2, 60 * MB)]);
    let id = script.download().unwrap();
    script.answer(id, Answer::Downloaded(Photo::cloud(1, 60 * MB).digest()));
    assert!(script.machine.status().holds.has(Hold::DataBudget));
    script.wait(31 * HOUR);
    assert!(!script.machine.status().holds.has(Hold::DataBudget));
    assert!(script.download().is_some());
}

#[test]
fn a_day_that_is_used_up_is_said_to_be_although_nothing_was_refused_yet() {
    let mut script = metered(&[cloud(1, 100 * MB)]);
    let id = script.download().unwrap();
    script.answer(id, Answer::Downloaded(Photo::cloud(1, 100 * MB).digest()));
    assert!(script.machine.status().holds.has(Hold::DataBudget));
}

/// A new photo for which this day has no room: it is said why it waits, and the next day wakes for it.
#[test]
fn what_the_day_has_no_room_for_is_said_at_once_and_the_next_day_wakes_for_it() {
    let [first, new] =
        [1, 2].map(|id| known(id, &Photo::local(u8::try_from(id).unwrap(), 60 * MB)));
    let mut script = metered(&[first]);
    let id = missed(&mut script);
    script.answer(id, Answer::Put(PutOutcome::Sent));
    let id = script.verify().unwrap();
    script.answer(id, Answer::Confirmed);
    let safe = Row { stage: Stage::BackedUp, ..first };
    script.tell(Event::Counted(counts(&[safe, new])));
    script.tell(Event::ScanFinished { changed: true });
    script.bring(vec![new]);
    script.bring_no_more();
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    assert_eq!(script.upload(), None, "{}", used(&script));
    script.bring_no_more();
    assert!(script.machine.status().holds.has(Hold::DataBudget));
    assert_eq!(script.machine.poll_timeout().unwrap().why, Deadline::Day);
}
