//! How the small world performs effects: each is a fact about it, obvious at a glance.

use super::{DISK, World};
use keepsake_machine::effect::Effect;
use keepsake_machine::event::{
    Answer, Disappearance, Event, Finding, PutOutcome, TransferOutcome, Trouble, VaultHealth,
};
use keepsake_machine::media::EffectId;
use keepsake_machine::stage::{Bytes, Fault};

impl World {
    /// Takes an order, and checks that it may be given.
    pub(super) fn order(&mut self, effect: Effect) {
        if let Some(id) = long(&effect) {
            let again = |job: &Effect| long(job) == Some(id);
            if let Some(same) = self.jobs.iter_mut().find(|job| again(job)) {
                *same = effect; // attaches to what is under way
                return;
            }
            if let Some(landed) = self.stalled.remove(&id) {
                let Effect::Download { at_most, .. } = effect else {
                    panic!("{id:?} is a download")
                };
                assert!(at_most > landed, "a limit is raised");
                self.jobs.push(effect);
                return;
            }
            let other = self.jobs.iter().filter_map(long).find(|o| o.resource == id.resource);
            assert_eq!(other, None, "two effects of one resource: {effect:?}");
            assert!(!self.paused, "work begins although the user paused: {effect:?}");
            self.check(&effect);
        }
        match effect {
            Effect::Cancel { id } if self.stalled.remove(&id).is_some() => {
                self.staged.remove(&id.resource);
                self.tell(Event::Answered { id, answer: Answer::Stopped });
            }
            Effect::Cancel { id } => {
                // It may have come to its end before the cancel reaches it.
                let job = self.jobs.iter().position(|job| long(job) == Some(id));
                if let Some(job) = job.filter(|_| self.dice.one_in(2)) {
                    if let Effect::Download { .. } = self.jobs.remove(job) {
                        self.staged.remove(&id.resource);
                    }
                    self.tell(Event::Answered { id, answer: Answer::Stopped });
                }
            }
            Effect::Evict { resource } => {
                self.staged.remove(&resource);
            }
            Effect::Abandon { resource } => {
                self.teed.remove(&resource);
            }
            Effect::Notify(_) | Effect::Flush => {}
            Effect::CancelTransfer { resource } => {
                if self.with_os.remove(&resource) {
                    let outcome = TransferOutcome::Cancelled;
                    self.tell(Event::TransferFinished { resource, outcome });
                }
            }
            other => self.jobs.push(other),
        }
    }

    /// What must hold when an effect is ordered.
    fn check(&self, effect: &Effect) {
        let row = |id: &EffectId| self.catalog.rows[&id.resource];
        match effect {
            Effect::Download { id, at_most } => {
                assert!(!self.offline, "a download is ordered offline");
                let reserve = self.config.settings.reserve.unwrap();
                assert!(
                    self.free() >= reserve + at_most,
                    "{id:?} may land {at_most} of {} above the reserve",
                    self.free()
                );
            }
            Effect::Upload { id, digest, from } => {
                assert_eq!(row(id).digest, Some(*digest), "bound before it is sent");
                match from {
                    Bytes::Staged(_) => assert!(self.staged.contains_key(&id.resource)),
                    Bytes::Teed => assert!(self.teed.contains(&id.resource)),
                    Bytes::InLibrary => {}
                    Bytes::WithOs(_) => panic!("two senders"),
                }
            }
            Effect::Verify { id, digest } | Effect::Find { id, digest, .. } => {
                assert_eq!(row(id).digest, Some(*digest));
            }
            _ => {}
        }
    }

    /// Performs an effect to its end; `None` where it is not answered.
    pub(super) fn perform(&mut self, effect: &Effect) -> Option<Event> {
        if let Some(id) = long(effect) {
            let faulty = self.weather.fault > 0 && self.dice.one_in(self.weather.fault);
            let answer = if faulty { self.fault() } else { self.answer(effect)? };
            let landed = matches!(answer, Answer::Downloaded(_) | Answer::Outgrown(_));
            if matches!(effect, Effect::Download { .. }) && !landed {
                self.staged.remove(&id.resource);
            }
            return Some(Event::Answered { id, answer });
        }
        match effect {
            Effect::Refill(want) => Some(self.catalog.refill(want)),
            Effect::Scan => Some(self.scan()),
            Effect::ReadDisk { asked } => {
                let (available, total) = (self.free(), DISK);
                Some(Event::DiskRead { asked: Some(*asked), available, total })
            }
            Effect::ProbeVault => Some(Event::VaultChanged(VaultHealth::Up { room: None })),
            other => panic!("no one performs {other:?}"),
        }
    }

