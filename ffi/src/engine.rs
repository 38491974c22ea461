//! The one object.

use crate::claim::Claim;
use crate::error::{KeepsakeError, guarded};
use crate::events::Event;
use crate::facts::Fact;
use crate::library::{Page, Position};
use crate::ports::{PhotoLibrary, Ports, Storage, Transfers};
use crate::restore::Progress;
use crate::status::Status;
use keepsake_engine::log::TARGET;
use keepsake_engine::{Destination, Options, verify};
use keepsake_machine::media::ResourceId;
use keepsake_machine::settings::Settings;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Everything an engine is opened with.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Configuration {
    /// The path of a folder of the app's own, for nothing else: catalog, staging, logs. Made when it is
    /// missing. Only one engine is open on it: another one in this process is refused with
    /// [`KeepsakeError::InUse`]; that no other process has one is the app's care.
    pub state: String,
    /// Where the backups go; `None`: where they went last (for showing the library).
    pub vault: Option<VaultPlace>,
    /// What the user chose.
    pub settings: Settings,
    /// Minutes east of UTC, for calendar days only.
    pub utc_offset: i32,
}

/// A place for backups.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum VaultPlace {
    /// A folder. A new one is made; a known one that is not there now is waited for.
    Folder {
        /// Its path.
        path: String,
        /// Free space that is left on its disk, in bytes; `None`: max(1 GB, 5 %).
        reserve: Option<u64>,
    },
}

/// The host's ports.
#[derive(Clone, uniffi::Record)]
pub struct HostPorts {
    /// Its photos.
    pub library: Arc<dyn PhotoLibrary>,
    /// Its OS's transfers, where it has any.
    pub transfers: Option<Arc<dyn Transfers>>,
    /// How its OS counts free space; `None`: as the volume of the state folder does.
    pub storage: Option<Arc<dyn Storage>>,
}

/// What a look at everything in the vault found. Paths are relative to the vault.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Verified {
    /// Files that are as recorded.
    pub good: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Paths of files that are missing: the next run sends them again.
    pub missing: Vec<String>,
    /// Paths of files that are missing, while the same bytes lie elsewhere in the vault: nothing is lost.
    pub elsewhere: Vec<String>,
    /// Paths of files that are damaged: the next run sends them again, beside these.
    pub damaged: Vec<String>,
    /// Paths where other bytes lie than are recorded, while those lie elsewhere. What lies here may be the
    /// only copy of something: nobody should delete it on this list's word.
    pub altered: Vec<String>,
    /// Paths of files that somebody removed, whose name another recorded file has by now, and whose bytes
    /// are nowhere else.
    pub replaced: Vec<String>,
    /// Paths of files that could not be read now: nothing is said of them.
    pub unreadable: Vec<String>,
    /// Files that were safe and of which no record speaks any more: the next run looks for them, or sends
    /// them again.
    pub unrecorded: u64,
    /// Paths of files of which no record speaks: [`crate::restore::restore`] brings them back under these
    /// names.
    pub loose: Vec<String>,
    /// What lies in the vault and cannot be looked at.
    pub unseen: Vec<String>,
    /// Segments of records that are torn, with the reason.
    pub segments: Vec<String>,
    /// Segments of records that cannot be read now, with the reason: nothing is said of what only they
    /// name.
    pub closed: Vec<String>,
    /// Whether it was stopped before the end: then nothing is said of the rest.
    pub stopped: bool,
}

/// A backup of one library into one vault. May be used from any thread; of several that wait for
/// events each gets a part.
#[derive(uniffi::Object)]
pub struct Engine {
    inner: Arc<keepsake_engine::Engine>,
    /// Until it has stopped. None in virtual time: there a program is killed and leaves nothing behind.
    claim: Mutex<Option<Claim>>,
}

/// What is chosen for a user who has not chosen yet.
#[uniffi::export]
pub fn default_settings() -> Settings {
    Settings::default()
}

