//! The phone that the engine is played on: its library, and what the user does with it.

mod served;

use crate::format::{Lies, Photos, Served};
use crate::fuse::Fuse;
use crate::promise::Broken;
use crate::tickets::Transfers;
use keepsake_engine::source::{Deletion, Refusal};
use keepsake_machine::event::LibraryAccess;
use keepsake_machine::media::Role;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One file of the library.
#[derive(Debug, Clone)]
struct Photo {
    bytes: Vec<u8>,
    version: u64,
    lies: Lies,
    served: Served,
    role: Role,
    /// The name of its asset.
    asset: String,
    taken: i64,
    private: bool,
}

/// The library, and what the host is called for.
#[derive(Debug, Default)]
pub struct Library {
    inner: Mutex<Inner>,
    /// Whether the program that asks is dead: then nobody hears it.
    fuse: Arc<Fuse>,
}

#[derive(Debug, Default)]
struct Inner {
    photos: BTreeMap<String, Photo>,
    trash: BTreeMap<String, Photo>,
    access: Option<LibraryAccess>,
    cloud_away: bool,
    pours_end: bool,
    /// Whether the program is being stopped.
    stopping: bool,
    /// How many did.
    cut: u64,
    calls: Vec<String>,
    proposed: Option<Deletion>,
    transfers: Transfers,
    shot: i64,
    /// How often each version of each photo was fetched whole.
    fetched: BTreeMap<(String, u64), u64>,
    /// What was proposed for deletion: bytes that the vault must hold.
    let_go: Vec<(String, Vec<u8>)>,
    /// What the program asked for and must not have.
    broken: Vec<Broken>,
    /// Whether originals may be asked for, and fetched.
    permits: Permits,
}

/// Whether no hold stops that originals are asked for, as far as a host can tell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permits {
    pub(crate) reading: bool,
    pub(crate) fetching: bool,
}

impl Default for Permits {
    fn default() -> Permits {
        Permits { reading: true, fetching: true }
    }
}

impl Library {
    /// That of a program which dies when this burnt through.
    pub(crate) fn of_a_program(fuse: Arc<Fuse>) -> Library {
        Library { fuse, ..Library::default() }
    }

    /// The user takes these pictures.
    pub fn shoot(&self, photos: &Photos) {
        let mut inner = self.lock();
        for number in 1..=photos.count {
            let name = photos.name.replace('#', &number.to_string());
            let as_name = photos.same_as.as_ref().unwrap_or(&name);
            let size = usize::try_from(photos.size.as_u64()).unwrap_or(0);
            inner.shot += 60_000;
            let photo = Photo {
                bytes: bytes(as_name, 1, size),
                version: 1,
                lies: photos.lies,
                served: photos.served,
                role: if is_video(&name) { Role::Video } else { Role::Photo },
                asset: name.clone(),
                taken: 1_767_225_600_000 + inner.shot,
                private: photos.private,
            };
            let video = photos.moves.as_ref().map(|video| (video, Role::PairedVideo));
            let raw = photos.raw.as_ref().map(|raw| (raw, Role::AlternatePhoto));
            for (other, role) in video.into_iter().chain(raw) {
                let other = other.replace('#', &number.to_string());
                let bytes = bytes(&other, 1, size);
                inner.photos.insert(other, Photo { bytes, role, ..photo.clone() });
            }
            inner.photos.insert(name, photo);
        }
    }

    /// The user edits one: other bytes.
    pub fn edit(&self, name: &str) {
        if let Some(photo) = self.lock().photos.get_mut(name) {
            photo.version += 1;
            photo.bytes = bytes(name, photo.version, photo.bytes.len());
            photo.lies = Lies::OnThePhone;
        }
    }

    /// The user deletes an asset: into Recently Deleted.
    pub fn delete(&self, asset: &str) {
        let mut inner = self.lock();
        let doomed: Vec<String> = (inner.photos.iter())
            .filter(|(_, photo)| photo.asset == asset)
            .map(|(name, _)| name.clone())
            .collect();
        for name in doomed {
            if let Some(photo) = inner.photos.remove(&name) {
                inner.trash.insert(name, photo);
            }
        }
    }