    pub fn scan(&mut self) -> Event {
        for (id, photo) in self.library.clone() {
            let under_way = self.machine.under_way().any(|other| other == id);
            let event = if photo.gone {
                self.catalog.absent(id, under_way)
            } else {
                self.catalog.seen(photo.row(id), under_way)
            };
            if let Some(event) = event {
                self.tell(event);
            }
        }
        let counts = self.catalog.counts();
        self.tell(Event::Counted(counts));
        Event::ScanFinished { changed: true }
    }

    fn fault(&mut self) -> Answer {
        let held = [
            Trouble::VaultUnavailable,
            Trouble::VaultFull { needed: 10 },
            Trouble::Offline,
            Trouble::SourceUnavailable,
            Trouble::DiskFull,
        ];
        match self.dice.roll(9) {
            0..=4 => Answer::Held(held[usize::try_from(self.dice.roll(5)).unwrap()]),
            5 => Answer::Stopped,
            6 => Answer::Changed,
            7 => Answer::NotFinal,
            _ => Answer::Failed { fault: Fault::ReadFailed, wasted: 3 },
        }
    }

    fn answer(&mut self, effect: &Effect) -> Option<Answer> {
        let id = long(effect).expect("a long effect");
        let resource = id.resource;
        let photo = self.library[&resource].clone();
        if photo.gone && matches!(effect, Effect::Download { .. } | Effect::Checksum { .. }) {
            return Some(Answer::Gone(Disappearance::Deleted));
        }
        let row = self.catalog.rows[&resource];
        let changed = row.version.0 != photo.version;
        Some(match effect {
            Effect::Download { .. } | Effect::Checksum { .. } if photo.broken => {
                Answer::Failed { fault: Fault::Unreadable, wasted: 0 }
            }
            Effect::Download { at_most, .. } if *at_most < photo.size => {
                self.staged.insert(resource, *at_most);
                self.stalled.insert(id, *at_most);
                Answer::Outgrown(*at_most)
            }
            Effect::Download { .. } => {
                self.staged.insert(resource, photo.size);
                let reserve = self.config.settings.reserve.unwrap();
                assert!(self.free() >= reserve, "the disk is filled: {} left", self.free());
                Answer::Downloaded(photo.digest())
            }
            Effect::Checksum { .. } if changed => Answer::Changed,
            Effect::Checksum { .. } if photo.cloud => Answer::NetworkNeeded,
            Effect::Checksum { tee, .. } => {
                if *tee {
                    self.teed.insert(resource);
                }
                Answer::Checksummed { digest: photo.digest(), teed: *tee }
            }
            Effect::Find { digest, .. } if self.forgotten.contains(&digest.sha256) => {
                Answer::Found(Finding::Forgotten)
            }
            Effect::Find { digest, .. } => {
                Answer::Found(if self.vault.contains_key(&digest.sha256) {
                    Finding::Hit
                } else {
                    Finding::Miss
                })
            }
            Effect::Upload { digest, from, .. } => {
                if *from == Bytes::Teed && !self.teed.remove(&resource) {
                    return Some(Answer::Put(PutOutcome::TeeLost));
                }
                if *from == Bytes::InLibrary && photo.digest() != *digest {
                    return Some(Answer::Put(PutOutcome::OtherBytes));
                }
                if self.vault.contains_key(&digest.sha256) {
                    return Some(Answer::Put(PutOutcome::AlreadyThere));
                }
                self.arrived(digest.sha256);
                Answer::Put(PutOutcome::Sent)
            }
            Effect::HandOver { .. } => {
                self.with_os.insert(resource);
                Answer::HandedOver
            }
            Effect::Verify { digest, .. } => match self.vault.get_mut(&digest.sha256) {
                Some(recorded) => {
                    *recorded = true;
                    Answer::Confirmed
                }
                None => Answer::NotConfirmed,
            },
            _ => return None,
        })
    }
}

/// The id of a long effect.
pub fn long(effect: &Effect) -> Option<EffectId> {
    match effect {
        Effect::Download { id, .. }
        | Effect::Checksum { id, .. }
        | Effect::Find { id, .. }
        | Effect::Upload { id, .. }
        | Effect::HandOver { id, .. }
        | Effect::Verify { id, .. } => Some(*id),
        _ => None,
    }
}
