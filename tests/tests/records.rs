//! Records that are gone, torn or not to be read. Nothing is called safe of which no record speaks any
//! more; the next backup records again what lies there, and sends what does not.

use keepsake_tests::photos::{jpeg, roll, write};
use keepsake_tests::records::segments;
use keepsake_tests::{Place, tree};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// Photos that are safe, in the vault's only segment.
fn safe(count: u64) -> Place {
    let place = Place::new();
    roll(&place.source, 1, count, 3_000);
    place.backed_up();
    assert_eq!(segments(&place.vault).len(), 1);
    place
}

/// Backs up, and nothing is sent again.
fn recorded_again(place: &Place) -> keepsake_tests::program::Outcome {
    let before = tree::identities(&place.vault);
    let ended = place.backup().finish();
    ended.assert_code(0);
    let after = tree::identities(&place.vault);
    assert!(before.iter().all(|(path, id)| after[path] == *id), "something was sent again");
    tree::assert_holds_exactly(&place.vault, &place.source);
    ended
}

#[test]
fn a_vault_that_is_an_older_copy_of_itself_gets_what_it_lacks() {
    let place = Place::new();
    roll(&place.source, 1, 3, 3_000);
    place.backed_up();
    let copy = place.root().join("copy");
    let copied = Command::new("cp").arg("-a").arg(&place.vault).arg(&copy).status().unwrap();
    assert!(copied.success());
    roll(&place.source.join("later"), 2, 4, 3_000);
    place.backed_up();
    fs::rename(&place.vault, place.root().join("newer")).unwrap();
    fs::rename(&copy, &place.vault).unwrap();
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 7 files");
    place.assert_whole();
}

#[test]
fn lost_segments_are_noticed_and_what_lies_there_is_recorded_again_and_not_sent() {
    let place = safe(5);
    fs::remove_file(&segments(&place.vault)[0]).unwrap();
    place.verify().finish().assert_code(2).assert_says("5 files not safe yet");
    recorded_again(&place);
    place.assert_whole();
}

#[test]
fn a_torn_segment_is_noticed_by_every_command_and_its_photos_are_recorded_again() {
    let place = safe(5);
    let torn = segments(&place.vault).remove(0);
    let bytes = fs::read(&torn).unwrap();
    for half in [bytes[..100].to_vec(), vec![0; bytes.len()], Vec::new()] {
        fs::write(&torn, half).unwrap();
        place.status().finish().assert_code(3).assert_says("none speaks of 5 files any more");
        place.verify().finish().assert_code(2).assert_says("damaged records").assert_says("torn");
        recorded_again(&place);
        // Nothing is left to do, and what is left is named.
        let verified = place.verify().finish();
        verified.assert_code(0).assert_says("recorded elsewhere, as far as this device knows");
        let dest = place.root().join("restored");
        place.restore_to(&dest).finish().assert_code(0).assert_says("records that cannot be used");
        tree::assert_restored(&place.source, &dest);
        // As it was, for the next way to tear it: only this one.
        for other in segments(&place.vault) {
            fs::remove_file(other).unwrap();
        }
        fs::write(&torn, &bytes).unwrap();
        place.backup().finish().assert_code(0);
    }
}

#[test]
fn a_segment_that_was_only_copied_is_read_again_and_believed() {
    let place = safe(5);
    let copied = segments(&place.vault).remove(0);
    let bytes = fs::read(&copied).unwrap();
    fs::remove_file(&copied).unwrap();
    fs::write(&copied, &bytes).unwrap();
    place.status().finish().assert_code(0).assert_does_not_say("lost records");
    place.assert_whole();
}

#[test]
fn what_only_a_lost_segment_recorded_is_named_by_the_backup() {
    let place = safe(5);
    let gone = tree::paths(&place.source).into_iter().next().unwrap();
    fs::remove_file(place.source.join(gone)).unwrap();
    place.backup().finish().assert_code(0);
    fs::remove_file(&segments(&place.vault)[0]).unwrap();
    let ended = place.backup().finish();
    ended.assert_code(0).assert_says("none speaks of 5 files any more; 4 files of this source");
    place.backup().finish().assert_code(0).assert_does_not_say("lost records");
    place.verify().finish().assert_says("1 file in the vault without a record");
}

#[test]
fn a_segment_that_may_not_be_read_keeps_nothing_from_being_restored_or_backed_up() {
    let place = safe(5);
    write(&place.source, "later.jpg", &jpeg(99, 3_000, None));
    place.backed_up();
    let closed = segments(&place.vault).remove(0);
    let mode = |mode| fs::set_permissions(&closed, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o000);
    for call in [place.status(), place.backup()] {
        let ended = call.as_nobody(place.root()).finish();
        ended.assert_code(0).assert_does_not_say("lost records");
    }
    let before = tree::identities(&place.vault);
    // A device that has not read it.
    let aside = place.root().join("state-aside");
    fs::rename(&place.state, &aside).unwrap();
    let other = place.backup().as_nobody(place.root()).finish();
    fs::remove_dir_all(&place.state).unwrap();
    fs::rename(&aside, &place.state).unwrap();
    other
        .assert_code(0)
        .assert_says("1 place in the vault may not be looked into or written (.keepsake/seg");
    assert_eq!(tree::identities(&place.vault), before, "known by its bytes");
    let verified = place.verify().as_nobody(place.root()).finish();
    verified.assert_code(3).assert_says("1 segment of records could not be read");
    verified.assert_does_not_say("without a record").assert_does_not_say("not safe yet");
    let dest = place.root().join("restored");
    let done = place.restore_to(&dest).as_nobody(place.root()).finish();
    done.assert_says("cannot be read").assert_does_not_say("read-only");
    assert!(
        tree::files(&place.source)
            .values()
            .all(|sum| { tree::files(&dest).values().any(|restored| restored == sum) })
    );
    mode(0o600);
    place.verify().as_nobody(place.root()).finish().assert_code(0);
}

