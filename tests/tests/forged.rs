//! A vault that is not trusted: what its records say is not followed out of the destination, links are not
//! followed, and a segment that is torn or foreign ends nothing.

use keepsake_tests::photos::write;
use keepsake_tests::{Place, records, tree};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;

/// `record` with another value for `field`, as a line of a segment and of another device.
fn forged(record: &Value, field: &str, value: impl Into<Value>) -> Value {
    let mut record = record.clone();
    record["device"] = json!("00112233445566778899aabbccddeeff");
    record[field] = value.into();
    json!({ "record": record })
}

#[test]
fn records_that_lead_out_of_the_destination_are_named_and_not_followed() {
    let place = Place::new();
    let record = records::kept(&place);
    let outside = place.root().join("outside");
    fs::create_dir(&outside).unwrap();
    let absolute = outside.join("absolute.jpg");
    let originals = [
        "../escaped.jpg",
        "a/../../escaped.jpg",
        "../outside/escaped.jpg",
        "..",
        ".",
        "",
        "a//b.jpg",
        absolute.to_str().unwrap(),
        "nul\0.jpg",
    ];
    let mut lines: Vec<Value> =
        originals.iter().map(|original| forged(&record, "original", *original)).collect();
    for path in ["../Pictures/IMG.JPG", "/etc/passwd", "..", ".keepsake/vault.json", "a//b"] {
        lines.push(forged(&record, "path", path));
    }
    lines.push(forged(&record, "original", json!({ "hex": "2e2e2f657363617065642e6a7067" })));
    records::forge(&place.vault, "00000000000000000000000000000001", &lines);
    let before = tree::paths(place.root());
    let dest = place.root().join("deep/restored");
    let done = place.restore_to(&dest).finish();
    done.assert_code(2).assert_says("not followed");
    tree::assert_restored(&place.source, &dest);
    let mut after = tree::paths(place.root());
    after.retain(|path| !path.starts_with("deep/restored"));
    assert_eq!(after, before, "something was written outside");
    // Nor does such a record end a backup, or a verification.
    place.verify().finish().assert_no_panic();
    place.backup().finish().assert_code(0);
}

#[test]
fn links_in_the_destination_and_in_the_vault_are_not_followed() {
    let place = Place::new();
    let record = records::kept(&place);
    let outside = place.root().join("outside");
    let secret = write(&outside, "secret", b"nobody asked for this");
    let dest = place.root().join("restored");
    fs::create_dir(&dest).unwrap();
    symlink(&outside, dest.join("sub")).unwrap();
    symlink(outside.join("new.jpg"), dest.join("dangling.jpg")).unwrap();
    let original = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        forged(&forged(&record, "original", path), "name", name)
    };
    symlink(&secret, place.vault.join("linked.jpg")).unwrap();
    symlink("/", place.vault.join("root")).unwrap();
    let lines = [
        original("sub/planted.jpg"),
        original("dangling.jpg"),
        forged(&record, "path", "linked.jpg"),
        forged(&record, "path", "root/etc/hostname"),
    ];
    records::forge(&place.vault, "00000000000000000000000000000002", &lines);
    let done = place.restore_to(&dest).finish();
    done.assert_code(2);
    assert_eq!(tree::paths(&outside).len(), 1, "something was planted: {done:#?}");
    assert!(fs::symlink_metadata(dest.join("dangling.jpg")).unwrap().is_symlink());
    let secret = tree::sum(&secret);
    assert!(tree::files(&dest).values().all(|sum| *sum != secret), "{done:#?}");
}

#[test]
fn a_torn_or_foreign_segment_ends_nothing() {
    let place = Place::new();
    records::kept(&place);
    let segments = place.vault.join(".keepsake/segments");
    let whole = fs::read(&records::segments(&place.vault)[0]).unwrap();
    write(&segments, "11111111111111111111111111111111.jsonl", &whole[..whole.len() / 2]);
    write(&segments, "22222222222222222222222222222222.jsonl", &[0xFF; 5_000]);
    write(&segments, "33333333333333333333333333333333.jsonl", b"");
    let deep = "[".repeat(100_000);
    write(&segments, "44444444444444444444444444444444.jsonl", deep.as_bytes());
    symlink("/dev/zero", segments.join("55555555555555555555555555555555.jsonl")).unwrap();
    let dest = place.root().join("restored");
    place.restore_to(&dest).finish().assert_no_panic();
    tree::assert_restored(&place.source, &dest);
    place.backup().finish().assert_code(0);
    place.verify().arg("--deep").finish().assert_no_panic();
    tree::assert_holds_exactly(&place.vault, &place.source);
}
