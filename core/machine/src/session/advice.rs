//! Advice: what the user could do better, as one pure function of what is known.
//!
//! One piece of advice can lose photos: that iCloud Photos may be turned off. It is given only when
//! nothing at all speaks against it; every doubt keeps it back.

use crate::media::{Locality, Media};
use crate::settings::MeteredUse;
use crate::stage::Class;
use crate::status::{Advice, Counts, Tally};

/// Whether the phone's library is one of iCloud Photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ICloudPhotos {
    /// This device has none.
    NotHere,
    /// It is on: the host knows, or an original was found to be only there.
    On,
    /// It is off.
    Off,
    /// iOS does not tell.
    Unknown,
}

/// What advice is made from.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The counters.
    pub counts: &'a Counts,
    /// What may go over metered networks.
    pub metered: MeteredUse,
    /// Whether iCloud Photos is on.
    pub icloud: ICloudPhotos,
    /// Free bytes above the reserve.
    pub free: u64,
    /// The volume's size in bytes; `None` before the first reading.
    pub total: Option<u64>,
    /// Whether a guided migration is under way already.
    pub migrating: bool,
    /// Whether a scan of the whole library, with full access, has ended and nothing changed since.
    pub scanned: bool,
    /// Whether the vault was asked again about everything that is safe, within the time of a scrub.
    pub confirmed: bool,
}

/// What the user could do better, in the order of [`Advice`].
pub fn advise(known: &Known<'_>) -> Vec<Advice> {
    let cloud = in_cloud(known.counts);
    let all = known.counts.total();
    let library = weight(all, typical_of(all));
    let has_cloud = cloud.items > 0;
    let larger_than_phone = known.total.is_some_and(|total| library > total);
    // Of what is settled nobody says where it lies: all of it may be to be downloaded too.
    let gone = [Class::Closed, Class::Freed, Class::Lost];
    let settled = known.counts.sum(|class| !class.is_unfinished() && !gone.contains(&class));
    let originals = cloud.bytes.saturating_add(weight(settled, typical_of(all)));
    let fits = known.total.is_some() && originals <= known.free;
    let said = [
        (Advice::UseUnmeteredOnly, has_cloud && known.metered != MeteredUse::default()),
        (Advice::KeepOriginals, has_cloud && fits && !larger_than_phone),
        (Advice::MigrateOrUseMac, has_cloud && larger_than_phone && !known.migrating),
        (Advice::CheckICloudPhotos, known.icloud == ICloudPhotos::Unknown && !has_cloud),
        (Advice::MayTurnOffICloudPhotos, may_turn_off(known)),
    ];
    said.into_iter().filter_map(|(advice, holds)| holds.then_some(advice)).collect()
}

/// Whether everything is safe and confirmed, and iCloud Photos may be on.
///
/// What is out of sight is not known to be safe, and what was excluded or forgotten may be only in
/// iCloud: turning it off would take the last copy from the phone. So none of either may be left.
fn may_turn_off(known: &Known<'_>) -> bool {
    let counts = known.counts;
    let outside = [Class::Excluded, Class::Forgotten];
    matches!(known.icloud, ICloudPhotos::On | ICloudPhotos::Unknown)
        && known.scanned
        && known.confirmed
        && counts.total().items > 0
        && counts.safe().items == counts.total().items
        && outside.into_iter().all(|class| counts.of(class).items == 0)
}

/// Originals that are to be downloaded: how many, and upper bytes with a typical size for each that
/// is only estimated.
struct Cloud {
    items: u64,
    bytes: u64,
}

fn in_cloud(counts: &Counts) -> Cloud {
    let rows = counts.to_do.iter().filter(|(to_do, _)| to_do.locality == Locality::Cloud);
    rows.fold(Cloud { items: 0, bytes: 0 }, |sum, (to_do, tally)| {
        let bytes = sum.bytes.saturating_add(weight(*tally, typical(to_do.media)));
        Cloud { items: sum.items + tally.items, bytes }
    })
}

