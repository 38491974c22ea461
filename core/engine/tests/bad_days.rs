//! Bad days: originals that fail, vaults that go away, a user who pauses, clouds that stop short.

mod support;

use keepsake_engine::restore::restore;
use keepsake_engine::source::{Opened, Original, Pages, Pour, Refusal, Source};
use keepsake_engine::verify::Progress;
use keepsake_engine::{Destination, Engine, EngineError, HostFact};
use keepsake_machine::event::{Disappearance, LibraryAccess};
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{Access, Digest, Locality, Role, Size, SizeClass, Version};
use keepsake_machine::stage::{Class, Fault};
use keepsake_machine::status::Activity;
use keepsake_vault::files::OsFiles;
use keepsake_vault::{
    CaptureSource, Captured, DeviceId, Expect, FolderVault, LocalTime, OpenFolder, OriginalName,
    Record, Vault, VaultPath,
};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use support::*;

const DAY: u64 = 86_400;

#[test]
fn an_item_that_keeps_failing_is_quarantined_by_name_and_the_others_are_safe() {
    let faults = [
        (Refusal::Unreadable, Fault::Unreadable),
        (Refusal::ReadFailed, Fault::ReadFailed),
        (Refusal::OriginalMissing, Fault::OriginalMissing),
    ];
    for (refusal, fault) in faults {
        let (place, library) = (Place::new(), Library::with(&[("a.JPG", b"a"), ("b.JPG", b"b")]));
        library.edit("a.JPG", |photo| photo.refuses = Some(refusal));
        let run = Run::start(&place, &library);
        let status = run.pass(30 * DAY);
        assert_eq!(status.counts.of(Class::BackedUp).items, 1, "{refusal:?}");
        assert_eq!(status.counts.of(Class::Quarantined(fault)).items, 1, "{status:?}");
        run.engine.stop();
        library.edit("a.JPG", |photo| photo.refuses = None);
        let run = Run::open(&place, &library);
        assert_eq!(run.engine.retry(None).unwrap(), 1);
        drop(run);
        assert_eq!(back_up(&place, &library).counts.of(Class::BackedUp).items, 2);
    }
}

#[test]
fn a_host_that_panics_over_one_item_costs_only_that_item() {
    let (place, library) = (Place::new(), Library::with(&[("a.JPG", b"a"), ("b.JPG", b"b")]));
    library.on_open(|name| {
        if name == "a.JPG" {
            std::panic::resume_unwind(Box::new("as if the host had panicked"));
        }
    });
    let run = Run::start(&place, &library);
    let status = run.pass(30 * DAY);
    assert_eq!(status.counts.of(Class::BackedUp).items, 1);
    assert_eq!(status.counts.of(Class::Quarantined(Fault::HostFault)).items, 1, "{status:?}");
    run.engine.stop();
}

#[test]
fn a_photo_that_changes_while_it_is_read_is_never_stored_half_old_half_new() {
    let (place, library) = (Place::new(), Library::with(&[("a.JPG", b"before")]));
    let changes = AtomicU64::new(0);
    let weak = Arc::downgrade(&library);
    library.on_open(move |name| {
        if changes.fetch_add(1, Ordering::SeqCst) < 2
            && let Some(library) = weak.upgrade()
        {
            library.put(name, b"after");
        }
    });
    let run = Run::start(&place, &library);
    run.pass(60);
    run.engine.tell(HostFact::LibraryChanged);
    let status = run.pass(DAY);
    run.engine.stop();
    assert_eq!(status.counts.of(Class::BackedUp).items, 1, "{status:?}");
    assert_eq!(place.stored().into_values().collect::<Vec<_>>(), [b"after"]);
}

#[test]
fn a_photo_that_disappears_while_it_is_under_way_is_closed() {
    let (place, library) = (Place::new(), Library::with(&[("a.JPG", b"a"), ("b.JPG", b"b")]));
    library.edit("a.JPG", |photo| photo.refuses = Some(Refusal::Gone(Disappearance::Deleted)));
    let run = Run::start(&place, &library);
    let status = run.pass(DAY);
    run.engine.stop();
    assert_eq!(status.counts.of(Class::BackedUp).items, 1, "{status:?}");
    assert_eq!(status.counts.total().items, 1, "{status:?}");
}

