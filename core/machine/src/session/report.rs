//! The status: what the session says of itself.

use super::advice::{ICloudPhotos, Known, advise, left};
use super::{Scanning, Session};
use crate::event::LibraryAccess;
use crate::hold::{Hold, Holds};
use crate::machine::Desk;
use crate::media::{Locality, Media, ResourceId};
use crate::permit::{Work, stopped_by};
use crate::resource::{Posture, Resource};
use crate::stage::{Class, Why, counted_bytes};
use crate::status::{Activity, Advice, Counts, Need, Notice, Status, Tally, ToDo};
use std::collections::BTreeMap;

impl Session {
    /// Where everything is.
    pub(crate) fn status(
        &self,
        activity: Activity,
        resources: &BTreeMap<ResourceId, Resource>,
    ) -> Status {
        let at = self.clock.elapsed();
        Status {
            activity,
            holds: self.holds,
            needs: self.needs(resources),
            counts: self.counts.clone(),
            under_way: u32::try_from(resources.len()).unwrap_or(u32::MAX),
            staged: self.disk.staged(),
            reserved: self.disk.reserved(),
            pace: self.pace.bytes_a_second(at),
            estimate: self.pace.estimate(at, left(&self.counts)),
            alarm: self.alarm.standing(at, self.holds),
            advice: self.advice(),
            migration: self.migration,
        }
    }

    /// What would let work go on, per hold that stops some.
    fn needs(&self, resources: &BTreeMap<ResourceId, Resource>) -> Vec<Need> {
        let staging = self.to_be_staged(resources);
        let of = |hold: Hold| {
            let mut items = Tally::default();
            for (to_do, tally) in &self.counts.to_do {
                if self.stops(hold, *to_do) {
                    items.add(*tally);
                }
            }
            for (to_do, tally) in &staging {
                if self.stops_work(hold, Work::Download, to_do.media) && !self.stops(hold, *to_do) {
                    items.add(*tally);
                }
            }
            let bytes = match hold {
                Hold::LowStorage => self.short_of_space(),
                Hold::VaultFull => self.backoffs.needed(),
                _ => None,
            };
            let until = match hold {
                Hold::VaultUnavailable => self.backoffs.vault_until(),
                Hold::SourceUnavailable => self.backoffs.source_until(),
                _ => None,
            };
            Need { hold, items, bytes, until }
        };
        self.holds.iter().map(of).filter(|need| need.items.items > 0).collect()
    }

    /// What lies on the phone and is to be staged all the same: the OS sends files only.
    fn to_be_staged(&self, resources: &BTreeMap<ResourceId, Resource>) -> Vec<(ToDo, Tally)> {
        if !self.slots.wants(Work::Download) {
            return Vec::new();
        }
        let wants = |resource: &&Resource| resource.posture() == Posture::Wants(Work::Download);
        let rows = resources.values().filter(wants).map(|resource| &resource.item().row);
        let here = rows.filter(|row| row.locality != Locality::Cloud);
        here.map(|row| {
            let (bytes, exact) = counted_bytes(row.size);
            let tally = Tally { items: 1, bytes, estimated: u64::from(!exact) };
            let digest_known = row.digest.is_some();
            (ToDo { media: row.media, locality: row.locality, digest_known }, tally)
        })
        .collect()
    }

    /// Whether a hold is in force that keeps anything of ours from going on.
    pub(super) fn anything_is_held(&self) -> bool {
        let stops_some = |hold| self.counts.to_do.keys().any(|to_do| self.stops(hold, *to_do));
        let stops_staging = |hold| {
            MEDIA.into_iter().any(|media| {
                self.slots.wanting(Work::Download, media, 0).next().is_some()
                    && self.stops_work(hold, Work::Download, media)
            })
        };
        self.holds.iter().any(|hold| stops_some(hold) || stops_staging(hold))
    }

    /// Whether `hold` alone would keep such a row from becoming safe.
    fn stops(&self, hold: Hold, to_do: ToDo) -> bool {
        let fetch = match to_do.locality {
            Locality::Cloud => Work::Download,
            Locality::Local | Locality::Unknown => Work::Checksum,
        };
        [fetch, Work::Check, Work::Upload]
            .into_iter()
            .filter(|work| !(to_do.digest_known && *work == Work::Checksum))
            .any(|work| self.stops_work(hold, work, to_do.media))
    }

    /// Whether `hold` alone stops such work.
    fn stops_work(&self, hold: Hold, work: Work, media: Media) -> bool {
        let (metered, remote) = (self.config.settings.metered, self.config.vault.remote);
        stopped_by(Holds::NONE.with(hold), metered, remote, work, media).is_some()
    }

    /// Whether anything is left to do, now or later.
    pub(super) fn work_remains(&self) -> bool {
        self.counts.unfinished().items > 0
    }

    /// Whether everything that is to become safe is: what was given up on, lost or hidden is not.
    pub(super) fn everything_is_safe(&self) -> bool {
        self.counts.safe().items == self.counts.total().items
    }

    fn advice(&self) -> Vec<Advice> {
        advise(&Known {
            counts: &self.counts,
            metered: self.config.settings.metered,
            icloud: self.icloud(),
            free: self.disk.free(),
            total: self.disk.total(),
            migrating: self.config.settings.migrate,
            scanned: self.saw_everything(),
            confirmed: self.everything_confirmed(),
        })
    }

    /// Whether the whole library was seen as it is now: what is out of sight is not known to be safe.
    fn saw_everything(&self) -> bool {
        let Scanning { under_way, finished, again } = self.scanning;
        let all = self.conditions.access == LibraryAccess::Full;
        all && finished && !under_way && !again && !self.uncounted
    }

    /// Whether everything safe was asked for at the vault within the time of a scrub.
    fn everything_confirmed(&self) -> bool {
        let at = self.clock.elapsed();
        self.counts.oldest_confirmation.is_some_and(|oldest| at - oldest <= SCRUB)
    }

    /// What the rows say of iCloud Photos, where the platform does not.
    fn icloud(&self) -> ICloudPhotos {
        let unknown = |to_do: &ToDo| to_do.locality == Locality::Unknown;
        if self.saw_cloud {
            ICloudPhotos::On
        } else if self.counts.to_do.keys().any(unknown) {
            ICloudPhotos::Unknown
        } else {
            ICloudPhotos::NotHere
        }
    }

    /// Says what advice is new.
    pub(super) fn tell_advice(&mut self, desk: &mut Desk<'_>) {
        let advice = self.advice();
        for new in advice.iter().filter(|one| !self.advised.contains(one)) {
            let notice = Notice::Advised(*new);
            desk.effects.push_back(crate::effect::Effect::Notify(notice));
        }
        self.advised = advice;
    }
}

/// Whether rows wait for a condition rather than for time.
pub(super) fn needs_a_condition(counts: &Counts) -> bool {
    let classes = [Why::NeedsMoreSpace, Why::NeedsUnmetered, Why::NeedsLongerWindow];
    classes.iter().any(|why| counts.of(Class::Waiting(*why)).items > 0)
}

/// Both kinds of media.
pub(super) const MEDIA: [Media; 2] = [Media::Photo, Media::Video];
/// Everything safe is asked for at the vault once in this time.
const SCRUB: std::time::Duration = std::time::Duration::from_hours(30 * 24);
