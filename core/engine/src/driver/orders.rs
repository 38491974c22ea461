//! What becomes of each effect.

use super::lanes::stopped;
use super::{Driver, LastLook};
use crate::events::Happened;
use crate::inbox::Message;
use crate::jobs::checksum::Checksum;
use crate::jobs::download::{self, Download};
use crate::jobs::find::Find;
use crate::jobs::reply::Reply;
use crate::jobs::send::Send;
use crate::jobs::verify::Verify;
use crate::jobs::{Desk, care, free_up, hand_over, lock, refill, scan};
use crate::log;
use keepsake_machine::effect::Effect;
use keepsake_machine::event::Answer;
use keepsake_machine::media::{EffectId, ResourceId};
use keepsake_machine::stage::Bytes;
use keepsake_machine::time::Now;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An effect that is under way.
pub(super) struct UnderWay {
    pub(super) stop: Arc<AtomicBool>,
    pub(super) kind: Kind,
}

/// What kind of effect, as far as the end of the engine makes a difference between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Brings more work: stopped at the end.
    Beginning,
    /// Sends many bytes: stopped at the end.
    LongUpload,
    /// Is soon safe: brought to its end.
    Ending,
}

/// Uploads of more bytes than this, not in the vault's staging yet, are not waited for at the end.
const LONG: u64 = 64_000_000;
/// Milliseconds.
const MINUTE: u64 = 60_000;
/// Jobs that are not in a lane come after those that are, in the lockstep twin.
const BESIDE_LANES: u64 = 16;

impl Driver {
    /// Has it done.
    pub(super) fn perform(&mut self, effect: Effect, now: Now) {
        if self.ending && begins(&effect) {
            return; // as if we had been killed before: the next run orders it again
        }
        match effect {
            Effect::Persist { .. } => {} // stored before anything is performed
            Effect::Refill(want) => {
                self.refilling += 1;
                lock(&self.desk.held).wanted(&want);
                self.let_go_of_what_is_not_held();
                self.job_that_ends(Message::RefillEnded, move |desk| refill::run(desk, &want));
            }
            Effect::Scan => self.scan(),
            Effect::ReadDisk { asked } => self.read_disk(Some(asked)),
            Effect::ProbeVault => self.job(care::probe),
            Effect::Download { id, at_most } => self.download(id, at_most),
            Effect::Checksum { id, tee, .. } => {
                if let Some(reply) = self.begin(id, Kind::Beginning) {
                    self.lanes.checksum.push(Checksum { reply, tee });
                }
            }
            Effect::Find { id, digest, deduplicated } => {
                if let Some(reply) = self.begin(id, Kind::Beginning) {
                    self.lanes.find.push(Find { reply, digest, deduplicated });
                }
            }
            Effect::Upload { id, digest, from } => {
                let long = from != Bytes::Teed && digest.size > LONG;
                let kind = if long { Kind::LongUpload } else { Kind::Ending };
                if let Some(reply) = self.begin(id, kind) {
                    let full = self.open.push(Send { reply, digest, from }, now.uptime);
                    if let Some(group) = full {
                        self.lanes.put.push(group);
                    }
                }
            }
            Effect::HandOver { id, digest, metered } => {
                if let Some(reply) = self.begin(id, Kind::Ending) {
                    self.job(move |desk| hand_over::run(desk, reply, digest, metered));
                }
            }
            Effect::Verify { id, digest } => {
                if let Some(reply) = self.begin(id, Kind::Ending) {
                    self.lanes.verify.push(Verify { reply, digest });
                }
            }
            Effect::Cancel { id } => self.cancel(id),
            Effect::CancelTransfer { resource } => {
                self.job(move |desk| hand_over::cancel(desk, resource));
            }
            Effect::Evict { resource } => {
                // Here, not in a job: a download that follows must not lose its file to it. What
                // cannot be removed is tried again.
                let _ = self.desk.staging.evict(resource);
            }
            Effect::Abandon { resource } => {
                let teed = self.desk.kept.take_teed(resource);
                self.job(move |desk| care::abandon(desk, resource, teed));
            }
            Effect::Flush => self.flush(),
            Effect::ListFreeable { id, wanted } => {
                self.job(move |desk| free_up::list(desk, id, wanted));
            }
            Effect::ConfirmFreeable { id, assets } => {
                self.job(move |desk| free_up::confirm(desk, id, &assets));
            }
            Effect::Propose(proposal) => {
                self.job(move |desk| free_up::propose(desk, &proposal));
            }
            Effect::Notify(notice) => self.desk.stream.put(Happened::Noticed(notice)),
        }
    }

