//! When low storage begins and ends.

use super::*;

#[test]
fn low_storage_begins_below_the_reserve_and_ends_above_high_water() {
    let mut disk = disk(GB);
    assert!(!disk.update_low(None));
    read(&mut disk, RESERVE - 1);
    assert!(disk.update_low(Some((1, 2))) && disk.is_low());
    read(&mut disk, RESERVE + HYSTERESIS - 1);
    assert!(disk.update_low(None) && !disk.is_low(), "what waits is brought, and then told");
    read(&mut disk, RESERVE - 1);
    assert!(disk.update_low(Some((1, 2))) && disk.is_low());
    disk.stage(id(1), 10); // something is staged: the smallest that fits does not end it
    read(&mut disk, RESERVE + HYSTERESIS - 1);
    assert!(!disk.update_low(Some((1, 2))) && disk.is_low());
    read(&mut disk, RESERVE + HYSTERESIS);
    assert!(disk.update_low(Some((1, 2))) && !disk.is_low());
}

#[test]
fn low_storage_begins_when_not_even_the_smallest_fits_and_nothing_will_free_space() {
    let mut disk = disk(GB);
    disk.stage(id(1), 10);
    assert!(!disk.update_low(Some((GB, 2))), "uploading what is staged frees space");
    disk.unstage(id(1));
    assert!(disk.update_low(Some((GB, 2))) && disk.is_low());
    assert!(!disk.update_low(Some((GB, 2))), "no flapping: it is above high water all the time");
    assert!(disk.update_low(Some((GB / 2, 2))) && !disk.is_low());
}

#[test]
fn exactly_the_reserve_is_not_low() {
    let mut disk = disk(0);
    disk.stage(id(1), 10);
    disk.update_low(None);
    assert!(!disk.is_low());
    read(&mut disk, RESERVE - 1);
    disk.update_low(None);
    assert!(disk.is_low());
}

#[test]
fn what_landed_and_may_be_gone_again_is_looked_at_before_the_disk_is_called_low() {
    let mut disk = disk(2 * GB);
    assert_eq!(disk.admit(id(1), GB, 2), Admission::Admitted);
    disk.landed(id(1), GB);
    disk.release(id(1));
    assert!(!disk.update_low(Some((GB, 2))), "nobody has seen what there is");
    assert!(disk.needs_reading());
    read(&mut disk, RESERVE + GB);
    assert!(disk.update_low(Some((GB, 2))) && disk.is_low());
}
