//! Scans: what is new, changed, moved, gone, out of sight or under way.

mod support;

use keepsake_catalog::scan::Ending;
use keepsake_catalog::seen::SeenAsset;
use keepsake_catalog::{Note, UnderWay};
use keepsake_machine::Event;
use keepsake_machine::effect::Change;
use keepsake_machine::event::Disappearance;
use keepsake_machine::media::{Role, Size, SizeClass, Version};
use keepsake_machine::stage::{Bytes, Fault, Stage};
use keepsake_machine::time::Elapsed;
use support::{Home, digest, in_role, photo, still, want};

fn changed(mut asset: SeenAsset) -> SeenAsset {
    asset.resources[0].version = Version(2);
    asset
}

#[test]
fn a_first_scan_adds_everything_and_a_second_one_changes_nothing() {
    let mut home = Home::new();
    let library = ["a", "b", "c", "d", "e"].map(photo);
    let first = home.scan(&library);
    assert_eq!((first.assets, first.resources, first.added), (5, 5, 5));
    let before = home.catalog.total_writes().unwrap();
    let second = home.scan(&library);
    assert_eq!((second.assets, second.resources), (5, 5));
    assert!(!second.is_changed());
    assert_eq!(home.catalog.total_writes().unwrap(), before, "an unchanged scan wrote");
}

#[test]
fn an_unchanged_scan_out_of_order_changes_nothing_either() {
    let mut home = Home::new();
    let mut library = ["d", "a", "e", "b", "c", "g", "f"].map(photo).to_vec();
    let everything = Ending::default();
    let first = home.scan_as_given(&library, &everything, &UnderWay::new()).0;
    assert_eq!(first.added, 7);
    library.reverse();
    let before = home.catalog.total_writes().unwrap();
    let second = home.scan_as_given(&library, &everything, &UnderWay::new()).0;
    assert!(!second.is_changed(), "{second:?}");
    assert_eq!(home.catalog.total_writes().unwrap(), before, "an unchanged scan wrote");
    let third = home.scan_as_given(&library[1..], &everything, &UnderWay::new()).0;
    assert_eq!((third.gone, third.changed), (1, 0));
    assert_eq!(home.stage("f"), Stage::Closed);
}

#[test]
fn pages_that_are_sorted_but_come_in_another_order_are_known_again() {
    let mut home = Home::new();
    let library = ["d", "e", "f", "a", "b", "c", "g", "h", "i"].map(photo);
    for added in [9, 0] {
        let summary = home.scan_as_given(&library, &Ending::default(), &UnderWay::new()).0;
        assert_eq!((summary.added, summary.changed, summary.gone), (added, 0, 0));
    }
}

#[test]
fn an_asset_that_is_named_twice_in_a_scan_is_stored_once() {
    let mut home = Home::new();
    let library = ["a", "a", "b", "a"].map(photo);
    let summary = home.scan_as_given(&library, &Ending::default(), &UnderWay::new()).0;
    assert_eq!(summary.added, 2);
    assert_eq!(home.catalog.library(None, 10).unwrap().entries.len(), 2);
    let before = home.catalog.total_writes().unwrap();
    home.scan_as_given(&library, &Ending::default(), &UnderWay::new());
    assert_eq!(home.catalog.total_writes().unwrap(), before, "there is one asset of that name");
}

#[test]
fn a_changed_version_starts_over_and_forgets_the_digest_of_the_old_one() {
    let mut home = Home::new();
    home.scan(&["a", "b"].map(photo));
    home.persist("a", Stage::BackedUp);
    let path = Note::Path { resource: home.id("a"), path: "2026/a".into() };
    home.catalog.apply(&[], &[path], false, Elapsed(1)).unwrap();
    let summary = home.scan(&[changed(photo("a")), photo("b")]);
    assert_eq!((summary.changed, summary.added, summary.gone), (1, 0, 0));
    let detail = home.catalog.details(&[home.id("a")]).unwrap().remove(0);
    assert_eq!(detail.path, None, "the vault has other bytes there");
    assert_eq!((home.stage("a"), home.entry("a").digest), (Stage::Discovered, None));
    assert_eq!(home.catalog.counts().safe().items, 0);
    assert_eq!(home.catalog.counts().oldest_confirmation, None);
}

