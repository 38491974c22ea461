//! Room on the phone: it is read when it changed, and made when it runs out.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, WINDOW, known, small, tickets};
use keepsake_machine::effect::Effect;
use keepsake_machine::event::{Answer, Event, LibraryAccess};
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{Access, ResourceId};
use keepsake_machine::row::Row;
use keepsake_machine::settings::{Config, Limits, Settings};
use keepsake_machine::stage::{Bytes, Fault, Stage};
use keepsake_machine::status::Notice;

/// A photo from iCloud that was downloaded and is to be sent.
fn staged() -> Row {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    Row { stage, ..known(1, &Photo::cloud(1, MB)) }
}

fn full() -> Event {
    Event::DiskRead { asked: None, available: 0, total: 1 << 40 }
}

fn reads_the_disk(script: &mut Script) -> bool {
    script.take(|effect| matches!(effect, Effect::ReadDisk { .. }).then_some(())).is_some()
}

#[test]
fn how_much_is_free_is_looked_at_again_when_much_was_downloaded() {
    let row = Photo::cloud(1, 900 * MB).row(ResourceId(1));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script.download().unwrap();
    while reads_the_disk(&mut script) {}
    script.tell(Event::Progressed { id, bytes: MB });
    assert!(!reads_the_disk(&mut script), "that was little");
    script.tell(Event::Progressed { id, bytes: 100 * MB });
    assert!(reads_the_disk(&mut script), "{:?}", script.orders);
}

#[test]
fn while_nothing_can_be_sent_a_full_phone_gets_back_what_is_staged() {
    let row = staged();
    let mut script = Script::started(small(), &[row], ROOMY);
    script.tell(Event::UserPaused);
    script.bring_no_more();
    script.tell(Event::UserResumed);
    script.bring(vec![row]);
    let id = script.upload().unwrap();
    script.tell(Event::UserPaused);
    script.answer(id, Answer::Stopped);
    script.tell(full());
    assert!(script.machine.status().holds.has(Hold::LowStorage));
    assert!(script.has(&Effect::Evict { resource: row.id }), "{:?}", script.orders);
}

#[test]
fn what_is_staged_is_handed_to_the_os_also_when_nothing_more_may_be_downloaded() {
    let row = Row { access: Access::Poured, ..staged() };
    for (event, hold) in
        [(full(), Hold::LowStorage), (Event::AccessChanged(LibraryAccess::Denied), Hold::NoAccess)]
    {
        let mut script = Script::started(tickets(), &[row], ROOMY);
        script.tell(WINDOW);
        script.tell(event);
        assert!(script.machine.status().holds.has(hold));
        script.bring(vec![row]);
        assert!(script.hand_over().is_some(), "{hold:?}: {:?}", script.orders);
    }
}

#[test]
fn in_front_of_the_user_we_send_ourselves() {
    let row = staged();
    let mut script = Script::started(tickets(), &[row], ROOMY);
    script.bring(vec![row]);
    assert!(script.upload().is_some(), "{:?}", script.orders);
}

#[test]
fn a_full_phone_on_which_something_is_staged_is_looked_at_again_also_while_the_user_pauses() {
    let rows = [1, 2].map(|id| {
        let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
        Row { stage, ..known(i64::from(id), &Photo::cloud(id, MB)) }
    });
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows.to_vec());
    let sending = [script.upload().unwrap(), script.upload().unwrap()];
    script.tell(Event::UserPaused);
    for id in sending {
        script.answer(id, Answer::Stopped);
    }
    script.bring_no_more();
    let total = 1 << 40;
    script.tell(Event::DiskRead { asked: None, available: total / 20 - 1, total });
    let evicted = rows.iter().filter(|row| script.has(&Effect::Evict { resource: row.id }));
    assert_eq!(evicted.count(), 1, "that is enough");
    script.orders.clear();
    script.wait(60_000);
    assert!(reads_the_disk(&mut script), "{:?}", script.orders);
}

#[test]
fn what_no_row_names_any_more_leaves_staging() {
    let mut script = Script::started(small(), &[], ROOMY);
    let resource = ResourceId(1);
    script.tell(Event::StagingLeft { resource });
    assert!(script.has(&Effect::Evict { resource }), "{:?}", script.orders);
}

#[test]
fn of_a_download_that_failed_nothing_is_staged() {
    let row = Photo::cloud(1, MB).row(ResourceId(1));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script.download().unwrap();
    script.answer(id, Answer::Failed { fault: Fault::DownloadFailed, wasted: 0 });
    assert!(!script.has(&Effect::Evict { resource: row.id }), "{:?}", script.orders);
}

