//! Getting everything back, from a vault that is not trusted: nothing is overwritten, nothing is
//! written outside, whatever its records say.

use keepsake_tests::disk::Mount;
use keepsake_tests::photos::{changed_at, jpeg, roll, write};
use keepsake_tests::skip::can_be_nobody;
use keepsake_tests::{Call, Place, records, trace, tree};
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[test]
fn nothing_is_overwritten_and_what_is_there_already_is_not_written_again() {
    let place = Place::new();
    records::kept(&place);
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0).assert_says("Restored 6 files");
    let before = tree::identities(&dest);
    place.restore_to(&dest).finish().assert_code(0).assert_says("6 files there already");
    assert_eq!(tree::identities(&dest), before);
    write(&dest, "IMG.JPG", b"the user's own");
    let done = place.restore_to(&dest).finish();
    done.assert_code(2).assert_says("IMG.JPG").assert_says("left as it was");
    assert_eq!(fs::read(dest.join("IMG.JPG")).unwrap(), b"the user's own");
}

#[test]
fn a_folder_that_is_called_as_our_own_is_restored_like_any_other() {
    let place = Place::new();
    roll(&place.source.join(".keepsake-restore"), 1, 3, 3_000);
    write(&place.source, ".keepsake-restore-1.jpg", &jpeg(7, 3_000, None));
    place.backed_up();
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0).assert_says("Restored 4 files");
    tree::assert_restored(&place.source, &dest);
    // Another vault, whose restore calls its own folder so, takes nothing out of it.
    let other = Place::new();
    roll(&other.source, 2, 3, 3_000);
    other.backed_up();
    other.restore_to(&dest).finish().assert_code(0).assert_says("Restored 3 files");
    place.restore_to(&dest).finish().assert_code(0).assert_says("4 files there already");
}

#[test]
fn a_restore_that_was_killed_goes_on_and_leaves_nothing_half_written() {
    let place = Place::new();
    roll(&place.source, 1, 300, 100_000);
    place.backed_up();
    let dest = place.root().join("restored");
    let mut running = place.restore_to(&dest).start();
    assert!(running.stop_when(|_| tree::paths_seen(&dest) >= 10), "it was too quick");
    running.signal(Signal::KILL);
    running.finish();
    let wanted = tree::files(&place.source);
    for (path, sum) in tree::files(&dest) {
        let leftover = path.to_string_lossy().contains("keepsake");
        assert!(leftover || wanted.get(&path) == Some(&sum), "{} is half written", path.display());
    }
    place.restore_to(&dest).finish().assert_code(0);
    tree::assert_restored(&place.source, &dest);
}

#[test]
fn what_the_vault_lost_or_broke_is_named_and_the_rest_comes_back() {
    let place = Place::new();
    let record = records::kept(&place);
    let lost = place.vault.join(record["path"].as_str().unwrap());
    fs::remove_file(&lost).unwrap();
    let name = records::all(&place.vault)
        .into_iter()
        .find(|other| other["original"] != "IMG.JPG")
        .map(|other| other["path"].as_str().unwrap().to_owned())
        .unwrap();
    let mut bytes = fs::read(place.vault.join(&name)).unwrap();
    bytes[1_500] ^= 1;
    fs::write(place.vault.join(&name), bytes).unwrap();
    let dest = place.root().join("restored");
    let done = place.restore_to(&dest).finish();
    done.assert_code(2).assert_says(lost.file_name().unwrap().to_str().unwrap());
    done.assert_says(Path::new(&name).file_name().unwrap().to_str().unwrap());
    let (wanted, back) = (tree::files(&place.source), tree::files(&dest));
    let apart = Path::new("not as recorded").join(&name);
    assert_eq!(back.len(), 5);
    assert!(back.contains_key(&apart), "what is left of it");
    let whole = back.iter().filter(|(path, _)| **path != apart);
    assert!(
        whole.into_iter().all(|(path, sum)| wanted.get(path) == Some(sum)),
        "wrong bytes came back"
    );
}

