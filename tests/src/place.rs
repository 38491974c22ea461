//! A place of its own for every test: a source, a vault, a state.

use crate::program::Call;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Folders that are gone when the test ends.
#[derive(Debug)]
pub struct Place {
    folder: TempDir,
    /// Where the photos are.
    pub source: PathBuf,
    /// Where they go. Not made yet: `backup` makes it.
    pub vault: PathBuf,
    /// Keepsake's own state for this source. Not made yet.
    pub state: PathBuf,
}

impl Place {
    /// An empty source, and nothing else yet.
    ///
    /// # Panics
    /// When there is no room for a temporary folder.
    pub fn new() -> Place {
        let folder = tempfile::Builder::new().prefix("keepsake-test-").tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let source = root.join("Pictures");
        fs::create_dir(&source).unwrap();
        Place { source, vault: root.join("Keepsake"), state: root.join("state"), folder }
    }

    /// Another device with the same photos, for the same vault, with a state of its own.
    #[must_use]
    pub fn another_device(&self) -> Place {
        let mut other = Place::new();
        (other.source, other.vault) = (self.source.clone(), self.vault.clone());
        other
    }

    /// The folder that holds the others.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// `keepsake backup SOURCE --to VAULT --state STATE --reserve 0`: the machine's own disk may
    /// be fuller than the default reserve.
    pub fn backup(&self) -> Call {
        self.backup_to(&self.vault)
    }

    /// The same, to another vault.
    pub fn backup_to(&self, vault: &Path) -> Call {
        self.backup_with_reserve(vault, "0")
    }

    /// The same, with so much left free on the vault's disk.
    pub fn backup_with_reserve(&self, vault: &Path, reserve: &str) -> Call {
        let call = Call::new("backup").path(&self.source).arg("--to").path(vault);
        call.arg("--state").path(&self.state).args(&["--reserve", reserve])
    }

    /// `keepsake WORD SOURCE --state STATE`: what asks about this source's backup.
    pub fn ask(&self, word: &str) -> Call {
        Call::new(word).path(&self.source).arg("--state").path(&self.state)
    }

    /// `keepsake status`.
    pub fn status(&self) -> Call {
        self.ask("status")
    }

    /// How many files are of this class (`"Closed"`, `"Hidden"`), as `status --json` counts them.
    ///
    /// # Panics
    /// When there is no such count.
    pub fn counted(&self, class: &str) -> u64 {
        let lines = self.status().arg("--json").finish().lines();
        let classes = lines[0]["status"]["counts"]["classes"].as_array().unwrap();
        let of = |pair: &&Value| pair[0] == class || pair[0].get(class).is_some();
        classes.iter().filter(of).map(|pair| pair[1]["items"].as_u64().unwrap()).sum()
    }

    /// `keepsake verify`.
    pub fn verify(&self) -> Call {
        self.ask("verify")
    }

    /// `keepsake retry`.
    pub fn retry(&self) -> Call {
        self.ask("retry")
    }

    /// `keepsake restore VAULT DEST`.
    pub fn restore_to(&self, dest: &Path) -> Call {
        Call::new("restore").path(&self.vault).path(dest)
    }

    /// Takes July out of the vault, to `a-month` beside it; says how many photos lie in it.
    ///
    /// # Panics
    /// When there is none.
    pub fn take_a_month_out(&self) -> usize {
        let month = self.vault.join("2026/07");
        let count = fs::read_dir(&month).unwrap().count();
        fs::rename(month, self.root().join("a-month")).unwrap();
        count
    }

    /// Backs up and asserts that everything is safe: exit code 0, and the vault holds every file
    /// of the source exactly once.
    ///
    /// # Panics
    /// When not.
    pub fn backed_up(&self) {
        self.backup().finish().assert_code(0);
        crate::tree::assert_holds_exactly(&self.vault, &self.source);
    }

    /// Asserts that the vault holds every file of the source exactly once, that `verify` finds nothing
    /// wrong, and that `restore` brings everything back.
    ///
    /// # Panics
    /// When not.
    pub fn assert_whole(&self) {
        crate::tree::assert_holds_exactly(&self.vault, &self.source);
        self.verify().finish().assert_code(0);
        let dest = self.root().join("restored");
        self.restore_to(&dest).finish().assert_code(0);
        crate::tree::assert_restored(&self.source, &dest);
    }
}

impl Default for Place {
    fn default() -> Self {
        Place::new()
    }
}
