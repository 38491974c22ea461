//! `--watch` takes a file when nobody writes to it any more: what is being copied, or shot, would
//! otherwise be backed up in every state that it passes through.

use keepsake_catalog::seen::SeenAsset;
use keepsake_machine::media::Version;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Tells which files are at rest.
#[derive(Debug)]
pub struct Rest {
    lasts: Duration,
    /// What was not, as it was first seen: its version, and when that was.
    restless: Mutex<HashMap<Vec<u8>, (Version, Instant)>>,
    /// What belongs to a photo that may not be: a sidecar, the other half of a pair, and that photo.
    waits_for: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
}

impl Rest {
    /// A file is at rest when nobody has written to it for so long.
    pub fn new(lasts: Duration) -> Rest {
        Rest { lasts, restless: Mutex::default(), waits_for: Mutex::default() }
    }

    /// Whether this one is: by the time of its last change, or, where a clock is ahead of ours, because it
    /// was asked for as it is now long enough ago. (One on a volume whose clock is behind ours by more
    /// seems at rest too early.)
    pub fn is_at_rest(&self, local_id: &[u8], version: Version, modified: SystemTime) -> bool {
        let mut restless = lock(&self.restless);
        if self.is_old(modified) {
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

    /// A scan saw these. What belongs to a photo lies in the vault where that tells, and is known by it: it
    /// waits until its photo rests.
    pub fn saw(&self, assets: &[SeenAsset]) {
        let mut waits_for = lock(&self.waits_for);
        for asset in assets {
            let Some((photo, others)) = asset.resources.split_first() else { continue };
            let modified = u64::try_from(photo.modified.unwrap_or_default()).unwrap_or_default();
            let old = self.is_old(SystemTime::UNIX_EPOCH + Duration::from_nanos(modified));
            for other in others {
                if old {
                    waits_for.remove(&other.local_id);
                } else {
                    waits_for.insert(other.local_id.clone(), photo.local_id.clone());
                }
            }
        }
    }

    /// The photo that this one waits for, if that was not at rest when a scan saw it.
    pub fn photo_of(&self, local_id: &[u8]) -> Option<Vec<u8>> {
        lock(&self.waits_for).get(local_id).cloned()
    }

    fn is_old(&self, modified: SystemTime) -> bool {
        SystemTime::now().duration_since(modified).is_ok_and(|age| age >= self.lasts)
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_catalog::seen::SeenResource;
    use keepsake_machine::media::{Access, Locality, Media, Role, Size};

    #[test]
    fn a_file_rests_when_its_last_change_is_long_ago_or_is_the_same_for_as_long() {
        let now = SystemTime::now();
        let (hour, long) = (Duration::from_hours(1), Rest::new(Duration::from_mins(10)));
        assert!(long.is_at_rest(b"a", Version(1), now - hour));
        assert!(!long.is_at_rest(b"a", Version(2), now));
        assert!(
            !long.is_at_rest(b"a", Version(2), now + hour),
            "a clock that is ahead tells nothing"
        );
        let short = Rest::new(Duration::from_nanos(1));
        assert!(!short.is_at_rest(b"a", Version(1), now + hour));
        assert!(!short.is_at_rest(b"a", Version(2), now + hour), "it changed meanwhile");
        assert!(short.is_at_rest(b"a", Version(2), now + hour), "it has been the same since");
        assert!(short.is_at_rest(b"a", Version(2), now + hour), "also when it is opened again");
        assert!(short.is_at_rest(b"a", Version(2), now - hour));
        assert!(short.restless.lock().unwrap().is_empty());
    }

    #[test]
    fn what_belongs_to_a_photo_waits_for_it_until_a_scan_sees_it_at_rest() {
        let asset = |modified: SystemTime| SeenAsset {
            local_id: b"a.jpg".to_vec(),
            taken: 0,
            favourite: false,
            albums: Vec::new(),
            cross_id: None,
            chosen: true,
            resources: [(&b"a.jpg"[..], Role::Photo), (b"a.aae", Role::Adjustment)]
                .map(|(name, role)| SeenResource {
                    local_id: name.to_vec(),
                    role,
                    media: Media::Photo,
                    name: name.to_vec(),
                    size: Size::Exact(1),
                    version: Version(1),
                    locality: Locality::Local,
                    access: Access::Seekable,
                    modified: modified
                        .duration_since(SystemTime::UNIX_EPOCH)
                        .ok()
                        .and_then(|since| i64::try_from(since.as_nanos()).ok()),
                })
                .into(),
        };
        let (now, rest) = (SystemTime::now(), Rest::new(Duration::from_mins(10)));
        rest.saw(&[asset(now)]);
        assert_eq!(rest.photo_of(b"a.aae").as_deref(), Some(&b"a.jpg"[..]));
        assert_eq!(rest.photo_of(b"a.jpg"), None, "a photo waits for nobody else");
        rest.saw(&[asset(now - Duration::from_hours(1))]);
        assert_eq!(rest.photo_of(b"a.aae"), None);
    }
}
