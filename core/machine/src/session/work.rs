//! The resources under way: admitted, told, listened to, let go.

use super::Session;
use super::disk::Grown;
use crate::effect::{Change, Effect};
use crate::event::Trouble;
use crate::machine::Desk;
use crate::media::{Locality, ResourceId};
use crate::permit::Work;
use crate::resource::{Item, Orders, Posture, Resource, Signal, Told};
use crate::row::Row;
use crate::stage::{Bytes, Fault, Stage};
use crate::status::Notice;
use crate::time::Elapsed;

impl Session {
    /// Takes up a row of the catalog. Says whether it did.
    pub(super) fn admit(&mut self, row: Row, desk: &mut Desk<'_>) -> bool {
        // What the OS has is under way, whatever room there is.
        let with_os = matches!(row.stage.bytes(), Bytes::WithOs(_));
        let full = self.slots.len() >= self.config.limits.under_way as usize && !with_os;
        if full || self.slots.has(row.id) || row.stage.is_at_rest() {
            return false;
        }
        if let Stage::Waiting(waiting) = row.stage {
            let by_time = waiting.due != Elapsed(u64::MAX);
            if by_time && waiting.due > self.clock.elapsed() {
                self.refilling.due(waiting.due);
                return false;
            }
        }
        if self.admissions.is_crasher(row.id) {
            self.quarantine_crasher(&row, desk);
            return false;
        }
        let staged = row.stage.bytes().staged();
        if staged > 0 {
            self.disk.stage(row.id, staged);
        }
        if row.locality == Locality::Cloud && !self.saw_cloud {
            self.saw_cloud = true;
            self.dirty.lazy("cloud");
        }
        let (id, media) = (row.id, row.media);
        let item = Item::new(row, self.run);
        let mut orders = orders!(self, desk);
        let resource = Resource::admit(item, &mut orders);
        if resource.stage().bytes().staged() == 0 && self.disk.unstage(id) {
            // It is of the version before: the program ended before it could be evicted.
            desk.effects.push_back(Effect::Evict { resource: id });
        }
        self.slots.admit(id, media, resource.posture());
        desk.resources.insert(id, resource);
        self.transfer_taken_up(id, desk);
        true
    }

    fn quarantine_crasher(&mut self, row: &Row, desk: &mut Desk<'_>) {
        let (resource, fault) = (row.id, Fault::Crashed);
        self.admissions.forget(resource);
        let stage = Stage::Quarantined(fault);
        let change = Change::Stage { resource, stage };
        desk.effects.push_back(Effect::Persist { durable: false, change });
        if row.stage.bytes().staged() > 0 {
            desk.effects.push_back(Effect::Evict { resource });
        }
        desk.effects.push_back(Effect::Abandon { resource });
        desk.notify(Notice::Quarantined { resource, fault });
        self.store_admissions(desk);
    }

    /// Tells a resource something, and keeps the books of what that does to it.
    pub(super) fn tell(&mut self, id: ResourceId, told: &Told, desk: &mut Desk<'_>) {
        let Some(resource) = desk.resources.get_mut(&id) else {
            Self::unexpected_of(id, told.name(), desk);
            return;
        };
        if matches!(told, Told::Stop { .. } | Told::VersionChanged(_) | Told::Disappeared(_)) {
            // What stops needs no more room.
            self.outgrown.remove(&id);
        }
        let class = resource.item().row.stage.class();
        let mut orders = orders!(self, desk);
        resource.tell(told, &mut orders);
        // The counters come back only where they change.
        self.uncounted |= resource.item().row.stage.class() != class;
        if resource.state().cancels_transfer() {
            let due = self.clock.elapsed() + super::facts::TRANSFERS_TIMEOUT;
            self.cancelling.entry(id).or_insert(due);
        } else {
            self.cancelling.remove(&id);
        }
        let posture = resource.posture();
        let staged = resource.stage().bytes().staged();
        let before = self.slots.moved(id, posture);
        if before == posture {
            return;
        }
        let moves_bytes = |posture| {
            matches!(
                posture,
                Posture::Runs(Work::Download | Work::Upload | Work::UploadStaged)
                    | Posture::WithOs
                    | Posture::Drains
            )
        };
        // (One that was let begin may first have to be staged: then it moves nothing over a network yet,
        // and holds no part of the budget.)
        if !moves_bytes(posture) {
            // What it moved last is told with its end.
            for (_, signal) in self.signals.iter().filter(|(of, _)| *of == id) {
                if let Signal::Moved(bytes) = signal {
                    self.data.moved(id, *bytes);
                }
            }
            if self.data.ended(id) {
                self.dirty.urgent("ledger");
            }
        }
        // What is told to stop may land all the same, until it answers.
        let ended = matches!(before, Posture::Runs(Work::Download) | Posture::Drains);
        if ended && posture != Posture::Drains {
            if staged > 0 {
                self.disk.stage(id, staged);
            } else {
                self.disk.release(id);
            }
        }
        if posture == Posture::Over {
            let stage = resource.stage();
            desk.resources.remove(&id);
            // What it left in staging for another vault goes with it.
            let told = self.signals.contains(&(id, Signal::Evicted));
            if staged == 0 && !told && self.disk.unstage(id) {
                desk.effects.push_back(Effect::Evict { resource: id });
            }
            self.left(id);
            if matches!(stage, Stage::Quarantined(_)) {
                self.admissions.forget(id);
            }
        }
    }

