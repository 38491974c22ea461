//! File descriptors that cross the border: owned by whoever got them last.
#![allow(unsafe_code)] // a number becomes a file: only here

use crate::error::PortError;
use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd};
use std::fs::File;

/// Takes over a descriptor that the host has let go of (`detachFd`). A number that is none is an error.
pub fn taken(number: i32) -> Result<File, PortError> {
    if number < 0 {
        return Err(PortError::Unexpected { detail: format!("{number} is no descriptor") });
    }
    // SAFETY: only looked at, to see whether it is open.
    let looked = rustix::io::fcntl_getfd(unsafe { BorrowedFd::borrow_raw(number) });
    looked.map_err(|error| PortError::Unexpected {
        detail: format!("descriptor {number} is not open: {error}"),
    })?;
    // SAFETY: it is open, and the port's contract is that the host has let go of it.
    Ok(unsafe { File::from_raw_fd(number) })
}

/// Gives one away: the host closes it.
pub fn given(file: File) -> i32 {
    debug_assert!(file.as_raw_fd() >= 0);
    file.into_raw_fd()
}
