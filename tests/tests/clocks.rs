//! Bad days of the clock: in 1970, in 2100, and jumping while it works. Nothing waits for ever,
//! nothing is hurried, nothing is sent again.

use keepsake_tests::photos::{changed_at, jpeg, roll, write};
use keepsake_tests::skip::{has, skip};
use keepsake_tests::{Call, Place, tree};
use std::fs;
use std::path::PathBuf;

/// Only the wall clock is another: how time passes stays as it is.
fn at(date: &str, call: Call) -> Call {
    call.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").under(&["faketime", date])
}

#[test]
fn a_clock_in_1970_or_2100_changes_nothing_of_what_is_safe() {
    if !has("faketime") {
        return;
    }
    let place = Place::new();
    let mut count = 0;
    let mut before = std::collections::BTreeMap::new();
    for date in ["2026-07-01", "1970-01-02", "2100-12-31", "2000-02-29", "2037-01-01"] {
        count += 10;
        roll(&place.source, count, 10, 5_000);
        let done = at(date, place.backup()).finish();
        done.assert_code(0).assert_says(&format!("Everything is safe: {count} files"));
        tree::assert_holds_exactly(&place.vault, &place.source);
        let after = tree::identities(&place.vault);
        assert!(before.iter().all(|(path, id)| after.get(path) == Some(id)), "{date}: sent again");
        before = after;
        at(date, place.status()).finish().assert_code(0);
        at(date, place.verify()).finish().assert_code(0);
    }
    let dest = place.root().join("restored");
    at("1970-01-02", place.restore_to(&dest)).finish().assert_code(0);
    tree::assert_restored(&place.source, &dest);
}

#[test]
fn a_back_off_that_was_written_in_2100_holds_nothing_up_today() {
    if !has("faketime") {
        return;
    }
    let place = Place::new();
    roll(&place.source, 1, 10, 5_000);
    at("2026-07-01", place.backup()).finish().assert_code(0);
    roll(&place.source, 2, 10, 5_000);
    let away = place.root().join("away");
    fs::rename(&place.vault, &away).unwrap();
    let held = at("2100-01-01", place.backup()).finish();
    assert_ne!(held.status.code(), Some(0), "{held:#?}");
    fs::rename(&away, &place.vault).unwrap();
    at("1999-01-01", place.backup()).finish().assert_code(0);
    tree::assert_holds_exactly(&place.vault, &place.source);
}

/// The library that `faketime` loads: used directly, it reads its date from a file that may change.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    let found = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    found.into_iter().find(|path| path.is_file())
}

#[test]
fn a_clock_that_jumps_while_it_works_neither_stalls_nor_hurries_it() {
    let Some(library) = library() else {
        skip("there is no libfaketime here (./test setup)");
        return;
    };
    let place = Place::new();
    roll(&place.source, 1, 1_500, 20_000);
    let date = place.root().join("date");
    fs::write(&date, "2026-07-01 12:00:00").unwrap();
    let call = place
        .backup()
        .env("LD_PRELOAD", &library)
        .env("FAKETIME_TIMESTAMP_FILE", &date)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let mut running = call.start();
    let jumps = [
        "1970-01-01 00:00:05",
        "2100-01-01 00:00:00",
        "2026-06-30 23:59:59",
        "2038-01-19 03:14:08",
    ];
    for (wanted, jump) in [100, 400, 700, 1_000].into_iter().zip(jumps) {
        if !running.stop_when(|_| tree::paths_seen(&place.vault) >= wanted) {
            break;
        }
        fs::write(&date, jump).unwrap();
        running.go_on();
    }
    running.finish().assert_code(0);
    tree::assert_holds_exactly(&place.vault, &place.source);
}

#[test]
fn photos_from_before_1970_and_after_2100_are_kept_with_their_times() {
    let place = Place::new();
    let source = &place.source;
    write(source, "exif-1905.jpg", &jpeg(1, 3_000, Some("1905:01:01 00:00:00")));
    write(source, "exif-2199.jpg", &jpeg(2, 3_000, Some("2199:12:31 23:59:59")));
    write(source, "exif-9999.jpg", &jpeg(3, 3_000, Some("9999:12:31 23:59:59")));
    write(source, "exif-0001.jpg", &jpeg(4, 3_000, Some("0001:01:01 00:00:00")));
    // A record's time is 64 bits of nanoseconds: up to the year 2262.
    for (number, seconds) in
        [0, 1, 4_102_444_800, 4_294_967_296, 9_200_000_000].into_iter().enumerate()
    {
        let path =
            write(source, format!("time-{number}.jpg"), &jpeg(10 + number as u64, 3_000, None));
        changed_at(&path, seconds, 999_999_999);
    }
    let old = write(source, "time-before.jpg", &jpeg(20, 3_000, None));
    let before = std::time::UNIX_EPOCH - std::time::Duration::new(2_000_000_000, 1);
    fs::File::options().write(true).open(&old).unwrap().set_modified(before).unwrap();
    place.backed_up();
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0);
    tree::assert_restored(source, &dest);
    assert!(place.vault.join("1905/01/exif-1905.jpg").is_file());
    assert!(place.vault.join("2199/12/exif-2199.jpg").is_file());
    place.ask("library").finish().assert_code(0).assert_says("time-before.jpg");
}
