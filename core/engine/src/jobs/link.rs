//! The way to the vault: open, or away until a probe finds it again.

use super::Failed;
use crate::runtime::Runtime;
use crate::store::StoreError;
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
    way: Way,
    state: Mutex<State>,
    /// One looks at a time: who opens a vault sweeps its staging.
    probing: Mutex<()>,
}

enum State {
    Open(Arc<dyn Vault>),
    Away(VaultError),
    /// The engine has stopped.
    Closed,
}

impl Link {
    /// To a vault that was opened by `way`, or that could not be opened now.
    pub(crate) fn new(way: Way, opened: Result<Arc<dyn Vault>, VaultError>) -> Link {
        let state = match opened {
            Ok(vault) => State::Open(vault),
            Err(why) => State::Away(why),
        };
        Link { way, state: Mutex::new(state), probing: Mutex::new(()) }
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

    /// It cannot be used, though it was opened.
    pub(crate) fn goes_away(&self, why: VaultError) {
        self.becomes(State::Away(why));
    }

    /// The user has signed in: one that was away for that is only not asked yet.
    pub(crate) fn signed_in(&self) {
        let mut state = self.lock();
        if let State::Away(VaultError::SignedOut) = *state {
            let place = self.way.root.display().to_string();
            let why = "it was not asked since the sign-in".to_owned();
            *state = State::Away(VaultError::Unavailable { place, why });
        }
    }

    /// How it is now: its room; and whether it was opened just now. One that was away is opened, and nobody
    /// else gets it before `learn` has read what others recorded meanwhile: what it has is not sent again.
    pub(crate) fn probe(
        &self,
        learn: impl FnOnce(&dyn Vault) -> Result<(), Failed>,
    ) -> Result<(Result<Option<u64>, VaultError>, bool), StoreError> {
        let _one = self.probing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(vault) = self.vault() {
            return Ok((vault.probe(), false));
        }
        let opened = self.way.open().map_err(Failed::from);
        match opened.and_then(|vault| learn(&*vault).map(|()| vault)) {
            Ok(vault) => {
                self.becomes(State::Open(Arc::clone(&vault)));
                Ok((vault.probe(), true))
            }
            Err(Failed::Vault(why)) => {
                self.goes_away(why.again());
                Ok((Err(why), false))
            }
            Err(Failed::Store(why)) => Err(why),
        }
    }

    /// What is closed stays so.
    fn becomes(&self, new: State) {
        let mut state = self.lock();
        if !matches!(*state, State::Closed) {
            *state = new;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
