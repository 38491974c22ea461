//! Several devices on one vault: what one has recorded, no other sends.

use keepsake_tests::photos::{jpeg, write};
use keepsake_tests::skip::can_be_nobody;
use keepsake_tests::{Call, Place, Running, tree};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Another device, with photos of its own, for the same vault.
fn other_with_its_own(place: &Place) -> Place {
    let mut other = Place::new();
    other.vault.clone_from(&place.vault);
    other
}

fn photo(month: u64, day: u64) -> Vec<u8> {
    jpeg(100 * month + day, 3_000, Some(&format!("2026:{month:02}:{day:02} 10:00:00")))
}

#[test]
fn what_another_device_brought_into_a_month_that_was_lost_is_not_sent_again() {
    let place = Place::new();
    let other = other_with_its_own(&place);
    write(&place.source, "TWIN.JPG", &photo(7, 1));
    write(&other.source, "IMG_9.JPG", &photo(7, 1));
    for device in [&place, &other] {
        device.backup().finish().assert_code(0);
    }
    fs::remove_dir_all(place.vault.join("2026/07")).unwrap();
    for device in [&other, &place] {
        device.backup().finish().assert_code(0).assert_says("the vault has lost 1 file");
        assert_eq!(tree::files(&place.vault).len(), 1, "the second finds what the first brought");
    }
}

#[test]
fn what_an_older_copy_of_the_vault_has_is_not_sent_again_by_a_device_that_was_installed_anew() {
    let place = Place::new();
    write(&place.source, "1.JPG", &photo(7, 1));
    write(&place.source, "1.xmp", b"<x:xmpmeta/>");
    place.backed_up();
    let again = place.another_device();
    again.backup().finish().assert_code(0);
    let (month, aside) = (place.vault.join("2026/07"), place.root().join("aside"));
    let copy = |from, to| {
        let copied = std::process::Command::new("cp").arg("-a").args([from, to]).status();
        assert!(copied.unwrap().success());
    };
    copy(&place.vault, &aside);
    fs::remove_dir_all(&month).unwrap();
    again.backup().finish().assert_code(0);
    fs::remove_dir_all(&place.vault).unwrap();
    fs::rename(&aside, &place.vault).unwrap();
    let before = tree::identities(&place.vault);
    again.backup().finish().assert_code(0);
    assert_eq!(tree::identities(&place.vault), before, "nothing was sent");
}

/// Another device with a state of its own, and this one, which has its photo safe and watches.
fn one_watches(place: &Place) -> (Place, Running) {
    let other = other_with_its_own(place);
    write(&place.source, "mine.JPG", &photo(8, 1));
    let mut watching = place.backup().arg("--watch").start();
    let mine = place.vault.join("2026/08/mine.JPG");
    assert!(watching.stop_when(|_| mine.exists()), "it ended");
    watching.go_on();
    (other, watching)
}

#[test]
fn what_another_device_records_meanwhile_is_not_sent() {
    let place = Place::new();
    let (other, mut watching) = one_watches(&place);
    let theirs = write(&other.source, "theirs.JPG", &photo(7, 1));
    other.backup().finish().assert_code(0);
    fs::copy(theirs, place.source.join("the same.JPG")).unwrap();
    let safe = || place.counted("BackedUp") + place.counted("Duplicate") == 2;
    assert!(watching.stop_when(|_| safe()), "it ended");
    watching.go_on();
    assert_eq!(tree::files(&place.vault).len(), 2);
}

#[test]
fn what_another_device_forgets_meanwhile_is_not_sent() {
    let place = Place::new();
    let (other, mut watching) = one_watches(&place);
    let theirs = write(&other.source, "theirs.JPG", &photo(7, 1));
    other.backup_with_reserve(&other.vault, "900TB").finish().assert_code(3);
    other.ask("forget").path(&theirs).finish().assert_code(0);
    fs::copy(theirs, place.source.join("the same.JPG")).unwrap();
    let known = || place.counted("Forgotten") > 0 || tree::paths_seen(&place.vault) > 1;
    assert!(watching.stop_when(|_| known()), "it ended");
    watching.go_on();
    assert_eq!(tree::files(&place.vault).len(), 1);
}

#[test]
fn a_month_that_may_not_be_used_keeps_no_other_waiting() {
    if !can_be_nobody() {
        return;
    }
    for closed in [0o000, 0o111, 0o444, 0o555] {
        let place = Place::new();
        let user = |call: Call| call.as_nobody(place.root());
        for days in [1..=2, 3..=4] {
            for (month, day) in (1..=8).flat_map(|month| days.clone().map(move |day| (month, day)))
            {
                write(&place.source, format!("{month}-{day}.JPG"), &photo(month, day));
            }
            if days.contains(&1) {
                user(place.backup()).finish().assert_code(0);
            }
        }
        let mode = |mode| {
            let month = place.vault.join("2026/08");
            fs::set_permissions(month, fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(closed);
        // With what is known, and by a new device.
        for _ in 0..2 {
            let ended = user(place.backup()).finish();
            ended.assert_code(3).assert_says("written (2026/08)").assert_says("check permissions");
            user(place.status()).finish().assert_code(3).assert_says("(2026/08)");
            let safe = place.counted("BackedUp") + place.counted("Duplicate");
            assert!(safe >= 28, "{closed:o}: {safe}");
            let _ = fs::remove_dir_all(&place.state);
        }
        mode(0o755);
        user(place.backup()).finish().assert_code(0).assert_says("32 files");
        tree::assert_holds_exactly(&place.vault, &place.source);
    }
}

#[test]
fn a_backup_that_watches_goes_on_with_a_month_that_is_opened_again() {
    if !can_be_nobody() {
        return;
    }
    let place = Place::new();
    let user = |call: Call| call.as_nobody(place.root());
    write(&place.source, "1.JPG", &photo(7, 1));
    user(place.backup()).finish().assert_code(0);
    let month = place.vault.join("2026/07");
    let mode = |mode| fs::set_permissions(&month, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    write(&place.source, "2.JPG", &photo(7, 2));
    write(&place.source, "3.JPG", &photo(8, 3));
    let mut watching = user(place.backup().arg("--watch")).start();
    let other = place.vault.join("2026/08/3.JPG");
    assert!(watching.stop_when(|_| other.exists()), "it ended");
    watching.go_on();
    assert!(watching.stop_when(|_| place.counted("Waiting") == 1), "it ended");
    watching.go_on();
    mode(0o755);
    write(&place.source, "4.JPG", &photo(8, 4));
    let safe = || place.counted("BackedUp") + place.counted("Duplicate") == 4;
    assert!(watching.stop_when(|_| safe()), "it ended");
    watching.go_on();
    tree::assert_holds_exactly(&place.vault, &place.source);
}