#[test]
fn a_vault_that_goes_away_is_waited_for_and_the_backup_goes_on() {
    let library = Arc::new(Library::default());
    for number in 0..300_u32 {
        library.put(&format!("{number}.JPG"), &number.to_le_bytes());
    }
    let place = Place::new();
    let (vault, away) = (place.vault(), place.folder.path().join("away"));
    let moved = AtomicBool::new(false);
    let (from, to) = (vault.clone(), away.clone());
    library.on_open(move |name| {
        if name == "150.JPG" && !moved.swap(true, Ordering::SeqCst) {
            std::fs::rename(&from, &to).unwrap();
            std::fs::create_dir(&from).unwrap(); // its empty mount point
        }
    });
    let run = Run::start(&place, &library);
    let status = run.pass(600);
    assert!(status.holds.has(Hold::VaultUnavailable), "{status:?}");
    assert_ne!(status.activity, Activity::Done);
    assert_eq!(std::fs::read_dir(&vault).unwrap().count(), 0, "no vault is made anew");
    std::fs::remove_dir(&vault).unwrap();
    std::fs::rename(&away, &vault).unwrap();
    let status = run.pass(DAY);
    run.engine.stop();
    assert_eq!(status.activity, Activity::Done, "{status:?}");
    assert_eq!(status.counts.safe().items, 300);
    assert_eq!(place.stored().len(), 300);
}

#[test]
fn a_known_vault_that_is_absent_at_the_start_is_a_hold_and_another_one_is_refused() {
    let (place, library) = (Place::new(), Library::with(&[("a.JPG", b"a")]));
    back_up(&place, &library);
    library.put("b.JPG", b"b");
    let away = place.folder.path().join("away");
    std::fs::rename(place.vault(), &away).unwrap();
    let run = Run::start(&place, &library);
    let status = run.pass(60);
    assert!(status.holds.has(Hold::VaultUnavailable), "{status:?}");
    assert_eq!(status.counts.of(Class::BackedUp).items, 1, "what is known stays known");
    assert!(!place.vault().exists());
    std::fs::rename(&away, place.vault()).unwrap();
    let status = run.pass(DAY);
    run.engine.stop();
    assert_eq!((status.activity, status.counts.safe().items), (Activity::Done, 2));

    std::fs::rename(place.vault(), &away).unwrap();
    let elsewhere = Place::new();
    back_up(&elsewhere, &library);
    std::fs::rename(elsewhere.vault(), place.vault()).unwrap();
    let run = Run::open(&place, &library);
    let refused = run.engine.start().unwrap_err();
    assert!(matches!(&refused, EngineError::Vault(why) if why.contains("another vault")));
}

#[test]
fn a_pause_survives_a_restart_until_the_user_resumes() {
    let (place, library) = (Place::new(), Library::with(&[("a.JPG", b"a")]));
    let run = Run::start(&place, &library);
    run.engine.pause();
    let status = run.pass(60);
    assert!(status.holds.has(Hold::User), "{status:?}");
    run.engine.stop();
    let run = Run::start(&place, &library);
    let status = run.pass(60);
    assert_eq!(status.activity, Activity::Paused, "{status:?}");
    assert_eq!(status.counts.safe().items, 0);
    run.engine.resume();
    assert_eq!(run.pass(60).activity, Activity::Done);
    run.engine.stop();
}

#[test]
fn a_stop_in_the_middle_loses_nothing_and_the_next_run_goes_on() {
    let library = Arc::new(Library::default());
    for number in 0..900_u32 {
        library.put(&format!("{number}.JPG"), &number.to_le_bytes());
    }
    let place = Place::new();
    let run = Run::start(&place, &library);
    let engine = Arc::new(run.engine);
    let weak = Arc::downgrade(&engine);
    let stopped = AtomicBool::new(false);
    // Not `stop` itself: it waits, and this is called by what it would wait for.
    library.on_open(move |name| {
        if name == "450.JPG"
            && !stopped.swap(true, Ordering::SeqCst)
            && let Some(engine) = weak.upgrade()
        {
            engine.tell(HostFact::WindowEnding);
        }
    });
    run.clock.pass(std::time::Duration::from_mins(1));
    engine.stop();
    let after = place.stored().len();
    assert!(after < 900, "{after}");
    assert!(engine.retry(None).is_err(), "a stopped engine says so");
    drop(engine);
    let status = back_up(&place, &library);
    assert_eq!(status.counts.safe().items, 900);
    assert_eq!(place.stored().len(), 900);
}

