//! Who may begin, and who must stop: permits, slots, disk and data, in the order of admission.

use super::Session;
use super::disk::Admission;
use super::metered::{Reserved, is_never};
use super::report::MEDIA;
use crate::hold::{Hold, Holds};
use crate::machine::Desk;
use crate::media::{Access, Locality, Media, ResourceId};
use crate::permit::{Work, permits};
use crate::resource::{Grant, Posture, Told};
use crate::row::Row;
use crate::stage::Why;

/// What goes on first when several kinds of work could: what ends nearest to safe.
const FIRST: [Work; 5] =
    [Work::Check, Work::UploadStaged, Work::Upload, Work::Checksum, Work::Download];

/// What keeps one item from beginning although its kind of work is permitted.
enum Obstacle {
    /// Nothing; a download may land so many bytes.
    None(u64),
    /// Not now.
    Later,
    /// Not now, and it has let so many others pass that the next must wait too.
    Blocks,
    /// Not as things are: it waits by itself for this.
    Need(Why),
}

impl Session {
    /// Brings holds and permits up to date; what has lost its permit is told to stop.
    pub(super) fn update_permits(&mut self, desk: &mut Desk<'_>) {
        self.update_disk_low(desk);
        self.follow_holds(desk);
        self.disk.set_uploads(MEDIA.iter().any(|m| self.permits.allow(Work::UploadStaged, *m)));
        if self.disk.is_low() && !self.permits.allow(Work::UploadStaged, Media::Photo) {
            self.evict_for_room(desk);
        }
    }

    fn follow_holds(&mut self, desk: &mut Desk<'_>) {
        let holds = super::holds::holds(
            &self.conditions,
            &self.config.settings,
            self.disk.is_low(),
            self.data.is_empty(&self.config.settings),
            &self.backoffs,
        );
        if holds == self.holds && !std::mem::take(&mut self.permits_stale) {
            return;
        }
        let os_stops = stops_the_os(holds) && !stops_the_os(self.holds);
        let flush = holds.has(Hold::User) && !self.holds.has(Hold::User)
            || holds.has(Hold::WindowEnding) && !self.holds.has(Hold::WindowEnding);
        if holds != self.holds {
            self.holds = holds;
            desk.notify(crate::status::Notice::HoldsChanged(holds));
        }
        let before = self.permits;
        self.permits = permits(holds, self.config.settings.metered, self.config.vault.remote);
        if self.permits != before {
            self.refilling.restart();
            let stopped: Vec<ResourceId> = (self.slots.at_work())
                .filter(|(_, work, media)| !self.permits.allow(*work, *media))
                .map(|(id, ..)| id)
                .collect();
            for id in stopped {
                self.tell(id, &Told::Stop { os: stops_the_os(holds) }, desk);
            }
            self.send_what_cannot_be_staged(desk);
        }
        if os_stops {
            // Also what is just being handed to it, which other holds let go on.
            let handed = self.slots.at_work().filter(|(_, work, _)| *work == Work::UploadStaged);
            let handed = handed.map(|(id, ..)| id);
            let with_os: Vec<ResourceId> = self.slots.with_os().chain(handed).collect();
            for id in with_os {
                self.tell(id, &Told::Stop { os: true }, desk);
            }
        }
        if flush {
            desk.effects.push_back(crate::effect::Effect::Flush);
        }
    }

    /// Lets as many begin as may. Says whether any did.
    pub(super) fn grant(&mut self, desk: &mut Desk<'_>) -> bool {
        let mut any = false;
        for work in FIRST {
            while self.slots.has_room(work, &self.config.limits) {
                let Some((id, at_most)) = self.next_for(work, desk) else { break };
                if work == Work::Download {
                    self.count_passed(id);
                }
                let grant = self.grant_for(id, work, at_most, desk);
                self.tell(id, &Told::Go(grant), desk);
                any = true;
            }
        }
        any
    }