/// Bytes of all that is left to do, with a typical size for each item that is only estimated.
pub(crate) fn left(counts: &Counts) -> u64 {
    let weights = counts.to_do.iter().map(|(to_do, tally)| weight(*tally, typical(to_do.media)));
    weights.fold(0, u64::saturating_add)
}

/// What an item has whose size nobody told, in bytes.
fn typical(media: Media) -> u64 {
    match media {
        Media::Photo => PHOTO,
        Media::Video => VIDEO,
    }
}

/// The bytes of a tally, taking each estimated item for `typical` bytes.
fn weight(tally: Tally, typical: u64) -> u64 {
    tally.bytes.saturating_add(tally.estimated.saturating_mul(typical))
}

/// What an item of this library has on average, where sizes are known.
fn typical_of(tally: Tally) -> u64 {
    tally.bytes.checked_div(tally.items.saturating_sub(tally.estimated)).unwrap_or(PHOTO)
}

/// A photo whose size nobody told: 3 MB, between a 12-megapixel HEIF and a JPEG.
const PHOTO: u64 = 3_000_000;
/// A video likewise: 100 MB, a minute of 1080p60.
const VIDEO: u64 = 100_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{Fault, Why};
    use crate::status::ToDo;

    const GB: u64 = 1_000_000_000;

    fn tally(items: u64, bytes: u64) -> Tally {
        Tally { items, bytes, estimated: 0 }
    }

    fn counts(classes: &[(Class, u64)]) -> Counts {
        let classes =
            classes.iter().map(|(class, items)| (*class, tally(*items, *items))).collect();
        Counts { classes, ..Counts::default() }
    }

    #[test]
    fn what_is_left_counts_items_whose_size_nobody_told() {
        let to_do = |media| ToDo { media, locality: Locality::Cloud, digest_known: false };
        let unknown = Tally { items: 2, bytes: 5, estimated: 1 };
        let both = [(to_do(Media::Photo), unknown), (to_do(Media::Video), unknown)];
        let counts = Counts { to_do: both.into(), ..Counts::default() };
        assert_eq!(left(&counts), 10 + PHOTO + VIDEO);
    }

    /// `items` photos of `bytes` in all wait in iCloud; the library has nothing else.
    fn cloud(items: u64, bytes: u64) -> Counts {
        let to_do = ToDo { media: Media::Photo, locality: Locality::Cloud, digest_known: false };
        Counts {
            classes: [(Class::Pending, tally(items, bytes))].into(),
            to_do: [(to_do, tally(items, bytes))].into(),
            oldest_confirmation: None,
        }
    }

    /// A phone of 64 GB with 10 GB free, fully scanned and confirmed, iCloud Photos on.
    fn known(counts: &Counts) -> Known<'_> {
        Known {
            counts,
            metered: MeteredUse::default(),
            icloud: ICloudPhotos::On,
            free: 10 * GB,
            total: Some(64 * GB),
            migrating: false,
            scanned: true,
            confirmed: true,
        }
    }

    #[test]
    fn originals_in_icloud_and_metered_networks_allowed_asks_for_unmetered_only() {
        let counts = cloud(5, 20 * GB);
        let metered = MeteredUse { upload_photos: true, ..MeteredUse::default() };
        assert_eq!(advise(&Known { metered, ..known(&counts) }), [Advice::UseUnmeteredOnly]);
        assert_eq!(advise(&known(&counts)), []);
        let local = Counts::default();
        assert_eq!(advise(&Known { metered, ..known(&local) }), []);
    }

    #[test]
    fn a_phone_with_room_for_all_is_told_to_keep_originals() {
        let fits = cloud(5, 10 * GB);
        assert_eq!(advise(&known(&fits)), [Advice::KeepOriginals]);
        assert_eq!(advise(&known(&cloud(5, 10 * GB + 1))), []);
        assert_eq!(advise(&Known { total: None, ..known(&fits) }), [], "nothing was read yet");
    }

    #[test]
    fn what_is_settled_may_have_to_come_back_to_the_phone_as_well() {
        let mut counts = cloud(5, GB);
        counts.classes.insert(Class::BackedUp, tally(50, 9 * GB));
        assert_eq!(advise(&known(&counts)), [Advice::KeepOriginals]);
        for gone in [Class::Closed, Class::Freed] {
            counts.classes.insert(gone, tally(50, 9 * GB));
        }
        assert_eq!(advise(&known(&counts)), [Advice::KeepOriginals], "what is gone is not");
        counts.classes.insert(Class::Excluded, tally(1, 1));
        assert_eq!(advise(&known(&counts)), []);
    }

    #[test]
    fn sizes_that_nobody_told_are_taken_for_typical_ones() {
        let mut guessed = cloud(4_000, 0);
        for tally in guessed.classes.values_mut().chain(guessed.to_do.values_mut()) {
            tally.estimated = tally.items;
        }
        assert_eq!(advise(&known(&guessed)), [], "4,000 photos are taken for 12 GB");
        assert_eq!(advise(&Known { free: 12 * GB, ..known(&guessed) }), [Advice::KeepOriginals]);
    }

    #[test]
    fn a_library_larger_than_the_phone_is_to_migrate() {
        let counts = cloud(5, 64 * GB + 1);
        assert_eq!(advise(&known(&counts)), [Advice::MigrateOrUseMac]);
        assert_eq!(advise(&Known { migrating: true, ..known(&counts) }), []);
        assert_eq!(advise(&known(&cloud(5, 64 * GB))), []);
    }

    #[test]
    fn where_icloud_is_not_known_of_the_user_is_told_where_to_look() {
        let pending = counts(&[(Class::Pending, 3)]);
        let unknown = Known { icloud: ICloudPhotos::Unknown, ..known(&pending) };
        assert_eq!(advise(&unknown), [Advice::CheckICloudPhotos]);
        assert_eq!(advise(&Known { icloud: ICloudPhotos::NotHere, ..known(&pending) }), []);
    }

    #[test]
    fn icloud_may_be_turned_off_only_when_everything_is_safe_and_confirmed() {
        let safe = [(Class::BackedUp, 5), (Class::Duplicate, 2), (Class::Closed, 4)];
        let all_safe = counts(&safe);
        let good = known(&all_safe);
        assert_eq!(advise(&good), [Advice::MayTurnOffICloudPhotos]);
        for doubt in [
            Known { scanned: false, ..good },
            Known { confirmed: false, ..good },
            Known { icloud: ICloudPhotos::Off, ..good },
            Known { icloud: ICloudPhotos::NotHere, ..good },
            Known { counts: &Counts::default(), ..good },
        ] {
            assert_eq!(advise(&doubt), [], "{doubt:?}");
        }
        for class in [
            Class::Pending,
            Class::Waiting(Why::NeedsMoreSpace),
            Class::Hidden,
            Class::Quarantined(Fault::DownloadFailed),
            Class::Lost,
            Class::Excluded,
            Class::Forgotten,
        ] {
            let one_more = counts(&[safe.as_slice(), &[(class, 1)]].concat());
            assert_eq!(advise(&known(&one_more)), [], "{class:?}");
        }
    }

    #[test]
    fn numbers_at_their_end_do_not_overflow() {
        let mut counts = cloud(1, u64::MAX);
        for tally in counts.classes.values_mut().chain(counts.to_do.values_mut()) {
            tally.estimated = 1;
        }
        assert_eq!(advise(&known(&counts)), [Advice::MigrateOrUseMac]);
    }

    #[test]
    fn what_nobody_told_the_size_of_is_taken_for_a_typical_item_of_this_library() {
        let waits = Tally { items: 10, bytes: 60 * GB, estimated: 2 };
        let mut counts = cloud(1, 1);
        counts.classes.insert(Class::Pending, waits);
        assert_eq!(advise(&known(&counts)), [Advice::MigrateOrUseMac], "75 GB on a phone of 64");
    }
}