#[test]
fn a_vault_that_may_not_be_opened_is_not_called_none() {
    if !can_be_nobody() {
        return;
    }
    let place = Place::new();
    roll(&place.source, 1, 3, 3_000);
    let user = |call: Call| call.as_nobody(place.root());
    user(place.backup()).finish().assert_code(0);
    let dest = place.root().join("restored");
    let mode = |mode| fs::set_permissions(&place.vault, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o000);
    user(place.restore_to(&dest)).finish().assert_code(3).assert_says("cannot be looked into");
    mode(0o755);
    user(place.restore_to(&dest)).finish().assert_code(0);
}

#[test]
fn a_destination_that_is_the_vault_or_in_it_by_another_path_is_refused() {
    let place = Place::new();
    roll(&place.source, 1, 3, 3_000);
    place.backed_up();
    let month = place.vault.join("2026/01");
    for (what, name) in [(&place.vault, "whole"), (&month, "month")] {
        let at = place.root().join(name);
        let Some(_bound) = Mount::bind(what, &at) else { return };
        for dest in [at.join("new/folder"), at.clone()] {
            let refused = place.restore_to(&dest).finish();
            refused.assert_code(1).assert_says("lies inside the vault");
            assert!(!at.join("new").exists());
        }
    }
    place.assert_whole();
}

#[test]
fn a_second_restore_into_one_folder_is_refused_while_the_first_is_at_work() {
    let place = Place::new();
    roll(&place.source, 1, 30, 500_000);
    place.backed_up();
    let dest = place.root().join("restored");
    let mut first = place.restore_to(&dest).start();
    assert!(first.stop_when(|_| dest.join(".keepsake-restore").exists()), "it was too fast");
    let second = place.restore_to(&dest).finish();
    second.assert_code(1).assert_says("another restore is at work there");
    first.go_on();
    first.finish().assert_code(0);
    tree::assert_restored(&place.source, &dest);
}

#[test]
fn what_is_no_vault_is_refused_and_stays_as_it_is() {
    let place = Place::new();
    roll(&place.source, 1, 3, 3_000);
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(1).assert_says("is no vault");
    assert!(!dest.exists() && !place.vault.exists());
    records::kept(&place);
    let file = write(place.root(), "file", b"x");
    place.restore_to(&file).finish().assert_code(1).assert_says("file");
    assert_eq!(fs::read(file).unwrap(), b"x");
}

#[test]
fn a_destination_that_gets_full_is_a_pause_and_room_lets_it_go_on() {
    let place = Place::new();
    roll(&place.source, 1, 40, 100_000);
    place.backed_up();
    let small = place.root().join("small");
    {
        let Some(_disk) = Mount::small_disk(&small, 2_500_000) else { return };
        let stopped = place.restore_to(&small.join("back")).finish();
        stopped.assert_code(3).assert_says("free some, and run it again").assert_says("Restored ");
        assert!(small.join("back").read_dir().unwrap().count() > 0);
    }
    let dest = place.root().join("back");
    place.restore_to(&dest).finish().assert_code(0);
    tree::assert_restored(&place.source, &dest);
}

#[test]
fn what_lies_in_the_vault_without_a_record_comes_back_under_its_name_there() {
    let place = Place::new();
    for number in 1..=2 {
        let taken = Some("2026:07:14 09:30:00");
        write(&place.source, format!("{number}.jpg"), &jpeg(number, 3_000, taken));
        place.backed_up();
    }
    let only_there = fs::read(place.source.join("1.jpg")).unwrap();
    fs::remove_file(place.source.join("1.jpg")).unwrap();
    place.backup().finish().assert_code(0);
    fs::remove_dir_all(place.vault.join(".keepsake/segments")).unwrap();
    place.backup().finish().assert_code(0);
    place.verify().finish().assert_says("1 file in the vault without a record");
    let dest = place.root().join("back");
    let done = place.restore_to(&dest).finish();
    done.assert_code(0).assert_says("1 file of these without a record");
    assert_eq!(fs::read(dest.join("2026/07/1.jpg")).unwrap(), only_there);
    assert!(dest.join("2.jpg").exists() && !dest.join("2026/07/2.jpg").exists());
    // Nor without any record at all.
    fs::remove_dir_all(place.vault.join(".keepsake/segments")).unwrap();
    let all = place.root().join("all");
    for says in ["Restored 2 files", "2 files there already"] {
        let done = place.restore_to(&all).finish();
        done.assert_code(2).assert_says(says).assert_says("2 files of these without a record");
        done.assert_says("Records are lost, and with them the names");
    }
}

