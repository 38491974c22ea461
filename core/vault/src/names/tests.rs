use super::*;
use crate::capture::{CaptureSource, LocalTime};
use crate::path::VaultPath;
use proptest::prelude::*;

fn july() -> Captured {
    let local = LocalTime { year: 2026, month: 7, day: 3, hour: 12, minute: 0, second: 1 };
    Captured { local, offset: None, source: CaptureSource::ExifOriginal }
}

fn digest(fill: u8) -> Digest {
    Digest { sha256: [fill; 32], md5: None, size: 1 }
}

#[test]
fn a_name_is_as_shot() {
    let place = Placement::as_shot(&july(), b"IMG_0042.HEIC");
    assert_eq!(place.folder(), "2026/07");
    for name in ["IMG_0042.HEIC", "IMG_0042.MOV", "IMG_0042.HEIC.xmp", "IMG_0042"] {
        assert_eq!(place.file_name(name.as_bytes(), None), name);
    }
}

#[test]
fn a_stem_that_is_taken_gets_its_primarys_mark_and_keeps_its_files_together() {
    let place = Placement::as_shot(&july(), b"IMG_0042.HEIC").beside(&digest(0xab));
    assert_eq!(place.file_name(b"IMG_0042.HEIC", None), "IMG_0042~abababab.HEIC");
    assert_eq!(place.file_name(b"IMG_0042.MOV", None), "IMG_0042~abababab.MOV");
    assert_eq!(
        place.file_name(b"IMG_0042.MOV", Some((&digest(0xcd), 1))),
        "IMG_0042~abababab~cdcdcdcdcdcdcdcd.MOV"
    );
}

#[test]
fn a_resource_with_a_name_of_its_own_stands_beside_its_asset() {
    let place = Placement::as_shot(&july(), b"IMG_0042.HEIC");
    assert_eq!(place.file_name(b"FullSizeRender.jpg", None), "IMG_0042-FullSizeRender.jpg");
    assert_eq!(
        place.file_name(b"FullSizeRender.jpg", Some((&digest(1), 1))),
        "IMG_0042-FullSizeRender~0101010101010101.jpg"
    );
    assert_eq!(
        place.file_name(b"FullSizeRender.jpg", Some((&digest(1), 2))),
        "IMG_0042-FullSizeRender~0101010101010101-2.jpg"
    );
    assert_eq!(place.file_name(b"IMG_00421.jpg", None), "IMG_0042-IMG_00421.jpg");
}

#[test]
fn twins_by_case_and_by_composition_fold_alike() {
    assert_eq!(folded("IMG.jpg"), folded("img.JPG"));
    assert_eq!(folded("caf\u{e9}.jpg"), folded("CAFE\u{301}.jpg"));
    assert_ne!(folded("a.jpg"), folded("b.jpg"));
}

#[test]
fn what_is_not_plain_is_spelled() {
    let cases: [(&[u8], &str); 8] = [
        (b"caf\xe9.jpg", "caf%E9.jpg"),
        (b"a\nb.jpg", "a%0Ab.jpg"),
        (b"a\\b/c.jpg", "a%5Cb%2Fc.jpg"),
        (b"..", "_.."),
        (b".keepsake", "_.keepsake"),
        (b".KEEPSAKE.jpg", "_.KEEPSAKE.jpg"),
        (b".hidden.jpg", ".hidden.jpg"),
        ("😀.jpg".as_bytes(), "😀.jpg"),
    ];
    for (shot, spelled) in cases {
        let place = Placement::as_shot(&july(), shot);
        assert_eq!(place.file_name(shot, None), spelled);
    }
}

#[test]
fn the_text_for_the_catalog_reads_back_and_nothing_else_does() {
    let place = Placement::as_shot(&july(), b"IMG.HEIC");
    assert_eq!(place.to_text(), "2026/07/IMG");
    assert_eq!(place.clone().beside(&digest(0xab)).to_text(), "2026/07/IMG//abababab");
    for text in ["", "IMG", "../07/IMG", "2026/07/", "2026/07/a/b", "2026/07/..", "2026/07/a//zz"] {
        assert_eq!(Placement::parse(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn any_name_becomes_a_plain_name_of_at_most_255_bytes(
        primary in proptest::collection::vec(any::<u8>(), 1..300),
        name in proptest::collection::vec(any::<u8>(), 1..300),
        beside: bool,
        own: bool,
    ) {
        let mut place = Placement::as_shot(&july(), &primary);
        if beside {
            place = place.beside(&digest(7));
        }
        prop_assert_eq!(Placement::parse(&place.to_text()), Some(place.clone()));
        for name in [&primary, &name] {
            let file = place.file_name(name, own.then_some((&digest(9), 1)));
            prop_assert!(file.len() <= 255);
            prop_assert!(VaultPath::parse(&format!("2026/07/{file}")).is_some(), "{}", file);
            prop_assert!(!own || file.contains("~0909090909090909"));
        }
    }
}

#[test]
fn what_lies_beside_a_file_of_the_vault_has_its_stem() {
    let cases = [
        ("2026/07/a.jpg", "a.jpg", "a.xmp", "2026/07/a.xmp"),
        ("trip/b.jpg", "a.JPG", "A.jpg.xmp", "trip/b.jpg.xmp"),
        ("b~0123abcd.jpg", "a.jpg", "a.xmp", "b~0123abcd.xmp"),
        ("x/b~0123abcd~0123456789abcdef-2.jpg", "b.jpg", "b.xmp", "x/b~0123abcd.xmp"),
        ("x/b~c.jpg", "b~c.jpg", "b~c.xmp", "x/b~c.xmp"),
        ("x/~0123abcd.jpg", "~0123abcd.jpg", "~0123abcd.xmp", "x/~0123abcd.xmp"),
        ("x/b.jpg", "a.jpg", "other.xmp", "x/b-other.xmp"),
    ];
    for (photo, primary, name, wanted) in cases {
        let place = Placement::of(&VaultPath::parse(photo).unwrap());
        let paths = place.paths_beside(primary.as_bytes(), name.as_bytes(), &digest(1));
        assert_eq!(paths[0].as_str(), wanted);
        assert!(paths[1].as_str().contains("~0101010101010101"), "{paths:?}");
    }
}
