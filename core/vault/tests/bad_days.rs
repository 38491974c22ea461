//! Kills at every step, disks that fill up or fail, merges under readers.

mod support;

use keepsake_vault::put::Unwatched;
use keepsake_vault::{
    Blame, Entry, Expect, Files, FolderVault, OpenFolder, OsFiles, PutBytes, Stored, Vault,
    VaultError, VaultPath,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::{
    DEVICE, Mortal, OTHER, back_up, digest, how, open, open_as, photos, place, put, put_of,
    record_of, records, staged,
};

const NAMES: [&[u8]; 4] = [b"a.jpg", b"b.jpg", b"A.JPG", b"c.mov"];

/// One run: opens, backs all up, two by two in groups, with tee and without.
fn run(files: Arc<Mortal>, root: &Path) -> Result<u64, VaultError> {
    let vault = FolderVault::open(files, root, how(DEVICE, None))?;
    let known: BTreeSet<_> = records(&vault)?.into_iter().map(|record| record.digest).collect();
    let mut sent = 0;
    for pair in NAMES.chunks(2) {
        let mut recorded = Vec::new();
        let mut missing = Vec::new();
        for name in pair {
            // The bytes of each are its name.
            let digest = digest(name);
            match vault.find(&[digest])?.remove(0) {
                _ if known.contains(&digest) => {}
                keepsake_vault::Found::Hit(path) => recorded.push(record_of(name, name, &path)),
                _ => missing.push(name),
            }
        }
        let placements = missing
            .iter()
            .map(|name| support::try_place(&vault, name, name))
            .collect::<Result<Vec<_>, _>>()?;
        let mut group: Vec<_> = missing
            .iter()
            .zip(&placements)
            .map(|(name, placement)| put_of(placement, name, name))
            .collect();
        if let Some(first) = group.first_mut() {
            first.bytes = PutBytes::Teed(vault.tee(first.name, Some(1))?);
        }
        for (name, stored) in missing.iter().zip(vault.put(group, &Unwatched)) {
            let stored = stored?;
            sent += u64::from(matches!(stored, Stored::Sent(_)));
            let path = stored.path().expect("it has a place").clone();
            recorded.push(record_of(name, name, &path));
        }
        vault.record(recorded)?;
    }
    Ok(sent)
}

#[test]
fn killed_at_any_step_everything_is_there_once_after_the_next_run() {
    let mut whole = 0;
    for step in 1.. {
        let dir = tempfile::tempdir().unwrap();
        let mortal = Arc::new(Mortal::dying_at(step));
        let died = run(Arc::clone(&mortal), dir.path()).is_err();
        // Whatever is visible is whole.
        for bytes in photos(dir.path()).values() {
            assert!(NAMES.contains(&bytes.as_slice()), "step {step}: half a photo is visible");
        }
        run(Arc::new(Mortal::default()), dir.path())
            .unwrap_or_else(|error| panic!("step {step}: {error}"));
        let mut contents: Vec<_> = photos(dir.path()).into_values().collect();
        contents.sort();
        let mut expected: Vec<_> = NAMES.iter().map(|name| name.to_vec()).collect();
        expected.sort();
        assert_eq!(contents, expected, "step {step}");
        assert_eq!(run(Arc::new(Mortal::default()), dir.path()).unwrap(), 0, "step {step}");
        assert!(staged(dir.path()).is_empty(), "step {step}");
        let vault = open(dir.path());
        let recorded: BTreeSet<_> =
            records(&vault).unwrap().into_iter().map(|r| r.digest).collect();
        assert_eq!(recorded.len(), NAMES.len(), "step {step}");
        if !died {
            whole = step;
            break;
        }
    }
    assert!(whole > 30, "the run has that many steps");
}

#[test]
fn a_sync_that_fails_commits_nothing_that_was_written_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let files = Arc::new(Mortal::default());
    let vault = FolderVault::open(files.clone(), dir.path(), how(DEVICE, None)).unwrap();
    let placement = place(&vault, b"a.jpg", b"photo");
    // Teed before; then another lane's sync gets to hear of the write error, once.
    let teed = vault.tee(b"photo", None).unwrap();
    files.failing_barriers.store(1, Ordering::SeqCst);
    let path = VaultPath::parse("2026/07/x.jpg").unwrap();
    assert!(vault.record(vec![record_of(b"x", b"x", &path)]).is_err());
    let mut one = put_of(&placement, b"a.jpg", b"photo");
    one.bytes = PutBytes::Teed(teed);
    let answer = vault.put(vec![one], &Unwatched).remove(0);
    assert!(!matches!(answer, Ok(Stored::Sent(_) | Stored::AlreadyThere(_))), "{answer:?}");
    assert!(photos(dir.path()).is_empty());
    assert!(matches!(put(&vault, b"a.jpg", b"photo"), Ok(Stored::Sent(_))));
    assert!(staged(dir.path()).is_empty());
}