#[test]
fn what_a_complete_scan_does_not_see_is_gone_and_comes_back_with_its_digest() {
    let mut home = Home::new();
    home.scan(&["a", "b", "c"].map(photo));
    home.persist("b", Stage::BackedUp);
    assert_eq!(home.scan(&["a", "c"].map(photo)).gone, 1);
    assert_eq!(home.stage("b"), Stage::Closed);
    assert!(!home.scan(&["a", "c"].map(photo)).is_changed());
    assert_eq!(home.scan(&["a", "b", "c"].map(photo)).changed, 1);
    assert_eq!(home.entry("b").digest, Some(digest("b")));
    assert_eq!(home.stage("b"), Stage::Discovered, "checked at the vault before it is sent");
}

#[test]
fn a_scan_that_is_cut_short_takes_nothing_for_gone() {
    let mut home = Home::new();
    home.scan(&["a", "b", "c"].map(photo));
    let mut scan = home.catalog.begin_scan(Some(b"token".to_vec()));
    home.catalog.scan_page(&mut scan, &[photo("c")], &UnderWay::new()).unwrap();
    drop(scan);
    assert_eq!(home.stage("a"), Stage::Discovered);
    assert_eq!(home.catalog.scan_token().unwrap(), None);
}

#[test]
fn the_token_of_a_scan_is_stored_with_its_end() {
    let mut home = Home::new();
    let scan = home.catalog.begin_scan(Some(b"before".to_vec()));
    home.catalog.finish_scan(scan, &Ending::default(), &UnderWay::new()).unwrap();
    assert_eq!(home.reopened().catalog.scan_token().unwrap(), Some(b"before".to_vec()));
}

#[test]
fn under_limited_access_and_below_hidden_folders_nothing_is_gone() {
    let mut home = Home::new();
    home.scan(&["x/a", "x/b", "y/a"].map(photo));
    home.persist("x/b", Stage::BackedUp);
    let limited = Ending { limited: true, hidden: Vec::new() };
    let summary = home.scan_with(&[], &limited, &UnderWay::new()).0;
    assert_eq!((summary.gone, summary.hidden), (0, 3));
    assert_eq!((home.stage("x/a"), home.stage("x/b")), (Stage::Hidden, Stage::BackedUp));
    home.scan(&["x/a", "x/b", "y/a"].map(photo));
    assert_eq!(home.stage("x/a"), Stage::Discovered);
    let volume_away = Ending { limited: false, hidden: vec![b"x/".to_vec()] };
    home.scan_with(&[], &volume_away, &UnderWay::new());
    assert_eq!((home.stage("x/a"), home.stage("y/a")), (Stage::Hidden, Stage::Closed));
    home.scan(&["x/b"].map(photo));
    assert_eq!(home.stage("x/a"), Stage::Closed, "hidden before, and gone when one can look");
}

#[test]
fn a_version_that_changes_under_way_is_told_and_late_answers_do_not_make_it_safe() {
    let mut home = Home::new();
    home.scan(&["a", "b"].map(photo));
    let resource = home.id("a");
    home.persist("a", Stage::Uploading { bytes: Bytes::Staged(1_000) });
    let under_way = UnderWay::from([resource]);
    let library = [changed(photo("a")), photo("b")];
    let (_, events) = home.scan_with(&library, &Ending::default(), &under_way);
    let row = home.catalog.row(resource).unwrap().unwrap();
    assert_eq!((row.version, row.digest), (Version(2), None));
    let told = Event::VersionChanged { resource, row: Box::new(row) };
    assert_eq!(events, [told, Event::StagingLeft { resource }]);

    // What the machine still says of the old version cannot stand.
    let old = digest("a");
    let late = [
        Change::Digest { resource, version: Version(1), digest: old },
        Change::Stage { resource, stage: Stage::BackedUp },
    ];
    home.catalog.apply(&late, &[], false, Elapsed(5)).unwrap();
    assert_eq!(home.stage("a"), Stage::Discovered);
    // What it says of the new one does, whatever the order in the batch.
    let new = [
        Change::Stage { resource, stage: Stage::BackedUp },
        Change::Digest { resource, version: Version(2), digest: old },
    ];
    home.catalog.apply(&new, &[], false, Elapsed(5)).unwrap();
    assert_eq!(home.stage("a"), Stage::BackedUp);
}

