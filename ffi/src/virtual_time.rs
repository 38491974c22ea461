//! The engine in virtual time, for scenarios: nothing runs by itself, and the order repeats exactly.
//!
//! [`VirtualTime`] is a clock alone. [`VirtualPhone`] is what a story of `tests/scenarios` needs besides
//! the host's own: a disk that ends, a vault's disk that comes off, power that goes.

use crate::engine::{Configuration, Engine, HostPorts};
use crate::error::{KeepsakeError, guarded};
use keepsake_engine::runtime::Lockstep;
use keepsake_machine::time::Now;
use keepsake_scenarios::world::{Mood, World};
use keepsake_vault::OsFiles;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A clock that stands until it is told to go on.
#[derive(uniffi::Object)]
pub struct VirtualTime(Lockstep);

/// A job takes so long: not all alike, so that a kill may come between any two.
fn latency(order: u64) -> Duration {
    Duration::from_millis(40 + order * 37 % 90)
}

#[uniffi::export]
impl VirtualTime {
    /// A phone that started `uptime` milliseconds ago, at `wall` milliseconds since 1970 UTC.
    #[uniffi::constructor]
    pub fn new(boot: u64, uptime: u64, wall: i64) -> Arc<VirtualTime> {
        let now = Now { boot, uptime, wall, utc_offset: 0 };
        Arc::new(VirtualTime(Lockstep::new(now, Arc::new(OsFiles), 1).with_latency(latency)))
    }

    /// Opens an engine that lives in this time.
    pub fn open(
        &self,
        configuration: Configuration,
        ports: HostPorts,
    ) -> Result<Arc<Engine>, KeepsakeError> {
        guarded(|| {
            let runtime = Arc::new(self.0.clone());
            let options = configuration.options();
            let inner = keepsake_engine::Engine::open_on(runtime, options, ports.source())?;
            Ok(Engine::new(inner, None))
        })
    }

    /// Everything happens that is due by `uptime`, and it is then.
    pub fn advance(&self, uptime: u64) -> Result<(), KeepsakeError> {
        guarded(|| {
            self.0.advance(uptime);
            Ok(())
        })
    }

    /// The program is killed: nothing that it was about to do is done.
    pub fn kill(&self) -> Result<(), KeepsakeError> {
        guarded(|| {
            self.0.kill();
            Ok(())
        })
    }
}

/// The disks of a story, and the program's clock. Its folders are gone when it is.
#[derive(uniffi::Object)]
pub struct VirtualPhone(Mutex<World>);

impl VirtualPhone {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a vault is, besides there or away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum VaultMood {
    /// Well.
    Well,
    /// It has no room.
    Full,
    /// It wants a sign-in.
    SignedOut,
}

/// A path, as text: these are our own.
fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[allow(clippy::needless_pass_by_value)] // for `map_err`
fn io(error: std::io::Error) -> KeepsakeError {
    KeepsakeError::State { detail: error.to_string() }
}

#[uniffi::export]
impl VirtualPhone {
    /// That of the story with this title: its disk has so many bytes; its vault signs tickets, or not.
    #[uniffi::constructor]
    pub fn new(title: &str, disk: u64, signs_tickets: bool) -> Result<Arc<Self>, KeepsakeError> {
        guarded(|| {
            let world = World::new(title, disk, signs_tickets).map_err(io)?;
            Ok(Arc::new(VirtualPhone(Mutex::new(world))))
        })
    }

    /// The path of a folder for whatever the host needs besides.
    pub fn folder(&self) -> String {
        shown(self.world().folder())
    }

    /// Where the program keeps its state: for its configuration.
    pub fn state(&self) -> String {
        shown(&self.world().state())
    }

    /// Where the vault is, when its disk is there.
    pub fn vault(&self) -> String {
        shown(&self.world().vault())
    }

    /// Where another device keeps its state: for its configuration.
    pub fn another_state(&self) -> String {
        shown(&self.world().another_state())
    }

    /// The time of another device, whose disks never fail.
    pub fn another(&self) -> Result<Arc<VirtualTime>, KeepsakeError> {
        guarded(|| Ok(Arc::new(VirtualTime(self.world().another().map_err(io)?))))
    }

    /// The program starts, `millis` into the story.
    pub fn open(
        &self,
        configuration: Configuration,
        ports: HostPorts,
        millis: u64,
    ) -> Result<Arc<Engine>, KeepsakeError> {
        guarded(|| {
            let clock = self.world().starts(millis);
            let options = configuration.options();
            let inner = keepsake_engine::Engine::open_on(Arc::new(clock), options, ports.source())?;
            Ok(Engine::new(inner, None))
        })
    }

    /// Everything happens that is due by `millis` into the story.
    pub fn advance(&self, millis: u64) -> Result<(), KeepsakeError> {
        guarded(|| {
            let clock = self.world().clock();
            if let Some(clock) = clock {
                clock.advance(millis); // the host is called meanwhile, and may ask for a folder
            }
            Ok(())
        })
    }

    /// Seconds pass, from `millis` into the story until something happens in one, at most until `until`.
    /// Says when that is. As [`VirtualPhone::advance`] to every full second, for hosts to which a call a
    /// second is dear.
    pub fn idle(&self, millis: u64, until: u64) -> Result<u64, KeepsakeError> {
        guarded(|| {
            let Some(clock) = self.world().clock() else { return Ok(until) };
            let mut millis = millis;
            while millis < until {
                millis = until.min((millis / 1_000 + 1) * 1_000);
                if clock.advance(millis) {
                    break;
                }
            }
            Ok(millis)
        })
    }

    /// The program is gone: nothing that it still tries has any effect.
    pub fn kill(&self) -> Result<(), KeepsakeError> {
        guarded(|| {
            self.world().kill();
            Ok(())
        })
    }

    /// Puts a file to the far store, as the request of a ticket does: it takes it whole or not at all,
    /// and replaces none. Says whether it has it.
    pub fn takes(&self, file: &str, url: &str) -> bool {
        self.world().takes(Path::new(file), url)
    }

    /// What the library and others take of the phone's disk, in bytes.
    pub fn set_taken(&self, bytes: u64) {
        self.world().set_taken(bytes);
    }

    /// The power goes, and with it the program and what was not synced. The phone is on again.
    pub fn cut_power(&self) -> Result<(), KeepsakeError> {
        guarded(|| self.world().cut_power().map_err(io))
    }

    /// The vault's disk is pulled out without a word.
    pub fn pull_out(&self) -> Result<(), KeepsakeError> {
        guarded(|| self.world().pull_out().map_err(io))
    }

    /// It is put back.
    pub fn put_back(&self) {
        self.world().put_back();
    }

    /// From now on one in so many operations of both disks fails; 0: none.
    pub fn set_disks_fail(&self, one_in: u64) {
        self.world().set_disks_fail(one_in);
    }

    /// How the vault is, besides there or away.
    pub fn set_mood(&self, mood: VaultMood) {
        self.world().set_mood(match mood {
            VaultMood::Well => Mood::Well,
            VaultMood::Full => Mood::Full,
            VaultMood::SignedOut => Mood::SignedOut,
        });
    }

    /// The app is deleted, with its state, and the program is gone.
    pub fn uninstall(&self) -> Result<(), KeepsakeError> {
        guarded(|| self.world().uninstall().map_err(io))
    }

    /// The vault goes away in good order, or comes back.
    pub fn move_vault(&self, there: bool) -> Result<(), KeepsakeError> {
        guarded(|| self.world().move_vault(there).map_err(io))
    }
}
