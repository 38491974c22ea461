//! What the user does: with photos, settings, the program and the vault.

use crate::budget::Today;
use crate::catalog::Catalog;
use crate::happening::Happening;
use crate::kind::Kind;
use crate::known::Known;
use crate::library::Library;
use crate::plan::{MB, daily, metered};
use crate::run::Run;
use keepsake_machine::event::Event;
use keepsake_machine::settle::Fact;
use keepsake_machine::time::Elapsed;
use keepsake_tests::random::Random;

impl Run {
    /// The user does something.
    pub(crate) fn acts(&mut self) {
        let what = self.random.below(15);
        if self.without.has(ACTS[usize::try_from(what).unwrap_or(0)]) {
            return;
        }
        match what {
            0 => {
                if !self.phone.awake || self.machine.is_none() {
                    return; // there is nothing to tap on
                }
                self.phone.paused = !self.phone.paused;
                let paused = self.phone.paused;
                self.hears(if paused { Event::UserPaused } else { Event::UserResumed });
            }
            1 | 2 => {
                let burst = self.random.one_in(6);
                let shoot = if burst { Library::burst } else { Library::shoot };
                self.changes_the_library(shoot);
            }
            3 => self.changes_the_library(|library, random| {
                match (library.any(random), random.below(5)) {
                    (Some(id), 0 | 1) => library.edit(id, random),
                    (Some(id), 2 | 3) => library.edit_beside(id, random),
                    _ => library.revert(),
                }
            }),
            4 => {
                let asset = self.library.any(&mut self.random);
                let asset = asset.and_then(|id| self.library.originals.get(&id)).map(|o| o.asset);
                if let Some(asset) = asset {
                    self.library.delete(asset);
                    self.looks();
                }
            }
            5 => {
                self.library.trash.clear(); // Recently Deleted is emptied
                self.hears_of_the_disk();
            }
            6 => {
                self.changes_settings();
            }
            7 => {
                let some = self.random.one_in(3);
                let wanted = some.then(|| self.random.below(self.library.bytes() + 1));
                self.hears(Event::FreeUpRequested { wanted });
            }
            8 => {
                let holds: Vec<_> = self.store.objects.keys().copied().collect();
                let nth = usize::try_from(self.random.below(holds.len() as u64)).unwrap_or(0);
                if let Some(sha256) = holds.get(nth).copied() {
                    self.removes_from_the_vault(sha256);
                }
            }
            9 => {
                let any = self.library.any(&mut self.random).filter(|_| self.another);
                if let Some(original) = any.and_then(|id| self.library.originals.get(&id)) {
                    let recorded = !self.random.one_in(3);
                    self.store.receive(&original.digest(), recorded, self.now);
                }
            }
            10 => {
                if self.library.recover() {
                    self.hears(Event::PhotosRecovered);
                    self.looks();
                }
            }
            11 if self.random.one_in(4) => self.reinstalls(),
            12 if self.random.one_in(3) => self.changes_destination(),
            13 => {
                self.library.choose(&mut self.random);
                self.looks();
            }
            _ => {
                let under_way = self.under_way();
                for event in self.catalog.settle(Fact::Retry, |_| true, &under_way) {
                    self.then_tell(event);
                }
                self.then_tell(Event::Counted(self.catalog.counts()));
                self.hears(Event::RetryRequested);
            }
        }
    }

    /// The user shoots or edits. What that takes on the disk is not our doing.
    pub(crate) fn changes_the_library(&mut self, how: impl FnOnce(&mut Library, &mut Random)) {
        let before = self.library.on_phone();
        how(&mut self.library, &mut self.random);
        self.phone.grown += self.library.on_phone().saturating_sub(before);
        self.looks();
    }

    /// The user changes one of the settings.
    fn changes_settings(&mut self) {
        let (settings, random) = (&mut self.config.settings, &mut self.random);
        match random.below(9) {
            0 | 1 => settings.metered = metered(random),
            2 => settings.only_charging = random.one_in(2),
            3 => settings.reserve = Some((50 + random.below(250)) * MB),
            4 => {
                let limited = !random.one_in(3);
                let (library, thrifty) = (&self.library, self.weather.thrifty);
                settings.daily_metered_bytes = limited.then(|| daily(random, library, thrifty));
            }
            5 => settings.roaming = random.one_in(2),
            6 => settings.lowest_battery = u8::try_from(random.below(60)).unwrap_or(0),
            7 => {
                let most = self.library.largest() * 3;
                settings.staging = random.one_in(2).then(|| 20 * MB + random.below(most));
            }
            _ => settings.migrate = random.one_in(2),
        }
        let reserve = settings.reserve.unwrap_or_default();
        self.jobs.values_mut().for_each(|job| job.reserve = job.reserve.min(reserve));
        let settings = settings.clone();
        self.hears(Event::SettingsChanged(settings));
    }

