//! Bad days of names and of what files look like: whatever a file is called and holds, it is kept
//! byte for byte and comes back as it was.

use keepsake_tests::photos::{self, changed_at, film, jpeg, raw, write};
use keepsake_tests::{Place, records, tree};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// Everything is safe, exactly once; and restored it is as it was.
fn kept_and_restored(place: &Place) {
    place.backed_up();
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_code(0);
    tree::assert_restored(&place.source, &dest);
}

fn named(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

const JULY: Option<&str> = Some("2026:07:14 09:30:00");

#[test]
fn a_name_is_kept_whatever_bytes_it_has_and_so_is_its_time() {
    let place = Place::new();
    let long = [vec![b'x'; 251], b".jpg".to_vec()].concat();
    let long_emoji = "\u{1f600}".repeat(62) + "abc.jpg";
    assert_eq!((long.len(), long_emoji.len()), (255, 255));
    let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}.jpg";
    let deep = [vec![b'd'; 255], b"/".to_vec(), vec![b'e'; 255], b"/a.jpg".to_vec()].concat();
    let names: &[&[u8]] = &[
        b"caf\xe9.jpg",
        b"\xff\xfe\x80.jpg",
        family.as_bytes(),
        "\u{202e}gpj.exe.jpg".as_bytes(),
        &long,
        long_emoji.as_bytes(),
        b"-rf.jpg",
        b"--help.jpg",
        b"a\nb.jpg",
        b"tab\there.jpg",
        b"\x1b[2Jcleared.jpg",
        b"back\\slash.jpg",
        b"quote'\"$(x).jpg",
        b" spaces .jpg",
        b"dot..jpg",
        b".hidden.jpg",
        b"con.jpg",
        b"a:b*c?.jpg",
        b"~1234abcd.jpg",
        b"folder \xf0\x28/IMG_1.JPG",
        b"... /IMG_1.JPG",
        &deep,
    ];
    for (number, name) in (1..).zip(names) {
        let path = write(&place.source, named(name), &jpeg(number, 3_000, JULY));
        let nanos = u32::try_from(number).unwrap() * 7 + 123_456_700;
        changed_at(&path, 1_500_000_000 + number * 86_400, nanos);
    }
    kept_and_restored(&place);
    for path in tree::files(&place.vault).keys() {
        let plain = path.to_str().is_some_and(|text| !text.contains(|c: char| c.is_control()));
        assert!(plain, "no name for a vault: {}", path.display());
    }
}

#[test]
fn twins_by_case_and_by_composition_are_all_kept_apart() {
    let place = Place::new();
    let names = [
        "IMG_1.JPG",
        "img_1.jpg",
        "Img_1.Jpg",
        "other/IMG_1.JPG",
        "caf\u{e9}.jpg",
        "cafe\u{301}.jpg",
        "CAF\u{c9}.JPG",
        "CAFE\u{301}.jpg",
        "other/cafe\u{301}.jpg",
    ];
    for (number, name) in (1..).zip(names) {
        write(&place.source, name, &jpeg(number, 2_000, JULY));
    }
    kept_and_restored(&place);
    // Copied to a disk that takes such twins for one, no file of the vault replaces another.
    let mut seen = BTreeSet::new();
    for path in tree::files(&place.vault).keys() {
        let folded = path.to_str().unwrap().to_lowercase().replace("e\u{301}", "\u{e9}");
        assert!(seen.insert(folded), "{} has a twin in the vault", path.display());
    }
    assert_eq!(seen.len(), names.len());
}

