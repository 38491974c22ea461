//! What lies elsewhere in the vault than is recorded: found by its bytes, recorded where it lies, and not
//! sent again.

use keepsake_tests::photos::{jpeg, roll, two_months, write};
use keepsake_tests::place::Place;
use keepsake_tests::{records, trace, tree};
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

#[test]
fn a_month_that_gets_another_name_is_found_by_its_bytes_and_not_sent_again() {
    let place = Place::new();
    two_months(&place.source);
    place.backed_up();
    fs::rename(place.vault.join("2026/07"), place.vault.join("2026/07-trip")).unwrap();
    let ended = place.backup().finish();
    ended.assert_code(0).assert_says("the vault has lost 3 files (in 2026/07)");
    ended.assert_says("Everything is safe: 5 files");
    tree::assert_holds_exactly(&place.vault, &place.source);
    let verified = place.ask("verify").finish();
    verified.assert_code(0).assert_says("3 files no longer where recorded");
    place.backed_up();
}

#[test]
fn what_is_lost_is_found_under_any_other_name_in_the_vault() {
    let place = Place::new();
    two_months(&place.source);
    place.backed_up();
    fs::rename(place.vault.join("2026/07"), place.vault.join("2026/07-trip")).unwrap();
    fs::remove_file(place.source.join("1.jpg")).unwrap();
    let ended = place.backup().finish();
    ended.assert_code(0).assert_says("Everything is safe: 4 files");
    assert_eq!(place.counted("Lost"), 0);
}

#[test]
fn months_that_change_places_are_found_by_their_bytes_whoever_looked_first() {
    for look in [false, true] {
        let place = Place::new();
        two_months(&place.source);
        place.backed_up();
        let [july, august, other] =
            ["2026/07", "2026/08", "2026/other"].map(|month| place.vault.join(month));
        for (from, to) in [(&july, &other), (&august, &july), (&other, &august)] {
            fs::rename(from, to).unwrap();
        }
        if look {
            place.status().finish();
        }
        place.backup().finish().assert_code(0).assert_says("Everything is safe: 5 files");
        tree::assert_holds_exactly(&place.vault, &place.source);
    }
}

/// Gives the first two files of the vault each other's name.
fn exchange_two(place: &Place) -> [PathBuf; 2] {
    let mut paths = tree::files(&place.vault).into_keys().map(|path| place.vault.join(path));
    let (a, b, aside) = (paths.next().unwrap(), paths.next().unwrap(), place.root().join("aside"));
    for (from, to) in [(&a, &aside), (&b, &a), (&aside, &b)] {
        fs::rename(from, to).unwrap();
    }
    [a, b]
}

#[test]
fn photos_whose_names_in_the_vault_were_exchanged_are_recorded_where_they_lie_and_not_sent_again() {
    let place = Place::new();
    roll(&place.source, 1, 4, 30_000);
    place.backed_up();
    exchange_two(&place);
    let before = tree::identities(&place.vault);
    place.verify().arg("--deep").finish().assert_says("not as recorded").assert_says("2 files");
    for _ in 0..2 {
        place.backup().finish().assert_code(0).assert_says("Everything is safe: 4 files");
        assert_eq!(tree::identities(&place.vault), before, "nothing was sent");
        place.verify().arg("--deep").finish().assert_code(0).assert_does_not_say("not as recorded");
    }
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0).assert_says("Restored 4 files");
    tree::assert_restored(&place.source, &dest);
    // A device that has not read them may believe the wrong one of two records, until it reads them.
    let other = place.another_device();
    other.backup().finish().assert_code(0);
    other.verify().arg("--deep").finish();
    other.backup().finish().assert_code(0);
    other.verify().arg("--deep").finish().assert_code(0);
    assert_eq!(tree::identities(&place.vault), before);
}

