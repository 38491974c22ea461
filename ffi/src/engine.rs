//! The one object.

use crate::error::{KeepsakeError, guarded};
use crate::events::Event;
use crate::facts::Fact;
use crate::library::{Page, Position};
use crate::ports::{PhotoLibrary, Ports, Storage, Transfers};
use crate::status::Status;
use keepsake_engine::verify::Progress;
use keepsake_engine::{Destination, Options};
use keepsake_machine::media::ResourceId;
use keepsake_machine::settings::Settings;
use std::path::PathBuf;
use std::sync::Arc;

/// Everything an engine is opened with.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Configuration {
    /// The path of a folder of the app's own, for nothing else: catalog, staging, logs. Made when it is
    /// missing. Only one engine may be open on it.
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

/// What a look at everything in the vault found.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Verified {
    /// Files that are as recorded.
    pub good: u64,
    /// Paths of files that are missing: the next run sends them again.
    pub missing: Vec<String>,
    /// Paths of files that are damaged: the next run sends them again, beside these.
    pub damaged: Vec<String>,
    /// Paths of files that could not be read now.
    pub unreadable: Vec<String>,
    /// Files of which no record speaks any more: the next run looks for them, or sends them again.
    pub unrecorded: u64,
}

/// A backup of one library into one vault. May be used from any thread; of several that wait for
/// events each gets a part.
#[derive(uniffi::Object)]
pub struct Engine {
    inner: keepsake_engine::Engine,
}

/// What is chosen for a user who has not chosen yet.
#[uniffi::export]
pub fn default_settings() -> Settings {
    Settings::default()
}

impl Configuration {
    pub(crate) fn options(self) -> Options {
        let (vault, reserve) = match self.vault {
            Some(VaultPlace::Folder { path, reserve }) => {
                (Some(Destination::Folder(path.into())), reserve)
            }
            None => (None, None),
        };
        let mut options = Options::new(PathBuf::from(self.state), vault);
        options.vault_reserve = reserve;
        options.settings = self.settings;
        options.utc_offset = self.utc_offset;
        options
    }
}

impl HostPorts {
    pub(crate) fn source(self) -> Arc<Ports> {
        let HostPorts { library, transfers, storage } = self;
        Arc::new(Ports { library, transfers, storage })
    }
}

impl Engine {
    pub(crate) fn new(inner: keepsake_engine::Engine) -> Arc<Engine> {
        Arc::new(Engine { inner })
    }
}

#[uniffi::export]
impl Engine {
    /// Opens catalog and vault. Waits for the disk: not on the main thread. Nothing is backed up before
    /// [`Engine::start`].
    #[uniffi::constructor]
    pub fn open(
        configuration: Configuration,
        ports: HostPorts,
    ) -> Result<Arc<Engine>, KeepsakeError> {
        guarded(|| {
            let inner = keepsake_engine::Engine::open(configuration.options(), ports.source())?;
            Ok(Engine::new(inner))
        })
    }

    /// Starts. A second call does nothing.
    pub fn start(&self) -> Result<(), KeepsakeError> {
        guarded(|| Ok(self.inner.start()?))
    }

    /// The user pauses; survives a restart.
    pub fn pause(&self) -> Result<(), KeepsakeError> {
        guarded(|| {
            self.inner.pause();
            Ok(())
        })
    }

    /// The user resumes.
    pub fn resume(&self) -> Result<(), KeepsakeError> {
        guarded(|| {
            self.inner.resume();
            Ok(())
        })
    }

    /// Stops: what is under way ends or is cut short, the stream of events ends. Waits for that.
    pub fn stop(&self) -> Result<(), KeepsakeError> {
        guarded(|| {
            self.inner.stop();
            Ok(())
        })
    }

    /// Tells what only the host knows.
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
        guarded(|| {
            self.inner.change_settings(settings);
            Ok(())
        })
    }

    /// The user wants to free space: at most so many bytes, or as many as can be. What can be let go is
    /// proposed through [`PhotoLibrary::propose`].
    pub fn free_up(&self, wanted: Option<u64>) -> Result<(), KeepsakeError> {
        guarded(|| {
            self.inner.free_up(wanted);
            Ok(())
        })
    }

    /// Tries items again that were given up on: these, or all. Says how many.
    pub fn retry(&self, resources: Option<Vec<i64>>) -> Result<u64, KeepsakeError> {
        let resources = resources.map(|all| all.into_iter().map(ResourceId).collect::<Vec<_>>());
        guarded(|| Ok(self.inner.retry(resources.as_deref())?))
    }

    /// These are not backed up again, by any device that shares the vault; what lies there stays. Says
    /// how many. Waits for the vault.
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
    pub fn verify(&self, deep: bool) -> Result<Verified, KeepsakeError> {
        guarded(|| {
            let found = self.inner.verify(deep, &Progress::default())?;
            Ok(Verified {
                good: found.good,
                missing: found.missing,
                damaged: found.damaged,
                unreadable: found.unreadable,
                unrecorded: found.unrecorded,
            })
        })
    }

    /// The next thing to show; `None` once the engine has stopped. A call that is cancelled loses
    /// nothing.
    pub async fn next_event(&self) -> Option<Event> {
        self.inner.next_event().await.map(Event::from)
    }

    /// The next thing to show, if one waits.
    pub fn waiting_event(&self) -> Option<Event> {
        self.inner.waiting_event().map(Event::from)
    }
}
