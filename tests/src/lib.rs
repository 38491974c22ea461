//! Support for the tests of the whole house: the built `keepsake`, run as a person runs it.
//!
//! Here live what the tests in `tests/` share: a [`place`] of its own for every test, the
//! [`program`] and what it did, [`photos`] made from a seed, what is in a [`tree`] of files and in a
//! vault's [`records`], small [`disk`]s, and faults and counts of system calls ([`trace`]). No test of a single room lives
//! here: those stand beside the code that they test.

pub mod disk;
pub mod photos;
pub mod place;
pub mod program;
pub mod random;
pub mod records;
pub mod skip;
pub mod trace;
pub mod tree;

pub use place::Place;
pub use program::{Call, Outcome, Running};
