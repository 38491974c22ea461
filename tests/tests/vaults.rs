//! Bad days of the vault: in the wrong place, full, unplugged, read-only, from a newer version, and
//! used by two at once.

use keepsake_tests::disk::Mount;
use keepsake_tests::photos::{jpeg, roll, write};
use keepsake_tests::skip::can_be_nobody;
use keepsake_tests::{Call, Outcome, Place, tree};
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const MB: usize = 1_000_000;

/// What a person sees in the vault is whole: each file is one of the source, byte for byte.
fn nothing_half_written(place: &Place) {
    let wanted: BTreeSet<_> = tree::files(&place.source).into_values().collect();
    for (path, sum) in tree::files(&place.vault) {
        assert!(wanted.contains(&sum), "{} is not whole", path.display());
    }
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_vault_inside_the_source_and_a_source_inside_the_vault_are_refused() {
    let mut place = Place::new();
    roll(&place.source.join("2026"), 1, 3, 2_000);
    let inside = place.source.join("Keepsake");
    let refused = place.backup_to(&inside).finish();
    refused.assert_code(1).assert_says("lies inside the source");
    assert!(!inside.exists());
    place.backup_to(&place.source).finish().assert_code(1);
    let around = place.root().to_path_buf();
    place.backup_to(&around).finish().assert_code(1).assert_says("inside the vault");
    assert!(!around.join(".keepsake").exists());
    // Through a link, too.
    let alias = place.root().join("alias");
    std::os::unix::fs::symlink(&place.source, &alias).unwrap();
    place.backup_to(&alias.join("deep/vault")).finish().assert_code(1);
    assert_eq!(entries(&place.source), 1);
    // A vault is no source and holds no other vault, and a file is no vault.
    place.backed_up();
    let nested = place.vault.join("2026/another");
    place.backup_to(&nested).finish().assert_code(1).assert_says("lies inside another one");
    assert!(!nested.exists());
    let (vault, other) = (place.vault.clone(), place.root().join("other"));
    place.source = vault;
    place.state = place.root().join("other state");
    place.backup_to(&other).finish().assert_code(1).assert_says("is itself a vault");
    let file = write(place.root(), "file", b"x");
    place.source = place.root().join("Pictures");
    place.backup_to(&file).finish().assert_code(1).assert_says("is a file");
}

#[test]
fn a_full_disk_is_named_nothing_is_half_written_and_room_lets_it_go_on() {
    let place = Place::new();
    let Some(disk) = Mount::small_disk(&place.vault, 24_000_000) else { return };
    roll(&place.source, 1, 40, MB);
    let done = place.backup().finish();
    done.assert_code(3);
    done.assert_says("the vault has no room above the reserve");
    done.assert_says("To go on: ");
    nothing_half_written(&place);
    assert!(tree::files(&place.vault).len() >= 12, "it could have kept more: {done:#?}");
    place.status().finish().assert_code(3).assert_says("no room above");
    // No room yet: it says so again, and nothing was quarantined for it.
    let again = place.backup().finish();
    again.assert_code(3).assert_says("no room").assert_does_not_say("Not safe");
    nothing_half_written(&place);
    let kept = tree::identities(&place.vault);
    disk.again_with("size=80m");
    place.backed_up();
    let now = tree::identities(&place.vault);
    assert!(kept.iter().all(|(path, id)| now.get(path) == Some(id)), "something was sent again");
}

#[test]
fn a_photo_larger_than_the_room_does_not_keep_the_smaller_ones_out() {
    let place = Place::new();
    let Some(disk) = Mount::small_disk(&place.vault, 24_000_000) else { return };
    write(&place.source, "film.mov", &jpeg(1, 40 * MB, None));
    roll(&place.source, 1, 10, MB);
    place.backup().finish().assert_code(3).assert_says("no room");
    nothing_half_written(&place);
    assert_eq!(tree::files(&place.vault).len(), 10);
    disk.again_with("size=100m");
    place.backed_up();
}

#[test]
fn a_backup_that_watches_goes_on_by_itself_when_there_is_room() {
    let place = Place::new();
    let Some(disk) = Mount::small_disk(&place.vault, 24_000_000) else { return };
    roll(&place.source, 1, 40, MB);
    let mut running = place.backup().arg("--watch").start();
    // Full: what is seen no longer grows.
    assert!(running.stop_when(|_| room(&place.vault) < MB as u64));
    disk.again_with("size=80m");
    running.go_on();
    assert!(running.stop_when(|_| tree::paths_seen(&place.vault) == 40), "it ended");
    running.go_on();
    running.signal(Signal::INT);
    let done = running.finish();
    assert!(matches!(done.status.code(), Some(0 | 3)), "{done:#?}");
    place.backed_up();
}

fn room(path: &Path) -> u64 {
    rustix::fs::statvfs(path).map_or(u64::MAX, |disk| disk.f_bavail * disk.f_frsize)
}

#[test]
fn the_reserve_is_never_touched() {
    let place = Place::new();
    let Some(_disk) = Mount::small_disk(&place.vault, 60_000_000) else { return };
    roll(&place.source, 1, 40, MB);
    let done = place.backup_with_reserve(&place.vault, "40MB").finish();
    done.assert_code(3).assert_says("--reserve");
    nothing_half_written(&place);
    assert!(room(&place.vault) >= 38_000_000, "{} bytes are left", room(&place.vault));
    assert!(!tree::files(&place.vault).is_empty(), "there was room above it: {done:#?}");
    place.backed_up();
}

#[test]
fn a_vault_unplugged_in_the_middle_leaves_its_empty_mount_point_alone() {
    let place = Place::new();
    let stick = place.root().join("stick");
    fs::create_dir(&stick).unwrap();
    let Some(mut mount) = Mount::bind(&stick, &place.vault) else { return };
    roll(&place.source, 1, 600, 100_000);
    let mut running = place.backup().start();
    assert!(running.stop_when(|_| tree::paths_seen(&stick) >= 20), "it was too quick");
    mount.pull_out();
    running.go_on();
    let done = running.finish();
    done.assert_code(3);
    done.assert_says("the vault is not there").assert_does_not_say("Not safe");
    assert_eq!(entries(&place.vault), 0, "something was written to the mount point");
    // Still away: it is not made anew there.
    let away = place.backup().finish();
    not_safe(&away).assert_says("vault");
    assert_eq!(entries(&place.vault), 0, "a second vault was made");
    place.status().finish().assert_no_panic();
    let Some(_mount) = Mount::bind(&stick, &place.vault) else { return };
    place.backed_up();
}

fn not_safe(outcome: &Outcome) -> &Outcome {
    assert!(matches!(outcome.status.code(), Some(1 | 3)), "{outcome:#?}");
    outcome.assert_no_panic()
}

#[test]
fn another_vault_in_the_place_of_the_known_one_is_not_taken_for_it() {
    let place = Place::new();
    roll(&place.source, 1, 5, 2_000);
    place.backed_up();
    let away = place.root().join("away");
    fs::rename(&place.vault, &away).unwrap();
    let stranger = Place::new();
    roll(&stranger.source, 2, 5, 2_000);
    stranger.backed_up();
    assert!(
        std::process::Command::new("cp")
            .args(["-a".as_ref(), stranger.vault.as_os_str(), place.vault.as_os_str()])
            .status()
            .unwrap()
            .success()
    );
    let before = tree::files(&place.vault);
    roll(&place.source, 3, 5, 2_000);
    not_safe(&place.backup().finish()).assert_says("vault");
    assert_eq!(tree::files(&place.vault), before);
    fs::remove_dir_all(&place.vault).unwrap();
    fs::rename(&away, &place.vault).unwrap();
    place.backed_up();
}

#[test]
fn a_read_only_vault_is_named_and_nothing_is_given_up_on() {
    let place = Place::new();
    let stick = place.root().join("stick");
    fs::create_dir(&stick).unwrap();
    let Some(mount) = Mount::bind(&stick, &place.vault) else { return };
    roll(&place.source, 1, 5, 2_000);
    place.backed_up();
    roll(&place.source, 2, 5, 2_000);
    mount.again_with("bind,ro");
    let done = place.backup().finish();
    let said = format!("{}{}", done.out, done.err);
    assert!(said.contains("read-only") || said.contains("writable"), "{done:#?}");
    not_safe(&done).assert_does_not_say("Not safe");
    // Everything can still be got back.
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0);
    assert_eq!(tree::files(&dest).len(), 5);
    mount.again_with("bind,rw");
    place.status().finish().assert_code(3).assert_says("no backup has looked through the whole");
    place.backed_up();
}

