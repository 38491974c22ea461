//! Vaults that are not what they should be: nothing is trusted, nothing is written through a link.

mod support;

use keepsake_vault::put::Unwatched;
use keepsake_vault::{
    Blame, Expect, FolderSeen, FolderVault, Found, Held, OpenFolder, OsFiles, SegmentName, Vault,
    VaultError, VaultPath,
};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use support::{
    DEVICE, OTHER, back_up, digest, files_below, how, open, open_as, photos, place, put, put_of,
    record_of, records, try_place,
};

fn open_error(root: &Path, how: OpenFolder) -> VaultError {
    match FolderVault::open(Arc::new(OsFiles), root, how) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

#[test]
fn an_empty_mount_point_is_unavailable_and_stays_empty() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("vault");
    let id = open(&root).id();
    std::fs::rename(&root, dir.path().join("away")).unwrap();
    assert!(matches!(open_error(&root, how(DEVICE, Some(id))), VaultError::Unavailable { .. }));
    assert!(!root.exists());
    std::fs::create_dir(&root).unwrap();
    let error = open_error(&root, how(DEVICE, Some(id)));
    assert!(matches!(error, VaultError::Unavailable { .. }), "{error}");
    assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);
    let other = dir.path().join("other");
    drop(open(&other));
    let error = open_error(&other, how(DEVICE, Some(id)));
    assert!(matches!(error, VaultError::AnotherVault { .. }), "{error}");
}

#[test]
fn a_vault_unplugged_in_the_middle_goes_on_when_it_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let (root, away) = (dir.path().join("vault"), dir.path().join("away"));
    let vault = open(&root);
    back_up(&vault, b"a.jpg", b"one").unwrap();
    let placement = place(&vault, b"b.jpg", b"two");
    std::fs::rename(&root, &away).unwrap();
    std::fs::create_dir(&root).unwrap();
    for error in [
        vault.put(vec![put_of(&placement, b"b.jpg", b"two")], &Unwatched).remove(0).unwrap_err(),
        vault.probe().unwrap_err(),
        vault.find(&[digest(b"one")]).unwrap_err(),
        vault.confirm(&[]).unwrap_err(),
        vault.record(vec![record_of(b"b", b"two", &VaultPath::parse("b").unwrap())]).unwrap_err(),
    ] {
        assert!(matches!(error, VaultError::Unavailable { .. }), "{error}");
        assert_eq!(
            error.blame(),
            Blame::Trouble(keepsake_machine::event::Trouble::VaultUnavailable)
        );
    }
    assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0, "nothing went to the mount point");
    std::fs::remove_dir(&root).unwrap();
    std::fs::rename(&away, &root).unwrap();
    vault.probe().unwrap();
    back_up(&vault, b"b.jpg", b"two").unwrap();
    assert_eq!(photos(&root).len(), 2);
}

#[test]
fn a_newer_vault_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let file = dir.path().join(".keepsake/vault.json");
    let newer = std::fs::read_to_string(&file).unwrap().replace("\"format\":1", "\"format\":2");
    std::fs::write(&file, newer).unwrap();
    let before = files_below(dir.path());
    let error = open_error(dir.path(), how(DEVICE, None));
    assert!(matches!(error, VaultError::Newer { found: 2, known: 1 }), "{error}");
    assert_eq!(files_below(dir.path()), before);
}

#[test]
fn a_vault_whose_id_is_garbage_a_link_or_gone_beside_records_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    back_up(&vault, b"a.jpg", b"photo").unwrap();
    let file = dir.path().join(".keepsake/vault.json");
    let good = std::fs::read(&file).unwrap();
    for bad in [&b""[..], b"{}", b"[]", b"\xff", b"{\"keepsake\":\"other\",\"format\":1}"] {
        std::fs::write(&file, bad).unwrap();
        let error = open_error(dir.path(), how(DEVICE, None));
        assert!(matches!(error, VaultError::Damaged { .. }), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), bad);
    }
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(open_error(dir.path(), how(DEVICE, None)), VaultError::Damaged { .. }));
    std::fs::write(dir.path().join("elsewhere.json"), good).unwrap();
    symlink(dir.path().join("elsewhere.json"), &file).unwrap();
    assert!(matches!(
        open_error(dir.path(), how(DEVICE, None)),
        VaultError::Damaged { .. } | VaultError::Io { .. }
    ));
}

