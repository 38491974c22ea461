//! How much goes on at once, and who must wait for whom.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, WINDOW, known, small};
use keepsake_machine::Machine;
use keepsake_machine::effect::{Change, Effect, Part};
use keepsake_machine::event::{Answer, Event, Finding, Network, PutOutcome};
use keepsake_machine::media::{EffectId, Locality, ResourceId};
use keepsake_machine::row::Row;
use keepsake_machine::session::admissions::Admitted;
use keepsake_machine::settings::{Config, MeteredUse, Settings, Vault};
use keepsake_machine::stage::{Bytes, Class, Stage, Why};

fn photos<const N: usize>(photo: impl Fn(u8) -> Photo) -> [Row; N] {
    std::array::from_fn(|at| {
        let content = u8::try_from(at + 1).unwrap();
        photo(content).row(ResourceId(i64::from(content)))
    })
}

/// All orders of one kind that were given.
fn all(next: impl FnMut() -> Option<EffectId>) -> Vec<EffectId> {
    std::iter::from_fn(next).collect()
}

#[test]
fn no_more_photos_are_read_at_once_than_the_phone_can() {
    let rows = photos::<8>(|content| Photo::local(content, MB));
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows.to_vec());
    assert_eq!(all(|| script.checksum()).len(), 2);
}

#[test]
fn no_more_photos_are_sent_at_once_than_the_network_can() {
    let rows = photos::<8>(|content| Photo::local(content, MB));
    let rows = rows.map(|row| known(row.id.0, &Photo::local(u8::try_from(row.id.0).unwrap(), MB)));
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows.to_vec());
    let mut sending = 0;
    while let Some(id) = script.find() {
        script.answer(id, Answer::Found(Finding::Miss));
        sending += all(|| script.upload()).len();
    }
    assert_eq!(sending, 2);
}

#[test]
fn what_three_windows_in_a_row_were_too_short_for_waits_for_a_longer_one_by_name() {
    let row = Photo::cloud(1, 900 * MB).row(ResourceId(1));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.tell(WINDOW);
    script.bring(vec![row]);
    for _ in 0..3 {
        let id = script.download().expect("it is tried again in the next window");
        script.tell(Event::WindowEnding);
        script.answer(id, Answer::Stopped);
        script.tell(WINDOW);
    }
    let waits = script.take(|effect| match effect {
        Effect::Persist { change: Change::Stage { stage, .. }, .. } => Some(stage.class()),
        _ => None,
    });
    assert_eq!(waits, Some(Class::Waiting(Why::NeedsLongerWindow)));
}

#[test]
fn a_setting_that_the_user_changes_counts_at_once() {
    let vault = Vault { remote: true, ..Vault::default() };
    let row = known(1, &Photo::local(1, MB));
    let mut script = Script::new(Config { vault, ..small() });
    script.tell(Event::NetworkChanged(Network::METERED));
    script.begin(&[row], ROOMY);
    script.bring(vec![row]);
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    assert_eq!(script.upload(), None, "mobile data is not for photos");
    let settings = Settings { metered: MeteredUse::ALL, ..Settings::default() };
    script.tell(Event::SettingsChanged(settings));
    assert!(script.upload().is_some(), "now it is: {:?}", script.orders);
}

/// A phone whose staging takes 100 MB, with so many cloud originals of 40 MB and a film of 90 MB
/// that came second.
fn crowded(others: u8) -> (Script, ResourceId) {
    let mut config = small();
    config.settings.staging = Some(100 * MB);
    config.limits.under_way = 32;
    let film = ResourceId(2);
    let rows: Vec<Row> = (1..=others + 2)
        .map(|content| {
            let size = if content == 2 { 90 * MB } else { 40 * MB };
            Photo::cloud(content, size).row(ResourceId(i64::from(content)))
        })
        .collect();
    let mut script = Script::started(config, &rows, ROOMY);
    script.bring(rows);
    (script, film)
}

