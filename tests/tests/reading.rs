//! Bad days of the source: what cannot be read, or changes while it is read, is named; nothing is
//! taken for deleted that is only out of sight, and no mixture of two versions is ever kept.

use keepsake_tests::disk::Mount;
use keepsake_tests::photos::{jpeg, roll, sparse, write};
use keepsake_tests::program::holds_open;
use keepsake_tests::skip::can_be_nobody;
use keepsake_tests::tree::Sum;
use keepsake_tests::{Call, Outcome, Place, Running, trace, tree};
use rustix::process::Signal;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn lines(call: Call) -> Vec<String> {
    let said = call.finish();
    said.assert_code(0);
    said.out.lines().map(str::to_owned).collect()
}

#[test]
fn files_that_may_not_be_read_are_named_and_the_others_are_safe() {
    if !can_be_nobody() {
        return;
    }
    let place = Place::new();
    let user = |call: Call| call.as_nobody(place.root());
    roll(&place.source, 1, 40, 3_000);
    let safe = tree::files(&place.source);
    let locked: Vec<PathBuf> = (0..7)
        .map(|n| write(&place.source, format!("locked-{n}.jpg"), &jpeg(100 + n, 2_000, None)))
        .collect();
    for path in &locked {
        allow(path, 0);
    }
    let done = user(place.backup()).finish();
    done.assert_code(2);
    done.assert_says("Not safe, 7 files");
    done.assert_says("locked-0.jpg: may not be read: check its permissions");
    done.assert_says("keepsake retry");
    tree::assert_holds(&place.vault, &safe);
    user(place.status()).finish().assert_code(2).assert_says("not safe: may not be read");
    assert_eq!(lines(user(place.ask("library")).args(&["--only", "quarantined"])).len(), 14);
    // It stays so until the user does something about it, and is named each time.
    let again = user(place.backup()).finish();
    again.assert_code(2).assert_says("  locked-6.jpg: may not be read");
    for path in &locked {
        allow(path, 0o644);
    }
    user(place.retry()).finish().assert_code(0);
    user(place.backup()).finish().assert_code(0);
    tree::assert_holds_exactly(&place.vault, &place.source);
}

#[test]
fn a_folder_that_may_not_be_looked_into_is_named_and_nothing_in_it_is_taken_for_deleted() {
    if !can_be_nobody() {
        return;
    }
    let place = Place::new();
    let user = |call: Call| call.as_nobody(place.root());
    roll(&place.source, 1, 10, 3_000);
    let folder = place.source.join("private");
    roll(&folder, 2, 10, 3_000);
    user(place.backup()).finish().assert_code(0);
    let before = tree::identities(&place.vault);
    allow(&folder, 0);
    let done = user(place.backup()).finish();
    done.assert_code(2);
    done.assert_says("Skipped 1: could not be looked into");
    done.assert_says("private");
    done.assert_does_not_say("Everything is safe");
    assert_eq!(place.counted("Closed"), 0, "it was taken for deleted");
    user(place.status()).finish().assert_code(3).assert_says("looked into: private");
    allow(&place.state, 0);
    user(place.status()).finish().assert_code(1).assert_says("state folder").assert_says("denied");
    allow(&place.state, 0o700);
    allow(&folder, 0o755);
    user(place.backup()).finish().assert_code(0).assert_says("Everything is safe: 20 files");
    assert_eq!(tree::identities(&place.vault), before, "something was sent again");
}

#[test]
fn a_source_that_may_not_be_read_at_all_is_not_an_empty_one() {
    if !can_be_nobody() {
        return;
    }
    let place = Place::new();
    let user = |call: Call| call.as_nobody(place.root());
    roll(&place.source, 1, 10, 3_000);
    user(place.backup()).finish().assert_code(0);
    allow(&place.source, 0);
    let refused = user(place.backup()).finish();
    assert!(matches!(refused.status.code(), Some(1 | 3)), "{refused:#?}");
    refused.assert_says("permission").assert_no_panic();
    assert_eq!(place.counted("Closed"), 0, "it was taken for deleted");
    allow(&place.source, 0o755);
    user(place.backup()).finish().assert_code(0).assert_says("Everything is safe: 10 files");
}

#[test]
fn what_a_folder_had_that_was_emptied_is_gone_and_what_one_had_that_is_another_now_is_out_of_sight()
{
    let place = Place::new();
    for (name, seed) in [("trip/1.jpg", 1), ("disk/2.jpg", 2), ("3.jpg", 3)] {
        write(&place.source, name, &jpeg(seed, 3_000, None));
    }
    place.backed_up();
    fs::remove_file(place.source.join("trip/1.jpg")).unwrap();
    // As the mount point of a disk that is away.
    let disk = place.source.join("disk");
    fs::rename(&disk, place.root().join("away")).unwrap();
    fs::create_dir(&disk).unwrap();
    let ended = place.backup().finish();
    ended.assert_code(0).assert_says("Everything is safe: 2 files").assert_says("gone from the");
    assert_eq!((place.counted("Closed"), place.counted("BackedUp")), (1, 2));
}

