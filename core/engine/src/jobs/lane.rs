//! A lane: waiting work of one kind, taken in batches by few workers.
//!
//! Batches form by themselves: while the workers are busy, work gathers.

use crate::runtime::Runtime;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a lane does with a batch. What it gives back waits for the next kick.
type Work<W> = Box<dyn Fn(Vec<W>) -> Vec<W> + Send + Sync>;

/// Waiting work and who does it.
pub(crate) struct Lane<W> {
    state: Mutex<State<W>>,
    /// The lane's number: its order among others in the lockstep twin.
    number: u64,
    workers: usize,
    take: Take,
    work: Work<W>,
}

/// How much a worker takes at once, at most so many.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Take {
    /// A fair share of what waits, so that the last batches of all workers end at about one time.
    Share(usize),
    /// All that waits: what is done in bulk is cheaper by the item.
    All(usize),
}

struct State<W> {
    waiting: VecDeque<W>,
    /// Workers that run.
    running: usize,
    /// Work that was taken and has not ended.
    taken: usize,
}

impl<W: Send + 'static> Lane<W> {
    /// A lane in which `workers` at once `take` work each.
    pub(crate) fn new(
        number: u64,
        workers: usize,
        take: Take,
        work: impl Fn(Vec<W>) -> Vec<W> + Send + Sync + 'static,
    ) -> Arc<Lane<W>> {
        Arc::new(Lane {
            state: Mutex::new(State { waiting: VecDeque::new(), running: 0, taken: 0 }),
            number,
            workers: workers.max(1),
            take,
            work: Box::new(work),
        })
    }

    /// One more. Nothing begins before [`Lane::kick`]: the work of one drain comes together.
    pub(crate) fn push(&self, work: W) {
        self.lock().waiting.push_back(work);
    }

    /// Starts as many workers as there is work for.
    pub(crate) fn kick(self: &Arc<Self>, runtime: &dyn Runtime) {
        let mut state = self.lock();
        let wanted = self.workers.min(state.running + state.waiting.len());
        while state.running < wanted {
            state.running += 1;
            let lane = Arc::clone(self);
            runtime.spawn(self.number, Box::new(move || lane.run()));
        }
    }

    /// Takes back what has not begun.
    pub(crate) fn withdraw(&self, is: impl Fn(&W) -> bool) -> Option<W> {
        let mut state = self.lock();
        let at = state.waiting.iter().position(is)?;
        state.waiting.remove(at)
    }

    /// Takes back everything that has not begun.
    pub(crate) fn withdraw_all(&self) -> VecDeque<W> {
        std::mem::take(&mut self.lock().waiting)
    }

    /// How much waits.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Whether nothing is under way: what waits, if anything, was given back.
    pub(crate) fn is_resting(&self) -> bool {
        self.lock().running == 0
    }

    /// Whether nothing waits and nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.lock();
        state.waiting.is_empty() && state.taken == 0
    }

    /// A worker: batch after batch while there is work.
    fn run(&self) {
        loop {
            let mut state = self.lock();
            let waiting = state.waiting.len();
            let share = match self.take {
                Take::Share(most) => waiting.div_ceil(self.workers).min(most),
                Take::All(most) => waiting.min(most),
            };
            let batch: Vec<W> = state.waiting.drain(..share).collect();
            if batch.is_empty() {
                state.running -= 1;
                return;
            }
            state.taken += share;
            drop(state);
            // What a panic leaves unanswered is answered by the replies that it drops.
            let left = catch_unwind(AssertUnwindSafe(|| (self.work)(batch))).unwrap_or_default();
            let mut state = self.lock();
            state.taken -= share;
            if !left.is_empty() {
                state.running -= 1;
                left.into_iter().rev().for_each(|work| state.waiting.push_front(work));
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Lockstep;

    #[test]
    fn work_comes_in_batches_and_a_panic_ends_only_its_batch() {
        let clock = Lockstep::default();
        let done = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&done);
        let lane = Lane::new(1, 1, Take::Share(4), move |batch: Vec<u32>| {
            seen.lock().unwrap().push(batch.clone());
            if batch.contains(&5) {
                std::panic::resume_unwind(Box::new("as if it panicked"));
            }
            Vec::new()
        });
        (0..10).for_each(|work| lane.push(work));
        assert_eq!(lane.withdraw(|work| *work == 9), Some(9));
        assert!(!lane.is_idle());
        lane.kick(&clock);
        clock.advance(1);
        let done = done.lock().unwrap();
        assert_eq!(done.concat(), (0..9).collect::<Vec<_>>());
        assert!(done.iter().all(|batch| batch.len() <= 4), "{done:?}");
        assert!(lane.is_idle());
    }
}
