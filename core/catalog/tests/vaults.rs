//! What hangs on a vault: stages and their shelf, what is known, tokens, notes.

mod support;

use keepsake_catalog::seen::SeenAsset;
use keepsake_catalog::{
    Damaged, Kind, Known, KnownAt, Note, SegmentKnown, Settling, UnderWay, Which,
};
use keepsake_machine::Event;
use keepsake_machine::effect::{Change, Part};
use keepsake_machine::media::{Digest, Version};
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::{Bytes, Fault, Stage};
use keepsake_machine::time::{Clock, Elapsed};
use support::{Home, OTHER_VAULT, VAULT, digest, photo};

fn edited(local_id: &str) -> SeenAsset {
    let mut asset = photo(local_id);
    asset.resources[0].version = Version(2);
    asset
}

fn segment(name: &str) -> SegmentKnown {
    SegmentKnown { name: name.into(), mark: Some(7) }
}

#[test]
fn without_a_vault_the_library_can_be_read_and_nothing_can_be_backed_up() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = keepsake_catalog::Catalog::open(&folder.path().join("catalog.db")).unwrap();
    let mut home = Home { folder, catalog: catalog.catalog };
    home.scan(&[photo("a")]);
    let resource = home.id("a");
    let stage = Change::Stage { resource, stage: Stage::Closed };
    let error = home.catalog.apply(&[stage], &[], false, Elapsed(0)).unwrap_err();
    assert_eq!(error.kind(), Kind::NoVault);
    assert_eq!(home.catalog.learn(&segment("s"), &[], &[]).unwrap_err().kind(), Kind::NoVault);
    assert_eq!(home.catalog.known(&[digest("a")]).unwrap(), [None]);
    let version = Version(1);
    let digest = Change::Digest { resource, version, digest: digest("a") };
    home.catalog
        .apply(&[digest, Change::Session(Part::UserHold(true))], &[], true, Elapsed(0))
        .unwrap();
    home.catalog.activate(&VAULT, "/vault").unwrap();
    assert!(home.entry("a").digest.is_some());
    assert_eq!(home.catalog.counts().unfinished().items, 1);
}

#[test]
fn another_vault_starts_anew_with_the_digests_and_the_old_one_is_found_again() {
    let mut home = Home::new();
    home.scan(&["backed", "changed", "gone", "here", "staged"].map(photo));
    for local_id in ["backed", "changed", "gone"] {
        home.persist_at(local_id, Stage::BackedUp, Elapsed(40));
    }
    let asset = home.entry("backed").asset;
    let path = Note::Path { resource: home.id("backed"), path: "2026/backed".into() };
    let placement = Note::Placement { asset, text: "2026|backed".into() };
    home.catalog.apply(&[], &[path, placement], false, Elapsed(40)).unwrap();
    home.persist("staged", Stage::CheckingDuplicate { bytes: Bytes::Staged(1_000) });

    let first = home.catalog.active_vault().unwrap().unwrap();
    let other = home.catalog.activate(&OTHER_VAULT, "/other").unwrap();
    assert_ne!(first.id, other);
    assert_eq!(home.catalog.counts().safe().items, 0);
    assert_eq!(home.catalog.counts().oldest_confirmation, None);
    assert_eq!(home.stage("backed"), Stage::Discovered);
    assert_eq!(home.entry("backed").digest, Some(digest("backed")), "not checksummed again");
    let detail = home.catalog.details(&[home.id("backed")]).unwrap().remove(0);
    assert_eq!((detail.path, detail.placement), (None, None));
    let staged = Stage::CheckingDuplicate { bytes: Bytes::Staged(1_000) };
    assert_eq!(home.stage("staged"), staged, "its file is sent to the new one");
    home.persist("here", Stage::BackedUp);
    home.persist("staged", Stage::BackedUp);
    home.persist("backed", Stage::Uploading { bytes: Bytes::Staged(1_000) });
    home.scan(&[photo("backed"), edited("changed"), photo("here"), photo("staged")]);

    let mut home = home.reopened();
    assert_eq!(home.catalog.activate(&VAULT, "/vault").unwrap(), first.id);
    assert_eq!(home.catalog.staged().unwrap(), [], "safe here: its staged file has no owner");
    assert_eq!(home.stage("backed"), Stage::BackedUp);
    let detail = home.catalog.details(&[home.id("backed")]).unwrap().remove(0);
    assert_eq!(detail.path.as_deref(), Some("2026/backed"));
    assert_eq!(detail.placement.as_deref(), Some("2026|backed"));
    assert_eq!(home.catalog.counts().oldest_confirmation, Some(Elapsed(40)));
    assert_eq!(home.stage("changed"), Stage::Discovered, "the vault has an older version");
    assert_eq!(home.stage("gone"), Stage::Closed);
    assert_eq!(home.stage("here"), Stage::Discovered);
    assert_eq!(home.stage("staged"), Stage::Discovered, "no file is staged any more");
    assert_eq!(home.catalog.staged().unwrap(), []);
}

