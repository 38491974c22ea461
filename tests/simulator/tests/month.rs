//! What `keepsake simulate` draws is true.

use keepsake_simulator::month::{Mark, Wish, live};

const GB: u64 = 1_000_000_000;

fn wish() -> Wish {
    Wish { phone: 64 * GB, library: 20 * GB, optimised: false, mobile: false, days: 5, seed: 1 }
}

#[test]
fn a_library_on_the_phone_is_sent_once_at_night_and_over_wifi() {
    let month = live(&wish());
    assert!(month.safe_after.is_some(), "{:?}", month.marks);
    assert_eq!((month.moved.down_wifi, month.moved.down_mobile, month.moved.up_mobile), (0, 0, 0));
    // What is in the library twice is sent once; what is shot meanwhile is sent too.
    assert!((15 * GB..22 * GB).contains(&month.moved.up_wifi), "{}", month.moved.up_wifi);
    let by_day = month.hours.iter().enumerate().filter(|(at, _)| (8..20).contains(&(at % 24)));
    assert_eq!(by_day.map(|(_, hour)| hour.moved.up_wifi).sum::<u64>(), 0);
}

#[test]
fn a_library_larger_than_the_phone_never_fills_it_and_becomes_safe_in_turns() {
    let wish = Wish { library: 100 * GB, optimised: true, days: 20, ..wish() };
    let month = live(&wish);
    for (at, hour) in month.hours.iter().enumerate() {
        assert!(hour.library + hour.staged + hour.others <= wish.phone, "hour {at}: {hour:?}");
    }
    assert!(month.safe_after.is_some() && month.freed > 0, "{:?}", month.marks);
    assert!(month.moved.down_wifi > 50 * GB);
    assert_eq!(live(&wish), month, "the same seed, the same month");
}

#[test]
fn what_ended_while_the_app_slept_went_over_the_network_of_then() {
    // A download that the morning stops may have ended all the same; in the evening the phone is on mobile
    // data, which may not be used.
    let (phone, library) = (256 * GB, 200 * GB);
    let month = live(&Wish { phone, library, optimised: true, ..wish() });
    assert_eq!((month.moved.down_mobile, month.moved.up_mobile), (0, 0));
}

#[test]
fn no_hour_moves_more_than_the_line_carries() {
    let month = live(&Wish { library: 100 * GB, optimised: true, ..wish() });
    for (at, hour) in month.hours.iter().enumerate() {
        let moved = hour.moved;
        assert!(moved.down_wifi <= 4 * 3_600_000_000, "32 Mbit/s, hour {at}: {moved:?}");
        // An upload that the morning stops may have been taken all the same: one file, early.
        let early = if at % 24 == 6 { GB } else { 0 };
        let most = 2 * 3_600_000_000 + early;
        assert!(moved.up_wifi <= most, "16 Mbit/s, hour {at}: {moved:?}");
    }
    let sum = month.hours.iter().map(|hour| hour.moved.up_wifi).sum::<u64>();
    assert_eq!(sum, month.moved.up_wifi);
}

#[test]
fn every_item_is_at_one_step_and_safe_is_when_the_mark_says() {
    let month = live(&wish());
    let after = month.safe_after.unwrap();
    assert!(month.marks.contains(&(after, Mark::Safe)));
    let hour = &month.hours[after - 1];
    assert_eq!(hour.safe(), hour.all());
    assert!(month.hours[after - 2].safe() < month.hours[after - 2].all());
    assert!(month.before.all() > 19 * GB && month.in_cloud == 0);
}

#[test]
fn a_full_phone_takes_no_more_pictures_and_is_never_more_than_full() {
    let full = Wish { phone: 16 * GB, library: 11 * GB, days: 60, ..wish() };
    assert!(full.originals_fit());
    let month = live(&full);
    assert!(month.marks.iter().any(|(_, mark)| *mark == Mark::Full), "{:?}", month.marks);
    let most = month.hours.iter().map(|hour| hour.library + hour.staged + hour.others).max();
    assert!(most <= Some(full.phone), "{most:?}");
}

#[test]
fn originals_fit_beside_the_system_and_the_reserve() {
    let fits = |phone, library| {
        Wish { phone: phone * GB, library: library * GB, ..wish() }.originals_fit()
    };
    assert!(fits(256, 179) && !fits(256, 180), "64 GB for the system, 12.8 GB stay free");
}
