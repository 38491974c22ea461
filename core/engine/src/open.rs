//! A state folder is opened: catalog, vault, what the vault's records say, staging.

use crate::driver::Driver;
use crate::error::{EngineError, of_vault};
use crate::inbox::Inbox;
use crate::jobs::Desk;
use crate::jobs::Failed;
use crate::jobs::kept::Kept;
use crate::jobs::learn::learn;
use crate::jobs::link::{Link, Way};
use crate::log;
use crate::options::{Destination, Options};
use crate::recorder::Recorder;
use crate::runtime::{Runtime, Signal};
use crate::source::Source;
use crate::staging::StagingFolder;
use crate::store::{Store, StoreError};
use crate::stream::Stream;

use keepsake_catalog::{Catalog, Identity, Kind};
use keepsake_machine::effect::Part;
use keepsake_machine::hold::Holds;
use keepsake_machine::session::migration::Migration;
use keepsake_machine::settings::{Config, Limits, Vault as Features};
use keepsake_machine::status::{Activity, Counts, Status};
use keepsake_machine::time::Clock;
use keepsake_vault::{DeviceId, Expect, OpenFolder, VaultError, VaultIdentity};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Everything that an open engine is made of.
pub(crate) struct Parts {
    pub(crate) desk: Arc<Desk>,
    pub(crate) driver: Driver,
    pub(crate) shown: Arc<Mutex<Status>>,
    pub(crate) ended: Arc<Signal>,
}

/// Events that may wait for the loop before jobs have to.
const WAITING: usize = 8_192;

/// Opens it.
pub(crate) fn open(
    options: Options,
    source: Arc<dyn Source>,
    runtime: Arc<dyn Runtime>,
) -> Result<Parts, EngineError> {
    let unusable = |source| EngineError::State { path: options.state.clone(), source };
    std::fs::create_dir_all(&options.state).map_err(unusable)?;
    let path = options.state.join("catalog.sqlite");
    let opened = Catalog::open(&path).map_err(of_catalog)?;
    if opened.set_aside.is_some() {
        log::catalog_set_aside();
    }
    let mut catalog = opened.catalog;
    let identity = catalog.identity(candidate(&*runtime)).map_err(of_catalog)?;
    let link = vault(&options, &mut catalog, &identity, &runtime)?;
    let staging = StagingFolder::open(runtime.files(), &options.state).map_err(unusable)?;
    let features = match link.vault() {
        Ok(vault) => vault.features(),
        // The one kind there is: away, it is what it is when it is there.
        Err(_) => Features { remote: false, tee: true, tickets: false, md5: false },
    };
    let clock = clock(&catalog.parts().map_err(of_catalog)?);
    let shown = Arc::new(Mutex::new(at_rest(catalog.counts())));
    let desk = Arc::new(Desk {
        source,
        link,
        store: Store::new(&path, catalog),
        staging: Arc::new(staging),
        inbox: Arc::new(Inbox::new(WAITING)),
        stream: Arc::new(Stream::default()),
        kept: Kept::default(),
        held: Mutex::default(),
        placing: Mutex::default(),
        tombstones: Mutex::default(),
        segments: Mutex::default(),
        clock: Mutex::new(clock),
        md5: features.md5,
        outgrown: Mutex::default(),
        belongings: Mutex::default(),
        marks: Mutex::default(),
        vault_trouble: Mutex::default(),
        closed: Mutex::default(),
        refused: Mutex::default(),
        tidy_due: Mutex::default(),
        sending: false.into(),
        stopping: false.into(),
        runtime,
    });
    prepare(&desk).map_err(|why| match why {
        Failed::Store(why) => of_store(why),
        Failed::Vault(why) => of_vault(why),
    })?;
    crate::jobs::lock(&shown).counts =
        desk.store.write(|catalog| Ok(catalog.counts())).map_err(of_store)?;
    let limits = options.limits.unwrap_or_else(|| limits(&*desk.runtime));
    let config =
        Config { settings: options.settings, limits, vault: features, seed: identity.seed };
    let recorder = Recorder::new(options.state.join("logs"), options.recorded);
    let ended = Arc::new(Signal::default());
    let driver =
        Driver::new(Arc::clone(&desk), config, recorder, Arc::clone(&shown), Arc::clone(&ended));
    Ok(Parts { desk, driver, shown, ended })
}

/// Reads the vault's news. One that cannot tell them now (it wants a sign-in, it just went away) is away:
/// they are read when it is opened again.
fn prepare(desk: &Desk) -> Result<(), Failed> {
    if let Ok(vault) = desk.link.vault() {
        match learn(desk, &*vault) {
            Err(Failed::Vault(why)) if is_waited_for(&why) => {
                log::vault_trouble(&why);
                desk.link.goes_away(why);
            }
            learned => return learned.map(drop),
        }
    }
    let tombstones = desk.store.read(keepsake_catalog::Reader::tombstones)?;
    let tombstones = tombstones.into_iter().map(|digest| digest.sha256).collect();
    *crate::jobs::lock(&desk.tombstones) = tombstones;
    Ok(())
}