    /// The duty to answer, or `None` where it is under way: then that answer is this one's too.
    fn begin(&mut self, id: EffectId, kind: Kind) -> Option<Reply> {
        if self.under_way.contains_key(&id) {
            return None;
        }
        let stop = Arc::new(AtomicBool::new(false));
        self.under_way.insert(id, UnderWay { stop: Arc::clone(&stop), kind });
        Some(Reply::new(id, stop, Arc::clone(&self.desk.inbox)))
    }

    fn download(&mut self, id: EffectId, at_most: u64) {
        if let Some(reply) = self.begin(id, Kind::Beginning) {
            self.lanes.download.push(Download { reply, at_most });
        } else if let Some(waiting) = download::grant(&self.desk, id, at_most) {
            self.job(move |desk| download::go_on(desk, waiting));
        }
    }

    /// Stops it within 1 MiB; what has not begun, at once.
    fn cancel(&mut self, id: EffectId) {
        let Some(under_way) = self.under_way.get(&id) else { return };
        under_way.stop.store(true, Ordering::Relaxed);
        if let Some(send) = self.open.withdraw(id) {
            stopped(send.reply);
        } else if !self.lanes.withdraw(id) {
            download::cancel(&self.desk, id);
        }
    }

    /// An answer came.
    pub(super) fn answered(&mut self, id: EffectId, answer: &Answer) {
        // A download that waits for leave goes on under the same id.
        if !matches!(answer, Answer::Outgrown(_)) {
            self.under_way.remove(&id);
        }
    }

    /// Closes the open group.
    pub(super) fn flush(&mut self) {
        if let Some(group) = self.open.close() {
            self.lanes.put.push(group);
            self.lanes.put.kick(&*self.desk.runtime);
        }
    }

    /// Scans the library, or once more when the scan that runs has ended.
    pub(super) fn scan(&mut self) {
        if std::mem::replace(&mut self.scanning, true) {
            self.scan_again = true;
            return;
        }
        let desk = Arc::clone(&self.desk);
        let order = BESIDE_LANES + 1;
        let scan = move || {
            // (Otherwise whoever took its pages says when it has ended.)
            if !caught(&desk, scan::run) {
                desk.inbox.put(Message::ScanEnded);
            }
        };
        self.desk.runtime.spawn(order, Box::new(scan));
    }

    pub(super) fn scan_ended(&mut self) {
        self.scanning = false;
        if std::mem::take(&mut self.scan_again) && !self.ending {
            self.scan();
        }
    }

    pub(super) fn read_disk(&mut self, asked: Option<u64>) {
        self.job(move |desk| care::read_disk(desk, asked));
    }

    /// Keeps the vault in order, once a day; says at which uptime it is due.
    pub(super) fn tidy_daily(&mut self, now: Now) -> Option<u64> {
        if self.tidying || self.ending {
            return None;
        }
        let due = care::tidy_due(&self.desk);
        let due = lock(&self.desk.clock).uptime_at(due);
        if now.uptime < due {
            return Some(due);
        }
        self.tidying = true;
        // Nothing may have happened for a day: the next is counted from now.
        lock(&self.desk.clock).advance(now);
        self.job_that_ends(Message::Tidied, care::tidy);
        None
    }

