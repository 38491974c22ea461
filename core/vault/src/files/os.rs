//! The system's own files, through calls relative to an open folder that follow no link.

use super::mark::mark;
use super::{Dir, File, Files, Kind, Space, Stat, Written};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    self, Access, AtFlags, FileType, FlockOperation, Mode, OFlags, RenameFlags, Timespec,
    Timestamps,
};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The real thing.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsFiles;

impl Files for OsFiles {
    fn root(&self, path: &Path, make: bool) -> io::Result<Dir> {
        if make {
            std::fs::create_dir_all(path)?;
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Dir::new(fs::open(path, flags, Mode::empty())?))
    }

    fn open_dir(&self, at: &Dir, name: &OsStr) -> io::Result<Dir> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Dir::new(fs::openat(folder(at)?, name, flags, Mode::empty())?))
    }

    fn make_dir(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        Ok(fs::mkdirat(folder(at)?, name, Mode::from_raw_mode(0o755))?)
    }

    fn list(&self, at: &Dir, each: &mut dyn FnMut(&OsStr, Kind)) -> io::Result<()> {
        for entry in fs::Dir::read_from(folder(at)?)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                each(OsStr::from_bytes(name), kind(entry.file_type()));
            }
        }
        Ok(())
    }

    fn stat(&self, at: &Dir, name: &OsStr) -> io::Result<Stat> {
        Ok(stat(&fs::statat(folder(at)?, name, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    fn stat_dir(&self, at: &Dir) -> io::Result<Stat> {
        Ok(stat(&fs::fstat(folder(at)?)?))
    }

    fn mark(&self, at: &Dir, name: Option<&OsStr>) -> io::Result<Option<u64>> {
        mark(folder(at)?, name.unwrap_or_default())
    }

    fn is_open(&self, at: &Dir, name: &OsStr) -> io::Result<bool> {
        let wanted = Access::READ_OK | Access::EXEC_OK;
        match fs::accessat(folder(at)?, name, wanted, AtFlags::empty()) {
            Err(Errno::ACCESS | Errno::PERM) => Ok(false),
            done => Ok(done.map(|()| true)?),
        }
    }

    fn open(&self, at: &Dir, name: &OsStr) -> io::Result<File> {
        // Without NONBLOCK a pipe that lies there would keep us for ever.
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = fs::openat(folder(at)?, name, flags, Mode::empty())?;
        if !FileType::from_raw_mode(fs::fstat(&fd)?.st_mode).is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file"));
        }
        Ok(File::new(fd))
    }

    fn create_new(&self, at: &Dir, name: &OsStr) -> io::Result<File> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::new(fs::openat(folder(at)?, name, flags, Mode::from_raw_mode(0o644))?))
    }

    fn read(&self, file: &File, into: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::retry_on_intr(|| rustix::io::read(open(file)?, &mut *into))?)
    }

    fn write(&self, file: &File, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = rustix::io::retry_on_intr(|| rustix::io::write(open(file)?, bytes))?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = &bytes[written..];
        }
        Ok(())
    }

    fn set_modified(&self, file: &File, modified: i64) -> io::Result<()> {
        let times = Timestamps {
            last_access: Timespec { tv_sec: 0, tv_nsec: fs::UTIME_OMIT },
            last_modification: Timespec {
                tv_sec: modified.div_euclid(1_000_000_000),
                tv_nsec: modified.rem_euclid(1_000_000_000),
            },
        };
        Ok(fs::futimens(open(file)?, &times)?)
    }

    fn rename_new(&self, from: &Dir, name: &OsStr, to: &Dir, new: &OsStr) -> io::Result<()> {
        let (from, to) = (folder(from)?, folder(to)?);
        match fs::renameat_with(from, name, to, new, RenameFlags::NOREPLACE) {
            // An old kernel, or a file system that cannot: a hard link never replaces either.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => rename_by_link(from, name, to, new),
            renamed => Ok(renamed?),
        }
    }

    fn remove(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        Ok(fs::unlinkat(folder(at)?, name, AtFlags::empty())?)
    }

    fn remove_dir(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        Ok(fs::unlinkat(folder(at)?, name, AtFlags::REMOVEDIR)?)
    }

    fn hold(&self, at: &Dir, alone: bool) -> io::Result<bool> {
        let how = if alone {
            FlockOperation::NonBlockingLockExclusive
        } else {
            FlockOperation::LockShared
        };
        let folder = folder(at)?;
        let held = rustix::io::retry_on_intr(|| fs::flock(folder, how));
        Ok(held != Err(Errno::WOULDBLOCK)) // any other error: a file system that has no locks
    }

    fn barrier(&self, at: &Dir, written: &[Written<'_>]) -> io::Result<()> {
        if sync_volume(folder(at)?)? { Ok(()) } else { sync_each(written) }
    }

    fn space(&self, at: &Dir) -> io::Result<Space> {
        let volume = fs::fstatvfs(folder(at)?)?;
        Ok(Space {
            available: volume.f_bavail.saturating_mul(volume.f_frsize),
            total: volume.f_blocks.saturating_mul(volume.f_frsize),
        })
    }
}