#[test]
fn what_was_freed_in_one_vault_is_not_safe_in_another_and_is_again_on_return() {
    let mut home = Home::new();
    home.scan(&[photo("a"), photo("b")]);
    home.persist("a", Stage::BackedUp);
    let asset = home.entry("a").asset;
    home.catalog.apply(&[Change::Freed { asset }], &[], true, Elapsed(9)).unwrap();
    home.scan(&[photo("b")]);
    assert_eq!(home.stage("a"), Stage::Freed);
    home.catalog.activate(&OTHER_VAULT, "/other").unwrap();
    assert_eq!(home.stage("a"), Stage::Closed);
    home.catalog.activate(&VAULT, "/moved").unwrap();
    assert_eq!(home.stage("a"), Stage::Freed);
    assert_eq!(home.catalog.vault_at("/moved").unwrap(), Some(VAULT));
    assert_eq!(home.catalog.vault_at("/vault").unwrap(), None);
    assert_eq!(home.catalog.vault_at("/other").unwrap(), Some(OTHER_VAULT));
    home.scan(&[photo("a"), photo("b")]);
    assert_eq!(home.stage("a"), Stage::BackedUp, "recovered, unchanged");
}

#[test]
fn what_left_an_asset_before_it_was_backed_up_is_not_freed_with_it() {
    let mut home = Home::new();
    let mut pair = photo("a");
    for sidecar in ["kept.xmp", "lost.xmp"] {
        pair.resources.push(support::in_role(sidecar, keepsake_machine::Role::Sidecar));
    }
    home.scan(&[pair, photo("b")]);
    home.persist("a", Stage::BackedUp);
    home.persist("kept.xmp", Stage::BackedUp);
    home.persist("lost.xmp", Stage::Discovered);
    let path = Note::Path { resource: home.id("kept.xmp"), path: "2026/kept.xmp".into() };
    home.catalog.apply(&[], &[path], false, Elapsed(2)).unwrap();
    home.scan(&[photo("a"), photo("b")]);
    let asset = home.entry("a").asset;
    home.catalog.apply(&[Change::Freed { asset }], &[], true, Elapsed(9)).unwrap();
    assert_eq!(home.stage("a"), Stage::Freed);
    assert_eq!(home.stage("kept.xmp"), Stage::Freed, "the vault holds it");
    assert_eq!(home.stage("lost.xmp"), Stage::Closed, "the vault never had it");
}