#[test]
fn a_download_that_outgrows_what_it_was_let_in_for_is_given_a_quarter_more() {
    let hinted = Photo { hint: Some(12_000_000), ..Photo::cloud(1, 50 * MB) };
    let row = hinted.row(ResourceId(1));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script.download().unwrap();
    let raised = |script: &mut Script, landed| {
        script.answer(id, Answer::Outgrown(landed));
        script.take(|effect| match effect {
            Effect::Download { at_most, .. } => Some(*at_most),
            _ => None,
        })
    };
    assert_eq!(raised(&mut script, 5 * MB), Some(5 * MB + (4 << 20)), "4 MiB at least");
    assert_eq!(raised(&mut script, 40 * MB), Some(50 * MB));
}

#[test]
fn of_two_downloads_that_need_more_room_one_yields_and_the_other_goes_on() {
    let rows = [1, 2, 3].map(|id| {
        let hinted = Photo { hint: Some(12_000_000), ..Photo::cloud(id, 50 * MB) };
        hinted.row(ResourceId(i64::from(id)))
    });
    let limits = Limits { downloads: 3, ..small().limits };
    let settings = Settings { reserve: Some(MB), staging: Some(ROOMY), ..Settings::default() };
    let mut script = Script::started(Config { limits, settings, ..small() }, &rows, ROOMY);
    script.bring(rows.to_vec());
    let downloads = [(); 3].map(|()| {
        script.take(|effect| match effect {
            Effect::Download { id, at_most } => Some((*id, *at_most)),
            _ => None,
        })
    });
    let [(a, _), (b, _), (c, all)] = downloads.map(Option::unwrap);
    // Little more than they were let in for.
    let available = 2 * MB + script.machine.status().reserved;
    script.tell(Event::DiskRead { asked: None, available, total: 1 << 40 });
    script.answer(a, Answer::Outgrown(MB));
    assert!(script.has(&Effect::Cancel { id: c }), "{:?}", script.orders);
    script.answer(b, Answer::Outgrown(MB));
    // The third is through before it has heard that it is to stop, and has left no room.
    script.answer(c, Answer::Downloaded(Photo::cloud(3, all).digest()));
    let stopped = |script: &mut Script| {
        script.take(|effect| match effect {
            Effect::Cancel { id } => Some(*id).filter(|id| *id != c),
            _ => None,
        })
    };
    assert_eq!(stopped(&mut script), Some(b));
    assert_eq!(stopped(&mut script), None, "not both");
    script.answer(b, Answer::Stopped);
    assert_eq!(script.download(), Some(a), "it is let have more");
}

#[test]
fn what_an_edit_stops_keeps_its_room_until_it_has_answered() {
    let row = Photo::cloud(1, 900 * MB).row(ResourceId(1));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script.download().unwrap();
    let reserved = script.machine.status().reserved;
    assert!(reserved >= 900 * MB);
    let edited = Photo::local(2, MB).row(row.id);
    script.tell(Event::VersionChanged { resource: row.id, row: Box::new(edited) });
    assert!(script.has(&Effect::Cancel { id }));
    assert_eq!(script.machine.status().reserved, reserved, "it may land all the same");
    script.tell(Event::Progressed { id, bytes: 300 * MB });
    assert!(script.machine.status().reserved < reserved, "what has landed is no more to come");
    script.answer(id, Answer::Stopped);
    assert_eq!(script.machine.status().reserved, 0);
}

#[test]
fn what_waits_for_more_room_and_is_edited_is_given_none() {
    let rows = [1, 2].map(|id| Photo::cloud(id, 900 * MB).row(ResourceId(i64::from(id))));
    let settings = Settings { staging: Some(2_000 * MB), ..small().settings };
    let mut script = Script::started(Config { settings, ..small() }, &rows, ROOMY);
    script.bring(rows.to_vec());
    let [first, second] = [script.download().unwrap(), script.download().unwrap()];
    // There is no place in staging for more of the second beside the first.
    script.answer(second, Answer::Outgrown(900 * MB));
    script.tell(Event::Progressed { id: first, bytes: 100 * MB });
    let edited = Photo::local(3, MB).row(second.resource);
    script.tell(Event::VersionChanged { resource: second.resource, row: Box::new(edited) });
    script.answer(first, Answer::Stopped);
    let given = script.take(|effect| match effect {
        Effect::Download { id, .. } => (*id == second).then_some(()),
        Effect::Notify(Notice::Unexpected(_)) => Some(()),
        _ => None,
    });
    assert_eq!(given, None, "it is ending");
}