impl Configuration {
    pub(crate) fn options(self) -> Options {
        let reserve = match &self.vault {
            Some(VaultPlace::Folder { reserve, .. }) => *reserve,
            None => None,
        };
        let vault = self.vault.map(VaultPlace::destination);
        let mut options = Options::new(PathBuf::from(self.state), vault);
        options.vault_reserve = reserve;
        options.settings = self.settings;
        options.utc_offset = self.utc_offset;
        options
    }
}

impl VaultPlace {
    pub(crate) fn destination(self) -> Destination {
        match self {
            VaultPlace::Folder { path, .. } => Destination::Folder(path.into()),
        }
    }
}

impl HostPorts {
    pub(crate) fn source(self) -> Arc<Ports> {
        let HostPorts { library, transfers, storage } = self;
        Arc::new(Ports { library, transfers, storage })
    }
}

impl Engine {
    pub(crate) fn new(inner: keepsake_engine::Engine, claim: Option<Claim>) -> Arc<Engine> {
        Arc::new(Engine { inner: Arc::new(inner), claim: Mutex::new(claim) })
    }

    /// Whoever wants the state may wait for it from now on. Gives the claim, the first time.
    fn leaves(&self) -> Option<Claim> {
        let claim = self.claim.lock().unwrap_or_else(PoisonError::into_inner).take();
        claim.inspect(Claim::leaves)
    }

    /// Passes on what the user wants; after the end nobody would hear it.
    fn wish(&self, wish: impl FnOnce(&keepsake_engine::Engine)) -> Result<(), KeepsakeError> {
        guarded(|| {
            wish(&self.inner);
            if self.inner.is_stopped() { Err(KeepsakeError::Stopped) } else { Ok(()) }
        })
    }
}

#[uniffi::export]
impl Engine {
    /// Opens catalog and vault. Waits for the disk, and for an engine on the same state that was let go of
    /// and has not ended yet: not on the main thread. Nothing is backed up before [`Engine::start`].
    #[uniffi::constructor]
    pub fn open(
        configuration: Configuration,
        ports: HostPorts,
    ) -> Result<Arc<Engine>, KeepsakeError> {
        guarded(|| {
            let options = configuration.options();
            let claim = Claim::to(&options.state)?;
            let inner = keepsake_engine::Engine::open(options, ports.source())?;
            Ok(Engine::new(inner, Some(claim)))
        })
    }

    /// Starts. A second call does nothing; after a stop it is [`KeepsakeError::Stopped`].
    pub fn start(&self) -> Result<(), KeepsakeError> {
        guarded(|| Ok(self.inner.start()?))
    }

    /// The user pauses; survives a restart. This and every other wish of the user is
    /// [`KeepsakeError::Stopped`] after the end, when nobody would hear it.
    pub fn pause(&self) -> Result<(), KeepsakeError> {
        self.wish(keepsake_engine::Engine::pause)
    }

    /// The user resumes.
    pub fn resume(&self) -> Result<(), KeepsakeError> {
        self.wish(keepsake_engine::Engine::resume)
    }

    /// Stops: what is under way ends or is cut short, catalog and vault are closed, the stream of events
    /// ends. Waits for that: afterwards the same state may be opened at once, whoever still holds this
    /// engine. A second call does nothing but wait.
    pub fn stop(&self) -> Result<(), KeepsakeError> {
        guarded(|| {
            let claim = self.leaves();
            self.inner.stop();
            drop(claim);
            Ok(())
        })
    }

    /// Stops without waiting for it, as an engine does that is let go of. Whoever opens the same state
    /// meanwhile waits instead.
    pub fn let_go(&self) {
        let Some(claim) = self.leaves() else { return };
        let inner = Arc::clone(&self.inner);
        let ending = move || {
            inner.stop();
            drop(claim);
        };
        let thread = std::thread::Builder::new().name("keepsake-end".into());
        // Without a thread nothing is known of its end: the state is as free as the system is.
        let _ = thread.spawn(ending);
    }

