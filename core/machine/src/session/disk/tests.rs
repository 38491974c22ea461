mod edges;
mod low;

use super::*;
use proptest::prelude::*;

const GB: u64 = 1_000_000_000;
const TOTAL: u64 = 64 * GB;
const RESERVE: u64 = 3_200_000_000;

fn id(id: i64) -> ResourceId {
    ResourceId(id)
}

/// A disk of 64 GB with a reserve of 3.2 GB, `free` bytes above it, and a permit to upload.
fn disk(free: u64) -> Disk {
    let mut disk = Disk::default();
    disk.set_uploads(true);
    let asked = disk.ask();
    disk.read(Some(asked), RESERVE + free, TOTAL);
    disk
}

fn read(disk: &mut Disk, available: u64) {
    let asked = disk.ask();
    disk.read(Some(asked), available, TOTAL);
}

#[test]
fn nothing_is_admitted_before_the_first_reading() {
    let mut disk = Disk::default();
    disk.set_uploads(true);
    assert_eq!(disk.admit(id(1), 10, 2), Admission::NoRoom { short: 20 });
    assert!(disk.needs_reading() && disk.free() == 0 && disk.largest(1) == 0);
    let asked = disk.ask();
    assert!(!disk.needs_reading(), "one is on its way");
    disk.read(Some(asked), 10 * GB, TOTAL);
    assert_eq!(disk.admit(id(1), 10, 2), Admission::Admitted);
}

#[test]
fn defaults_are_those_of_the_design() {
    assert_eq!(disk(0).reserve(), TOTAL / 20);
    let mut small = Disk::default();
    let asked = small.ask();
    small.read(Some(asked), 5 * GB, 8 * GB);
    assert_eq!((small.reserve(), small.budget()), (GB, GB), "1 GB at least; a quarter of 4 GB");
    assert_eq!(disk(100 * GB).budget(), 2 * GB);
    small.set_limits(Some(7), Some(9));
    assert_eq!((small.reserve(), small.budget()), (7, 9));
}

#[test]
fn a_cloud_original_takes_twice_its_size_and_says_what_is_missing() {
    let mut disk = disk(GB);
    assert_eq!(disk.admit(id(1), 200_000_000, 2), Admission::Admitted);
    assert_eq!((disk.reserved(), disk.free()), (400_000_000, 600_000_000));
    assert_eq!(disk.reserved[&id(1)].size, 200_000_000);
    let admission = disk.admit(id(2), 350_000_000, 2);
    assert_eq!(admission, Admission::NoRoom { short: 100_000_000 });
    assert!(!disk.reserved.contains_key(&id(2)));
}

#[test]
fn what_is_larger_than_the_phone_never_fits() {
    let mut disk = disk(GB);
    assert_eq!(disk.admit(id(1), 31 * GB, 2), Admission::NeverFits);
    assert_eq!(disk.admit(id(1), u64::MAX, 2), Admission::NeverFits);
    assert_eq!(disk.admit(id(1), 30 * GB, 2), Admission::NoRoom { short: 59 * GB });
}

#[test]
fn landed_bytes_count_twice_until_a_reading_asked_for_after_they_landed() {
    let mut disk = disk(4 * GB);
    disk.admit(id(1), 400_000_000, 2);
    let free = disk.free();
    let early = disk.ask();
    disk.landed(id(1), 100_000_000);
    assert_eq!(disk.reserved(), 600_000_000);
    assert_eq!(disk.free(), free, "landed instead of reserved");
    disk.read(Some(early), RESERVE + 4 * GB, TOTAL);
    assert_eq!(disk.free(), free, "that reading was asked for before");
    disk.read(None, RESERVE + 4 * GB, TOTAL);
    assert_eq!(disk.free(), free, "this one may have been made before");
    read(&mut disk, RESERVE + 4 * GB - 100_000_000);
    assert_eq!(disk.free(), free + 100_000_000, "the library kept no copy");
    disk.read(Some(early), RESERVE, TOTAL);
    assert_eq!(disk.free(), free + 100_000_000, "older than the last: passed over");
}

#[test]
fn a_reading_that_was_never_asked_for_by_its_number_is_passed_over() {
    let mut disk = disk(GB);
    disk.read(Some(77), 60 * GB, TOTAL);
    assert_eq!(disk.free(), GB);
}

