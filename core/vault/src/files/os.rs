//! The system's own files.

use super::{Dir, File, Files, Kind, Space, Stat, Written};
use std::ffi::OsStr;
use std::io;
use std::path::Path;

/// The real thing.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsFiles;

impl Files for OsFiles {
    fn root(&self, _path: &Path, _make: bool) -> io::Result<Dir> {
        unimplemented!()
    }
    fn open_dir(&self, _at: &Dir, _name: &OsStr) -> io::Result<Dir> {
        unimplemented!()
    }
    fn make_dir(&self, _at: &Dir, _name: &OsStr) -> io::Result<()> {
        unimplemented!()
    }
    fn list(&self, _at: &Dir, _each: &mut dyn FnMut(&OsStr, Kind)) -> io::Result<()> {
        unimplemented!()
    }
    fn stat(&self, _at: &Dir, _name: &OsStr) -> io::Result<Stat> {
        unimplemented!()
    }
    fn stat_dir(&self, _at: &Dir) -> io::Result<Stat> {
        unimplemented!()
    }
    fn open(&self, _at: &Dir, _name: &OsStr) -> io::Result<File> {
        unimplemented!()
    }
    fn create_new(&self, _at: &Dir, _name: &OsStr) -> io::Result<File> {
        unimplemented!()
    }
    fn read(&self, _file: &File, _into: &mut [u8]) -> io::Result<usize> {
        unimplemented!()
    }
    fn write(&self, _file: &File, _bytes: &[u8]) -> io::Result<()> {
        unimplemented!()
    }
    fn set_modified(&self, _file: &File, _modified: i64) -> io::Result<()> {
        unimplemented!()
    }
    fn rename_new(&self, _from: &Dir, _name: &OsStr, _to: &Dir, _new: &OsStr) -> io::Result<()> {
        unimplemented!()
    }
    fn remove(&self, _at: &Dir, _name: &OsStr) -> io::Result<()> {
        unimplemented!()
    }
    fn remove_dir(&self, _at: &Dir, _name: &OsStr) -> io::Result<()> {
        unimplemented!()
    }
    fn barrier(&self, _at: &Dir, _written: &[Written<'_>]) -> io::Result<()> {
        unimplemented!()
    }
    fn space(&self, _at: &Dir) -> io::Result<Space> {
        unimplemented!()
    }
}

#[allow(dead_code)]
fn uses(_: Kind) {}
