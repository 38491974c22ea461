//! The engine's public face: opened on a source, a vault and a state folder.

use crate::driver::Driver;
use crate::error::EngineError;
use crate::events::Happened;
use crate::forget;
use crate::host::HostFact;
use crate::inbox::Message;
use crate::jobs::{Desk, lock};
use crate::library::{Entry, LibraryPage};
use crate::open::{self, of_store};
use crate::options::Options;
use crate::runtime::{Runtime, Signal, Threads};
use crate::source::Source;
use crate::verify::{Progress, Verified, verify};
use keepsake_catalog::Which;
use keepsake_machine::Hold;
use keepsake_machine::event::Event;
use keepsake_machine::media::ResourceId;
use keepsake_machine::row::Position;
use keepsake_machine::settings::Settings;
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::{Class, Why};
use keepsake_machine::status::Status;
use keepsake_vault::VaultError;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// A backup of one source into one vault. Cheap to share behind an `Arc`; all calls take `&self`.
pub struct Engine {
    pub(crate) desk: Arc<Desk>,
    /// The loop, until it is started.
    driver: Mutex<Option<Driver>>,
    shown: Arc<Mutex<Status>>,
    ended: Arc<Signal>,
}

impl Engine {
    /// Opens the catalog and the vault, and reads what the vault's records say that is new. Blocks;
    /// nothing is backed up, and nothing that an earlier run left in staging is removed, before
    /// [`Engine::start`].
    ///
    /// A vault that this state knows and that is not there now is no error: the engine waits for it.
    pub fn open(options: Options, source: Arc<dyn Source>) -> Result<Engine, EngineError> {
        let state = options.state.clone();
        let runtime = Threads::new(options.utc_offset)
            .map_err(|source| EngineError::State { path: state, source })?;
        Engine::open_on(Arc::new(runtime), options, source)
    }

    /// The same on a clockwork of the caller's: scenarios run on [`crate::runtime::Lockstep`].
    pub fn open_on(
        runtime: Arc<dyn Runtime>,
        options: Options,
        source: Arc<dyn Source>,
    ) -> Result<Engine, EngineError> {
        let parts = open::open(options, source, runtime)?;
        Ok(Engine {
            desk: parts.desk,
            driver: Mutex::new(Some(parts.driver)),
            shown: parts.shown,
            ended: parts.ended,
        })
    }

    /// Starts the loop, on a thread of its own. A second call does nothing. An error: the vault may
    /// not be used at all (it is another one, read-only, damaged, or a newer version wrote it), or the
    /// engine was stopped.
    pub fn start(&self) -> Result<(), EngineError> {
        self.is_open()?;
        open::is_usable(&self.desk)?;
        let Some(driver) = lock(&self.driver).take() else { return Ok(()) };
        let wake = self.desk.runtime.drive(Box::new(driver)).map_err(|source| {
            self.close(); // there is no loop that would
            EngineError::State { path: "its loop".into(), source }
        })?;
        self.desk.inbox.wakes(Arc::clone(&wake));
        // What was put in before it could be woken.
        wake();
        Ok(())
    }

    /// The user pauses: what is under way stops within 1 MiB, the open group is closed. Survives a
    /// restart, until [`Engine::resume`].
    pub fn pause(&self) {
        self.desk.inbox.put(Message::Event(Event::UserPaused));
    }

    /// The user resumes.
    pub fn resume(&self) {
        self.desk.inbox.put(Message::Event(Event::UserResumed));
    }

    /// Stops the loop: what is under way ends or is cut short, the catalog is closed, the stream
    /// says `None`. Returns when it has stopped: the state may be opened again at once, also while
    /// this engine is still held by somebody.
    pub fn stop(&self) {
        if !self.close_unstarted() {
            self.desk.inbox.put(Message::Stop);
            self.desk.runtime.wait(&self.ended);
        }
    }

    /// Whether it was stopped, or is just about to end: what is told or wished now nobody hears.
    pub fn is_stopped(&self) -> bool {
        self.desk.inbox.is_closed()
    }

    fn is_open(&self) -> Result<(), EngineError> {
        if self.is_stopped() { Err(EngineError::Stopped) } else { Ok(()) }
    }

    /// Ends one that was never started: nothing is under way. Says whether it was one.
    fn close_unstarted(&self) -> bool {
        let was = lock(&self.driver).take().is_some();
        if was {
            self.close();
        }
        was
    }

    fn close(&self) {
        self.desk.close();
        self.ended.give();
    }

    /// Tells a fact that only the host knows.
    pub fn tell(&self, fact: HostFact) {
        self.desk.inbox.put(Message::Told(fact));
    }

    /// The user changed the settings.
    pub fn change_settings(&self, settings: Settings) {
        self.desk.inbox.put(Message::Event(Event::SettingsChanged(settings)));
    }

    /// The user wants to free space on the phone: at most so many bytes, or as many as can be. What
    /// can be let go is proposed through [`Source::propose`].
    pub fn free_up(&self, wanted: Option<u64>) {
        self.desk.inbox.put(Message::Event(Event::FreeUpRequested { wanted }));
    }

    /// The next thing to show; `None` once the engine has stopped. One stream: of two callers each
    /// gets a part. Cancel-safe: a dropped call loses nothing.
    pub async fn next_event(&self) -> Option<Happened> {
        self.desk.stream.next().await
    }

    /// Waits until there is something to take with [`Engine::waiting_event`], and takes nothing;
    /// `false` once the engine has stopped and all was taken.
    pub async fn event_waits(&self) -> bool {
        self.desk.stream.waits().await
    }

