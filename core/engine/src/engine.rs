//! The engine's public face: opened on a source, a vault and a state folder.

use crate::error::EngineError;
use crate::events::Happened;
use crate::host::HostFact;
use crate::library::LibraryPage;
use crate::options::Options;
use crate::source::Source;
use crate::verify::{Progress, Verified};
use keepsake_machine::media::ResourceId;
use keepsake_machine::row::Position;
use keepsake_machine::settings::Settings;
use keepsake_machine::status::Status;
use std::sync::Arc;

/// A backup of one source into one vault. Cheap to share behind an `Arc`; all calls take `&self`.
pub struct Engine {}

impl Engine {
    /// Opens the catalog and the vault, cleans what an earlier run left in staging, and reads what
    /// the vault's records say that is new. Blocks; nothing is backed up before [`Engine::start`].
    pub fn open(options: Options, source: Arc<dyn Source>) -> Result<Engine, EngineError> {
        let _ = (options, source);
        unimplemented!()
    }

    /// Starts the loop, on a thread of its own. A second call does nothing.
    pub fn start(&self) -> Result<(), EngineError> {
        unimplemented!()
    }

    /// The user pauses: what is under way stops within 1 MiB, the open group is closed. Survives a
    /// restart, until [`Engine::resume`].
    pub fn pause(&self) {
        unimplemented!()
    }

    /// The user resumes.
    pub fn resume(&self) {
        unimplemented!()
    }

    /// Stops the loop: what is under way ends or is cut short, the catalog is closed, the stream
    /// says `None`. Going on later is [`Engine::open`] again. Returns when it has stopped.
    pub fn stop(&self) {
        unimplemented!()
    }

    /// Tells a fact that only the host knows.
    pub fn tell(&self, fact: HostFact) {
        let _ = fact;
        unimplemented!()
    }

    /// The user changed the settings.
    pub fn change_settings(&self, settings: Settings) {
        let _ = settings;
        unimplemented!()
    }

    /// The next thing to show; `None` once the engine has stopped. One stream: of two callers each
    /// gets a part. Cancel-safe: a dropped call loses nothing.
    pub async fn next_event(&self) -> Option<Happened> {
        unimplemented!()
    }

    /// Where everything is, at most a tenth of a second old while work goes on. Also before
    /// [`Engine::start`]: from the catalog.
    pub fn status(&self) -> Status {
        unimplemented!()
    }

    /// Tries quarantined items again: these, or all. Says how many.
    pub fn retry(&self, which: Option<&[ResourceId]>) -> Result<u64, EngineError> {
        let _ = which;
        unimplemented!()
    }

    /// Writes a tombstone for the bytes of these items: they are not backed up again, by any
    /// device, and their rows rest as forgotten. Files in the vault stay. Says how many.
    pub fn forget(&self, which: &[ResourceId]) -> Result<u64, EngineError> {
        let _ = which;
        unimplemented!()
    }

    /// A page of the library, newest first, from `below` on.
    pub fn library(&self, below: Option<Position>, most: u32) -> Result<LibraryPage, EngineError> {
        let _ = (below, most);
        unimplemented!()
    }

    /// One item, to name it.
    pub fn entry(&self, resource: ResourceId) -> Result<crate::library::Entry, EngineError> {
        let _ = resource;
        unimplemented!()
    }

    /// The item that a scan called so.
    pub fn find(&self, local_id: &[u8]) -> Result<crate::library::Entry, EngineError> {
        let _ = local_id;
        unimplemented!()
    }

    /// Looks at every recorded file in the vault; `deep` reads every byte back. Blocks; not while
    /// started. What is missing is settled, so that the next run sends it again.
    pub fn verify(&self, deep: bool, progress: &Progress) -> Result<Verified, EngineError> {
        let _ = (deep, progress);
        unimplemented!()
    }
}
