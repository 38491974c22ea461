//! The seam below the folder vault: everything it asks of a file system.
//!
//! [`OsFiles`] is the real one. A test puts another in its place that fails at the n-th operation,
//! or counts syncs. Names are single parts of a path, given beside an open folder, and links are
//! never followed: what a hostile folder holds cannot lead anywhere else.

use std::any::Any;
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::Arc;

mod mark;
mod os;
pub use os::OsFiles;

/// An open folder. Cheap to clone.
#[derive(Clone)]
pub struct Dir(Arc<dyn Any + Send + Sync>);

impl Dir {
    /// Wraps an implementation's handle.
    pub fn new(handle: impl Any + Send + Sync) -> Dir {
        Dir(Arc::new(handle))
    }

    /// The handle, if it is of this kind.
    pub fn handle<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl std::fmt::Debug for Dir {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dir")
    }
}

/// An open file.
pub struct File(Box<dyn Any + Send + Sync>);

impl File {
    /// Wraps an implementation's handle.
    pub fn new(handle: impl Any + Send + Sync) -> File {
        File(Box::new(handle))
    }

    /// The handle, if it is of this kind.
    pub fn handle<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("File")
    }
}

/// What a name in a folder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A plain file.
    File,
    /// A folder.
    Dir,
    /// A link, a pipe, a device: never touched.
    Other,
    /// The listing does not tell: [`Files::stat`] does.
    Unknown,
}

/// What a file or folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// File, folder or other.
    pub kind: Kind,
    /// Bytes.
    pub size: u64,
    /// Modification time, nanoseconds since 1970 UTC.
    pub modified: i64,
    /// When it last changed in any way (its name, its times), nanoseconds since 1970 UTC.
    pub changed: i64,
    /// The volume, and the file's number there: two names with both alike are one file.
    pub identity: (u64, u64),
}

/// How full a volume is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Bytes that may be written.
    pub available: u64,
    /// Bytes in all.
    pub total: u64,
}

/// Something that a barrier makes durable, for a file system that can only sync file by file.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// In this folder.
    pub dir: &'a Dir,
    /// The file of this name, or the folder itself.
    pub name: Option<&'a OsStr>,
}

/// File IO. Every call blocks. Implementations are shared between threads.
pub trait Files: Send + Sync {
    /// Opens the folder at `path`, following links on the way: the user named it. With `make` it is
    /// made, with its parents, when it is missing.
    fn root(&self, path: &Path, make: bool) -> io::Result<Dir>;

    /// Opens a folder in `at`. A link is an error.
    fn open_dir(&self, at: &Dir, name: &OsStr) -> io::Result<Dir>;

    /// Makes a folder in `at`; `AlreadyExists` if anything has that name.
    fn make_dir(&self, at: &Dir, name: &OsStr) -> io::Result<()>;

    /// Calls `each` for everything in `at` but `.` and `..`, in no order.
    fn list(&self, at: &Dir, each: &mut dyn FnMut(&OsStr, Kind)) -> io::Result<()>;

    /// What `name` in `at` is; a link is itself.
    fn stat(&self, at: &Dir, name: &OsStr) -> io::Result<Stat>;

    /// What the folder itself is.
    fn stat_dir(&self, at: &Dir) -> io::Result<Stat>;

    /// What tells the folder `name` in `at` (`None`: `at` itself) from any other that has had, or will
    /// have, its name: the same also after the volume was away. `None` if what lies there is no
    /// folder.
    fn mark(&self, at: &Dir, name: Option<&OsStr>) -> io::Result<Option<u64>>;

    /// Whether the folder `name` in `at` may be listed and what lies in it be looked at.
    fn is_open(&self, _at: &Dir, _name: &OsStr) -> io::Result<bool> {
        Ok(true)
    }

    /// Opens a plain file for reading. A link, a pipe, a device is an error.
    fn open(&self, at: &Dir, name: &OsStr) -> io::Result<File>;

    /// Makes a file for writing; `AlreadyExists` if anything has that name.
    fn create_new(&self, at: &Dir, name: &OsStr) -> io::Result<File>;

    /// Reads up to `into.len()` bytes; 0 is the end.
    fn read(&self, file: &File, into: &mut [u8]) -> io::Result<usize>;

    /// Writes all of `bytes`.
    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<()>;

    /// Sets a file's modification time, nanoseconds since 1970 UTC.
    fn set_modified(&self, file: &File, modified: i64) -> io::Result<()>;

    /// Gives a file another name. `AlreadyExists` if anything has that name: nothing is ever
    /// replaced.
    fn rename_new(&self, from: &Dir, name: &OsStr, to: &Dir, new: &OsStr) -> io::Result<()>;

    /// Removes a file (or a link itself).
    fn remove(&self, at: &Dir, name: &OsStr) -> io::Result<()>;

    /// Removes an empty folder.
    fn remove_dir(&self, at: &Dir, name: &OsStr) -> io::Result<()>;

    /// Says that somebody is at work in this folder, until it is no longer open; `alone`: only where nobody
    /// else says so, `false` where somebody does. Where that cannot be told, everybody is alone.
    fn hold(&self, _at: &Dir, _alone: bool) -> io::Result<bool> {
        Ok(true)
    }

    /// Makes everything written before durable, in one sync of the volume of `at`; where that is
    /// not to be had, by syncing each of `written`.
    fn barrier(&self, at: &Dir, written: &[Written<'_>]) -> io::Result<()>;

    /// How full the volume of `at` is.
    fn space(&self, at: &Dir) -> io::Result<Space>;

    /// 128 random bits, for a name that nobody else chooses: from the system's random source, an error
    /// where it has none. A twin in tests takes them from its seed, so that folders are listed, and faults
    /// come, in the same order on every run.
    fn random(&self) -> io::Result<[u8; 16]> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(bits)
    }
}
