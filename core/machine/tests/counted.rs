//! What is counted, and as what.

use keepsake_machine::stage::{Bytes, Class, Fault, Origin, Stage, Waiting, Why};
use keepsake_machine::status::{Counts, Tally};
use keepsake_machine::time::Elapsed;

#[test]
fn every_stage_is_counted_as_what_it_is() {
    let (due, bytes, why) = (Elapsed(1), Bytes::InLibrary, Why::NeedsMoreSpace);
    let waits = Stage::Waiting(Waiting { due, attempt: 1, wasted: 0, why, bytes });
    let fault = Fault::Refused;
    let classes = [
        (Stage::Discovered, Class::Pending),
        (Stage::AwaitingOriginal, Class::Pending),
        (Stage::Checksumming, Class::Pending),
        (Stage::CheckingDuplicate { bytes }, Class::Pending),
        (Stage::Uploading { bytes }, Class::Pending),
        (Stage::Verifying { bytes, origin: Origin::Sent }, Class::Pending),
        (waits, Class::Waiting(why)),
        (Stage::BackedUp, Class::BackedUp),
        (Stage::Duplicate, Class::Duplicate),
        (Stage::Freed, Class::Freed),
        (Stage::Lost, Class::Lost),
        (Stage::Quarantined(fault), Class::Quarantined(fault)),
        (Stage::Hidden, Class::Hidden),
        (Stage::Closed, Class::Closed),
        (Stage::Excluded, Class::Excluded),
        (Stage::Forgotten, Class::Forgotten),
    ];
    for (stage, class) in classes {
        assert_eq!(stage.class(), class);
    }
}

#[test]
fn sums_are_of_all_that_is_in_them() {
    let one = |items| Tally { items, bytes: items * 10, estimated: items };
    let mut counts = Counts::default();
    counts.classes.insert(Class::Quarantined(Fault::Refused), one(1));
    counts.classes.insert(Class::Quarantined(Fault::Unreadable), one(2));
    counts.classes.insert(Class::BackedUp, one(4));
    assert_eq!(counts.quarantined(), one(3));
    assert_eq!(counts.safe(), one(4));
    assert_eq!(counts.total(), one(7));
}