    /// It is not under way any more: nothing is kept of it.
    pub(super) fn left(&mut self, id: ResourceId) {
        self.slots.moved(id, Posture::Over);
        self.disk.release(id);
        self.cuts.remove(&id);
        self.at_least.remove(&id);
        self.passed.remove(&id);
        self.unstaged.remove(&id);
        self.outgrown.remove(&id);
    }

    /// A staged original that no row names any more is evicted.
    pub(super) fn staging_left(&mut self, resource: ResourceId, desk: &mut Desk<'_>) {
        if desk.resources.contains_key(&resource) {
            // It was taken up again before we heard of it, and owns what lies there.
            return;
        }
        if self.transfers_found.remove(&resource) {
            // What the OS sends from there is sent no more.
            desk.effects.push_back(Effect::CancelTransfer { resource });
        }
        self.disk.unstage(resource);
        desk.effects.push_back(Effect::Evict { resource });
    }

    /// Hears what resources signalled, until none does any more.
    pub(super) fn hear(&mut self, desk: &mut Desk<'_>) {
        while let Some((id, signal)) = self.signals.pop_front() {
            if signal == Signal::Trouble(Trouble::DiskFull) {
                self.needs_twice_the_space(id, desk);
            }
            self.heard(id, signal);
        }
        self.grow_downloads(desk);
    }

    fn heard(&mut self, id: ResourceId, signal: Signal) {
        let at = self.clock.elapsed();
        match signal {
            Signal::Trouble(trouble) => self.trouble(id, trouble),
            Signal::SourceFailed(_) => {
                if self.backoffs.source_trouble(id, at, self.config.seed).is_some() {
                    self.dirty.urgent("backoffs");
                }
            }
            Signal::SourceServed => {
                if self.backoffs.source_ok() {
                    self.dirty.urgent("backoffs");
                }
            }
            Signal::VaultServed => {
                self.backoffs.sent();
                if self.backoffs.vault_answered() {
                    self.dirty.urgent("backoffs");
                }
            }
            Signal::Moved(bytes) => self.data.moved(id, bytes),
            Signal::Landed(bytes) => self.disk.landed(id, bytes),
            Signal::Outgrown(bytes) => {
                self.outgrown.insert(id, bytes);
            }
            Signal::Evicted => {
                self.disk.unstage(id);
            }
            Signal::Learned(class, measure, bytes) => {
                if self.learned.learn(class, measure, bytes) {
                    self.dirty.lazy("learned");
                }
            }
            Signal::Safe(bytes) => {
                if self.alarm.made_safe(at) {
                    self.dirty.urgent("alarm");
                } else {
                    self.dirty.lazy("alarm");
                }
                self.pace.made_safe(at, bytes);
            }
            Signal::Survived => {
                if self.admissions.survived(id) {
                    self.dirty.urgent("admissions");
                }
            }
            Signal::Rescan => self.scanning.again = true,
            Signal::Due(due) => {
                self.refilling.due(due);
                // A due time means nothing without the clock that it is read on.
                self.dirty.urgent("clock");
            }
        }
    }

