//! The real clockwork: the system's clocks, tokio's timers, its blocking threads.

use super::{Driven, Job, Next, Runtime, Signal, Wake};
use keepsake_machine::time::Now;
use keepsake_vault::files::{Files, OsFiles};
use rustix::time::{ClockId, clock_gettime};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;

/// Threads and the system's clocks.
pub struct Threads {
    handle: Handle,
    /// Ends the thread on which timers run, when dropped.
    timers: Arc<Notify>,
    boot: u64,
    utc_offset: i32,
}

impl Threads {
    /// Starts the thread on which timers run. `utc_offset`: minutes east of UTC.
    pub fn new(utc_offset: i32) -> std::io::Result<Threads> {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .thread_name("keepsake-job")
            .max_blocking_threads(MOST_THREADS)
            .build()?;
        let handle = runtime.handle().clone();
        let timers = Arc::new(Notify::new());
        let end = Arc::clone(&timers);
        std::thread::Builder::new().name("keepsake-timers".into()).spawn(move || {
            runtime.block_on(end.notified());
            // What still runs ends by itself; nobody waits for it here.
            runtime.shutdown_background();
        })?;
        Ok(Threads { handle, timers, boot: boot(), utc_offset })
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.timers.notify_one();
    }
}

impl Runtime for Threads {
    fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        let wall = match wall {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => {
                i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |millis| -millis)
            }
        };
        Now { boot: self.boot, uptime: uptime(), wall, utc_offset: self.utc_offset }
    }

    fn spawn(&self, _order: u64, job: Job) {
        self.handle.spawn_blocking(job);
    }

    fn after(&self, delay: Duration, _order: u64, job: Job) {
        let handle = self.handle.clone();
        self.handle.spawn(async move {
            tokio::time::sleep(delay).await;
            handle.spawn_blocking(job);
        });
    }

    fn beside(&self, job: Job) {
        // Not one of the pool's: all of those may be waiting for such a one.
        let thread = std::thread::Builder::new().name("keepsake-beside".into());
        // Without a thread the job is dropped, and with it its end of the pipe: that is an answer.
        let _ = thread.spawn(job);
    }

    fn drive(&self, mut driven: Box<dyn Driven>) -> std::io::Result<Wake> {
        let notify = Arc::new(Notify::new());
        let woken = Arc::clone(&notify);
        let handle = self.handle.clone();
        let turns = move || {
            handle.block_on(async {
                loop {
                    match driven.turn() {
                        Next::Never => break,
                        Next::Now => {}
                        Next::Woken => woken.notified().await,
                        Next::At(due) => {
                            // Tokio's clock stands still while the device sleeps; ours does not.
                            let left = Duration::from_millis(due.saturating_sub(uptime()));
                            let wait = left.min(LONGEST_WAIT);
                            let _ = tokio::time::timeout(wait, woken.notified()).await;
                        }
                    }
                }
            });
        };
        std::thread::Builder::new().name("keepsake-loop".into()).spawn(turns)?;
        Ok(Arc::new(move || notify.notify_one()))
    }

    fn wait(&self, signal: &Signal) {
        signal.block();
    }

    fn files(&self) -> Arc<dyn Files> {
        Arc::new(OsFiles)
    }

    fn random(&self) -> u64 {
        RandomState::new().build_hasher().finish()
    }

    fn cores(&self) -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }
}

/// Milliseconds since boot, suspended time included.
fn uptime() -> u64 {
    // Linux: the clock that goes on while suspended. Apple's monotonic clock does so by itself.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let clock = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let clock = ClockId::Monotonic;
    let time = clock_gettime(clock);
    let millis = time.tv_sec.saturating_mul(1_000) + time.tv_nsec / 1_000_000;
    u64::try_from(millis).unwrap_or(0)
}

/// Changes at every restart of the device. Where the system does not tell, it changes at every
/// start of the program: then the wall's difference counts, which is right but less exact.
fn boot() -> u64 {
    let told = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    if told.is_empty() {
        return RandomState::new().build_hasher().finish();
    }
    // FNV-1a: the same in every version, which a standard hasher does not promise.
    told.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Jobs at once; lanes hold far fewer, and the rest waits in them.
const MOST_THREADS: usize = 64;
/// After this long the clocks are looked at again: the device may have slept.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