#[test]
fn an_original_in_the_cloud_is_staged_sent_and_evicted() {
    let place = Place::new();
    let big = vec![7; 3 << 20];
    let library = Library::with(&[("a.HEIC", b"a"), ("b.MOV", &big)]);
    for name in ["a.HEIC", "b.MOV"] {
        library.edit(name, |photo| {
            photo.locality = Locality::Cloud;
            photo.access = Access::Poured;
            let class = SizeClass::Heif;
            photo.size = Some(Size::Hinted { class, measure: 100 });
        });
    }
    let run = Run::start(&place, &library);
    let status = run.pass(DAY);
    run.engine.stop();
    assert_eq!(status.counts.of(Class::BackedUp).items, 2, "{status:?}");
    let mut stored: Vec<_> = place.stored().into_values().collect();
    stored.sort_by_key(Vec::len);
    assert_eq!(stored, [b"a".to_vec(), big]);
    assert_eq!(place.staged(), 0);
}

#[test]
fn a_local_original_that_is_poured_is_hashed_without_landing() {
    let (place, library) = (Place::new(), Library::with(&[("a.HEIC", b"poured")]));
    library.edit("a.HEIC", |photo| photo.access = Access::Poured);
    let status = back_up(&place, &library);
    assert_eq!(status.counts.of(Class::BackedUp).items, 1);
    assert_eq!(place.stored().into_values().collect::<Vec<_>>(), [b"poured"]);
}

/// Pours as much as it may, and pauses the engine in between.
struct Endless {
    photo: Arc<Library>,
    engine: OnceLock<std::sync::Weak<Engine>>,
    after: AtomicU64,
    ended: keepsake_engine::runtime::Signal,
}

impl Source for Endless {
    fn scan(&self, pages: Pages) -> Result<(), Refusal> {
        self.photo.scan(pages)
    }

    fn open(&self, _: &Original) -> Result<Opened, Refusal> {
        Err(Refusal::Unsupported)
    }

    fn version(&self, _: &Original, _: &Opened) -> Result<Version, Refusal> {
        Err(Refusal::Unsupported)
    }

    fn pour(&self, _: &Original, _: bool, mut pour: Pour) -> Result<(), Refusal> {
        let mut pipe = pour.pipe().unwrap();
        let chunk = vec![1; 64 << 10];
        for _ in 0..64 {
            pipe.write_all(&chunk).unwrap();
        }
        let engine = self.engine.get().and_then(std::sync::Weak::upgrade).unwrap();
        engine.pause();
        drop(engine);
        while !pour.is_stopped() {
            std::thread::yield_now();
        }
        while let Ok(written) = pipe.write(&chunk) {
            self.after.fetch_add(written as u64, Ordering::SeqCst);
        }
        drop(pipe);
        pour.finished(Err(Refusal::Stopped));
        self.ended.give();
        Ok(())
    }
}

#[test]
fn a_revoked_permit_stops_a_running_job_within_1_mib() {
    let place = Place::new();
    let photo = Library::with(&[("a.MOV", b"endless")]);
    photo.edit("a.MOV", |photo| {
        photo.access = Access::Poured;
        photo.size = Some(Size::Exact(1 << 40));
    });
    let source = Arc::new(Endless {
        photo,
        engine: OnceLock::new(),
        after: AtomicU64::new(0),
        ended: keepsake_engine::runtime::Signal::default(),
    });
    let engine = Arc::new(Engine::open(place.options(), source.clone()).unwrap());
    source.engine.set(Arc::downgrade(&engine)).unwrap();
    engine.start().unwrap();
    tell_all(&engine);
    while !source.ended.is_given() {
        std::thread::yield_now();
    }
    let after = source.after.load(Ordering::SeqCst);
    assert!(after <= (1 << 20) + (64 << 10), "{after} bytes after the stop, a pipe holds 64 KiB");
    engine.stop();
    assert_eq!(engine.status().counts.safe().items, 0);
}

