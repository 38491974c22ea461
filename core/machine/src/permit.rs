//! Permits: what each kind of work may do now, from the holds, in one pure function.
//!
//! Which hold stops which work is `TABLE`, once; everything here reads it.

use crate::hold::{Hold, Holds};
use crate::media::Media;
use crate::settings::MeteredUse;
use serde::{Deserialize, Serialize};

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Work {
    /// Originals from the cloud; record segments from the vault.
    Download,
    /// Reading and hashing what is on the phone; opening what may be.
    Checksum,
    /// Asking the vault: find, verify, record, confirm, scrub.
    Check,
    /// Sending what the library still serves.
    Upload,
    /// Sending what is staged: goes on without access to the library.
    UploadStaged,
}

impl Work {
    /// Every kind.
    pub const ALL: [Work; 5] =
        [Work::Download, Work::Checksum, Work::Check, Work::Upload, Work::UploadStaged];
}

/// What may go on, per kind of work and media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Permits(u16);

impl Permits {
    /// Whether `work` on `media` may go on.
    pub fn allow(self, work: Work, media: Media) -> bool {
        self.0 & Self::bit(work, media) != 0
    }

    fn bit(work: Work, media: Media) -> u16 {
        1 << (work as u16 * 2 + media as u16)
    }
}

/// The table of holds. `remote`: the vault is reached over a network ("r" in the table).
pub fn permits(holds: Holds, metered: MeteredUse, remote: bool) -> Permits {
    let mut permits = Permits::default();
    for work in Work::ALL {
        for media in [Media::Photo, Media::Video] {
            if stopped_by(holds, metered, remote, work, media).is_none() {
                permits.0 |= Permits::bit(work, media);
            }
        }
    }
    permits
}

/// The holds that stop `work` on `media`.
pub fn stopping(
    holds: Holds,
    metered: MeteredUse,
    remote: bool,
    work: Work,
    media: Media,
) -> Holds {
    let stops = |cell: Stops| match cell {
        Stops::Always => true,
        Stops::Never => false,
        Stops::Remote => remote,
        Stops::Download => !metered.download(media),
        Stops::RemoteUpload => remote && !metered.upload(media),
    };
    let rows = TABLE.iter().filter(|(hold, row)| holds.has(*hold) && stops(row[work as usize]));
    rows.map(|(hold, _)| *hold).collect()
}

/// The first hold, in the order of [`Hold::ALL`], that stops `work` on `media`.
pub fn stopped_by(
    holds: Holds,
    metered: MeteredUse,
    remote: bool,
    work: Work,
    media: Media,
) -> Option<Hold> {
    if holds.is_empty() {
        return None;
    }
    stopping(holds, metered, remote, work, media).iter().next()
}

/// When a hold stops a kind of work.
#[derive(Clone, Copy)]
enum Stops {
    Always,
    Never,
    /// If the vault is remote.
    Remote,
    /// If the settings keep such downloads off metered networks.
    Download,
    /// If the vault is remote and the settings keep such uploads off metered networks.
    RemoteUpload,
}

