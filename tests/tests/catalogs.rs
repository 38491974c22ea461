//! Bad days of the catalog: it cannot be written, is damaged, newer, another program's, or older
//! than it should be. Nothing is performed that is not persisted, and nothing is sent again.

use keepsake_tests::disk::Mount;
use keepsake_tests::photos::{roll, write};
use keepsake_tests::skip::can_be_nobody;
use keepsake_tests::{Call, Outcome, Place, Running, trace, tree};
use rustix::process::Signal;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

fn catalog(place: &Place) -> PathBuf {
    place.state.join("catalog.sqlite")
}

/// Takes all room that is left in `folder`.
fn fill(folder: &Path) -> PathBuf {
    let path = folder.join("filler");
    let mut file = File::create(&path).unwrap();
    let mut block = vec![1_u8; 1 << 16];
    while !block.is_empty() {
        if file.write_all(&block).is_err() {
            block.truncate(block.len() / 2);
        }
    }
    path
}

/// Catalogs that were set aside.
fn set_aside(place: &Place) -> usize {
    let names = tree::paths(&place.state);
    names.iter().filter(|name| name.to_string_lossy().contains("damaged")).count()
}

/// What a person sees in the vault, if there is one yet, is whole.
fn whole(place: &Place) {
    if !place.vault.exists() {
        return;
    }
    let wanted = tree::files(&place.source);
    for (path, sum) in tree::files(&place.vault) {
        assert!(wanted.values().any(|one| *one == sum), "{} is not whole", path.display());
    }
}

/// A backup into a vault, its state on a small disk, stopped when it has begun to send.
fn begun(place: &Place) -> Option<(Mount, Running)> {
    let disk = Mount::small_disk(&place.state, 48_000_000)?;
    roll(&place.source, 1, 1_500, 20_000);
    let mut running = place.backup().start();
    let vault = &place.vault;
    assert!(running.stop_when(|_| tree::paths_seen(vault) >= 20), "it was too quick");
    Some((disk, running))
}

#[test]
fn a_state_whose_disk_is_full_is_a_named_pause_and_room_lets_it_go_on() {
    let place = Place::new();
    let Some((_disk, running)) = begun(&place) else { return };
    let filler = fill(&place.state);
    running.go_on();
    let done = running.finish();
    done.assert_code(3);
    done.assert_says("the state folder cannot be written").assert_says("To go on: ");
    whole(&place);
    // Full from the start: named as well, and nothing is done.
    let before = tree::identities(&place.vault);
    let again = place.backup().finish();
    assert!(matches!(again.status.code(), Some(1 | 3)), "{again:#?}");
    again.assert_says("state").assert_no_panic();
    assert_eq!(tree::identities(&place.vault), before, "something was performed unpersisted");
    fs::remove_file(filler).unwrap();
    place.backed_up();
    assert_eq!(set_aside(&place), 0, "a full disk is no damage");
}

#[test]
fn a_backup_that_watches_goes_on_by_itself_when_the_state_can_be_written_again() {
    let place = Place::new();
    let Some(_disk) = Mount::small_disk(&place.state, 48_000_000) else { return };
    roll(&place.source, 1, 1_500, 20_000);
    let mut running = place.backup().arg("--watch").arg("--json").start();
    assert!(running.stop_when(|_| tree::paths_seen(&place.vault) >= 20), "it was too quick");
    let filler = fill(&place.state);
    let seen = tree::paths_seen(&place.vault);
    running.go_on();
    // At most what was under way is finished; then nothing more comes.
    assert!(running.quiet_for(2, || tree::paths_seen(&place.vault)), "it ended");
    assert!(tree::paths_seen(&place.vault) < 1_500, "{seen} were there");
    fs::remove_file(filler).unwrap();
    assert!(running.stop_when(|_| tree::paths_seen(&place.vault) == 1_500), "it ended");
    running.go_on();
    running.signal(Signal::INT);
    running.finish().assert_no_panic();
    place.backed_up();
}

#[test]
fn a_state_whose_disk_fails_is_a_named_pause() {
    if !trace::can_trace() {
        return;
    }
    let place = Place::new();
    roll(&place.source, 1, 600, 20_000);
    let wal = place.state.join("catalog.sqlite-wal");
    for when in ["30+", "60+", "100+"] {
        let fault = format!("error=EIO:when={when}");
        let done = trace::with_fault(place.backup(), "pwrite64", &wal, &fault).finish();
        assert!(matches!(done.status.code(), Some(1 | 3)), "{done:#?}");
        done.assert_says("state").assert_no_panic();
        whole(&place);
    }
    place.backed_up();
    assert_eq!(set_aside(&place), 0, "a failing disk is no damage");
}

#[test]
fn a_state_that_may_not_be_written_is_named_and_nothing_is_done() {
    if !can_be_nobody() {
        return;
    }
    let place = Place::new();
    let user = |call: Call| call.as_nobody(place.root());
    roll(&place.source, 1, 10, 3_000);
    user(place.backup()).finish().assert_code(0);
    roll(&place.source, 2, 10, 3_000);
    let before = tree::identities(&place.vault);
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let refused = |done: &Outcome| {
        assert!(matches!(done.status.code(), Some(1 | 3)), "{done:#?}");
        done.assert_says("state").assert_no_panic();
        assert_eq!(tree::identities(&place.vault), before);
    };
    for (path, closed, open) in [
        (place.state.clone(), 0o500, 0o700),
        (catalog(&place), 0, 0o600),
        (catalog(&place), 0o400, 0o600),
    ] {
        mode(&path, closed);
        refused(&user(place.backup()).finish());
        mode(&path, open);
    }
    assert_eq!(set_aside(&place), 0, "what may not be opened now is not damaged");
    user(place.backup()).finish().assert_code(0).assert_says("Everything is safe: 20 files");
    let after = tree::identities(&place.vault);
    assert!(before.iter().all(|(path, id)| after[path] == *id), "something was sent again");
}