#[test]
fn links_in_its_own_folder_are_not_followed() {
    for link in ["", "/segments", "/staging", "/staging/07070707070707070707070707070707"] {
        let dir = tempfile::tempdir().unwrap();
        let (root, target) = (dir.path().join("vault"), dir.path().join("target"));
        let id = open(&root).id();
        let place = root.join(format!(".keepsake{link}"));
        std::fs::rename(&place, &target).unwrap();
        std::fs::write(target.join("precious"), b"x").unwrap();
        symlink(&target, &place).unwrap();
        let error = open_error(&root, how(DEVICE, Some(id)));
        assert!(matches!(error, VaultError::Damaged { .. }), "{link}: {error}");
        assert!(target.join("precious").exists());
    }
}

#[test]
fn a_date_folder_that_is_a_link_is_never_written_through() {
    let dir = tempfile::tempdir().unwrap();
    let (root, target) = (dir.path().join("vault"), dir.path().join("target"));
    let vault = open(&root);
    std::fs::create_dir(&target).unwrap();
    symlink(&target, root.join("2026")).unwrap();
    let error = put(&vault, b"a.jpg", b"photo").unwrap_err();
    assert!(matches!(error, VaultError::Refused { .. }), "{error}");
    assert_eq!(std::fs::read_dir(&target).unwrap().count(), 0);
    assert!(support::staged(&root).is_empty());
}

#[test]
fn a_date_folder_that_was_moved_away_while_it_was_known_is_not_written_into() {
    for (step, link) in [("2026", false), ("2026/07", false), ("2026", true), ("2026/07", true)] {
        let dir = tempfile::tempdir().unwrap();
        let (root, away) = (dir.path().join("vault"), dir.path().join("away"));
        let vault = open(&root);
        let first = put(&vault, b"a.jpg", b"photo").unwrap();
        std::fs::rename(root.join(step), &away).unwrap();
        if link {
            symlink(&away, root.join(step)).unwrap();
        }
        let held = Held { path: first.path().unwrap(), size: 5 };
        // A link on the way is an error or a no, and never a yes.
        assert!(!matches!(vault.confirm(&[held]).as_deref(), Ok([true])), "{step}, {link}");
        let second = put(&vault, b"b.jpg", b"other");
        assert_eq!(second.is_err(), link, "{step}");
        let inside = if step == "2026" { away.join("07") } else { away };
        assert_eq!(std::fs::read_dir(inside).unwrap().count(), 1, "{step}, {link}");
        if !link {
            assert_eq!(std::fs::read(root.join("2026/07/b.jpg")).unwrap(), b"other");
        }
    }
}

#[test]
fn a_vault_whose_own_folders_are_moved_away_while_it_is_open_takes_nothing_until_they_are_back() {
    for own in ["", "/segments", "/staging"] {
        for link in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let (root, away) = (dir.path().join("vault"), dir.path().join("away"));
            let vault = open(&root);
            let first = put(&vault, b"a.jpg", b"photo").unwrap();
            let record = || vec![record_of(b"a.jpg", b"photo", first.path().unwrap())];
            let place = root.join(format!(".keepsake{own}"));
            std::fs::rename(&place, &away).unwrap();
            if link {
                symlink(&away, &place).unwrap();
            }
            let unavailable = |error: &VaultError| matches!(error, VaultError::Unavailable { .. });
            let error = vault.record(record()).unwrap_err();
            assert!(unavailable(&error), "{own}, {link}: {error}");
            let error = put(&vault, b"b.jpg", b"other").unwrap_err();
            assert!(unavailable(&error), "{own}, {link}: {error}");
            let held = Held { path: first.path().unwrap(), size: 5 };
            assert!(vault.confirm(&[held]).is_err(), "{own}, {link}");
            if link {
                std::fs::remove_file(&place).unwrap();
            }
            std::fs::rename(&away, &place).unwrap();
            vault.probe().unwrap();
            vault.record(record()).unwrap();
            assert_eq!(vault.segments().unwrap().len(), 1, "{own}, {link}");
        }
    }
}

