//! What there is besides the host: the phone's disk and the vault's, each with its volume, and the clock
//! that an engine lives on. The same for a host in any language (`ffi`, feature `virtual-time`).

use crate::disk::PhoneFiles;
use crate::fuse::Fuse;
use crate::pages::{self, Mounted};
pub use crate::tickets::Mood;
use crate::tickets::Storied;
use crate::volume::Volume;
use keepsake_engine::runtime::Lockstep;
use keepsake_machine::time::Now;
use keepsake_tests::random::Random;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// 2026-01-01, in milliseconds since 1970: every story begins then.
const NEW_YEAR: i64 = 1_767_225_600_000;

/// The disks, and what runs on them. Gone with its folders when it is dropped.
pub struct World {
    folder: TempDir,
    /// What its disks, and names on them, are drawn from.
    seed: u64,
    files: Arc<PhoneFiles>,
    signs_tickets: bool,
    mood: Arc<Mutex<Mood>>,
    fuse: Arc<Fuse>,
    /// Whether the vault's disk is pulled out.
    out: bool,
    /// How often the phone was started.
    boot: u64,
    clock: Option<Lockstep>,
    /// Where the catalog lies.
    _mounted: Mounted,
}

/// A job takes so long: not all alike, so that a kill may come between any two.
fn latency(order: u64) -> Duration {
    Duration::from_millis(40 + order * 37 % 90)
}

impl World {
    /// That of the story with this title, with a phone whose disk has so many bytes.
    ///
    /// # Errors
    /// There is no room for temporary folders.
    pub fn new(title: &str, disk: u64, signs_tickets: bool) -> io::Result<World> {
        let folder = tempfile::tempdir()?;
        let seed = seed_of(title);
        let grave = folder.path().join("graveyard");
        let fuse = Arc::default();
        let phone = Arc::new(Volume::new(seed, &grave.join("phone"), &fuse)?);
        let vault = Arc::new(Volume::new(seed ^ 1, &grave.join("vault"), &fuse)?);
        let own = folder.path().join("state");
        let mounted = pages::mount(&own, &phone);
        let files = Arc::new(PhoneFiles::new(Random::new(seed ^ 2), own, disk, phone, vault));
        let mood = Arc::default();
        let (out, boot, clock) = (false, 1, None);
        Ok(World {
            folder,
            seed,
            files,
            signs_tickets,
            mood,
            fuse,
            out,
            boot,
            clock,
            _mounted: mounted,
        })
    }

