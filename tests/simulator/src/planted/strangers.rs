//! Bugs by somebody who had not read the simulator: only the machine's events, effects and parts.

use super::Bug;

/// All of them.
pub const BUGS: [Bug; 0] = [];