    /// The user removes the program and installs it again: what it knew is gone, the vault is not.
    fn reinstalls(&mut self) {
        self.ends_for_good();
        self.staged.clear();
        self.catalog = Catalog::default();
        self.known = Known::default();
        self.robbed.clear();
        self.other_robbed.clear();
        self.asked.clear();
        self.ordered.clear();
        self.unheard.clear();
        self.elapsed = Elapsed(0);
        self.synced = Catalog::default();
        self.today = Today::default();
        (self.installed, self.ahead) = (self.now, 0);
        self.phone.paused = false; // so is the pause
        self.all_may_land_again();
        self.soon(60_000, Happening::Wakes);
    }

    /// The user chooses the other vault: the program ends, and starts with it.
    fn changes_destination(&mut self) {
        self.ends_for_good();
        let chooses = |id| {
            let original = self.library.originals.get(&id);
            original.is_none_or(|one| self.library.chooses(one))
        };
        self.catalog.activate_other(&self.staged, chooses);
        self.all_may_land_again();
        self.synced = self.catalog.clone();
        self.unheard.clear();
        std::mem::swap(&mut self.unnoticed, &mut self.other_unnoticed);
        std::mem::swap(&mut self.store, &mut self.other_store);
        std::mem::swap(&mut self.robbed, &mut self.other_robbed);
        self.asked.clear();
        self.soon(1_000, Happening::Wakes);
    }

    pub(crate) fn all_may_land_again(&mut self) {
        self.sent.is_forgotten();
        for version in self.library.history.keys() {
            self.landed.entry(*version).or_default().1 += 1;
        }
    }

    /// The program ends, and what the OS still sends for it is cancelled.
    fn ends_for_good(&mut self) {
        self.dies();
        self.with_os.clear();
        self.delivered.clear();
    }

    /// The library says that something may have changed.
    pub(crate) fn looks(&mut self) {
        self.unseen = true;
        if self.phone.awake && self.machine.is_some() {
            self.scan();
        }
    }

    /// The user removes a file in the vault, and a scrub notices at once.
    fn removes_from_the_vault(&mut self, sha256: [u8; 32]) {
        let under_way = self.under_way();
        let is = |row: &keepsake_machine::Row| row.digest.is_some_and(|d| d.sha256 == sha256);
        if self.catalog.rows.values().any(|row| is(row) && under_way.contains(&row.id)) {
            return; // not while it is being verified
        }
        self.store.remove(sha256);
        self.sent.lost(sha256);
        if self.random.one_in(2) {
            self.unnoticed.insert(sha256);
            let had = self.catalog.rows.values().filter(|row| is(row)).map(|row| row.id);
            for id in had.collect::<Vec<_>>() {
                self.may_land_again(id);
            }
            return;
        }
        self.notices(sha256);
    }

    /// A scrub notices that these bytes are gone from the vault.
    pub(crate) fn notices(&mut self, sha256: [u8; 32]) {
        let under_way = self.under_way();
        let is = |row: &keepsake_machine::Row| row.digest.is_some_and(|d| d.sha256 == sha256);
        let robbed = self.catalog.rows.values().filter(|row| is(row) && row.stage.is_safe());
        self.robbed.extend(robbed.map(|row| (row.id, sha256)));
        let ids: Vec<_> = self.catalog.rows.values().filter(|row| is(row)).map(|r| r.id).collect();
        for event in self.catalog.settle(Fact::GoneFromVault, is, &under_way) {
            self.then_tell(event);
        }
        for id in ids {
            self.may_land_again(id);
        }
        self.synced = self.catalog.clone();
        self.then_tell(Event::Counted(self.catalog.counts()));
        self.hears(Event::RetryRequested);
    }
}

/// What kinds the acts are of, in the order in which they are drawn.
const ACTS: [Kind; 15] = {
    use Kind::{
        Choice, Deletions, Destinations, Edits, FreeUps, OtherDevice, Pauses, Reinstalls, Removals,
        Retries, Settings, Shots,
    };
    [
        Pauses,
        Shots,
        Shots,
        Edits,
        Deletions,
        Deletions,
        Settings,
        FreeUps,
        Removals,
        OtherDevice,
        Deletions,
        Reinstalls,
        Destinations,
        Choice,
        Retries,
    ]
};