#[test]
fn what_disappears_under_way_is_told_left_alone_and_closed_by_the_next_scan() {
    let mut home = Home::new();
    home.scan(&["a", "b"].map(photo));
    let resource = home.id("a");
    let under_way = UnderWay::from([resource]);
    for _ in 0..2 {
        let (summary, events) = home.scan_with(&[photo("b")], &Ending::default(), &under_way);
        let how = Disappearance::Deleted;
        assert_eq!(events, [Event::Disappeared { resource, how }]);
        assert_eq!((summary.gone, home.stage("a")), (0, Stage::Discovered));
    }
    assert_eq!(home.scan(&[photo("b")]).gone, 1);
    assert_eq!(home.stage("a"), Stage::Closed);
}

#[test]
fn a_choice_that_excludes_a_row_under_way_waits_until_it_has_ended() {
    let mut home = Home::new();
    home.scan(&[photo("a")]);
    let library = [SeenAsset { chosen: false, ..photo("a") }];
    let under_way = UnderWay::from([home.id("a")]);
    home.scan_with(&library, &Ending::default(), &under_way);
    assert_eq!(home.stage("a"), Stage::Discovered);
    home.scan(&library);
    assert_eq!(home.stage("a"), Stage::Excluded);
    assert!(!home.scan(&library).is_changed());
    home.scan(&[photo("a")]);
    assert_eq!(home.stage("a"), Stage::Discovered);
}

#[test]
fn assets_gain_and_lose_resources() {
    let mut home = Home::new();
    let mut raw = photo("a.jpg");
    home.scan(&[raw.clone(), photo("b")]);
    raw.resources.push(in_role("a.dng", Role::AlternatePhoto));
    raw.resources.push(in_role("a.xmp", Role::Sidecar));
    assert_eq!(home.scan(&[raw.clone(), photo("b")]).added, 2);
    let details = home.catalog.details(&[home.id("a.xmp")]).unwrap();
    let roles: Vec<Role> = details[0].siblings.iter().map(|sibling| sibling.role).collect();
    assert_eq!(roles, [Role::Photo, Role::AlternatePhoto, Role::Sidecar]);
    raw.resources.pop();
    assert_eq!(home.scan(&[raw.clone(), photo("b")]).gone, 1);
    assert_eq!((home.stage("a.xmp"), home.stage("a.dng")), (Stage::Closed, Stage::Discovered));
    home.scan(&[raw.clone(), photo("b")]);
    let before = home.catalog.total_writes().unwrap();
    home.scan(&[raw, photo("b")]);
    assert_eq!(home.catalog.total_writes().unwrap(), before, "settled for good");
}

#[test]
fn a_resource_keeps_its_stage_when_it_moves_to_another_asset_and_role() {
    let mut home = Home::new();
    home.scan(&[photo("a.DNG"), photo("z")]);
    home.persist("a.DNG", Stage::BackedUp);
    let mut pair = photo("a.JPG");
    pair.resources.push(in_role("a.DNG", Role::AlternatePhoto));
    let summary = home.scan(&[pair.clone(), photo("z")]);
    assert_eq!((summary.added, summary.changed, summary.gone), (1, 1, 0));
    let raw = home.entry("a.DNG");
    assert_eq!((raw.stage, raw.role), (Stage::BackedUp, Role::AlternatePhoto));
    assert_eq!(raw.asset, home.entry("a.JPG").asset);
    // And back, also when the scan that moved it had been cut short.
    let summary = home.scan(&[photo("a.DNG"), photo("z")]);
    assert_eq!(summary.gone, 1);
    assert_eq!(home.stage("a.DNG"), Stage::BackedUp);
    let mut scan = home.catalog.begin_scan(None);
    home.catalog.scan_page(&mut scan, &[pair], &UnderWay::new()).unwrap();
    drop(scan);
    let summary = home.scan(&[photo("a.DNG"), photo("z")]);
    assert_eq!((summary.gone, home.stage("a.DNG")), (1, Stage::BackedUp));
}