#[test]
fn a_vault_never_makes_restore_write_outside_its_folder() {
    let place = Place::new();
    let how =
        OpenFolder { expected: Expect::Any, device: Some(DeviceId([1; 16])), reserve: Some(0) };
    let vault = FolderVault::open(Arc::new(OsFiles), &place.vault(), how).unwrap();
    std::fs::create_dir_all(place.vault().join("2026/07")).unwrap();
    std::fs::write(place.vault().join("2026/07/a.JPG"), b"abc").unwrap();
    let sha256 = keepsake_machine::media::hex::decode(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    let local = LocalTime::from_seconds(0);
    let record = |original: &[u8]| Record {
        device: DeviceId([1; 16]),
        sequence: 0,
        asset: OriginalName(original.to_vec()),
        role: Role::Photo,
        digest: Digest { sha256: sha256.unwrap(), md5: None, size: 3 },
        path: VaultPath::parse("2026/07/a.JPG").unwrap(),
        version: Version(1),
        name: OriginalName(original.rsplit(|byte| *byte == b'/').next().unwrap().to_vec()),
        original: OriginalName(original.to_vec()),
        modified: Some(1_234_567_890_123_456_789),
        captured: Captured { local, offset: None, source: CaptureSource::FileTime },
        cross_id: None,
        albums: Vec::new(),
        favourite: false,
    };
    let hostile: [&[u8]; 5] = [b"../out.JPG", b"/tmp/out.JPG", b"a/../../out", b"", b"link/out"];
    let good: [&[u8]; 3] = [b"in/a.JPG", b"in/caf\xe9.JPG", "\u{1f4f7}".as_bytes()];
    let mut records: Vec<_> =
        hostile.iter().chain(&good).map(|original| record(original)).collect();
    records.push(Record {
        path: VaultPath::parse("2026/07/gone.JPG").unwrap(),
        digest: Digest { sha256: [7; 32], md5: None, size: 3 },
        ..record(b"gone.JPG")
    });
    // Its bytes lie under another path.
    records.push(Record {
        path: VaultPath::parse("2026/07/moved.JPG").unwrap(),
        ..record(b"moved.JPG")
    });
    vault.record(records).unwrap();
    let into = place.folder.path().join("into");
    let outside = place.folder.path().join("outside");
    std::fs::create_dir_all(&into).unwrap();
    std::fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, into.join("link")).unwrap();
    let from = Destination::Folder(place.vault());
    let done = restore(&from, &into, &Progress::default()).unwrap();
    assert_eq!((done.written, done.hostile.len()), (4, 4), "{done:?}");
    assert_eq!((done.kept, done.damaged), (vec!["link/out".into()], vec!["gone.JPG".into()]));
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
    assert!(!place.folder.path().join("out.JPG").exists());
    let time = std::fs::metadata(into.join("in/a.JPG")).unwrap().modified().unwrap();
    let since = time.duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(since.as_nanos(), 1_234_567_890_123_456_789);
    let inside = restore(&from, &place.vault().join("into"), &Progress::default()).unwrap_err();
    assert!(matches!(inside, EngineError::Destination { .. }));
    assert!(!place.vault().join("into").exists());
}

#[test]
fn a_library_that_refuses_a_scan_for_a_condition_is_waited_for_and_nothing_is_taken_for_deleted() {
    let conditions = [
        (Refusal::NoAccess, Hold::NoAccess, HostFact::Access(LibraryAccess::Full)),
        (Refusal::DeviceLocked, Hold::DeviceLocked, HostFact::Locked(false)),
    ];
    for ((why, hold, end), told_to_pages) in
        conditions.into_iter().flat_map(|one| [(one.clone(), false), (one, true)])
    {
        let (place, library) = (Place::new(), Library::with(&[("a.jpg", b"a")]));
        let run = Run::start(&place, &library);
        run.pass(60);
        library.put("b.jpg", b"b");
        *library.scan_refuses.lock().unwrap() = Some((why, told_to_pages));
        run.engine.tell(HostFact::LibraryChanged);
        let status = run.pass(3_600);
        assert!(status.holds.has(hold), "{why}: {status:?}");
        assert_eq!(status.counts.safe().items, 1, "{why}: {status:?}");
        *library.scan_refuses.lock().unwrap() = None;
        run.engine.tell(end);
        run.engine.tell(HostFact::LibraryChanged);
        let status = run.pass(60);
        assert!(status.holds.is_empty(), "{why}: {status:?}");
        assert_eq!(status.counts.safe().items, 2, "{why}: {status:?}");
    }
}