    /// The user empties Recently Deleted.
    pub fn empty_trash(&self) {
        self.lock().trash.clear();
    }

    /// The user's answer to what was proposed last: which assets were deleted.
    pub fn answer(&self, lets_go: bool) -> Option<(Deletion, bool)> {
        let proposed = self.lock().proposed.take()?;
        for doomed in proposed.assets.iter().filter(|_| lets_go) {
            self.delete(&String::from_utf8_lossy(&doomed.local_id));
        }
        Some((proposed, lets_go))
    }

    /// What the user lets us see.
    pub fn set_access(&self, access: LibraryAccess) {
        self.lock().access = Some(access);
    }

    /// Whether the cloud answers.
    pub fn set_cloud(&self, away: bool) {
        self.lock().cloud_away = away;
    }

    /// Whether what is poured ends in the middle.
    pub fn set_pours_end(&self, end: bool) {
        self.lock().pours_end = end;
    }

    /// Bytes that it takes on the phone's disk.
    pub fn on_the_phone(&self) -> u64 {
        let inner = self.lock();
        let all = inner.photos.values().chain(inner.trash.values());
        all.filter(|photo| photo.lies.is_on_the_phone()).map(|one| one.bytes.len() as u64).sum()
    }

    /// The bytes of every file that is there now.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let inner = self.lock();
        inner.photos.iter().map(|(name, photo)| (name.clone(), photo.bytes.clone())).collect()
    }

    /// Every file that is there now: its name, its asset, when it was taken, its bytes.
    pub(crate) fn each(&self, mut each: impl FnMut(&str, &str, i64, &[u8])) {
        for (name, photo) in &self.lock().photos {
            each(name, &photo.asset, photo.taken, &photo.bytes);
        }
    }

    /// How many pours ended in the middle.
    pub(crate) fn cut(&self) -> u64 {
        self.lock().cut
    }

    /// How often each version of a photo was fetched whole.
    pub(crate) fn fetched(&self) -> Vec<(String, u64)> {
        let inner = self.lock();
        inner.fetched.iter().map(|((name, _), times)| (name.clone(), *times)).collect()
    }

    /// What the program asked for and must not have; and what it proposed to delete, with the bytes that
    /// the vault must hold then: since it was asked last.
    pub(crate) fn asked(&self) -> (Vec<Broken>, Vec<(String, Vec<u8>)>) {
        let mut inner = self.lock();
        (std::mem::take(&mut inner.broken), std::mem::take(&mut inner.let_go))
    }

    /// What may be asked for from now on.
    pub(crate) fn set_permits(&self, permits: Permits) {
        self.lock().permits = permits;
    }

    /// An error where the program is dead, or stopping.
    fn hears(&self) -> Result<(), Refusal> {
        let deaf = self.fuse.is_through() || self.lock().stopping;
        if deaf { Err(Refusal::Stopped) } else { Ok(()) }
    }

    /// Lets `stop` stop the program: a host answers nothing any more meanwhile.
    pub(crate) fn while_it_stops(&self, stop: impl FnOnce()) {
        self.lock().stopping = true;
        stop();
        self.lock().stopping = false;
    }

    /// What the OS has of ours.
    pub(crate) fn transfers<T>(&self, of: impl FnOnce(&mut Transfers) -> T) -> T {
        of(&mut self.lock().transfers)
    }

    /// The program is deleted: what the OS does for it, and asks for it, ends.
    pub(crate) fn uninstalled(&self) {
        let mut inner = self.lock();
        inner.transfers.uninstalled();
        inner.proposed = None;
    }

    /// What the host was called for since it was asked last.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().calls)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_video(name: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|one| one.eq_ignore_ascii_case("mov") || one.eq_ignore_ascii_case("mp4"))
}

/// The bytes of a version of a photo: no two alike.
pub fn bytes(name: &str, version: u64, size: usize) -> Vec<u8> {
    let mut state = version;
    for byte in name.bytes() {
        state = state.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte);
    }
    let mut made = vec![0xff, 0xd8, 0xff, 0xe0];
    while made.len() < size {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        made.extend_from_slice(&state.to_le_bytes()[3..]);
    }
    made.truncate(size);
    made
}