    /// The first in turn that wants `work`, is permitted and meets no obstacle.
    fn next_for(&mut self, work: Work, desk: &mut Desk<'_>) -> Option<(ResourceId, u64)> {
        let mut from = 0;
        loop {
            let photo = self.first_wanting(work, Media::Photo, from);
            let video = self.first_wanting(work, Media::Video, from);
            let (turn, id) = photo.into_iter().chain(video).min()?;
            match self.obstacle(id, work, desk) {
                Obstacle::None(at_most) => return Some((id, at_most)),
                Obstacle::Later => {}
                Obstacle::Blocks => return None,
                Obstacle::Need(why) => self.tell(id, &Told::Need(why), desk),
            }
            from = turn + 1;
        }
    }

    fn first_wanting(&self, work: Work, media: Media, from: u64) -> Option<(u64, ResourceId)> {
        let permitted = self.permits.allow(work, media);
        permitted.then(|| self.slots.wanting(work, media, from).next()).flatten()
    }

    fn obstacle(&mut self, id: ResourceId, work: Work, desk: &mut Desk<'_>) -> Obstacle {
        let by_network = match work {
            Work::Download => true,
            Work::Upload | Work::UploadStaged => self.config.vault.remote,
            Work::Checksum | Work::Check => return Obstacle::None(u64::MAX),
        };
        let Some(resource) = desk.resources.get(&id) else { return Obstacle::Later };
        let cloud = resource.item().row.locality == Locality::Cloud;
        if self.is_cut_too_often(id) {
            return Obstacle::Need(Why::NeedsLongerWindow);
        }
        let (mut bytes, _) = self.learned.upper(resource.item().row.size);
        if work == Work::Download {
            let media = resource.item().row.media;
            if resource.item().row.digest.is_some() && !self.permits.allow(Work::Upload, media) {
                // The vault does not have it: downloaded now, it would only lie in staging.
                return Obstacle::Later;
            }
            let (claimed, factor) = self.claim(id, &resource.item().row);
            bytes = claimed;
            match self.disk.admit(id, claimed, factor) {
                Admission::Admitted => {}
                // Only the staging budget is in the way: it drains if no other goes on filling it.
                Admission::NoRoom { short: 0 } if self.has_let_pass(id) && self.drains(desk) => {
                    return Obstacle::Blocks;
                }
                Admission::NoRoom { .. } => return Obstacle::Later,
                Admission::NeverFits => return Obstacle::Need(Why::NeedsMoreSpace),
            }
        }
        let metered = self.conditions.network.metered;
        if by_network && metered && (work != Work::Download || cloud) {
            self.open_day();
            match self.data.reserve(id, bytes, &self.config.settings) {
                Reserved::Yes => self.dirty.urgent("ledger"),
                Reserved::Free => {}
                Reserved::NotToday => {
                    self.disk.release(id);
                    return Obstacle::Later;
                }
                Reserved::Never => {
                    self.disk.release(id);
                    return Obstacle::Need(Why::NeedsUnmetered);
                }
            }
        }
        Obstacle::None(bytes)
    }

    /// Every download that came before `id` has let it pass.
    fn count_passed(&mut self, id: ResourceId) {
        self.passed.remove(&id);
        for media in MEDIA {
            for (_, other) in self.slots.wanting(Work::Download, media, 0) {
                if self.slots.order(other, id).is_lt() {
                    *self.passed.entry(other).or_default() += 1;
                }
            }
        }
    }

    /// Whether anything under way will make room in staging. What is staged may wait outside: then it
    /// comes in only when others have made room for it here.
    fn drains(&self, desk: &Desk<'_>) -> bool {
        let staged = |id| {
            let resource = desk.resources.get(&id);
            resource.is_some_and(|one| one.stage().bytes().staged() > 0)
        };
        self.slots.at_work().any(|(_, work, _)| work == Work::Download)
            || self.slots.ids().any(staged)
    }

