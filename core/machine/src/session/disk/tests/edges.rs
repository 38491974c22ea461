//! Where exactly a file fits, and a reading is of use.

use super::*;

#[test]
fn a_reading_is_on_its_way_from_when_it_is_asked_for_until_it_comes() {
    let mut disk = Disk::default();
    assert!(!disk.is_asked());
    let asked = disk.ask();
    assert!(disk.is_asked());
    disk.read(Some(asked), GB, TOTAL);
    assert!(!disk.is_asked());
}

#[test]
fn what_needs_all_that_is_free_fits() {
    let mut disk = disk(20_000_000);
    assert_eq!(disk.admits(10_000_001, 2), Admission::NoRoom { short: 2 });
    disk.set_limits(None, Some(GB));
    assert_eq!(disk.admit(id(1), 10_000_000, 2), Admission::Admitted);
}

#[test]
fn only_what_an_empty_phone_has_no_room_for_never_fits() {
    let mut disk = disk(0);
    assert_eq!(disk.admits(TOTAL - RESERVE, 1), Admission::NoRoom { short: TOTAL - RESERVE });
    assert_eq!(disk.admits(TOTAL - RESERVE + 1, 1), Admission::NeverFits);
    let asked = disk.ask();
    disk.read(Some(asked), 0, 0);
    let short = 2 * TOTAL;
    assert_eq!(disk.admits(short, 1), Admission::NoRoom { short }, "nobody told how large it is");
}

#[test]
fn whether_what_landed_is_counted_too_high_is_looked_at_when_it_keeps_something_out() {
    let mut disk = disk(100_000_000);
    disk.admit(id(1), 20_000_000, 2);
    disk.landed(id(1), 10_000_000);
    assert!(!disk.needs_reading(), "that was little");
    assert!(matches!(disk.admit(id(2), 40_000_000, 2), Admission::NoRoom { .. }));
    assert!(disk.needs_reading());
}

#[test]
fn what_was_evicted_counts_as_coming_until_a_reading_has_seen_it() {
    let mut disk = disk(0);
    disk.set_uploads(false);
    disk.stage(id(1), 10);
    disk.stage(id(2), 10);
    read(&mut disk, RESERVE - 10);
    let evicted = |disk: &Disk| disk.evict_when_held([(id(2), 10)].into_iter());
    disk.unstage(id(1));
    assert_eq!(evicted(&disk), [], "ten bytes are missing, and ten come");
    read(&mut disk, RESERVE - 10);
    assert_eq!(evicted(&disk), [id(2)], "they were seen, and others took them");
}

#[test]
fn nothing_is_evicted_that_gives_nothing_back() {
    let mut disk = disk(0);
    disk.set_uploads(false);
    read(&mut disk, RESERVE - 10);
    assert_eq!(disk.evict_when_held([(id(1), 0), (id(2), 5)].into_iter()), [id(2)]);
}

#[test]
fn staging_is_crowded_by_what_others_left_there() {
    let mut disk = disk(GB);
    disk.stage(id(1), 10);
    assert!(disk.stages_other_than(|one| one == id(2)));
    assert!(!disk.stages_other_than(|one| one == id(1)));
}
