//! Migration: a library larger than the phone, guided step by step until everything is safe.

use serde::{Deserialize, Serialize};

/// Where the migration is. Each step survives a kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Migration {
    /// Not asked for, or not needed.
    #[default]
    Off,
}
