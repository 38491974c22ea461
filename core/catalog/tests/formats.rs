//! Catalogs of every format that was ever written open, and say what they said.

mod support;

use keepsake_catalog::{Catalog, Identity, KnownAt};
use keepsake_machine::effect::Part;
use keepsake_machine::media::{Digest, Run, Size, SizeClass};
use keepsake_machine::stage::{Bytes, Fault, Stage, Waiting, Why};
use keepsake_machine::time::{Clock, Elapsed};
use rusqlite::Connection;
use support::{Home, OTHER_VAULT, VAULT, digest, in_role, photo, want};

/// A catalog made from its dump.
fn dumped(sql: &str) -> Home {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalog.db");
    Connection::open(&file).unwrap().execute_batch(sql).unwrap();
    let opened = Catalog::open(&file).unwrap();
    assert_eq!(opened.set_aside, None);
    Home { folder, catalog: opened.catalog }
}

/// The same library as when the dump was made.
fn library() -> Vec<keepsake_catalog::seen::SeenAsset> {
    let mut pair = photo("2026/pair.HEIC");
    pair.resources.push(in_role("2026/pair.MOV", keepsake_machine::Role::PairedVideo));
    pair.albums = vec!["Summer".into()];
    pair.favourite = true;
    pair.cross_id = Some("cross".into());
    let mut cloud = photo("2026/cloud.HEIC");
    cloud.resources[0].size = Size::Hinted { class: SizeClass::Heif, measure: 12_000_000 };
    cloud.resources[0].locality = keepsake_machine::media::Locality::Cloud;
    let mut strange = photo("x");
    strange.local_id = b"2026/caf\xe9".to_vec();
    strange.resources[0].local_id = b"2026/caf\xe9".to_vec();
    let plain = ["2026/wait.JPG", "2026/bad.JPG", "2026/staged.JPG"].map(photo);
    [[pair, cloud, strange].as_slice(), &plain].concat()
}

/// One dump of every format.
const ALL: [&str; 7] = [
    include_str!("formats/1.sql"),
    include_str!("formats/2.sql"),
    include_str!("formats/3.sql"),
    include_str!("formats/4.sql"),
    include_str!("formats/5.sql"),
    include_str!("formats/6.sql"),
    include_str!("formats/7.sql"),
];

#[test]
fn a_catalog_of_every_format_opens_and_says_what_it_said() {
    ALL.map(dumped).into_iter().for_each(says_what_it_said);
}

#[test]
fn what_only_newer_formats_say_is_not_known_of_older_ones() {
    let marks = ALL.map(dumped).map(|home| home.catalog.known_folders().unwrap().remove(0).mark);
    let kept = Some(u64::MAX - 1);
    assert_eq!(marks, [None, None, kept, kept, kept, kept, kept]);
    let marks = ALL.map(dumped).map(|home| home.catalog.segments_read().unwrap().remove(0).mark);
    assert_eq!(marks, [None, None, None, kept, kept, kept, kept]);
    let lost = ALL.map(dumped).map(|mut home| {
        let gone: Vec<_> =
            library().into_iter().filter(|a| a.local_id != b"2026/wait.JPG").collect();
        home.scan(&gone);
        home.stage("2026/wait.JPG")
    });
    let [closed, lost_now] = [Stage::Closed, Stage::Lost];
    assert_eq!(lost, [closed, closed, lost_now, lost_now, lost_now, lost_now, lost_now]);
    let moved = ALL.map(dumped).map(|home| home.catalog.known(&[digest("moved")]).unwrap());
    let at = Some(KnownAt { path: "2026/07/rotten.JPG".into() });
    assert_eq!(moved.map(|mut one| one.remove(0)), [None, None, None, None, None, at.clone(), at]);
}

