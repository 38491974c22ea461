//! The way back: what went through the border into a vault comes out of it byte for byte.
#![cfg(feature = "virtual-time")]

mod support;

use keepsake::KeepsakeError;
use keepsake::engine::Verified;
use keepsake::restore::{Progress, Restored, restore};
use std::path::Path;
use support::*;

fn back(folder: &Path, into: &Path) -> Result<Restored, KeepsakeError> {
    restore(vault(folder), into.display().to_string(), Progress::new())
}

#[test]
fn everything_comes_back_byte_for_byte_and_a_second_time_it_is_there_already() {
    let place = Place::of(Host::default());
    place.time.advance(60_000).unwrap();
    // The backup is open all the while.
    let (folder, into) = (place.folder.path(), place.folder.path().join("back"));
    let progress = Progress::new();
    let restored = restore(vault(folder), into.display().to_string(), progress.clone()).unwrap();
    assert_eq!((restored.written, restored.bytes), (3, 3 * BYTES as u64));
    assert_eq!((restored.stopped, restored.cut), (false, None));
    for number in 1..=3 {
        let name = format!("IMG_{number}.HEIC");
        assert_eq!(std::fs::read(into.join(&name)).unwrap(), bytes(&name));
    }
    let reached = progress.reached();
    assert_eq!((reached.items_total, reached.bytes_total), (3, 3 * BYTES as u64));
    let again = back(folder, &into).unwrap();
    assert_eq!((again.written, again.already_there), (0, 3));
}

#[test]
fn what_a_library_knows_by_ids_only_comes_back_by_the_names_that_it_was_shot_with() {
    let ids: [fn(i64) -> String; 2] = [
        |number| format!("external_primary/{number}"),
        |number| format!("9F983DBA-EC35-42B8/L0/001#{number}#IMG_{number}.HEIC"),
    ];
    for ids in ids {
        let place = Place::of(Host { ids: Some(ids), ..Host::default() });
        place.time.advance(60_000).unwrap();
        let (folder, into) = (place.folder.path(), place.folder.path().join("back"));
        let restored = back(folder, &into).unwrap();
        assert_eq!((restored.written, restored.in_the_way.len()), (3, 0), "{restored:?}");
        for number in 1..=3 {
            let file = into.join(format!("2026/01/IMG_{number}.HEIC"));
            assert_eq!(std::fs::read(file).unwrap(), bytes(&ids(number)));
        }
        assert_eq!(back(folder, &into).unwrap().already_there, 3);
    }
}

#[test]
fn what_is_lost_in_the_way_or_not_as_recorded_is_told_by_name() {
    let place = Place::of(Host::default());
    place.time.advance(60_000).unwrap();
    place.engine.stop().unwrap();
    let (folder, into) = (place.folder.path(), place.folder.path().join("back"));
    let month = folder.join("vault/2026/01");
    std::fs::remove_file(month.join("IMG_1.HEIC")).unwrap();
    std::fs::write(month.join("IMG_2.HEIC"), "something else").unwrap();
    std::fs::create_dir(&into).unwrap();
    std::fs::write(into.join("IMG_3.HEIC"), "another photo").unwrap();
    let restored = back(folder, &into).unwrap();
    assert_eq!(restored.lost.len(), 2, "{restored:?}");
    assert_eq!(restored.altered, ["2026/01/IMG_2.HEIC"]);
    assert_eq!(restored.in_the_way, ["IMG_3.HEIC"]);
    assert_eq!(std::fs::read(into.join("IMG_3.HEIC")).unwrap(), b"another photo");

    let engine = place.time.open(configuration(folder), ports(&place.host)).unwrap();
    let found: Verified = engine.verify(true, Progress::new()).unwrap();
    assert_eq!((found.good, found.bytes), (1, BYTES as u64));
    assert_eq!(found.missing, ["2026/01/IMG_1.HEIC"]);
    assert_eq!(found.damaged, ["2026/01/IMG_2.HEIC"]);
    assert_eq!((found.altered.len(), found.segments.len(), found.stopped), (0, 0, false));
}

#[test]
fn a_torn_segment_and_what_cannot_be_looked_at_are_told() {
    let place = Place::of(Host::default());
    place.time.advance(60_000).unwrap();
    place.engine.stop().unwrap();
    let folder = place.folder.path();
    let mut torn = 0;
    for device in std::fs::read_dir(folder.join("vault/.keepsake")).unwrap().flatten() {
        torn += tear(&device.path());
    }
    assert!(torn > 0, "no segment was found: nothing is shown");
    std::fs::write(folder.join("vault/2026/01/stray.HEIC"), "of nobody").unwrap();
    let engine = place.time.open(configuration(folder), ports(&place.host)).unwrap();
    let found = engine.verify(false, Progress::new()).unwrap();
    assert_eq!(found.segments.len(), torn, "{found:?}");
    assert!(found.loose.contains(&"2026/01/stray.HEIC".to_owned()), "{found:?}");
    let restored = back(folder, &folder.join("back")).unwrap();
    assert_eq!(restored.segments.len(), torn, "{restored:?}");
    assert_eq!(restored.unrecorded, 4, "{restored:?}");
}

/// Cuts off the end of every segment below a folder, and says how many there are.
fn tear(path: &Path) -> usize {
    if let Ok(inside) = std::fs::read_dir(path) {
        return inside.flatten().map(|entry| tear(&entry.path())).sum();
    }
    if path.extension().is_none_or(|end| end != "jsonl") {
        return 0;
    }
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..bytes.len() - 20]).unwrap();
    1
}

#[test]
fn a_restore_that_is_stopped_says_so_and_the_next_one_does_the_rest() {
    let place = Place::of(Host::default());
    place.time.advance(60_000).unwrap();
    let (folder, into) = (place.folder.path(), place.folder.path().join("back"));
    let progress = Progress::new();
    progress.stop();
    let restored = restore(vault(folder), into.display().to_string(), progress).unwrap();
    assert!(restored.stopped, "{restored:?}");
    assert!(restored.written < 3, "{restored:?}");
    let rest = back(folder, &into).unwrap();
    assert_eq!(rest.written + rest.already_there, 3, "{rest:?}");
}

#[test]
fn what_cannot_be_restored_at_all_is_a_typed_error() {
    let place = Place::of(Host::default());
    place.time.advance(60_000).unwrap();
    let folder = place.folder.path();
    let nowhere = back(&folder.join("nowhere"), &folder.join("back")).unwrap_err();
    assert!(matches!(nowhere, KeepsakeError::NotNow { .. }), "{nowhere}");
    let inside = back(folder, &folder.join("vault/back")).unwrap_err();
    assert!(matches!(inside, KeepsakeError::Destination { .. }), "{inside}");
}
