//! What happens to the phone, the user, the vault and the catalog, and what that changes.

use super::schedule::stops_the_os;
use super::{Session, Window};
use crate::effect::{Effect, Part};
use crate::event::{Event, LibraryAccess, TransferOutcome, VaultHealth};
use crate::machine::Desk;
use crate::media::{ResourceId, Run};
use crate::resource::Told;
use crate::settings::{Settings, Vault};
use crate::status::Counts;

impl Session {
    /// A run begins: what is stored is known, and everything is taken up again.
    pub(super) fn begin(&mut self, run: Run, desk: &mut Desk<'_>) {
        self.run = run;
        self.free_up = super::free_up::FreeUp::new(run);
        self.data.ledger.started();
        // Every condition may be another than when a row began to wait for it.
        self.refilling.recall();
        self.dirty.urgent("clock");
        self.store_admissions(desk);
        self.look_at_alarm(desk);
        self.transfers_due = Some(self.clock.elapsed() + TRANSFERS_TIMEOUT);
        if let Some(proposal) = self.restored.take() {
            let effects = self.free_up.restored(proposal, self.clock.elapsed());
            desk.effects.extend(effects);
        }
        if self.migration.asks_freeable() {
            self.survey_freeable(desk);
        }
        self.read_disk(desk);
        self.scan(desk);
    }

    /// Scans the library, if it may be looked at.
    pub(super) fn scan(&mut self, desk: &mut Desk<'_>) {
        let blind = self.conditions.locked || self.conditions.access == LibraryAccess::Denied;
        if blind {
            self.scanning.finished = false; // it is owed
            return;
        }
        // One that is under way may not have seen what this one is for.
        self.scanning.again = self.scanning.under_way;
        if !self.scanning.under_way {
            self.scanning.under_way = true;
            desk.effects.push_back(Effect::Scan);
        }
    }

    /// Has free space read.
    pub(super) fn read_disk(&mut self, desk: &mut Desk<'_>) {
        self.disk_doubted = false;
        self.disk_read_at = self.clock.elapsed();
        let asked = self.disk.ask();
        desk.effects.push_back(Effect::ReadDisk { asked });
    }

    /// Conditions that change what may be done at all; the permits follow.
    pub(super) fn heed(&mut self, event: &Event, desk: &mut Desk<'_>) {
        let at = self.clock.elapsed();
        self.conditions.heed(event);
        self.heed_window(event);
        match event {
            Event::NetworkChanged(network) => {
                if network.online {
                    self.backoffs.hurry(at);
                }
                if network.online && !network.metered {
                    self.refilling.recall();
                } else if network.online {
                    self.stop_what_is_not_charged(desk);
                }
            }
            Event::AccessChanged(_) => self.scan(desk),
            Event::LockChanged { locked: false } if !self.scanning.finished => self.scan(desk),
            Event::WindowOpened { .. } => self.refilling.recall(),
            Event::WindowEnding => self.count_cuts(),
            Event::UserPaused | Event::UserResumed => {
                self.dirty.urgent("user_hold");
                if *event == Event::UserResumed {
                    self.backoffs.hurry(at);
                }
            }
            Event::VaultChanged(health) => self.vault_changed(*health),
            _ => {}
        }
    }

    /// How much time we have: also heard before the run begins, since a launch in the background
    /// begins with its window.
    pub(super) fn heed_window(&mut self, event: &Event) {
        let Event::WindowOpened { lasts } = event else { return };
        self.window = lasts.map_or(Window::Open, |_| Window::Limited);
        if lasts.is_none() {
            self.cuts.clear();
        }
    }

    fn vault_changed(&mut self, health: VaultHealth) {
        let (at, seed) = (self.clock.elapsed(), self.config.seed);
        match health {
            VaultHealth::Up { room } => {
                let answered = self.backoffs.vault_answered();
                let roomy = self.backoffs.room(room);
                if answered || roomy {
                    self.dirty.urgent("backoffs");
                }
            }
            VaultHealth::Unavailable => {
                self.backoffs.vault_failed(at, seed);
                self.dirty.urgent("backoffs");
            }
            VaultHealth::Full => {
                self.backoffs.full(0, at, seed);
                self.dirty.urgent("backoffs");
            }
            VaultHealth::SignedIn => {
                if self.backoffs.vault_answered() {
                    self.dirty.urgent("backoffs");
                }
            }
            VaultHealth::SignedOut => {}
        }
    }

    /// The user changed the settings.
    pub(super) fn settings_changed(&mut self, settings: &Settings) {
        self.disk.set_limits(settings.reserve, settings.staging);
        self.config.settings = settings.clone();
        self.refilling.recall();
        self.permits_stale = true;
    }

