//! Room on the phone: it is read when it changed, and made when it runs out.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, WINDOW, known, small, tickets};
use keepsake_machine::effect::Effect;
use keepsake_machine::event::{Event, LibraryAccess};
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{Access, ResourceId};
use keepsake_machine::row::Row;
use keepsake_machine::stage::{Bytes, Stage};

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
    script.answer(id, keepsake_machine::event::Answer::Stopped);
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
