//! The twin in virtual time: one thread, and an order that repeats exactly.
//!
//! Nothing runs by itself. [`Lockstep::advance`] runs what is due, in the order of (due, order,
//! spawning), gives the loop its turns, and moves the clock from one due time to the next; it
//! returns at quiescence. A job that waits for a thread beside it (a pipe) is not quiescent: it is
//! run to its end before time goes on.

use super::{Driven, Job, Next, Runtime, Signal, Wake};
use keepsake_machine::time::Now;
use keepsake_vault::Vault;
use keepsake_vault::files::{Files, OsFiles};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Virtual time. Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct Lockstep {
    shared: Arc<Mutex<State>>,
    files: Arc<dyn Files>,
    latency: Latency,
    dress: Option<Dress>,
    cores: usize,
}

/// What becomes of a vault that was opened.
type Dress = Arc<dyn Fn(Arc<dyn Vault>) -> Arc<dyn Vault> + Send + Sync>;

/// How long a job of this order takes, in virtual time.
type Latency = Arc<dyn Fn(u64) -> Duration + Send + Sync>;

struct State {
    now: Now,
    /// By (due uptime, order, spawning).
    due: BTreeMap<(u64, u64, u64), Job>,
    spawned: u64,
    random: u64,
    driven: Option<Box<dyn Driven>>,
    woken: bool,
    next: Next,
}

impl Lockstep {
    /// A clock that stands at `now`, on these files; `seed` decides what is random.
    pub fn new(now: Now, files: Arc<dyn Files>, seed: u64) -> Lockstep {
        let state = State {
            now,
            due: BTreeMap::new(),
            spawned: 0,
            random: seed,
            driven: None,
            woken: false,
            next: Next::Woken,
        };
        Lockstep {
            shared: Arc::new(Mutex::new(state)),
            files,
            latency: Arc::new(|_| Duration::ZERO),
            dress: None,
            cores: 2,
        }
    }

    /// The same, where every vault that is opened is what `dress` makes of it.
    #[must_use]
    pub fn with_vaults(
        mut self,
        dress: impl Fn(Arc<dyn Vault>) -> Arc<dyn Vault> + Send + Sync + 'static,
    ) -> Lockstep {
        self.dress = Some(Arc::new(dress));
        self
    }

    /// The same, where jobs take as long as `latency` says of their order.
    #[must_use]
    pub fn with_latency(
        mut self,
        latency: impl Fn(u64) -> Duration + Send + Sync + 'static,
    ) -> Lockstep {
        self.latency = Arc::new(latency);
        self
    }

    /// Runs everything that is due by `uptime` (milliseconds), and leaves the clock there. Says whether
    /// there was anything.
    pub fn advance(&self, uptime: u64) -> bool {
        let mut any = false;
        while self.step(uptime) {
            any = true;
        }
        let mut state = self.lock();
        pass(&mut state.now, uptime);
        any
    }

    /// The same for a span of time from now on.
    pub fn pass(&self, time: Duration) {
        let now = self.lock().now.uptime;
        self.advance(now.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)));
    }

    /// The wall clock is set, as a user or a network does.
    pub fn set_wall(&self, wall: i64) {
        self.lock().now.wall = wall;
    }

    /// The program is killed: nothing that it was about to do is done, and it holds nothing any more.
    pub fn kill(&self) {
        let mut state = self.lock();
        let gone = (state.driven.take(), std::mem::take(&mut state.due));
        drop(state);
        drop(gone);
    }

    /// Does the next thing that is due by `most`; says whether there was one.
    fn step(&self, most: u64) -> bool {
        let mut state = self.lock();
        let job = state.due.first_key_value().map(|((due, ..), _)| *due);
        let turn = match (state.woken, state.next) {
            _ if state.driven.is_none() => None,
            (true, _) | (_, Next::Now) => Some(state.now.uptime),
            (_, Next::At(due)) => Some(due),
            (_, Next::Woken | Next::Never) => None,
        };
        // Of what is due at one moment the jobs come first: the loop then sees all their answers.
        match (job, turn) {
            (Some(job), turn) if job <= most && turn.is_none_or(|turn| job <= turn) => {
                pass(&mut state.now, job);
                let Some((_, job)) = state.due.pop_first() else { return false };
                drop(state);
                job();
                true
            }
            (_, Some(turn)) if turn <= most => {
                pass(&mut state.now, turn);
                state.woken = false;
                let Some(mut driven) = state.driven.take() else { return false };
                drop(state);
                let next = driven.turn();
                let mut state = self.lock();
                state.next = next;
                if next == Next::Never {
                    drop(state);
                    drop(driven);
                } else {
                    state.driven = Some(driven);
                }
                true
            }
            _ => false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn due_in(&self, delay: Duration, order: u64, job: Job) {
        let mut state = self.lock();
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        let key = (state.now.uptime.saturating_add(millis), order, state.spawned);
        state.spawned += 1;
        state.due.insert(key, job);
    }
}

/// Time passes until `uptime`; it never goes back.
fn pass(now: &mut Now, uptime: u64) {
    let passed = uptime.saturating_sub(now.uptime);
    now.uptime += passed;
    now.wall = now.wall.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX));
}

