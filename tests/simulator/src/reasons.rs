//! Holds, looked at from outside: what each stops is stopped, and each that is named is so.

use crate::coverage::stops_the_os;
use crate::invariant::Invariant;
use crate::job::{Job, id_of};
use crate::run::Run;
use keepsake_machine::effect::Effect;
use keepsake_machine::event::LibraryAccess;
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{Locality, Media, Size};
use keepsake_machine::permit::Work;
use keepsake_machine::settings::MeteredUse;
use keepsake_machine::stage::Class;
use keepsake_machine::status::{Activity, Status};

/// For so many milliseconds a pause may go without a reason: until the disk was read again.
const A_MOMENT: u64 = 61_000;
/// With so much staging at most, low storage ends so many bytes above the reserve.
const HYSTERESIS: u64 = 512_000_000;
/// A download may be thought to need so many times its size: what is only estimated, and what is known.
const MOST_CLAIMED: (u64, u64) = (48, 16);

impl Run {
    /// What is held is not going on.
    pub(crate) fn check_permits(&mut self, status: &Status) {
        self.check_the_os(status);
        let going_on = |job: &&Job| !job.cancelled && !job.stalled;
        if !self.jobs.values().any(|job| going_on(&job)) {
            return;
        }
        let mut holds: Vec<Hold> = Hold::ALL.into_iter().filter(|hold| self.must(*hold)).collect();
        // Of these only the machine can tell when they begin; that they stop something anybody can.
        holds.extend(status.holds.iter());
        let stopped = self.jobs.values().filter(going_on).find_map(|job| {
            let hold = holds.iter().find(|hold| self.stops(**hold, job))?;
            Some(format!("{:?} goes on in spite of {hold:?}", job.effect))
        });
        if let Some(what) = stopped {
            self.broken(Invariant::PermitKept, what);
        }
    }

    /// What the OS sends is taken back, where a hold says so: at once, but for the catalog's answer.
    fn check_the_os(&mut self, status: &Status) {
        let cancels = status.holds.iter().find(|hold| stops_the_os(*hold));
        let (Some(hold), Some((id, _)), true) =
            (cancels, self.with_os.first_key_value(), self.phone.awake)
        else {
            self.os_goes_on = None;
            return;
        };
        if self.now > *self.os_goes_on.get_or_insert(self.now) + A_MOMENT {
            let what = format!("the OS goes on with {id:?} in spite of {hold:?}");
            self.broken(Invariant::PermitKept, what);
        }
    }

    /// Whether a hold must be in force, by what the machine was told.
    fn must(&self, hold: Hold) -> bool {
        let (phone, settings, known) = (&self.phone, &self.config.settings, &self.known);
        match hold {
            Hold::User => phone.paused,
            Hold::NoAccess => phone.access == LibraryAccess::Denied,
            Hold::DeviceLocked => phone.locked,
            Hold::Offline => !phone.network.online,
            Hold::Metered => phone.network.metered && settings.metered != MeteredUse::ALL,
            Hold::Roaming => phone.network.roaming && !settings.roaming,
            Hold::LowStorage => known.disk.is_some_and(|reading| {
                !reading.doubted && reading.available < settings.reserve.unwrap_or_default()
            }),
            Hold::LowBattery => {
                !phone.power.charging && phone.power.battery < settings.lowest_battery
            }
            Hold::PowerSaver => phone.power.saver,
            Hold::NotCharging => !phone.power.charging && settings.only_charging,
            Hold::Thermal => phone.power.hot,
            Hold::SignedOut => known.signed_out.must,
            Hold::VaultFull => known.full.is.must,
            Hold::VaultUnavailable => known.away.must,
            Hold::WindowEnding => known.ending,
            // When these begin depends on what was tried before, and on what is left of a day.
            Hold::SourceUnavailable | Hold::DataBudget | Hold::CatalogUnwritable => false,
        }
    }

    /// Whether a hold that is named may be so.
    fn may(&self, hold: Hold) -> bool {
        let (settings, known) = (&self.config.settings, &self.known);
        match hold {
            Hold::SourceUnavailable => known.source.may,
            Hold::DataBudget => {
                self.phone.network.metered && settings.daily_metered_bytes.is_some()
            }
            Hold::LowStorage => self.may_be_low(),
            Hold::SignedOut => known.signed_out.may,
            Hold::VaultFull => known.full.is.may,
            Hold::VaultUnavailable => known.away.may,
            hold => self.must(hold),
        }
    }

