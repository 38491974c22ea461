//! One backup under way: tells the engine what a desktop knows, shows what happens, and ends when
//! there is nothing left to do, when work can't go on, or when the user says so.

use crate::show::Show;
use crate::signals::Signals;
use crate::source::Folder;
use crate::state::State;
use crate::summary::Exit;
use crate::watch::{self, Watch};
use crate::{Failure, words};
use keepsake_engine::{Engine, Happened, HostFact};
use keepsake_machine::Hold;
use keepsake_machine::event::{LibraryAccess, Network, Power};
use keepsake_machine::stage::{Fault, Stage};
use keepsake_machine::status::{Activity, Notice, Status};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A backup that is about to be driven.
pub struct Run<'a> {
    pub engine: Arc<Engine>,
    pub show: &'a mut dyn Show,
    pub watch: bool,
    pub state: &'a State,
    pub folder: &'a Folder,
    /// What is wrong with the source, as it was said last.
    pub trouble: Option<String>,
    /// Why the vault cannot be used, as it was said last.
    pub away: Option<String>,
}

/// How it ended.
pub struct Ended {
    pub complete: bool,
    pub interrupted: bool,
    pub quarantined: Vec<(Vec<u8>, Fault)>,
    /// What was known when it was over (another scan may have begun since, and was cut short); where
    /// the last look at the vault changed that, what is known since.
    pub status: Status,
}

impl Run<'_> {
    /// Drives it to its end.
    pub async fn drive(mut self, source: &Path) -> Result<Ended, Failure> {
        let mut signals = Signals::new()?;
        let mut watched = self.watch.then(|| Watch::start(source, self.show));
        self.engine.start()?;
        for fact in [
            HostFact::Access(LibraryAccess::Full),
            HostFact::Locked(false),
            HostFact::Network(Network::UNMETERED),
            HostFact::Power(Power::MAINS),
            HostFact::TransfersReported,
            HostFact::WindowOpened(None),
        ] {
            self.engine.tell(fact);
        }
        self.engine.resume();
        let mut reconcile = tokio::time::interval(watch::RECONCILE);
        reconcile.tick().await;
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut over = None;
        let mut ended = Ended {
            complete: false,
            interrupted: false,
            quarantined: Vec::new(),
            status: self.engine.status(),
        };
        let mut verdict = Verdict::default();
        let mut kept = tokio::time::interval(Duration::from_secs(1));
        kept.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                happened = self.engine.next_event() => match happened {
                    None => break,
                    Some(happened) => {
                        if let Happened::ScanFinished { complete, changed } = happened {
                            ended.complete = complete;
                            verdict.scanned(changed);
                            self.tell_trouble();
                        }
                        self.tell(happened);
                    }
                },
                () = signals.next() => {
                    // Who only watched is ended, not interrupted.
                    ended.interrupted = !(self.watch && is_done(&self.engine.status()));
                    if ended.interrupted {
                        self.show.say("Pausing: what is under way is brought to a good end. Ctrl-C again ends at once.");
                    }
                    break;
                }
                _ = reconcile.tick(), if self.watch => self.engine.tell(HostFact::LibraryChanged),
                _ = kept.tick() => {
                    let status = self.engine.status();
                    let unseen = !ended.complete
                        || status.holds.has(Hold::VaultUnavailable)
                        || self.folder.trouble().is_some();
                    self.state.keep_last(status, unseen);
                    if watched.as_mut().is_some_and(|watched| watched.any(self.show)) {
                        self.engine.tell(HostFact::LibraryChanged);
                    }
                }
                _ = look.tick() => {
                    let status = self.engine.status();
                    if verdict.is_over(&status) && !self.watch {
                        over = Some(status);
                        break;
                    }
                }
            }
        }
        // Once it has stopped, its catalog is closed.
        ended.quarantined = quarantined(&self.engine, &self.engine.status());
        let engine = self.engine.clone();
        let stopped = tokio::task::spawn_blocking(move || engine.stop());
        tokio::select! {
            _ = stopped => {}
            () = signals.next() => std::process::exit(Exit::Paused as i32),
        }
        while let Some(happened) = self.engine.next_event().await {
            if !matches!(happened, Happened::ScanFinished { .. }) {
                self.tell(happened);
            }
        }
        let last = self.engine.status();
        let same = |over: &Status| (&over.counts, over.holds) == (&last.counts, last.holds);
        ended.status = over.filter(same).unwrap_or(last);
        Ok(ended)
    }

    fn tell(&mut self, happened: Happened) {
        match happened {
            Happened::Status(status) => {
                self.show.status(&status);
                self.tell_vault(&status);
            }
            Happened::Scanned { assets } => self.show.scanned(assets, false),
            Happened::Noticed(Notice::Quarantined { resource, fault }) => {
                match self.engine.entry(resource) {
                    Ok(entry) => self.show.quarantined(&entry.local_id, words::fault(fault)),
                    Err(_) => {
                        self.show.say(&format!("one item is not safe: {}", words::fault(fault)));
                    }
                }
            }
            Happened::ScanFinished { complete: false, .. } => {
                self.show.say("the source could not be looked through to its end; nothing is taken for deleted");
            }
            other => {
                if let Some(news) = words::of_vault(&other) {
                    self.show.say(&news);
                }
            }
        }
    }

    /// Says, while it watches, why the vault cannot be used, and that it is there again: when
    /// nothing waits for it any more.
    fn tell_vault(&mut self, status: &Status) {
        let away = self.engine.vault_away().filter(|_| status.holds.has(Hold::VaultUnavailable));
        if !self.watch {
            return;
        }
        if away.is_some() && away != self.away {
            self.show.say(away.as_deref().unwrap_or_default());
            self.away = away;
        } else if self.away.is_some() && is_done(status) {
            self.show.say("the vault is there again");
            self.away = None;
        }
    }

    /// Says, while it watches, that there is nothing to see any more, and that there is again. (A
    /// backup that ends says it at its end.)
    fn tell_trouble(&mut self) {
        let trouble = self.folder.trouble();
        if self.watch && trouble != self.trouble {
            self.show.say(trouble.as_deref().unwrap_or("the source is there again"));
        }
        self.trouble = trouble;
    }
}

