//! What the engine says to whoever keeps a log, with `tracing`, under one target. Every line of it stands
//! in this file.
//!
//! A log leaves the phone: it is sent with a report, and other apps' crashes carry it along. So nothing
//! goes in but numbers, and the names of our own enums: no name, path, album, address, token or place,
//! and no sentence of a system or a host, which may hold one.

use crate::events::Happened;
use crate::source::Refusal;
use keepsake_catalog::CatalogError;
use keepsake_machine::hold::Holds;
use keepsake_machine::media::Run;
use keepsake_machine::status::Notice;
use keepsake_vault::VaultError;
use std::fmt;
use tracing::{error, info, warn};

/// The target of every line.
pub const TARGET: &str = "keepsake";

/// A machine was made from what is stored, and begins.
pub(crate) fn began(run: Run) {
    info!(target: TARGET, run = run.0, "a run began");
}

/// The loop has ended, and all is closed.
pub(crate) fn ended() {
    info!(target: TARGET, "the run ended");
}

/// What a host is shown, without what only its user may read.
pub(crate) fn happened(happened: &Happened) {
    match happened {
        Happened::Noticed(notice) => noticed(notice),
        Happened::ScanFinished { complete, changed } => {
            info!(target: TARGET, complete, changed, "a scan ended");
        }
        Happened::VaultLost { folders, again, only } => {
            let folders = folders.len();
            warn!(target: TARGET, folders, again, only, "folders of the vault are gone");
        }
        Happened::VaultClosed { places } => {
            let places = places.len();
            warn!(target: TARGET, places, "places in the vault may not be looked into");
        }
        Happened::RecordsLost { files, again } => {
            warn!(target: TARGET, files, again, "records of the vault are gone");
        }
        Happened::Status(_)
        | Happened::ScanStarted
        | Happened::Scanned { .. }
        | Happened::Missed(_) => {}
    }
}

fn noticed(notice: &Notice) {
    match notice {
        Notice::ActivityChanged(activity) => {
            info!(target: TARGET, ?activity, "the activity changed");
        }
        Notice::HoldsChanged(holds) => {
            info!(target: TARGET, holds = %Named(*holds), "the holds changed");
        }
        Notice::Advised(advice) => info!(target: TARGET, ?advice, "new advice"),
        Notice::Alarmed(alarmed) => {
            let (hours, holds) = (alarmed.since.as_secs() / 3_600, Named(alarmed.holds));
            warn!(target: TARGET, hours, %holds, "nothing was made safe for long");
        }
        Notice::Quarantined { resource, fault } => {
            warn!(target: TARGET, resource = resource.0, ?fault, "an item was given up on");
        }
        Notice::Migrated(migration) => {
            info!(target: TARGET, ?migration, "the migration took a step");
        }
        Notice::Unexpected(unexpected) if unexpected.late => {}
        Notice::Unexpected(unexpected) => {
            let resource = unexpected.resource.map_or(0, |resource| resource.0);
            let event = &*unexpected.event;
            warn!(target: TARGET, resource, event, "an event that nobody waited for");
        }
    }
}

/// The library refused a whole scan.
pub(crate) fn scan_refused(why: Refusal) {
    info!(target: TARGET, ?why, "the library refused a scan");
}

/// The vault is away, or not to be used.
pub(crate) fn vault_trouble(why: &VaultError) {
    let code = match why {
        VaultError::Io { source, .. } => source.raw_os_error().unwrap_or_default(),
        _ => 0,
    };
    warn!(target: TARGET, kind = why.kind(), code, "the vault has trouble");
}

/// The catalog did not answer, or could not be written.
pub(crate) fn catalog_failed(why: &CatalogError) {
    error!(target: TARGET, kind = ?why.kind(), "the catalog failed");
}

/// It could not be read at all, and is built anew.
pub(crate) fn catalog_set_aside() {
    error!(target: TARGET, "a damaged catalog was set aside");
}

/// A mistake of ours, which went no further.
pub(crate) fn panicked(place: &'static str) {
    error!(target: TARGET, place, "a panic was caught");
}

/// Holds by name, as `Offline+LowStorage`.
struct Named(Holds);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (number, hold) in self.0.iter().enumerate() {
            let between = if number > 0 { "+" } else { "" };
            write!(f, "{between}{hold:?}")?;
        }
        Ok(())
    }
}
