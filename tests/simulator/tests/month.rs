//! What `keepsake simulate` draws is true.

use keepsake_simulator::month::{Wish, live};

const GB: u64 = 1_000_000_000;

fn wish() -> Wish {
    Wish { phone: 64 * GB, library: 20 * GB, optimised: false, mobile: false, days: 5, seed: 1 }
}

#[test]
fn a_library_on_the_phone_is_sent_once_at_night_and_over_wifi() {
    let month = live(&wish());
    assert!(month.safe_at.is_some(), "{:?}", month.marks);
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
    assert!(month.safe_at.is_some() && month.freed > 0, "{:?}", month.marks);
    assert!(month.moved.down_wifi > 50 * GB);
    assert_eq!(live(&wish), month, "the same seed, the same month");
}