#[test]
fn a_larger_item_goes_alone() {
    let mut disk = disk(20 * GB);
    assert_eq!(disk.admit(id(1), 10, 2), Admission::Admitted);
    assert_eq!(disk.admit(id(2), 3 * GB, 2), Admission::NoRoom { short: 0 });
    disk.release(id(1));
    assert_eq!(disk.largest(2), 10 * GB);
    assert_eq!(disk.admit(id(2), 3 * GB, 2), Admission::Admitted);
    assert_eq!(disk.admit(id(1), 10, 2), Admission::NoRoom { short: 0 });
    assert_eq!(disk.largest(2), 0);
}

#[test]
fn while_uploads_are_held_half_the_budget_is_left() {
    let mut disk = disk(20 * GB);
    disk.set_uploads(false);
    assert_eq!(disk.largest(2), GB);
    assert_eq!(disk.admit(id(1), GB + 1, 2), Admission::NoRoom { short: 0 });
    assert_eq!(disk.admit(id(1), GB, 2), Admission::Admitted);
    disk.set_uploads(true);
    assert_eq!(disk.admit(id(2), GB, 2), Admission::Admitted);
}

#[test]
fn the_budget_does_not_shrink_as_staging_fills() {
    let mut disk = disk(4 * GB);
    assert_eq!(disk.budget(), GB);
    disk.admit(id(1), 600_000_000, 1);
    disk.landed(id(1), 300_000_000);
    assert_eq!(disk.budget(), GB);
    disk.stage(id(1), 600_000_000);
    assert_eq!(disk.budget(), GB);
    read(&mut disk, RESERVE + 4 * GB - 600_000_000);
    assert_eq!((disk.budget(), disk.staged()), (GB, 600_000_000));
}

#[test]
fn a_reservation_that_cannot_grow_makes_the_youngest_other_yield() {
    let mut disk = disk(GB);
    disk.set_limits(None, Some(GB));
    for (number, bytes) in [(1, 100_000_000), (2, 200_000_000), (3, 150_000_000)] {
        assert_eq!(disk.admit(id(number), bytes, 2), Admission::Admitted);
    }
    assert_eq!(disk.grow(id(3), 150_000_000), Grown::Yes, "nothing to grow by");
    assert_eq!(disk.grow(id(3), 180_000_000), Grown::Yes);
    assert_eq!(disk.reserved[&id(3)].size, 180_000_000);
    assert_eq!(disk.grow(id(3), 250_000_000), Grown::Yield(id(2)));
    assert_eq!(disk.grow(id(2), 500_000_000), Grown::Yield(id(3)));
    disk.release(id(2));
    assert_eq!(disk.grow(id(3), 250_000_000), Grown::Yes);
    disk.release(id(1));
    assert_eq!(disk.grow(id(3), 500_000_000), Grown::Yes);
    assert_eq!(disk.grow(id(3), 500_000_001), Grown::Abort, "alone");
    assert_eq!(disk.grow(id(9), 1), Grown::Abort, "not admitted");
}

#[test]
fn staged_originals_are_evicted_largest_first_and_no_more_than_it_takes() {
    let staged = [(id(1), 10), (id(2), 40), (id(3), 40), (id(4), 70), (id(5), 0)];
    let mut disk = disk(0);
    for (id, bytes) in staged {
        disk.stage(id, bytes);
    }
    read(&mut disk, RESERVE - 100);
    assert_eq!(disk.evict_when_held(staged.into_iter()), [], "uploading them frees space");
    disk.set_uploads(false);
    assert_eq!(disk.evict_when_held(staged.into_iter()), [id(4), id(2)]);
    disk.unstage(id(4));
    let left = staged.into_iter().filter(|(other, _)| *other != id(4));
    assert_eq!(disk.evict_when_held(left), [id(2)], "what was evicted comes back");
    assert!(disk.needs_reading());
    read(&mut disk, RESERVE);
    assert_eq!(disk.evict_when_held(staged.into_iter()), []);
}

