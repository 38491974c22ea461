//! The way to the vault: open, or away until a probe finds it again.

use crate::runtime::Runtime;
use keepsake_vault::{FolderVault, OpenFolder, Vault, VaultError};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How the vault is opened.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) root: PathBuf,
    pub(crate) how: OpenFolder,
}

impl Way {
    /// Opens it.
    pub(crate) fn open(&self) -> Result<Arc<dyn Vault>, VaultError> {
        let vault = FolderVault::open(self.runtime.files(), &self.root, self.how)?;
        Ok(self.runtime.show(Arc::new(vault)))
    }
}

/// The vault, if it is there.
pub(crate) struct Link {
    way: Option<Way>,
    state: Mutex<State>,
}

enum State {
    Open(Arc<dyn Vault>),
    Away(VaultError),
    /// The engine has stopped.
    Closed,
}

impl Link {
    /// To a vault that was opened by `way`, or that could not be opened now.
    pub(crate) fn new(way: Option<Way>, opened: Result<Arc<dyn Vault>, VaultError>) -> Link {
        let state = match opened {
            Ok(vault) => State::Open(vault),
            Err(why) => State::Away(why),
        };
        Link { way, state: Mutex::new(state) }
    }

    /// The vault, or why it is not there.
    pub(crate) fn vault(&self) -> Result<Arc<dyn Vault>, VaultError> {
        match &*self.lock() {
            State::Open(vault) => Ok(Arc::clone(vault)),
            State::Away(why) => Err(why.again()),
            State::Closed => Err(VaultError::Stopped),
        }
    }

    /// Lets go of it: a disk may be taken out then.
    pub(crate) fn close(&self) {
        *self.lock() = State::Closed;
    }

    /// How it is now; one that was away is opened. Says also whether it was opened just now.
    pub(crate) fn probe(&self) -> (Result<Option<u64>, VaultError>, bool) {
        let mut opened = false;
        let vault = self.vault().or_else(|away| {
            let way = self.way.as_ref().ok_or(away)?;
            let vault = way.open();
            let mut state = self.lock();
            if let State::Closed = *state {
                return Err(VaultError::Stopped);
            }
            match vault {
                Ok(vault) => {
                    opened = true;
                    *state = State::Open(Arc::clone(&vault));
                    Ok(vault)
                }
                Err(why) => {
                    *state = State::Away(why.again());
                    Err(why)
                }
            }
        });
        (vault.and_then(|vault| vault.probe()), opened)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