#[test]
fn what_is_out_of_sight_and_not_in_this_vault_is_not_called_safe_however_often_it_is_looked() {
    let place = Place::new();
    write(&place.source, "1.jpg", &jpeg(1, 3_000, None));
    write(&place.source, "disk/2.jpg", &jpeg(2, 3_000, None));
    place.backed_up();
    let disk = place.source.join("disk");
    fs::rename(&disk, place.root().join("away")).unwrap();
    fs::create_dir(&disk).unwrap();
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 2 files");
    // To another vault, which never had it.
    let mut other = place;
    other.vault = other.root().join("other");
    for _ in 0..2 {
        let ended = other.backup().finish();
        ended
            .assert_code(3)
            .assert_says("1 of 2 files")
            .assert_says("Waiting: what is out of sight");
    }
    other.status().finish().assert_code(3);
    other.verify().finish().assert_code(2).assert_says("out of sight");
    fs::remove_dir(&disk).unwrap();
    fs::rename(other.root().join("away"), &disk).unwrap();
    other.backed_up();
}

#[test]
fn a_source_whose_disk_is_away_is_out_of_sight_and_not_deleted() {
    let place = Place::new();
    let disk = place.root().join("disk");
    // More than what is brought to a good end once it is interrupted.
    roll(&disk, 1, 3_000, 20_000);
    let card = place.source.join("card");
    let Some(mut mount) = Mount::bind(&disk, &card) else { return };
    roll(&place.source.join("other"), 2, 3, 3_000);
    // The card is pulled out when a part of it is safe: the rest is out of sight.
    let mut running = place.backup().start();
    assert!(running.stop_when(|_| tree::paths_seen(&place.vault) >= 20), "it was too quick");
    running.signal(Signal::INT);
    running.go_on();
    running.finish().assert_code(3);
    mount.pull_out();
    let done = place.backup().finish();
    done.assert_says("out of sight").assert_does_not_say("Everything is safe").assert_no_panic();
    place.status().finish().assert_code(3).assert_says("out of sight");
    assert_eq!(place.counted("Closed"), 0, "it was taken for deleted");
    let before = tree::identities(&place.vault);
    let Some(_mount) = Mount::bind(&disk, &card) else { return };
    place.backed_up();
    let after = tree::identities(&place.vault);
    assert!(
        before.iter().all(|(path, id)| after.get(path) == Some(id)),
        "something was sent again"
    );
}

#[test]
fn a_source_that_is_gone_or_empty_takes_nothing_for_deleted() {
    let place = Place::new();
    roll(&place.source, 1, 15, 3_000);
    place.backed_up();
    let away = place.root().join("away");
    fs::rename(&place.source, &away).unwrap();
    place.backup().finish().assert_code(1).assert_says("Pictures");
    fs::create_dir(&place.source).unwrap();
    place.backup().finish().assert_no_panic();
    assert_eq!(place.counted("Closed"), 0, "it was taken for deleted");
    fs::remove_dir(&place.source).unwrap();
    fs::rename(&away, &place.source).unwrap();
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 15 files");
}

/// A backup that was stopped while it had a large photo of the source open.
fn while_it_reads(place: &Place) -> (Running, PathBuf, Sum) {
    let photo = write(&place.source, "large.jpg", &jpeg(1, 96 << 20, None));
    roll(&place.source.join("others"), 2, 10, 3_000);
    let sum = tree::sum(&photo);
    let mut running = place.backup().start();
    let path = photo.clone();
    let caught = running.stop_when(|pid| holds_open(pid, |open| open == path));
    assert!(caught, "it was never seen to read");
    (running, photo, sum)
}

/// Goes on after the photo was changed; in the end only whole versions of it are there, the last
/// one among them, and no run said "safe" before that was so.
fn ends_well(place: &Place, running: Running, photo: &Path, first: Sum) {
    running.go_on();
    let done = running.finish();
    let last = photo.is_file().then(|| tree::sum(photo));
    let look = |done: &Outcome| {
        done.assert_no_panic();
        let kept = tree::files(&place.vault);
        let large: Vec<Sum> =
            kept.iter().filter(|(path, _)| is_large(path)).map(|(_, sum)| *sum).collect();
        let whole = large.iter().all(|sum| *sum == first || Some(*sum) == last);
        assert!(whole, "a mixture was kept: {kept:?}, {done:#?}");
        if done.status.code() == Some(0)
            && let Some(last) = last
        {
            assert!(large.contains(&last), "it said safe: {done:#?}");
        }
    };
    look(&done);
    let again = place.backup().finish();
    again.assert_code(0);
    look(&again);
}

