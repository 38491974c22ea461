//! Disk as a resource: reserve before downloading, never touch the reserve.
//!
//! Bytes of one download are, in this order: *reserved* (f × what is still to land), *landed and
//! not yet seen* (f-fold, until a reading that was asked for after they landed), and then part of
//! what a reading shows. The file in staging counts against the staging budget from the admission
//! until it is evicted.

use crate::media::ResourceId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What may be admitted onto the phone's disk, and what is there of ours.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Disk {
    /// What the settings say: reserve and staging budget, where they do.
    reserve: Option<u64>,
    staging: Option<u64>,
    /// Whether uploads may go on: without, downloads have half the budget.
    uploads: bool,
    reading: Option<Reading>,
    /// Readings asked for so far.
    asked: u64,
    /// f-fold bytes landed, by the number of readings asked for before they did.
    unseen: BTreeMap<u64, u64>,
    reserved: BTreeMap<ResourceId, Reservation>,
    admissions: u64,
    staged: BTreeMap<ResourceId, u64>,
    low: bool,
    /// Something happened that a new reading would show.
    stale: bool,
}

/// What a reading showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Reading {
    asked: u64,
    available: u64,
    total: u64,
}

/// One download's claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Reservation {
    /// The file's size, or its upper estimate.
    size: u64,
    /// Whether that is exact.
    exact: bool,
    factor: u64,
    landed: u64,
    /// Its place in the order of admissions.
    order: u64,
}

/// Whether a download may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Admission {
    /// Yes: its space is reserved.
    Admitted,
    /// Not now.
    NoRoom {
        /// Bytes of free space that are missing; 0 when only the staging budget is in the way, and
        /// uploading what is staged lets it through.
        short: u64,
    },
    /// Not on this phone, even if it were empty.
    NeverFits,
}

/// What happens when more bytes come than were reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grown {
    /// The reservation grew.
    Yes,
    /// It can grow when this one, the youngest other download, has yielded (its estimate
    /// unchanged): cancel and release it, then ask again.
    Yield(ResourceId),
    /// It is alone and does not fit: it aborts and waits for twice what landed.
    Abort,
}

impl Disk {
    /// What the settings say, in bytes; `None`: the defaults.
    pub fn set_limits(&mut self, reserve: Option<u64>, staging: Option<u64>) {
        self.reserve = reserve;
        self.staging = staging;
    }

    /// Whether there is a permit to upload what is staged. Without one (and before the first call)
    /// downloads may use half the budget.
    pub fn set_uploads(&mut self, permitted: bool) {
        self.uploads = permitted;
    }

    /// A reading is about to be asked for: the number to ask with.
    pub fn ask(&mut self) -> u64 {
        self.asked += 1;
        self.stale = false;
        self.asked
    }

    /// Free space was read. `asked` is the number it was asked with; a reading that nobody asked
    /// for (`None`) has seen nothing for certain. One that is older than the last is passed over.
    pub fn read(&mut self, asked: Option<u64>, available: u64, total: u64) {
        let _ = (asked, available, total);
        unimplemented!()
    }

    /// Whether a new reading would help, and none is on its way.
    pub fn needs_reading(&self) -> bool {
        unimplemented!()
    }

    /// Reserves space for a download of `bytes` (`exact`, or an upper estimate). `factor` is 2 for
    /// originals from the cloud, since the library may keep its own copy; else 1.
    ///
    /// One that is admitted already keeps its reservation.
    pub fn admit(&mut self, id: ResourceId, bytes: u64, exact: bool, factor: u64) -> Admission {
        let _ = (id, bytes, exact, factor);
        unimplemented!()
    }

    /// What [`Disk::admit`] would answer; reserves nothing.
    pub fn admits(&self, bytes: u64, factor: u64) -> Admission {
        let _ = (bytes, factor);
        unimplemented!()
    }

    /// Largest file that would be admitted now, for [`crate::effect::WantClass::at_most`].
    pub fn largest(&self, factor: u64) -> u64 {
        let _ = factor;
        unimplemented!()
    }

    /// Of the download `id`, `bytes` have landed in all.
    pub fn landed(&mut self, id: ResourceId, bytes: u64) {
        let _ = (id, bytes);
        unimplemented!()
    }

    /// Files of ours besides staging grew (the catalog, its WAL, logs, slices): they count as
    /// landed.
    pub fn wrote(&mut self, bytes: u64) {
        let _ = bytes;
        unimplemented!()
    }

    /// More bytes come than were reserved: `to` in all.
    pub fn grow(&mut self, id: ResourceId, to: u64) -> Grown {
        let _ = (id, to);
        unimplemented!()
    }

    /// The download is over, however it ended: its reservation is released. What landed still
    /// counts until a reading has seen that it is gone.
    pub fn release(&mut self, id: ResourceId) {
        let _ = id;
        unimplemented!()
    }

    /// The file of `id` is complete in staging (or was found there at the start): releases its
    /// reservation, and counts against the staging budget.
    pub fn stage(&mut self, id: ResourceId, bytes: u64) {
        let _ = (id, bytes);
        unimplemented!()
    }

    /// The file of `id` was evicted.
    pub fn unstage(&mut self, id: ResourceId) {
        let _ = id;
        unimplemented!()
    }

    /// `LowStorage` begins or ends. `smallest` is the smallest cloud item that waits, as (bytes,
    /// factor); `None` when none does. Call after readings, releases and evictions. Says whether it
    /// changed.
    pub fn update_low(&mut self, smallest: Option<(u64, u64)>) -> bool {
        let _ = smallest;
        unimplemented!()
    }

    /// Whether `LowStorage` is in force.
    pub fn is_low(&self) -> bool {
        self.low
    }

    /// Of the staged files given (those that nothing is reading), which to evict because free space
    /// is below the reserve while uploads are held: largest first, no more than it takes.
    pub fn evict_when_held(
        &self,
        staged: impl Iterator<Item = (ResourceId, u64)>,
    ) -> Vec<ResourceId> {
        let _ = staged;
        unimplemented!()
    }

    /// Free space that is never touched, in bytes.
    pub fn reserve(&self) -> u64 {
        unimplemented!()
    }

    /// Most bytes of staging.
    pub fn budget(&self) -> u64 {
        unimplemented!()
    }

    /// Bytes of complete files in staging.
    pub fn staged(&self) -> u64 {
        unimplemented!()
    }

    /// Bytes reserved for what is still to land, f-fold.
    pub fn reserved(&self) -> u64 {
        unimplemented!()
    }

    /// Free space above the reserve that nothing has claimed, in bytes; 0 before the first reading.
    pub fn free(&self) -> u64 {
        unimplemented!()
    }

    /// The volume's size in bytes, once read.
    pub fn total(&self) -> Option<u64> {
        self.reading.map(|reading| reading.total)
    }
}