#[test]
fn what_the_vault_is_known_to_hold_is_found_by_digest_and_by_size() {
    let mut home = Home::new();
    let small = Digest { size: 5, ..digest("small") };
    // The same head, other bytes behind it.
    let mut near = digest("a");
    near.sha256[31] ^= 1;
    let entries = ["x/a", "y/a"].map(|path| Known { digest: digest("a"), path: path.into() });
    for name in ["one", "two"] {
        home.catalog.learn(&segment(name), &entries, &[digest("dead")]).unwrap();
    }
    let at = |path: &str| Some(KnownAt { path: path.into() });
    let asked = [digest("a"), small, near];
    assert_eq!(home.catalog.known(&asked).unwrap(), [at("x/a"), None, None]);
    assert!(home.catalog.known_size(1_000).unwrap() && !home.catalog.known_size(5).unwrap());
    assert!(home.catalog.is_forgotten(&digest("dead")).unwrap());
    assert!(!home.catalog.is_forgotten(&digest("a")).unwrap());
    assert_eq!(home.catalog.segments_read().unwrap(), ["one", "two"].map(segment));

    // One file is gone, the other still stands for the bytes; then it is gone too and sent again.
    let unknown = |path: &str| Note::Unknown { digest: digest("a"), path: path.into() };
    let gone = Note::SegmentGone { name: "one".into() };
    home.catalog.apply(&[], &[unknown("x/a"), gone], false, Elapsed(0)).unwrap();
    assert_eq!(home.catalog.known(&[digest("a")]).unwrap(), [at("y/a")]);
    let again = Note::Known { digest: digest("a"), path: "y/a".into() };
    home.catalog.apply(&[], &[again, unknown("y/a")], false, Elapsed(0)).unwrap();
    assert_eq!(home.catalog.known(&[digest("a")]).unwrap(), [at("y/a")], "gone, then sent");
    home.catalog.apply(&[], &[unknown("y/a")], false, Elapsed(0)).unwrap();
    assert!(!home.catalog.known_size(1_000).unwrap());
    assert_eq!(home.catalog.segments_read().unwrap(), ["two"].map(segment));

    let note = Note::Forgotten { digest: digest("dead"), forgotten: false };
    home.catalog.apply(&[], &[note], false, Elapsed(0)).unwrap();
    assert_eq!(home.catalog.tombstones().unwrap(), []);
}

#[test]
fn another_vault_knows_nothing_of_what_the_first_one_holds() {
    let mut home = Home::new();
    home.scan(&[photo("a")]);
    let known = Known { digest: digest("a"), path: "a".into() };
    home.catalog.learn(&segment("one"), &[known], &[digest("dead")]).unwrap();
    let token = Note::Token { resource: home.id("a"), token: Some(vec![1, 2]) };
    home.catalog.apply(&[], &[token], true, Elapsed(0)).unwrap();
    home.catalog.activate(&OTHER_VAULT, "/other").unwrap();
    assert_eq!(home.catalog.known(&[digest("a")]).unwrap(), [None]);
    assert!(!home.catalog.known_size(1_000).unwrap());
    assert!(!home.catalog.is_forgotten(&digest("dead")).unwrap());
    assert_eq!(home.catalog.segments_read().unwrap(), []);
    assert_eq!(home.catalog.tokens().unwrap(), []);
    home.catalog.activate(&VAULT, "/vault").unwrap();
    assert_eq!(home.catalog.tokens().unwrap(), [(home.id("a"), vec![1, 2])]);
    let detail = home.catalog.details(&[home.id("a")]).unwrap().remove(0);
    assert_eq!(detail.token, Some(vec![1, 2]));
}

#[test]
fn facts_settle_the_rows_that_they_are_about_and_skip_what_is_under_way() {
    let mut home = Home::new();
    home.scan(&["a", "b", "c", "d"].map(photo));
    for local_id in ["a", "b", "c"] {
        home.persist(local_id, Stage::BackedUp);
    }
    let path = Note::Path { resource: home.id("c"), path: "2026/c".into() };
    home.catalog.apply(&[], &[path], false, Elapsed(0)).unwrap();
    let none = UnderWay::new();
    let held = |bytes| Which::Held(vec![Known { digest: digest(bytes), path: "2026/c".into() }]);
    let at = Elapsed(50);
    let others = home.catalog.settle_where(&held("a"), Fact::GoneFromVault, at, &none).unwrap();
    assert_eq!(others, Settling::default(), "other bytes were there: nothing is said of these");
    let lost = home.catalog.settle_where(&held("c"), Fact::GoneFromVault, at, &none).unwrap();
    assert_eq!(lost, Settling { changed: 1, again: 1, ..Settling::default() });
    assert_eq!(home.stage("c"), Stage::Discovered);
    assert_eq!(home.entry("c").digest, Some(digest("c")));

    let digests = Which::Digests(vec![digest("a"), digest("b")]);
    let b = UnderWay::from([home.id("b")]);
    let forgotten = home.catalog.settle_where(&digests, Fact::Forget, at, &b).unwrap();
    let skipped = vec![home.id("b")];
    assert_eq!(forgotten, Settling { changed: 1, skipped, ..Settling::default() });
    assert_eq!(home.stage("a"), Stage::Forgotten);

    let still = Which::These(vec![home.id("b"), home.id("d")]);
    home.catalog.settle_where(&still, Fact::StillThere, Elapsed(60), &none).unwrap();
    let oldest = home.catalog.oldest_confirmed(9).unwrap();
    assert_eq!(oldest.len(), 1);
    assert_eq!((oldest[0].resource, oldest[0].at), (home.id("b"), Elapsed(60)));

    home.persist("d", Stage::Quarantined(Fault::Unreadable));
    let retried = home.catalog.settle_where(&Which::Quarantined, Fact::Retry, at, &none).unwrap();
    assert_eq!((retried.changed, home.stage("d")), (1, Stage::Discovered));
    assert_eq!(home.catalog.quarantined(9).unwrap(), []);

    home.persist("d", Stage::Uploading { bytes: Bytes::WithOs(1_000) });
    let d = Which::These(vec![home.id("d")]);
    let forgotten = home.catalog.settle_where(&d, Fact::Forget, at, &none).unwrap();
    assert_eq!(forgotten.events, [Event::StagingLeft { resource: home.id("d") }]);
}

