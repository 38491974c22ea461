//! A photo library in memory, and an engine on it in virtual time.
#![allow(dead_code)] // each test file uses a part of it

use keepsake_catalog::seen::{SeenAsset, SeenResource};
use keepsake_engine::runtime::Lockstep;
use keepsake_engine::source::{Opened, Original, Pages, Pour, Refusal, Source};
use keepsake_engine::{Destination, Engine, HostFact, Options};
use keepsake_machine::event::{Disappearance, LibraryAccess, Network, Power};
use keepsake_machine::media::{Access, Locality, Media, Role, Size, Version};
use keepsake_machine::status::{Activity, Status};
use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One photo.
#[derive(Clone)]
pub struct Photo {
    pub bytes: Vec<u8>,
    pub version: u64,
    pub locality: Locality,
    pub access: Access,
    pub role: Role,
    pub size: Option<Size>,
    pub refuses: Option<Refusal>,
}

/// What is called when an original is opened or poured, with its name.
type Hook = Box<dyn Fn(&str) + Send + Sync>;

/// The library.
#[derive(Default)]
pub struct Library {
    pub photos: Mutex<BTreeMap<String, Photo>>,
    pub opened: AtomicU64,
    pub hook: Mutex<Option<Arc<Hook>>>,
    /// Why a scan ends before it began, and whether the pages are told instead of the engine.
    pub scan_refuses: Mutex<Option<(Refusal, bool)>>,
}

impl Library {
    pub fn with(photos: &[(&str, &[u8])]) -> Arc<Library> {
        let library = Arc::new(Library::default());
        for (name, bytes) in photos {
            library.put(name, bytes);
        }
        library
    }

    /// Adds or changes one.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        self.edit(name, |photo| {
            photo.bytes = bytes.to_vec();
            photo.version += 1;
        });
    }

    pub fn edit(&self, name: &str, edit: impl FnOnce(&mut Photo)) {
        let mut photos = self.photos.lock().unwrap();
        let photo = photos.entry(name.to_owned()).or_insert_with(|| Photo {
            bytes: Vec::new(),
            version: 0,
            locality: Locality::Local,
            access: Access::Seekable,
            role: Role::Photo,
            size: None,
            refuses: None,
        });
        edit(photo);
    }

    pub fn remove(&self, name: &str) {
        self.photos.lock().unwrap().remove(name);
    }

    pub fn on_open(&self, hook: impl Fn(&str) + Send + Sync + 'static) {
        *self.hook.lock().unwrap() = Some(Arc::new(Box::new(hook)));
    }

    fn photo(&self, original: &Original) -> Result<Photo, Refusal> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        let name = String::from_utf8(original.local_id.clone()).unwrap();
        let hook = self.hook.lock().unwrap().clone();
        if let Some(hook) = hook {
            hook(&name);
        }
        let photos = self.photos.lock().unwrap();
        let photo = photos.get(&name).ok_or(Refusal::Gone(Disappearance::Deleted))?;
        match photo.refuses {
            Some(refusal) => Err(refusal),
            None if Version(photo.version) != original.version => Err(Refusal::Changed),
            None => Ok(photo.clone()),
        }
    }
}

impl Source for Library {
    fn scan(&self, mut pages: Pages) -> Result<(), Refusal> {
        match *self.scan_refuses.lock().unwrap() {
            Some((why, true)) => {
                pages.failed(why);
                return Ok(());
            }
            Some((why, false)) => return Err(why),
            None => {}
        }
        let photos = self.photos.lock().unwrap().clone();
        let assets = (0_i64..).zip(&photos).map(|(n, (name, photo))| {
            let resource = SeenResource {
                local_id: name.clone().into_bytes(),
                role: photo.role,
                media: Media::Photo,
                name: name.rsplit('/').next().unwrap().as_bytes().to_vec(),
                size: photo.size.unwrap_or(Size::Exact(photo.bytes.len() as u64)),
                version: Version(photo.version),
                locality: photo.locality,
                access: photo.access,
                modified: Some(1_700_000_000_000_000_000 + n),
            };
            SeenAsset {
                local_id: name.clone().into_bytes(),
                taken: 1_700_000_000_000 + n,
                favourite: false,
                albums: Vec::new(),
                cross_id: None,
                chosen: true,
                resources: vec![resource],
            }
        });
        let assets: Vec<_> = assets.collect();
        for page in assets.chunks(100) {
            pages.page(page.to_vec()).map_err(|_| Refusal::Stopped)?;
        }
        pages.finished(false, Vec::new());
        Ok(())
    }

