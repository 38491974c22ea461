//! What can go wrong: few errors, typed, and each says what the user can do.

use keepsake_engine::log::TARGET;
use keepsake_engine::{EngineError, Refusal};
use keepsake_machine::event::Disappearance;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a call of the engine failed. `detail` is a sentence in English that names the thing and what to
/// do; it holds no photo's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KeepsakeError {
    /// The state folder cannot be made or written: free some space, or choose another.
    #[error("{detail}")]
    State {
        /// What and why.
        detail: String,
    },
    /// The catalog cannot be used now (a newer version wrote it, its disk is full). It is never deleted.
    #[error("{detail}")]
    Catalog {
        /// What and why.
        detail: String,
    },
    /// The vault cannot be used as it is: it is another one, read-only, damaged, or a newer version wrote it.
    #[error("{detail}")]
    Vault {
        /// What and why.
        detail: String,
    },
    /// What does not work now and may later: a vault that is away or full, a disk that fails. Nothing is lost
    /// by it, and the same call goes on then.
    #[error("{detail}")]
    NotNow {
        /// What and why.
        detail: String,
    },
    /// No item has this id.
    #[error("{detail}")]
    NoSuchItem {
        /// Which.
        detail: String,
    },
    /// An engine is open on this state already, in this process: stop it first.
    #[error("{detail}")]
    InUse {
        /// Which state.
        detail: String,
    },
    /// The folder to restore into cannot be used: choose another.
    #[error("{detail}")]
    Destination {
        /// Which and why.
        detail: String,
    },
    /// The engine was stopped: open a new one.
    #[error("the engine has stopped: open a new one")]
    Stopped,
    /// A mistake of ours. Nothing that is safe is touched; please send a report.
    #[error("{detail}")]
    Broken {
        /// What the panic said.
        detail: String,
    },
}

impl From<EngineError> for KeepsakeError {
    fn from(error: EngineError) -> KeepsakeError {
        let detail = error.to_string();
        match error {
            EngineError::Catalog(_) => KeepsakeError::Catalog { detail },
            EngineError::Vault(_) => KeepsakeError::Vault { detail },
            EngineError::NotNow(_) => KeepsakeError::NotNow { detail },
            EngineError::NoSuchItem(_) => KeepsakeError::NoSuchItem { detail },
            EngineError::Destination { .. } => KeepsakeError::Destination { detail },
            EngineError::Stopped => KeepsakeError::Stopped,
            _ => KeepsakeError::State { detail },
        }
    }
}

/// Runs a call so that no panic crosses.
pub(crate) fn guarded<T>(
    call: impl FnOnce() -> Result<T, KeepsakeError>,
) -> Result<T, KeepsakeError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        tracing::error!(target: TARGET, place = "the border", "a panic was caught");
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(KeepsakeError::Broken { detail: said.unwrap_or("a panic without words").to_owned() })
    })
}

/// Why a port of the host did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum PortError {
    /// It is in the cloud, and the network was not allowed.
    #[error("the original is in the cloud")]
    NetworkNeeded,
    /// It was deleted from the library.
    #[error("it is no longer there")]
    Deleted,
    /// It is out of sight: limited access, or its volume is away.
    #[error("it is out of sight")]
    OutOfSight,
    /// Another version is there than the one that was asked for.
    #[error("it has changed")]
    Changed,
    /// It is not in its last form yet: a stand-in (a photo proxy), or still being written. It is asked for
    /// again in a moment, and nothing counts against it.
    #[error("it is not final yet")]
    NotFinal,
    /// This file may not be read.
    #[error("it may not be read")]
    Unreadable,
    /// Reading failed.
    #[error("reading failed")]
    ReadFailed,
    /// The cloud could not deliver it.
    #[error("the cloud could not deliver it")]
    DownloadFailed,
    /// The library lists it and cannot serve it.
    #[error("the library cannot serve it")]
    OriginalMissing,
    /// We have no permission for the library.
    #[error("no permission for the library")]
    NoAccess,
    /// The device is locked.
    #[error("the device is locked")]
    DeviceLocked,
    /// The network went away.
    #[error("no network")]
    Offline,
    /// Different items fail alike: the library itself is unwell.
    #[error("the library does not answer")]
    SourceUnavailable,
    /// This host has no such thing.
    #[error("not supported here")]
    Unsupported,
    /// It stopped because it was told to.
    #[error("stopped")]
    Stopped,
    /// The host's code threw something else: a mistake of the host.
    #[error("the host failed: {detail}")]
    Unexpected {
        /// What it threw.
        detail: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for PortError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> PortError {
        PortError::Unexpected { detail: error.reason }
    }
}

impl PortError {
    /// The same for the core. A mistake of the host is noted in the log: which port, and about which
    /// item, but not what the host said.
    pub(crate) fn heard(self, port: &'static str, resource: Option<i64>) -> Refusal {
        if let PortError::Unexpected { .. } = self {
            let resource = resource.unwrap_or_default();
            tracing::warn!(target: TARGET, port, resource, "a port of the host failed");
        }
        self.into()
    }
}

impl From<PortError> for Refusal {
    fn from(error: PortError) -> Refusal {
        match error {
            PortError::NetworkNeeded => Refusal::NetworkNeeded,
            PortError::Deleted => Refusal::Gone(Disappearance::Deleted),
            PortError::OutOfSight => Refusal::Gone(Disappearance::Hidden),
            PortError::Changed => Refusal::Changed,
            PortError::NotFinal => Refusal::NotFinal,
            PortError::Unreadable => Refusal::Unreadable,
            PortError::ReadFailed => Refusal::ReadFailed,
            PortError::DownloadFailed => Refusal::DownloadFailed,
            PortError::OriginalMissing => Refusal::OriginalMissing,
            PortError::NoAccess => Refusal::NoAccess,
            PortError::DeviceLocked => Refusal::DeviceLocked,
            PortError::Offline => Refusal::Offline,
            PortError::SourceUnavailable => Refusal::SourceUnavailable,
            // Both are the host's fault, and counted as that.
            PortError::Unsupported | PortError::Unexpected { .. } => Refusal::Unsupported,
            PortError::Stopped => Refusal::Stopped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Crossed = fn(String) -> KeepsakeError;

    #[test]
    fn an_error_crosses_as_what_the_caller_can_do_about_it_and_says_the_same() {
        let state =
            || EngineError::State { path: "s".into(), source: std::io::Error::other("full") };
        let destination = || EngineError::Destination { path: "d".into(), why: "a file".into() };
        let log = || EngineError::Log { path: "l".into(), why: "torn".into() };
        let all: [(EngineError, Crossed); 9] = [
            (state(), |detail| KeepsakeError::State { detail }),
            (EngineError::NoRoom("no room".into()), |detail| KeepsakeError::State { detail }),
            (log(), |detail| KeepsakeError::State { detail }),
            (EngineError::Catalog("newer".into()), |detail| KeepsakeError::Catalog { detail }),
            (EngineError::Vault("another".into()), |detail| KeepsakeError::Vault { detail }),
            (EngineError::NotNow("away".into()), |detail| KeepsakeError::NotNow { detail }),
            (EngineError::NoSuchItem("7".into()), |detail| KeepsakeError::NoSuchItem { detail }),
            (destination(), |detail| KeepsakeError::Destination { detail }),
            (EngineError::Stopped, |_| KeepsakeError::Stopped),
        ];
        for (error, crossed) in all {
            let said = error.to_string();
            assert_eq!(KeepsakeError::from(error), crossed(said));
        }
    }
}
