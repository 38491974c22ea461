//! What keeping means: nothing is sent again that the vault has, what it lost is sent again, what
//! is damaged is found, and what the user forgets stays forgotten.

use keepsake_tests::disk::Mount;
use keepsake_tests::photos::{jpeg, roll, write};
use keepsake_tests::{Place, records, tree};
use std::fs;
use std::path::{Path, PathBuf};

fn one_of(folder: &Path) -> PathBuf {
    folder.join(tree::files(folder).into_keys().next().unwrap())
}

/// Changes one byte in the middle, and nothing else that a look from outside would show.
fn rot(path: &Path) {
    let time = fs::metadata(path).unwrap().modified().unwrap();
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn a_damaged_file_is_found_when_every_byte_is_read_back_and_sent_again() {
    let place = Place::new();
    roll(&place.source, 1, 20, 30_000);
    place.backed_up();
    place.verify().finish().assert_code(0).assert_says("20 files as recorded");
    place.verify().arg("--deep").finish().assert_code(0).assert_says("every byte read back");
    let damaged = one_of(&place.vault);
    rot(&damaged);
    place.verify().finish().assert_code(0);
    let name = damaged.strip_prefix(&place.vault).unwrap().to_str().unwrap();
    let found = place.verify().arg("--deep").finish();
    found.assert_code(2).assert_says(&format!("damaged: {name}")).assert_says("19 files");
    place.backup().finish().assert_code(0);
    let mended = place.verify().arg("--deep").finish();
    mended.assert_code(0).assert_says(&format!("not as recorded: {name}"));
    // Whatever lies beside it: everything comes back whole.
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0).assert_says("not as recorded");
    fs::remove_dir_all(dest.join("not as recorded")).unwrap();
    tree::assert_restored(&place.source, &dest);
}

#[test]
fn a_file_that_is_shorter_than_recorded_is_found_without_reading_it() {
    let place = Place::new();
    roll(&place.source, 1, 5, 30_000);
    place.backed_up();
    let short = one_of(&place.vault);
    fs::File::options().write(true).open(&short).unwrap().set_len(10_000).unwrap();
    let name = short.strip_prefix(&place.vault).unwrap().to_str().unwrap();
    place.verify().finish().assert_code(2).assert_says(name);
    place.backup().finish().assert_code(0);
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0).assert_says("not as recorded");
    fs::remove_dir_all(dest.join("not as recorded")).unwrap();
    tree::assert_restored(&place.source, &dest);
}

#[test]
fn a_file_that_the_vault_lost_is_named_and_sent_again_by_the_next_run() {
    let place = Place::new();
    roll(&place.source, 1, 20, 30_000);
    place.backed_up();
    let before = tree::identities(&place.vault);
    let lost = one_of(&place.vault);
    fs::remove_file(&lost).unwrap();
    let name = lost.strip_prefix(&place.vault).unwrap().to_path_buf();
    let found = place.verify().finish();
    found.assert_code(2).assert_says(&format!("missing: {}", name.display()));
    found.assert_says("Back up again");
    place.status().finish().assert_code(3).assert_says("1 file still to do");
    place.backed_up();
    let mut after = tree::identities(&place.vault);
    after.remove(&name);
    assert_eq!(after.len(), 19, "it went elsewhere");
    assert!(after.iter().all(|(path, id)| before[path] == *id), "others were sent again");
    place.verify().arg("--deep").finish().assert_code(0);
}

#[test]
fn nothing_is_sent_again_after_the_state_was_deleted() {
    let mut place = Place::new();
    roll(&place.source, 1, 100, 100_000);
    place.backed_up();
    let before = tree::identities(&place.vault);
    fs::remove_dir_all(&place.state).unwrap();
    let again = place.backup().finish();
    again.assert_code(0).assert_says("100 files");
    again.assert_says("safe, the vault had the same bytes already");
    assert_eq!(tree::identities(&place.vault), before);
    assert!(again.written < 2_000_000, "{} bytes were written", again.written);
    // And renamed or moved in the source, it is still the same photo.
    let moved = place.root().join("Fotos");
    fs::rename(&place.source, &moved).unwrap();
    fs::rename(&place.state, place.root().join("old state")).unwrap();
    place.source = moved;
    place.backup().finish().assert_code(0);
    assert_eq!(tree::identities(&place.vault), before);
}