    /// The next thing to show, if one waits: for a host that only opened the engine.
    pub fn waiting_event(&self) -> Option<Happened> {
        self.desk.stream.now()
    }

    /// Where everything is, at most a tenth of a second old while work goes on. Also before
    /// [`Engine::start`]: from the catalog.
    pub fn status(&self) -> Status {
        lock(&self.shown).clone()
    }

    /// Why the vault cannot be used now, if it cannot: it is not there, or it failed, and has answered
    /// no probe since.
    pub fn vault_away(&self) -> Option<String> {
        let away = self.desk.link.vault().err();
        let away = away.filter(|why| !matches!(why, VaultError::Stopped));
        away.map(|why| why.to_string()).or_else(|| lock(&self.desk.vault_trouble).clone())
    }

    /// Folders of the vault that could not be looked into when they were looked at last: at the opening,
    /// once a day, and before an end; and those for which something waits, since they could not be
    /// used.
    pub fn vault_closed(&self) -> Vec<String> {
        let mut closed: BTreeSet<_> = lock(&self.desk.closed).iter().cloned().collect();
        let waits = Class::Waiting(Why::Held(Hold::VaultUnavailable));
        if self.status().counts.of(waits).items > 0 {
            closed.extend(lock(&self.desk.refused).iter().cloned());
        }
        closed.into_iter().collect()
    }

    /// Tries quarantined items again: these, or all. Says how many.
    pub fn retry(&self, which: Option<&[ResourceId]>) -> Result<u64, EngineError> {
        let which = which.map_or(Which::Quarantined, |these| Which::These(these.to_vec()));
        let changed = self.settle(&which, Fact::Retry)?;
        self.desk.inbox.put(Message::Event(Event::RetryRequested));
        Ok(changed)
    }

    /// Writes a tombstone for the bytes of these items: they are not backed up again, by any
    /// device, and their rows, and those of every other item with the same bytes, rest as forgotten.
    /// What belongs to one asset (a sidecar) rests alone, on this device, whatever has the same bytes.
    /// Files in the vault stay. Says how many items these are.
    pub fn forget(&self, which: &[ResourceId]) -> Result<u64, EngineError> {
        let digests = forget::write_tombstones(&self.desk, which)?;
        let named = self.settle(&Which::These(which.to_vec()), Fact::Forget)?;
        Ok(named + self.settle(&Which::Twins(digests), Fact::Forget)?)
    }

    /// Nobody is told any more of what only the vault's records name, by paths below the vault, as a
    /// verification says them. Of a path where something else lies by now, or nothing, it is what was
    /// there. No tombstone: should the bytes be seen again, they are backed up. Reads the records, and
    /// what lies at the paths. Says how many contents these are.
    ///
    /// # Errors
    /// [`EngineError::NoSuchItem`]: no record names the path, or the library knows its bytes.
    pub fn let_go(&self, paths: &[String]) -> Result<u64, EngineError> {
        let digests = forget::recorded(&self.desk, paths, &Progress::default())?;
        self.desk.store.write(|catalog| catalog.let_go_of(&digests)).map_err(of_store)?;
        Ok(digests.len() as u64)
    }

    fn settle(&self, which: &Which, fact: Fact) -> Result<u64, EngineError> {
        let settled = forget::settle(&self.desk, which, fact)?;
        self.count_again()?;
        Ok(settled)
    }

    /// Brings the counters of a status up to date that no driver keeps.
    fn count_again(&self) -> Result<(), EngineError> {
        if lock(&self.driver).is_some() {
            let counts = self.desk.store.write(|catalog| Ok(catalog.counts()));
            lock(&self.shown).counts = counts.map_err(of_store)?;
        }
        Ok(())
    }

    /// A page of the library, newest first, from `below` on.
    pub fn library(&self, below: Option<Position>, most: u32) -> Result<LibraryPage, EngineError> {
        let page = self.desk.store.read(|reader| reader.library(below, most)).map_err(of_store)?;
        Ok(page.into())
    }

    /// One item, to name it.
    pub fn entry(&self, resource: ResourceId) -> Result<Entry, EngineError> {
        let entry = self.desk.store.read(|reader| reader.entry(resource)).map_err(of_store)?;
        let unknown = || EngineError::NoSuchItem(format!("number {}", resource.0));
        entry.map(Entry::from).ok_or_else(unknown)
    }

    /// The item that a scan called so.
    pub fn find(&self, local_id: &[u8]) -> Result<Entry, EngineError> {
        let entry = self.desk.store.read(|reader| reader.by_local_id(local_id));
        let unknown = || EngineError::NoSuchItem(String::from_utf8_lossy(local_id).into_owned());
        entry.map_err(of_store)?.map(Entry::from).ok_or_else(unknown)
    }

    /// Looks at every recorded file in the vault; `deep` reads every byte back. Blocks; not while
    /// started. What is missing is settled, so that the next run sends it again.
    pub fn verify(&self, deep: bool, progress: &Progress) -> Result<Verified, EngineError> {
        self.is_open()?;
        let verified = verify(&self.desk, deep, progress)?;
        self.count_again()?;
        Ok(verified)
    }
}

impl Drop for Engine {
    /// An engine that is dropped stops, and nobody waits for it.
    fn drop(&mut self) {
        if !self.close_unstarted() {
            self.desk.inbox.put(Message::Stop);
        }
    }
}