    /// Too little space: less than where low storage ends, or too little for what waits.
    fn may_be_low(&self) -> bool {
        let Some(reading) = self.known.disk else { return false };
        let settings = &self.config.settings;
        let above = settings.staging.unwrap_or(u64::MAX).min(HYSTERESIS);
        let free = reading.available.saturating_sub(settings.reserve.unwrap_or_default());
        let largest = || {
            let waits = |class| matches!(class, Class::Pending | Class::Waiting(_));
            let rows = self.catalog.rows.values().filter(|row| waits(row.stage.class()));
            let claims = rows.map(|row| {
                let (estimated, known) = MOST_CLAIMED;
                match row.size {
                    Size::Exact(bytes) => bytes * known,
                    Size::Hinted { .. } => {
                        let original = self.library.originals.get(&row.id);
                        original.map_or(u64::MAX, |one| one.size * estimated)
                    }
                }
            });
            claims.max().unwrap_or(0)
        };
        reading.doubted || free < above || free < largest()
    }

    /// Whether a hold stops such work, told without the machine's table.
    fn stops(&self, hold: Hold, job: &Job) -> bool {
        // What the OS is handed goes by the conditions that go with it.
        if matches!(job.effect, Effect::HandOver { .. }) {
            return matches!(hold, Hold::User | Hold::SignedOut);
        }
        let row = id_of(&job.effect).and_then(|id| self.catalog.rows.get(&id.resource));
        self.stops_work(hold, job.work, row.map_or(Media::Photo, |row| row.media))
    }

    /// Whether a hold stops work of this kind on such media.
    fn stops_work(&self, hold: Hold, work: Work, media: Media) -> bool {
        let remote = self.config.vault.remote;
        let downloads = work == Work::Download;
        let reads = matches!(work, Work::Download | Work::Checksum | Work::Upload);
        let sends = matches!(work, Work::Upload | Work::UploadStaged);
        let at_vault = sends || work == Work::Check;
        match hold {
            Hold::NoAccess => reads,
            Hold::Offline | Hold::Roaming => downloads || at_vault && remote,
            Hold::Metered => {
                let metered = self.config.settings.metered;
                downloads && !metered.download(media) || sends && remote && !metered.upload(media)
            }
            Hold::DataBudget => downloads || sends && remote,
            Hold::LowStorage | Hold::SourceUnavailable => downloads,
            Hold::SignedOut => downloads || at_vault,
            Hold::VaultFull => sends,
            Hold::VaultUnavailable => at_vault,
            _ => true,
        }
    }

    /// What waits says why, and it is so.
    pub(crate) fn check_reasons(&mut self, status: &Status) {
        let waits = |class: &Class| matches!(class, Class::Waiting(_));
        // Where nothing is known to wait, the library itself was not looked at.
        let unseen = status.counts.unfinished().items == 0 && !status.holds.is_empty();
        let named = unseen || !status.needs.is_empty() || status.counts.classes.keys().any(waits);
        if status.activity != Activity::Paused || named {
            self.unnamed = None;
        } else if self.now > *self.unnamed.get_or_insert(self.now) + A_MOMENT {
            return self.broken(Invariant::ReasonTrue, format!("paused, and why? {status:?}"));
        }
        if let Some(hold) = status.holds.iter().find(|hold| !self.may(*hold)) {
            let what = format!("{hold:?} is not so: {:?}", self.known);
            self.broken(Invariant::ReasonTrue, what);
        }
        self.check_needs(status);
    }

    /// Each hold says how many items it stops, counted here by what each still needs.
    fn check_needs(&mut self, status: &Status) {
        let told = |hold| status.needs.iter().find(|need| need.hold == hold);
        for hold in status.holds.iter() {
            let told = told(hold).map_or(0, |need| need.items.items);
            let (least, most) = self.stopped_by(hold);
            if !(least..=most).contains(&told) {
                let what = format!("{hold:?} stops {least} to {most} items, and told are {told}");
                self.broken(Invariant::ReasonTrue, what);
            }
        }
        if let Some(need) = status.needs.iter().find(|need| !status.holds.has(need.hold)) {
            self.broken(Invariant::ReasonTrue, format!("{need:?} is needed for no hold"));
        }
    }

    /// How many items such a hold keeps from becoming safe, as far as is known where they are; at most
    /// those besides that are under way and to be staged for the OS.
    fn stopped_by(&self, hold: Hold) -> (u64, u64) {
        let unfinished = self.catalog.rows.values().filter(|row| row.stage.is_pending());
        let under_way = self.under_way();
        let (mut least, mut most) = (0, 0);
        for row in unfinished {
            let known = row.digest.is_some() || row.stage.bytes().staged() > 0;
            let fetch = match row.locality {
                Locality::Cloud => Some(Work::Download),
                _ if known => None,
                _ => Some(Work::Checksum),
            };
            let mut works = fetch.into_iter().chain([Work::Check, Work::Upload]);
            let stopped = works.any(|work| self.stops_work(hold, work, row.media));
            let staged = self.config.vault.tickets && under_way.contains(&row.id);
            let staged = staged && self.stops_work(hold, Work::Download, row.media);
            least += u64::from(stopped);
            most += u64::from(stopped || staged);
        }
        (least, most)
    }
}
