//! The way of an original into a folder vault and back.

mod support;

use keepsake_vault::put::Unwatched;
use keepsake_vault::{
    Entry, Flow, Found, Held, Owner, PutBytes, Stored, ToPlace, Vault, VaultError, VaultPath, Watch,
};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use support::{
    Mortal, back_up, digest, files_below, how, july, open, open_as, photos, place, put, put_of,
    record_of, records, staged,
};

#[test]
fn a_photo_lies_in_its_month_under_its_name_with_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let (path, sent) = back_up(&vault, b"IMG_0042.HEIC", b"photo").unwrap();
    assert!(sent);
    assert_eq!(path.as_str(), "2026/07/IMG_0042.HEIC");
    let file = dir.path().join("2026/07/IMG_0042.HEIC");
    assert_eq!(std::fs::read(&file).unwrap(), b"photo");
    let meta = std::fs::metadata(&file).unwrap();
    assert_eq!((meta.mtime(), meta.mtime_nsec()), (1_000_000_000, 123_456_789));
    let mut read = Vec::new();
    vault.open(&path).unwrap().unwrap().read_to_end(&mut read).unwrap();
    assert_eq!(read, b"photo");
    assert_eq!(records(&vault).unwrap().len(), 1);
    assert!(staged(dir.path()).is_empty());
}

#[test]
fn the_same_photo_again_is_already_there() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    put(&vault, b"a.jpg", b"photo").unwrap();
    let again = put(&vault, b"a.jpg", b"photo").unwrap();
    assert_eq!(again, Stored::AlreadyThere(VaultPath::parse("2026/07/a.jpg").unwrap()));
    drop(vault);
    let fresh = open(dir.path());
    let again = put(&fresh, b"a.jpg", b"photo").unwrap();
    assert_eq!(again, Stored::AlreadyThere(VaultPath::parse("2026/07/a.jpg").unwrap()));
    assert_eq!(photos(dir.path()).len(), 1);
    assert!(staged(dir.path()).is_empty());
}

#[test]
fn another_photo_of_the_same_name_gets_its_mark_also_a_twin_by_case_or_composition() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    for (name, bytes) in [("café.jpg", "one"), ("CAFÉ.JPG", "two"), ("cafe\u{301}.jpg", "three")]
    {
        put(&vault, name.as_bytes(), bytes.as_bytes()).unwrap();
    }
    let photos = photos(dir.path());
    let mut stems: Vec<_> = photos.keys().map(|path| path.contains('~')).collect();
    stems.sort_unstable();
    assert_eq!(stems, [false, true, true], "{:?}", photos.keys());
    assert_eq!(photos.len(), 3);
}

#[test]
fn no_put_ever_replaces_other_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    // Placed first, then another tool takes the very name.
    let placement = place(&vault, b"a.jpg", b"mine");
    std::fs::write(dir.path().join("2026/07/a.jpg"), b"theirs").unwrap();
    let stored = vault.put(vec![put_of(&placement, b"a.jpg", b"mine")], &Unwatched).remove(0);
    let path = stored.unwrap().path().unwrap().clone();
    assert!(path.as_str().starts_with("2026/07/a~"));
    let photos = photos(dir.path());
    assert_eq!(photos["2026/07/a.jpg"], b"theirs");
    assert_eq!(photos[path.as_str()], b"mine");
}

#[test]
fn an_assets_files_keep_one_stem() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    put(&vault, b"IMG_1.MOV", b"somebody's video").unwrap();
    let resources =
        [(&b"IMG_1.HEIC"[..], Some(digest(b"still"))), (b"IMG_1.MOV", None), (b"IMG_1.AAE", None)];
    let owner = (&digest(b"still")).into();
    let asset = ToPlace { captured: &july(), resources: &resources, owner };
    let placement = vault.place(&[asset]).unwrap().remove(0);
    let group = vec![
        put_of(&placement, b"IMG_1.HEIC", b"still"),
        put_of(&placement, b"IMG_1.MOV", b"video"),
    ];
    let stored = vault.put(group, &Unwatched);
    let stems: Vec<_> = stored
        .iter()
        .map(|one| one.as_ref().unwrap().path().unwrap().as_str().rsplit_once('.').unwrap().0)
        .collect();
    assert_eq!(stems[0], stems[1]);
    assert!(stems[0].starts_with("2026/07/IMG_1~"));
    // The same asset asked for again, and an asset of the same bytes, get the same place.
    assert_eq!(vault.place(&[asset]).unwrap().remove(0), placement);
}

