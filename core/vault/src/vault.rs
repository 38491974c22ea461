//! The one trait of all vaults.
//!
//! It is synchronous (called on worker threads), in bulk, and object-safe. One way of a photo:
//!
//! ```text
//! find ── hit ──────────────────────────────────────────► confirm ─► record      = Duplicate
//!   └─ miss ─► place (persisted) ─► [stage/tee while hashing] ─► put ─► confirm ─► record = BackedUp
//! ```
//!
//! Every call may be repeated after a kill, and is harmless then.
//!
//! # How the other vaults fit
//!
//! **S3.** `features`: remote, tickets, no tee, no md5. The key of a file is its path.
//! `put` of a small original is one `PutObject` with `x-amz-checksum-sha256` and
//! `If-None-Match: *` (a 412: HEAD, compare size and `x-amz-meta-sha256`, then `AlreadyThere`, or
//! the name with `~` + 16 hex). A large one begins with `CreateMultipartUpload`; `(key, uploadId,
//! partSize)` goes to [`Watch::token`] *before* the first part. Going on with [`Put::token`]:
//! `ListParts` (pages of 1000), the bytes before the first missing part are read and hashed but
//! not sent, then `CompleteMultipartUpload` (whose 200 may carry an error) and HEAD. On
//! `NoSuchUpload` HEAD comes first. `abandon` aborts the upload that a token names. `confirm` is
//! HEAD, or LIST where many are asked. Where create-if-absent is not proven by a probe at opening,
//! `place` gives every name its `~` + 16 hex, so that writing twice is harmless. `segments` is LIST
//! of `.keepsake/segments/`, `record` one conditional put. `ticket` presigns a put of the whole
//! file or of one part, at a name with `~` + 16 hex. `stage` is [`VaultError::Unsupported`].
//!
//! **Jottacloud.** `features`: remote, md5, no tee, no tickets. `find` answers
//! [`Found::CannotTell`] for what no record names, because *allocate* is query and create in one.
//! `put` allocates with the MD5 of [`Put::digest`] (known before: the machine hashed it):
//! `COMPLETED` is `AlreadyThere`; otherwise it reads from the start, hashes, and sends from
//! `resume_pos` with a `Range`. There is nothing to keep for resuming: allocate again says where
//! to go on, so [`Watch::token`] gets the path only, for `abandon`. Names there are
//! case-insensitive: `place` folds case as it does everywhere. 401 after a failed refresh is
//! [`VaultError::SignedOut`]; 460, 507, 413 or a quota too small is [`VaultError::Full`];
//! `CorruptUpload` is `OtherBytes`. The rotated refresh token is the host's to keep, through the
//! credential port that the vault is opened with. Create-if-absent is unproven there (allocate
//! with other bytes makes a revision), so names carry `~` + 16 hex.

use crate::error::VaultError;
use crate::id::VaultIdentity;
use crate::names::{Placement, ToPlace};
use crate::path::VaultPath;
use crate::put::{Put, Staging, Stored, Teed, Watch};
use crate::record::{Entry, Record, Segment, SegmentName, SegmentRead};
use keepsake_machine::event::Finding;
use keepsake_machine::media::Digest;
use keepsake_machine::settings;
use std::io;

/// Where backups go.
pub trait Vault: Send + Sync {
    /// Which vault it is.
    fn id(&self) -> VaultIdentity;

    /// What it can do: given to the machine when it is opened.
    fn features(&self) -> settings::Vault;

    /// Whether it answers, is the one we know, and takes writes: the bytes that it can take above
    /// its reserve, or `None` where it does not tell. A vault that was away and is back is taken up
    /// again here.
    fn probe(&self) -> Result<Option<u64>, VaultError>;

    /// Asks for digests that are not where the records say, as far as the catalog knows them: what was
    /// put there without a record (a kill in between, another tool), or moved, and what tombstones name.
    /// One answer per digest, in order. The first call after opening, and after [`Vault::tidy`], lists
    /// what is there; a file is hashed only when an asked digest has its size, and once. Where a record
    /// does name an asked digest, or something without one lies among what has one, a file of another size
    /// than its own record says is one without. (Of what is not deduplicated,
    /// [`keepsake_machine::media::Role::is_deduplicated`], a hit says only that such bytes lie there: they
    /// may be another asset's.)
    fn find(&self, digests: &[Digest]) -> Result<Vec<Found>, VaultError>;

