//! The first scan of a large library, by a host that is written in Rust: what the same scan costs through
//! Kotlin and Swift is compared with this (`./bench border`).
//!
//! `first_scan ASSETS SCANS` prints a line for each scan: the seconds from the start of the backup to the
//! end of its scan, each into a new state. The user has paused, so nothing else is done.

use keepsake::engine::{Configuration, Engine, HostPorts, VaultPlace};
use keepsake::facts::{Fact, Permission};
use keepsake::ports::{Deletion, Original, PhotoLibrary};
use keepsake::pour::PourInto;
use keepsake::scan::{Asset, Resource, ResourceSize, ScanPages};
use keepsake::{Event, PortError};
use keepsake_machine::media::{Access, Locality, Media, Role};
use std::sync::Arc;
use std::time::Instant;

/// A library of so many photos, which nobody reads.
struct Photos(u64);

fn asset(number: u64) -> Asset {
    let resource = Resource {
        id: format!("{number:08}-0000-4000-8000-KEEPSAKE/L0/001"),
        role: Role::Photo,
        media: Media::Photo,
        name: format!("IMG_{number:06}.HEIC"),
        size: ResourceSize::Exact { bytes: 2_000_000 + number },
        version: number,
        locality: Locality::Local,
        access: Access::Seekable,
        modified: None,
    };
    Asset {
        id: resource.id.clone(),
        taken: 1_767_225_600_000 + i64::try_from(number).unwrap_or_default() * 60_000,
        favourite: false,
        albums: vec!["Summer".to_owned()],
        cross_device_id: None,
        chosen: true,
        resources: vec![resource],
    }
}

impl PhotoLibrary for Photos {
    fn scan(&self, pages: Arc<ScanPages>) -> Result<(), PortError> {
        for first in (0..self.0).step_by(1_000) {
            pages.page((first..self.0.min(first + 1_000)).map(asset).collect())?;
        }
        pages.finished(false, Vec::new());
        Ok(())
    }

    fn open(&self, _: Original) -> Result<i32, PortError> {
        Err(PortError::Unsupported)
    }

    fn version(&self, _: Original) -> Result<u64, PortError> {
        Err(PortError::Unsupported)
    }

    fn pour(&self, _: Original, _: bool, _: Arc<PourInto>) -> Result<(), PortError> {
        Err(PortError::Unsupported)
    }

    fn propose(&self, _: Deletion) -> Result<(), PortError> {
        Err(PortError::Unsupported)
    }
}

fn scan(assets: u64) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name| folder.path().join(name).display().to_string();
    let configuration = Configuration {
        state: path("state"),
        vault: Some(VaultPlace::Folder { path: path("vault"), reserve: Some(0) }),
        settings: keepsake::engine::default_settings(),
        utc_offset: 0,
    };
    let library = Arc::new(Photos(assets));
    let ports = HostPorts { library, transfers: None, storage: None };
    let engine = Engine::open(configuration, ports).expect("it opens");
    engine.pause().expect("it pauses");
    let begun = Instant::now();
    engine.start().expect("it starts");
    let facts = vec![
        Fact::LibraryAccess { access: Permission::Full },
        Fact::Locked { locked: false },
        Fact::TransfersReported,
        Fact::WindowOpened { lasts: None },
    ];
    engine.tell(facts).expect("it listens");
    let waiting = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    while let Some(event) = waiting.block_on(engine.next_event()) {
        if let Event::ScanFinished { changed, .. } = event {
            assert_eq!(changed, assets);
            break;
        }
    }
    let took = begun.elapsed().as_secs_f64();
    engine.stop().expect("it stops");
    took
}

fn main() {
    let numbers = std::env::args().skip(1).map(|word| word.parse().expect("a number"));
    let numbers = numbers.collect::<Vec<u64>>();
    for _ in 0..numbers[1] {
        println!("{:.3}", scan(numbers[0]));
    }
}