#[test]
fn staged_originals_that_lose_their_owner_are_named_for_eviction() {
    let mut home = Home::new();
    home.scan(&["a", "b", "c"].map(photo));
    for local_id in ["a", "b"] {
        home.persist(local_id, Stage::CheckingDuplicate { bytes: Bytes::Staged(1_000) });
    }
    assert_eq!(home.catalog.staged().unwrap().len(), 2);
    let library = [changed(photo("a")), photo("c")];
    let (_, events) = home.scan_with(&library, &Ending::default(), &UnderWay::new());
    let left = |local_id| Event::StagingLeft { resource: home.id(local_id) };
    assert_eq!(events, [left("a"), left("b")]);
    assert_eq!(home.catalog.staged().unwrap(), []);
}

#[test]
fn names_and_places_that_are_not_text_or_as_long_as_can_be_come_back_as_they_are() {
    let mut home = Home::new();
    let long = vec![b'n'; 255];
    let path = [&b"caf\xe9/"[..], &long].concat();
    let mut strange = photo("a");
    strange.local_id.clone_from(&path);
    strange.resources[0].local_id.clone_from(&path);
    strange.resources[0].name.clone_from(&long);
    let mut empty_name = photo("b");
    empty_name.resources[0].name = b"\xff\0\n".to_vec();
    home.scan(&[strange.clone(), empty_name.clone()]);
    assert!(!home.scan(&[strange, empty_name]).is_changed());
    let entry = home.catalog.by_local_id(&path).unwrap().unwrap();
    let details = home.catalog.details(&[entry.resource, home.id("b")]).unwrap();
    assert_eq!((&details[0].local_id, &details[0].asset_local_id), (&path, &path));
    assert_eq!((&details[0].name, &details[1].name), (&long, &b"\xff\0\n".to_vec()));
}

#[test]
fn twins_are_two_resources_with_one_digest() {
    let mut home = Home::new();
    home.scan(&["a", "A"].map(photo));
    let (a, twin) = (home.id("a"), home.id("A"));
    let changes = [a, twin].map(|resource| Change::Digest {
        resource,
        version: Version(1),
        digest: digest("same"),
    });
    home.catalog.apply(&changes, &[], false, Elapsed(0)).unwrap();
    assert_eq!(home.entry("a").digest, home.entry("A").digest);
    assert_eq!(home.catalog.library(None, 9).unwrap().entries.len(), 2);
}

#[test]
fn a_hinted_size_is_exact_once_the_bytes_were_hashed() {
    let mut home = Home::new();
    let mut cloud = photo("a");
    cloud.resources[0].size = Size::Hinted { class: SizeClass::Heif, measure: 12_000_000 };
    home.scan(std::slice::from_ref(&cloud));
    assert_eq!(home.catalog.counts().total().estimated, 1);
    home.persist("a", Stage::BackedUp);
    let total = home.catalog.counts().total();
    assert_eq!((total.estimated, total.bytes), (0, 1_000));
    assert!(!home.scan(&[cloud]).is_changed());
    assert_eq!(home.entry("a").size, Size::Exact(1_000));
}

#[test]
fn what_is_quarantined_stays_so_until_the_file_changes() {
    let mut home = Home::new();
    home.scan(&[photo("a")]);
    home.persist("a", Stage::Quarantined(Fault::Unreadable));
    let mut touched = photo("a");
    touched.favourite = true;
    home.scan(&[touched]);
    assert_eq!(home.stage("a"), Stage::Quarantined(Fault::Unreadable));
    assert_eq!(home.catalog.quarantined(5).unwrap().len(), 1);
    assert_eq!(home.catalog.refill(&want(5)).unwrap().rows, []);
    home.scan(&[changed(photo("a"))]);
    assert_eq!(home.catalog.refill(&want(5)).unwrap().rows.len(), 1);
}

#[test]
fn what_the_library_says_of_an_asset_is_kept() {
    let mut home = Home::new();
    let mut asset = photo("a");
    asset.albums = vec!["Été".into(), "2026".into()];
    asset.cross_id = Some("cloud-1".into());
    asset.favourite = true;
    asset.resources = vec![still("a")];
    home.scan(&[asset.clone()]);
    let detail = home.catalog.details(&[home.id("a")]).unwrap().remove(0);
    assert_eq!((detail.albums, detail.cross_id), (asset.albums, asset.cross_id));
    assert!(detail.favourite);
    assert_eq!(detail.modified, Some(1));
    home.scan(&[photo("a")]);
    let detail = home.catalog.details(&[home.id("a")]).unwrap().remove(0);
    assert_eq!((detail.albums, detail.cross_id, detail.favourite), (vec![], None, false));
}
