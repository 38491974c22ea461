//! What effects are made of: each kind of job in a module of its own, on the desk that they share.
//!
//! A job never decides what comes next. It does one thing, maps what went wrong to an answer
//! ([`blame`]), and gives the answer once ([`reply`]).

pub(crate) mod belonging;
pub(crate) mod blame;
pub(crate) mod care;
pub(crate) mod checksum;
pub(crate) mod download;
pub(crate) mod find;
pub(crate) mod folders;
pub(crate) mod free_up;
pub(crate) mod hand_over;
pub(crate) mod hashing;
pub(crate) mod held;
pub(crate) mod kept;
pub(crate) mod lane;
pub(crate) mod learn;
pub(crate) mod link;
pub(crate) mod lost;
pub(crate) mod place;
pub(crate) mod reading;
pub(crate) mod refill;
pub(crate) mod reply;
pub(crate) mod scan;
pub(crate) mod send;
pub(crate) mod upload;
pub(crate) mod verify;

use crate::inbox::{Inbox, Message};
use crate::runtime::Runtime;
use crate::source::Source;
use crate::staging::StagingFolder;
use crate::store::{Store, StoreError};
use crate::stream::Stream;
use download::Downloading;
use held::Held;
use keepsake_catalog::{Detail, Note, Reader, Settling, Which};
use keepsake_machine::event::{Answer, Trouble};
use keepsake_machine::media::{EffectId, ResourceId};
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::{Class, Why};
use keepsake_machine::time::{Clock, Elapsed};
use keepsake_vault::{Blame, Teed, VaultError};
use kept::Kept;
use link::Link;
use place::Places;
use reply::{Replies, Reply};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What all jobs of one engine share.
pub(crate) struct Desk {
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) link: Link,
    pub(crate) store: Store,
    pub(crate) staging: Arc<StagingFolder>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) stream: Arc<Stream>,
    pub(crate) kept: Kept,
    /// What the machine holds: a scan leaves these rows to it. Locked before the catalog.
    pub(crate) held: Mutex<Held>,
    /// Places in the vault that were chosen in this run: two resources of one asset choose once.
    pub(crate) placing: Mutex<Places>,
    /// The SHA-256 of what the user said forget about.
    pub(crate) tombstones: Mutex<HashSet<[u8; 32]>>,
    /// The segments of the vault that somebody has looked at.
    pub(crate) segments: Mutex<learn::Seen>,
    /// The machine's clock, as it stood at the last event.
    pub(crate) clock: Mutex<Clock>,
    /// Whether the vault wants MD5 beside SHA-256.
    pub(crate) md5: bool,
    /// Downloads that wait for leave to land more.
    pub(crate) outgrown: Mutex<HashMap<EffectId, Downloading>>,
    /// Whose the sidecars of the vault are; `None`: nobody had to ask yet.
    pub(crate) belongings: Mutex<Option<belonging::Belongings>>,
    /// Which folders of the vault they are, in which something was shown to lie.
    pub(crate) marks: folders::Marks,
    /// What the vault said when it failed last; `None` since it answered a probe.
    pub(crate) vault_trouble: Mutex<Option<String>>,
    /// Folders of the vault that could not be looked into last time.
    pub(crate) closed: Mutex<Vec<String>>,
    /// Those that could not be used in this run: what belongs there waits.
    pub(crate) refused: Mutex<BTreeSet<String>>,
    /// When housekeeping at the vault is due, on the machine's clock; `None`: not looked up yet.
    pub(crate) tidy_due: Mutex<Option<Elapsed>>,
    /// Whether something is being put, or about to be.
    pub(crate) sending: AtomicBool,
    /// Set when the loop wants to end: a scan stops at its next page.
    pub(crate) stopping: AtomicBool,
}

