//! Errors become answers, once, here: whose fault is it, and what is the machine told?

use crate::source::Refusal;
use keepsake_machine::event::{Answer, Trouble, VaultHealth};
use keepsake_machine::stage::Fault;
use keepsake_vault::{Blame, VaultError};
use rustix::io::Errno;
use std::io;

/// A refusal of the source, as an IO error: on its way through somebody else's `Read`.
pub(crate) fn as_io(refusal: Refusal) -> io::Error {
    io::Error::other(refusal)
}

/// A poured original that ended before its end.
#[derive(Debug, thiserror::Error)]
#[error("the original ended before its end")]
pub(crate) struct Incomplete;

fn failed(fault: Fault, wasted: u64) -> Answer {
    Answer::Failed { fault, wasted }
}

/// What the machine is told when the source refuses; `wasted` bytes were moved in vain.
pub(crate) fn refused(refusal: Refusal, wasted: u64) -> Answer {
    match refusal {
        Refusal::NetworkNeeded => Answer::NetworkNeeded,
        Refusal::Gone(how) => Answer::Gone(how),
        Refusal::Changed => Answer::Changed,
        Refusal::NotFinal => Answer::NotFinal,
        Refusal::Unreadable => failed(Fault::Unreadable, wasted),
        Refusal::ReadFailed => failed(Fault::ReadFailed, wasted),
        Refusal::DownloadFailed => failed(Fault::DownloadFailed, wasted),
        Refusal::OriginalMissing => failed(Fault::OriginalMissing, wasted),
        Refusal::NoAccess => Answer::Held(Trouble::NoAccess),
        Refusal::DeviceLocked => Answer::Held(Trouble::DeviceLocked),
        Refusal::Offline => Answer::Held(Trouble::Offline),
        Refusal::SourceUnavailable => Answer::Held(Trouble::SourceUnavailable),
        Refusal::Unsupported => failed(Fault::HostFault, wasted),
        Refusal::Stopped => Answer::Stopped,
    }
}

/// What the machine is told when reading an original fails.
pub(crate) fn unread(error: &io::Error, wasted: u64) -> Answer {
    if let Some(inner) = error.get_ref() {
        if let Some(refusal) = inner.downcast_ref::<Refusal>() {
            return refused(*refusal, wasted);
        }
        if inner.is::<Incomplete>() {
            return failed(Fault::DownloadIncomplete, wasted);
        }
    }
    if let Some(code) = error.raw_os_error() {
        // The volume went away under an open file.
        let away = [Errno::NODEV, Errno::NXIO, Errno::STALE, Errno::NOTCONN, Errno::HOSTDOWN];
        if away.contains(&Errno::from_raw_os_error(code)) {
            return Answer::Held(Trouble::SourceUnavailable);
        }
    }
    match error.kind() {
        io::ErrorKind::PermissionDenied => failed(Fault::Unreadable, wasted),
        _ => failed(Fault::ReadFailed, wasted),
    }
}

/// What the machine is told when our own staging cannot be written.
pub(crate) fn unwritten(error: &io::Error, wasted: u64) -> Answer {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Answer::Held(Trouble::DiskFull)
        }
        _ => failed(Fault::DownloadFailed, wasted),
    }
}

/// What the machine is told when the vault fails.
pub(crate) fn vault(error: &VaultError, wasted: u64) -> Answer {
    match error.blame() {
        Blame::Trouble(trouble) => Answer::Held(trouble),
        Blame::Item(fault) => failed(fault, wasted),
        Blame::Stopped => Answer::Stopped,
        Blame::Source => match error {
            VaultError::Source(error) => unread(error, wasted),
            _ => failed(Fault::ReadFailed, wasted),
        },
    }
}

