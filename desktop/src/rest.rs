//! `--watch` takes a file when nobody writes to it any more: what is being copied, or shot, would
//! otherwise be backed up in every state that it passes through.

use keepsake_machine::media::Version;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Tells which files are at rest.
#[derive(Debug)]
pub struct Rest {
    lasts: Duration,
    /// What was not, as it was first seen: its version, and when that was.
    restless: Mutex<HashMap<Vec<u8>, (Version, Instant)>>,
}

impl Rest {
    /// A file is at rest when nobody has written to it for so long.
    pub fn new(lasts: Duration) -> Rest {
        Rest { lasts, restless: Mutex::default() }
    }

    /// Whether this one is: by the time of its last change, or, where a clock is ahead of ours, because it
    /// was asked for as it is now long enough ago. (One on a volume whose clock is behind ours by more
    /// seems at rest too early.)
    pub fn has(&self, local_id: &[u8], version: Version, modified: SystemTime) -> bool {
        let mut restless = self.restless.lock().unwrap_or_else(PoisonError::into_inner);
        if SystemTime::now().duration_since(modified).is_ok_and(|age| age >= self.lasts) {
            restless.remove(local_id);
            return true;
        }
        match restless.get(local_id) {
            // Not forgotten: it may be opened twice.
            Some((other, since)) if *other == version => since.elapsed() >= self.lasts,
            _ => {
                restless.insert(local_id.to_vec(), (version, Instant::now()));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_rests_when_its_last_change_is_long_ago_or_is_the_same_for_as_long() {
        let now = SystemTime::now();
        let (hour, long) = (Duration::from_hours(1), Rest::new(Duration::from_mins(10)));
        assert!(long.has(b"a", Version(1), now - hour));
        assert!(!long.has(b"a", Version(2), now));
        assert!(!long.has(b"a", Version(2), now + hour), "a clock that is ahead tells nothing");
        let short = Rest::new(Duration::from_nanos(1));
        assert!(!short.has(b"a", Version(1), now + hour));
        assert!(!short.has(b"a", Version(2), now + hour), "it changed meanwhile");
        assert!(short.has(b"a", Version(2), now + hour), "it has been the same since");
        assert!(short.has(b"a", Version(2), now + hour), "also when it is opened again");
        assert!(short.has(b"a", Version(2), now - hour));
        assert!(short.restless.lock().unwrap().is_empty());
    }
}
