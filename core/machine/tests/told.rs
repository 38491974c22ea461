//! What the user is told: how far it is, what is in the way and until when, and what could be done
//! better.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, counts, known, small};
use keepsake_machine::effect::Effect;
use keepsake_machine::event::{Answer, Event, Finding, Network, VaultHealth};
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{ResourceId, Size, SizeClass};
use keepsake_machine::row::Row;
use keepsake_machine::stage::{Bytes, Fault, Stage, Waiting, Why, counted_bytes};
use keepsake_machine::status::{Activity, Advice, Notice};
use keepsake_machine::time::Elapsed;

/// Until when what this hold stops is left alone, as the user is told.
fn until(script: &Script, hold: Hold) -> Option<Elapsed> {
    let needs = script.machine.status().needs;
    needs.iter().find(|need| need.hold == hold).expect("it stops something").until
}

#[test]
fn while_a_photo_is_looked_for_at_the_vault_it_is_said_to_be_working() {
    let row = known(1, &Photo::local(1, MB));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    script.bring_no_more();
    assert!(script.find().is_some());
    assert_eq!(script.activity(), Activity::Working);
}

#[test]
fn what_may_not_go_on_is_said_before_what_is_merely_tried_again_later() {
    let why = Why::Failed(Fault::ReadFailed);
    let (due, bytes) = (Elapsed(60_000), Bytes::InLibrary);
    let stage = Stage::Waiting(Waiting { due, attempt: 1, wasted: 0, why, bytes });
    let backs_off = Row { stage, ..Photo::local(1, MB).row(ResourceId(1)) };
    let in_the_cloud = Photo::cloud(2, MB).row(ResourceId(2));
    let mut script = Script::new(small());
    script.tell(Event::NetworkChanged(Network::OFFLINE));
    script.begin(&[backs_off, in_the_cloud], ROOMY);
    let id = script.wanted().unwrap().id;
    script.tell(Event::Refilled { id, rows: Vec::new(), next_due: Some(due), more: false });
    assert_eq!(script.activity(), Activity::Paused);
}

#[test]
fn it_is_said_when_a_vault_that_does_not_answer_is_tried_again() {
    let row = known(1, &Photo::local(1, MB));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.tell(Event::VaultChanged(VaultHealth::Unavailable));
    let due = until(&script, Hold::VaultUnavailable).expect("a time");
    script.wait(due.0);
    assert!(script.has(&Effect::ProbeVault), "{:?}", script.orders);
}

#[test]
fn three_photos_in_a_row_that_icloud_does_not_deliver_are_icloud_s_trouble_and_it_is_said_until_when()
 {
    let rows = [1, 2, 3].map(|id| Photo::cloud(id, MB).row(ResourceId(i64::from(id))));
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows.to_vec());
    for _ in &rows {
        assert!(!script.machine.status().holds.has(Hold::SourceUnavailable));
        let id = script.download().expect("the next is tried");
        script.answer(id, Answer::Failed { fault: Fault::DownloadFailed, wasted: 0 });
    }
    assert!(until(&script, Hold::SourceUnavailable).is_some_and(|due| due > Elapsed(0)));
}

#[test]
fn the_pace_is_what_was_made_safe_a_second() {
    let row = known(1, &Photo::local(1, 10 * MB));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Hit));
    script.wait(10_000);
    let id = script.verify().unwrap();
    script.answer(id, Answer::Confirmed);
    let pace = script.machine.status().pace.expect("ten seconds are enough to tell");
    assert!((900_000..=1_000_000).contains(&pace), "{pace} bytes a second");
}

#[test]
fn a_size_that_the_platform_tells_counts_and_one_that_is_guessed_is_marked() {
    assert_eq!(counted_bytes(Size::Exact(3 * MB)), (3 * MB, true));
    let guessed = Size::Hinted { class: SizeClass::Heif, measure: 12_000_000 };
    assert_eq!(counted_bytes(guessed), (0, false));
}

/// How often it was advised.
fn advised(script: &mut Script, advice: Advice) -> usize {
    let notice = Effect::Notify(Notice::Advised(advice));
    std::iter::from_fn(|| script.take(|effect| (*effect == notice).then_some(()))).count()
}

#[test]
fn advice_is_given_once() {
    let row = Photo::cloud(1, MB).row(ResourceId(1));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.tell(Event::UserPaused);
    script.bring_no_more();
    assert_eq!(advised(&mut script, Advice::KeepOriginals), 1, "the phone has room for all");
    script.tell(Event::UserResumed);
    assert_eq!(script.activity(), Activity::Working);
    script.tell(Event::UserPaused);
    script.bring_no_more();
    assert_eq!(script.activity(), Activity::Paused);
    assert_eq!(advised(&mut script, Advice::KeepOriginals), 0);
}

#[test]
fn that_originals_are_in_icloud_is_remembered_when_the_program_starts_again() {
    let row = Photo::cloud(1, MB).row(ResourceId(1));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    // Whatever must not be forgotten is stored, and with it what was seen of the cloud.
    script.tell(Event::UserPaused);
    script.tell(Event::UserResumed);
    script.restart(small(), 1_000);
    let safe = Row { stage: Stage::BackedUp, ..row };
    script.begin(&[safe], ROOMY);
    let confirmed = Some(Elapsed(0));
    script.tell(Event::Counted(keepsake_machine::status::Counts {
        oldest_confirmation: confirmed,
        ..counts(&[safe])
    }));
    script.bring_no_more();
    assert_eq!(script.activity(), Activity::Done);
    assert_eq!(script.machine.status().advice, [Advice::MayTurnOffICloudPhotos]);
}

#[test]
fn what_was_downloaded_and_not_sent_yet_is_said_to_be_staged() {
    let photo = Photo::cloud(1, MB);
    let row = photo.row(ResourceId(1));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script.download().unwrap();
    script.answer(id, Answer::Downloaded(photo.digest()));
    let status = script.machine.status();
    assert_eq!((status.staged, status.reserved), (MB, 0));
}

#[test]
fn when_everything_is_safe_the_catalog_is_left_alone() {
    let row = known(1, &Photo::local(1, MB));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    script.bring_no_more();
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Hit));
    let id = script.verify().unwrap();
    script.answer(id, Answer::Confirmed);
    script.bring_no_more();
    script.tell(Event::Counted(counts(&[Row { stage: Stage::Duplicate, ..row }])));
    assert_eq!(script.wanted(), None, "nothing is left to ask for");
    assert_eq!(script.activity(), Activity::Done);
}