#[test]
fn a_link_or_a_pipe_under_a_photos_name_is_neither_followed_nor_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let (root, target) = (dir.path().join("vault"), dir.path().join("target"));
    let vault = open(&root);
    std::fs::create_dir_all(root.join("2026/07")).unwrap();
    std::fs::write(&target, b"photo").unwrap();
    symlink(&target, root.join("2026/07/a.jpg")).unwrap();
    let pipe = root.join("2026/07/b.jpg");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (name, bytes) in [(&b"a.jpg"[..], &b"photo"[..]), (b"b.jpg", b"other")] {
        let stored = put(&vault, name, bytes).unwrap();
        assert!(stored.path().unwrap().as_str().contains('~'));
    }
    assert!(std::fs::symlink_metadata(root.join("2026/07/a.jpg")).unwrap().is_symlink());
    let link = VaultPath::parse("2026/07/a.jpg").unwrap();
    assert_eq!(vault.confirm(&[Held { path: &link, size: 5 }]).unwrap(), [false]);
    assert!(vault.open(&link).unwrap().is_none());
    let pipe = VaultPath::parse("2026/07/b.jpg").unwrap();
    assert!(vault.open(&pipe).unwrap().is_none());
}

#[test]
fn a_file_outside_that_a_folder_link_names_is_not_adopted() {
    let dir = tempfile::tempdir().unwrap();
    let (root, target) = (dir.path().join("vault"), dir.path().join("target"));
    let vault = open(&root);
    std::fs::create_dir(&target).unwrap();
    std::fs::write(target.join("x.jpg"), b"photo").unwrap();
    symlink(&target, root.join("linked")).unwrap();
    symlink(&root, root.join("loop")).unwrap();
    assert_eq!(vault.find(&[digest(b"photo")]).unwrap(), [Found::Miss]);
}

#[test]
fn a_torn_segment_is_told_and_kept_and_the_others_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    back_up(&vault, b"a.jpg", b"one").unwrap();
    back_up(&vault, b"b.jpg", b"two").unwrap();
    let segments = dir.path().join(".keepsake/segments");
    let torn = vault.segments().unwrap()[0].clone();
    let path = segments.join(format!("{}.jsonl", torn.name.0));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
    symlink("/etc/passwd", segments.join("link.jsonl")).unwrap();
    std::fs::create_dir(segments.join("folder.jsonl")).unwrap();
    assert_eq!(records(&vault).unwrap().len(), 1);
    let read = vault.read_segment(&torn.name, &mut |_| panic!("handed over")).unwrap();
    assert!(read.damaged.unwrap().contains("torn"));
    let link = SegmentName("link".to_owned());
    assert!(vault.read_segment(&link, &mut |_| panic!()).unwrap().damaged.is_some());
    for name in ["../vault", "../../2026/07/a", "nothing"] {
        let read = vault.read_segment(&SegmentName(name.to_owned()), &mut |_| panic!()).unwrap();
        assert!(read.gone, "{name}");
    }
    vault.tidy(0).unwrap();
    assert!(path.exists());
    // The file of the torn record is adopted by its bytes.
    let fresh = open(dir.path());
    let answers = fresh.find(&[digest(b"one"), digest(b"two")]).unwrap();
    let hits = answers.iter().filter(|found| matches!(found, Found::Hit(_))).count();
    assert_eq!(hits, 1, "the one whose record is torn");
}

#[test]
fn opened_for_reading_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let reading = OpenFolder { expected: Expect::Any, device: None, reserve: None };
    assert!(matches!(open_error(dir.path(), reading), VaultError::Unavailable { .. }));
    let (path, _) = back_up(&open(dir.path()), b"a.jpg", b"photo").unwrap();
    let before = files_below(dir.path());
    let vault = FolderVault::open(Arc::new(OsFiles), dir.path(), reading).unwrap();
    assert_eq!(records(&vault).unwrap().len(), 1);
    assert!(vault.open(&path).unwrap().is_some());
    assert!(vault.tee(b"x", None).is_err());
    assert!(vault.record(vec![record_of(b"a", b"a", &path)]).is_err());
    assert!(vault.forget(&[digest(b"a")]).is_err());
    assert_eq!(files_below(dir.path()), before);
}

#[test]
fn names_that_are_not_text_or_very_long_are_kept_apart() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let long_one = [vec![b'x'; 251], b".jpg".to_vec()].concat();
    let long_two = [vec![b'x'; 250], b"y.jpg".to_vec()].concat();
    let emoji = "👩‍👩‍👧‍👦".repeat(10) + ".jpg";
    let names: [&[u8]; 9] = [
        b"caf\xe9.jpg",
        b"caf\xe8.jpg",
        emoji.as_bytes(),
        &long_one,
        &long_two,
        b".keepsake",
        b"..",
        b"a\nb",
        b"con.jpg",
    ];
    for (number, name) in names.into_iter().enumerate() {
        let bytes = format!("photo {number}");
        let (path, sent) = back_up(&vault, name, bytes.as_bytes()).unwrap();
        assert!(sent);
        assert_eq!(photos(dir.path())[path.as_str()], bytes.as_bytes());
        // A second one of the same name, with other bytes.
        assert!(back_up(&vault, name, format!("other {number}").as_bytes()).unwrap().1);
    }
    assert_eq!(photos(dir.path()).len(), names.len() * 2);
    let kept: Vec<_> = records(&vault).unwrap().into_iter().map(|record| record.name.0).collect();
    for name in names {
        assert_eq!(kept.iter().filter(|kept| *kept == name).count(), 2);
    }
}