    /// Tells what only the host knows. Passed over after the end: what tells of a network or a charger
    /// cannot know of it.
    pub fn tell(&self, facts: Vec<Fact>) -> Result<(), KeepsakeError> {
        guarded(|| {
            for fact in facts {
                self.inner.tell(fact.into());
            }
            Ok(())
        })
    }

    /// The user changed the settings.
    pub fn change_settings(&self, settings: Settings) -> Result<(), KeepsakeError> {
        self.wish(|engine| engine.change_settings(settings))
    }

    /// The user wants to free space: at most so many bytes, or as many as can be. What can be let go is
    /// proposed through [`PhotoLibrary::propose`].
    pub fn free_up(&self, wanted: Option<u64>) -> Result<(), KeepsakeError> {
        self.wish(|engine| engine.free_up(wanted))
    }

    /// Tries items again that were given up on: these, or all. Says how many.
    pub fn retry(&self, resources: Option<Vec<i64>>) -> Result<u64, KeepsakeError> {
        let resources = resources.map(|all| all.into_iter().map(ResourceId).collect::<Vec<_>>());
        guarded(|| Ok(self.inner.retry(resources.as_deref())?))
    }

    /// These are not backed up again, by any device that shares the vault (what only describes one asset, a
    /// sidecar or adjustment data, by this one); what lies there stays. Says how many. Waits for the vault.
    pub fn forget(&self, resources: Vec<i64>) -> Result<u64, KeepsakeError> {
        let resources: Vec<_> = resources.into_iter().map(ResourceId).collect();
        guarded(|| Ok(self.inner.forget(&resources)?))
    }

    /// Where everything is.
    pub fn status(&self) -> Result<Status, KeepsakeError> {
        guarded(|| Ok(self.inner.status().into()))
    }

    /// Why the vault is not there, if it is not, as it was when opened.
    pub fn vault_away(&self) -> Result<Option<String>, KeepsakeError> {
        guarded(|| Ok(self.inner.vault_away()))
    }

    /// A page of the library, newest first.
    pub fn library(&self, below: Option<Position>, most: u32) -> Result<Page, KeepsakeError> {
        guarded(|| Ok(self.inner.library(below.map(Position::into), most)?.into()))
    }

    /// Looks at every recorded file in the vault; `deep` reads every byte back. Not while started. Waits.
    #[allow(clippy::needless_pass_by_value)] // uniffi hands values over
    pub fn verify(&self, deep: bool, progress: Arc<Progress>) -> Result<Verified, KeepsakeError> {
        guarded(|| {
            let found = self.inner.verify(deep, &progress.0)?;
            tracing::info!(
                target: TARGET,
                good = found.good,
                missing = found.missing.len(),
                damaged = found.damaged.len(),
                altered = found.altered.len(),
                segments = found.segments.len(),
                stopped = found.stopped,
                "a look at the vault ended"
            );
            Ok(found.into())
        })
    }

    /// The next thing to show; `None` once the engine has stopped. A future that is dropped before it is
    /// ready loses nothing.
    pub async fn next_event(&self) -> Option<Event> {
        self.inner.next_event().await.map(Event::from)
    }

    /// Waits until there is something for [`Engine::waiting_event`], and takes nothing; `false` once the
    /// engine has stopped and all was taken. For Kotlin, where a call that is cancelled just when its
    /// answer arrives drops the answer: the event would be gone with it.
    pub async fn event_waits(&self) -> bool {
        self.inner.event_waits().await
    }

    /// The next thing to show, if one waits.
    pub fn waiting_event(&self) -> Option<Event> {
        self.inner.waiting_event().map(Event::from)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl From<verify::Verified> for Verified {
    fn from(found: verify::Verified) -> Verified {
        Verified {
            good: found.good,
            bytes: found.bytes,
            missing: found.missing,
            elsewhere: found.elsewhere,
            damaged: found.damaged,
            altered: found.altered,
            replaced: found.replaced,
            unreadable: found.unreadable,
            unrecorded: found.unrecorded,
            loose: found.loose,
            unseen: found.unseen,
            segments: found.segments,
            closed: found.closed,
            stopped: found.stopped,
        }
    }
}