#[test]
fn what_only_the_vault_has_is_recorded_where_it_lies_when_it_is_found() {
    let place = Place::new();
    roll(&place.source, 1, 4, 30_000);
    place.backed_up();
    exchange_two(&place);
    fs::remove_dir_all(&place.source).unwrap();
    roll(&place.source, 9, 1, 3_000);
    place.backup().finish().assert_code(0);
    place.verify().arg("--deep").finish();
    for segment in records::segments(&place.vault) {
        fs::File::open(&segment).unwrap().set_modified(SystemTime::now()).unwrap();
    }
    place.verify().arg("--deep").finish().assert_code(0);
    assert_eq!(place.counted("Lost"), 0);
}

#[test]
fn photos_whose_names_in_the_vault_were_exchanged_come_back_under_their_own() {
    let place = Place::new();
    roll(&place.source, 1, 4, 30_000);
    place.backed_up();
    let [a, _] = exchange_two(&place);
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0).assert_says("Restored 4 files");
    tree::assert_restored(&place.source, &dest);
    let verified = place.verify().arg("--deep").finish();
    verified.assert_says("not as recorded").assert_does_not_say("damaged:");
    // One alone, under the name of the other, which is nowhere.
    fs::remove_file(&a).unwrap();
    let verified = place.verify().arg("--deep").finish();
    verified
        .assert_code(2)
        .assert_says("1 file not as recorded")
        .assert_says("1 file not safe yet");
    let again = place.root().join("again");
    let done = place.restore_to(&again).finish();
    done.assert_code(2).assert_says("Restored 3 files").assert_says("does not have it any more");
    let wanted = tree::files(&place.source);
    assert!(tree::files(&again).iter().all(|(path, sum)| wanted[path] == *sum));
    place.backup().finish().assert_code(0);
    let whole = place.root().join("whole");
    place.restore_to(&whole).finish().assert_code(0);
    tree::assert_restored(&place.source, &whole);
}

#[test]
fn a_photo_comes_back_from_wherever_its_bytes_lie() {
    let place = Place::new();
    let photo = jpeg(1, 30_000, Some("2026:07:14 09:30:00"));
    write(&place.source, "one.jpg", &photo);
    write(&place.source, "other.jpg", &jpeg(2, 30_000, Some("2026:07:15 09:30:00")));
    place.backed_up();
    let there = tree::files(&place.vault).into_keys().find(|path| path.ends_with("one.jpg"));
    let there = place.vault.join(there.unwrap());
    // Elsewhere in the vault, where no record looks; and what lies in its place is nobody's copy.
    fs::rename(&there, place.vault.join("put aside.jpg")).unwrap();
    fs::write(&there, b"the only copy of something else").unwrap();
    let dest = place.root().join("restored");
    let done = place.restore_to(&dest).finish();
    done.assert_code(0).assert_says("Restored 3 files").assert_says("what lies there was restored");
    assert_eq!(fs::read(dest.join("one.jpg")).unwrap(), photo);
    assert_eq!(
        fs::read(dest.join("not as recorded/2026/07/one.jpg")).unwrap(),
        b"the only copy of something else"
    );
    assert!(!dest.join("put aside.jpg").exists(), "restored under its own name");
    place.restore_to(&dest).finish().assert_code(0).assert_says("3 files there already");
}

#[test]
fn what_was_found_elsewhere_stays_recorded_there_whatever_is_looked_at_next() {
    let place = Place::new();
    roll(&place.source, 1, 4, 30_000);
    place.backed_up();
    exchange_two(&place);
    let before = tree::identities(&place.vault);
    place.verify().arg("--deep").finish();
    place.verify().finish().assert_code(0);
    fs::remove_file(place.source.join("IMG_0100000.JPG")).unwrap();
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 3 files");
    assert_eq!(tree::identities(&place.vault), before, "nothing was sent");
    assert_eq!(place.counted("Lost"), 0);
}