    /// Chooses folder and stem for assets, so that all their names are free or hold the same
    /// bytes. In order. What is chosen is remembered in memory; the catalog persists it before the
    /// first put.
    fn place(&self, assets: &[ToPlace<'_>]) -> Result<Vec<Placement>, VaultError>;

    /// Begins writing an original of about `size` bytes into the vault's own staging, to be
    /// committed by a put. Only where [`settings::Vault::tee`] says so.
    fn stage(&self, size: u64) -> Result<Box<dyn Staging>, VaultError>;

    /// Writes a whole small original into staging: [`Vault::stage`] in one call.
    fn tee(&self, bytes: &[u8], modified: Option<i64>) -> Result<Teed, VaultError> {
        let mut staging = self.stage(bytes.len() as u64)?;
        staging.write(bytes)?;
        staging.finish(modified)
    }

    /// Drops what was teed and will not be put.
    fn discard(&self, teed: Teed);

    /// Sends a group: at its end every one that is `Sent` or `AlreadyThere` is durable, under its
    /// name, whole. One answer per put, in order: one that fails does not fail the others. Best at
    /// up to 256 small ones or 64 MB; several groups may be put at once.
    fn put(&self, group: Vec<Put<'_>>, watch: &dyn Watch) -> Vec<Result<Stored, VaultError>>;

    /// Looks whether each is there now: file and size. In order.
    fn confirm(&self, items: &[Held<'_>]) -> Result<Vec<bool>, VaultError>;

    /// Looks at these folders, the parts of paths before the last `/`, the vault itself being the
    /// empty one: whether each is there, and still the same. In order; cheapest in the order of the
    /// paths. Where there are no folders, or looking costs a request, nothing can be told.
    fn see_folders(&self, folders: &[String]) -> Result<Vec<FolderSeen>, VaultError> {
        Ok(vec![FolderSeen::CannotTell; folders.len()])
    }

    /// Makes these records durable in one new segment, and says which (the catalog need not read
    /// it). Only for files that are durable and confirmed. `device` and `sequence` are filled
    /// in here. No records make no segment: `None`.
    fn record(&self, records: Vec<Record>) -> Result<Option<Segment>, VaultError>;

    /// Writes tombstones for these bytes, durably. Files stay.
    fn forget(&self, digests: &[Digest]) -> Result<Option<Segment>, VaultError>;

    /// Drops an unfinished upload that [`Watch::token`] named.
    fn abandon(&self, token: &[u8]) -> Result<(), VaultError>;

    /// The segments that are there now, in no order. The union of all is what the vault knows.
    fn segments(&self) -> Result<Vec<Segment>, VaultError>;

    /// Reads one segment: checked as a whole first, then entry by entry. A segment that is gone, not
    /// to be read or not to be trusted is no error while the vault is there: [`SegmentRead`] says so.
    fn read_segment(
        &self,
        name: &SegmentName,
        each: &mut dyn FnMut(Entry),
    ) -> Result<SegmentRead, VaultError>;

    /// Opens a file for reading back (restore, deep verify). Links are never followed. `None`: it
    /// is not there.
    fn open(&self, path: &VaultPath) -> Result<Option<Box<dyn io::Read + Send>>, VaultError>;

    /// What lies there and no record speaks of. A vault that cannot list has nothing to tell.
    fn unrecorded(&self) -> Result<Strays, VaultError> {
        Ok(Strays::default())
    }

    /// A signed request with which the OS can send this original without us. Only where
    /// [`settings::Vault::tickets`] says so. Its path is a name that only these bytes can have
    /// ([`Placement::file_name`]): when a name is taken, nobody is there to choose another.
    fn ticket(&self, at: &Placement, name: &[u8], digest: Digest) -> Result<Ticket, VaultError> {
        let _ = (at, name, digest);
        Err(VaultError::Unsupported("tickets"))
    }

    /// Housekeeping, at leisure and about daily: merges many small segments into few, removes
    /// staging of others that is older than 30 days by `wall` (milliseconds since 1970 UTC), and
    /// makes the next [`Vault::find`] list again.
    fn tidy(&self, wall: i64) -> Result<Tidied, VaultError>;
}

/// What lies in a vault without a record: put there by another tool, or left so when a segment was lost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strays {
    /// Files, in order of their paths.
    pub files: Vec<VaultPath>,
    /// What is no place that a vault can name (no UTF-8, control characters, nested too deep), and
    /// folders that may not be looked into: as text, in order. Nothing is known of what lies there.
    pub unseen: Vec<String>,
}

/// What the vault says of a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// These bytes lie there, without a record that says so: confirm it and record it.
    Hit(VaultPath),
    /// Not there.
    Miss,
    /// Only sending will tell.
    CannotTell,
    /// A tombstone names it, and no file without a record has these bytes.
    Forgotten,
}

impl Found {
    /// What the machine is told.
    pub fn finding(&self) -> Finding {
        match self {
            Found::Hit(_) => Finding::Hit,
            Found::Miss => Finding::Miss,
            Found::CannotTell => Finding::CannotTell,
            Found::Forgotten => Finding::Forgotten,
        }
    }
}

/// A folder of the vault, looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderSeen {
    /// It is there. The mark tells it from any other that has had its name, or will: as long as it is
    /// the same, nobody took the folder out and made another in its place (but where the file system
    /// has neither birth times nor numbers that last).
    There(u64),
    /// No folder lies there.
    Gone,
    /// It may not be looked at, or into, or its disk fails: it is not gone, and what lies there is not
    /// seen.
    Closed,
    /// This kind of vault does not tell.
    CannotTell,
}

/// What should be in the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held<'a> {
    /// Where.
    pub path: &'a VaultPath,
    /// How many bytes.
    pub size: u64,
}

/// A request that an OS can perform without us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The HTTP method.
    pub method: String,
    /// The URL, signed: a secret while it lasts.
    pub url: String,
    /// Headers that must be sent as they are.
    pub headers: Vec<(String, String)>,
    /// Where the bytes will be.
    pub path: VaultPath,
    /// Seconds from now until it is no longer taken.
    pub lasts: u64,
}

/// What housekeeping did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tidied {
    /// Segments that were merged: each new one with the ones that it stands for. A catalog that
    /// had read all of those has read the new one.
    pub merged: Vec<(Segment, Vec<SegmentName>)>,
    /// Segments that are not trusted, with the reason: left as they are.
    pub damaged: Vec<(SegmentName, String)>,
    /// Files of staging removed.
    pub swept: u64,
}