    fn has_let_pass(&self, id: ResourceId) -> bool {
        self.passed.get(&id).is_some_and(|passed| *passed >= PATIENCE)
    }

    fn grant_for(&self, id: ResourceId, work: Work, at_most: u64, desk: &Desk<'_>) -> Grant {
        let row = desk.resources.get(&id).map(|one| &one.item().row);
        let media = row.map_or(Media::Photo, |row| row.media);
        // What is teed while nothing can be committed would only fill the vault's staging.
        let tee = self.config.vault.tee && self.permits.allow(Work::Upload, media);
        let upload = matches!(work, Work::Upload | Work::UploadStaged);
        // What is poured is staged for the OS; where that may not be, we send it ourselves.
        let staged = work == Work::UploadStaged
            || row.is_some_and(|row| row.access != Access::Poured)
            || self.permits.allow(Work::Download, media) && !self.unstaged.contains(&id);
        let hand_over = upload && staged && self.config.vault.tickets && self.window.is_limited();
        // With a budget only what was reserved from it may go over metered networks.
        let settings = &self.config.settings;
        let reserved = settings.daily_metered_bytes.is_none() || self.conditions.network.metered;
        let metered = settings.metered.upload(media) && reserved;
        Grant { at_most, tee, hand_over, metered }
    }

    /// What is on the phone and was to be staged for the OS, and may not be any more, is looked at
    /// again: we send it ourselves.
    fn send_what_cannot_be_staged(&mut self, desk: &mut Desk<'_>) {
        for media in MEDIA {
            if self.permits.allow(Work::Download, media) {
                continue;
            }
            let wanting: Vec<_> = self.slots.wanting(Work::Download, media, 0).collect();
            for (_, id) in wanting {
                let Some(resource) = desk.resources.get(&id) else { continue };
                let row = resource.item().row;
                if row.locality == Locality::Local && row.digest.is_some() {
                    self.unstaged.insert(id);
                    self.tell(id, &Told::VersionChanged(Box::new(row)), desk);
                }
            }
        }
    }

    /// The network costs by the byte now: what began when it did not holds no part of the budget,
    /// and begins again with one.
    pub(super) fn stop_what_is_not_charged(&mut self, desk: &mut Desk<'_>) {
        if self.config.settings.daily_metered_bytes.is_none() {
            return;
        }
        let by_network = |work| match work {
            Work::Download => true,
            Work::Upload | Work::UploadStaged => self.config.vault.remote,
            Work::Checksum | Work::Check => false,
        };
        let running = self.slots.at_work().filter(|(_, work, _)| by_network(*work));
        let uncharged: Vec<ResourceId> =
            running.map(|(id, ..)| id).filter(|id| !self.data.is_charged(*id)).collect();
        for id in uncharged {
            self.tell(id, &Told::Stop { os: false }, desk);
        }
    }

    /// Largest file worth bringing for a download, where one that waits already has no room.
    pub(super) fn largest_download(&self) -> Option<u64> {
        let waits = |media| self.slots.wanting(Work::Download, media, 0).next().is_some();
        let waits = waits(Media::Photo) || waits(Media::Video);
        (waits && self.slots.has_room(Work::Download, &self.config.limits))
            .then(|| self.disk.largest(2))
    }

    /// `LowStorage` begins or ends; what that evicts is evicted.
    fn update_disk_low(&mut self, desk: &mut Desk<'_>) {
        if self.disk.total().is_none() {
            return;
        }
        self.name_what_can_never_be(desk);
        self.smallest_waiting =
            self.smallest_download(desk).map(|(_, bytes, factor)| (bytes, factor));
        if self.disk.update_low(self.smallest_waiting) && !self.disk.is_low() {
            self.refilling.recall();
        }
    }

