//! Reading what lies in the vault: by whoever asks, and to compare it.

use super::fail::{fail, is_absent};
use crate::error::VaultError;
use crate::files::{Dir, File, Files, Kind};
use keepsake_machine::media::Digest;
use sha2::{Digest as _, Sha256};
use std::ffi::OsStr;
use std::io::{self, Read};
use std::sync::Arc;

/// The buffer in which files are read: 256 KiB.
pub(super) const BUFFER: usize = 256 << 10;

/// A file of the vault being read.
pub(super) struct Reading {
    pub(super) files: Arc<dyn Files>,
    pub(super) file: File,
}

impl Read for Reading {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.files.read(&self.file, into)
    }
}

/// Whether `name` is a plain file with these very bytes: size first, then every byte.
pub(super) fn is_same(
    files: &dyn Files,
    dir: &Dir,
    name: &OsStr,
    digest: &Digest,
) -> Result<bool, VaultError> {
    let failed = |error| fail("comparing", &name.to_string_lossy(), 0, error);
    match files.stat(dir, name) {
        Ok(stat) if stat.kind != Kind::File || stat.size != digest.size => return Ok(false),
        Err(error) if is_absent(&error) => return Ok(false),
        stat => stat.map_err(failed)?,
    };
    match hash(files, dir, name) {
        Err(error) if is_absent(&error) => Ok(false),
        hashed => Ok(hashed.map_err(failed)? == (digest.sha256, digest.size)),
    }
}

/// SHA-256 and size of a file.
pub(super) fn hash(files: &dyn Files, dir: &Dir, name: &OsStr) -> io::Result<([u8; 32], u64)> {
    let file = files.open(dir, name)?;
    let mut buffer = vec![0; BUFFER];
    let (mut hasher, mut size) = (Sha256::new(), 0);
    loop {
        match files.read(&file, &mut buffer)? {
            0 => return Ok((hasher.finalize().into(), size)),
            read => {
                hasher.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
}
