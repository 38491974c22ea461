//! What the host told, as events; and the last of each kind, for a machine that is made anew.

use super::Driver;
use crate::host::HostFact;
use crate::jobs::care;
use keepsake_machine::event::{Event, VaultHealth};
use keepsake_machine::media::ResourceId;
use keepsake_machine::time::Now;

/// The last fact of each kind that lasts.
#[derive(Default)]
pub(super) struct Facts {
    network: Option<HostFact>,
    power: Option<HostFact>,
    access: Option<HostFact>,
    locked: Option<HostFact>,
    window: Option<HostFact>,
    /// Transfers that survived.
    found: Vec<ResourceId>,
    /// Transfers that ended while there was no machine to hear it.
    finished: Vec<HostFact>,
    reported: bool,
}

impl Facts {
    /// Takes note; `heard`: a machine was told.
    pub(super) fn note(&mut self, fact: &HostFact, heard: bool) {
        let place = match fact {
            HostFact::Network(_) => &mut self.network,
            HostFact::Power(_) => &mut self.power,
            HostFact::Access(_) => &mut self.access,
            HostFact::Locked(_) => &mut self.locked,
            HostFact::WindowOpened(_) | HostFact::WindowEnding => &mut self.window,
            HostFact::TransferFound(resource) => return self.found.push(*resource),
            HostFact::TransferFinished(resource, _) => {
                self.found.retain(|found| found != resource);
                if !heard {
                    self.finished.push(fact.clone());
                }
                return;
            }
            HostFact::TransfersReported => {
                self.reported = true;
                return;
            }
            _ => return,
        };
        *place = Some(fact.clone());
    }

    /// How the phone is, in the order in which a host tells it.
    pub(super) fn conditions(&self) -> Vec<HostFact> {
        let all = [&self.access, &self.locked, &self.network, &self.power, &self.window];
        all.into_iter().flatten().cloned().collect()
    }

    /// What the OS owns, for a machine that has started.
    pub(super) fn transfers(&mut self) -> Vec<HostFact> {
        let found = std::mem::take(&mut self.found).into_iter().map(HostFact::TransferFound);
        let finished = std::mem::take(&mut self.finished);
        let reported = self.reported.then_some(HostFact::TransfersReported);
        found.chain(finished).chain(reported).collect()
    }
}

impl Driver {
    /// The host told something, to a machine or to none.
    pub(super) fn hears(&mut self, fact: &HostFact, heard: bool) {
        self.facts.note(fact, heard);
        if matches!(fact, HostFact::SignedIn) {
            self.desk.link.signed_in();
        }
    }

    /// The host told the machine something.
    pub(super) fn told(&mut self, fact: HostFact, now: Now) {
        self.hears(&fact, true);
        let event = match fact {
            HostFact::Network(network) => Event::NetworkChanged(network),
            HostFact::Power(power) => Event::PowerChanged(power),
            HostFact::Access(access) => Event::AccessChanged(access),
            HostFact::Locked(locked) => Event::LockChanged { locked },
            HostFact::SpaceChanged => return self.read_disk(None),
            HostFact::LibraryChanged => return self.scan(),
            HostFact::WindowOpened(lasts) => Event::WindowOpened { lasts },
            HostFact::WindowEnding => Event::WindowEnding,
            HostFact::TransferFound(resource) => Event::TransferFound { resource },
            HostFact::TransferFinished(resource, outcome) => {
                Event::TransferFinished { resource, outcome }
            }
            HostFact::TransfersReported => Event::TransfersReported,
            HostFact::FreeUpAnswered(id, deleted) => Event::FreeUpAnswered { id, deleted },
            HostFact::SignedIn if self.desk.link.vault().is_err() => {
                return self.job(care::signed_in);
            }
            HostFact::SignedIn => Event::VaultChanged(VaultHealth::SignedIn),
            HostFact::PhotosRecovered => Event::PhotosRecovered,
        };
        self.handle(event, now);
    }
}