#[test]
fn a_full_disk_is_named_leaves_nothing_half_written_and_goes_on_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("disk");
    std::fs::create_dir(&root).unwrap();
    let Some(_mounted) = support::mount::tmpfs(&root, 8 << 20) else { return };
    let vault = open(&root);
    std::fs::write(root.join("filler"), vec![1; 5 << 20]).unwrap();
    let bytes = vec![2; 4 << 20];
    let full = |error: VaultError| {
        assert!(
            matches!(error.blame(), Blame::Trouble(keepsake_machine::event::Trouble::VaultFull { needed }) if needed >= 4 << 20),
            "{error}"
        );
    };
    full(put(&vault, b"a.mov", &bytes).unwrap_err());
    full(vault.tee(&bytes, None).unwrap_err());
    // An original that is larger than was said finds the end while it is written.
    let mut staging = vault.stage(0).unwrap();
    full(staging.write(&bytes).unwrap_err());
    drop(staging);
    assert_eq!(photos(&root).len(), 1, "only the filler");
    assert!(staged(&root).is_empty());
    assert!(vault.probe().unwrap().unwrap() < 4 << 20);
    std::fs::remove_file(root.join("filler")).unwrap();
    assert!(matches!(put(&vault, b"a.mov", &bytes), Ok(Stored::Sent(_))));
}

#[test]
fn a_disk_that_fills_up_behind_our_back_is_full_too() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("disk");
    std::fs::create_dir(&root).unwrap();
    let Some(_mounted) = support::mount::tmpfs(&root, 6 << 20) else { return };
    let vault = open(&root);
    let mut staging = vault.stage(4 << 20).unwrap();
    std::fs::write(root.join("filler"), vec![1; 4 << 20]).unwrap();
    let error = staging.write(&vec![2; 4 << 20]).unwrap_err();
    assert!(matches!(error, VaultError::Full { .. }), "{error}");
    drop(staging);
    assert!(staged(&root).is_empty());
}

#[test]
fn the_reserve_is_never_touched() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("disk");
    std::fs::create_dir(&root).unwrap();
    let Some(_mounted) = support::mount::tmpfs(&root, 8 << 20) else { return };
    let how = OpenFolder { expected: Expect::Any, device: Some(DEVICE), reserve: Some(6 << 20) };
    let vault = FolderVault::open(Arc::new(OsFiles), &root, how).unwrap();
    assert!(vault.probe().unwrap().unwrap() <= 2 << 20);
    assert!(matches!(put(&vault, b"a", &vec![1; 3 << 20]), Err(VaultError::Full { .. })));
    assert!(put(&vault, b"a", &vec![1; 1 << 20]).is_ok());
    // By default half of a small volume is left alone.
    let how = OpenFolder { expected: Expect::Any, device: Some(OTHER), reserve: None };
    let vault = FolderVault::open(Arc::new(OsFiles), &root, how).unwrap();
    assert!(vault.probe().unwrap().unwrap() <= 3 << 20);
}

#[test]
fn what_is_promised_and_not_written_yet_is_not_promised_again() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("disk");
    std::fs::create_dir(&root).unwrap();
    let Some(_mounted) = support::mount::tmpfs(&root, 16 << 20) else { return };
    let how = OpenFolder { expected: Expect::Any, device: Some(DEVICE), reserve: Some(4 << 20) };
    let vault = FolderVault::open(Arc::new(OsFiles), &root, how).unwrap();
    let mut first = vault.stage(8 << 20).unwrap();
    let second = vault.stage(8 << 20).map(|_| ());
    assert!(matches!(second, Err(VaultError::Full { .. })), "the first one needs that room");
    first.write(&vec![1; 7 << 20]).unwrap();
    assert!(vault.stage(3 << 20).is_ok(), "what is written is not counted twice");
    drop(first);
    assert!(vault.stage(8 << 20).is_ok(), "and what is given up, not at all");
}