#[test]
fn a_name_that_was_taken_by_these_very_bytes_is_seen_to_be_when_they_are_put() {
    let dir = tempfile::tempdir().unwrap();
    let (vault, other) = (open(dir.path()), open_as(dir.path(), support::OTHER));
    put(&other, b"IMG_1.HEIC", b"still").unwrap();
    // A place was chosen by the sidecar, before the photo was read.
    let resources = [(&b"IMG_1.HEIC"[..], None), (b"IMG_1.AAE", Some(digest(b"edit")))];
    let asset = ToPlace { captured: &july(), resources: &resources, owner: Owner([1; 8]) };
    let placement = vault.place(&[asset]).unwrap().remove(0);
    let stored = vault.put(vec![put_of(&placement, b"IMG_1.HEIC", b"still")], &Unwatched);
    let path = VaultPath::parse("2026/07/IMG_1.HEIC").unwrap();
    assert_eq!(*stored[0].as_ref().unwrap(), Stored::AlreadyThere(path));
    let stored = vault.put(vec![put_of(&placement, b"IMG_1.HEIC", b"other")], &Unwatched);
    assert!(matches!(stored[0].as_ref().unwrap(), Stored::Sent(_)));
}

#[test]
fn what_was_teed_only_needs_the_commit() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let placement = place(&vault, b"a.jpg", b"photo");
    let teed = vault.tee(b"photo", Some(5)).unwrap();
    assert_eq!(staged(dir.path()).len(), 1);
    let mut one = put_of(&placement, b"a.jpg", b"photo");
    one.bytes = PutBytes::Teed(teed);
    assert!(matches!(vault.put(vec![one], &Unwatched).remove(0), Ok(Stored::Sent(_))));
    assert!(staged(dir.path()).is_empty());
    assert_eq!(photos(dir.path())["2026/07/a.jpg"], b"photo");
}

#[test]
fn what_was_teed_and_is_gone_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let placement = place(&vault, b"a.jpg", b"photo");
    let teed = vault.tee(b"photo", None).unwrap();
    std::fs::remove_file(dir.path().join(&staged(dir.path())[0])).unwrap();
    let mut one = put_of(&placement, b"a.jpg", b"photo");
    one.bytes = PutBytes::Teed(teed);
    assert_eq!(vault.put(vec![one], &Unwatched).remove(0).unwrap(), Stored::TeeLost);
    vault.discard(vault.tee(b"photo", None).unwrap());
    drop(vault.stage(10).unwrap());
    assert!(staged(dir.path()).is_empty(), "what is dropped or discarded leaves nothing");
}

#[test]
fn two_runs_of_one_device_leave_each_other_what_they_staged() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    let placement = place(&first, b"a.jpg", b"photo");
    let (teed, left) = (first.tee(b"photo", None).unwrap(), first.tee(b"left", None).unwrap());
    let second = open(dir.path());
    let mut one = put_of(&placement, b"a.jpg", b"photo");
    one.bytes = PutBytes::Teed(teed);
    assert!(matches!(first.put(vec![one], &Unwatched).remove(0), Ok(Stored::Sent(_))));
    drop((first, left));
    assert!(back_up(&second, b"b.jpg", b"another").unwrap().1);
    assert_eq!(staged(dir.path()).len(), 1);
    drop(second);
    drop(open(dir.path()));
    assert!(staged(dir.path()).is_empty(), "what nobody comes back for is swept");
}

#[test]
fn bytes_that_are_not_those_meant_are_never_committed() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let placement = place(&vault, b"a.jpg", b"photo");
    for other in [&b"other"[..], b"pho", b"photo and more"] {
        let mut one = put_of(&placement, b"a.jpg", b"photo");
        one.bytes = support::reader(other);
        assert_eq!(vault.put(vec![one], &Unwatched).remove(0).unwrap(), Stored::OtherBytes);
    }
    assert!(photos(dir.path()).is_empty() && staged(dir.path()).is_empty());
}