#[test]
fn a_vault_whose_folder_may_not_be_read_is_called_so() {
    let place = safe(3);
    let folder = place.vault.join(".keepsake/segments");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o000)).unwrap();
    let ended = place.backup().as_nobody(place.root()).finish();
    ended.assert_says("may not be read").assert_does_not_say("read-only");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    place.backup().as_nobody(place.root()).finish().assert_code(0);
}

#[test]
fn a_vault_whose_records_were_all_removed_gets_new_ones_when_its_user_says_so() {
    let place = safe(5);
    fs::remove_dir_all(place.vault.join(".keepsake")).unwrap();
    let ended = place.backup().finish();
    ended.assert_code(3).assert_says("its .keepsake is not there").assert_says("--new-records");
    assert!(!place.vault.join(".keepsake").exists(), "an empty mount point may look so");
    let before = tree::identities(&place.vault);
    place.backup().arg("--new-records").finish().assert_code(0).assert_says("5 files");
    let after = tree::identities(&place.vault);
    assert!(before.iter().all(|(path, id)| after[path] == *id), "something was sent again");
    recorded_again(&place).assert_says("Everything is safe: 5 files");
    place.assert_whole();
}

#[test]
fn a_vault_whose_id_alone_is_gone_has_it_again_and_its_records_are_believed() {
    let place = safe(5);
    let id = place.vault.join(".keepsake/vault.json");
    let before = fs::read(&id).unwrap();
    fs::remove_file(&id).unwrap();
    let dest = place.root().join("without an id");
    place.restore_to(&dest).finish().assert_code(0).assert_says("Restored 5 files");
    place.backup().finish().assert_code(3).assert_says("vault.json is not there");
    place.backup().arg("--new-records").finish().assert_code(0);
    assert_eq!(fs::read(&id).unwrap(), before);
}

#[test]
fn every_device_knows_a_vault_again_whose_records_one_has_begun_anew() {
    let place = safe(5);
    let other = place.another_device();
    other.backup().finish().assert_code(0);
    fs::remove_dir_all(place.vault.join(".keepsake")).unwrap();
    place.backup().arg("--new-records").finish().assert_code(0);
    other.backup().finish().assert_code(0).assert_says("Everything is safe: 5 files");
    // A third one did, which knew nothing of it.
    fs::remove_dir_all(place.vault.join(".keepsake")).unwrap();
    let third = place.another_device();
    third.backup().finish().assert_code(0);
    place.backup().finish().assert_code(1).assert_says("open it with new records");
    place.backup().arg("--new-records").finish().assert_code(0);
    recorded_again(&place);
    place.assert_whole();
}

#[test]
fn new_records_are_not_begun_where_nothing_lies() {
    let place = safe(3);
    let away = place.root().join("away");
    fs::rename(&place.vault, &away).unwrap();
    for is_mount_point in [false, true] {
        if is_mount_point {
            fs::create_dir(&place.vault).unwrap();
        }
        place.backup().arg("--new-records").finish().assert_code(3);
        assert!(!place.vault.join(".keepsake").exists());
    }
    fs::remove_dir(&place.vault).unwrap();
    fs::rename(&away, &place.vault).unwrap();
    place.backup().finish().assert_code(0);
}

#[test]
fn an_id_that_is_torn_or_that_nobody_knows_any_more_is_mended() {
    let place = safe(3);
    let id = place.vault.join(".keepsake/vault.json");
    for reinstalled in [false, true] {
        if reinstalled {
            fs::remove_dir_all(&place.state).unwrap();
            fs::remove_file(&id).unwrap();
        } else {
            fs::write(&id, b"").unwrap();
        }
        place.backup().finish().assert_code(1).assert_says("new records");
        let before = tree::identities(&place.vault);
        place.backup().arg("--new-records").finish().assert_code(0).assert_says("3 files");
        let after = tree::identities(&place.vault);
        assert!(before.iter().all(|(path, id)| after[path] == *id), "something was sent again");
    }
    place.assert_whole();
}

#[test]
fn what_was_forgotten_stays_so_when_its_tombstone_is_torn() {
    let place = safe(3);
    let forgotten = tree::paths(&place.source).into_iter().next().unwrap();
    let before = segments(&place.vault);
    place.ask("forget").path(&forgotten).finish().assert_code(0);
    let tombstones = segments(&place.vault).into_iter().find(|one| !before.contains(one)).unwrap();
    fs::write(tombstones, b"torn").unwrap();
    place.backup().finish().assert_code(0);
    let other = place.another_device();
    other.backup().finish().assert_code(0);
    assert_eq!(other.counted("Forgotten"), 1);
    // Its bytes in the vault may rot: nobody wants them.
    let path = tree::files(&place.vault).into_keys().find(|path| path.ends_with(&forgotten));
    fs::write(place.vault.join(path.unwrap()), b"rotten").unwrap();
    place.verify().arg("--deep").finish().assert_code(0).assert_does_not_say("damaged:");
}
