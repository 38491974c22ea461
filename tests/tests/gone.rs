//! What is gone without a word: a vault, its folders, a source. Nothing is called safe that lies nowhere.

use keepsake_tests::photos::{jpeg, roll, two_months, write};
use keepsake_tests::place::Place;
use keepsake_tests::records::segments;
use keepsake_tests::tree;
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[test]
fn a_vault_that_is_away_is_not_called_safe_although_nothing_changed() {
    let place = Place::new();
    roll(&place.source, 1, 3, 3_000);
    place.backed_up();
    let away = place.root().join("away");
    fs::rename(&place.vault, &away).unwrap();
    place.status().finish().assert_code(3).assert_says("connect it");
    place.backup().finish().assert_code(3).assert_says("the vault is not there");
    fs::rename(&away, &place.vault).unwrap();
    place.status().finish().assert_code(3).assert_says("Waited  the vault is not there");
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 3 files");
}

#[test]
fn a_month_that_is_taken_out_of_the_vault_is_no_longer_called_safe_and_is_sent_again() {
    let place = Place::new();
    two_months(&place.source);
    place.backed_up();
    let before = tree::identities(&place.vault);
    assert_eq!(place.take_a_month_out(), 3);
    place
        .ask("status")
        .finish()
        .assert_code(3)
        .assert_says("2 of 5 files")
        .assert_says("the vault has lost 3 files");
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 5 files");
    let after = tree::identities(&place.vault);
    let kept = before.iter().filter(|(path, id)| after[*path] == **id).count();
    assert_eq!(kept, 2, "the other month is left alone");
    place.assert_whole();
}

/// How many files the vault's records speak of.
fn recorded(place: &Place) -> usize {
    let read = |segment| fs::read_to_string(segment).unwrap_or_default();
    let text: String = segments(&place.vault).into_iter().map(read).collect();
    text.matches("\"path\"").count()
}

/// One more photo of July in `source`.
fn one_more_of_july(source: &Path) {
    write(source, "9.jpg", &jpeg(9, 3_000, Some("2026:07:09 10:00:00")));
}

#[test]
fn a_month_that_goes_while_a_backup_runs_is_said_at_its_end() {
    let place = Place::new();
    two_months(&place.source);
    let mut running = place.backup().arg("--watch").start();
    assert!(running.stop_when(|_| recorded(&place) == 5), "it ended");
    place.take_a_month_out();
    running.go_on();
    running.signal(Signal::INT);
    let ended = running.finish();
    ended
        .assert_code(3)
        .assert_says("the vault has lost 3 files (in 2026/07): no longer safe, to be sent again");
    ended.assert_says("2 of 5 files are safe");
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 5 files");
    place.assert_whole();
}

#[test]
fn a_month_that_goes_and_is_made_again_by_the_next_photo_is_noticed() {
    let place = Place::new();
    two_months(&place.source);
    let mut running = place.backup().arg("--watch").start();
    assert!(running.stop_when(|_| recorded(&place) == 5), "it ended");
    fs::remove_dir_all(place.vault.join("2026/07")).unwrap();
    one_more_of_july(&place.source);
    running.go_on();
    assert!(running.stop_when(|_| recorded(&place) == 6), "it ended");
    running.go_on();
    running.signal(Signal::INT);
    let ended = running.finish();
    ended.assert_code(3).assert_says("3 of 6 files are safe");
    ended.assert_says("the vault has lost 3 files (in 2026/07): no longer safe, to be sent again");
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 6 files");
    place.assert_whole();
}

#[test]
fn a_month_that_goes_while_its_photos_are_sent_is_noticed() {
    let place = Place::new();
    for day in 1..=60 {
        let when = format!("2026:07:{:02} 10:00:00", day % 28 + 1);
        write(&place.source, format!("{day}.jpg"), &jpeg(day, 3_000_000, Some(&when)));
    }
    let mut running = place.backup().start();
    assert!(running.stop_when(|_| recorded(&place) > 0), "it ended");
    fs::remove_dir_all(place.vault.join("2026/07")).unwrap();
    running.go_on();
    let ended = running.finish();
    let there = fs::read_dir(place.vault.join("2026/07")).map_or(0, Iterator::count);
    let says = match there {
        60 => "Everything is safe: 60 files".to_owned(),
        _ => format!("{there} of 60 files are safe"),
    };
    ended.assert_says(&says);
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 60 files");
    place.assert_whole();
}