fn is_large(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"large"))
}

#[test]
fn a_photo_that_changes_while_it_is_read_is_kept_as_it_is_in_the_end() {
    let place = Place::new();
    let (running, photo, first) = while_it_reads(&place);
    let file = OpenOptions::new().write(true).open(&photo).unwrap();
    file.write_all_at(b"changed", 5 << 20).unwrap();
    file.write_all_at(b"changed", 95 << 20).unwrap();
    ends_well(&place, running, &photo, first);
}

#[test]
fn a_photo_that_shrinks_while_it_is_read_is_kept_as_it_is_in_the_end() {
    let place = Place::new();
    let (running, photo, first) = while_it_reads(&place);
    OpenOptions::new().write(true).open(&photo).unwrap().set_len(1_000).unwrap();
    ends_well(&place, running, &photo, first);
}

#[test]
fn a_photo_that_grows_while_it_is_read_is_kept_as_it_is_in_the_end() {
    let place = Place::new();
    let (running, photo, first) = while_it_reads(&place);
    OpenOptions::new().append(true).open(&photo).unwrap().write_all(&vec![7; 100_000]).unwrap();
    ends_well(&place, running, &photo, first);
}

#[test]
fn a_photo_that_disappears_while_it_is_read_ends_nothing() {
    let place = Place::new();
    let (running, photo, first) = while_it_reads(&place);
    fs::remove_file(&photo).unwrap();
    ends_well(&place, running, &photo, first);
}

#[test]
fn a_photo_that_becomes_a_link_while_it_is_read_leads_nowhere() {
    let place = Place::new();
    let secret = write(place.root(), "secret", b"nobody asked for this");
    let (running, photo, first) = while_it_reads(&place);
    let link = place.root().join("link");
    symlink(&secret, &link).unwrap();
    fs::rename(&link, &photo).unwrap();
    running.go_on();
    running.finish().assert_no_panic();
    place.backup().finish().assert_code(0);
    let secret = tree::sum(&secret);
    let kept = tree::files(&place.vault);
    assert!(kept.values().all(|sum| *sum != secret), "{kept:?}");
    assert!(kept.iter().all(|(path, sum)| !is_large(path) || *sum == first), "{kept:?}");
}

#[test]
fn a_photo_that_never_stops_changing_is_named_and_holds_nothing_up() {
    let place = Place::new();
    let photo = write(&place.source, "restless.jpg", &jpeg(1, 96 << 20, None));
    roll(&place.source.join("others"), 2, 10, 3_000);
    let stop = AtomicBool::new(false);
    let done = std::thread::scope(|scope| {
        scope.spawn(|| {
            let file = File::options().append(true).open(&photo).unwrap();
            while !stop.load(Ordering::Relaxed) {
                (&file).write_all(b".").unwrap();
                std::thread::yield_now();
            }
        });
        let done = place.backup().finish();
        stop.store(true, Ordering::Relaxed);
        done
    });
    done.assert_code(2).assert_says("restless.jpg: kept changing while it was read");
    assert_eq!(tree::files(&place.vault).len(), 10, "a part of it is kept: {done:#?}");
    place.retry().finish().assert_code(0);
    place.backed_up();
}

#[test]
fn a_disk_error_under_one_photo_names_it_and_spares_the_others() {
    if !trace::can_trace() {
        return;
    }
    let place = Place::new();
    roll(&place.source, 1, 10, 3_000);
    let safe = tree::files(&place.source);
    let bad = write(&place.source, "bad-sector.jpg", &jpeg(9, 300_000, None));
    let reads = "read,pread64,readv,preadv,copy_file_range,sendfile";
    let done = trace::with_fault(place.backup(), reads, &bad, "error=EIO").finish();
    done.assert_code(2);
    done.assert_says("bad-sector.jpg: reading failed");
    tree::assert_holds(&place.vault, &safe);
    place.retry().finish().assert_code(0);
    place.backed_up();
}

#[test]
fn five_gigabytes_take_no_more_memory_than_fifty_megabytes() {
    let small = Place::new();
    sparse(&small.source.join("film.mov"), 50 << 20);
    let little = small.backup().finish();
    little.assert_code(0);
    let large = Place::new();
    sparse(&large.source.join("film.mov"), 5 << 30);
    let much = large.backup().finish();
    much.assert_code(0);
    assert!(much.peak < little.peak + (16 << 20), "{} against {}", much.peak, little.peak);
    assert!(much.peak < 96 << 20, "{} bytes", much.peak);
    tree::assert_holds_exactly(&large.vault, &large.source);
}
