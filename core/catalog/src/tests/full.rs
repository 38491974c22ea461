//! A disk that is full: SQLite refuses to grow the file, as on a full disk.

use super::support::{Home, digest, photo};
use super::{assert_counted, rows};
use crate::scan::Ending;
use crate::{Catalog, Kind, Note, UnderWay};
use keepsake_machine::effect::Change;
use keepsake_machine::stage::Stage;
use keepsake_machine::time::Elapsed;

/// Lets the file grow by no more than `pages`.
fn fill_up_after(catalog: &Catalog, pages: i64) {
    let connection = &catalog.reader.connection;
    let count: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let limit = count + pages;
    let set: i64 = connection
        .query_row(&format!("PRAGMA max_page_count = {limit}"), [], |row| row.get(0))
        .unwrap();
    assert_eq!(set, limit);
}

fn make_room(catalog: &Catalog) {
    let room = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    catalog.reader.connection.query_row("PRAGMA max_page_count = 1000000", [], room).unwrap();
}

#[test]
fn a_batch_that_meets_a_full_disk_is_not_stored_in_part_and_goes_through_when_there_is_room() {
    let mut home = Home::new();
    home.scan(&["a", "b", "c"].map(photo));
    let before = rows(&home.catalog);
    let resource = home.id("a");
    let version = before[0].version;
    let changes = [
        Change::Digest { resource, version, digest: digest("a") },
        Change::Stage { resource, stage: Stage::BackedUp },
    ];
    let long = "x".repeat(100_000);
    let notes = [Note::Setting { name: "long".into(), value: Some(long.clone()) }];
    fill_up_after(&home.catalog, 2);
    let error = home.catalog.apply(&changes, &notes, true, Elapsed(1)).unwrap_err();
    assert!(error.is_full(), "{error}");
    assert!(error.to_string().contains("catalog.db"), "{error}");
    assert!(error.to_string().contains("free some space"), "{error}");
    assert_eq!(rows(&home.catalog), before);
    assert_counted(&home.catalog);
    make_room(&home.catalog);
    home.catalog.probe().unwrap();
    home.catalog.apply(&changes, &notes, true, Elapsed(1)).unwrap();
    assert_eq!(home.stage("a"), Stage::BackedUp);
    assert_eq!(home.catalog.setting("long").unwrap(), Some(long));
    assert_counted(&home.catalog);
    assert_counted(&home.reopened().catalog);
}

#[test]
fn a_scan_that_meets_a_full_disk_takes_nothing_for_gone_and_the_next_one_is_whole() {
    let mut home = Home::new();
    home.scan(&["old"].map(photo));
    fill_up_after(&home.catalog, 1);
    let library: Vec<_> = (0..2_000).map(|n| photo(&format!("{n:0100}"))).collect();
    let mut scan = home.catalog.begin_scan(None);
    let none = UnderWay::new();
    let error = home.catalog.scan_page(&mut scan, &library, &none).unwrap_err();
    assert_eq!(error.kind(), Kind::Full);
    assert_counted(&home.catalog);
    assert_eq!(home.stage("old"), Stage::Discovered);
    make_room(&home.catalog);
    let (summary, _) = home.scan_with(&library, &Ending::default(), &none);
    assert_eq!((summary.added, summary.gone), (2_000, 1));
    assert_counted(&home.catalog);
}

#[test]
fn a_change_of_vault_that_meets_a_full_disk_leaves_the_old_one_active() {
    let mut home = Home::new();
    let library: Vec<_> = (0..500).map(|n| photo(&format!("{n:0100}"))).collect();
    home.scan(&library);
    for asset in &library {
        home.persist(std::str::from_utf8(&asset.local_id).unwrap(), Stage::BackedUp);
    }
    fill_up_after(&home.catalog, 1);
    let other = super::support::OTHER_VAULT;
    assert!(home.catalog.activate(&other, "/other").unwrap_err().is_full());
    assert_eq!(home.catalog.active_vault().unwrap().unwrap().place, "/vault");
    assert_eq!(home.catalog.counts().safe().items, 500);
    assert_counted(&home.catalog);
    make_room(&home.catalog);
    home.catalog.activate(&other, "/other").unwrap();
    assert_eq!(home.catalog.counts().unfinished().items, 500);
    assert_counted(&home.catalog);
}
