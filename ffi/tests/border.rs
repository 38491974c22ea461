//! The border, crossed from the Rust side: a host in a few lines, as Kotlin and Swift have theirs.
#![cfg(feature = "virtual-time")]

use keepsake::descriptor_for_tests as descriptor;
use keepsake::engine::{Configuration, Engine, HostPorts, VaultPlace};
use keepsake::facts::{Fact, Permission};
use keepsake::library::Stage;
use keepsake::ports::{Deletion, Original, PhotoLibrary, Space, Storage};
use keepsake::pour::PourInto;
use keepsake::scan::{Asset, Resource, ResourceSize, ScanPages};
use keepsake::status::Activity;
use keepsake::virtual_time::VirtualTime;
use keepsake::{Event, KeepsakeError, PortError};
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{Access, Locality, Media, Role};
use keepsake_machine::settings::Settings;
use keepsake_machine::stage::Fault;
use std::io::{Seek, Write};
use std::sync::{Arc, Mutex};

/// How a host behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Manners {
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
}

#[derive(Default)]
struct Host {
    manners: Mutex<Manners>,
    access: Option<Access>,
    asked: Mutex<Vec<String>>,
}

const BYTES: usize = 30_000;

impl Host {
    fn manners(&self, call: &str) -> Result<Manners, PortError> {
        self.asked.lock().unwrap().push(call.to_owned());
        match *self.manners.lock().unwrap() {
            Manners::Throws => Err(PortError::Unexpected { detail: "a host's mistake".into() }),
            manners => Ok(manners),
        }
    }
}

fn bytes(id: &str) -> Vec<u8> {
    id.bytes().cycle().take(BYTES).collect()
}

impl PhotoLibrary for Host {
    fn scan(&self, pages: Arc<ScanPages>) -> Result<(), PortError> {
        let manners = self.manners("scan")?;
        let assets = (1..=3).map(|number| {
            let id = format!("IMG_{number}.HEIC");
            let resource = Resource {
                id: id.clone(),
                role: Role::Photo,
                media: Media::Photo,
                name: id.clone(),
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
                albums: Vec::new(),
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

struct Place {
    folder: tempfile::TempDir,
    host: Arc<Host>,
    time: Arc<VirtualTime>,
    engine: Arc<Engine>,
}

impl Place {
    fn of(host: Host) -> Place {
        let folder = tempfile::tempdir().unwrap();
        let configuration = Configuration {
            state: folder.path().join("state").display().to_string(),
            vault: Some(VaultPlace::Folder {
                path: folder.path().join("vault").display().to_string(),
                reserve: Some(0),
            }),
            settings: Settings { reserve: Some(0), ..Settings::default() },
            utc_offset: 0,
        };
        let host = Arc::new(host);
        let ports =
            HostPorts { library: host.clone(), transfers: None, storage: Some(host.clone()) };
        let time = VirtualTime::new(1, 0, 1_767_225_600_000);
        let engine = time.open(configuration, ports).unwrap();
        engine.start().unwrap();
        let facts = vec![
            Fact::LibraryAccess { access: Permission::Full },
            Fact::Locked { locked: false },
            Fact::Network { online: true, metered: false, roaming: false },
            Fact::Power { charging: true, battery: 100, saver: false, hot: false },
            Fact::TransfersReported,
            Fact::WindowOpened { lasts: None },
        ];
        engine.tell(facts).unwrap();
        Place { folder, host, time, engine }
    }

    fn stored(&self) -> usize {
        let year = self.folder.path().join("vault/2026");
        let months = std::fs::read_dir(year).into_iter().flatten().flatten();
        months.map(|month| std::fs::read_dir(month.path()).unwrap().count()).sum()
    }

    fn is_safe(&self) -> bool {
        let status = self.engine.status().unwrap();
        (status.activity, status.safe.items, self.stored()) == (Activity::Done, 3, 3)
    }
}

#[test]
fn a_library_goes_through_the_border_into_a_vault() {
    for access in [Access::Seekable, Access::Poured] {
        let place = Place::of(Host { access: Some(access), ..Host::default() });
        place.time.advance(60_000).unwrap();
        assert!(place.is_safe(), "{:?}", place.engine.status());
        let page = place.engine.library(None, 2).unwrap();
        assert_eq!(page.entries[0].id, "IMG_3.HEIC", "newest first");
        let rest = place.engine.library(page.next, 2).unwrap();
        assert_eq!((rest.entries.len(), rest.next), (1, None));
        assert!(rest.entries.iter().all(|entry| entry.stage == Stage::BackedUp));
        let events = std::iter::from_fn(|| place.engine.waiting_event()).collect::<Vec<_>>();
        assert!(events.contains(&Event::ScanFinished { complete: true, changed: 3 }));
        assert!(events.contains(&Event::ActivityChanged { activity: Activity::Done }));
        place.engine.stop().unwrap();
        assert_eq!(place.engine.retry(None), Err(KeepsakeError::Stopped));
    }
}

#[test]
fn a_host_that_answers_twice_and_goes_on_talking_is_heard_once() {
    for access in [Access::Seekable, Access::Poured] {
        let place = Place::of(Host { access: Some(access), ..Host::default() });
        *place.host.manners.lock().unwrap() = Manners::Twice;
        place.time.advance(60_000).unwrap();
        assert!(place.is_safe(), "{:?}", place.engine.status());
    }
}

#[test]
fn a_host_whose_code_throws_is_named_and_the_rest_goes_on_when_it_does_not() {
    for manners in [Manners::Throws, Manners::WrongNumbers, Manners::Silent] {
        let access = (manners == Manners::Silent).then_some(Access::Poured);
        let place = Place::of(Host { access, ..Host::default() });
        // The first scan is a good one: there is something to be asked for.
        place.engine.pause().unwrap();
        place.time.advance(1_000).unwrap();
        *place.host.manners.lock().unwrap() = manners;
        place.engine.resume().unwrap();
        place.time.advance(3_600_000).unwrap();
        let status = place.engine.status().unwrap();
        assert_eq!((status.safe.items, place.stored()), (0, 0), "{manners:?}");
        let named = status.quarantined.items == 3 || !status.holds.is_empty();
        assert!(named || status.unfinished.items == 3, "{manners:?}: {status:?}");
        let faults = status
            .classes
            .iter()
            .any(|one| format!("{:?}", one.class).contains(&format!("{:?}", Fault::HostFault)));
        assert!(faults || manners == Manners::Silent, "{manners:?}: {status:?}");
        *place.host.manners.lock().unwrap() = Manners::Good;
        place.engine.retry(None).unwrap();
        place.time.advance(40 * 3_600_000).unwrap();
        assert!(place.is_safe(), "{manners:?}: {:?}", place.engine.status());
    }
}

#[test]
fn what_the_host_says_of_space_and_network_counts() {
    let place = Place::of(Host::default());
    place.engine.tell(vec![Fact::Locked { locked: true }]).unwrap();
    place.time.advance(10_000).unwrap();
    assert_eq!(place.engine.status().unwrap().holds, [Hold::DeviceLocked]);
    place.engine.tell(vec![Fact::Locked { locked: false }]).unwrap();
    place.time.advance(20_000).unwrap();
    assert!(place.is_safe());
    assert!(place.host.asked.lock().unwrap().contains(&"space".to_owned()));
}
