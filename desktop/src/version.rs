//! When a file's bytes may have changed.

use keepsake_machine::media::Version;
use rustix::fs::Stat;

/// The fingerprint of a file's bytes: size, modification time and change time to the nanosecond.
///
/// The change time makes a `chmod` or a new hard link look like a change: the file is read again,
/// and not sent again. Without it an edit that keeps size and modification time (a rating written
/// by a tool that restores the time) would never be backed up. The inode is not in it: some file
/// systems number anew at every mount.
#[allow(clippy::cast_sign_loss, clippy::unnecessary_cast)] // only the bits matter; types differ by system
pub fn version(stat: &Stat) -> Version {
    let fields = [
        stat.st_size as u64,
        stat.st_mtime as u64,
        stat.st_mtime_nsec as u64,
        stat.st_ctime as u64,
        stat.st_ctime_nsec as u64,
    ];
    let mut hash = 0x9e37_79b9_7f4a_7c15_u64;
    for field in fields {
        // The finalizer of MurmurHash3, which is public domain.
        hash ^= field;
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        hash ^= hash >> 33;
    }
    Version(hash)
}