#[test]
fn two_programs_that_fill_one_disk_at_once_stop_before_the_reserve() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("disk");
    std::fs::create_dir(&root).unwrap();
    let Some(_mounted) = support::mount::tmpfs(&root, 16 << 20) else { return };
    let reserve = 4 << 20;
    let [one, other] = [DEVICE, OTHER].map(|device| {
        let how =
            OpenFolder { expected: Expect::Any, device: Some(device), reserve: Some(reserve) };
        FolderVault::open(Arc::new(OsFiles), &root, how).unwrap()
    });
    // Neither knows what the other one promises.
    let (mut one, mut other) = (one.stage(8 << 20).unwrap(), other.stage(8 << 20).unwrap());
    let mut write = || {
        one.write(&vec![1; 1 << 20])?;
        other.write(&vec![2; 1 << 20])
    };
    let full = (0..8).find_map(|_| write().err()).expect("not both fit");
    // All of it, or it would be tried again before there is room.
    assert!(matches!(full, VaultError::Full { needed } if needed >= 8 << 20), "{full}");
    let space = OsFiles.space(&OsFiles.root(&root, false).unwrap()).unwrap();
    assert!(space.available >= reserve, "{} of {reserve}", space.available);
}

#[test]
fn a_large_file_is_promised_room_by_a_reading_of_today() {
    let dir = tempfile::tempdir().unwrap();
    let files = Arc::new(Mortal::default());
    let vault = FolderVault::open(files.clone(), dir.path(), how(DEVICE, None)).unwrap();
    files.says_free.store(500 << 30, Ordering::SeqCst);
    put(&vault, b"a.jpg", b"small").unwrap();
    // Others fill the disk meanwhile.
    files.says_free.store(1 << 30, Ordering::SeqCst);
    assert!(matches!(vault.stage(10 << 30), Err(VaultError::Full { .. })));
    assert!(vault.probe().unwrap() < Some(1 << 30));
    files.says_free.store(20 << 20, Ordering::SeqCst);
    vault.probe().unwrap();
    assert!(
        matches!(vault.stage(21 << 20), Err(VaultError::Full { .. })),
        "what a probe read counts"
    );
}

#[test]
fn a_record_that_fails_keeps_its_room() {
    let dir = tempfile::tempdir().unwrap();
    let files = Arc::new(Mortal::default());
    let vault = FolderVault::open(files.clone(), dir.path(), how(DEVICE, None)).unwrap();
    let stored = put(&vault, b"a.jpg", b"small").unwrap();
    let record = record_of(b"a.jpg", b"small", stored.path().unwrap());
    files.failing_barriers.store(1, Ordering::SeqCst);
    assert!(vault.record(vec![record.clone()]).is_err());
    // Nobody else gets it, and it suffices.
    files.says_free.store(1, Ordering::SeqCst);
    assert_eq!(vault.probe().unwrap(), Some(0));
    assert!(matches!(vault.stage(1), Err(VaultError::Full { .. })));
    vault.record(vec![record.clone()]).unwrap();
    assert!(matches!(vault.record(vec![record]), Err(VaultError::Full { .. })), "it is used up");
}

#[test]
fn records_and_folders_do_not_eat_into_the_reserve() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("disk");
    std::fs::create_dir(&root).unwrap();
    let Some(_mounted) = support::mount::tmpfs(&root, 16 << 20) else { return };
    let reserve = 14 << 20;
    let how = OpenFolder { expected: Expect::Any, device: Some(DEVICE), reserve: Some(reserve) };
    let vault = FolderVault::open(Arc::new(OsFiles), &root, how).unwrap();
    // Long names, so that a record is about as large as a small photo.
    let name = |number: u32| format!("{}{number}.jpg", "n".repeat(200)).into_bytes();
    let mut unrecorded = Vec::new();
    for number in 0.. {
        let name = name(number);
        match put(&vault, &name, &name) {
            Ok(stored) => {
                let path = stored.path().expect("it was sent").clone();
                unrecorded.push(record_of(&name, &name, &path));
            }
            Err(VaultError::Full { .. }) => break,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(unrecorded.len() > 100, "{}", unrecorded.len());
    // What has its name is recorded, however full it is; another's records are not taken.
    let stranger = record_of(b"x", b"x", &unrecorded[0].path);
    let strangers = vec![stranger; 1_000];
    assert!(matches!(vault.record(strangers), Err(VaultError::Full { .. })));
    vault.record(unrecorded).unwrap();
    let space = OsFiles.space(&OsFiles.root(&root, false).unwrap()).unwrap();
    assert!(space.available >= reserve, "{} of {reserve}", space.available);
    assert!(space.available < reserve + (1 << 20), "it was used up: {}", space.available);
}

#[test]
fn many_segments_are_merged_and_no_record_is_lost_to_a_reader() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let paths: Vec<_> =
        (0..40).map(|number| VaultPath::parse(&format!("2026/07/{number}.jpg")).unwrap()).collect();
    for (number, path) in paths.iter().enumerate() {
        let name = number.to_string().into_bytes();
        let mut newer = record_of(&name, &name, path);
        newer.favourite = true;
        vault.record(vec![record_of(&name, &name, path)]).unwrap();
        vault.record(vec![newer]).unwrap();
    }
    // One more key, naming another path: superseded, but the last that names its path.
    let moved = VaultPath::parse("2026/07/moved.jpg").unwrap();
    vault.record(vec![record_of(b"0", b"0", &moved)]).unwrap();
    vault.forget(&[digest(b"forgotten")]).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let seen = union(&vault);
                assert_eq!(seen.len(), 41, "a reader missed a record");
            }
        });
        let tidied = vault.tidy(0).unwrap();
        assert_eq!(tidied.merged.len(), 1);
        assert_eq!(tidied.merged[0].1.len(), 82);
        done.store(true, Ordering::Relaxed);
        reading.join().unwrap();
    });
    assert_eq!(vault.segments().unwrap().len(), 1);
    let all = records(&vault).unwrap();
    assert_eq!(all.len(), 41, "what is superseded under the same path is gone");
    assert_eq!(all.iter().filter(|record| record.favourite).count(), 40);
    let fresh = open(dir.path());
    assert_eq!(fresh.find(&[digest(b"forgotten")]).unwrap(), [keepsake_vault::Found::Forgotten]);
    let path = &paths[0];
    fresh.record(vec![record_of(b"z", b"z", path)]).unwrap();
    let last = records(&fresh).unwrap().into_iter().map(|record| record.sequence).max();
    assert_eq!(last, Some(83), "it goes on counting after a merge");
}

