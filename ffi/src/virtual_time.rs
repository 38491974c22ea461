//! The engine in virtual time, for scenarios: nothing runs by itself, and the order repeats exactly.

use crate::engine::{Configuration, Engine, HostPorts};
use crate::error::{KeepsakeError, guarded};
use keepsake_engine::runtime::Lockstep;
use keepsake_machine::time::Now;
use keepsake_vault::OsFiles;
use std::sync::Arc;
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
            Ok(Engine::new(inner))
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