#[test]
fn what_may_be_freed_is_safe_as_a_whole_and_here() {
    let mut home = Home::new();
    let mut pair = photo("pair");
    pair.resources.push(support::in_role("pair.mov", keepsake_machine::Role::PairedVideo));
    let library = [photo("done"), pair, photo("pending")];
    home.scan(&library);
    home.persist("done", Stage::Duplicate);
    home.persist("pair", Stage::BackedUp);
    let freeable = |home: &Home| -> Vec<_> {
        let page = home.catalog.freeable(None).unwrap();
        assert_eq!(page.next, None);
        page.candidates.iter().map(|candidate| candidate.asset).collect()
    };
    assert_eq!(freeable(&home), [home.entry("done").asset]);
    let mut edited = photo("done");
    edited.resources.push(support::in_role("done.aae", keepsake_machine::Role::Adjustment));
    home.scan(&[&[edited], &library[1..]].concat());
    assert_eq!(freeable(&home), [], "its edit is not safe yet");
    home.scan(&library);
    assert_eq!(freeable(&home), [home.entry("done").asset], "its edit is gone");
    home.persist("pair.mov", Stage::BackedUp);
    assert_eq!(freeable(&home).len(), 2);
    let pair = home.entry("pair").asset;
    home.catalog.apply(&[Change::Freed { asset: pair }], &[], true, Elapsed(1)).unwrap();
    assert_eq!(home.stage("pair.mov"), Stage::Freed);
    assert_eq!(freeable(&home), [home.entry("done").asset]);
}

#[test]
fn the_session_its_transfers_and_settings_come_back() {
    let mut home = Home::new();
    home.scan(&[photo("a")]);
    let resource = home.id("a");
    let parts = [Part::Clock(Clock::default()), Part::UserHold(false), Part::UserHold(true)];
    let mut changes: Vec<Change> = parts.iter().cloned().map(Change::Session).collect();
    changes.push(Change::Transfer { resource, with_os: true });
    let captured = Note::Captured { asset: home.entry("a").asset, text: "exif".into() };
    let setting = Note::Setting { name: "shown".into(), value: Some("yes".into()) };
    home.catalog.apply(&changes, &[captured, setting], true, Elapsed(0)).unwrap();
    let mut home = home.reopened();
    assert_eq!(home.catalog.parts().unwrap(), [parts[0].clone(), parts[2].clone()]);
    assert_eq!(home.catalog.transfers().unwrap(), [resource]);
    assert_eq!(home.catalog.setting("shown").unwrap().as_deref(), Some("yes"));
    let detail = home.catalog.details(&[resource]).unwrap().remove(0);
    assert_eq!(detail.captured.as_deref(), Some("exif"));
    let changes = [Change::Transfer { resource, with_os: false }];
    let setting = Note::Setting { name: "shown".into(), value: None };
    home.catalog.apply(&changes, &[setting], true, Elapsed(0)).unwrap();
    assert_eq!(home.catalog.transfers().unwrap(), []);
    assert_eq!(home.catalog.setting("shown").unwrap(), None);
}