/// Opens the vault and makes it the active one. A known one that is not there stays the active one;
/// an unknown one must be there, or be made.
fn vault(
    options: &Options,
    catalog: &mut Catalog,
    identity: &Identity,
    runtime: &Arc<dyn Runtime>,
) -> Result<Link, EngineError> {
    let place = match &options.destination {
        Some(Destination::Folder(root)) => spell(root),
        None => {
            let active = catalog.active_vault().map_err(of_catalog)?;
            let unknown = || EngineError::Vault("none is known yet: name one".to_owned());
            active.ok_or_else(unknown)?.place
        }
    };
    let Some(root) = spelled(&place) else {
        return Err(EngineError::Vault(format!("{place:?} is no place that this version knows")));
    };
    let known = catalog.vault_at(&place).map_err(of_catalog)?;
    let how = OpenFolder {
        expected: match known.map(VaultIdentity) {
            known if options.new_records => Expect::Remains(known),
            None => Expect::Any,
            Some(known) => Expect::Known(known),
        },
        device: DeviceId::parse(&identity.device),
        reserve: options.vault_reserve,
    };
    let mut way = Way { runtime: Arc::clone(runtime), root, how };
    let opened = way.open();
    let _ = opened.as_ref().inspect_err(|why| log::vault_trouble(why));
    let id = match (&opened, known) {
        (Ok(vault), _) => vault.id().0,
        (Err(_), Some(known)) => known,
        // Nobody has seen it there yet: it is more likely the wrong place than one that is away.
        (Err(why @ VaultError::Unavailable { .. }), None) => {
            return Err(EngineError::Vault(why.to_string()));
        }
        (Err(why), None) => return Err(of_vault(why.again())),
    };
    way.how.expected = Expect::Known(VaultIdentity(id));
    catalog.activate(&id, &place).map_err(of_catalog)?;
    Ok(Link::new(way, opened))
}

/// Whether a backup may begin: a vault that is away is waited for, one that is not to be used at
/// all is an error.
pub(crate) fn is_usable(desk: &Desk) -> Result<(), EngineError> {
    match desk.link.vault() {
        Err(why) if !is_waited_for(&why) => Err(EngineError::Vault(why.to_string())),
        _ => Ok(()),
    }
}

/// Whether a vault that says so may be used another time.
fn is_waited_for(why: &VaultError) -> bool {
    matches!(why, VaultError::Unavailable { .. } | VaultError::Io { .. } | VaultError::SignedOut)
}

fn candidate(runtime: &dyn Runtime) -> Identity {
    let halves = [runtime.random(), runtime.random()].map(u64::to_le_bytes);
    let mut device = [0; 16];
    device[..8].copy_from_slice(&halves[0]);
    device[8..].copy_from_slice(&halves[1]);
    Identity { device: DeviceId(device).to_string(), seed: runtime.random() }
}

/// How much at once on this machine: groups of 256 small originals overlap.
fn limits(runtime: &dyn Runtime) -> Limits {
    let cores = u32::try_from(runtime.cores()).unwrap_or(1);
    Limits {
        under_way: 2_048,
        downloads: 3,
        checksums: 256 * cores.clamp(2, 8),
        checks: 1_024,
        uploads: 768,
    }
}

/// The machine's clock, as it was stored last.
pub(crate) fn clock(parts: &[Part]) -> Clock {
    let stored = parts.iter().find_map(|part| match part {
        Part::Clock(clock) => Some(*clock),
        _ => None,
    });
    stored.unwrap_or_default()
}

/// The status of an engine that has not started.
fn at_rest(counts: Counts) -> Status {
    Status {
        activity: Activity::Stopped,
        holds: Holds::NONE,
        needs: Vec::new(),
        counts,
        under_way: 0,
        staged: 0,
        reserved: 0,
        pace: None,
        estimate: None,
        alarm: None,
        advice: Vec::new(),
        migration: Migration::default(),
    }
}

/// A folder as the catalog remembers it: its path, bytes that are no UTF-8 and `%` as `%XX`.
fn spell(root: &Path) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("folder:");
    for chunk in root.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            let _ = write!(text, "%{byte:02X}"); // a String takes everything
        }
    }
    text
}

/// What [`spell`] wrote.
fn spelled(place: &str) -> Option<std::path::PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let mut rest = place.strip_prefix("folder:")?;
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((plain, coded)) = rest.split_once('%') {
        bytes.extend_from_slice(plain.as_bytes());
        bytes.push(u8::from_str_radix(coded.get(..2)?, 16).ok()?);
        rest = coded.get(2..)?;
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[allow(clippy::needless_pass_by_value)] // for `map_err`
pub(crate) fn of_catalog(why: keepsake_catalog::CatalogError) -> EngineError {
    match why.kind() {
        Kind::Full => EngineError::NoRoom(why.to_string()),
        Kind::Disk | Kind::Busy => EngineError::NotNow(why.to_string()),
        _ => EngineError::Catalog(why.to_string()),
    }
}

pub(crate) fn of_store(why: StoreError) -> EngineError {
    match why {
        StoreError::Closed => EngineError::Stopped,
        StoreError::Catalog(why) => of_catalog(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn a_folder_is_remembered_whatever_its_name() {
        for name in [&b"/a/b c"[..], b"/100%/x", b"/caf\xe9/%41", "/\u{1f4f7}".as_bytes()] {
            let path = std::path::PathBuf::from(std::ffi::OsString::from_vec(name.to_vec()));
            assert_eq!(spelled(&spell(&path)), Some(path));
        }
        assert_eq!(spelled("bucket:x"), None);
        assert_eq!(spelled("folder:/%zz"), None);
    }
}
