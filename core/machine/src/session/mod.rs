//! The session: holds, permits, disk, budget, windows, fairness, advice, free-up, migration.

pub mod advice;
pub mod alarm;
pub mod backoff;
pub mod budget;
pub mod disk;
pub mod estimate;
pub mod free_up;
pub mod holds;
pub mod migration;