/// How the vault is, by what a probe came to.
pub(crate) fn health(probed: &Result<Option<u64>, VaultError>) -> VaultHealth {
    match probed {
        Ok(room) => VaultHealth::Up { room: *room },
        Err(error) => match error.blame() {
            Blame::Trouble(Trouble::VaultFull { .. }) => VaultHealth::Full,
            Blame::Trouble(Trouble::SignedOut) => VaultHealth::SignedOut,
            _ => VaultHealth::Unavailable,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_machine::event::Disappearance;

    #[test]
    fn every_failure_is_blamed_on_whom_it_is_about() {
        let source = |error| vault(&VaultError::Source(error), 7);
        let errno = |errno: Errno| io::Error::from_raw_os_error(errno.raw_os_error());
        let full = |needed| VaultError::Full { needed };
        let away = || VaultError::Unavailable { place: "x".into(), why: "y".into() };
        let refuses = VaultError::Refused { name: "x".into(), why: "y".into() };
        let table = [
            (source(as_io(Refusal::NetworkNeeded)), Answer::NetworkNeeded),
            (source(as_io(Refusal::Changed)), Answer::Changed),
            (source(as_io(Refusal::NotFinal)), Answer::NotFinal),
            (
                source(as_io(Refusal::Gone(Disappearance::Hidden))),
                Answer::Gone(Disappearance::Hidden),
            ),
            (source(as_io(Refusal::Unreadable)), failed(Fault::Unreadable, 7)),
            (source(as_io(Refusal::ReadFailed)), failed(Fault::ReadFailed, 7)),
            (source(as_io(Refusal::DownloadFailed)), failed(Fault::DownloadFailed, 7)),
            (source(as_io(Refusal::OriginalMissing)), failed(Fault::OriginalMissing, 7)),
            (source(as_io(Refusal::NoAccess)), Answer::Held(Trouble::NoAccess)),
            (source(as_io(Refusal::DeviceLocked)), Answer::Held(Trouble::DeviceLocked)),
            (source(as_io(Refusal::Offline)), Answer::Held(Trouble::Offline)),
            (source(as_io(Refusal::SourceUnavailable)), Answer::Held(Trouble::SourceUnavailable)),
            (source(as_io(Refusal::Unsupported)), failed(Fault::HostFault, 7)),
            (source(as_io(Refusal::Stopped)), Answer::Stopped),
            (source(io::Error::other(Incomplete)), failed(Fault::DownloadIncomplete, 7)),
            (source(errno(Errno::IO)), failed(Fault::ReadFailed, 7)),
            (source(errno(Errno::ACCESS)), failed(Fault::Unreadable, 7)),
            (source(errno(Errno::NODEV)), Answer::Held(Trouble::SourceUnavailable)),
            (source(errno(Errno::STALE)), Answer::Held(Trouble::SourceUnavailable)),
            (vault(&full(9), 7), Answer::Held(Trouble::VaultFull { needed: 9 })),
            (vault(&away(), 7), Answer::Held(Trouble::VaultUnavailable)),
            (vault(&VaultError::SignedOut, 7), Answer::Held(Trouble::SignedOut)),
            (vault(&VaultError::Stopped, 7), Answer::Stopped),
            (vault(&refuses, 7), failed(Fault::Refused, 7)),
            (unwritten(&errno(Errno::NOSPC), 7), Answer::Held(Trouble::DiskFull)),
            (unwritten(&errno(Errno::DQUOT), 7), Answer::Held(Trouble::DiskFull)),
            (unwritten(&errno(Errno::IO), 7), failed(Fault::DownloadFailed, 7)),
        ];
        for (number, (told, meant)) in table.into_iter().enumerate() {
            assert_eq!(told, meant, "line {number}");
        }
        assert_eq!(health(&Ok(Some(3))), VaultHealth::Up { room: Some(3) });
        assert_eq!(health(&Err(full(1))), VaultHealth::Full);
        assert_eq!(health(&Err(away())), VaultHealth::Unavailable);
        assert_eq!(health(&Err(VaultError::SignedOut)), VaultHealth::SignedOut);
    }
}
