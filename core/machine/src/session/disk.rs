//! Disk as a resource: reserve before downloading, never touch the reserve.
//!
//! Bytes of one download are, in this order: *reserved* (f × what is still to land), *landed and
//! not yet seen* (f-fold, until a reading that was asked for after they landed), and then part of
//! what a reading shows. The file in staging counts against the staging budget from the admission
//! until it is evicted.

use crate::media::ResourceId;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
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
    /// Bytes evicted, likewise.
    evicted: BTreeMap<u64, u64>,
    reserved: BTreeMap<ResourceId, Reservation>,
    admissions: u64,
    /// Complete files.
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

    /// Whether a reading was asked for and has not come.
    pub fn is_asked(&self) -> bool {
        self.asked > self.reading.map_or(0, |reading| reading.asked)
    }

    /// Free space was read. `asked` is the number it was asked with; a reading that nobody asked
    /// for (`None`) has seen nothing for certain. One that is older than the last is passed over.
    pub fn read(&mut self, asked: Option<u64>, available: u64, total: u64) {
        let last = self.reading.map_or(0, |reading| reading.asked);
        let asked = asked.unwrap_or(last);
        if asked < last || asked > self.asked {
            return;
        }
        self.reading = Some(Reading { asked, available, total });
        self.unseen.retain(|before, _| *before >= asked);
        self.evicted.retain(|before, _| *before >= asked);
    }

    /// Whether a new reading would help, and none is on its way: none was read yet, files of ours
    /// went, or much has landed that no reading has seen.
    pub fn needs_reading(&self) -> bool {
        let Some(reading) = self.reading else { return self.asked == 0 };
        reading.asked == self.asked && (self.stale || sum(&self.unseen) >= MUCH)
    }

    /// Reserves space for a download of `bytes` (its size, or an estimate). `factor` is 2 for
    /// originals from the cloud, since the library may keep its own copy; else 1.
    ///
    /// One that is admitted already keeps its reservation.
    pub fn admit(&mut self, id: ResourceId, bytes: u64, factor: u64) -> Admission {
        if self.reserved.contains_key(&id) {
            return Admission::Admitted;
        }
        let admission = self.admits(bytes, factor);
        match admission {
            Admission::Admitted => {
                self.admissions += 1;
                let order = self.admissions;
                let reservation = Reservation { size: bytes, factor, landed: 0, order };
                self.reserved.insert(id, reservation);
            }
            // Perhaps what landed and was not seen is counted too high.
            Admission::NoRoom { .. } => self.stale |= !self.unseen.is_empty(),
            Admission::NeverFits => {}
        }
        admission
    }

    /// What [`Disk::admit`] would answer; reserves nothing.
    pub fn admits(&self, bytes: u64, factor: u64) -> Admission {
        let need = bytes.saturating_mul(factor);
        let Some(reading) = self.reading else { return Admission::NoRoom { short: need } };
        let free = self.free();
        if need > free {
            let never = reading.total > 0 && need > reading.total.saturating_sub(self.reserve());
            let short = need - free;
            return if never { Admission::NeverFits } else { Admission::NoRoom { short } };
        }
        if bytes <= self.room_in_staging() {
            Admission::Admitted
        } else {
            Admission::NoRoom { short: 0 }
        }
    }

    /// Largest file that would be admitted now, for [`crate::effect::WantClass::at_most`].
    pub fn largest(&self, factor: u64) -> u64 {
        (self.free() / factor.max(1)).min(self.room_in_staging())
    }

    /// Of the download `id`, `bytes` have landed in all.
    pub fn landed(&mut self, id: ResourceId, bytes: u64) {
        let Some(reservation) = self.reserved.get_mut(&id) else { return };
        let more = bytes.saturating_sub(reservation.landed);
        reservation.landed += more;
        let more = more.saturating_mul(reservation.factor);
        self.wrote(more);
    }

    /// Files of ours besides staging grew (the catalog, its WAL, logs, slices): they count as
    /// landed.
    pub fn wrote(&mut self, bytes: u64) {
        if bytes > 0 {
            note(&mut self.unseen, self.asked, bytes);
        }
    }

    /// More bytes come than were reserved: `to` in all.
    pub fn grow(&mut self, id: ResourceId, to: u64) -> Grown {
        let Some(own) = self.reserved.get(&id).copied() else { return Grown::Abort };
        if to <= own.size {
            return Grown::Yes;
        }
        let grown = Reservation { size: to, ..own };
        let more = grown.to_come() - own.to_come();
        let others = self.in_staging() - own.in_staging();
        let fits_in_staging =
            others == 0 || others.saturating_add(grown.in_staging()) <= self.allowance();
        if more <= self.free() && fits_in_staging {
            self.reserved.insert(id, grown);
            return Grown::Yes;
        }
        let others = self.reserved.iter().filter(|(other, _)| **other != id);
        let youngest = others.max_by_key(|(_, reservation)| reservation.order);
        youngest.map_or(Grown::Abort, |(other, _)| Grown::Yield(*other))
    }

    /// The download is over, however it ended: its reservation is released. What landed still
    /// counts until a reading has seen that it is gone.
    pub fn release(&mut self, id: ResourceId) {
        let released = self.reserved.remove(&id);
        self.stale |= released.is_some_and(|reservation| reservation.landed > 0);
    }

    /// The file of `id` is complete in staging (or was found there at the start): releases its
    /// reservation, and counts against the staging budget.
    pub fn stage(&mut self, id: ResourceId, bytes: u64) {
        self.landed(id, bytes);
        self.reserved.remove(&id);
        self.staged.insert(id, bytes);
    }

    /// The file of `id` was evicted. Says whether there was one.
    pub fn unstage(&mut self, id: ResourceId) -> bool {
        let staged = self.staged.remove(&id);
        if let Some(bytes) = staged {
            note(&mut self.evicted, self.asked, bytes);
            self.stale = true;
        }
        staged.is_some()
    }

    /// `LowStorage` begins or ends. `smallest` is the smallest cloud item that waits, as (bytes,
    /// factor); `None` when none does. Call after readings, releases and evictions. Says whether it
    /// changed.
    ///
    /// It begins when a reading is below the reserve, or when not even the smallest fits and
    /// nothing staged or in flight will free space: where something landed that no reading has seen,
    /// it may be gone again, and a new one tells. It ends above high water, or when nothing is
    /// staged or in flight and the smallest fits; also when none is known, since only then one is
    /// brought.
    pub fn update_low(&mut self, smallest: Option<(u64, u64)>) -> bool {
        let Some(Reading { available, .. }) = self.reading else { return false };
        let idle = self.staged.is_empty() && self.reserved.is_empty();
        let fits = smallest.map(|(bytes, factor)| bytes.saturating_mul(factor) <= self.free());
        let stuck = idle && fits == Some(false);
        let seen = self.unseen.is_empty();
        self.stale |= stuck && !seen;
        let begins = available < self.reserve() || (stuck && seen);
        let ends = available >= self.high_water() || (idle && fits != Some(false));
        let low = begins || (self.low && !ends);
        std::mem::replace(&mut self.low, low) != low
    }

    /// Whether `LowStorage` is in force.
    pub fn is_low(&self) -> bool {
        self.low
    }

    /// Of the staged files given (those that nothing is reading, and that are not being evicted
    /// already), which to evict because free space is below the reserve while uploads are held:
    /// largest first, no more than it takes.
    pub fn evict_when_held(
        &self,
        staged: impl Iterator<Item = (ResourceId, u64)>,
    ) -> Vec<ResourceId> {
        let Some(Reading { available, .. }) = self.reading else { return Vec::new() };
        if self.uploads {
            return Vec::new();
        }
        let coming = available.saturating_add(sum(&self.evicted));
        let mut missing = self.reserve().saturating_sub(coming);
        let mut staged: Vec<_> = staged.filter(|(_, bytes)| *bytes > 0).collect();
        staged.sort_unstable_by_key(|(id, bytes)| (Reverse(*bytes), *id));
        let needed = staged.into_iter().take_while(|(_, bytes)| {
            let more = missing > 0;
            missing = missing.saturating_sub(*bytes);
            more
        });
        needed.map(|(id, _)| id).collect()
    }

    /// Free space that is never touched, in bytes.
    pub fn reserve(&self) -> u64 {
        let total = self.total().unwrap_or(0);
        self.reserve.unwrap_or_else(|| LEAST_RESERVE.max(total / 20))
    }

    /// Most bytes of staging. The default is a share of what would be free above the reserve if
    /// staging were empty, so that it does not shrink as staging fills.
    pub fn budget(&self) -> u64 {
        self.staging.unwrap_or_else(|| {
            let ours = self.reserved.values().map(|reservation| reservation.landed);
            let ours = ours.fold(self.staged(), u64::saturating_add);
            let empty = self.available().saturating_add(ours);
            MOST_STAGING.min(empty.saturating_sub(self.reserve()) / 4)
        })
    }

    /// Bytes of complete files in staging.
    pub fn staged(&self) -> u64 {
        self.staged.values().fold(0, |sum, bytes| sum.saturating_add(*bytes))
    }

    /// Whether complete files lie in staging of others than these.
    pub(crate) fn stages_other_than(&self, these: impl Fn(ResourceId) -> bool) -> bool {
        self.staged.keys().any(|id| !these(*id))
    }

    /// Bytes reserved for what is still to land, f-fold.
    pub fn reserved(&self) -> u64 {
        self.reserved.values().fold(0, |sum, own| sum.saturating_add(own.to_come()))
    }

    /// Free space above the reserve that nothing has claimed, in bytes; 0 before the first reading.
    pub fn free(&self) -> u64 {
        self.available().saturating_sub(self.reserved()).saturating_sub(self.reserve())
    }

    /// The volume's size in bytes, once read.
    pub fn total(&self) -> Option<u64> {
        self.reading.map(|reading| reading.total)
    }

    /// What was read, less what landed since.
    fn available(&self) -> u64 {
        let available = self.reading.map_or(0, |reading| reading.available);
        available.saturating_sub(sum(&self.unseen))
    }

    /// `LowStorage` ends here. The budget that counts is that of an empty disk: one made of what is
    /// free now would shrink with it, and leave no hysteresis.
    fn high_water(&self) -> u64 {
        let budget = self.staging.unwrap_or(MOST_STAGING);
        self.reserve().saturating_add(budget.min(HYSTERESIS))
    }

    /// Bytes of staging that files in it have or will have.
    fn in_staging(&self) -> u64 {
        let to_come = self.reserved.values().map(|own| own.in_staging());
        to_come.fold(self.staged(), u64::saturating_add)
    }

    /// What downloads may use of the budget: half of it while uploads are held.
    fn allowance(&self) -> u64 {
        if self.uploads { self.budget() } else { self.budget() / 2 }
    }

    /// The largest file that staging takes now. One that is larger than the budget goes alone, if
    /// it can be uploaded and go again.
    fn room_in_staging(&self) -> u64 {
        match self.in_staging() {
            0 if self.uploads => u64::MAX,
            used => self.allowance().saturating_sub(used),
        }
    }
}

impl Reservation {
    /// f-fold bytes still to land.
    fn to_come(self) -> u64 {
        self.size.saturating_sub(self.landed).saturating_mul(self.factor)
    }

    /// What its file will have in staging.
    fn in_staging(self) -> u64 {
        self.size.max(self.landed)
    }
}

fn sum(bytes: &BTreeMap<u64, u64>) -> u64 {
    bytes.values().fold(0, |sum, bytes| sum.saturating_add(*bytes))
}

fn note(bytes: &mut BTreeMap<u64, u64>, asked: u64, more: u64) {
    let noted = bytes.entry(asked).or_default();
    *noted = noted.saturating_add(more);
}

/// The reserve is 5 % of the volume, and at least this: 1 GB.
const LEAST_RESERVE: u64 = 1_000_000_000;
/// The staging budget is a quarter of what is free above the reserve, and at most this: 2 GB.
const MOST_STAGING: u64 = 2_000_000_000;
/// `LowStorage` ends this far above the reserve, or the budget if that is less: 512 MB.
const HYSTERESIS: u64 = 512_000_000;
/// So many bytes landed make a new reading worth while: 64 MB.
const MUCH: u64 = 64_000_000;

#[cfg(test)]
mod tests;
