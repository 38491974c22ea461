//! Who does the long effects, how many at once, in what batches.

use crate::jobs::checksum::{self, Checksum};
use crate::jobs::download::{self, Download};
use crate::jobs::find::{self, Find};
use crate::jobs::lane::{Lane, Take};
use crate::jobs::reply::Reply;
use crate::jobs::send::{Group, Send};
use crate::jobs::verify::{self, Verify};
use crate::jobs::{Desk, upload};
use keepsake_machine::event::Answer;
use keepsake_machine::media::EffectId;
use keepsake_machine::settings::Limits;
use std::sync::Arc;

/// Groups put at once: two share their syncs.
const PUTTING: usize = 2;
/// Originals that are read by one worker before it answers.
const READ: usize = 128;
/// Milliseconds that what is to be verified waits for company.
const GATHERING: u64 = 500;
/// Digests that are asked for, and files that are verified, at once.
const ASKED: usize = 512;

/// The lanes.
pub(super) struct Lanes {
    pub(super) download: Arc<Lane<Download>>,
    pub(super) checksum: Arc<Lane<Checksum>>,
    pub(super) find: Arc<Lane<Find>>,
    pub(super) put: Arc<Lane<Group>>,
    pub(super) verify: Arc<Lane<Verify>>,
    /// The uptime at which the first that waits to be verified came.
    verify_since: Option<u64>,
}

impl Lanes {
    pub(super) fn new(desk: &Arc<Desk>, limits: &Limits) -> Lanes {
        let downloads = usize::try_from(limits.downloads).unwrap_or(1);
        Lanes {
            download: Lane::new(
                1,
                downloads,
                Take::All(1),
                on(desk, |desk, batch| {
                    for work in batch {
                        download::begin(desk, work);
                    }
                }),
            ),
            checksum: Lane::new(2, desk.runtime.cores(), Take::Share(READ), {
                let desk = Arc::clone(desk);
                move |batch| checksum::run(&desk, batch)
            }),
            find: Lane::new(3, 1, Take::All(ASKED), on(desk, find::run)),
            put: Lane::new(
                4,
                PUTTING,
                Take::All(1),
                on(desk, |desk, groups| {
                    for group in groups {
                        upload::run(desk, group);
                    }
                }),
            ),
            // One worker: while it makes one segment durable, the next gathers.
            verify: Lane::new(5, 1, Take::All(ASKED), on(desk, verify::run)),
            verify_since: None,
        }
    }

    /// What was pushed begins. What is to be verified waits a moment for what is being put: one
    /// segment then records both. Says until when; not `at_once`.
    pub(super) fn kick(&mut self, desk: &Desk, uptime: u64, at_once: bool) -> Option<u64> {
        let runtime = &*desk.runtime;
        let waiting = self.verify.waiting();
        let due = *self.verify_since.get_or_insert(uptime) + GATHERING;
        let gathers = waiting > 0 && waiting < ASKED && !self.put.is_idle() && uptime < due;
        if at_once || !gathers {
            self.verify_since = None;
            self.verify.kick(runtime);
        }
        self.put.kick(runtime);
        self.find.kick(runtime);
        if checksum::has_room(desk) {
            self.checksum.kick(runtime);
        }
        self.download.kick(runtime);
        self.verify_since.map(|_| due)
    }

    /// Whether something is under way from which an upload may come.
    pub(super) fn brings_uploads(&self) -> bool {
        !(self.find.is_idle() && self.checksum.is_resting() && self.download.is_idle())
    }

    /// Whether something is being put, or may be soon.
    pub(super) fn is_sending(&self) -> bool {
        !(self.put.is_idle() && self.find.is_idle())
    }

    /// Takes back what has not begun, and answers for it.
    pub(super) fn withdraw(&self, id: EffectId) -> bool {
        let download = || self.download.withdraw(|work| work.reply.id() == id).map(|w| w.reply);
        let checksum = || self.checksum.withdraw(|work| work.reply.id() == id).map(|w| w.reply);
        let find = || self.find.withdraw(|work| work.reply.id() == id).map(|w| w.reply);
        let verify = || self.verify.withdraw(|work| work.reply.id() == id).map(|w| w.reply);
        let reply = checksum().or_else(find).or_else(verify).or_else(download);
        reply.map(stopped).is_some()
    }

    /// The same for all that only brings more work.
    pub(super) fn withdraw_beginnings(&self) {
        self.download.withdraw_all().into_iter().for_each(|work| stopped(work.reply));
        self.checksum.withdraw_all().into_iter().for_each(|work| stopped(work.reply));
        self.find.withdraw_all().into_iter().for_each(|work| stopped(work.reply));
    }

    /// The same for everything.
    pub(super) fn withdraw_all(&self) {
        self.withdraw_beginnings();
        self.verify.withdraw_all().into_iter().for_each(|work| stopped(work.reply));
        self.put.withdraw_all().into_iter().flatten().for_each(|send: Send| stopped(send.reply));
    }
}

/// Work on a batch at this desk.
fn on<W: 'static>(
    desk: &Arc<Desk>,
    work: fn(&Desk, Vec<W>),
) -> impl Fn(Vec<W>) -> Vec<W> + std::marker::Send + Sync + 'static + use<W> {
    let desk = Arc::clone(desk);
    move |batch| {
        work(&desk, batch);
        Vec::new()
    }
}

/// It has not begun, and will not.
pub(super) fn stopped(reply: Reply) {
    reply.put(Answer::Stopped);
}
