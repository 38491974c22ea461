//! Batches on their way from one who reads to several who work: few wait, so that a fast reader does not fill
//! the memory. (A channel of `std` does the same with ten kilobytes of code, which every phone would carry.)

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What waits, and whether more may come.
pub(super) struct Batches<T> {
    waiting: Mutex<(VecDeque<T>, bool)>,
    changed: Condvar,
    most: usize,
}

/// Who gives: dropped, there is no more.
pub(super) struct Giver<'a, T>(&'a Batches<T>);

impl<T> Batches<T> {
    /// At most so many wait.
    pub(super) fn new(most: usize) -> Batches<T> {
        Batches { waiting: Mutex::default(), changed: Condvar::new(), most: most.max(1) }
    }

    /// The one who gives.
    pub(super) fn giver(&self) -> Giver<'_, T> {
        Giver(self)
    }

    /// Waits for a batch; `None`: there is no more.
    pub(super) fn next(&self) -> Option<T> {
        let nothing = |waiting: &mut (VecDeque<T>, bool)| waiting.0.is_empty() && !waiting.1;
        let waiting = self.changed.wait_while(self.lock(), nothing);
        let batch = waiting.unwrap_or_else(PoisonError::into_inner).0.pop_front();
        self.changed.notify_all();
        batch
    }

    fn lock(&self) -> MutexGuard<'_, (VecDeque<T>, bool)> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Giver<'_, T> {
    /// Gives a batch; waits while too many do.
    pub(super) fn give(&self, batch: T) {
        let Batches { changed, most, .. } = self.0;
        let full = |waiting: &mut (VecDeque<T>, bool)| waiting.0.len() >= *most;
        let waiting = changed.wait_while(self.0.lock(), full);
        waiting.unwrap_or_else(PoisonError::into_inner).0.push_back(batch);
        changed.notify_all();
    }
}

impl<T> Drop for Giver<'_, T> {
    fn drop(&mut self) {
        self.0.lock().1 = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_batch_is_worked_on_once_and_few_wait() {
        let batches = Batches::new(2);
        let sum = std::thread::scope(|scope| {
            let work = || {
                let mut sum = 0;
                while let Some(batch) = batches.next() {
                    assert!(batches.lock().0.len() <= 2);
                    sum += batch;
                }
                sum
            };
            let workers: Vec<_> = (0..3).map(|_| scope.spawn(work)).collect();
            let giver = batches.giver();
            (1..=1_000).for_each(|batch| giver.give(batch));
            drop(giver);
            workers.into_iter().map(|worker| worker.join().unwrap()).sum::<u32>()
        });
        assert_eq!(sum, 500_500);
        assert_eq!(batches.next(), None);
    }
}
