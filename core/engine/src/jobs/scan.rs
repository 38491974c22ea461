//! Scan: the library comes in by the page, straight to the catalog and past the machine, which is
//! told only what concerns rows that it holds.

use super::{Desk, lock};
use crate::events::Happened;
use crate::inbox::Message;
use crate::log;
use crate::source::{PageSink, ScanStopped};
use crate::source::{Pages, Refusal};
use crate::store::StoreError;
use keepsake_catalog::scan::{Ending, Scan};
use keepsake_catalog::seen::SeenAsset;
use keepsake_machine::event::{Event, LibraryAccess};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Scans the library. The host may go on from a thread of its own; the end is a message.
pub(crate) fn run(desk: &Arc<Desk>) {
    desk.stream.put(Happened::ScanStarted);
    desk.inbox.put(Message::Event(Event::ScanStarted));
    lock(&desk.held).scan_begins();
    let scan = desk.store.write(|catalog| Ok((catalog.begin_scan(None), catalog.counts())));
    match scan {
        Ok((scan, counts)) => {
            let before = counts.total().items;
            let sink = Sink { desk: Arc::clone(desk), scan: Some(scan), assets: 0, before };
            // (It was cut short: that the pages have told when they were dropped.)
            if let Err(why) = desk.source.scan(Pages::new(Box::new(sink))) {
                heed(desk, why);
            }
        }
        Err(why) => {
            desk.catalog_failed(&why, std::iter::empty());
            desk.inbox.put(Message::ScanEnded);
        }
    }
}

/// What refuses the whole library is a condition, as it is when an original is refused for it. It lasts
/// until the host tells otherwise.
fn heed(desk: &Desk, why: Refusal) {
    log::scan_refused(why);
    let condition = match why {
        Refusal::NoAccess => Event::AccessChanged(LibraryAccess::Denied),
        Refusal::DeviceLocked => Event::LockChanged { locked: true },
        _ => return,
    };
    desk.inbox.put(Message::Event(condition));
}

/// Takes the pages of one scan.
struct Sink {
    desk: Arc<Desk>,
    /// `None` once it has ended.
    scan: Option<Scan>,
    assets: u64,
    before: u64,
}

impl Sink {
    fn ended(&mut self, complete: bool, changed: u64) {
        let desk = &self.desk;
        desk.inbox.put(Message::CountersChanged);
        desk.inbox.put(Message::Event(Event::ScanFinished { changed: changed > 0 }));
        desk.inbox.put(Message::ScanEnded);
        if desk.waits_for_a_folder() {
            desk.inbox.put(Message::Event(Event::RetryRequested)); // somebody may have opened it
        }
        desk.stream.put(Happened::Scanned { assets: self.assets });
        desk.stream.put(Happened::ScanFinished { complete, changed });
    }

    fn cut_short(&mut self) {
        if self.scan.take().is_some() {
            let now = self.desk.store.write(|catalog| Ok(catalog.counts().total().items));
            // Whether something known had changed was told by the page; at least what is new.
            let changed = now.map_or(1, |now| now.abs_diff(self.before)).max(1);
            self.ended(false, changed);
        }
    }

    fn unwritable(&mut self, why: &StoreError) {
        self.scan = None;
        self.desk.catalog_failed(why, std::iter::empty());
        self.ended(false, 1);
    }

    /// Tells the machine, before it can be told anything else of these rows.
    fn tell(&self, events: Vec<Event>) {
        for event in events {
            self.desk.inbox.put(Message::Event(event));
        }
    }
}

impl PageSink for Sink {
    fn page(&mut self, assets: Vec<SeenAsset>) -> Result<(), ScanStopped> {
        let Some(scan) = &mut self.scan else { return Err(ScanStopped) };
        if self.desk.stopping.load(Ordering::Relaxed) {
            return Err(ScanStopped);
        }
        let desk = Arc::clone(&self.desk);
        let held = lock(&desk.held);
        let taken = desk.store.write(|catalog| catalog.scan_page(scan, &assets, held.rows()));
        match taken {
            Ok(events) => {
                self.tell(events);
                drop(held);
                self.assets += assets.len() as u64;
                desk.inbox.put(Message::CountersChanged);
                desk.stream.put(Happened::Scanned { assets: self.assets });
                Ok(())
            }
            Err(why) => {
                drop(held);
                self.unwritable(&why);
                Err(ScanStopped)
            }
        }
    }

    fn finished(mut self: Box<Self>, limited: bool, hidden: Vec<Vec<u8>>) {
        let Some(scan) = self.scan.take() else { return };
        let ending = Ending { limited, hidden };
        let desk = Arc::clone(&self.desk);
        let mut held = lock(&desk.held);
        let done = desk.store.write(|catalog| catalog.finish_scan(scan, &ending, held.rows()));
        match done {
            Ok((summary, events)) => {
                for event in &events {
                    if let Event::Disappeared { resource, how } = event {
                        held.later([*resource], (*how).into());
                    }
                }
                self.tell(events);
                drop(held);
                let changed = summary.added + summary.changed + summary.gone + summary.hidden;
                self.ended(true, changed);
            }
            Err(why) => {
                drop(held);
                self.unwritable(&why);
            }
        }
    }

    fn failed(mut self: Box<Self>, why: Refusal) {
        self.cut_short();
        heed(&self.desk, why);
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.cut_short();
    }
}
