//! SQLite's files on a [`Volume`]: its default VFS, but what it reads, writes and syncs of a catalog in a
//! story goes past the story's disk.
//!
//! The real VFS opens the file; then its table of methods is replaced by one of ours that forwards what
//! does not matter here. (SQLite's own documentation calls this a shim: sqlite.org/vfs.html.)
#![allow(unsafe_code)] // SQLite's interface is C; this is the one file of the house that speaks it

use crate::volume::{Doing, Page, Volume};
use rusqlite::ffi;
use rustix::io::Errno;
use std::collections::HashMap;
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The disks of the stories that are played now, by the folder that lies on each.
static VOLUMES: Mutex<Vec<(PathBuf, Arc<Volume>)>> = Mutex::new(Vec::new());
/// What is open on them, by the address of SQLite's own struct.
static OPEN: Mutex<Option<HashMap<usize, Opened>>> = Mutex::new(None);
static SHIM: OnceLock<Shim> = OnceLock::new();

#[derive(Clone)]
struct Opened {
    volume: Arc<Volume>,
    life: u64,
    path: PathBuf,
    real: &'static ffi::sqlite3_io_methods,
}

/// SQLite's VFS and ours. Both live as long as the program.
struct Shim {
    real: *mut ffi::sqlite3_vfs,
}

// SAFETY: what it points to is never changed once it is registered.
unsafe impl Send for Shim {}
// SAFETY: as above.
unsafe impl Sync for Shim {}

/// A story's disk, until it is dropped.
pub(crate) struct Mounted(PathBuf);

/// What lies below `folder` lies on this disk from now on.
pub(crate) fn mount(folder: &Path, volume: &Arc<Volume>) -> Mounted {
    SHIM.get_or_init(register);
    lock(&VOLUMES).push((folder.to_owned(), Arc::clone(volume)));
    Mounted(folder.to_owned())
}

impl Drop for Mounted {
    fn drop(&mut self) {
        lock(&VOLUMES).retain(|(folder, _)| *folder != self.0);
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn volume_of(path: &Path) -> Option<Arc<Volume>> {
    let volumes = lock(&VOLUMES);
    volumes.iter().find(|(folder, _)| path.starts_with(folder)).map(|(_, volume)| volume.clone())
}

fn register() -> Shim {
    // SAFETY: SQLite gives its default VFS, which lives for ever; ours is leaked, so it does too.
    unsafe {
        let real = ffi::sqlite3_vfs_find(std::ptr::null());
        let mut ours = *real;
        ours.zName = c"keepsake-stories".as_ptr();
        ours.pNext = std::ptr::null_mut();
        ours.xOpen = Some(open);
        ours.xDelete = Some(delete);
        ffi::sqlite3_vfs_register(Box::into_raw(Box::new(ours)), 1);
        Shim { real }
    }
}

fn real_vfs() -> *mut ffi::sqlite3_vfs {
    SHIM.get().map_or(std::ptr::null_mut(), |shim| shim.real)
}

/// Our table of methods for each of the real ones, by its address. (A file that needs no locks has
/// another than one that does.)
static OURS: Mutex<Vec<(usize, &'static ffi::sqlite3_io_methods)>> = Mutex::new(Vec::new());

/// The table that takes the place of this one.
fn ours(real: &'static ffi::sqlite3_io_methods) -> &'static ffi::sqlite3_io_methods {
    let address = std::ptr::from_ref(real).addr();
    let mut tables = lock(&OURS);
    if let Some((_, ours)) = tables.iter().find(|(of, _)| *of == address) {
        return ours;
    }
    let ours = Box::leak(Box::new(ffi::sqlite3_io_methods {
        xClose: Some(close),
        xRead: Some(read),
        xWrite: Some(write),
        xTruncate: Some(truncate),
        xSync: Some(sync),
        ..*real
    }));
    tables.push((address, ours));
    ours
}

/// # Safety
/// As SQLite calls it.
unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    given: *mut c_int,
) -> c_int {
    let real = real_vfs();
    // SAFETY: `real` is SQLite's own, and its `xOpen` is there.
    let Some(real_open) = (unsafe { (*real).xOpen }) else { return ffi::SQLITE_CANTOPEN };
    // SAFETY: a name is null or a string that SQLite keeps while the file is open.
    let path = (!name.is_null()).then(|| unsafe { path_of(name) });
    let volume = path.as_deref().and_then(volume_of);
    let life = match volume.as_ref().map(|volume| volume.life()) {
        Some(Err(_)) => return ffi::SQLITE_CANTOPEN,
        Some(Ok(life)) => life,
        None => 0,
    };
    // SAFETY: forwarded as it came.
    let code = unsafe { real_open(real, name, file, flags, given) };
    if let (ffi::SQLITE_OK, Some(volume), Some(path)) = (code, volume, path) {
        // SAFETY: the real `xOpen` has just filled it, with a table that lives as long as SQLite.
        let real = unsafe {
            let real: &'static ffi::sqlite3_io_methods = &*(*file).pMethods;
            (*file).pMethods = ours(real);
            real
        };
        let opened = Opened { volume, life, path, real };
        lock(&OPEN).get_or_insert_default().insert(file.addr(), opened);
    }
    code
}

/// # Safety
/// As SQLite calls it.
unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, dir: c_int) -> c_int {
    let real = real_vfs();
    // SAFETY: a string, and SQLite's own VFS.
    let (path, real_delete) = unsafe { (path_of(name), (*real).xDelete) };
    if volume_of(&path).is_some_and(|volume| !volume.deletes()) {
        return ffi::SQLITE_IOERR_DELETE;
    }
    // SAFETY: forwarded as it came.
    real_delete.map_or(ffi::SQLITE_IOERR_DELETE, |delete| unsafe { delete(real, name, dir) })
}

/// # Safety
/// `name` is a string.
unsafe fn path_of(name: *const c_char) -> PathBuf {
    // SAFETY: said above.
    PathBuf::from(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()))
}

fn opened(file: *mut ffi::sqlite3_file) -> Option<Opened> {
    lock(&OPEN).as_ref()?.get(&file.addr()).cloned()
}

/// Whether the disk does it; else SQLite's code for why not.
fn may(file: *mut ffi::sqlite3_file, what: Doing, code: c_int) -> Result<Opened, c_int> {
    let opened = opened(file).ok_or(code)?;
    match opened.volume.may(opened.life, what) {
        Ok(()) => Ok(opened),
        Err(Errno::NOSPC) => Err(ffi::SQLITE_FULL),
        Err(_) => Err(code),
    }
}

/// The real method, forwarded to.
macro_rules! real {
    ($opened:expr, $method:ident, $file:expr $(, $argument:expr)*) => {
        match $opened.real.$method {
            // SAFETY: the real `xOpen` filled the file, and the arguments are SQLite's or ours.
            Some(method) => unsafe { method($file $(, $argument)*) },
            None => ffi::SQLITE_IOERR,
        }
    };
}

/// # Safety
/// As SQLite calls it.
unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let opened = lock(&OPEN).as_mut().and_then(|open| open.remove(&file.addr()));
    opened.map_or(ffi::SQLITE_IOERR, |opened| real!(opened, xClose, file))
}