#[test]
fn a_damaged_catalog_is_set_aside_and_rebuilt_and_nothing_is_sent_again() {
    // From which byte on so many are garbage; none: it ends there.
    let damages = [
        ("its head is garbage", 0, 100),
        ("its format is garbage", 60, 4),
        ("all of it is garbage", 0, 30 * 4_096),
        ("its pages are garbage", 4_096, 25 * 4_096),
        ("it is cut short", 20_000, 0),
    ];
    for (what, from, count) in damages {
        let place = Place::new();
        roll(&place.source, 1, 400, 5_000);
        place.backed_up();
        let before = tree::identities(&place.vault);
        let file = OpenOptions::new().write(true).open(catalog(&place)).unwrap();
        match count {
            0 => file.set_len(from).unwrap(),
            4 => file.write_all_at(&[0xFF; 4], from).unwrap(),
            _ => file.write_all_at(&vec![0x5A; count], from).unwrap(),
        }
        // What breaks only while it is used is set aside at the next start.
        let first = place.backup().finish();
        first.assert_no_panic();
        let done = if first.status.code() == Some(0) { first } else { place.backup().finish() };
        done.assert_code(0).assert_says("400 files");
        assert_eq!(tree::identities(&place.vault), before, "{what}: something was sent again");
        assert!(set_aside(&place) >= 1, "{what}: nothing was set aside");
        place.verify().arg("--deep").finish().assert_code(0);
    }
}

#[test]
fn a_catalog_of_a_newer_version_or_another_program_is_refused_and_left_as_it_is() {
    let place = Place::new();
    roll(&place.source, 1, 5, 3_000);
    place.backed_up();
    let good = fs::read(catalog(&place)).unwrap();
    // SQLite's file format, 1.3: the user version is at 60, the application's id at 68.
    for (at, words) in [(60, "newer version"), (68, "no catalog of Keepsake")] {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&9_999_u32.to_be_bytes());
        fs::write(catalog(&place), &bytes).unwrap();
        for call in [place.backup(), place.status(), place.ask("library"), place.verify()] {
            call.finish().assert_code(1).assert_says(words);
        }
        assert!(fs::read(catalog(&place)).unwrap() == bytes, "it was changed");
    }
    fs::write(catalog(&place), good).unwrap();
    place.backed_up();
    assert_eq!(set_aside(&place), 0);
}

#[test]
fn a_state_that_a_power_cut_rolled_back_sends_nothing_again() {
    let place = Place::new();
    roll(&place.source, 1, 200, 20_000);
    place.backed_up();
    let old = fs::read(catalog(&place)).unwrap();
    let before = tree::identities(&place.vault);
    roll(&place.source, 2, 200, 20_000);
    place.backed_up();
    let after = tree::identities(&place.vault);
    assert!(before.iter().all(|(path, id)| after[path] == *id));
    fs::write(catalog(&place), old).unwrap();
    for tail in ["-wal", "-shm"] {
        let _ = fs::remove_file(place.state.join(format!("catalog.sqlite{tail}"))); // may be gone
    }
    place.backed_up();
    assert_eq!(tree::identities(&place.vault), after, "something was sent again");
}

#[test]
fn a_state_belongs_to_one_source() {
    let mut place = Place::new();
    roll(&place.source, 1, 3, 3_000);
    place.backed_up();
    let other = place.root().join("Other");
    write(&other, "a.jpg", b"x");
    let first = std::mem::replace(&mut place.source, other);
    let refused = place.backup().finish();
    refused.assert_code(1).assert_says("give each source its own --state");
    place.source = first;
    place.backed_up();
}

#[test]
fn a_state_disk_that_is_full_from_the_start_is_a_named_pause() {
    let place = Place::new();
    let Some(_disk) = Mount::small_disk(&place.state, 2_000_000) else { return };
    roll(&place.source, 1, 5, 3_000);
    place.backed_up();
    let filler = fill(&place.state);
    for call in [place.backup(), place.status(), place.verify()] {
        call.finish().assert_code(3).assert_says("free some space on its disk");
    }
    fs::remove_file(filler).unwrap();
    place.backed_up();
}

#[test]
fn a_disk_that_fails_when_the_state_is_opened_is_a_pause() {
    if !trace::can_trace() {
        return;
    }
    let place = Place::new();
    roll(&place.source, 1, 5, 3_000);
    place.backed_up();
    let catalog = place.state.join("catalog.sqlite");
    for call in [place.backup(), place.status(), place.verify()] {
        let failed = trace::with_fault(call, "pread64,read", &catalog, "error=EIO").finish();
        failed.assert_code(3).assert_says("the disk of the catalog").assert_no_panic();
    }
    assert_eq!(set_aside(&place), 0, "a disk that fails is no damage");
    place.backed_up();
}
