//! The alarm: nothing was made safe for seven days though work remains.

use serde::{Deserialize, Serialize};

/// What is stored: when something was last made safe, or work last began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Alarm {}
