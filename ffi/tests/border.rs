//! The border, crossed from the Rust side: a host in a few lines, as Kotlin and Swift have theirs.
#![cfg(feature = "virtual-time")]

mod support;

use keepsake::facts::{Fact, Permission};
use keepsake::library::Stage;
use keepsake::status::Activity;
use keepsake::{Event, KeepsakeError};
use keepsake_machine::hold::Hold;
use keepsake_machine::media::Access;
use keepsake_machine::stage::Fault;
use support::*;

#[test]
fn a_library_goes_through_the_border_into_a_vault() {
    for access in [Access::Seekable, Access::Poured] {
        let place = Place::of(Host { access: Some(access), ..Host::default() });
        place.time.advance(60_000).unwrap();
        assert!(place.is_safe(), "{:?}", place.engine.status());
        let page = place.engine.library(None, 2).unwrap();
        assert_eq!(page.entries[0].id, "IMG_3.HEIC", "newest first");
        let rest = place.engine.library(page.next, 2).unwrap();
        assert_eq!((rest.entries.len(), rest.next), (1, None));
        assert!(rest.entries.iter().all(|entry| entry.stage == Stage::BackedUp));
        let events = std::iter::from_fn(|| place.engine.waiting_event()).collect::<Vec<_>>();
        assert!(events.contains(&Event::ScanFinished { complete: true, changed: 3 }));
        assert!(events.contains(&Event::ActivityChanged { activity: Activity::Done }));
        place.engine.stop().unwrap();
        assert_eq!(place.engine.retry(None), Err(KeepsakeError::Stopped));
    }
}

#[test]
fn a_host_that_answers_twice_and_goes_on_talking_is_heard_once() {
    for access in [Access::Seekable, Access::Poured] {
        let place = Place::of(Host { access: Some(access), ..Host::default() });
        *place.host.manners.lock().unwrap() = Manners::Twice;
        place.time.advance(60_000).unwrap();
        assert!(place.is_safe(), "{:?}", place.engine.status());
    }
}

#[test]
fn a_host_whose_code_throws_is_named_and_the_rest_goes_on_when_it_does_not() {
    for manners in [Manners::Throws, Manners::WrongNumbers, Manners::Silent] {
        let access = (manners == Manners::Silent).then_some(Access::Poured);
        let place = Place::of(Host { access, ..Host::default() });
        // The first scan is a good one: there is something to be asked for.
        place.engine.pause().unwrap();
        place.time.advance(1_000).unwrap();
        *place.host.manners.lock().unwrap() = manners;
        place.engine.resume().unwrap();
        place.time.advance(3_600_000).unwrap();
        let status = place.engine.status().unwrap();
        assert_eq!((status.safe.items, place.stored()), (0, 0), "{manners:?}");
        let named = status.quarantined.items == 3 || !status.holds.is_empty();
        assert!(named || status.unfinished.items == 3, "{manners:?}: {status:?}");
        let faults = status
            .classes
            .iter()
            .any(|one| format!("{:?}", one.class).contains(&format!("{:?}", Fault::HostFault)));
        assert!(faults || manners == Manners::Silent, "{manners:?}: {status:?}");
        *place.host.manners.lock().unwrap() = Manners::Good;
        place.engine.retry(None).unwrap();
        place.time.advance(40 * 3_600_000).unwrap();
        assert!(place.is_safe(), "{manners:?}: {:?}", place.engine.status());
    }
}

#[test]
fn what_the_host_says_of_space_and_network_counts() {
    let place = Place::of(Host::default());
    place.engine.tell(vec![Fact::Locked { locked: true }]).unwrap();
    place.time.advance(10_000).unwrap();
    assert_eq!(place.engine.status().unwrap().holds, [Hold::DeviceLocked]);
    place.engine.tell(vec![Fact::Locked { locked: false }]).unwrap();
    place.time.advance(20_000).unwrap();
    assert!(place.is_safe());
    assert!(place.host.asked.lock().unwrap().contains(&"space".to_owned()));
}

#[test]
fn a_library_that_refuses_a_scan_is_a_hold_and_no_mistake_of_the_host() {
    let place = Place::of(Host::default());
    place.time.advance(60_000).unwrap();
    *place.host.manners.lock().unwrap() = Manners::NoAccess;
    place.engine.tell(vec![Fact::LibraryChanged]).unwrap();
    place.time.advance(3_600_000).unwrap();
    let status = place.engine.status().unwrap();
    assert_eq!((status.holds, status.safe.items), (vec![Hold::NoAccess], 3));
    *place.host.manners.lock().unwrap() = Manners::Good;
    place.engine.tell(vec![Fact::LibraryAccess { access: Permission::Full }]).unwrap();
    place.time.advance(3_660_000).unwrap();
    assert!(place.is_safe());
}