/// What is downloaded becomes safe, and leaves staging.
fn becomes_safe(script: &mut Script, id: EffectId) {
    let size = if id.resource == ResourceId(2) { 90 * MB } else { 40 * MB };
    let photo = Photo::cloud(u8::try_from(id.resource.0).unwrap(), size);
    script.answer(id, Answer::Downloaded(photo.digest()));
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    let id = script.upload().unwrap();
    script.answer(id, Answer::Put(PutOutcome::Sent));
    let id = script.verify().unwrap();
    script.answer(id, Answer::Confirmed);
}

#[test]
fn smaller_downloads_overtake_a_film_that_has_no_room_in_staging_but_not_for_ever() {
    let (mut script, film) = crowded(20);
    let mut running = all(|| script.download());
    let mut overtook = running.iter().filter(|id| id.resource > film).count();
    while !running.iter().any(|id| id.resource == film) {
        assert!(overtook < 20, "the film never came");
        let first = running.remove(0);
        becomes_safe(&mut script, first);
        let began = all(|| script.download());
        overtook += began.iter().filter(|id| id.resource != film).count();
        running.extend(began);
    }
    assert_eq!(overtook, 8);
}

#[test]
fn downloads_keep_their_places_while_only_their_own_files_fill_staging() {
    let rows = photos::<8>(|content| Photo::cloud(content, MB));
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows.to_vec());
    assert_eq!(all(|| script.download()).len(), 2, "the others wait for their turn");
    script.tell(Event::RetryRequested);
    assert_eq!(script.wanted(), None, "there is no place for anybody else");
    assert_eq!(script.machine.under_way().count(), 8);
}

#[test]
fn while_a_film_waits_for_room_only_smaller_originals_are_fetched_from_icloud() {
    let rows = photos::<2>(|content| Photo::cloud(content, 1_500 * MB));
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows.to_vec());
    assert_eq!(all(|| script.download()).len(), 1, "there is no room in staging for the second");
    let want = script.wanted().unwrap();
    let largest = want
        .classes
        .iter()
        .map(|class| (class.locality == Locality::Cloud && !class.digest_known, class.at_most));
    for (from_the_cloud, at_most) in largest {
        assert_eq!(at_most, from_the_cloud.then_some(500 * MB), "{:?}", want.classes);
    }
}

#[test]
fn what_a_kill_left_comes_first_and_keeps_nobody_out() {
    let rows = photos::<2>(|content| Photo::local(content, MB));
    let left = Admitted { resource: rows[0].id, ends: 0, under_way: true };
    let mut script = Script::new(small());
    script.machine = Machine::new(small(), vec![Part::Admissions(vec![left])]);
    script.begin(&rows, ROOMY);
    let want = script.wanted().unwrap();
    assert_eq!(want.exactly, [rows[0].id]);
    let (id, first) = (want.id, vec![rows[0]]);
    script.tell(Event::Refilled { id, rows: first, next_due: None, more: false });
    assert!(script.wanted().is_some_and(|want| want.newest > 0), "{:?}", script.orders);
}

#[test]
fn what_ran_alone_and_was_answered_is_not_blamed_for_a_kill_a_moment_later() {
    let row = known(1, &Photo::local(1, MB));
    let suspect = Admitted { resource: row.id, ends: 3, under_way: false };
    let mut script = Script::new(small());
    script.machine = Machine::new(small(), vec![Part::Admissions(vec![suspect])]);
    script.begin(&[row], ROOMY);
    script.bring(vec![row]);
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    script.restart(small(), 1_000);
    script.begin(&[row], ROOMY);
    let want = script.wanted().unwrap();
    assert!(want.exactly.len() == 1 && !want.classes.is_empty(), "not alone any more: {want:?}");
}

#[test]
fn what_took_the_program_down_too_often_leaves_nothing_in_staging() {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    let row = Row { stage, ..known(1, &Photo::cloud(1, MB)) };
    let suspect = Admitted { resource: row.id, ends: 9, under_way: true };
    let mut script = Script::new(small());
    script.machine = Machine::new(small(), vec![Part::Admissions(vec![suspect])]);
    script.begin(&[row], ROOMY);
    script.bring(vec![row]);
    let class = script.take(|effect| match effect {
        Effect::Persist { change: Change::Stage { stage, .. }, .. } => Some(stage.class()),
        _ => None,
    });
    assert_eq!(class, Some(Class::Quarantined(keepsake_machine::Fault::Crashed)));
    assert!(script.has(&Effect::Evict { resource: row.id }), "{:?}", script.orders);
}

