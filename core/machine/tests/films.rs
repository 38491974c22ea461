//! Films that are as large as the phone, or larger, and what is thought of those of unknown size.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, small};
use keepsake_machine::effect::{Change, Effect};
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{ResourceId, Size, SizeClass};
use keepsake_machine::row::Row;
use keepsake_machine::stage::{Class, Why};

#[test]
fn a_film_larger_than_the_phone_waits_by_name_and_nobody_is_asked_to_free_space() {
    // In the library and in staging it takes twice its size.
    let film = Photo::cloud(1, 6 * (1 << 40) / 10).row(ResourceId(1));
    waits_by_name(film, ROOMY);
}

/// It waits by name, and the disk is not called low.
fn waits_by_name(film: Row, available: u64) {
    let mut script = Script::started(small(), &[film], available);
    script.bring(vec![film]);
    let waits = script.take(|effect| match effect {
        Effect::Persist { change: Change::Stage { stage, .. }, .. } => Some(stage.class()),
        _ => None,
    });
    assert_eq!(waits, Some(Class::Waiting(Why::NeedsMoreSpace)));
    assert!(!script.machine.status().holds.has(Hold::LowStorage));
}

/// A film in the cloud that is as long, of which nothing else is known.
fn unmeasured(minutes: u64) -> Row {
    let size = Size::Hinted { class: SizeClass::LargeVideo, measure: minutes * 60_000 };
    Row { size, ..Photo::cloud(1, 1).row(ResourceId(1)) }
}

/// What a download of it may land, in hundreds of megabytes.
fn let_in(film: Row) -> Option<u64> {
    let mut script = Script::started(small(), &[film], 900_000 * MB);
    script.bring(vec![film]);
    script.take(|effect| match effect {
        Effect::Download { at_most, .. } => Some(*at_most / (100 * MB)),
        _ => None,
    })
}

#[test]
fn a_film_is_let_in_as_its_upper_estimate_and_where_that_never_fits_as_what_is_typical() {
    // 440 MB a minute at most, 200 MB typically.
    assert_eq!(let_in(unmeasured(100)), Some(440));
    // 660 GB, in the library and in staging: more than the phone has. So are not 300 GB.
    assert_eq!(let_in(unmeasured(1_500)), Some(3_000));
}

#[test]
fn a_film_that_is_typically_larger_than_the_phone_waits_by_name() {
    waits_by_name(unmeasured(3_000), 900_000 * MB);
}