/// The paths of the union of all segments, listed again when one is gone.
fn union(vault: &dyn Vault) -> BTreeSet<VaultPath> {
    let (mut read, mut paths) = (BTreeSet::new(), BTreeSet::new());
    loop {
        let mut gone = false;
        for segment in vault.segments().unwrap() {
            if read.insert(segment.name.clone()) {
                let each = &mut |entry| {
                    if let Entry::Record(record) = entry {
                        paths.insert(record.path);
                    }
                };
                gone |= vault.read_segment(&segment.name, each).unwrap().gone;
            }
        }
        if !gone {
            return paths;
        }
    }
}

#[test]
fn a_merge_killed_at_any_step_loses_no_record() {
    for step in 1.. {
        let dir = tempfile::tempdir().unwrap();
        let vault = open(dir.path());
        for number in 0..34 {
            let name = number.to_string().into_bytes();
            let path = VaultPath::parse(&format!("2026/07/{number}.jpg")).unwrap();
            vault.record(vec![record_of(&name, &name, &path)]).unwrap();
        }
        drop(vault);
        let mortal = Arc::new(Mortal::default());
        let vault = FolderVault::open(mortal.clone(), dir.path(), how(DEVICE, None)).unwrap();
        let opened = mortal.changes.load(Ordering::SeqCst);
        drop(vault);
        let mortal = Arc::new(Mortal::dying_at(opened + step));
        let vault = FolderVault::open(mortal, dir.path(), how(DEVICE, None)).unwrap();
        let died = vault.tidy(0).is_err();
        drop(vault);
        assert_eq!(union(&open(dir.path())).len(), 34, "step {step}");
        if !died {
            assert!(step > 30);
            return;
        }
    }
}

#[test]
fn a_device_sweeps_its_own_staging_and_only_what_is_old_of_others() {
    let dir = tempfile::tempdir().unwrap();
    let (mine, theirs) = (open(dir.path()), open_as(dir.path(), OTHER));
    mine.tee(b"mine", Some(0)).unwrap();
    theirs.tee(b"theirs", Some(0)).unwrap(); // as old as 1970 by its photo's time
    assert_eq!(staged(dir.path()).len(), 2);
    drop(mine);
    let mine = open(dir.path());
    assert_eq!(staged(dir.path()).len(), 1);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let wall = i64::try_from(now.as_millis()).unwrap();
    assert_eq!(mine.tidy(wall + 29 * 86_400_000).unwrap().swept, 0);
    assert_eq!(mine.tidy(wall + 31 * 86_400_000).unwrap().swept, 1);
    assert!(staged(dir.path()).is_empty());
}

#[test]
fn a_clock_in_1970_or_2100_sweeps_nothing_of_ours_and_sends_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    back_up(&vault, b"a.jpg", b"photo").unwrap();
    let teed = vault.tee(b"teed", None).unwrap();
    for wall in [0, i64::MIN, i64::MAX, 4_102_444_800_000] {
        vault.tidy(wall).unwrap();
        assert!(!back_up(&vault, b"a.jpg", b"photo").unwrap().1);
    }
    let placement = place(&vault, b"t.jpg", b"teed");
    let mut one = put_of(&placement, b"t.jpg", b"teed");
    one.bytes = PutBytes::Teed(teed);
    assert!(matches!(vault.put(vec![one], &Unwatched).remove(0), Ok(Stored::Sent(_))));
}