#[test]
fn a_reading_is_wanted_when_it_would_tell_something() {
    let mut disk = disk(20 * GB);
    assert!(!disk.needs_reading());
    disk.admit(id(1), 100_000_000, 1);
    disk.landed(id(1), MUCH - 1);
    assert!(!disk.needs_reading());
    disk.wrote(1);
    assert!(disk.needs_reading());
    read(&mut disk, RESERVE + 19 * GB);
    assert!(!disk.needs_reading());
    disk.release(id(1));
    assert!(disk.needs_reading(), "what landed is gone");
}

#[test]
fn where_nothing_was_written_no_reading_is_wanted() {
    let mut disk = disk(GB);
    disk.wrote(0);
    assert_eq!(disk.admit(id(1), GB, 2), Admission::NoRoom { short: GB });
    assert!(!disk.needs_reading(), "the last reading has seen everything");
    disk.admit(id(2), 10, 2);
    disk.release(id(2));
    assert!(!disk.needs_reading(), "nothing of it had landed");
}

#[test]
fn a_download_that_is_alone_in_staging_may_outgrow_its_budget() {
    let mut disk = disk(20 * GB);
    disk.set_limits(None, Some(100_000_000));
    assert_eq!(disk.admit(id(1), 60_000_000, 2), Admission::Admitted);
    assert_eq!(disk.grow(id(1), 300_000_000), Grown::Yes);
}

#[test]
fn a_download_grows_into_what_the_others_leave_of_staging() {
    let mut disk = disk(20 * GB);
    disk.set_limits(None, Some(100_000_000));
    assert_eq!(disk.admit(id(1), 40_000_000, 2), Admission::Admitted);
    assert_eq!(disk.admit(id(2), 30_000_000, 2), Admission::Admitted);
    assert_eq!(disk.grow(id(1), 70_000_000), Grown::Yes, "to the last byte");
    assert_eq!(disk.grow(id(1), 70_000_001), Grown::Yield(id(2)));
}