#[test]
fn what_another_tool_put_into_the_vault_is_adopted_by_its_bytes() {
    let place = Place::new();
    roll(&place.source, 1, 30, 30_000);
    let by_hand = place.vault.join("from the old disk");
    fs::create_dir_all(&by_hand).unwrap();
    for name in tree::paths(&place.source) {
        fs::copy(place.source.join(&name), by_hand.join(&name)).unwrap();
    }
    // One of them is not what its name says.
    let changed = one_of(&by_hand);
    rot(&changed);
    let done = place.backup().finish();
    done.assert_code(0).assert_says("29 files");
    let kept = tree::files(&place.vault);
    assert_eq!(kept.len(), 31, "29 adopted, one sent beside its damaged twin: {kept:?}");
    let wanted = tree::files(&place.source);
    assert!(wanted.values().all(|sum| kept.values().any(|kept| kept == sum)));
    place.verify().arg("--deep").finish().assert_code(0);
}

#[test]
fn a_photo_that_is_deleted_or_edited_in_the_source_stays_in_the_vault() {
    let place = Place::new();
    roll(&place.source, 1, 10, 30_000);
    place.backed_up();
    let before = tree::files(&place.vault);
    let mut all = tree::paths(&place.source).into_iter();
    let (deleted, edited) = (all.next().unwrap(), all.next().unwrap());
    fs::remove_file(place.source.join(&deleted)).unwrap();
    let photo = jpeg(77, 31_000, Some("2026:01:02 10:00:00"));
    write(&place.source, &edited, &photo);
    place
        .backup()
        .finish()
        .assert_code(0)
        .assert_says("Everything is safe: 9 files")
        .assert_says("1 file  ")
        .assert_says("gone from the source");
    let after = tree::files(&place.vault);
    assert!(before.iter().all(|(path, sum)| after.get(path) == Some(sum)), "one was replaced");
    assert_eq!(after.len(), 11, "the edit is a file of its own");
    assert_eq!(place.counted("Closed"), 1, "what is gone from the source is counted");
    let listed = place.ask("library").finish();
    listed.assert_code(0).assert_does_not_say(&deleted.to_string_lossy());
}

#[test]
fn a_moved_photo_is_not_sent_again() {
    let place = Place::new();
    roll(&place.source, 1, 20, 100_000);
    place.backed_up();
    let before = tree::identities(&place.vault);
    fs::create_dir(place.source.join("album")).unwrap();
    for name in tree::paths(&place.source) {
        fs::rename(place.source.join(&name), place.source.join("album").join(&name)).unwrap();
    }
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 20 files");
    assert_eq!(tree::identities(&place.vault), before);
}

#[test]
fn what_is_forgotten_is_sent_by_nobody_again_and_what_is_only_deleted_is() {
    let place = Place::new();
    roll(&place.source, 1, 10, 30_000);
    place.backed_up();
    let mut names = tree::paths(&place.source).into_iter();
    let (forgotten, deleted) = (names.next().unwrap(), names.next().unwrap());
    let stored = |name: &Path| {
        let record = records::of(&place.vault, name.to_str().unwrap());
        place.vault.join(record["path"].as_str().unwrap())
    };
    let (first, second) = (stored(&forgotten), stored(&deleted));
    let said = place.ask("forget").path(&place.source.join(&forgotten)).finish();
    said.assert_code(0).assert_says("1 file will not be backed up again");
    assert!(first.is_file(), "what the vault has stays there");
    fs::remove_file(&first).unwrap();
    fs::remove_file(&second).unwrap();
    place.verify().finish().assert_no_panic();
    place.backup().finish().assert_code(0).assert_says("9 files");
    assert!(!first.exists() && second.is_file());
    place.status().finish().assert_says("1 file forgotten, as you said");
    // Nor by another device that has the same photo, which never heard of it.
    let mut other = Place::new();
    other.vault.clone_from(&place.vault);
    fs::copy(place.source.join(&forgotten), other.source.join("copy.jpg")).unwrap();
    write(&other.source, "own.jpg", &jpeg(5, 3_000, None));
    other.backup().finish().assert_code(0);
    let sum = tree::sum(&other.source.join("copy.jpg"));
    assert!(tree::files(&place.vault).values().all(|kept| *kept != sum), "it was sent");
    assert_eq!(tree::files(&place.vault).len(), 10);
    // Nor after the state is lost.
    fs::remove_dir_all(&place.state).unwrap();
    place.backup().finish().assert_code(0);
    assert!(tree::files(&place.vault).values().all(|kept| *kept != sum), "it was sent");
}