#[test]
fn one_that_fails_does_not_fail_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let placements: Vec<_> =
        [b"a", b"b", b"c"].iter().map(|name| place(&vault, *name, *name)).collect();
    let mut group: Vec<_> = placements
        .iter()
        .zip([b"a", b"b", b"c"])
        .map(|(placement, name)| put_of(placement, name, name))
        .collect();
    group[1].bytes = PutBytes::Read(Box::new(|| Err(std::io::Error::other("unreadable"))));
    let stored = vault.put(group, &Unwatched);
    assert!(matches!(stored[0], Ok(Stored::Sent(_))));
    assert!(matches!(stored[1], Err(VaultError::Source(_))));
    assert!(matches!(stored[2], Ok(Stored::Sent(_))));
}

#[test]
fn a_revoked_permit_stops_within_a_mebibyte_and_leaves_nothing() {
    struct StopsAfter(u64);
    impl Watch for StopsAfter {
        fn went_on(&self, _: usize, bytes: u64) -> Flow {
            assert!(bytes <= self.0 + (1 << 20), "it was asked too late");
            if bytes >= self.0 { Flow::Stop } else { Flow::On }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let bytes = vec![1; 5 << 20];
    let placement = place(&vault, b"a.mov", &bytes);
    for after in [0, 1, 2 << 20] {
        let group = vec![put_of(&placement, b"a.mov", &bytes)];
        let stored = vault.put(group, &StopsAfter(after)).remove(0);
        assert!(matches!(stored, Err(VaultError::Stopped)));
    }
    assert!(photos(dir.path()).is_empty() && staged(dir.path()).is_empty());
}

#[test]
fn two_lanes_with_the_same_bytes_store_them_once_but_sidecars_each() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let (one, two) = (place(&vault, b"a.jpg", b"photo"), place(&vault, b"b.jpg", b"photo"));
    let group = vec![put_of(&one, b"a.jpg", b"photo"), put_of(&two, b"b.jpg", b"photo")];
    vault.put(group, &Unwatched);
    assert_eq!(photos(dir.path()).len(), 1);
    let mut group = vec![put_of(&one, b"a.xmp", b"xmp"), put_of(&two, b"b.xmp", b"xmp")];
    for sidecar in &mut group {
        sidecar.deduplicated = false;
    }
    vault.put(group, &Unwatched);
    assert_eq!(photos(dir.path()).len(), 3);
}

#[test]
fn a_photo_without_a_record_is_found_by_its_bytes_never_by_its_name() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("mine/deep")).unwrap();
    std::fs::write(dir.path().join("mine/deep/x.bin"), b"photo").unwrap();
    std::fs::write(dir.path().join("a.jpg"), b"ohtop").unwrap();
    let vault = open(dir.path());
    let found = vault.find(&[digest(b"photo"), digest(b"none!"), digest(b"else")]).unwrap();
    let path = VaultPath::parse("mine/deep/x.bin").unwrap();
    assert_eq!(found, [Found::Hit(path.clone()), Found::Miss, Found::Miss]);
    assert_eq!(back_up(&vault, b"a.jpg", b"photo").unwrap(), (path, false));
    // It goes away: no backup any more, and it is sent.
    std::fs::remove_file(dir.path().join("mine/deep/x.bin")).unwrap();
    assert!(back_up(&vault, b"b.jpg", b"photo").unwrap().1);
}

#[test]
fn a_photo_in_the_place_of_another_is_found_by_its_bytes_where_its_record_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let (a, _) = back_up(&vault, b"a.jpg", b"photo").unwrap();
    let (b, _) = back_up(&vault, b"b.jpg", b"another").unwrap();
    let at = |path: &VaultPath| dir.path().join(path.as_str());
    std::fs::rename(at(&a), at(&b)).unwrap();
    let vault = open(dir.path());
    let asked = [digest(b"other"), digest(b"photo"), digest(b"another")];
    assert_eq!(vault.find(&asked).unwrap(), [Found::Miss, Found::Hit(b), Found::Miss]);
}

