//! A host in a few lines, as Kotlin and Swift have theirs, and a phone that it lives on.
#![allow(dead_code)] // each test file uses a part of it

use keepsake::PortError;
use keepsake::descriptor_for_tests as descriptor;
use keepsake::engine::{Configuration, Engine, HostPorts, VaultPlace};
use keepsake::facts::{Fact, Permission};
use keepsake::ports::{Deletion, Original, PhotoLibrary, Space, Storage};
use keepsake::pour::PourInto;
use keepsake::scan::{Asset, Resource, ResourceSize, ScanPages};
use keepsake::status::Activity;
use keepsake::virtual_time::VirtualTime;
use keepsake_machine::media::{Access, Locality, Media, Role};
use keepsake_machine::settings::Settings;
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// How a host behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manners {
    #[default]
    Good,
    /// Its code throws whatever it is asked for.
    Throws,
    /// It hands over numbers that are no descriptors.
    WrongNumbers,
    /// It answers twice, and then goes on talking.
    Twice,
    /// It lets go of what it was given without an answer.
    Silent,
    /// Its library refuses to be looked at.
    NoAccess,
}

#[derive(Default)]
pub struct Host {
    pub manners: Mutex<Manners>,
    pub access: Option<Access>,
    pub asked: Mutex<Vec<String>>,
    /// What is asked for of an original is called so.
    pub named: Option<fn(i64) -> String>,
    /// The library knows no places: this is how it finds one again.
    pub ids: Option<fn(i64) -> String>,
    /// Its albums.
    pub albums: Vec<String>,
}

/// What a host says that throws.
pub const MISTAKE: &str = "a host's mistake about /storage/Anna/IMG_1.HEIC, token eyJhbGciOi";

pub const BYTES: usize = 30_000;

impl Host {
    fn manners(&self, call: &str) -> Result<Manners, PortError> {
        self.asked.lock().unwrap().push(call.to_owned());
        match *self.manners.lock().unwrap() {
            Manners::Throws => Err(PortError::Unexpected { detail: MISTAKE.into() }),
            Manners::NoAccess => Err(PortError::NoAccess),
            manners => Ok(manners),
        }
    }
}

pub fn bytes(id: &str) -> Vec<u8> {
    id.bytes().cycle().take(BYTES).collect()
}

impl PhotoLibrary for Host {
    fn scan(&self, pages: Arc<ScanPages>) -> Result<(), PortError> {
        let manners = self.manners("scan")?;
        let assets = (1..=3).map(|number| {
            let name = self.named.map_or(format!("IMG_{number}.HEIC"), |named| named(number));
            let id = self.ids.map_or(name.clone(), |ids| ids(number));
            let resource = Resource {
                id: id.clone(),
                role: Role::Photo,
                media: Media::Photo,
                name,
                size: ResourceSize::Exact { bytes: BYTES as u64 },
                version: 1,
                locality: Locality::Local,
                access: self.access.unwrap_or(Access::Seekable),
                modified: None,
            };
            Asset {
                id,
                taken: 1_767_225_600_000 + number,
                favourite: false,
                albums: self.albums.clone(),
                cross_device_id: None,
                chosen: true,
                resources: vec![resource],
            }
        });
        pages.page(assets.collect())?;
        if manners == Manners::Silent {
            return Ok(());
        }
        pages.finished(false, Vec::new());
        if manners == Manners::Twice {
            pages.finished(true, Vec::new());
            pages.failed(PortError::NoAccess);
            assert_eq!(pages.page(Vec::new()), Err(PortError::Stopped));
        }
        Ok(())
    }

    fn open(&self, original: Original) -> Result<i32, PortError> {
        if self.manners("open")? == Manners::WrongNumbers {
            return Ok(if original.resource % 2 == 0 { -1 } else { 987_654 });
        }
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes(&original.id)).unwrap();
        file.rewind().unwrap();
        Ok(descriptor::given(file))
    }

    fn version(&self, original: Original) -> Result<u64, PortError> {
        self.manners("version")?;
        Ok(original.version)
    }

    fn pour(&self, original: Original, _: bool, into: Arc<PourInto>) -> Result<(), PortError> {
        let manners = self.manners("pour")?;
        let mut pipe = descriptor::taken(into.take_pipe()?).unwrap();
        assert_eq!(into.take_pipe(), Err(PortError::Stopped), "there is one pipe");
        if manners == Manners::Silent {
            return Ok(());
        }
        let written = pipe.write_all(&bytes(&original.id));
        drop(pipe);
        match written {
            Ok(()) => into.finished(),
            Err(_) => into.failed(PortError::Stopped),
        }
        if manners == Manners::Twice {
            into.failed(PortError::ReadFailed);
            into.finished();
            assert!(into.is_stopped());
        }
        Ok(())
    }

    fn propose(&self, _: Deletion) -> Result<(), PortError> {
        Err(PortError::Unsupported)
    }
}

impl Storage for Host {
    fn space(&self) -> Result<Space, PortError> {
        self.asked.lock().unwrap().push("space".into());
        Ok(Space { available: 40_000_000_000, total: 64_000_000_000 })
    }
}

/// A phone with this host, a state and a vault.
pub struct Place {
    pub folder: tempfile::TempDir,
    pub host: Arc<Host>,
    pub time: Arc<VirtualTime>,
    pub engine: Arc<Engine>,
}

impl Place {
    /// Started, in virtual time.
    pub fn of(host: Host) -> Place {
        let folder = tempfile::tempdir().unwrap();
        let host = Arc::new(host);
        let time = VirtualTime::new(1, 0, 1_767_225_600_000);
        let engine = time.open(configuration(folder.path()), ports(&host)).unwrap();
        engine.start().unwrap();
        engine.tell(at_ease()).unwrap();
        Place { folder, host, time, engine }
    }

    pub fn stored(&self) -> usize {
        stored(self.folder.path())
    }

    pub fn is_safe(&self) -> bool {
        let status = self.engine.status().unwrap();
        (status.activity, status.safe.items, self.stored()) == (Activity::Done, 3, 3)
    }
}

/// The vault below this folder.
pub fn vault(folder: &Path) -> VaultPlace {
    VaultPlace::Folder { path: folder.join("vault").display().to_string(), reserve: Some(0) }
}

pub fn configuration(folder: &Path) -> Configuration {
    Configuration {
        state: folder.join("state").display().to_string(),
        vault: Some(vault(folder)),
        settings: Settings { reserve: Some(0), ..Settings::default() },
        utc_offset: 0,
    }
}

pub fn ports(host: &Arc<Host>) -> HostPorts {
    HostPorts { library: host.clone(), transfers: None, storage: Some(host.clone()) }
}

/// In front, on a charger, in a network that costs nothing.
pub fn at_ease() -> Vec<Fact> {
    vec![
        Fact::LibraryAccess { access: Permission::Full },
        Fact::Locked { locked: false },
        Fact::Network { online: true, metered: false, roaming: false },
        Fact::Power { charging: true, battery: 100, saver: false, hot: false },
        Fact::TransfersReported,
        Fact::WindowOpened { lasts: None },
    ]
}

/// How many photos lie in the vault below this folder.
pub fn stored(folder: &Path) -> usize {
    let months = std::fs::read_dir(folder.join("vault/2026")).into_iter().flatten().flatten();
    months.map(|month| std::fs::read_dir(month.path()).unwrap().count()).sum()
}
