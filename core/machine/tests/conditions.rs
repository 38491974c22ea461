//! What the host tells of the phone and the user, and what follows at once.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, counts, known, small, tickets};
use keepsake_machine::effect::Effect;
use keepsake_machine::event::{Answer, Event, Finding, LibraryAccess, Network, VaultHealth};
use keepsake_machine::media::{ResourceId, Run};
use keepsake_machine::row::Row;
use keepsake_machine::settings::{Config, MeteredUse, Settings, Vault};
use keepsake_machine::stage::{Bytes, Stage};

fn scans(script: &mut Script) -> bool {
    script.take(|effect| (*effect == Effect::Scan).then_some(())).is_some()
}

fn flushes(script: &mut Script) -> bool {
    script.take(|effect| (*effect == Effect::Flush).then_some(())).is_some()
}

/// What the OS has.
fn with_os() -> Row {
    let stage = Stage::Uploading { bytes: Bytes::WithOs(MB) };
    Row { stage, ..known(1, &Photo::cloud(1, MB)) }
}

#[test]
fn a_library_that_may_not_be_looked_at_is_scanned_when_it_may() {
    let locked = |locked| Event::LockChanged { locked };
    let access = Event::AccessChanged;
    for (blind, seeing) in [
        (locked(true), locked(false)),
        (access(LibraryAccess::Denied), access(LibraryAccess::Full)),
    ] {
        let mut script = Script::new(small());
        script.tell(blind);
        script.tell(Event::Started { run: Run(1) });
        assert!(!scans(&mut script));
        script.tell(seeing);
        assert!(scans(&mut script), "{:?}", script.orders);
    }
}

#[test]
fn a_library_that_was_scanned_is_not_scanned_again_at_every_unlock() {
    let mut script = Script::started(small(), &[], ROOMY);
    assert!(scans(&mut script));
    script.tell(Event::LockChanged { locked: true });
    script.tell(Event::LockChanged { locked: false });
    assert!(!scans(&mut script), "{:?}", script.orders);
}

#[test]
fn what_waits_for_a_condition_is_asked_for_when_one_changes() {
    for (event, changes) in [
        (Event::WindowOpened { lasts: None }, true),
        (Event::NetworkChanged(Network::UNMETERED), true),
        (Event::SettingsChanged(Settings::default()), true),
        (Event::RetryRequested, true),
        (Event::Tick, false),
    ] {
        let mut script = Script::started(small(), &[], ROOMY);
        script.bring_no_more();
        // Something is to be done for which the catalog has nothing to bring.
        script.tell(Event::Counted(counts(&[Photo::local(1, MB).row(ResourceId(1))])));
        script.bring_no_more();
        script.tell(event.clone());
        let asked = script.wanted().is_some_and(|want| want.recall.is_some());
        assert_eq!(asked, changes, "{event:?}");
    }
}

#[test]
fn what_waits_for_space_is_asked_for_when_there_is_some() {
    let mut script = Script::started(small(), &[], 0);
    script.bring_no_more();
    let total = 1 << 40;
    script.tell(Event::DiskRead { asked: None, available: 0, total });
    script.bring_no_more();
    script.tell(Event::DiskRead { asked: None, available: ROOMY, total });
    assert!(script.wanted().is_some_and(|want| want.recall.is_some()));
}

#[test]
fn what_is_larger_than_the_disk_is_asked_for_when_the_disk_is_larger() {
    let mut script = Script::started(small(), &[], ROOMY);
    script.bring_no_more();
    for (total, larger) in [(2 << 40, true), (2 << 40, false), (1 << 40, false)] {
        script.tell(Event::DiskRead { asked: None, available: ROOMY, total });
        let asked = script.wanted().is_some_and(|want| want.recall.is_some());
        script.bring_no_more();
        assert_eq!(asked, larger, "{total}");
    }
}

#[test]
fn a_group_that_waits_to_be_committed_is_committed_before_work_stops_and_once() {
    let mut script = Script::started(small(), &[], ROOMY);
    for (event, committed) in [
        (Event::NetworkChanged(Network::OFFLINE), false),
        (Event::UserPaused, true),
        (Event::NetworkChanged(Network::UNMETERED), false),
        (Event::UserResumed, false),
        (Event::WindowEnding, true),
        (Event::NetworkChanged(Network::OFFLINE), false),
        (Event::WindowOpened { lasts: None }, false),
    ] {
        script.tell(event.clone());
        assert_eq!(flushes(&mut script), committed, "{event:?}");
    }
}

