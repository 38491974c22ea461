//! Sidecars on a device that knows only the vault: each belongs to one photo, and is known again beside it,
//! whatever became of the photo's name and date.

use keepsake_tests::photos::{changed_at, jpeg, write};
use keepsake_tests::{Place, tree};
use std::fs;
use std::path::PathBuf;

/// July 2025 and January 2026, in seconds.
const JULY: u64 = 1_752_500_000;
const JANUARY: u64 = 1_768_000_000;
const EDIT: &[u8] = b"<x:xmpmeta/>";

/// A photo that does not say when it was taken, and its sidecar, of January.
fn photo_of_july(place: &Place) {
    changed_at(&write(&place.source, "a.jpg", &jpeg(1, 20_000, None)), JULY, 0);
    sidecar(place, "a.xmp");
}

fn sidecar(place: &Place, name: &str) {
    changed_at(&write(&place.source, name, EDIT), JANUARY, 0);
}

/// Another photo with the very same sidecar.
fn other_photo(place: &Place) {
    write(&place.source, "other.jpg", &jpeg(2, 20_000, Some("2026:07:03 10:00:00")));
    sidecar(place, "other.xmp");
}

fn rename(place: &Place, from: &str, to: &str) {
    let to = place.source.join(to);
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::rename(place.source.join(from), to).unwrap();
}

/// Backs up once more, with this device and with a new one: nothing is sent, and everything comes back.
fn nothing_is_sent(place: &Place, what: &str) {
    let before = tree::identities(&place.vault);
    for device in [place.another_device(), place.another_device()] {
        device.backup().finish().assert_code(0);
        assert_eq!(tree::identities(&place.vault), before, "{what}: by a new device");
    }
    place.backup().finish().assert_code(0);
    assert_eq!(tree::identities(&place.vault), before, "{what}: by the same device");
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0);
    let back = tree::files(&dest);
    let wanted = tree::files(&place.source);
    assert!(wanted.iter().all(|(path, sum)| back.get(path) == Some(sum)), "{what}");
}

#[test]
fn a_new_device_knows_sidecars_again_whatever_became_of_their_photos() {
    type Change = fn(&Place);
    let changes: [(&str, Change); 7] = [
        ("another date", |place| changed_at(&place.source.join("a.jpg"), JANUARY, 0)),
        ("another name", |place| {
            rename(place, "a.jpg", "b.jpg");
            rename(place, "a.xmp", "b.xmp");
        }),
        ("another place, name and date", |place| {
            rename(place, "a.jpg", "trip/b.jpg");
            rename(place, "a.xmp", "trip/b.jpg.xmp");
            changed_at(&place.source.join("trip/b.jpg"), JANUARY, 0);
        }),
        ("the photo is gone", |place| fs::remove_file(place.source.join("a.jpg")).unwrap()),
        ("the photo is gone, and came back elsewhere", |place| {
            rename(place, "a.jpg", "elsewhere/a.jpg");
        }),
        ("a second sidecar came later", |place| {
            changed_at(&place.source.join("a.jpg"), JANUARY, 0);
            sidecar(place, "a.aae");
            place.backup().finish().assert_code(0);
        }),
        ("nothing", |_| {}),
    ];
    for others in [false, true] {
        for (what, change) in changes {
            let place = Place::new();
            photo_of_july(&place);
            if others {
                other_photo(&place);
            }
            place.backup().finish().assert_code(0);
            change(&place);
            nothing_is_sent(&place, what);
        }
    }
}

#[test]
fn a_sidecar_that_was_there_before_its_photo_is_known_again() {
    let place = Place::new();
    sidecar(&place, "a.xmp");
    place.backup().finish().assert_code(0);
    photo_of_july(&place);
    place.backup().finish().assert_code(0);
    nothing_is_sent(&place, "the photo came later");
}