#[test]
fn a_vault_that_is_pulled_out_while_it_is_restored_is_a_pause() {
    let place = Place::new();
    roll(&place.source, 1, 400, 200_000);
    place.backed_up();
    let dest = place.root().join("restored");
    let away = place.root().join("away");
    let mut running = place.restore_to(&dest).start();
    assert!(running.stop_when(|_| tree::paths_seen(&dest) >= 5), "it was too quick");
    fs::rename(&place.vault, &away).unwrap();
    running.signal(Signal::CONT);
    let ended = running.finish();
    ended.assert_code(3).assert_says("does not answer").assert_does_not_say("other bytes");
    fs::rename(&away, &place.vault).unwrap();
    place.restore_to(&dest).finish().assert_code(0);
    tree::assert_restored(&place.source, &dest);
}

#[test]
fn what_cannot_be_looked_at_in_the_vault_is_named_by_restore_and_verify() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    roll(&place.source, 1, 3, 3_000);
    place.backed_up();
    let strange = std::ffi::OsStr::from_bytes(b"caf\xe9.jpg");
    fs::write(place.vault.join(strange), b"only here").unwrap();
    let closed = place.vault.join("closed");
    write(&closed, "x.jpg", b"nor here");
    let mode = |mode| {
        fs::set_permissions(&closed, fs::Permissions::from_mode(mode)).unwrap();
    };
    place.backup().as_nobody(place.root()).finish().assert_code(0);
    mode(0o000);
    let dest = place.root().join("restored");
    let done = place.restore_to(&dest).as_nobody(place.root()).finish();
    done.assert_code(2).assert_says("caf").assert_says("not restored: closed");
    let verified = place.verify().as_nobody(place.root()).finish();
    verified.assert_code(3).assert_says("cannot be looked at").assert_says("closed");
    // What a system keeps at the root of a disk is nobody's photo.
    let systems = place.vault.join("lost+found");
    fs::rename(&closed, &systems).unwrap();
    fs::remove_file(place.vault.join(strange)).unwrap();
    place.verify().as_nobody(place.root()).finish().assert_code(0);
    fs::rename(&systems, &closed).unwrap();
    mode(0o700);
    let dest = place.root().join("again");
    let done = place.restore_to(&dest).as_nobody(place.root()).finish();
    done.assert_code(0).assert_says("1 file of these without a record");
}

#[test]
fn what_may_not_be_read_is_not_called_lost() {
    let place = Place::new();
    roll(&place.source, 1, 3, 3_000);
    place.backed_up();
    place.backup().as_nobody(place.root()).finish().assert_code(0);
    let name = tree::files(&place.vault).into_keys().next().unwrap();
    let file = place.vault.join(name);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    let done = place.restore_to(&place.root().join("out")).as_nobody(place.root()).finish();
    done.assert_code(2).assert_says("could not be read").assert_does_not_say("does not have it");
    let verified = place.verify().arg("--deep").as_nobody(place.root()).finish();
    verified.assert_code(3).assert_says("check permissions").assert_does_not_say("Back up again");
}

#[test]
fn a_name_that_was_a_file_and_is_a_folder_gives_both_back() {
    let place = Place::new();
    let (one, two) = (jpeg(1, 3_000, None), jpeg(2, 3_000, None));
    write(&place.source, "trip.jpg", &one);
    place.backed_up();
    fs::remove_file(place.source.join("trip.jpg")).unwrap();
    write(&place.source, "trip.jpg/x.jpg", &two);
    place.backup().finish().assert_code(0);
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0).assert_says("Restored 2 files");
    let restored = tree::files(&dest);
    assert_eq!(restored.len(), 2);
    assert_eq!(fs::read(dest.join("trip.jpg/x.jpg")).unwrap(), two);
}