/// Takes a name that is free, in two steps: a kill between them leaves both names, of one file.
fn rename_by_link(
    from: BorrowedFd<'_>,
    name: &OsStr,
    to: BorrowedFd<'_>,
    new: &OsStr,
) -> io::Result<()> {
    fs::linkat(from, name, to, new, AtFlags::empty())?;
    Ok(fs::unlinkat(from, name, AtFlags::empty())?)
}

fn sync_each(written: &[Written<'_>]) -> io::Result<()> {
    for one in written {
        let dir = folder(one.dir)?;
        match one.name {
            None => sync(dir)?,
            Some(name) => {
                let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                match fs::openat(dir, name, flags, Mode::empty()) {
                    // Renamed or removed since by whoever else waits at this barrier.
                    Err(Errno::NOENT) => {}
                    file => sync(file?.as_fd())?,
                }
            }
        }
    }
    Ok(())
}

/// Syncs the whole volume; `false` where that is not to be had or not to be believed.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn sync_volume(dir: BorrowedFd<'_>) -> io::Result<bool> {
    // FUSE does not pass a sync of the volume on to the program behind it (fs/fuse/inode.c,
    // fuse_sync_fs): there, files are synced one by one. The number is from linux/magic.h.
    const FUSE: u64 = 0x6573_5546;
    #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast)]
    // differs in width and sign by target
    if fs::fstatfs(dir)?.f_type as u64 & 0xffff_ffff == FUSE {
        return Ok(false);
    }
    fs::syncfs(dir)?;
    Ok(true)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[allow(clippy::unnecessary_wraps)] // the other platform's can fail
fn sync_volume(_: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(false)
}

#[cfg(not(target_vendor = "apple"))]
fn sync(fd: BorrowedFd<'_>) -> io::Result<()> {
    Ok(fs::fsync(fd)?)
}

/// On Apple systems `fsync` leaves the bytes in the drive's cache (man 2 fsync).
#[cfg(target_vendor = "apple")]
fn sync(fd: BorrowedFd<'_>) -> io::Result<()> {
    Ok(fs::fcntl_fullfsync(fd).or_else(|_| fs::fsync(fd))?)
}

fn kind(of: FileType) -> Kind {
    match of {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Dir,
        FileType::Unknown => Kind::Unknown,
        _ => Kind::Other,
    }
}

#[allow(clippy::cast_sign_loss, clippy::unnecessary_cast)] // field types differ by target
#[allow(clippy::cast_possible_wrap, clippy::cast_lossless)]
fn stat(raw: &fs::Stat) -> Stat {
    let ns = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
    Stat {
        kind: kind(FileType::from_raw_mode(raw.st_mode)),
        size: u64::try_from(raw.st_size).unwrap_or(0),
        modified: ns(raw.st_mtime as i64, raw.st_mtime_nsec as i64),
        changed: ns(raw.st_ctime as i64, raw.st_ctime_nsec as i64),
        identity: (raw.st_dev as u64, raw.st_ino as u64),
    }
}

fn folder(dir: &Dir) -> io::Result<BorrowedFd<'_>> {
    dir.handle::<OwnedFd>().map(AsFd::as_fd).ok_or_else(foreign)
}

fn open(file: &File) -> rustix::io::Result<BorrowedFd<'_>> {
    file.handle::<OwnedFd>().map(AsFd::as_fd).ok_or(Errno::BADF)
}

fn foreign() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "a folder that other files opened")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_volume_cannot_be_synced_as_a_whole_each_file_and_folder_is() {
        let dir = tempfile::tempdir().unwrap();
        let root = OsFiles.root(dir.path(), false).unwrap();
        let name = OsStr::new("a");
        let file = OsFiles.create_new(&root, name).unwrap();
        OsFiles.write(&file, b"x").unwrap();
        let gone = Some(OsStr::new("renamed meanwhile"));
        let written = [Some(name), gone, None].map(|name| Written { dir: &root, name });
        sync_each(&written).unwrap();
        OsFiles.barrier(&root, &written).unwrap();
    }

    #[test]
    fn neither_way_of_renaming_replaces_anything() {
        let dir = tempfile::tempdir().unwrap();
        let root = OsFiles.root(dir.path(), false).unwrap();
        std::fs::write(dir.path().join("a"), b"a").unwrap();
        std::fs::write(dir.path().join("b"), b"b").unwrap();
        let [a, b, c] = ["a", "b", "c"].map(OsStr::new);
        let at = folder(&root).unwrap();
        for taken in [OsFiles.rename_new(&root, a, &root, b), rename_by_link(at, a, at, b)] {
            assert_eq!(taken.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        }
        rename_by_link(at, a, at, c).unwrap();
        OsFiles.rename_new(&root, c, &root, a).unwrap();
        assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), b"a");
        assert_eq!(std::fs::read(dir.path().join("b")).unwrap(), b"b");
    }
}