#[test]
fn what_a_snapshot_holds_of_the_disk_opens() {
    let mut disk = disk(GB);
    disk.admit(id(1), 100, 2);
    disk.landed(id(1), 10);
    disk.stage(id(2), 5);
    disk.stage(id(3), 5);
    disk.unstage(id(3));
    let stored = serde_json::to_string(&disk).unwrap();
    insta::assert_snapshot!(stored, @r#"{"reserve":null,"staging":null,"uploads":true,"reading":{"asked":1,"available":4200000000,"total":64000000000},"asked":1,"unseen":{"1":20},"evicted":{"1":5},"reserved":{"1":{"size":100,"factor":2,"landed":10,"order":1}},"admissions":1,"staged":{"2":5},"low":false,"stale":true}"#);
    assert_eq!(serde_json::from_str::<Disk>(&stored).unwrap(), disk);
    assert_eq!(serde_json::from_str::<Disk>("{}").unwrap(), Disk::default());
}

/// One thing that happens to the disk.
#[derive(Debug, Clone, Copy)]
enum Step {
    Admit { id: i64, bytes: u64, factor: u64 },
    Land { id: i64, bytes: u64 },
    Stage { id: i64 },
    Abort { id: i64 },
    Evict { id: i64 },
    Write(u64),
    Ask,
    Answer { late: bool },
    Unasked,
    Uploads(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let id = 0..8_i64;
    let bytes = 0..400_u64;
    prop_oneof![
        4 => (id.clone(), bytes.clone(), 1..=2_u64)
            .prop_map(|(id, bytes, factor)| Step::Admit { id, bytes, factor }),
        6 => (id.clone(), bytes.clone()).prop_map(|(id, bytes)| Step::Land { id, bytes }),
        2 => id.clone().prop_map(|id| Step::Stage { id }),
        1 => id.clone().prop_map(|id| Step::Abort { id }),
        2 => id.prop_map(|id| Step::Evict { id }),
        1 => (0..5_u64).prop_map(Step::Write),
        3 => Just(Step::Ask),
        3 => any::<bool>().prop_map(|late| Step::Answer { late }),
        1 => Just(Step::Unasked),
        1 => any::<bool>().prop_map(Step::Uploads),
    ]
}

/// The volume as it really is: what each download has put on it, and readings on their way.
struct Volume {
    free: u64,
    /// Per admitted download: factor, size that it may reach, bytes of its file so far.
    downloads: BTreeMap<i64, (u64, u64, u64)>,
    staged: BTreeMap<i64, u64>,
    /// Number, and what was free when it was asked for.
    asked: Vec<(u64, u64)>,
}

proptest! {
    #[test]
    fn no_order_of_events_takes_the_volume_below_the_reserve(
        start in 0..3_000_u64,
        steps in proptest::collection::vec(step(), 1..200),
    ) {
        const RESERVE: u64 = 500;
        let mut disk = Disk::default();
        disk.set_limits(Some(RESERVE), Some(1_000));
        let mut volume = Volume {
            free: RESERVE + start,
            downloads: BTreeMap::new(),
            staged: BTreeMap::new(),
            asked: Vec::new(),
        };
        let mut written = 0;
        for step in steps {
            match step {
                Step::Admit { id, bytes, factor } => {
                    let known = volume.downloads.contains_key(&id) || volume.staged.contains_key(&id);
                    if !known && disk.admit(ResourceId(id), bytes, factor) == Admission::Admitted {
                        volume.downloads.insert(id, (factor, bytes, 0));
                    }
                }
                Step::Land { id, bytes } => {
                    let Some((factor, size, landed)) = volume.downloads.get_mut(&id) else { continue };
                    if bytes > *size && disk.grow(ResourceId(id), bytes) == Grown::Yes {
                        *size = bytes;
                    }
                    // The worst case: the library keeps a copy of every byte.
                    let more = bytes.min(*size).saturating_sub(*landed);
                    *landed += more;
                    volume.free = volume.free.checked_sub(more * *factor).expect("a disk filled");
                    disk.landed(ResourceId(id), *landed);
                }
                Step::Stage { id } => {
                    let Some((_, _, landed)) = volume.downloads.remove(&id) else { continue };
                    disk.stage(ResourceId(id), landed);
                    volume.staged.insert(id, landed);
                }
                Step::Abort { id } => {
                    let Some((_, _, landed)) = volume.downloads.remove(&id) else { continue };
                    volume.free += landed;
                    disk.release(ResourceId(id));
                }
                Step::Evict { id } => {
                    let Some(bytes) = volume.staged.remove(&id) else { continue };
                    volume.free += bytes;
                    disk.unstage(ResourceId(id));
                }
                Step::Write(bytes) => {
                    // Our own files may take of the reserve; they are told all the same.
                    let bytes = bytes.min(volume.free);
                    volume.free -= bytes;
                    written += bytes;
                    disk.wrote(bytes);
                }
                Step::Ask => volume.asked.push((disk.ask(), volume.free)),
                Step::Answer { late } => {
                    let next = if late { volume.asked.pop() } else {
                        (!volume.asked.is_empty()).then(|| volume.asked.remove(0))
                    };
                    if let Some((asked, free)) = next {
                        disk.read(Some(asked), free, 100_000);
                    }
                }
                Step::Unasked => disk.read(None, volume.free, 100_000),
                Step::Uploads(permitted) => disk.set_uploads(permitted),
            }
            prop_assert!(volume.free + written >= RESERVE, "{} B are free", volume.free);
            disk.update_low(Some((100, 2)));
        }
        // Every way out releases.
        for id in volume.downloads.keys() {
            disk.release(ResourceId(*id));
        }
        for id in volume.staged.keys() {
            disk.unstage(ResourceId(*id));
        }
        let asked = disk.ask();
        disk.read(Some(asked), 9_500, 100_000);
        prop_assert_eq!((disk.reserved(), disk.staged(), disk.free()), (0, 0, 9_000));
    }

    #[test]
    fn no_number_overflows(
        numbers in proptest::collection::vec((0..4_i64, any::<u64>(), any::<u64>(), 0..8_u8), 1..60),
    ) {
        let mut disk = Disk::default();
        disk.set_uploads(true);
        for (number, one, two, what) in numbers {
            let id = ResourceId(number);
            match what {
                0 => { disk.admit(id, one, 1 + two % 2); }
                1 => disk.landed(id, one),
                2 => { disk.grow(id, one); }
                3 => disk.stage(id, one),
                4 => disk.wrote(one),
                5 => disk.read(None, one, two),
                6 => { disk.update_low(Some((one, 2))); }
                _ => {
                    disk.unstage(id);
                }
            }
            disk.evict_when_held([(id, one), (ResourceId(9), two)].into_iter());
            prop_assert!(disk.largest(2) <= disk.free() / 2);
        }
    }
}