fn says_what_it_said(mut home: Home) {
    let waiting = Waiting {
        due: Elapsed(9_000),
        attempt: 2,
        wasted: 77,
        why: Why::Failed(Fault::UploadFailed),
        bytes: Bytes::InLibrary,
    };
    let stages = [
        ("2026/pair.HEIC", Stage::BackedUp),
        ("2026/pair.MOV", Stage::Duplicate),
        ("2026/cloud.HEIC", Stage::Discovered),
        ("2026/wait.JPG", Stage::Waiting(waiting)),
        ("2026/bad.JPG", Stage::Quarantined(Fault::Crashed)),
        ("2026/gone.JPG", Stage::Closed),
        ("2026/staged.JPG", Stage::Uploading { bytes: Bytes::Staged(1_000) }),
    ];
    for (local_id, stage) in stages {
        assert_eq!(home.stage(local_id), stage, "{local_id}");
    }
    let counts = home.catalog.counts();
    assert_eq!((counts.total().items, counts.total().estimated), (7, 1));
    assert_eq!((counts.safe().items, counts.safe().bytes), (2, 2_000));
    assert_eq!(counts.oldest_confirmation, Some(Elapsed(500)));

    let detail = home.catalog.details(&[home.id("2026/pair.HEIC")]).unwrap().remove(0);
    assert_eq!(detail.digest, Some(digest("2026/pair.HEIC")));
    assert_eq!(detail.path.as_deref(), Some("2026/07/pair.HEIC"));
    assert_eq!(detail.placement.as_deref(), Some("2026/07|pair"));
    assert_eq!(detail.captured.as_deref(), Some("exif"));
    assert_eq!(detail.siblings.len(), 2);

    let sent = home.id("2026/staged.JPG");
    assert_eq!(home.catalog.staged().unwrap(), [(sent, 1_000)]);
    assert_eq!(home.catalog.transfers().unwrap(), [sent]);
    assert_eq!(home.catalog.tokens().unwrap(), [(sent, b"token".to_vec())]);
    let parts = [Part::Clock(Clock::default()), Part::UserHold(true)];
    assert_eq!(home.catalog.parts().unwrap(), parts);
    assert_eq!(home.catalog.setting("colour").unwrap().as_deref(), Some("blue"));
    let known = Digest { md5: Some([1; 16]), ..digest("known") };
    let path = "2026/07/known.JPG".into();
    assert_eq!(home.catalog.known(&[known]).unwrap(), [Some(KnownAt { path })]);
    let folders = home.catalog.known_folders().unwrap();
    assert_eq!(folders.iter().map(|folder| &folder.path[..]).collect::<Vec<_>>(), ["2026/07"]);
    assert!(home.catalog.is_forgotten(&digest("dead")).unwrap());
    assert_eq!(home.catalog.segments_read().unwrap().remove(0).name, "segment-1");
    assert_eq!(home.catalog.scan_token().unwrap(), Some(b"cursor".to_vec()));
    let identity = Identity { device: "0f".repeat(16), seed: u64::MAX };
    assert_eq!(home.catalog.identity(identity.clone()).unwrap(), identity);
    assert_eq!(home.catalog.begin_run().unwrap(), Run(2));
}

#[test]
fn a_catalog_of_every_format_goes_on() {
    ALL.map(dumped).into_iter().for_each(goes_on);
}

fn goes_on(mut home: Home) {
    let summary = home.scan(&library());
    assert_eq!((summary.added, summary.changed, summary.gone), (0, 0, 0));
    let refill = home.catalog.refill(&want(10)).unwrap();
    assert_eq!((refill.rows.len(), refill.next_due), (3, Some(Elapsed(9_000))));
    home.persist("2026/cloud.HEIC", Stage::BackedUp);
    assert_eq!(home.catalog.counts().safe().items, 3);
    home.catalog.activate(&OTHER_VAULT, "/other").unwrap();
    assert_eq!(home.catalog.counts().safe().items, 0);
    home.catalog.activate(&VAULT, "/vault").unwrap();
    assert_eq!(home.catalog.counts().safe().items, 3);
}
