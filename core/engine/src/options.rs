//! What an engine is opened with.

use keepsake_machine::settings::{Limits, Settings};
use std::path::PathBuf;

/// Where the backups go. One is active at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A folder: made, with its id, when this state has never known a vault there; a known one
    /// whose id is absent is unavailable and never made anew, but for [`Options::new_records`].
    Folder(PathBuf),
}

/// Everything an engine is opened with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The state folder of this source: the catalog, staging for originals from the cloud, logs.
    /// Made when it is missing. The host makes sure that only one engine is open on it.
    pub state: PathBuf,
    /// Where the backups go; `None` opens the one that the state knows (for `status`, `library`).
    pub destination: Option<Destination>,
    /// What the user chose.
    pub settings: Settings,
    /// Free space that is left on the disk of a vault that is a folder, in bytes; `None`: max(1 GB,
    /// 5 %). (That of the phone is [`Settings::reserve`].)
    pub vault_reserve: Option<u64>,
    /// The user says that somebody removed the `.keepsake` of the known vault for good: new records are
    /// begun there. What lies there is known by its bytes and not sent again.
    pub new_records: bool,
    /// How much at once; `None`: chosen for this machine's cores.
    pub limits: Option<Limits>,
    /// Minutes east of UTC, for calendar days only.
    pub utc_offset: i32,
    /// Most bytes of event logs to keep in `state/logs`; 0 records nothing. The default is
    /// [`crate::recorder::DEFAULT_CAP`].
    pub recorded: u64,
}

impl Options {
    /// The defaults for this state folder and destination.
    pub fn new(state: PathBuf, destination: Option<Destination>) -> Options {
        Options {
            state,
            destination,
            settings: Settings::default(),
            vault_reserve: None,
            new_records: false,
            limits: None,
            utc_offset: 0,
            recorded: crate::recorder::DEFAULT_CAP,
        }
    }
}