    fn open(&self, original: &Original) -> Result<Opened, Refusal> {
        let photo = self.photo(original)?;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&photo.bytes).unwrap();
        file.rewind().unwrap();
        Ok(Opened::File(file))
    }

    fn version(&self, original: &Original, _: &Opened) -> Result<Version, Refusal> {
        let photos = self.photos.lock().unwrap();
        let name = String::from_utf8(original.local_id.clone()).unwrap();
        photos.get(&name).map(|p| Version(p.version)).ok_or(Refusal::Gone(Disappearance::Deleted))
    }

    fn pour(&self, original: &Original, network: bool, mut pour: Pour) -> Result<(), Refusal> {
        let photo = self.photo(original)?;
        if photo.locality == Locality::Cloud && !network {
            return Err(Refusal::NetworkNeeded);
        }
        let mut pipe = pour.pipe().unwrap();
        let written = pipe.write_all(&photo.bytes);
        drop(pipe);
        pour.finished(written.map_err(|_| Refusal::Stopped));
        Ok(())
    }
}

/// Folders for one engine.
pub struct Place {
    pub folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    pub fn vault(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn options(&self) -> Options {
        let mut options = Options::new(self.state(), Some(Destination::Folder(self.vault())));
        options.settings.reserve = Some(0);
        options.vault_reserve = Some(0);
        options
    }

    /// The photos in the vault, by path, without what is the vault's own.
    pub fn stored(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.vault()).into_iter().filter(|(path, _)| !path.starts_with('.')).collect()
    }

    pub fn staged(&self) -> usize {
        std::fs::read_dir(self.state().join("staging")).unwrap().count()
    }
}

/// All files below a folder.
pub fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// What a desktop tells.
pub fn tell_all(engine: &Engine) {
    for fact in [
        HostFact::Access(LibraryAccess::Full),
        HostFact::Locked(false),
        HostFact::Network(Network::UNMETERED),
        HostFact::Power(Power::MAINS),
        HostFact::TransfersReported,
        HostFact::WindowOpened(None),
    ] {
        engine.tell(fact);
    }
}

/// An engine in virtual time.
pub struct Run {
    pub clock: Lockstep,
    pub engine: Engine,
}

impl Run {
    pub fn open(place: &Place, library: &Arc<Library>) -> Run {
        let clock = Lockstep::default();
        let engine =
            Engine::open_on(Arc::new(clock.clone()), place.options(), library.clone()).unwrap();
        Run { clock, engine }
    }

    pub fn start(place: &Place, library: &Arc<Library>) -> Run {
        let run = Run::open(place, library);
        run.engine.start().unwrap();
        tell_all(&run.engine);
        run
    }

    /// Lets so much time pass.
    pub fn pass(&self, seconds: u64) -> Status {
        self.clock.pass(Duration::from_secs(seconds));
        self.engine.status()
    }

    /// Lets time pass until the engine is done or has nothing to do but wait; then stops it.
    pub fn finish(self) -> Status {
        let status = self.pass(60);
        self.engine.stop();
        status
    }
}

/// A whole backup.
pub fn back_up(place: &Place, library: &Arc<Library>) -> Status {
    let status = Run::start(place, library).finish();
    assert_eq!(status.activity, Activity::Done, "{status:?}");
    status
}