    /// Removes from staging what could not be removed, once a minute; says at which uptime it is due.
    pub(super) fn remove_left(&mut self, now: Now) -> Option<u64> {
        let staging = &self.desk.staging;
        if self.ending || !staging.is_left() {
            return None;
        }
        let due = *self.remove_left_at.get_or_insert(now.uptime + MINUTE);
        if now.uptime >= due {
            staging.remove_left();
            self.remove_left_at = staging.is_left().then(|| now.uptime + MINUTE);
        }
        self.remove_left_at
    }

    /// Whether the vault was looked at once more, after the last put: what is safe now is what its
    /// folders hold now. Begins that, when it was not.
    pub(super) fn has_looked(&mut self) -> bool {
        if self.last_look == LastLook::Open {
            self.last_look = LastLook::UnderWay;
            self.job_that_ends(Message::Looked, care::look);
        }
        self.last_look == LastLook::Done
    }

    /// The host wants an end: what is soon safe is brought to its end, the rest is stopped.
    pub(super) fn begin_to_end(&mut self) {
        self.ending = true;
        self.desk.stopping.store(true, Ordering::Relaxed);
        let stopping = self.under_way.iter().filter(|(_, one)| one.kind != Kind::Ending);
        let stopping: Vec<_> = stopping.map(|(id, _)| *id).collect();
        for id in stopping {
            self.cancel(id);
        }
        self.flush();
    }

    /// Stops everything.
    pub(super) fn stop_all(&mut self) {
        for one in self.under_way.values() {
            one.stop.store(true, Ordering::Relaxed);
        }
        self.lanes.withdraw_all();
        self.open.withdraw_all().into_iter().for_each(|send| stopped(send.reply));
        let waiting: Vec<_> = lock(&self.desk.outgrown).keys().copied().collect();
        for id in waiting {
            download::cancel(&self.desk, id);
        }
    }

    /// It is no longer under way, or begins again.
    pub(super) fn release(&mut self, resource: ResourceId) {
        let teed = self.desk.kept.release(resource);
        self.desk.discard(teed);
    }

    fn let_go_of_what_is_not_held(&self) {
        let teed = {
            let held = lock(&self.desk.held);
            self.desk.kept.retain(|resource| held.rows().contains(&resource))
        };
        self.desk.discard(teed);
    }

    /// Runs a job that is not in a lane.
    pub(super) fn job(&self, job: impl FnOnce(&Desk) + std::marker::Send + 'static) {
        let desk = Arc::clone(&self.desk);
        let run = move || {
            caught(&desk, |desk| job(desk));
        };
        self.desk.runtime.spawn(BESIDE_LANES, Box::new(run));
    }

    /// The same, and however it ends, the loop is told: it waits for that.
    fn job_that_ends(&self, end: Message, job: impl FnOnce(&Desk) + std::marker::Send + 'static) {
        let desk = Arc::clone(&self.desk);
        let run = move || {
            caught(&desk, |desk| job(desk));
            desk.inbox.put(end);
        };
        self.desk.runtime.spawn(BESIDE_LANES, Box::new(run));
    }
}

/// No panic leaves a job. One that had nothing to answer leaves the machine waiting for an event:
/// it begins again from what is stored. Says whether all went well.
fn caught(desk: &Arc<Desk>, job: impl FnOnce(&Arc<Desk>)) -> bool {
    let well = catch_unwind(AssertUnwindSafe(|| job(desk))).is_ok();
    if !well {
        log::panicked("a job");
        desk.inbox.put(Message::CatalogFailed);
    }
    well
}

/// Whether it begins something: not at the end.
fn begins(effect: &Effect) -> bool {
    !matches!(
        effect,
        Effect::Verify { .. }
            | Effect::Cancel { .. }
            | Effect::CancelTransfer { .. }
            | Effect::Evict { .. }
            | Effect::Abandon { .. }
            | Effect::Flush
            | Effect::Notify(_)
    )
}
