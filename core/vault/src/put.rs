//! What is sent to a vault: a group of originals, with who watches it.

use crate::error::VaultError;
use crate::names::Placement;
use crate::path::VaultPath;
use keepsake_machine::event::PutOutcome;
use keepsake_machine::media::Digest;
use std::any::Any;
use std::io;

/// One original to be sent.
pub struct Put<'a> {
    /// The folder and stem of its asset: [`crate::Vault::place`] chose it, the catalog keeps it.
    pub placement: &'a Placement,
    /// Its file name as shot, as bytes.
    pub name: &'a [u8],
    /// What must arrive: bound before. Bytes with another digest are never committed.
    pub digest: Digest,
    /// Whether equal bytes that another put of this run brought may stand for it, under whatever
    /// name ([`keepsake_machine::media::Role::is_deduplicated`]): what two lanes send at once lies
    /// there once.
    pub deduplicated: bool,
    /// Its modification time, nanoseconds since 1970 UTC: the file in the vault keeps it.
    pub modified: Option<i64>,
    /// The bytes.
    pub bytes: PutBytes<'a>,
    /// What an earlier attempt left with [`Watch::token`]: sending goes on from there.
    pub token: Option<Vec<u8>>,
}

/// Where the bytes of a put come from.
pub enum PutBytes<'a> {
    /// Written to the vault's staging while they were hashed: only the commit is left.
    Teed(Teed),
    /// Read from the start, once: opened only when its turn comes. Also an upload that is resumed
    /// reads from the start, since every put hashes what it sends; it only *sends* from there on.
    Read(Opener<'a>),
}

/// Opens an original.
pub type Opener<'a> = Box<dyn FnOnce() -> io::Result<Box<dyn io::Read + 'a>> + Send + 'a>;

/// How a put ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// We sent the bytes; they are durable under this path.
    Sent(VaultPath),
    /// The vault has these very bytes under this path: looked at, not believed.
    AlreadyThere(VaultPath),
    /// The bytes read are not those of the digest: nothing was committed.
    OtherBytes,
    /// What was teed is no longer there, or may not have reached the disk: read it again.
    TeeLost,
}

impl Stored {
    /// What the machine is told.
    pub fn outcome(&self) -> PutOutcome {
        match self {
            Stored::Sent(_) => PutOutcome::Sent,
            Stored::AlreadyThere(_) => PutOutcome::AlreadyThere,
            Stored::OtherBytes => PutOutcome::OtherBytes,
            Stored::TeeLost => PutOutcome::TeeLost,
        }
    }

    /// Where the bytes are, if they are.
    pub fn path(&self) -> Option<&VaultPath> {
        match self {
            Stored::Sent(path) | Stored::AlreadyThere(path) => Some(path),
            Stored::OtherBytes | Stored::TeeLost => None,
        }
    }
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    On,
    /// Stop this item: it ends with [`VaultError::Stopped`], the others go on.
    Stop,
}

/// Watches a group being put. Called from the putting thread (or threads: hence `Sync`).
pub trait Watch: Send + Sync {
    /// `bytes` of the group's `item`th original left for the vault, in all. Asked before the first
    /// byte and then at least once per 1 MiB, so that a permit that is revoked stops it within
    /// that. Not asked any more once the commit has begun.
    fn went_on(&self, item: usize, bytes: u64) -> Flow {
        let _ = (item, bytes);
        Flow::On
    }

    /// The `item`th original has an unfinished upload that `token` names: make it durable before
    /// returning. If that fails, nothing of the upload is begun.
    fn token(&self, item: usize, token: &[u8]) -> Result<(), VaultError> {
        let _ = (item, token);
        Ok(())
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {}

/// An original on its way into a vault's staging while it is hashed. Dropped unfinished, it leaves
/// nothing behind.
pub trait Staging: Send {
    /// Writes all of `bytes` behind what is there.
    fn write(&mut self, bytes: &[u8]) -> Result<(), VaultError>;

    /// Ends it: all bytes are written (not durable yet: the put sees to that). `modified` is the
    /// file's time, nanoseconds since 1970 UTC.
    fn finish(self: Box<Self>, modified: Option<i64>) -> Result<Teed, VaultError>;
}

/// Something in a vault's staging, complete. Belongs to the vault that made it, in this run only.
/// Given back with a put or with [`crate::Vault::discard`]; one that is just dropped is removed at
/// the vault's next opening.
pub struct Teed(Box<dyn Any + Send + Sync>);

impl Teed {
    /// Wraps a vault's own note of where the bytes are.
    pub fn new(note: impl Any + Send + Sync) -> Teed {
        Teed(Box::new(note))
    }

    /// The note, if this vault's kind made it.
    pub fn into_note<T: Any>(self) -> Option<T> {
        self.0.downcast().ok().map(|note| *note)
    }
}

impl std::fmt::Debug for Teed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Teed")
    }
}
