//! What the machine can know: what it was told of the vault, the disk and the source, by this world
//! and not by the machine's own books.
//!
//! Of the answer of work that was told to stop nobody can say whether it still counts: then a belief
//! is one that it *may* have, and none that it *must* have.

use keepsake_machine::event::{Answer, Event, PutOutcome, Trouble, VaultHealth};
use keepsake_machine::stage::Fault;

/// One fact.
#[derive(Debug, Clone, Copy, Default)]
pub struct Belief {
    /// It must take it to be so.
    pub must: bool,
    /// It may.
    pub may: bool,
}

impl Belief {
    fn yes(&mut self, sure: bool) {
        self.may = true;
        self.must |= sure;
    }

    fn no(&mut self, sure: bool) {
        self.must = false;
        self.may &= !sure;
    }
}

/// That the vault is full.
#[derive(Debug, Clone, Copy, Default)]
pub struct Full {
    /// Whether it is.
    pub is: Belief,
    /// Room for so many bytes ends it: at least, and at most.
    needed: (u64, u64),
}

impl Full {
    fn yes(&mut self, bytes: u64, sure: bool) {
        let (least, most) = self.needed;
        let least = if self.is.may { least.min(bytes) } else { bytes };
        let most = match (self.is.must, sure) {
            (true, true) => most.min(bytes),
            (true, false) => most,
            (false, false) if self.is.may => most.max(bytes),
            (false, _) => bytes,
        };
        self.needed = (least, most);
        self.is.yes(sure);
    }

    fn room(&mut self, room: Option<u64>) {
        let (least, most) = self.needed;
        if room.is_none_or(|room| room >= least) {
            self.is.no(room.is_none_or(|room| room >= most));
        }
    }
}

/// The last reading of the disk.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    asked: u64,
    /// Bytes that were free.
    pub available: u64,
    /// It may have found out otherwise since.
    pub doubted: bool,
}

/// All of it.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // independent facts
pub struct Known {
    /// The vault wants a sign-in.
    pub signed_out: Belief,
    /// The vault does not answer.
    pub away: Belief,
    /// The vault is full.
    pub full: Full,
    /// The source is unwell.
    pub source: Belief,
    /// How full the disk is.
    pub disk: Option<Reading>,
    /// The window is ending.
    pub ending: bool,
    /// The window has an end.
    pub limited: bool,
    /// It heard of a delivery that it may make use of later.
    delivered: bool,
}

impl Known {
    /// A program starts: only what is stored is known.
    pub fn restarts(&mut self) {
        let Known { away, full, source, .. } = *self;
        *self = Known { away, full, source, ..Known::default() };
    }

    /// What is stored is older than that: as it was at any moment before.
    pub fn is_doubted(&mut self) {
        let doubt = Belief { must: false, may: true };
        (self.away, self.source) = (doubt, doubt);
        self.full = Full { is: doubt, needed: (0, u64::MAX) };
    }

    /// The machine is told this.
    pub fn hears(&mut self, event: &Event) {
        match event {
            Event::DiskRead { asked, available, .. } => {
                let last = self.disk.map_or(0, |reading| reading.asked);
                let asked = asked.unwrap_or(last);
                if asked >= last {
                    self.disk = Some(Reading { asked, available: *available, doubted: false });
                }
            }
            Event::WindowOpened { lasts } => (self.ending, self.limited) = (false, lasts.is_some()),
            Event::WindowEnding => self.ending = true,
            Event::VaultChanged(health) => match health {
                VaultHealth::Up { room } => {
                    self.away.no(true);
                    self.full.room(*room);
                }
                VaultHealth::Unavailable => self.away.yes(!self.delivered),
                VaultHealth::Full => self.full.yes(1, true),
                VaultHealth::SignedOut => self.signed_out.yes(true),
                VaultHealth::SignedIn => {
                    self.signed_out.no(true);
                    self.away.no(true);
                }
            },
            // If the row was not taken up yet, that counts when it is.
            Event::TransferFinished { .. } => {
                self.delivered = true;
                self.away.no(false);
            }
            _ => {}
        }
    }

    /// Work came to this; `sure`: it was not told to stop.
    pub fn answered(&mut self, answer: &Answer, sure: bool) {
        match answer {
            Answer::Found(_) | Answer::Confirmed | Answer::Put(_) => {
                self.away.no(sure && !matches!(answer, Answer::Put(PutOutcome::TeeLost)));
            }
            Answer::Downloaded(_) | Answer::Checksummed { .. } => self.source.no(sure),
            Answer::Failed { fault, .. } => {
                let faults = [Fault::ReadFailed, Fault::DownloadFailed, Fault::DownloadIncomplete];
                if faults.contains(fault) {
                    self.source.yes(false);
                }
            }
            Answer::Held(trouble) => self.trouble(*trouble, sure),
            _ => {}
        }
    }

    fn trouble(&mut self, trouble: Trouble, sure: bool) {
        match trouble {
            Trouble::VaultUnavailable | Trouble::Offline => self.away.yes(sure && !self.delivered),
            Trouble::VaultFull { needed } => self.full.yes(needed, sure),
            Trouble::SignedOut => self.signed_out.yes(sure),
            Trouble::SourceUnavailable => self.source.yes(false),
            Trouble::DiskFull => {
                if let Some(reading) = &mut self.disk {
                    if sure {
                        reading.available = 0;
                    }
                    reading.doubted |= !sure;
                }
            }
            Trouble::NoAccess | Trouble::DeviceLocked | Trouble::FolderClosed => {}
        }
    }
}