impl Desk {
    /// The details of each, in order; `None` for one that is not in the catalog.
    pub(crate) fn details(
        &self,
        resources: &[ResourceId],
    ) -> Result<Vec<Option<Arc<Detail>>>, StoreError> {
        let mut details: Vec<_> =
            resources.iter().map(|resource| self.kept.detail(*resource)).collect();
        let missing: Vec<_> = (resources.iter().zip(&details))
            .filter(|(_, detail)| detail.is_none())
            .map(|(resource, _)| *resource)
            .collect();
        if !missing.is_empty() {
            let found = self.store.read(|reader| reader.details(&missing))?;
            let mut found = found.into_iter().peekable();
            for (resource, slot) in resources.iter().zip(&mut details) {
                if slot.is_none() && found.peek().is_some_and(|next| next.resource == *resource) {
                    *slot = found.next().map(Arc::new);
                    if let Some(detail) = slot {
                        self.kept.keep_detail(Arc::clone(detail));
                    }
                }
            }
        }
        Ok(details)
    }

    /// What the machine is told when the vault fails; a failure that is not one item's is kept, to be
    /// shown. `wasted` bytes were moved in vain.
    pub(crate) fn vault_failed(&self, error: &VaultError, wasted: u64) -> Answer {
        if let VaultError::FolderClosed { folder, .. } = error {
            lock(&self.refused).insert(folder.clone());
        } else if let Blame::Trouble(_) = error.blame() {
            *lock(&self.vault_trouble) = Some(error.to_string());
        }
        blame::vault(error, wasted)
    }

    /// Whether anything waits for a folder of the vault that could not be used.
    pub(crate) fn waits_for_a_folder(&self) -> bool {
        let waiting = Class::Waiting(Why::Held(Trouble::FolderClosed.hold()));
        let counts = self.store.read(Reader::counts);
        counts.is_ok_and(|counts| counts.of(waiting).items > 0)
    }

    /// Stores notes of its own, durably where they must not roll back.
    pub(crate) fn note(&self, notes: &[Note], durable: bool) -> Result<(), StoreError> {
        let at = self.elapsed();
        self.store.write(|catalog| catalog.apply(&[], notes, durable, at))?;
        Ok(())
    }

    /// Settles rows that the machine does not hold, and tells it what follows. What is said
    /// of what the user or the library did with a row that is held is settled later.
    pub(crate) fn settle(&self, which: &Which, fact: Fact) -> Result<Settling, StoreError> {
        let at = self.elapsed();
        let mut held = lock(&self.held);
        let settled =
            self.store.write(|catalog| catalog.settle_where(which, fact, at, held.rows()));
        if let Ok(settled) = &settled {
            if matches!(fact, Fact::Forget | Fact::Absent | Fact::OutOfSight) {
                held.later(settled.skipped.iter().copied(), fact);
            }
            for event in &settled.events {
                self.inbox.put(Message::Event(event.clone()));
            }
            self.inbox.put(Message::CountersChanged);
        }
        settled
    }

    /// The end: catalog and vault are let go of, whoever still holds the desk.
    pub(crate) fn close(&self) {
        self.store.close();
        self.link.close();
        self.inbox.close();
        self.stream.end();
    }

    /// Where the machine's clock stands.
    pub(crate) fn elapsed(&self) -> Elapsed {
        lock(&self.clock).elapsed()
    }

    /// The catalog failed under a job: nothing of it counts, and the loop looks into it.
    pub(crate) fn catalog_failed(&self, _why: &StoreError, replies: impl Iterator<Item = Reply>) {
        let mut answers = Replies::default();
        for reply in replies {
            answers.add(reply, Answer::Stopped, Vec::new());
        }
        self.inbox.put(Message::CatalogFailed);
    }

    /// Removes what was teed and will not be put.
    pub(crate) fn discard(&self, teed: impl IntoIterator<Item = Teed>) {
        let mut teed = teed.into_iter().peekable();
        // While the vault is away, its staging is swept when it is opened again.
        if teed.peek().is_some()
            && let Ok(vault) = self.link.vault()
        {
            teed.for_each(|teed| vault.discard(teed));
        }
    }
}

/// What a job that needs both failed at.
#[derive(Debug)]
pub(crate) enum Failed {
    Store(StoreError),
    Vault(VaultError),
}

impl From<StoreError> for Failed {
    fn from(why: StoreError) -> Failed {
        Failed::Store(why)
    }
}

impl From<VaultError> for Failed {
    fn from(why: VaultError) -> Failed {
        Failed::Vault(why)
    }
}

/// Locks, also after a panic elsewhere: what is kept here is whole between any two statements.
pub(crate) fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