    /// Another destination: everything under way starts again there, with what is known.
    pub(super) fn destination_changed(&mut self, vault: Vault, desk: &mut Desk<'_>) {
        desk.effects.push_back(Effect::Flush);
        let effects = self.free_up.cancel();
        desk.effects.extend(effects);
        self.config.vault = vault;
        self.backoffs = super::backoff::Backoffs::default();
        self.conditions.signed_out = false;
        self.dirty.urgent("backoffs");
        let under_way: Vec<ResourceId> = self.slots.ids().collect();
        for id in under_way {
            let Some(resource) = desk.resources.get(&id) else { continue };
            let mut row = resource.item().row;
            row.stage = crate::stage::Stage::Discovered;
            self.tell(id, &Told::VersionChanged(Box::new(row)), desk);
        }
        self.refilling.restart();
        desk.effects.push_back(Effect::ProbeVault);
    }

    /// The catalog's counters after a transaction.
    pub(super) fn counted(&mut self, counts: &Counts) {
        self.uncounted = false;
        if self.counts != *counts {
            self.counts.clone_from(counts);
        }
    }

    /// The catalog cannot be written: nothing of the last batch was performed, and nothing more is
    /// ordered. The driver makes a new machine when a write succeeds.
    pub(super) fn catalog_failed(&mut self, desk: &mut Desk<'_>) {
        self.conditions.catalog_unwritable = true;
        desk.effects.clear();
        desk.resources.clear();
        self.slots = super::slots::Slots::default();
        self.signals.clear();
    }

    /// A scan ended.
    pub(super) fn scan_finished(&mut self, changed: bool) {
        self.scanning.under_way = false;
        self.scanning.finished = true;
        if changed {
            self.refilling.restart();
        }
    }

    /// The host named all transfers of the OS that it knows of: a stored one that it did not name
    /// is looked up at the vault.
    pub(super) fn transfers_reported(&mut self, desk: &mut Desk<'_>) {
        self.transfers_due = None;
        let missing: Vec<ResourceId> =
            self.slots.with_os().filter(|id| !self.transfers_found.contains(id)).collect();
        for id in missing {
            self.tell(id, &Told::TransferMissing, desk);
        }
    }

    /// The host had long enough: what it did not report is not there.
    pub(super) fn transfers_are_due(&mut self, desk: &mut Desk<'_>) {
        let at = self.clock.elapsed();
        if self.transfers_due.is_some_and(|due| due <= at) {
            self.transfers_reported(desk);
        }
        let lost: Vec<ResourceId> =
            self.cancelling.iter().filter(|(_, due)| **due <= at).map(|(id, _)| *id).collect();
        for id in lost {
            self.cancelling.remove(&id);
            self.tell(id, &Told::TransferMissing, desk);
        }
    }

    /// The OS finished a transfer. At a start it may say so before the row was taken up.
    pub(super) fn transfer_finished(
        &mut self,
        id: ResourceId,
        outcome: TransferOutcome,
        desk: &mut Desk<'_>,
    ) {
        self.transfers_found.remove(&id);
        if desk.resources.contains_key(&id) {
            self.tell(id, &Told::TransferFinished(outcome), desk);
        } else {
            self.transfers_ended.insert(id, outcome);
        }
    }

    /// A row was taken up that the OS had when it was stored: what became of that may be known.
    pub(super) fn transfer_taken_up(&mut self, id: ResourceId, desk: &mut Desk<'_>) {
        let ended = self.transfers_ended.remove(&id);
        if !self.slots.with_os().any(|other| other == id) {
            if self.transfers_found.contains(&id) {
                self.tell(id, &Told::TransferFound, desk);
            }
            return;
        }
        if let Some(outcome) = ended {
            self.tell(id, &Told::TransferFinished(outcome), desk);
        } else if stops_the_os(self.holds) {
            self.tell(id, &Told::Stop { os: true }, desk);
        } else if self.transfers_due.is_none() && !self.transfers_found.contains(&id) {
            self.tell(id, &Told::TransferMissing, desk);
        }
    }

    /// Has the admissions stored.
    pub(super) fn store_admissions(&mut self, desk: &mut Desk<'_>) {
        let part = Part::Admissions(self.admissions.record(self.slots.ids()));
        desk.store(part);
        self.dirty.lazy("fairness");
        self.dirty.urgent("clock");
    }
}

/// How long the host may take to report what the OS did while we were not running, or that it
/// cancelled a transfer.
pub(super) const TRANSFERS_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);