#[test]
fn sidecars_that_are_moved_in_the_vault_with_their_photos_are_known_again() {
    type Change = fn(&Place);
    let month: Change = |place| {
        fs::rename(place.vault.join("2025/07"), place.vault.join("2025/trip")).unwrap();
    };
    let alone: Change = |place| {
        fs::create_dir(place.vault.join("album")).unwrap();
        for (name, to) in [("a.jpg", "b.jpg"), ("a.xmp", "b.xmp")] {
            let from = place.vault.join("2025/07").join(name);
            fs::rename(from, place.vault.join("album").join(to)).unwrap();
        }
    };
    for (what, change) in [("the month", month), ("the two", alone)] {
        for others in [false, true] {
            let place = Place::new();
            photo_of_july(&place);
            if others {
                other_photo(&place);
            }
            place.backup().finish().assert_code(0);
            change(&place);
            let before = tree::identities(&place.vault);
            place.verify().finish();
            place.backup().finish().assert_code(0);
            assert_eq!(tree::identities(&place.vault), before, "{what}: by the same device");
            nothing_is_sent(&place, what);
        }
    }
}

#[test]
fn equal_sidecars_of_two_photos_both_lie_beside_their_own() {
    let place = Place::new();
    photo_of_july(&place);
    place.backup().finish().assert_code(0);
    let other = place.another_device();
    other_photo(&place);
    // Of the same name as one that the vault has, from another device, and of another month.
    let theirs = Place::new();
    write(&theirs.source, "a.jpg", &jpeg(3, 20_000, Some("2026:07:05 10:00:00")));
    sidecar(&theirs, "a.xmp");
    other.backup().finish().assert_code(0);
    theirs.backup_to(&place.vault).finish().assert_code(0);
    for path in ["2025/07/a.xmp", "2026/07/other.xmp", "2026/07/a.xmp"] {
        assert!(place.vault.join(path).exists(), "{path}");
    }
    assert_eq!(tree::files(&place.vault).len(), 6);
}

#[test]
fn a_sidecar_that_comes_later_is_not_taken_for_that_of_a_photo_of_the_same_name() {
    for by_a_new_device in [false, true] {
        let place = Place::new();
        for (folder, seed) in [("a", 1), ("b", 2)] {
            let shot = Some("2026:07:03 10:00:00");
            write(&place.source.join(folder), "IMG_0001.JPG", &jpeg(seed, 20_000, shot));
        }
        sidecar(&place, "a/IMG_0001.xmp");
        place.backup().finish().assert_code(0);
        sidecar(&place, "b/IMG_0001.xmp");
        let other = place.another_device();
        let device = if by_a_new_device { &other } else { &place };
        device.backup().finish().assert_code(0);
        let all = tree::files(&place.vault);
        let sidecars: Vec<_> =
            all.keys().filter(|path| path.extension().is_some_and(|end| end == "xmp")).collect();
        assert_eq!(sidecars.len(), 2, "{all:?}");
        let beside = |sidecar: &&PathBuf| all.contains_key(&sidecar.with_extension("JPG"));
        assert!(by_a_new_device || sidecars.iter().all(beside), "{all:?}");
        nothing_is_sent(&place, "both have their own");
    }
}

#[test]
fn a_sidecar_is_forgotten_by_itself_and_not_with_those_that_have_the_same_bytes() {
    let place = Place::new();
    photo_of_july(&place);
    other_photo(&place);
    place.backup().finish().assert_code(0);
    let said = place.ask("forget").path(&place.source.join("a.xmp")).finish();
    said.assert_code(0).assert_says("1 file will not be backed up again");
    write(&place.source, "later.jpg", &jpeg(3, 20_000, Some("2026:07:04 10:00:00")));
    sidecar(&place, "later.xmp");
    place.backup().finish().assert_code(0).assert_says("Everything is safe: 5 files");
    place.backup().finish().assert_code(0).assert_says("forgotten, as you said");
    assert_eq!((place.counted("BackedUp"), place.counted("Forgotten")), (5, 1));
    assert!(place.vault.join("2026/07/later.xmp").exists());
}

#[test]
fn equal_sidecars_of_photos_of_one_name_and_month_are_each_beside_their_own() {
    let place = Place::new();
    for number in 1..=6 {
        let folder = place.source.join(format!("{number}"));
        let shot = Some("2026:07:03 10:00:00");
        write(&folder, "IMG_0001.JPG", &jpeg(number, 200_000, shot));
        changed_at(&write(&folder, "IMG_0001.JPG.xmp", EDIT), JANUARY, 0);
    }
    place.backup().finish().assert_code(0);
    let all = tree::files(&place.vault);
    let photos: Vec<_> =
        all.keys().filter(|path| path.extension() == Some("JPG".as_ref())).collect();
    assert_eq!((photos.len(), all.len()), (6, 12), "{:?}", all.keys());
    nothing_is_sent(&place, "each has its own");
}