#[test]
fn a_device_that_believes_a_record_that_is_no_more_so_tries_the_others() {
    for _ in 0..8 {
        let place = Place::new();
        two_months(&place.source);
        place.backed_up();
        fs::rename(place.vault.join("2026/07/1.jpg"), place.vault.join("2026/07/moved.jpg"))
            .unwrap();
        place.verify().finish();
        place.backup().finish().assert_code(0);
        let before = tree::identities(&place.vault);
        place.another_device().backup().finish().assert_code(0);
        assert_eq!(tree::identities(&place.vault), before, "nothing was sent");
    }
}

#[test]
fn what_was_found_to_have_other_bytes_is_not_believed_by_its_size() {
    // Exchanged, seen, and then one of them goes.
    let place = Place::new();
    roll(&place.source, 1, 2, 30_000);
    place.backed_up();
    let [_, b] = exchange_two(&place);
    place.verify().arg("--deep").finish();
    fs::remove_file(&b).unwrap();
    place.verify().finish().assert_code(2);
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 2 files");
    tree::assert_holds(&place.vault, &tree::files(&place.source));
    place.verify().arg("--deep").finish().assert_code(0);

    // Rotten, sent again beside it, and then that goes.
    let place = Place::new();
    roll(&place.source, 1, 1, 30_000);
    place.backed_up();
    let first = place.vault.join(tree::files(&place.vault).into_keys().next().unwrap());
    let mut bytes = fs::read(&first).unwrap();
    bytes[20_000] ^= 1;
    fs::write(&first, &bytes).unwrap();
    place.verify().arg("--deep").finish().assert_code(2);
    place.backup().finish().assert_code(0);
    let second = tree::files(&place.vault).into_keys().map(|path| place.vault.join(path));
    fs::remove_file(second.into_iter().find(|path| *path != first).unwrap()).unwrap();
    place.verify().finish().assert_code(2);
    place.backup().finish().assert_code(0);
    place.verify().arg("--deep").finish().assert_code(0);
}

#[test]
fn what_is_exchanged_back_is_believed_again() {
    let place = Place::new();
    roll(&place.source, 1, 2, 30_000);
    place.backed_up();
    exchange_two(&place);
    place.verify().arg("--deep").finish();
    exchange_two(&place);
    let before = tree::identities(&place.vault);
    place.verify().finish();
    place.backup().finish().assert_code(0);
    assert_eq!(tree::identities(&place.vault), before, "nothing was sent");
    place.verify().finish().assert_code(0);
}

/// Photos of different sizes.
fn different_sizes(place: &Place) {
    for (number, size) in (0..).zip([20_000, 21_000, 22_000, 23_000]) {
        let photo = jpeg(number, size, Some("2026:07:03 10:00:00"));
        write(&place.source, format!("IMG_{number}.JPG"), &photo);
    }
    place.backed_up();
}

#[test]
fn a_device_that_knows_only_the_records_finds_what_was_renamed_or_exchanged_since() {
    type Change = fn(&Place);
    let rename: Change = |place| {
        let first = tree::files(&place.vault).into_keys().next().unwrap();
        fs::rename(place.vault.join(&first), place.vault.join("2026/07/mine.jpg")).unwrap();
    };
    let exchange: Change = |place| _ = exchange_two(place);
    let onto: Change = |place| {
        // One takes the place of another, which is gone: that one alone is sent again.
        let [a, b] = exchange_two(place);
        fs::rename(a, b).unwrap();
    };
    for (change, sent) in [(rename, 0), (exchange, 0), (onto, 1)] {
        let place = Place::new();
        different_sizes(&place);
        change(&place);
        let before = tree::identities(&place.vault);
        let other = place.another_device();
        other.backup().finish().assert_code(0).assert_says("Everything is safe: 4 files");
        let after = tree::identities(&place.vault);
        assert_eq!(after.len(), before.len() + sent);
        assert!(before.iter().all(|(path, identity)| after.get(path) == Some(identity)));
        tree::assert_holds(&place.vault, &tree::files(&place.source));
        // It is recorded where it lies: who comes next finds it there at once.
        place.another_device().backup().finish().assert_code(0);
        assert_eq!(tree::identities(&place.vault), after);
    }
}