#[test]
fn a_second_vault_is_filled_without_forgetting_the_first() {
    let place = Place::new();
    roll(&place.source, 1, 20, 30_000);
    place.backed_up();
    let before = tree::identities(&place.vault);
    let second = place.root().join("second");
    place.backup_to(&second).finish().assert_code(0);
    tree::assert_holds_exactly(&second, &place.source);
    roll(&place.source, 2, 5, 30_000);
    place.backed_up();
    let after = tree::identities(&place.vault);
    assert!(before.iter().all(|(path, id)| after.get(path) == Some(id)), "something went twice");
}

#[test]
fn who_forgets_a_photo_is_told_of_its_twins() {
    let place = Place::new();
    for name in ["1.jpg", "2.jpg", "3.jpg"] {
        let number = if name == "3.jpg" { 3 } else { 1 };
        write(&place.source, name, &jpeg(number, 3_000, Some("2026:07:01 10:00:00")));
    }
    place.backed_up();
    let said = place.ask("forget").path(&place.source.join("1.jpg")).finish();
    said.assert_code(0).assert_says("2 files, those with the same bytes among them,");
    fs::remove_dir_all(place.vault.join("2026")).unwrap();
    let ended = place.backup().finish();
    ended.assert_code(0).assert_says("the vault has lost 1 file").assert_says("1 file,");
    place.status().finish().assert_code(0).assert_says("2 files forgotten, as you said");
}

#[test]
fn a_reserve_is_of_the_vaults_disk_and_not_of_this_device() {
    let place = Place::new();
    let Some(_disk) = Mount::small_disk(&place.vault, 8_000_000) else { return };
    roll(&place.source, 1, 3, 3_000);
    let refused = place.backup_with_reserve(&place.vault, "100GB").finish();
    refused.assert_code(3).assert_does_not_say("on this device");
    place.backed_up();
}

#[test]
fn the_month_is_the_photos_and_not_its_sidecars_whichever_is_read_first() {
    for round in 0..4 {
        let place = Place::new();
        write(&place.source, "1.jpg", &jpeg(round, 200_000, Some("2015:06:01 12:00:00")));
        let sidecar = write(&place.source, "1.xmp", b"<x:xmpmeta/>");
        let later = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_746_400_000);
        fs::File::options().write(true).open(sidecar).unwrap().set_modified(later).unwrap();
        place.backed_up();
        let month = place.vault.join("2015/06");
        assert!(month.join("1.jpg").exists() && month.join("1.xmp").exists());
    }
}

#[test]
fn sidecars_are_known_again_beside_their_photos_and_each_photo_has_its_own() {
    let place = Place::new();
    let when = Some("2026:07:03 10:00:00");
    // Two have the same name in the same month, and all the same sidecar but one.
    let photos = ["a/1", "b/1", "2", "3"];
    for (seed, stem) in (1..).zip(photos) {
        write(&place.source, format!("{stem}.jpg"), &jpeg(seed, 20_000, when));
        let sidecar = if stem == "3" { "<x:xmpmeta>3</x:xmpmeta>" } else { "<x:xmpmeta/>" };
        write(&place.source, format!("{stem}.xmp"), sidecar.as_bytes());
    }
    place.backup().finish().assert_code(0);
    let before = tree::identities(&place.vault);
    assert_eq!(before.len(), 8, "each photo has a sidecar of its own");
    for order in 0..4 {
        let other = place.another_device();
        other.backup().finish().assert_code(0).assert_says("Everything is safe: 8 files");
        assert_eq!(tree::identities(&place.vault), before, "nothing was sent ({order})");
    }
    // Moved in the source, both of them.
    fs::create_dir(place.source.join("c")).unwrap();
    for name in ["2.jpg", "2.xmp"] {
        fs::rename(place.source.join(name), place.source.join("c").join(name)).unwrap();
    }
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 8 files");
    assert_eq!(tree::identities(&place.vault), before, "nothing was sent");
    // Another photo's is sent, although the vault has such bytes, and what was changed as well.
    write(&place.source, "4.jpg", &jpeg(9, 20_000, when));
    write(&place.source, "4.xmp", b"<x:xmpmeta/>");
    write(&place.source, "3.xmp", b"<x:xmpmeta/>");
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 10 files");
    assert_eq!(tree::identities(&place.vault).len(), 11);
    assert!(place.vault.join("2026/07/4.xmp").exists());
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0);
    let back = tree::files(&dest);
    assert!(tree::files(&place.source).iter().all(|(path, sum)| back.get(path) == Some(sum)));
}