impl Default for Lockstep {
    /// A clock at zero on the system's files.
    fn default() -> Lockstep {
        Lockstep::new(Now { boot: 1, ..Now::default() }, Arc::new(OsFiles), 1)
    }
}

impl Runtime for Lockstep {
    fn now(&self) -> Now {
        self.lock().now
    }

    fn spawn(&self, order: u64, job: Job) {
        self.due_in((self.latency)(order), order, job);
    }

    fn after(&self, delay: Duration, order: u64, job: Job) {
        self.due_in(delay, order, job);
    }

    fn beside(&self, job: Job) {
        // The caller waits for it, so the order is that of the caller.
        let thread = std::thread::Builder::new().name("keepsake-beside".into());
        let _ = thread.spawn(job); // without a thread its end of the pipe is dropped: an answer
    }

    fn drive(&self, driven: Box<dyn Driven>) -> std::io::Result<Wake> {
        let mut state = self.lock();
        state.driven = Some(driven);
        state.woken = true;
        let shared = Arc::clone(&self.shared);
        Ok(Arc::new(move || shared.lock().unwrap_or_else(PoisonError::into_inner).woken = true))
    }

    fn wait(&self, signal: &Signal) {
        while !signal.is_given() {
            if !self.step(u64::MAX) {
                return; // nothing will ever give it
            }
        }
    }

    fn show(&self, vault: Arc<dyn Vault>) -> Arc<dyn Vault> {
        self.dress.as_ref().map_or_else(|| vault.clone(), |dress| dress(vault.clone()))
    }

    fn files(&self) -> Arc<dyn Files> {
        Arc::clone(&self.files)
    }

    fn random(&self) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        let mut state = self.lock();
        state.random = state.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn cores(&self) -> usize {
        self.cores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_run_in_the_order_of_due_time_then_order_then_spawning() {
        let clock = Lockstep::default();
        let ran = Arc::new(Mutex::new(Vec::new()));
        let job = |name: &'static str| -> Job {
            let (ran, clock) = (Arc::clone(&ran), clock.clone());
            Box::new(move || ran.lock().unwrap().push((clock.now().uptime, name)))
        };
        clock.after(Duration::from_millis(20), 1, job("late"));
        clock.after(Duration::from_millis(10), 2, job("second"));
        clock.after(Duration::from_millis(10), 1, job("first"));
        clock.after(Duration::from_millis(10), 2, job("third"));
        clock.spawn(9, job("now"));
        clock.advance(15);
        assert_eq!(
            *ran.lock().unwrap(),
            [(0, "now"), (10, "first"), (10, "second"), (10, "third")]
        );
        assert_eq!(clock.now().uptime, 15);
        clock.pass(Duration::from_millis(5));
        assert_eq!(ran.lock().unwrap().last(), Some(&(20, "late")));
    }

    #[test]
    fn the_loop_gets_its_turn_when_woken_and_when_due() {
        struct Counts(Arc<Mutex<Vec<u64>>>, Lockstep);
        impl Driven for Counts {
            fn turn(&mut self) -> Next {
                let now = self.1.now().uptime;
                self.0.lock().unwrap().push(now);
                if now < 30 { Next::At(30) } else { Next::Woken }
            }
        }
        let clock = Lockstep::default();
        let turns = Arc::new(Mutex::new(Vec::new()));
        let wake = clock.drive(Box::new(Counts(Arc::clone(&turns), clock.clone()))).unwrap();
        clock.advance(10);
        wake();
        clock.advance(100);
        assert_eq!(*turns.lock().unwrap(), [0, 10, 30]);
    }
}
