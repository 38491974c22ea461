use super::*;
use std::fs;

struct Tree(tempfile::TempDir);

impl Tree {
    fn new(files: &[&str]) -> Tree {
        let tree = Tree(tempfile::tempdir().unwrap());
        for file in files {
            tree.file(file);
        }
        tree
    }

    fn file(&self, name: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }

    fn walk(&self, choice: &Choice) -> (Vec<SeenAsset>, Walked) {
        let mut all = Vec::new();
        let walked = walk(self.0.path(), choice, Skipped::default(), &mut |page| {
            assert!(page.len() <= PAGE);
            all.extend(page);
            true
        });
        (all, walked.unwrap())
    }

    fn ids(&self) -> Vec<String> {
        let (all, _) = self.walk(&Choice::default());
        all.iter().map(|asset| asset.local_id.escape_ascii().to_string()).collect()
    }
}

#[test]
fn assets_come_in_the_order_of_their_paths_across_folders_and_pages() {
    let tree =
        Tree::new(&["a.jpg", "a/b.jpg", "a0.jpg", "a-/c.jpg", "b/c/d.heic", "A.jpg", "b.jpg"]);
    for number in 0..2_500 {
        tree.file(&format!("many/{number}.jpg"));
    }
    let ids = tree.ids();
    assert_eq!(ids.len(), 2_507);
    assert!(ids.is_sorted());
}

#[test]
fn links_are_counted_and_never_followed_and_what_is_no_file_is_not_opened() {
    let tree = Tree::new(&["a.jpg", "d/b.jpg"]);
    std::os::unix::fs::symlink("..", tree.0.path().join("d/loop")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", tree.0.path().join("out.jpg")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        tree.0.path().join("pipe.jpg"),
        FileType::Fifo,
        Mode::RWXU,
        0,
    )
    .unwrap();
    let (all, walked) = tree.walk(&Choice::default());
    assert_eq!(all.len(), 2);
    assert_eq!(walked.skipped.of(Reason::Link), 2);
    assert_eq!(walked.skipped.of(Reason::NotAFile), 1);
}

#[test]
fn hidden_folders_are_walked_and_system_folders_and_packages_are_named() {
    let tree = Tree::new(&[
        ".hidden/a.jpg",
        ".keepsake/b.jpg",
        "lost+found/c.jpg",
        "P.photoslibrary/originals/d.heic",
    ]);
    let (all, walked) = tree.walk(&Choice::default());
    assert_eq!(all.len(), 1);
    assert_eq!(walked.skipped.of(Reason::System), 2);
    assert_eq!(walked.skipped.named, [(Reason::Package, b"P.photoslibrary".to_vec())]);
}

#[test]
fn an_empty_folder_is_out_of_sight_not_a_proof_of_deletion() {
    let tree = Tree::new(&["a.jpg"]);
    fs::create_dir_all(tree.0.path().join("card")).unwrap();
    assert_eq!(tree.walk(&Choice::default()).1.hidden, [b"card/".to_vec()]);
    let empty = Tree::new(&[]);
    assert_eq!(empty.walk(&Choice::default()).1.hidden, [Vec::<u8>::new()]);
}

#[test]
fn all_files_takes_what_is_no_photo_and_exclude_leaves_out() {
    let tree = Tree::new(&["a.jpg", "notes.txt", "private/x.jpg"]);
    let exclude =
        globset::GlobSetBuilder::new().add(globset::Glob::new("private").unwrap()).build().unwrap();
    let choice = Choice { all_files: true, exclude, own: Vec::new() };
    let (all, walked) = tree.walk(&choice);
    assert_eq!(all.len(), 2);
    assert_eq!(walked.skipped.of(Reason::Excluded), 1);
    assert_eq!(tree.walk(&Choice::default()).1.skipped.of(Reason::NotMedia), 1);
}

#[test]
fn names_that_are_not_utf8_and_of_255_bytes_are_taken_as_they_are() {
    let tree = Tree::new(&[]);
    let long = [&[b'x'; 251][..], b".jpg"].concat();
    for name in [&b"\xff\xfe.jpg"[..], &long] {
        fs::write(tree.0.path().join(OsStr::from_bytes(name)), b"x").unwrap();
    }
    let (all, _) = tree.walk(&Choice::default());
    let ids: Vec<&[u8]> = all.iter().map(|asset| &asset.local_id[..]).collect();
    assert_eq!(ids, [&long[..], b"\xff\xfe.jpg"]);
}

#[test]
fn a_version_changes_with_the_bytes_even_when_size_and_time_are_kept() {
    let tree = Tree::new(&["a.jpg"]);
    let path = tree.0.path().join("a.jpg");
    let before = tree.walk(&Choice::default()).0;
    assert_eq!(before, tree.walk(&Choice::default()).0);
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    // The kernel's clock for file times ticks coarsely: write until it has.
    loop {
        fs::write(&path, b"b.jpg").unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        let after = tree.walk(&Choice::default()).0;
        assert_eq!(after[0].resources[0].modified, before[0].resources[0].modified);
        if after[0].resources[0].version != before[0].resources[0].version {
            break;
        }
    }
}

#[test]
fn a_live_photo_is_one_asset_with_two_resources() {
    let tree = Tree::new(&["d/IMG_1.MOV", "d/IMG_1.HEIC"]);
    let (all, _) = tree.walk(&Choice::default());
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].local_id, b"d/IMG_1.HEIC");
    assert_eq!(all[0].resources[1].local_id, b"d/IMG_1.MOV");
}

#[test]
fn a_receiver_that_wants_no_more_ends_the_walk() {
    let tree = Tree::new(&["a.jpg"]);
    let ended = walk(tree.0.path(), &Choice::default(), Skipped::default(), &mut |_| false);
    assert!(matches!(ended, Err(WalkError::Stopped)));
}

#[test]
fn a_root_that_has_become_a_link_is_not_followed() {
    let tree = Tree::new(&["real/a.jpg"]);
    let root = tree.0.path().join("root");
    std::os::unix::fs::symlink(tree.0.path().join("real"), &root).unwrap();
    let ended = walk(&root, &Choice::default(), Skipped::default(), &mut |_| true);
    assert!(matches!(ended, Err(WalkError::Source { .. })));
}