#[test]
fn two_writers_on_one_vault_store_everything_and_replace_nothing() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    std::thread::scope(|scope| {
        for device in [DEVICE, OTHER] {
            let root = dir.path();
            scope.spawn(move || {
                let vault = open_as(root, device);
                for number in 0..60 {
                    let name = format!("IMG_{}.jpg", number % 10);
                    let bytes = format!("{device} {number}");
                    back_up(&vault, name.as_bytes(), bytes.as_bytes()).unwrap();
                    vault.tidy(0).unwrap();
                }
            });
        }
    });
    let mut contents: Vec<_> = photos(dir.path()).into_values().collect();
    contents.sort();
    let mut expected: Vec<_> = [DEVICE, OTHER]
        .iter()
        .flat_map(|device| (0..60).map(move |number| format!("{device} {number}").into_bytes()))
        .collect();
    expected.sort();
    assert_eq!(contents, expected);
    assert!(records(&open(dir.path())).unwrap().len() >= 120);
}

#[test]
fn a_folder_that_may_not_be_written_is_read_only_in_plain_words() {
    // Root may write anywhere: only a mount is read-only to it.
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let Some(_mounted) = support::mount::bind_read_only(dir.path()) else {
        return;
    };
    let error = open_error(dir.path(), how(DEVICE, None));
    assert!(matches!(error, VaultError::ReadOnly { .. }), "{error}");
    assert!(error.to_string().contains("nothing may be written"));
    let reading = OpenFolder { expected: Expect::Any, device: None, reserve: None };
    FolderVault::open(Arc::new(OsFiles), dir.path(), reading).unwrap();
}

#[test]
fn a_vault_that_becomes_read_only_holds_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    back_up(&vault, b"a.jpg", b"one").unwrap();
    let Some(_mounted) = support::mount::bind_read_only(dir.path()) else {
        return;
    };
    // A bind mount is another mount of the same folder: what is opened by path is read-only.
    let error = vault.probe().unwrap_err();
    assert!(matches!(error, VaultError::ReadOnly { .. }), "{error}");
    let again = try_place(&vault, b"a.jpg", b"one");
    assert!(again.is_ok(), "reading goes on");
}

#[test]
fn a_folder_is_there_only_as_a_folder_and_what_cannot_be_told_is_not_gone() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let at = |path: &str| dir.path().join(path);
    for folder in ["2025/12", "2026/07", "2026/08", "other/deep/down"] {
        std::fs::create_dir_all(at(folder)).unwrap();
    }
    symlink(at("2026/07"), at("2026/09")).unwrap();
    symlink(at("2026"), at("2027")).unwrap();
    std::fs::write(at("2026/10"), b"").unwrap();
    let asked = [
        ("", true),
        ("2025/12", true),
        ("2026/06", false),
        ("2026/07", true),
        ("2026/08", true),
        ("2026/09", false),
        ("2026/10", false),
        ("2026/10/below-a-file", false),
        ("2027/07", false),
        ("gone/07", false),
        ("other/deep", true),
        ("other/deep/down", true),
        ("2025/12", true),
    ];
    let folders: Vec<_> = asked.iter().map(|(folder, _)| (*folder).to_owned()).collect();
    let seen = vault.see_folders(&folders).unwrap();
    for ((folder, there), seen) in asked.iter().zip(&seen) {
        assert_eq!(matches!(seen, FolderSeen::There(_)), *there, "{folder}: {seen:?}");
        assert_eq!(*seen == FolderSeen::Gone, !there, "{folder}: {seen:?}");
    }
    assert_eq!(seen[1], seen[12], "the same folder, twice");
    assert_eq!(vault.see_folders(&folders).unwrap(), seen, "nothing happened between");
    std::fs::rename(dir.path(), dir.path().with_extension("away")).unwrap();
    assert!(vault.see_folders(&folders).is_err(), "nothing is said of a vault that is away");
    std::fs::rename(dir.path().with_extension("away"), dir.path()).unwrap();
}