#[test]
fn links_are_never_followed_and_what_is_no_file_stops_nothing() {
    let place = Place::new();
    let outside = place.root().join("outside");
    write(&outside, "secret.jpg", &jpeg(1, 2_000, JULY));
    write(&place.source, "folder/IMG_1.JPG", &jpeg(2, 2_000, JULY));
    let source = &place.source;
    symlink(&outside, source.join("linked folder")).unwrap();
    symlink(outside.join("secret.jpg"), source.join("linked.jpg")).unwrap();
    symlink(source, source.join("folder/loop")).unwrap();
    symlink("round.jpg", source.join("round.jpg")).unwrap();
    symlink("nowhere.jpg", source.join("dangling.jpg")).unwrap();
    assert!(Command::new("mkfifo").arg(source.join("pipe.jpg")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(source.join("socket.jpg")).unwrap();
    let done = place.backup().finish();
    done.assert_code(0);
    done.assert_says("Skipped 5: symbolic link, never followed");
    done.assert_says("Skipped 2: no ordinary file");
    let kept = tree::files(&place.vault);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept.values().next(), Some(&tree::sum(&source.join("folder/IMG_1.JPG"))));
    let skipped = place.ask("library").arg("--skipped").finish();
    skipped.assert_code(0);
    for name in ["link\tlinked.jpg", "link\tfolder/loop", "not-a-file\tpipe.jpg"] {
        skipped.assert_says(name);
    }
}

#[test]
fn a_source_may_itself_be_reached_through_a_link() {
    let mut place = Place::new();
    write(&place.source, "IMG_1.JPG", &jpeg(1, 2_000, JULY));
    let alias = place.root().join("alias");
    symlink(&place.source, &alias).unwrap();
    let real = std::mem::replace(&mut place.source, alias);
    place.backup().finish().assert_code(0);
    tree::assert_holds_exactly(&place.vault, &real);
    // It is the same source by either name: nothing is sent again.
    let before = tree::identities(&place.vault);
    place.source = real;
    place.backup().finish().assert_code(0);
    assert_eq!(tree::identities(&place.vault), before);
}

#[test]
fn a_wrong_extension_a_cut_off_exif_and_an_empty_file_are_kept_as_they_are() {
    let place = Place::new();
    let source = &place.source;
    let whole = jpeg(1, 4_000, JULY);
    write(source, "empty.jpg", b"");
    write(source, "empty.heic", b"");
    write(source, "one-byte.jpg", b"\xff");
    write(source, "film-called.jpg", &film(2, 4_000, 1_700_000_000));
    write(source, "photo-called.mov", &jpeg(3, 4_000, JULY));
    write(source, "text.heic", b"this is no photo at all\n");
    write(source, "png.jpg", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    for cut in [3, 5, 20, 40, 60] {
        write(source, format!("cut-{cut}.jpg"), &whole[..cut]);
    }
    // An EXIF block that says it is longer than the file, and one whose pointers lead nowhere.
    let mut long = jpeg(4, 300, JULY);
    long[4] = 0xFF;
    write(source, "long-exif.jpg", &long);
    let mut astray = jpeg(5, 300, JULY);
    astray[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    write(source, "astray-exif.jpg", &astray);
    write(source, "impossible-date.jpg", &jpeg(6, 300, Some("2026:13:45 99:99:99")));
    write(source, "no-date.jpg", &jpeg(7, 300, Some("0000:00:00 00:00:00")));
    write(source, "cut.CR2", &raw(8, 4_000, "2026:07:14 09:30:00")[..50]);
    write(source, "cut.mov", &film(9, 4_000, 1_700_000_000)[..30]);
    kept_and_restored(&place);
}

#[test]
fn a_photo_is_filed_by_the_day_it_was_taken_and_called_as_shot() {
    let place = Place::new();
    let source = &place.source;
    write(source, "a/IMG_0042.HEIC", &jpeg(1, 4_000, Some("2019:03:05 23:59:59")));
    write(source, "DSC_7.NEF", &raw(2, 4_000, "2021:12:31 00:00:00"));
    write(source, "MVI_8.MOV", &film(3, 4_000, 1_583_020_800)); // 2020-03-01 00:00 UTC
    let undated = write(source, "scan.jpg", &jpeg(4, 4_000, None));
    changed_at(&undated, 1_262_304_000 + 43_200, 5); // 2010-01-01, noon
    kept_and_restored(&place);
    for path in ["2019/03/IMG_0042.HEIC", "2021/12/DSC_7.NEF", "2020/03/MVI_8.MOV"] {
        assert!(place.vault.join(path).is_file(), "{path}: {:?}", tree::paths(&place.vault));
    }
    assert!(place.vault.join("2010/01/scan.jpg").is_file());
    let captured = |original| records::of(&place.vault, original)["captured"].clone();
    assert_eq!(captured("a/IMG_0042.HEIC")["source"], "ExifOriginal");
    assert_eq!(captured("a/IMG_0042.HEIC")["offset"], 120);
    assert_eq!(captured("scan.jpg")["source"], "FileTime");
}

#[test]
fn the_files_of_one_picture_stay_together_under_one_name() {
    let place = Place::new();
    let source = &place.source;
    write(source, "IMG_1.HEIC", &jpeg(1, 4_000, JULY));
    write(source, "IMG_1.MOV", &film(2, 4_000, 1_700_000_000));
    write(source, "IMG_1.AAE", b"<plist>one</plist>");
    write(source, "IMG_2.JPG", &jpeg(3, 4_000, JULY));
    write(source, "IMG_2.CR2", &raw(4, 4_000, "2026:07:14 09:30:00"));
    write(source, "IMG_2.xmp", b"<x:xmpmeta>two</x:xmpmeta>");
    // The same name and month again: neither of its files may be mistaken for the first one's.
    write(source, "other/IMG_1.HEIC", &jpeg(5, 4_000, JULY));
    write(source, "other/IMG_1.MOV", &film(6, 4_000, 1_600_000_000));
    kept_and_restored(&place);
    let asset = |original| {
        let record = records::of(&place.vault, original);
        (record["asset"].clone(), record["role"].clone())
    };
    for (primary, others) in [
        ("IMG_1.HEIC", &[("IMG_1.MOV", "PairedVideo"), ("IMG_1.AAE", "Adjustment")][..]),
        ("IMG_2.JPG", &[("IMG_2.CR2", "AlternatePhoto"), ("IMG_2.xmp", "Sidecar")]),
        ("other/IMG_1.HEIC", &[("other/IMG_1.MOV", "PairedVideo")]),
    ] {
        let (id, role) = asset(primary);
        assert_eq!(role, "Photo", "{primary}");
        for (other, role) in others {
            assert_eq!(asset(other), (id.clone(), (*role).into()), "{other} with {primary}");
            let stem = |name| {
                let path = records::of(&place.vault, name)["path"].as_str().unwrap().to_owned();
                path.rsplit_once('.').unwrap().0.to_owned()
            };
            assert_eq!(stem(primary), stem(other), "one stem in the vault");
        }
    }
    // One of the two that are called alike has the name as shot.
    for name in ["IMG_1.HEIC", "IMG_1.MOV"] {
        assert!(place.vault.join("2026/07").join(name).is_file(), "{name}");
    }
}

#[test]
fn equal_photos_are_stored_once_and_each_comes_back_under_its_own_name() {
    let place = Place::new();
    let photo = jpeg(1, 4_000, JULY);
    for name in ["a.jpg", "b.jpg", "folder/a.jpg", "folder/copy of a.jpg"] {
        write(&place.source, name, &photo);
    }
    photos::roll(&place.source.join("roll"), 9, 20, 3_000);
    let again = place.source.join("again");
    photos::roll(&again, 9, 20, 3_000);
    kept_and_restored(&place);
}

#[test]
fn a_photo_library_of_another_program_is_named_and_never_walked() {
    let mut place = Place::new();
    let library = place.source.join("Photos Library.photoslibrary");
    write(&library, "resources/derivatives/thumb.jpg", &jpeg(1, 2_000, JULY));
    write(&place.source, "IMG_1.JPG", &jpeg(2, 2_000, JULY));
    let done = place.backup().finish();
    done.assert_code(0);
    done.assert_says("photo library of another program");
    done.assert_says("Photos Library.photoslibrary");
    assert_eq!(tree::files(&place.vault).len(), 1);
    place.source = library;
    place.vault = place.root().join("another");
    place.state = place.root().join("another state");
    let refused = place.backup().finish();
    refused.assert_code(1);
    refused.assert_says("photo library");
    assert!(!place.vault.exists());
}