/// Whether nothing is left to do.
fn is_done(status: &Status) -> bool {
    status.activity == Activity::Done
        && status.under_way == 0
        && status.counts.unfinished().items == 0
}

/// Decides when a backup that does not watch is over. Status and scan come on their own ways, so a
/// verdict must hold for a moment before it counts.
#[derive(Debug, Default)]
struct Verdict {
    scan: Option<u64>,
    held: u32,
    /// Looks since something became safe, in which the source did not answer.
    silent: u32,
    safe: u64,
}

impl Verdict {
    fn scanned(&mut self, changed: u64) {
        self.scan = Some(changed);
        self.held = 0;
    }

    fn is_over(&mut self, status: &Status) -> bool {
        let Some(changed) = self.scan else {
            // A source or catalog that cannot be used never ends its scan.
            return self.hold(status.activity == Activity::Paused, PAUSED);
        };
        // It is tried again and again, and answers to none: without `--watch` that has an end.
        let safe = status.counts.safe().items;
        if std::mem::replace(&mut self.safe, safe) != safe {
            self.silent = 0;
        }
        self.silent += u32::from(status.holds.has(Hold::SourceUnavailable));
        if self.silent >= SILENT {
            return true;
        }
        let idle = status.under_way == 0;
        match status.activity {
            Activity::Done if changed == 0 => idle,
            Activity::Done => self.hold(idle && status.counts.unfinished().items == 0, 3),
            Activity::Paused | Activity::Stopped => self.hold(true, PAUSED),
            Activity::Waiting { .. } | Activity::Working | Activity::WithOs => self.hold(false, 0),
        }
    }

    fn hold(&mut self, so: bool, times: u32) -> bool {
        self.held = if so { self.held + 1 } else { 0 };
        so && self.held >= times
    }
}

/// Some of the quarantined items, to be named.
fn quarantined(engine: &Engine, status: &Status) -> Vec<(Vec<u8>, Fault)> {
    let mut found = Vec::new();
    let mut below = None;
    let wanted = status.counts.quarantined().items.min(NAMED);
    while (found.len() as u64) < wanted {
        let Ok(page) = engine.library(below, 1_000) else { break };
        found.extend(page.entries.into_iter().filter_map(|entry| match entry.stage {
            Stage::Quarantined(fault) => Some((entry.local_id, fault)),
            _ => None,
        }));
        below = page.next;
        if below.is_none() {
            break;
        }
    }
    found.truncate(usize::try_from(wanted).unwrap_or_default());
    found
}

/// As many quarantined items are named in a summary.
const NAMED: u64 = 20;
/// How often the end is looked for.
const LOOK: Duration = Duration::from_millis(50);
/// For how many looks a pause must last before it counts: two seconds.
const PAUSED: u32 = 40;
/// A source that did not answer in so many looks (half a minute) is not waited for.
const SILENT: u32 = 600;
