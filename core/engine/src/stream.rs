//! What waits for the host: the one stream of events out, bounded.
//!
//! A host that is slow loses nothing that matters: of statuses only the newest waits, progress of a
//! scan likewise, and notices that find no room are counted.

use crate::events::Happened;
use crate::log;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use tokio::sync::Notify;

/// Notices that wait for a slow host.
const MOST: usize = 1_024;

/// The stream.
#[derive(Default)]
pub(crate) struct Stream {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Happened>,
    missed: u64,
    ended: bool,
}

impl Stream {
    /// Something happened.
    pub(crate) fn put(&self, happened: Happened) {
        log::happened(&happened);
        let mut state = self.lock();
        if state.ended {
            return;
        }
        let replaces = |old: &Happened| {
            matches!(
                (old, &happened),
                (Happened::Status(_), Happened::Status(_))
                    | (Happened::Scanned { .. }, Happened::Scanned { .. })
            )
        };
        let old = state.waiting.iter().rposition(replaces);
        match (&happened, old) {
            // Not in the place of the old one: what was noticed meanwhile came before it.
            (Happened::Status(_) | Happened::Scanned { .. }, Some(old)) => {
                state.waiting.remove(old);
                state.waiting.push_back(happened);
            }
            (Happened::Noticed(_), _) if state.waiting.len() >= MOST => state.missed += 1,
            _ => state.waiting.push_back(happened),
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Nothing more comes.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_waiters();
        self.changed.notify_one();
    }

    /// The next one; `None` after the end.
    pub(crate) async fn next(&self) -> Option<Happened> {
        loop {
            let changed = self.changed.notified();
            if let Poll::Ready(answer) = self.poll_next() {
                return answer;
            }
            changed.await;
        }
    }

    /// Waits until there is one to take, and takes none; `false` after the end. For callers through
    /// whom an answer can be lost: what a binding drops was not taken yet.
    pub(crate) async fn waits(&self) -> bool {
        loop {
            let changed = self.changed.notified();
            if let Some(waits) = self.look() {
                // Whoever is told now may be gone before it takes it: the next one looks too.
                self.changed.notify_one();
                return waits;
            }
            changed.await;
        }
    }

    /// Whether one waits; `None`: not yet.
    fn look(&self) -> Option<bool> {
        let state = self.lock();
        let waits = !state.waiting.is_empty() || state.missed > 0;
        (waits || state.ended).then_some(waits)
    }

    /// The next one, if one waits.
    pub(crate) fn now(&self) -> Option<Happened> {
        match self.poll_next() {
            Poll::Ready(happened) => happened,
            Poll::Pending => None,
        }
    }

    /// `Ready(None)` after the end.
    fn poll_next(&self) -> Poll<Option<Happened>> {
        let mut state = self.lock();
        if let Some(happened) = state.waiting.pop_front() {
            return Poll::Ready(Some(happened));
        }
        if state.missed > 0 {
            return Poll::Ready(Some(Happened::Missed(std::mem::take(&mut state.missed))));
        }
        if state.ended {
            // Another caller may wait too.
            self.changed.notify_one();
            return Poll::Ready(None);
        }
        Poll::Pending
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_machine::media::ResourceId;
    use keepsake_machine::stage::Fault;
    use keepsake_machine::status::Notice;

    fn all(stream: &Stream) -> Vec<Happened> {
        std::iter::from_fn(|| stream.now()).collect()
    }

    #[test]
    fn of_what_only_the_newest_counts_only_the_newest_waits() {
        let stream = Stream::default();
        let notice = Happened::Noticed(Notice::Quarantined {
            resource: ResourceId(1),
            fault: Fault::Crashed,
        });
        stream.put(Happened::Scanned { assets: 1 });
        stream.put(notice.clone());
        stream.put(Happened::Scanned { assets: 2 });
        assert_eq!(all(&stream), [notice, Happened::Scanned { assets: 2 }]);
    }

    #[test]
    fn who_only_waits_takes_nothing_and_is_told_of_the_end() {
        let stream = Stream::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        stream.put(Happened::ScanStarted);
        stream.end();
        assert!(runtime.block_on(stream.waits()));
        assert!(runtime.block_on(stream.waits()));
        assert_eq!(all(&stream), [Happened::ScanStarted]);
        assert!(!runtime.block_on(stream.waits()));
    }

    #[test]
    fn a_slow_host_is_told_how_many_notices_it_missed() {
        let stream = Stream::default();
        let notice = Happened::Noticed(Notice::Quarantined {
            resource: ResourceId(1),
            fault: Fault::Crashed,
        });
        for _ in 0..MOST + 3 {
            stream.put(notice.clone());
        }
        stream.put(Happened::ScanStarted);
        stream.end();
        let told = all(&stream);
        assert_eq!(told.len(), MOST + 2);
        assert_eq!(told.last(), Some(&Happened::Missed(3)));
        assert_eq!(stream.poll_next(), Poll::Ready(None));
    }
}