#[test]
fn what_the_os_has_goes_on_while_we_are_offline_and_not_while_the_user_pauses() {
    let row = with_os();
    let mut script = Script::new(tickets());
    script.tell(Event::Counted(counts(&[row])));
    script.tell(Event::Started { run: Run(1) });
    script.tell(Event::TransferFound { resource: row.id });
    script.bring(vec![row]);
    script.tell(Event::TransfersReported);
    assert_eq!(script.find(), None, "it is not looked up: the host named it");
    let cancel = Effect::CancelTransfer { resource: row.id };
    script.tell(Event::NetworkChanged(Network::OFFLINE));
    assert!(!script.has(&cancel));
    script.tell(Event::UserPaused);
    assert!(script.has(&cancel));
}

#[test]
fn a_transfer_that_is_not_among_those_that_the_host_names_is_looked_up() {
    let row = with_os();
    let mut script = Script::new(tickets());
    script.tell(Event::Counted(counts(&[row])));
    script.tell(Event::Started { run: Run(1) });
    script.bring(vec![row]);
    script.tell(Event::TransfersReported);
    assert!(script.find().is_some(), "{:?}", script.orders);
}

#[test]
fn a_setting_counts_at_once_also_where_it_changes_no_hold() {
    let vault = Vault { remote: true, ..Vault::default() };
    let row = known(1, &Photo::local(1, MB));
    let mut script = Script::new(Config { vault, ..small() });
    script.tell(Event::NetworkChanged(Network::METERED));
    script.begin(&[row], ROOMY);
    script.bring(vec![row]);
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    assert_eq!(script.upload(), None, "mobile data is not for photos");
    let metered = MeteredUse { upload_photos: true, ..MeteredUse::default() };
    script.tell(Event::SettingsChanged(Settings { metered, ..Settings::default() }));
    assert!(script.upload().is_some(), "now it is: {:?}", script.orders);
}

#[test]
fn the_os_may_send_over_mobile_data_only_what_the_user_allows_and_the_day_has_room_for() {
    let handed = |network, metered, daily_metered_bytes| {
        let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
        let row = Row { stage, ..known(1, &Photo::cloud(1, MB)) };
        let settings = Settings { metered, daily_metered_bytes, ..Settings::default() };
        let mut script = Script::new(Config { settings, ..tickets() });
        script.tell(Event::NetworkChanged(network));
        script.tell(crate::support::script::WINDOW);
        script.begin(&[row], ROOMY);
        script.bring(vec![row]);
        script.take(|effect| match effect {
            Effect::HandOver { metered, .. } => Some(*metered),
            _ => None,
        })
    };
    let (all, none) = (MeteredUse::ALL, MeteredUse::default());
    assert_eq!(handed(Network::UNMETERED, all, None), Some(true));
    assert_eq!(handed(Network::UNMETERED, none, None), Some(false));
    let day = Some(100 * MB);
    assert_eq!(handed(Network::UNMETERED, all, day), Some(false), "nothing of it is reserved");
    assert_eq!(handed(Network::METERED, all, day), Some(true));
    assert_eq!(handed(Network::UNMETERED, none, day), Some(false));
}

#[test]
fn what_the_vault_does_not_have_is_downloaded_only_when_it_can_be_sent() {
    let rows = [known(1, &Photo::cloud(1, MB)), Photo::cloud(2, MB).row(ResourceId(2))];
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows.to_vec());
    assert_eq!(script.download().unwrap().resource, rows[1].id, "what is not known yet");
    script.tell(Event::VaultChanged(VaultHealth::Full));
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    assert_eq!(script.download(), None, "it would only lie in staging");
    script.tell(Event::VaultChanged(VaultHealth::Up { room: None }));
    assert_eq!(script.download().unwrap().resource, rows[0].id);
}

#[test]
fn what_waits_to_be_downloaded_is_not_asked_for_at_the_vault_again_when_it_may_not() {
    let rows = [1, 2, 3].map(|id| known(i64::from(id), &Photo::cloud(id, MB)));
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows.to_vec());
    while let Some(id) = script.find() {
        script.answer(id, Answer::Found(Finding::Miss));
    }
    script.tell(Event::NetworkChanged(Network::OFFLINE));
    assert_eq!(script.find(), None, "{:?}", script.orders);
}
