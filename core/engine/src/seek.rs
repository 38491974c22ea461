//! Where in a vault bytes lie that are not where a record says: under another record's path, without
//! a record, or in the place of something else.

use crate::jobs::hashing::hash_all;
use crate::records;
use crate::verify::Progress;
use keepsake_machine::media::Digest;
use keepsake_vault::{Found, Vault, VaultError, VaultPath};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::Ordering;

/// Where bytes were found, by their SHA-256.
pub(crate) type Places = HashMap<[u8; 32], VaultPath>;

const BUFFER: usize = 1 << 20;

/// Looks for these bytes: wherever any record of them says, among the files of which no record
/// speaks, and at `others`, paths in which something else lies than is recorded. What is found was
/// read, every byte. What cannot be looked at now is not found.
pub(crate) fn by_bytes(
    vault: &dyn Vault,
    wanted: &[Digest],
    others: &[VaultPath],
    progress: &Progress,
) -> Result<Places, VaultError> {
    let mut places = Places::new();
    let mut missing: HashSet<_> = wanted.iter().map(|digest| digest.sha256).collect();
    if missing.is_empty() {
        return Ok(places);
    }
    let mut candidates: BTreeSet<_> = others.iter().cloned().collect();
    records::all(vault, |record| {
        if missing.contains(&record.digest.sha256) {
            candidates.insert(record.path);
        }
        !progress.stop.load(Ordering::Relaxed)
    })?;
    let mut buffer = vec![0; BUFFER];
    for path in candidates {
        if missing.is_empty() {
            break;
        }
        if let Lying::These(digest) = lying_at(vault, &path, &mut buffer, progress)?
            && missing.remove(&digest.sha256)
        {
            places.insert(digest.sha256, path);
        }
    }
    let rest: Vec<_> = wanted.iter().filter(|one| missing.contains(&one.sha256)).copied().collect();
    places.extend(without_record(vault, &rest)?);
    Ok(places)
}

/// Looks for these bytes among the files of which no record speaks.
pub(crate) fn without_record(vault: &dyn Vault, wanted: &[Digest]) -> Result<Places, VaultError> {
    let mut places = Places::new();
    for digest in wanted {
        // (Of what was found a moment ago the answer comes from memory.)
        match vault.find(&[*digest]).map(|mut found| found.pop()) {
            Ok(Some(Found::Hit(path))) => _ = places.insert(digest.sha256, path),
            Ok(_) => {}
            Err(_) => is_there(vault)?,
        }
    }
    Ok(places)
}

/// What lies at a path.
pub(crate) enum Lying {
    /// Nothing.
    Nothing,
    /// A file with these bytes.
    These(Digest),
    /// It cannot be read now.
    Unreadable,
    /// It was stopped before its end.
    Stopped,
}

/// Reads what lies at a path.
///
/// # Errors
/// The vault is not there any more.
pub(crate) fn lying_at(
    vault: &dyn Vault,
    path: &VaultPath,
    buffer: &mut [u8],
    progress: &Progress,
) -> Result<Lying, VaultError> {
    if progress.stop.load(Ordering::Relaxed) {
        return Ok(Lying::Stopped);
    }
    let read = match vault.open(path) {
        Ok(None) => return Ok(Lying::Nothing),
        Ok(Some(mut file)) => hash_all(&mut file, false, buffer, &mut |bytes| {
            progress.bytes.fetch_add(bytes, Ordering::Relaxed);
            !progress.stop.load(Ordering::Relaxed)
        }),
        Err(_) => return is_there(vault).map(|()| Lying::Unreadable),
    };
    match read {
        Ok(Some(digest)) => Ok(Lying::These(digest)),
        Ok(None) => Ok(Lying::Stopped),
        Err(_) => is_there(vault).map(|()| Lying::Unreadable),
    }
}

/// After a failure: was it about one file, or is the vault gone?
pub(crate) fn is_there(vault: &dyn Vault) -> Result<(), VaultError> {
    vault.see_folders(&[]).map(|_| ())
}
