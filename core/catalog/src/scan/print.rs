//! An asset's print: everything that a scan says of it, in 64 bits. An asset whose print is the
//! stored one is unchanged, and nothing of it is read or written.
//!
//! Every step is a bijection of the state: two assets that differ in one number only (a version, a
//! size) never have the same print, and others with a chance of 2⁻⁶⁴.

use crate::codes;
use crate::seen::{SeenAsset, SeenResource};

/// Changes when the meaning of stored prints does: then every asset is looked at closely once.
const FORMAT: u64 = 1;

/// The print of `asset`.
pub(super) fn print(asset: &SeenAsset) -> i64 {
    let mut print = Print(0);
    print.number(FORMAT);
    print.bytes(&asset.local_id);
    print.number(asset.taken.cast_unsigned());
    print.number(u64::from(asset.favourite) | u64::from(asset.chosen) << 1);
    print.number(asset.albums.len() as u64);
    for album in &asset.albums {
        print.bytes(album.as_bytes());
    }
    match &asset.cross_id {
        Some(id) => print.bytes(id.as_bytes()),
        None => print.number(u64::MAX),
    }
    print.number(asset.resources.len() as u64);
    for resource in &asset.resources {
        print.resource(resource);
    }
    print.0.cast_signed()
}

struct Print(u64);

impl Print {
    fn resource(&mut self, resource: &SeenResource) {
        let (size_class, size) = codes::size_codes(resource.size);
        let kinds = [
            codes::role_code(resource.role),
            codes::media_code(resource.media),
            codes::locality_code(resource.locality),
            codes::access_code(resource.access),
            size_class.unwrap_or(0),
            i64::from(resource.modified.is_some()),
        ];
        let kinds = kinds.iter().fold(0, |sum: i64, kind| sum << 8 | kind);
        self.bytes(&resource.local_id);
        self.bytes(&resource.name);
        self.number(kinds.cast_unsigned());
        self.number(size.cast_unsigned());
        self.number(resource.version.0);
        self.number(resource.modified.unwrap_or(0).cast_unsigned());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.number(u64::from_le_bytes(word));
        }
    }

    /// The finaliser of `SplitMix64` (Steele, Lea, Flood 2014), which is a bijection.
    fn number(&mut self, number: u64) {
        let mut state = (self.0 ^ number).wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.0 = state ^ state >> 31;
    }
}