    /// The folder for whatever the host needs besides: all others lie in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the program keeps its state.
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Where the vault is, when its disk is there.
    pub fn vault(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    pub(crate) fn vault_away(&self) -> PathBuf {
        self.folder.path().join("vault-away")
    }

    /// The clock for a program that starts now, `millis` into the story.
    pub fn starts(&mut self, millis: u64) -> Lockstep {
        let wall = NEW_YEAR + i64::try_from(millis).unwrap_or(i64::MAX);
        let now = Now { boot: self.boot, uptime: millis, wall, utc_offset: 0 };
        let clock = Lockstep::new(now, self.files.clone(), 1).with_latency(latency);
        let (signs, mood) = (self.signs_tickets, Arc::clone(&self.mood));
        let clock = clock
            .with_vaults(move |vault| Arc::new(Storied { vault, signs, mood: Arc::clone(&mood) }));
        self.clock = Some(clock.clone());
        clock
    }

    /// The clock of another device, whose state lies in [`World::another_state`]: its disks never fail.
    ///
    /// # Errors
    /// There is no room for its folders.
    pub fn another(&self) -> io::Result<Lockstep> {
        let (seed, fuse) = (self.seed ^ 3, Arc::default());
        let grave = self.folder.path().join("graveyard");
        let phone = Arc::new(Volume::new(seed, &grave.join("another-phone"), &fuse)?);
        let vault = Arc::new(Volume::new(seed ^ 1, &grave.join("another-vault"), &fuse)?);
        let files =
            PhoneFiles::new(Random::new(seed), self.another_state(), u64::MAX, phone, vault);
        let now = Now { boot: 1, ..Now::default() };
        Ok(Lockstep::new(now, Arc::new(files), 1).with_latency(latency))
    }

    /// Where another device keeps its state.
    pub fn another_state(&self) -> PathBuf {
        self.folder.path().join("another")
    }

    /// The clock of the program that runs.
    pub fn clock(&self) -> Option<Lockstep> {
        self.clock.clone()
    }

    /// The program is gone: nothing that it still tries has any effect.
    pub fn kill(&mut self) {
        for disk in [&self.files.phone, &self.files.vault] {
            disk.dies();
        }
        if let Some(clock) = self.clock.take() {
            clock.kill();
        }
        self.fuse.light(0);
        self.files.phone.lives();
        if !self.out {
            self.files.vault.lives();
        }
    }

    /// The program dies at this operation on a disk from now on, before it is done: 1 is the next. 0: it
    /// lives. Whoever plays the story looks whether it [`World::has_died`], and kills it then.
    pub fn dies_amid(&self, operation: u64) {
        self.fuse.light(operation);
    }

    /// Whether it died so.
    pub fn has_died(&self) -> bool {
        self.fuse.is_through()
    }

    /// Whether it is to die so, and lives.
    pub(crate) fn is_to_die(&self) -> bool {
        self.fuse.is_lit()
    }

    pub(crate) fn fuse(&self) -> Arc<Fuse> {
        Arc::clone(&self.fuse)
    }

    /// What backing up never touches of the phone's disk; `None`: as the settings have it then.
    pub(crate) fn set_reserve(&self, bytes: Option<u64>) {
        self.files.set_reserve(bytes);
    }

    /// The least free space below the reserve in which something of ours landed.
    pub(crate) fn least_below_the_reserve(&self) -> Option<u64> {
        self.files.least()
    }

    /// How many bytes were sent: written into the vault, or by the OS.
    pub(crate) fn sent(&self) -> u64 {
        self.files.sent()
    }

    /// How many operations of the disks have failed.
    pub(crate) fn disks_failed(&self) -> u64 {
        self.files.phone.failed() + self.files.vault.failed()
    }

    /// Puts a file to the far store, as the request of a ticket does: it takes it whole or not at all,
    /// and replaces none. Says whether it has it.
    pub fn takes(&self, file: &Path, url: &str) -> bool {
        let vault = self.vault();
        let to = vault.join(url);
        let put = || {
            let bytes = std::fs::read(file)?;
            self.files.was_sent(bytes.len());
            if to.exists() {
                return Ok(std::fs::read(&to)? == bytes);
            }
            let part = vault.join(".keepsake/staging/os");
            std::fs::write(&part, bytes)?; // fails where the vault is away
            std::fs::create_dir_all(to.parent().unwrap_or(&vault))?;
            std::fs::rename(part, &to)?;
            io::Result::Ok(true)
        };
        put().unwrap_or(false)
    }

    /// What the library and others take of the phone's disk.
    pub fn set_taken(&self, bytes: u64) {
        self.files.set_taken(bytes);
    }

    /// The power went: the program is killed, and what was not synced may be gone, or torn. The phone
    /// starts again.
    ///
    /// # Errors
    /// What the system says when it cannot be taken back.
    pub fn cut_power(&mut self) -> io::Result<()> {
        self.kill();
        for disk in [&self.files.phone, &self.files.vault] {
            disk.loses()?;
        }
        self.boot += 1;
        Ok(())
    }

    /// The vault's disk is pulled out without a word: what was not synced may be gone.
    ///
    /// # Errors
    /// What the system says when it cannot be taken back.
    pub fn pull_out(&mut self) -> io::Result<()> {
        self.out = true;
        self.files.vault.dies();
        self.files.vault.loses()
    }

    /// It is put back.
    pub fn put_back(&mut self) {
        self.out = false;
        self.files.vault.lives();
    }

    /// From now on one in so many operations of both disks fails; 0: none.
    pub fn set_disks_fail(&self, one_in: u64) {
        self.files.phone.set_fails(one_in);
        self.files.vault.set_fails(one_in);
    }

    /// How the vault is, besides there or away.
    pub fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// The app is deleted, with its state.
    ///
    /// # Errors
    /// What the system says when that cannot be.
    pub fn uninstall(&mut self) -> io::Result<()> {
        self.kill();
        self.files.phone.is_wiped();
        std::fs::remove_dir_all(self.state())
    }

    /// The vault goes away in good order, or comes back.
    ///
    /// # Errors
    /// It is so already.
    pub fn move_vault(&self, there: bool) -> io::Result<()> {
        let (here, away) = (self.vault(), self.vault_away());
        if there { std::fs::rename(away, here) } else { std::fs::rename(here, away) }
    }
}

/// The numbers that a story's disks draw from: its own (FNV-1a of its title).
fn seed_of(title: &str) -> u64 {
    title.bytes().fold(0xcbf2_9ce4_8422_2325, |seed, byte| {
        (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Every photo in a vault, without what is its own: path and bytes.
pub fn stored(vault: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![vault.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(vault).unwrap_or(&path).to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                found.push((name, bytes));
            }
        }
    }
    found
}