    /// What would not fit on this phone even if it were empty waits by itself, by name: otherwise the
    /// user would be asked to free space, and whatever is freed would not do. So does what is more
    /// than a day's budget on a network that has one: whether there is space for it says nothing.
    fn name_what_can_never_be(&mut self, desk: &mut Desk<'_>) {
        let metered = self.conditions.network.metered;
        let wanting = MEDIA.map(|media| self.slots.wanting(Work::Download, media, 0));
        let never = wanting.into_iter().flatten().filter_map(|(_, id)| {
            let row = &desk.resources.get(&id)?.item().row;
            let (bytes, factor) = self.claim(id, row);
            if self.disk.admits(bytes, factor) == Admission::NeverFits {
                return Some((id, Why::NeedsMoreSpace));
            }
            let cloud = row.locality == Locality::Cloud;
            let never = metered && cloud && is_never(bytes, &self.config.settings);
            never.then_some((id, Why::NeedsUnmetered))
        });
        for (id, why) in never.collect::<Vec<_>>() {
            self.tell(id, &Told::Need(why), desk);
            // Waiting for a condition it crashes nobody: asked for alone, it would only come and go.
            self.admissions.forget(id);
        }
    }

    /// The smallest download that waits, its bytes and their factor.
    pub(super) fn smallest_download(&self, desk: &Desk<'_>) -> Option<(ResourceId, u64, u64)> {
        let mut smallest: Option<(ResourceId, u64, u64)> = None;
        for media in MEDIA {
            for (_, id) in self.slots.wanting(Work::Download, media, 0) {
                let Some(resource) = desk.resources.get(&id) else { continue };
                let (bytes, factor) = self.claim(id, &resource.item().row);
                if smallest.is_none_or(|(_, least, f)| {
                    bytes.saturating_mul(factor) < least.saturating_mul(f)
                }) {
                    smallest = Some((id, bytes, factor));
                }
            }
        }
        smallest
    }

    /// What a download is let in for: bytes in staging, and how many times that it takes on the disk.
    ///
    /// An upper estimate that would not even fit on an empty phone proves nothing: then it is let in
    /// as what is typical, and grows if it has to.
    fn claim(&self, id: ResourceId, row: &Row) -> (u64, u64) {
        let factor = if row.locality == Locality::Cloud { 2 } else { 1 };
        let (upper, exact) = self.learned.upper(row.size);
        let typical = !exact && self.disk.admits(upper, factor) == Admission::NeverFits;
        let bytes = if typical { self.learned.typical(row.size) } else { upper };
        (bytes.max(self.at_least.get(&id).copied().unwrap_or_default()), factor)
    }

    /// Bytes of free space that are missing for the smallest download that waits.
    pub(super) fn short_of_space(&self) -> Option<u64> {
        let (bytes, factor) = self.smallest_waiting?;
        match self.disk.admits(bytes, factor) {
            Admission::NoRoom { short } => Some(short),
            Admission::Admitted | Admission::NeverFits => None,
        }
    }

    /// Free space is below the reserve and nothing can be sent: staged originals go, digests stay.
    fn evict_for_room(&mut self, desk: &mut Desk<'_>) {
        let idle = desk.resources.iter().filter(|(_, resource)| {
            matches!(resource.posture(), Posture::Wants(Work::UploadStaged | Work::Check))
        });
        let staged: Vec<(ResourceId, u64)> = idle
            .map(|(id, resource)| (*id, resource.stage().bytes().staged()))
            .filter(|(_, bytes)| *bytes > 0)
            .collect();
        for id in self.disk.evict_when_held(staged.into_iter()) {
            self.tell(id, &Told::Evicted, desk);
        }
    }
}

/// So many smaller downloads may overtake one that is larger than the staging budget.
const PATIENCE: u32 = 8;

/// Whether the OS must stop too with what it was handed.
pub(super) fn stops_the_os(holds: Holds) -> bool {
    holds.has(Hold::User) || holds.has(Hold::SignedOut)
}