#[test]
fn what_is_gone_or_of_another_size_is_not_confirmed() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let (path, _) = back_up(&vault, b"a.jpg", b"photo").unwrap();
    let there = |size| vault.confirm(&[Held { path: &path, size }]).unwrap()[0];
    assert!(there(5));
    assert!(!there(6));
    std::fs::rename(dir.path().join("2026/07"), dir.path().join("2026/elsewhere")).unwrap();
    assert!(!there(5), "a folder that was moved away is not there, though we hold it open");
    let (path, sent) = back_up(&vault, b"a.jpg", b"photo").unwrap();
    assert!(sent || path.as_str() == "2026/elsewhere/a.jpg");
}

#[test]
fn a_tombstone_is_obeyed_by_every_device_and_files_stay() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    back_up(&vault, b"a.jpg", b"photo").unwrap();
    vault.forget(&[digest(b"photo")]).unwrap().unwrap();
    assert_eq!(vault.find(&[digest(b"photo")]).unwrap(), [Found::Forgotten]);
    let other = open_as(dir.path(), support::OTHER);
    assert_eq!(other.find(&[digest(b"photo")]).unwrap(), [Found::Forgotten]);
    assert_eq!(photos(dir.path()).len(), 1);
    // What somebody moved is there all the same, for who restores it.
    std::fs::rename(dir.path().join("2026/07"), dir.path().join("2026/elsewhere")).unwrap();
    let moved = VaultPath::parse("2026/elsewhere/a.jpg").unwrap();
    assert_eq!(open(dir.path()).find(&[digest(b"photo")]).unwrap(), [Found::Hit(moved)]);
    let mut tombstones = 0;
    for segment in other.segments().unwrap() {
        let count = &mut |entry| tombstones += u64::from(matches!(entry, Entry::Tombstone(_)));
        other.read_segment(&segment.name, count).unwrap();
    }
    assert_eq!(tombstones, 1);
}

#[test]
fn a_device_goes_on_counting_where_it_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let path = VaultPath::parse("2026/07/a.jpg").unwrap();
    for _ in 0..3 {
        let vault = open(dir.path());
        vault.record(vec![record_of(b"a", b"a", &path), record_of(b"b", b"b", &path)]).unwrap();
    }
    let vault = open_as(dir.path(), support::OTHER);
    vault.record(vec![record_of(b"c", b"c", &path)]).unwrap();
    let mut given: Vec<_> =
        records(&vault).unwrap().iter().map(|record| (record.device, record.sequence)).collect();
    given.sort_unstable();
    let mine = (1..=6).map(|sequence| (support::DEVICE, sequence));
    assert_eq!(given, mine.chain([(support::OTHER, 1)]).collect::<Vec<_>>());
}

#[test]
fn a_group_of_256_costs_three_syncs() {
    let dir = tempfile::tempdir().unwrap();
    let files = std::sync::Arc::new(Mortal::default());
    let vault =
        keepsake_vault::FolderVault::open(files.clone(), dir.path(), how(support::DEVICE, None))
            .unwrap();
    let names: Vec<_> = (0..256).map(|n| format!("{n}.jpg").into_bytes()).collect();
    let placements: Vec<_> = names.iter().map(|name| place(&vault, name, name)).collect();
    let before = files.barriers.load(std::sync::atomic::Ordering::SeqCst);
    let group = names.iter().zip(&placements).map(|(name, at)| put_of(at, name, name)).collect();
    let stored = vault.put(group, &Unwatched);
    let records = names
        .iter()
        .zip(&stored)
        .map(|(name, stored)| record_of(name, name, stored.as_ref().unwrap().path().unwrap()));
    vault.record(records.collect()).unwrap();
    let syncs = files.barriers.load(std::sync::atomic::Ordering::SeqCst) - before;
    assert_eq!(syncs, 3);
    assert_eq!(files_below(dir.path()).len(), 256 + 2, "the photos, one segment, the id");
}