    /// A download that filled the disk although it had been let in needs more than was thought:
    /// tried again as it was, it would fill the disk again.
    fn needs_twice_the_space(&mut self, id: ResourceId, desk: &Desk<'_>) {
        let Some(resource) = desk.resources.get(&id) else { return };
        if resource.posture() == Posture::Wants(Work::Download) {
            let (upper, _) = self.learned.upper(resource.item().row.size);
            let least = self.at_least.entry(id).or_insert(upper);
            *least = least.saturating_mul(2);
        }
    }

    /// Trouble that is not one item's becomes a hold.
    fn trouble(&mut self, id: ResourceId, trouble: Trouble) {
        let (at, seed) = (self.clock.elapsed(), self.config.seed);
        match trouble {
            Trouble::VaultFull { needed } => {
                self.backoffs.full(needed, at, seed);
                self.dirty.urgent("backoffs");
            }
            // (Hosts say when they are online again; one that never does must not wait for ever.)
            Trouble::VaultUnavailable | Trouble::Offline => {
                self.backoffs.vault_failed(at, seed);
                self.dirty.urgent("backoffs");
            }
            Trouble::SourceUnavailable => {
                self.backoffs.source_trouble(id, at, seed);
                self.dirty.urgent("backoffs");
            }
            Trouble::FolderClosed => {}
            Trouble::SignedOut => self.conditions.signed_out = true,
            Trouble::NoAccess => self.conditions.access = crate::event::LibraryAccess::Denied,
            Trouble::DeviceLocked => self.conditions.locked = true,
            Trouble::DiskFull => {
                // Nothing is free until a new reading says otherwise.
                self.disk.read(None, 0, self.disk.total().unwrap_or_default());
                self.disk_doubted = true;
            }
        }
    }

    /// Downloads that outgrew their reservation: it grows, or another yields, or they stop.
    fn grow_downloads(&mut self, desk: &mut Desk<'_>) {
        let outgrown: Vec<(ResourceId, u64)> =
            self.outgrown.iter().map(|(id, bytes)| (*id, *bytes)).collect();
        for (id, landed) in outgrown {
            if !self.outgrown.contains_key(&id) {
                continue; // it had to yield to another
            }
            let to = landed.saturating_add((landed / 4).max(SMALLEST_GROWTH));
            let grown = if self.data.grow(id, to, &self.config.settings) {
                self.disk.grow(id, to)
            } else {
                Grown::Abort
            };
            match grown {
                Grown::Yes => {
                    self.outgrown.remove(&id);
                    self.dirty.urgent("ledger");
                    self.tell(id, &Told::Raised(to), desk);
                }
                // It is asked again when that one has stopped.
                Grown::Yield(other) => self.tell(other, &Told::Stop { os: false }, desk),
                Grown::Abort => {
                    self.outgrown.remove(&id);
                    self.at_least.insert(id, landed.saturating_mul(2));
                    self.tell(id, &Told::Stop { os: false }, desk);
                }
            }
        }
    }

    /// The window ends: what it cuts short is counted, so that what no window is long enough for is
    /// named.
    pub(super) fn count_cuts(&mut self) {
        for (id, work, _) in self.slots.at_work() {
            if matches!(work, Work::Download | Work::Upload | Work::UploadStaged) {
                let cuts = self.cuts.entry(id).or_default();
                *cuts = cuts.saturating_add(1);
            }
        }
    }

    /// Whether windows like this one have ended before it did, again and again.
    pub(super) fn is_cut_too_often(&self, id: ResourceId) -> bool {
        self.window.is_limited() && self.cuts.get(&id).is_some_and(|cuts| *cuts >= MOST_CUTS)
    }
}

/// A reservation grows by at least so many bytes: one question per 4 MiB, not per buffer.
const SMALLEST_GROWTH: u64 = 4 << 20;
/// After so many windows in a row that were too short, an item waits for a longer one.
const MOST_CUTS: u8 = 3;