#[test]
fn ctrl_c_ends_a_restore_and_a_verification_in_good_order() {
    let place = Place::new();
    roll(&place.source, 1, 400, 200_000);
    place.backed_up();
    let dest = place.root().join("restored");
    let mut running = place.restore_to(&dest).start();
    assert!(running.stop_when(|_| tree::paths_seen(&dest) >= 5), "it was too quick");
    running.signal(Signal::INT);
    running.go_on();
    running.finish().assert_code(3).assert_says("run it again to go on");
    assert!(!dest.join(".keepsake-restore").exists());
    place.restore_to(&dest).finish().assert_code(0);
    tree::assert_restored(&place.source, &dest);
}

#[test]
fn a_destination_whose_disk_fails_is_a_pause() {
    if !trace::can_trace() {
        return;
    }
    let place = Place::new();
    roll(&place.source, 1, 5, 3_000);
    place.backed_up();
    let dest = place.root().join("restored");
    let third = dest.join(".keepsake-restore/restoring-2");
    let cut = trace::with_fault(place.restore_to(&dest), "write,pwrite64", &third, "error=EIO");
    cut.finish().assert_code(3).assert_says("cannot be written now").assert_no_panic();
    let again = place.restore_to(&dest).finish();
    again.assert_code(0);
    tree::assert_restored(&place.source, &dest);
}

#[test]
fn the_only_copy_in_the_place_of_what_is_there_already_comes_back_too() {
    let place = Place::new();
    roll(&place.source, 1, 3, 3_000);
    place.backed_up();
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0);
    let path = tree::files(&place.vault).into_keys().next().unwrap();
    fs::write(place.vault.join(&path), b"the only copy of something else").unwrap();
    let again = place.restore_to(&dest).finish();
    again.assert_code(0).assert_says("what lies there was restored into");
    let apart = dest.join("not as recorded").join(&path);
    assert_eq!(fs::read(apart).unwrap(), b"the only copy of something else");
}

#[test]
fn only_copies_come_back_also_where_something_has_the_name_already() {
    let place = Place::new();
    write(&place.source, "1.jpg", &jpeg(1, 3_000, Some("2026:07:01 10:00:00")));
    write(&place.source, "album/2.jpg", &jpeg(2, 3_000, Some("2026:07:02 10:00:00")));
    place.backed_up();
    // Exchanged, and one of the names is taken in the destination.
    let paths = ["2026/07/1.jpg", "2026/07/2.jpg"].map(|path| place.vault.join(path));
    let aside = place.root().join("aside");
    for (from, to) in [(&paths[0], &aside), (&paths[1], &paths[0]), (&aside, &paths[1])] {
        fs::rename(from, to).unwrap();
    }
    let dest = place.root().join("taken");
    write(&dest, "1.jpg", b"other");
    let done = place.restore_to(&dest).finish();
    done.assert_code(2).assert_says("1.jpg: left as it was");
    done.assert_does_not_say("does not have it any more");
    assert_eq!(tree::sum(&dest.join("album/2.jpg")), tree::sum(&place.source.join("album/2.jpg")));

    // Something else in the place of both, and a file where a folder is to be.
    for (path, bytes) in paths.iter().zip(["one only copy", "another only copy"]) {
        fs::write(path, bytes).unwrap();
    }
    let dest = place.root().join("filled");
    write(&dest, "1.jpg", b"other");
    write(&dest, "album", b"a file");
    let done = place.restore_to(&dest).finish();
    done.assert_code(2).assert_says("1.jpg: left as it was").assert_says("2.jpg: left as it was");
    for (name, bytes) in [("1.jpg", "one only copy"), ("2.jpg", "another only copy")] {
        let apart = dest.join("not as recorded/2026/07").join(name);
        assert_eq!(fs::read(apart).unwrap(), bytes.as_bytes());
    }
}

#[test]
fn the_newest_version_has_the_name_whichever_device_backed_it_up() {
    let place = Place::new();
    let version = |number: u64| {
        let photo = write(&place.source, "I.JPG", &jpeg(number, 3_000, None));
        changed_at(&photo, 1_780_000_000 + number, 0);
    };
    for number in 1..=5 {
        version(number);
        place.backup().finish().assert_code(0);
    }
    let again = place.another_device();
    again.backup().finish().assert_code(0);
    version(6);
    again.backup().finish().assert_code(0);
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0).assert_says("Restored 6 files");
    assert_eq!(fs::read(dest.join("I.JPG")).unwrap(), jpeg(6, 3_000, None));
}