#[test]
fn two_that_were_exchanged_are_known_also_where_the_record_of_one_is_lost() {
    for second in [20_000, 21_000] {
        for lost in [0, 1] {
            let place = Place::new();
            let mut segments = Vec::new();
            for (number, size) in [(0, 20_000), (1, second)] {
                let photo = jpeg(number, size, Some("2026:07:03 10:00:00"));
                write(&place.source, format!("IMG_{number}.JPG"), &photo);
                place.backed_up();
                let mut new = records::segments(&place.vault);
                new.retain(|path| !segments.contains(path));
                segments.append(&mut new);
            }
            exchange_two(&place);
            fs::remove_file(&segments[lost]).unwrap();
            let before = tree::identities(&place.vault);
            for _ in 0..2 {
                place.another_device().backup().finish().assert_code(0);
                assert_eq!(tree::identities(&place.vault), before, "{second} {lost}");
            }
        }
    }
}

/// Takes the segments of records away that are not among these.
fn lose_segments_but(place: &Place, before: &[PathBuf]) {
    let new = records::segments(&place.vault).into_iter().filter(|path| !before.contains(path));
    let new: Vec<_> = new.collect();
    assert!(!new.is_empty(), "something was recorded");
    for path in new {
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn what_was_found_elsewhere_is_not_sent_again_when_its_new_record_is_lost() {
    let exchanged = Place::new();
    roll(&exchanged.source, 1, 4, 30_000);
    exchanged.backed_up();
    let renamed = Place::new();
    different_sizes(&renamed);
    for place in [exchanged, renamed] {
        let segments = records::segments(&place.vault);
        let [a, _] = exchange_two(&place);
        if place.source.join("IMG_0.JPG").exists() {
            exchange_two(&place); // back again
            fs::rename(&a, a.with_file_name("mine.jpg")).unwrap();
        }
        let before = tree::identities(&place.vault);
        place.verify().arg("--deep").finish();
        lose_segments_but(&place, &segments);
        for _ in 0..2 {
            place.verify().finish();
            place.backup().finish().assert_code(0).assert_says("Everything is safe: 4 files");
            assert_eq!(tree::identities(&place.vault), before, "nothing was sent");
        }
        assert!(records::segments(&place.vault).len() > segments.len(), "it is recorded again");
    }
}

#[test]
fn what_is_found_elsewhere_while_no_record_can_be_written_is_recorded_later_and_not_sent() {
    if !trace::can_trace() {
        return;
    }
    let place = Place::new();
    roll(&place.source, 1, 4, 30_000);
    place.backed_up();
    let segments = records::segments(&place.vault);
    exchange_two(&place);
    let before = tree::identities(&place.vault);
    let folder = place.vault.join(".keepsake/segments");
    let verify = place.verify().arg("--deep");
    let verified = trace::with_fault(verify, "renameat2", &folder, "error=ENOSPC");
    verified.finish().assert_says("not as recorded");
    assert_eq!(records::segments(&place.vault).len(), segments.len(), "none could be written");
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 4 files");
    assert_eq!(tree::identities(&place.vault), before, "nothing was sent");
    assert!(records::segments(&place.vault).len() > segments.len(), "it is recorded now");
}

#[test]
fn what_was_found_elsewhere_is_looked_at_by_bytes_again_before_it_is_recorded_there() {
    let place = Place::new();
    roll(&place.source, 1, 3, 30_000);
    place.backed_up();
    let segments = records::segments(&place.vault);
    let [a, b] = exchange_two(&place);
    place.verify().arg("--deep").finish();
    lose_segments_but(&place, &segments);
    // Meanwhile only one of the two is left, and lies in both places.
    fs::copy(&a, &b).unwrap();
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 3 files");
    let held: Vec<_> = tree::files(&place.vault).into_values().collect();
    assert!(tree::files(&place.source).values().all(|sum| held.contains(sum)));
}
