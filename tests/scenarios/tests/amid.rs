//! A program that dies at any single operation on a disk: in the middle of a group's names, of a
//! transaction of the catalog, of a page of a scan. Whichever it is, everything ends as if it had lived.

use keepsake_scenarios::Scenario;
use keepsake_scenarios::format::{Happening, What};
use keepsake_scenarios::shrink::judged;
use std::time::Duration;

/// Nine files, one by one and in groups: of them one from the cloud, one twice, and one that another device
/// has put there.
const STORY: &str = r#"{
    "title": "Dies amid its work", "story": "",
    "library": [
        { "name": "A#.HEIC", "count": 3, "size": "5 kB", "moves": "A#.MOV" },
        { "name": "B.HEIC", "size": "9 kB", "same_as": "A1.HEIC" },
        { "name": "C.HEIC", "size": "6 kB" },
        { "name": "D.HEIC", "size": "7 kB", "lies": "in_the_cloud", "served": "poured" }
    ],
    "vault_has": ["C.HEIC"],
    "happens": [],
    "ends": { "after": "2h", "safe": 9, "in_the_vault": 8 }
}"#;

fn at_every_operation(dies: fn(u64) -> What) {
    let mut story: Scenario = serde_json::from_str(STORY).unwrap();
    let mut operation = 0;
    loop {
        operation += 1;
        story.happens = vec![Happening { after: Duration::ZERO, what: dies(operation) }];
        let verdict = judged(&story);
        assert_eq!(verdict.wrong, None, "it died at operation {operation}");
        if verdict.died == 0 {
            break; // so many there are not
        }
    }
    println!("{} operations", operation - 1);
    assert!(operation > 100, "a backup of nine files is only {operation} operations?");
}

#[test]
fn killed_at_any_operation_it_ends_as_if_it_had_lived() {
    at_every_operation(What::KilledAmid);
}

#[test]
fn without_power_at_any_operation_it_ends_as_if_it_had_not_gone() {
    at_every_operation(What::PowerCutAmid);
}