#[test]
fn a_month_that_goes_and_is_made_again_by_another_device_is_noticed() {
    let place = Place::new();
    two_months(&place.source);
    place.backed_up();
    fs::remove_dir_all(place.vault.join("2026/07")).unwrap();
    let mut phone = Place::new();
    phone.vault.clone_from(&place.vault);
    one_more_of_july(&phone.source);
    phone.backup().finish().assert_code(0).assert_says("Everything is safe: 1 file");
    let ended = place.ask("status").finish();
    ended.assert_code(3).assert_says("the vault has lost 3 files (in 2026/07)");
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 5 files");
    place.ask("verify").finish().assert_code(0);
    one_more_of_july(&place.source);
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 6 files");
    tree::assert_holds_exactly(&place.vault, &place.source);
    place.verify().finish().assert_code(0);
}

#[test]
fn what_only_the_vault_had_is_named_when_its_folder_goes() {
    let place = Place::new();
    two_months(&place.source);
    place.backed_up();
    for day in 1..=2 {
        fs::remove_file(place.source.join(format!("{day}.jpg"))).unwrap();
    }
    place.backup().finish().assert_code(0);
    place.take_a_month_out();
    let ended = place.backup().finish();
    ended.assert_code(0).assert_says("1 file no longer safe, to be sent again");
    ended.assert_says("2 files that the source does not have any more: look for");
    // Put back, it lies there once more.
    let again = fs::read_dir(place.vault.join("2026/07")).unwrap().count();
    assert_eq!(again, 1);
    fs::remove_dir_all(place.vault.join("2026/07")).unwrap();
    fs::rename(place.root().join("a-month"), place.vault.join("2026/07")).unwrap();
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 3 files");
    assert_eq!(fs::read_dir(place.vault.join("2026/07")).unwrap().count(), 3);
    place.ask("verify").finish().assert_code(0);
}

#[test]
fn what_has_another_name_by_now_is_not_lost() {
    let place = Place::new();
    two_months(&place.source);
    place.backed_up();
    place.take_a_month_out();
    fs::create_dir(place.source.join("trip")).unwrap();
    for day in 1..=3 {
        let name = format!("{day}.jpg");
        fs::rename(place.source.join(&name), place.source.join("trip").join(&name)).unwrap();
    }
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 5 files");
    assert_eq!(place.counted("Lost"), 0);
    tree::assert_holds_exactly(&place.vault, &place.source);
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 5 files");
}

#[test]
fn what_was_moved_in_the_source_is_not_said_to_be_only_in_the_vault() {
    let place = Place::new();
    two_months(&place.source);
    place.backed_up();
    fs::create_dir(place.source.join("trip")).unwrap();
    fs::rename(place.source.join("1.jpg"), place.source.join("trip/1.jpg")).unwrap();
    place.backup().finish().assert_code(0);
    place.take_a_month_out();
    let ended = place.backup().finish();
    ended.assert_code(0).assert_says("the vault has lost 3 files (in 2026/07): no longer safe");
    ended.assert_says("Everything is safe: 5 files");
}

#[test]
fn a_rotten_file_is_not_believed_again_and_the_good_original_is_sent() {
    let place = Place::new();
    two_months(&place.source);
    place.backed_up();
    let rotten = place.vault.join("2026/07/1.jpg");
    let mut bytes = fs::read(&rotten).unwrap();
    bytes[2_000] ^= 1;
    let times = fs::metadata(&rotten).unwrap().modified().unwrap();
    fs::write(&rotten, &bytes).unwrap();
    fs::File::options().write(true).open(&rotten).unwrap().set_modified(times).unwrap();
    let verified = place.verify().arg("--deep").finish();
    verified.assert_code(2).assert_says("damaged: 2026/07/1.jpg");
    // Lost records have all records read again.
    fs::remove_file(segments(&place.vault).remove(0)).unwrap();
    place.backup().finish().assert_code(0);
    let good = fs::read(place.source.join("1.jpg")).unwrap();
    let held = fs::read_dir(place.vault.join("2026/07")).unwrap();
    assert!(held.map(|entry| fs::read(entry.unwrap().path()).unwrap()).any(|held| held == good));
}

#[test]
fn a_photo_that_takes_the_place_of_a_damaged_file_is_known_there() {
    let place = Place::new();
    two_months(&place.source);
    place.backed_up();
    let damaged = place.vault.join("2026/07/1.jpg");
    fs::OpenOptions::new().write(true).open(&damaged).unwrap().set_len(100).unwrap();
    place.verify().finish().assert_code(2).assert_says("damaged: 2026/07/1.jpg");
    fs::remove_file(&damaged).unwrap();
    place.backed_up();
    assert!(damaged.exists());
    for _ in 0..2 {
        place.verify().finish().assert_code(0);
    }
    place.backed_up();
}