/// # Safety
/// As SQLite calls it.
unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    bytes: c_int,
    at: i64,
) -> c_int {
    match may(file, Doing::Reads, ffi::SQLITE_IOERR_READ) {
        Ok(opened) => real!(opened, xRead, file, into, bytes, at),
        Err(code) => code,
    }
}

/// # Safety
/// As SQLite calls it.
unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    at: i64,
) -> c_int {
    let opened = match may(file, Doing::Changes, ffi::SQLITE_IOERR_WRITE) {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let length = usize::try_from(bytes).unwrap_or(0);
    let (old, size) = before(&opened, file, at, length);
    let code = real!(opened, xWrite, file, from, bytes, at);
    if code == ffi::SQLITE_OK {
        // SAFETY: SQLite gives `bytes` bytes.
        let new = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), length) }.to_vec();
        let at = u64::try_from(at).unwrap_or(0);
        opened.volume.wrote_page(&opened.path, Page { at, new: Some(new), old, size });
    }
    code
}

/// # Safety
/// As SQLite calls it.
unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, to: i64) -> c_int {
    let opened = match may(file, Doing::Changes, ffi::SQLITE_IOERR_TRUNCATE) {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let at = u64::try_from(to).unwrap_or(0);
    let size = length(&opened, file);
    let cut = usize::try_from(size.saturating_sub(at)).unwrap_or(0);
    let (old, _) = before(&opened, file, to, cut);
    let code = real!(opened, xTruncate, file, to);
    if code == ffi::SQLITE_OK {
        opened.volume.wrote_page(&opened.path, Page { at, new: None, old, size });
    }
    code
}

/// # Safety
/// As SQLite calls it.
unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    match may(file, Doing::Keeps, ffi::SQLITE_IOERR_FSYNC) {
        Ok(opened) => {
            opened.volume.synced_database(&opened.path);
            ffi::SQLITE_OK
        }
        Err(code) => code,
    }
}

/// What lies there now, zeros behind the end, and how long the file is.
fn before(opened: &Opened, file: *mut ffi::sqlite3_file, at: i64, bytes: usize) -> (Vec<u8>, u64) {
    let mut old = vec![0; bytes];
    let count = c_int::try_from(bytes).unwrap_or(0);
    // (A short read fills the rest with zeros, and says so.)
    let _ = real!(opened, xRead, file, old.as_mut_ptr().cast::<c_void>(), count, at);
    (old, length(opened, file))
}

fn length(opened: &Opened, file: *mut ffi::sqlite3_file) -> u64 {
    let mut size = 0;
    let _ = real!(opened, xFileSize, file, &raw mut size); // 0 if it can't be told
    u64::try_from(size).unwrap_or(0)
}