#[test]
fn no_more_is_asked_of_the_vault_at_once_than_it_can_answer() {
    let rows = photos::<8>(|content| Photo::local(content, MB));
    let rows = rows.map(|row| known(row.id.0, &Photo::local(u8::try_from(row.id.0).unwrap(), MB)));
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows.to_vec());
    assert_eq!(all(|| script.find()).len(), 4);
}

#[test]
fn while_nothing_waits_for_room_originals_of_any_size_are_fetched() {
    let mut script = Script::started(small(), &photos::<1>(|one| Photo::cloud(one, MB)), ROOMY);
    let want = script.wanted().unwrap();
    assert!(want.classes.iter().all(|class| class.at_most.is_none()), "{:?}", want.classes);
}

#[test]
fn what_staging_is_full_of_and_nobody_works_on_keeps_smaller_originals_waiting_for_no_film() {
    let mut config = small();
    config.settings.staging = Some(100 * MB);
    config.limits =
        keepsake_machine::settings::Limits { under_way: 32, downloads: 1, ..small().limits };
    let rows: Vec<Row> = (1..=12)
        .map(|content| {
            let size = match content {
                1 => 20 * MB,
                2 => 90 * MB,
                _ => MB,
            };
            Photo::cloud(content, size).row(ResourceId(i64::from(content)))
        })
        .collect();
    let mut script = Script::started(config, &rows, ROOMY);
    script.bring(rows.clone());
    // Each of them fails to be sent, and waits in staging to be tried again.
    for row in rows.iter().filter(|row| row.id != ResourceId(2)) {
        let id = script.download().unwrap_or_else(|| panic!("{:?} waits for the film", row.id));
        assert_eq!(id.resource, row.id);
        let size = if row.id == ResourceId(1) { 20 * MB } else { MB };
        let photo = Photo::cloud(u8::try_from(row.id.0).unwrap(), size);
        script.answer(id, Answer::Downloaded(photo.digest()));
        let id = script.find().unwrap();
        script.answer(id, Answer::Found(Finding::Miss));
        let id = script.upload().unwrap();
        let fault = keepsake_machine::Fault::UploadFailed;
        script.answer(id, Answer::Failed { fault, wasted: 0 });
    }
}

#[test]
fn what_a_kill_left_comes_without_what_is_to_run_alone() {
    let rows = photos::<2>(|content| Photo::cloud(content, MB));
    let ended = |row: &Row, ends| Admitted { resource: row.id, ends, under_way: false };
    let suspects = vec![ended(&rows[0], 3), ended(&rows[1], 1)];
    let mut script = Script::new(small());
    script.machine = Machine::new(small(), vec![Part::Admissions(suspects)]);
    script.tell(Event::NetworkChanged(Network::OFFLINE));
    script.begin(&rows, ROOMY);
    assert_eq!(script.bring(vec![rows[0]]).exactly, [rows[0].id]);
    // It may not run as things are: nobody waits for it.
    assert_eq!(script.wanted().unwrap().exactly, [rows[1].id]);
}

#[test]
fn downloads_that_wait_for_room_give_up_places_for_what_fills_it_and_is_due_again() {
    let mut config = small();
    config.settings.staging = Some(50 * MB);
    let stage = Stage::Uploading { bytes: Bytes::Staged(45 * MB) };
    let fills = Row { stage, ..known(9, &Photo::cloud(9, 45 * MB)) };
    let waiting = photos::<7>(|content| Photo::cloud(content, 20 * MB));
    let rows = [&[fills], &waiting[..]].concat();
    let mut script = Script::started(config, &rows, ROOMY);
    script.bring(rows);
    let id = script.upload().unwrap();
    let fault = keepsake_machine::Fault::UploadFailed;
    script.answer(id, Answer::Failed { fault, wasted: 0 });
    assert_eq!((script.download(), script.wanted()), (None, None), "no room, and no places");
    script.wait(60_000);
    assert!(script.wanted().is_some(), "{:?}", script.orders);
}