#[test]
fn a_vault_that_we_may_not_write_is_named_and_nothing_is_given_up_on() {
    if !can_be_nobody() {
        return;
    }
    let place = Place::new();
    let user = |call: Call| call.as_nobody(place.root());
    roll(&place.source, 1, 5, 2_000);
    fs::create_dir(&place.vault).unwrap();
    let mode = |mode| fs::set_permissions(&place.vault, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    let done = user(place.backup()).finish();
    not_safe(&done).assert_says("Keepsake").assert_does_not_say("Not safe");
    assert_eq!(entries(&place.vault), 0);
    mode(0o755);
    user(place.backup()).finish().assert_code(0);
    tree::assert_holds_exactly(&place.vault, &place.source);
}

#[test]
fn a_month_that_may_not_be_looked_into_or_written_is_named_and_the_others_go_on() {
    if !can_be_nobody() {
        return;
    }
    for closed in [0o000, 0o555] {
        let place = Place::new();
        let user = |call: Call| call.as_nobody(place.root());
        let photo = |month: u64, day: u64| {
            jpeg(100 * month + day, 3_000, Some(&format!("2026:{month:02}:{day:02} 10:00:00")))
        };
        write(&place.source, "1.jpg", &photo(7, 1));
        user(place.backup()).finish().assert_code(0);
        let july = place.vault.join("2026/07");
        let mode = |mode| fs::set_permissions(&july, fs::Permissions::from_mode(mode)).unwrap();
        mode(closed);
        write(&place.source, "2.jpg", &photo(7, 2));
        write(&place.source, "3.jpg", &photo(8, 3));
        let done = user(place.backup()).finish();
        not_safe(&done).assert_says("looked into or written (2026/07)").assert_code(3);
        assert!(place.vault.join("2026/08/3.jpg").exists());
        mode(0o755);
        user(place.backup()).finish().assert_code(0);
        tree::assert_holds_exactly(&place.vault, &place.source);
    }
}

#[test]
fn a_backup_that_watches_says_when_its_vault_is_away_and_when_it_is_back() {
    let place = Place::new();
    roll(&place.source, 1, 5, 5_000);
    let mut running = place.backup().arg("--watch").start();
    let away = place.root().join("away");
    let is_held = || {
        let status = &place.status().arg("--json").finish().lines()[0]["status"];
        status["holds"].to_string().contains("VaultUnavailable")
    };
    let safe = || {
        let told = place.status().arg("--json").finish();
        told.status.code() != Some(1)
            && place.counted("BackedUp") == tree::files(&place.source).len() as u64
    };
    assert!(running.stop_when(|_| safe()), "it ended");
    fs::rename(&place.vault, &away).unwrap();
    write(&place.source, "new.jpg", &jpeg(50, 5_000, None));
    running.go_on();
    assert!(running.stop_when(|_| is_held()), "it ended");
    fs::rename(&away, &place.vault).unwrap();
    running.go_on();
    assert!(running.stop_when(|_| safe() && !is_held()), "it ended");
    running.go_on();
    running.signal(Signal::INT);
    let ended = running.finish();
    ended.assert_code(0).assert_says("does not answer").assert_says("the vault is there again");
}

#[test]
fn a_vault_of_a_newer_version_is_refused_and_not_touched() {
    let place = Place::new();
    roll(&place.source, 1, 5, 2_000);
    place.backed_up();
    let file = place.vault.join(".keepsake/vault.json");
    let newer = fs::read_to_string(&file).unwrap().replace("\"format\":1", "\"format\":2");
    fs::write(&file, &newer).unwrap();
    roll(&place.source, 2, 5, 2_000);
    let before = tree::paths(&place.vault);
    place.backup().finish().assert_code(1).assert_says("newer version").assert_says("update");
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(1).assert_says("newer version");
    assert_eq!(tree::paths(&place.vault), before);
    assert_eq!(fs::read_to_string(&file).unwrap(), newer);
}

#[test]
fn two_keepsakes_on_one_state_are_refused_by_name() {
    let place = Place::new();
    roll(&place.source, 1, 200, 100_000);
    let mut first = place.backup().start();
    assert!(first.stop_when(|_| place.vault.join(".keepsake/vault.json").exists()));
    let second = place.backup().finish();
    second.assert_code(1).assert_says("another keepsake is at work");
    second.assert_says(&format!("process {}", first.pid()));
    place.verify().finish().assert_code(1).assert_says("another keepsake is at work");
    // Asking how far it is does not need the state for itself.
    place.status().finish().assert_does_not_say("another keepsake").assert_no_panic();
    first.go_on();
    first.finish().assert_code(0);
    tree::assert_holds_exactly(&place.vault, &place.source);
}

#[test]
fn two_keepsakes_on_one_vault_keep_everything_of_both() {
    let (one, mut two) = (Place::new(), Place::new());
    two.vault.clone_from(&one.vault);
    roll(&one.source, 1, 300, 20_000);
    roll(&two.source, 2, 300, 20_000);
    // Equal names with other bytes in both.
    for number in 0..60 {
        for (place, seed) in [(&one, 1_000), (&two, 2_000)] {
            let photo = jpeg(seed + number, 5_000, Some("2026:07:14 09:30:00"));
            write(&place.source, format!("same/IMG_{number}.JPG"), &photo);
        }
    }
    let (first, second) = (one.backup().start(), two.backup().start());
    first.finish().assert_code(0);
    second.finish().assert_code(0);
    let mut both = tree::files(&one.source);
    both.extend(tree::files(&two.source).into_iter().map(|(p, sum)| (Path::new("2").join(p), sum)));
    tree::assert_holds(&one.vault, &both);
    for place in [&one, &two] {
        place.verify().arg("--deep").finish().assert_code(0);
        place.backup().finish().assert_code(0);
    }
    tree::assert_holds(&one.vault, &both);
}

#[test]
fn a_file_in_the_vault_that_cannot_be_read_stops_nobody() {
    if !can_be_nobody() {
        return;
    }
    let place = Place::new();
    let user = |call: Call| call.as_nobody(place.root());
    let photo = |seed, day: u64| jpeg(seed, 3_000, Some(&format!("2026:07:{day:02} 10:00:00")));
    write(&place.source, "1.jpg", &photo(1, 1));
    user(place.backup()).finish().assert_code(0);
    let closed = place.vault.join("2026/07/1.jpg");
    let mode = |mode| fs::set_permissions(&closed, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o000);
    for day in 1..=4 {
        write(&place.source, format!("{day}.jpg"), &photo(10 + day, day));
    }
    // Also one of the same name and month from another folder.
    write(&place.source, "sub/1.jpg", &photo(20, 5));
    user(place.backup()).finish().assert_code(0).assert_says("Everything is safe: 5 files");
    mode(0o644);
    let held = tree::files(&place.vault);
    assert_eq!(held.len(), 6);
    let is_held = |sum| held.values().any(|other| other == sum);
    assert!(tree::files(&place.source).values().all(is_held));
}
