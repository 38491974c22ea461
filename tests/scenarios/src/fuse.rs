//! A program that dies between two operations on its disks, and not between two steps of the engine: in
//! the middle of a group's names, of a transaction of the catalog, of a page of a scan.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Burns by one with every operation that changes a disk, of the phone's and of the vault's. Once it is
/// through, nothing that the program tries has any effect.
#[derive(Debug, Default)]
pub(crate) struct Fuse(Mutex<State>);

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing burns.
    #[default]
    Out,
    /// So many operations are still done.
    Burns(u64),
    Through,
}

/// Bytes of a file that are written as one operation, whatever pieces they come in: how a pipe is read
/// is not decided here.
const WRITTEN_AT_ONCE: u64 = 4_096;

impl Fuse {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program dies at this operation from now on, before it is done: 1 is the next. 0: it lives.
    pub(crate) fn light(&self, operation: u64) {
        *self.lock() = operation.checked_sub(1).map_or(State::Out, State::Burns);
    }

    /// Whether the program is dead.
    pub(crate) fn is_through(&self) -> bool {
        *self.lock() == State::Through
    }

    /// Whether the program is to die, and lives.
    pub(crate) fn is_lit(&self) -> bool {
        matches!(*self.lock(), State::Burns(_))
    }

    /// An operation is to be done. Says whether it still is.
    pub(crate) fn burns(&self) -> bool {
        self.writes(0, WRITTEN_AT_ONCE).is_none()
    }

    /// So many bytes are to be written behind the first `end` of a file. Where it ends if it is cut short
    /// by death.
    pub(crate) fn writes(&self, end: u64, bytes: u64) -> Option<u64> {
        let mut state = self.lock();
        let first = end.div_ceil(WRITTEN_AT_ONCE);
        let count = (end + bytes).div_ceil(WRITTEN_AT_ONCE) - first;
        match *state {
            State::Out => None,
            State::Burns(left) if left >= count => {
                *state = State::Burns(left - count);
                None
            }
            State::Burns(left) => {
                *state = State::Through;
                Some((first + left) * WRITTEN_AT_ONCE)
            }
            State::Through => Some(end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operation_that_was_said_is_not_done_and_none_behind_it() {
        let fuse = Fuse::default();
        assert!(fuse.burns());
        fuse.light(3);
        assert_eq!([fuse.burns(), fuse.burns(), fuse.is_through()], [true, true, false]);
        assert_eq!([fuse.burns(), fuse.burns(), fuse.is_through()], [false, false, true]);
        fuse.light(0);
        assert!(fuse.burns() && !fuse.is_through());
    }

    #[test]
    fn a_file_is_cut_at_the_same_place_in_whatever_pieces_it_comes() {
        for pieces in [1_000, 4_096, 5_000, 100_000] {
            let fuse = Fuse::default();
            fuse.light(3);
            let mut end = 0;
            let cut = loop {
                match fuse.writes(end, pieces) {
                    None => end += pieces,
                    Some(cut) => break cut,
                }
            };
            assert_eq!(cut, 8_192, "in pieces of {pieces}");
            assert_eq!(fuse.writes(cut, pieces), Some(cut));
        }
    }
}