#[test]
fn a_photo_whose_names_are_all_damaged_gets_another() {
    let place = Place::new();
    two_months(&place.source);
    place.backed_up();
    for _ in 0..3 {
        let july =
            fs::read_dir(place.vault.join("2026/07")).unwrap().map(|one| one.unwrap().path());
        for damaged in july.filter(|path| path.to_str().unwrap().contains("/1")) {
            fs::OpenOptions::new().write(true).open(damaged).unwrap().set_len(100).unwrap();
        }
        place.verify().finish().assert_code(2);
        place.backup().finish().assert_code(0).assert_says("Everything is safe: 5 files");
    }
}

#[test]
fn a_source_that_is_empty_all_of_a_sudden_is_named_and_nothing_is_taken_for_deleted() {
    let place = Place::new();
    roll(&place.source, 1, 3, 3_000);
    place.backed_up();
    let away = place.root().join("photos-away");
    fs::rename(&place.source, &away).unwrap();
    fs::create_dir(&place.source).unwrap();
    place.backup().finish().assert_code(3).assert_says("is its disk connected?");
    fs::remove_dir(&place.source).unwrap();
    fs::rename(&away, &place.source).unwrap();
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 3 files");
}

#[test]
fn an_earlier_version_that_goes_with_its_month_is_named_until_its_bytes_are_there_again() {
    let place = Place::new();
    let first = jpeg(1, 3_000, Some("2026:07:01 10:00:00"));
    write(&place.source, "1.jpg", &first);
    place.backup().finish().assert_code(0);
    write(&place.source, "1.jpg", &jpeg(1, 3_100, Some("2026:07:01 10:00:00")));
    place.backup().finish().assert_code(0);
    fs::remove_dir_all(place.vault.join("2026")).unwrap();
    let ended = place.backup().finish();
    ended.assert_code(0).assert_says("1 file that the source does not have any more");
    for deep in [false, true] {
        let verified = if deep { place.verify().arg("--deep") } else { place.verify() }.finish();
        verified.assert_code(2).assert_says("missing: what lay at 2026/07/1.jpg before");
        verified.assert_says("1 file no longer where recorded");
    }
    write(&place.source, "again.jpg", &first);
    place.backup().finish().assert_code(0);
    place.verify().arg("--deep").finish().assert_code(0);
}

#[test]
fn what_had_a_name_before_another_file_took_it_is_missed() {
    let place = Place::new();
    write(&place.source, "1.jpg", &jpeg(1, 3_000, Some("2026:07:01 10:00:00")));
    place.backup().finish().assert_code(0);
    fs::remove_file(place.vault.join("2026/07/1.jpg")).unwrap();
    write(&place.source, "1.jpg", &jpeg(1, 3_100, Some("2026:07:01 10:00:00")));
    place.backup().finish().assert_code(0);
    let verified = place.verify().arg("--deep").finish();
    verified.assert_code(2).assert_says("missing: what lay at 2026/07/1.jpg before");
}

#[test]
fn a_month_that_may_not_be_looked_into_is_named_and_not_called_safe() {
    let place = Place::new();
    two_months(&place.source);
    place.backup().as_nobody(place.root()).finish().assert_code(0);
    let mode = |mode| {
        let july = place.vault.join("2026/07");
        fs::set_permissions(july, fs::Permissions::from_mode(mode)).unwrap();
    };
    let before = tree::identities(&place.vault);
    mode(0o000);
    for call in [place.status(), place.backup()] {
        let ended = call.as_nobody(place.root()).finish();
        ended
            .assert_code(3)
            .assert_says("1 place in the vault may not be looked into or written (2026/07)");
        ended.assert_says("check permissions").assert_does_not_say("lost");
    }
    let verified = place.verify().as_nobody(place.root()).finish();
    verified.assert_code(3).assert_says("could not be read").assert_says("2026/07");
    mode(0o755);
    place.status().as_nobody(place.root()).finish().assert_code(0);
    let ended = place.backup().as_nobody(place.root()).finish();
    ended.assert_code(0).assert_says("Everything is safe: 5 files");
    assert_eq!(tree::identities(&place.vault), before, "nothing was sent again");
}
