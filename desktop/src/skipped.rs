//! What a scan did not take, by reason: counted, and written down as it goes, so that a million of
//! them cost no memory and none is dropped in silence.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Why something in the source was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Neither a photo nor a video, by its extension.
    NotMedia,
    /// A symbolic link: never followed.
    Link,
    /// No file: a pipe, a socket, a device.
    NotAFile,
    /// The user's `--exclude` named it.
    Excluded,
    /// A folder that holds no original, or Keepsake's own.
    System,
    /// Another program's photo library.
    Package,
    /// It could not be looked at.
    Unreadable,
}

impl Reason {
    /// Every reason, in the order in which they are told.
    pub const ALL: [Reason; 7] = [
        Reason::Package,
        Reason::Unreadable,
        Reason::NotMedia,
        Reason::Link,
        Reason::NotAFile,
        Reason::Excluded,
        Reason::System,
    ];

    /// In a few words, after a count.
    pub fn words(self) -> &'static str {
        match self {
            Reason::NotMedia => "no photo or video (--all-files takes them too)",
            Reason::Link => "symbolic link, never followed",
            Reason::NotAFile => "no ordinary file",
            Reason::Excluded => "excluded",
            Reason::System => "system folder or Keepsake's own",
            Reason::Package => "photo library of another program, cannot be read as a folder yet",
            Reason::Unreadable => "could not be looked into",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Reason::NotMedia => "not-media",
            Reason::Link => "link",
            Reason::NotAFile => "not-a-file",
            Reason::Excluded => "excluded",
            Reason::System => "system",
            Reason::Package => "library-package",
            Reason::Unreadable => "unreadable",
        }
    }
}

/// What one scan skipped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    counts: [u64; Reason::ALL.len()],
    /// The first few that a summary must name: packages and what could not be read.
    pub named: Vec<(Reason, Vec<u8>)>,
}

impl Tally {
    /// How many for this reason.
    pub fn of(&self, reason: Reason) -> u64 {
        self.counts[reason as usize]
    }
}

/// Counts, and writes the list.
#[derive(Debug, Default)]
pub struct Skipped {
    /// So far.
    pub tally: Tally,
    /// When the walk before this one began, where one came to its end.
    pub last_walk: Option<SystemTime>,
    list: Option<(BufWriter<File>, PathBuf, PathBuf)>,
}

impl Skipped {
    /// Keeps the list in `state`. A list that cannot be written is done without: the counts stay.
    pub fn listed_in(state: &Path) -> Skipped {
        let (new, done) = (state.join("skipped.new"), list_path(state));
        // A list is begun with its walk.
        let last_walk = std::fs::metadata(&done).and_then(|list| list.created()).ok();
        let _ = std::fs::remove_file(&new); // of a walk that was cut short
        let file = File::create(&new).ok().map(BufWriter::new);
        let list = file.map(|file| (file, new, done));
        Skipped { tally: Tally::default(), last_walk, list }
    }

    /// One more.
    pub fn add(&mut self, reason: Reason, path: &[u8]) {
        self.tally.counts[reason as usize] += 1;
        if matches!(reason, Reason::Package | Reason::Unreadable) && self.tally.named.len() < NAMED
        {
            self.tally.named.push((reason, path.to_vec()));
        }
        if let Some((file, ..)) = &mut self.list {
            let line = format!("{}\t{}\n", reason.word(), path.escape_ascii());
            if file.write_all(line.as_bytes()).is_err() {
                self.list = None;
            }
        }
    }

    /// The scan ended: the list takes the place of the last one.
    pub fn finish(mut self) -> Tally {
        if let Some((mut file, new, done)) = self.list.take()
            && file.flush().is_ok()
        {
            // A list that cannot be put in place is only a list.
            let _ = std::fs::rename(new, done);
        }
        self.tally
    }
}

fn list_path(state: &Path) -> PathBuf {
    state.join("skipped.tsv")
}

/// The list of the last scan as lines `reason TAB path`, paths escaped as in Rust's byte strings.
pub fn read(state: &Path) -> std::io::Result<impl Iterator<Item = std::io::Result<String>>> {
    Ok(BufReader::new(File::open(list_path(state))?).lines())
}

/// Of these the first few that could not be looked at.
pub fn unreadable(state: &Path) -> Vec<String> {
    let lines = read(state).into_iter().flatten().map_while(Result::ok);
    let paths = lines.filter_map(|line| {
        let (reason, path) = line.split_once('\t')?;
        (reason == Reason::Unreadable.word()).then(|| path.to_owned())
    });
    paths.take(NAMED).collect()
}

/// As many packages and unreadable folders are named in a summary.
const NAMED: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_skipped_is_counted_and_can_be_read_back() {
        let state = tempfile::tempdir().unwrap();
        let mut skipped = Skipped::listed_in(state.path());
        skipped.add(Reason::NotMedia, b"a/no\xfftes.txt");
        skipped.add(Reason::Package, b"Photos.photoslibrary");
        let tally = skipped.finish();
        assert_eq!((tally.of(Reason::NotMedia), tally.of(Reason::Link)), (1, 0));
        assert_eq!(tally.named, [(Reason::Package, b"Photos.photoslibrary".to_vec())]);
        let lines: Vec<String> = read(state.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(lines, ["not-media\ta/no\\xfftes.txt", "library-package\tPhotos.photoslibrary"]);
    }
}