/// Per hold, in the order of [`Work::ALL`]: download, checksum, check, upload, upload of what is
/// staged.
const TABLE: [(Hold, [Stops; 5]); 18] = {
    use Stops::{Always as X, Download as D, Never as O, Remote as R, RemoteUpload as U};
    [
        (Hold::User, [X, X, X, X, X]),
        (Hold::NoAccess, [X, X, O, X, O]),
        (Hold::DeviceLocked, [X, X, X, X, X]),
        (Hold::Offline, [X, O, R, R, R]),
        (Hold::Metered, [D, O, O, U, U]),
        (Hold::Roaming, [X, O, R, R, R]),
        (Hold::DataBudget, [X, O, O, R, R]),
        (Hold::LowStorage, [X, O, O, O, O]),
        (Hold::SourceUnavailable, [X, O, O, O, O]),
        (Hold::LowBattery, [X, X, X, X, X]),
        (Hold::PowerSaver, [X, X, X, X, X]),
        (Hold::NotCharging, [X, X, X, X, X]),
        (Hold::Thermal, [X, X, X, X, X]),
        (Hold::SignedOut, [X, O, X, X, X]),
        (Hold::VaultFull, [O, O, O, X, X]),
        (Hold::VaultUnavailable, [O, O, X, X, X]),
        (Hold::WindowEnding, [X, X, X, X, X]),
        (Hold::CatalogUnwritable, [X, X, X, X, X]),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the design, as written there (and `CatalogUnwritable`, which stops everything).
    /// `r`: only for a remote vault; `m`: only what the settings keep off metered networks.
    const DESIGN: &str = "
        hold              | download | checksum | check | upload
        User              | x        | x        | x     | x
        NoAccess          | x        | x        |       | x unless staged
        DeviceLocked      | x        | x        | x     | x
        Offline           | x        |          | x r   | x r
        Metered           | x m      |          |       | x r m
        Roaming           | x        |          | x r   | x r
        DataBudget        | x        |          |       | x r
        LowStorage        | x        |          |       |
        SourceUnavailable | x        |          |       |
        LowBattery        | x        | x        | x     | x
        PowerSaver        | x        | x        | x     | x
        NotCharging       | x        | x        | x     | x
        Thermal           | x        | x        | x     | x
        SignedOut         | x        |          | x     | x
        VaultFull         |          |          |       | x
        VaultUnavailable  |          |          | x     | x
        WindowEnding      | x        | x        | x     | x
        CatalogUnwritable | x        | x        | x     | x";

    fn cell(hold: Hold, work: Work) -> Vec<&'static str> {
        let named = |line: &&str| line.trim().split(' ').next() == Some(&format!("{hold:?}"));
        let line = DESIGN.lines().find(named).unwrap_or_else(|| panic!("{hold:?} has no row"));
        let column = match work {
            Work::Download => 1,
            Work::Checksum => 2,
            Work::Check => 3,
            Work::Upload | Work::UploadStaged => 4,
        };
        line.split('|').nth(column).expect("five columns").split_whitespace().collect()
    }

    fn expected(hold: Hold, metered: MeteredUse, remote: bool, work: Work, media: Media) -> bool {
        let cell = cell(hold, work);
        let kept_off = match (work, media) {
            (Work::Download, Media::Photo) => !metered.download_photos,
            (Work::Download, Media::Video) => !metered.download_videos,
            (_, Media::Photo) => !metered.upload_photos,
            (_, Media::Video) => !metered.upload_videos,
        };
        cell.contains(&"x")
            && (!cell.contains(&"r") || remote)
            && (!cell.contains(&"m") || kept_off)
            && (!cell.contains(&"staged") || work != Work::UploadStaged)
    }

    fn every_setting() -> impl Iterator<Item = MeteredUse> {
        (0..16).map(|bits| MeteredUse {
            download_photos: bits & 1 != 0,
            download_videos: bits & 2 != 0,
            upload_photos: bits & 4 != 0,
            upload_videos: bits & 8 != 0,
        })
    }

    #[test]
    fn every_cell_is_that_of_the_design() {
        let mut cells = 0;
        for hold in Hold::ALL {
            for metered in every_setting() {
                for remote in [false, true] {
                    for work in Work::ALL {
                        for media in [Media::Photo, Media::Video] {
                            let only = Holds::NONE.with(hold);
                            let stops = expected(hold, metered, remote, work, media);
                            let case = format!("{hold:?} {work:?} {media:?} {remote} {metered:?}");
                            let allowed = permits(only, metered, remote).allow(work, media);
                            assert_eq!(allowed, !stops, "{case}");
                            let by = stopped_by(only, metered, remote, work, media);
                            assert_eq!(by, stops.then_some(hold), "{case}");
                            cells += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(cells, 18 * 16 * 2 * 5 * 2);
    }

    #[test]
    fn the_table_has_the_holds_in_their_order() {
        assert_eq!(TABLE.map(|(hold, _)| hold), Hold::ALL);
    }

    #[test]
    fn without_a_hold_everything_may_go_on() {
        for work in Work::ALL {
            for media in [Media::Photo, Media::Video] {
                assert!(
                    permits(Holds::NONE, MeteredUse::default(), true).allow(work, media),
                    "{work:?} {media:?}"
                );
            }
        }
    }

    #[test]
    fn releasing_one_hold_does_not_release_another() {
        let metered = MeteredUse::default();
        for one in Hold::ALL {
            for other in Hold::ALL {
                let both = Holds::NONE.with(one).with(other);
                for work in Work::ALL {
                    let stops =
                        |holds| stopped_by(holds, metered, true, work, Media::Photo).is_some();
                    let either = stops(Holds::NONE.with(one)) || stops(Holds::NONE.with(other));
                    assert_eq!(stops(both), either, "{one:?} {other:?} {work:?}");
                }
            }
        }
    }

    #[test]
    fn the_first_hold_is_named_and_all_are_listed() {
        let holds: Holds = [Hold::Thermal, Hold::Offline, Hold::LowStorage].into_iter().collect();
        let list = |work| stopping(holds, MeteredUse::ALL, false, work, Media::Photo);
        assert_eq!(
            list(Work::Download).iter().collect::<Vec<_>>(),
            [Hold::Offline, Hold::LowStorage, Hold::Thermal]
        );
        assert_eq!(list(Work::Upload).iter().collect::<Vec<_>>(), [Hold::Thermal]);
        let first = stopped_by(holds, MeteredUse::ALL, true, Work::Upload, Media::Photo);
        assert_eq!(first, Some(Hold::Offline));
    }
}
