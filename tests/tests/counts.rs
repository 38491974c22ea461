//! Counts gate where times would only be noise: what is read, written, synced and committed, per
//! byte and per asset.

use keepsake_tests::photos::{jpeg, roll, write};
use keepsake_tests::trace::{Traced, can_trace, list};
use keepsake_tests::{Place, tree};
use std::fs;
use std::path::Path;

/// All calls that read, however they do.
const READS: &str = "read,pread64,readv,preadv,preadv2,copy_file_range,sendfile,splice,mmap";
/// All calls that write.
const WRITES: &str = "write,pwrite64,writev,pwritev,pwritev2,copy_file_range,sendfile,splice";
/// All calls that wait for a disk.
const SYNCS: &str = "fsync,fdatasync,sync,syncfs,sync_file_range,msync";

/// The bytes that these calls moved from or to what lies below `folder`.
fn moved(calls: &[Traced], folder: &Path) -> u64 {
    let below = calls.iter().filter(|call| call.is_below(folder));
    let mapped = below.clone().find(|call| call.name() == "mmap");
    assert!(mapped.is_none(), "it is read behind our back: {mapped:?}");
    below.filter_map(Traced::answer).sum()
}

/// Transactions that wrote to the catalog: each takes the lock of the WAL's writer, byte 120 of
/// the shared memory (SQLite, `walLockExclusive(WAL_WRITE_LOCK)`).
fn transactions(calls: &[Traced]) -> usize {
    let writes = |call: &&Traced| {
        let line = &call.0;
        line.contains("-shm>") && line.contains("F_WRLCK") && line.contains("l_start=120")
    };
    calls.iter().filter(writes).count()
}

/// Photos of sizes that all differ, as photos do.
fn uneven(folder: &Path, count: u64, size: usize, step: usize) {
    for number in 0..count {
        let photo = jpeg(number + 1, size + step * usize::try_from(number).unwrap(), None);
        write(folder, format!("IMG_{number:05}.JPG"), &photo);
    }
}

#[test]
fn every_byte_is_read_once_and_written_once() {
    if !can_trace() {
        return;
    }
    let place = Place::new();
    uneven(&place.source, 40, 2_000_000, 137);
    let size = tree::size(&place.source);
    let (done, calls) = list(place.backup(), &format!("{READS},{WRITES}"), place.root());
    done.assert_code(0);
    let (writes, reads): (Vec<_>, Vec<_>) =
        calls.into_iter().partition(|call| WRITES.split(',').any(|name| name == call.name()));
    let read = moved(&reads, &place.source);
    assert!(read >= size, "{read} of {size} bytes: something is not counted");
    assert!(read <= size + size / 100, "{read} bytes were read of {size}");
    let written = moved(&writes, &place.vault);
    assert!(written >= size, "{written} of {size} bytes: something is not counted");
    assert!(written <= size + size / 100, "{written} bytes were written for {size}");
    assert_eq!(moved(&reads, &place.vault) / 1_000_000, 0, "the vault was read back");
    tree::assert_holds_exactly(&place.vault, &place.source);
}

#[test]
fn what_the_vault_may_have_already_is_read_once_and_if_not_once_more() {
    if !can_trace() {
        return;
    }
    let place = Place::new();
    uneven(&place.source, 20, 1_000_000, 137);
    place.backed_up();
    let first = tree::size(&place.source);
    // The same bytes elsewhere: read to be known, sent never.
    fs::remove_dir_all(&place.state).unwrap();
    let (done, calls) = list(place.backup(), &format!("{READS},{WRITES}"), place.root());
    done.assert_code(0);
    let read = moved(&calls, &place.source);
    assert!(read <= first + first / 100, "{read} bytes were read of {first}");
    let to_vault: u64 = moved(&calls, &place.vault);
    assert!(to_vault < first / 10, "{to_vault} bytes went from or to the vault");
    // Other bytes of sizes that are known there: 2.0 at most.
    let more = place.source.join("more");
    for number in 0..20 {
        let photo = jpeg(500 + number, 1_000_000 + 137 * usize::try_from(number).unwrap(), None);
        write(&more, format!("IMG_{number:05}.JPG"), &photo);
    }
    let second = tree::size(&more);
    let (done, calls) = list(place.backup(), READS, place.root());
    done.assert_code(0);
    let read = moved(&calls, &place.source);
    assert!(read >= second && read <= 2 * second + second / 100, "{read} of {second}");
    tree::assert_holds_exactly(&place.vault, &place.source);
}

#[test]
fn small_photos_cost_few_syncs_and_few_transactions() {
    if !can_trace() {
        return;
    }
    let place = Place::new();
    let count = 5_000;
    uneven(&place.source, count, 4_096, 1);
    let (done, calls) = list(place.backup(), &format!("{SYNCS},fcntl"), place.root());
    done.assert_code(0);
    let syncs = calls.iter().filter(|call| call.name() != "fcntl").count();
    let transactions = transactions(&calls);
    println!("{syncs} syncs and {transactions} transactions for {count} photos");
    assert!(syncs > 0 && transactions > 0, "they are not counted");
    assert!(syncs as u64 * 50 <= count, "{syncs} syncs for {count} photos");
    assert!(transactions as u64 * 50 <= count, "{transactions} transactions for {count} photos");
    assert_eq!(tree::files(&place.vault).len() as u64, count);
}

#[test]
fn when_nothing_changed_nothing_is_read_or_written() {
    if !can_trace() {
        return;
    }
    let place = Place::new();
    roll(&place.source, 1, 2_000, 4_096);
    place.backed_up();
    place.backup().finish().assert_code(0);
    let names = format!("{READS},{WRITES},{SYNCS},fcntl,openat,open,openat2");
    let (done, calls) = list(place.backup(), &names, place.root());
    done.assert_code(0).assert_says("Everything is safe: 2,000 files");
    assert_eq!(moved(&calls, &place.source), 0, "an unchanged source was read");
    let photo = |call: &&Traced| call.name().starts_with("open") && call.0.contains(".JPG");
    assert_eq!(calls.iter().find(photo).map(|call| &call.0), None, "a photo was opened");
    let written = |call: &&Traced| WRITES.split(',').any(|name| name == call.name());
    let writes: Vec<Traced> = calls.iter().filter(written).cloned().collect();
    assert_eq!(moved(&writes, &place.vault), 0, "the vault was written to");
    let to_catalog: u64 = writes
        .iter()
        .filter(|call| call.0.contains("/catalog.sqlite"))
        .filter_map(Traced::answer)
        .sum();
    // The run's number is made durable at its start and its clock at its end: a few pages,
    // whatever the library holds.
    assert!(to_catalog <= 100_000, "{to_catalog} bytes were written to the catalog");
    let transactions = transactions(&calls);
    assert!(transactions <= 6, "{transactions} transactions");
}

#[test]
fn memory_does_not_grow_with_the_library() {
    let small = Place::new();
    roll(&small.source, 1, 500, 1_000);
    small.backed_up();
    let large = Place::new();
    for folder in 0..10 {
        roll(&large.source.join(format!("{folder}")), folder, 2_000, 500);
    }
    large.backup().finish().assert_code(0);
    let (little, much) = (small.backup().finish(), large.backup().finish());
    little.assert_code(0);
    much.assert_code(0);
    let grown = much.peak.saturating_sub(little.peak);
    assert!(grown < 8 << 20, "{} bytes for 20,000 files, {} for 500", much.peak, little.peak);
}