#[test]
fn the_library_is_read_by_the_page_newest_first() {
    let mut home = Home::new();
    home.scan(&["a", "b", "c", "d", "e"].map(photo));
    home.scan(&["a", "b", "d", "e"].map(photo));
    let mut shown = Vec::new();
    let mut below = None;
    loop {
        let page = home.catalog.library(below, 2).unwrap();
        shown.extend(page.entries.into_iter().map(|entry| entry.local_id));
        below = page.next;
        if below.is_none() {
            break;
        }
    }
    assert_eq!(shown, [b"e", b"d", b"b", b"a"]);
}

#[test]
fn what_is_damaged_at_a_path_is_these_bytes_and_no_others() {
    let mut home = Home::new();
    home.scan(&[photo("b")]);
    let known = |bytes| Known { digest: digest(bytes), path: "2026/a".into() };
    let damaged = |recorded, lies| Damaged { recorded: known(recorded), lies: digest(lies) };
    home.catalog.learn(&segment("one"), &[known("a")], &[]).unwrap();
    let gone = Note::Unknown { digest: digest("a"), path: "2026/a".into() };
    home.catalog.apply(&[], &[gone], false, Elapsed(0)).unwrap();
    home.catalog.set_damaged(&[damaged("a", "c")], true).unwrap();
    home.catalog.learn(&segment("two"), &[known("a"), known("b")], &[]).unwrap();
    let at = |path: &str| Some(KnownAt { path: path.into() });
    let asked = [digest("a"), digest("b")];
    assert_eq!(home.catalog.known(&asked).unwrap(), [None, at("2026/a")]);

    // That the others are shown there says nothing of these; that these are, does.
    home.catalog
        .apply(
            &[],
            &[Note::Known { digest: digest("b"), path: "2026/a".into() }],
            false,
            Elapsed(0),
        )
        .unwrap();
    home.catalog.learn(&segment("three"), &[known("a")], &[]).unwrap();
    assert_eq!(home.catalog.known(&asked).unwrap()[0], None);
    let path = Note::Path { resource: home.id("b"), path: "2026/a".into() };
    home.catalog.apply(&[], &[path], false, Elapsed(0)).unwrap();
    home.catalog.learn(&segment("four"), &[known("a")], &[]).unwrap();
    assert_eq!(home.catalog.known(&asked).unwrap()[0], None);
    home.catalog.set_damaged(&[], true).unwrap();
    home.catalog.learn(&segment("five"), &[known("a")], &[]).unwrap();
    assert_eq!(home.catalog.known(&asked).unwrap()[0], at("2026/a"));
}

#[test]
fn what_lies_in_the_place_of_something_else_is_known_there_until_it_is_not_shown() {
    let mut home = Home::new();
    home.scan(&[photo("a"), photo("b")]);
    home.persist("b", Stage::BackedUp);
    let known = |bytes: &str| Known { digest: digest(bytes), path: "2026/a".into() };
    let damaged = Damaged { recorded: known("a"), lies: digest("b") };
    home.catalog.set_damaged(&[damaged], true).unwrap();
    home.catalog.forget_records().unwrap();
    assert_eq!(home.catalog.known_at(&digest("b")).unwrap(), ["2026/a"]);
    let asked = [digest("a"), digest("b")];
    let at = Some(KnownAt { path: "2026/a".into() });
    assert_eq!(home.catalog.known(&asked).unwrap(), [None, at]);
    // No record speaks of it: it is to be recorded.
    let nobody = UnderWay::default();
    let settled = home
        .catalog
        .settle_where(&Which::Unrecorded, Fact::GoneFromVault, Elapsed(0), &nobody)
        .unwrap();
    assert_eq!(settled.changed, 1);
    let gone = Note::Unknown { digest: digest("b"), path: "2026/a".into() };
    home.catalog.apply(&[], &[gone], false, Elapsed(0)).unwrap();
    assert_eq!(home.catalog.known(&asked).unwrap(), [None, None]);
}

#[test]
fn what_a_tombstone_names_is_let_go_of_also_where_no_row_ever_had_it() {
    let mut home = Home::new();
    home.scan(&[photo("a")]);
    home.persist("a", Stage::BackedUp);
    let buried = ["a", "elsewhere"].map(digest);
    home.catalog.learn(&segment("one"), &[], &buried).unwrap();
    let let_go = home.catalog.let_go(&[digest("a"), digest("elsewhere"), digest("other")]).unwrap();
    assert_eq!(let_go.into_iter().collect::<Vec<_>>(), [digest("elsewhere").sha256]);
}
