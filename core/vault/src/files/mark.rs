//! What tells a folder from any other that ever has its name.

use rustix::fd::BorrowedFd;
use rustix::fs::{self, AtFlags, FileType};
use rustix::path::Arg;
use std::io;

/// A number made of the folder's number on its volume and of the moment it was made: the number of
/// one that was removed is soon another's. The volume's own number is left out, since it is another
/// after each mount. `None` if no folder lies there; a link is none.
pub(super) fn mark(at: BorrowedFd<'_>, path: impl Arg + Copy) -> io::Result<Option<u64>> {
    let flags = if path.to_string_lossy().is_empty() {
        AtFlags::EMPTY_PATH
    } else {
        AtFlags::SYMLINK_NOFOLLOW
    };
    let Some((number, made)) = seen(at, path, flags)? else { return Ok(None) };
    let number = if numbers_last(at)? || made.is_none() { number } else { 0 };
    // Shifted, so that neither cancels the other out: folders that are made one after the other have
    // numbers and moments that are near each other.
    Ok(Some(number ^ made.unwrap_or(0).rotate_left(24)))
}

/// Number, and nanoseconds since 1970 UTC when it was made, where that is told.
type Seen = Option<(u64, Option<u64>)>;

#[cfg(target_os = "linux")]
fn seen(at: BorrowedFd<'_>, path: impl Arg + Copy, flags: AtFlags) -> io::Result<Seen> {
    use fs::StatxFlags;
    let mask = StatxFlags::TYPE | StatxFlags::INO | StatxFlags::BTIME;
    let seen = match fs::statx(at, path, flags, mask) {
        Err(rustix::io::Errno::NOSYS) => return number(at, path, flags), // before Linux 4.11
        seen => seen?,
    };
    let told = seen.stx_mask & StatxFlags::BTIME.bits() != 0;
    let made = told.then(|| nanoseconds(seen.stx_btime.tv_sec, seen.stx_btime.tv_nsec.into()));
    let is_dir = FileType::from_raw_mode(seen.stx_mode.into()).is_dir();
    Ok(is_dir.then_some((seen.stx_ino, made)))
}

#[cfg(target_vendor = "apple")]
fn seen(at: BorrowedFd<'_>, path: impl Arg + Copy, flags: AtFlags) -> io::Result<Seen> {
    let seen = stat(at, path, flags)?;
    let made = nanoseconds(seen.st_birthtime, seen.st_birthtime_nsec);
    let is_dir = FileType::from_raw_mode(seen.st_mode).is_dir();
    Ok(is_dir.then_some((seen.st_ino, Some(made))))
}

/// Android's older versions end a program that calls `statx`.
#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn seen(at: BorrowedFd<'_>, path: impl Arg + Copy, flags: AtFlags) -> io::Result<Seen> {
    number(at, path, flags)
}

#[cfg(not(target_vendor = "apple"))]
#[allow(clippy::unnecessary_cast)] // differs by target
fn number(at: BorrowedFd<'_>, path: impl Arg + Copy, flags: AtFlags) -> io::Result<Seen> {
    let seen = stat(at, path, flags)?;
    let is_dir = FileType::from_raw_mode(seen.st_mode).is_dir();
    Ok(is_dir.then_some((seen.st_ino as u64, None)))
}

fn stat(at: BorrowedFd<'_>, path: impl Arg + Copy, flags: AtFlags) -> io::Result<fs::Stat> {
    let itself = flags == AtFlags::EMPTY_PATH;
    Ok(if itself { fs::fstat(at) } else { fs::statat(at, path, flags) }?)
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn nanoseconds(seconds: i64, nanos: i64) -> u64 {
    seconds.wrapping_mul(1_000_000_000).wrapping_add(nanos).cast_unsigned()
}

/// Whether files keep their numbers while the volume is away. FAT and exFAT hand out new ones at
/// each mount; their names are from linux/magic.h.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn numbers_last(at: BorrowedFd<'_>) -> io::Result<bool> {
    const FAT: u64 = 0x4d44;
    const EXFAT: u64 = 0x2011_bab0;
    #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast)]
    // differs in width and sign by target
    let kind = fs::fstatfs(at)?.f_type as u64 & 0xffff_ffff;
    Ok(kind != FAT && kind != EXFAT)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[allow(clippy::unnecessary_wraps)] // the other platform's can fail
fn numbers_last(_: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn a_folder_that_is_made_again_is_another_and_one_that_is_moved_is_not() {
        let place = tempfile::tempdir().unwrap();
        let at = std::fs::File::open(place.path()).unwrap();
        let of = |name: &str| mark(at.as_fd(), name);
        let month = place.path().join("07");
        std::fs::create_dir(&month).unwrap();
        let first = of("07").unwrap().unwrap();
        std::fs::write(month.join("a.jpg"), b"a").unwrap();
        std::fs::rename(&month, place.path().join("trip")).unwrap();
        assert_eq!(of("trip").unwrap(), Some(first));
        assert_eq!(of("07").unwrap_err().kind(), io::ErrorKind::NotFound);
        std::fs::remove_dir_all(place.path().join("trip")).unwrap();
        // A clock that ticks slowly must not make one folder of two.
        let again = || {
            std::fs::create_dir(&month).unwrap();
            let mark = of("07").unwrap().unwrap();
            std::fs::remove_dir(&month).unwrap();
            mark
        };
        let other = (0..1_000_000).map(|_| again()).find(|mark| *mark != first);
        assert!(other.is_some(), "none of a million differs");
        std::fs::write(place.path().join("file"), b"x").unwrap();
        std::os::unix::fs::symlink(".", place.path().join("link")).unwrap();
        assert_eq!((of("file").unwrap(), of("link").unwrap()), (None, None));
        assert!(of("").unwrap().is_some(), "the folder itself");
    }
}
