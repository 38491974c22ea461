//! What waits for the loop: one bounded queue of events, answers and wishes.

use crate::host::HostFact;
use crate::runtime::Wake;
use keepsake_catalog::Note;
use keepsake_machine::event::{Answer, Event};
use keepsake_machine::media::EffectId;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// Something for the loop.
#[derive(Debug)]
pub(crate) enum Message {
    /// An event for the machine as it is.
    Event(Event),
    /// Answers of a job, each with what to store in the transaction that stores its consequences.
    Answers(Vec<Answered>),
    /// What the host told.
    Told(HostFact),
    /// Counters may have changed beside the loop (a page of a scan).
    CountersChanged,
    /// A job could not write the catalog.
    CatalogFailed,
    /// A scan ended.
    ScanEnded,
    /// A refill ended, with an answer or without.
    RefillEnded,
    /// Housekeeping at the vault ended.
    Tidied,
    /// The vault was looked at for the last time.
    Looked,
    /// Stands in for a mistake in the machine.
    #[cfg(test)]
    Panic,
    /// The host wants an end.
    Stop,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) id: EffectId,
    pub(crate) answer: Answer,
    pub(crate) notes: Vec<Note>,
}

impl Message {
    /// Whether the host waits for what follows.
    fn is_wish(&self) -> bool {
        use Event::{SettingsChanged, UserPaused, UserResumed};
        match self {
            Message::Event(event) => {
                matches!(event, UserPaused | UserResumed | SettingsChanged(_))
            }
            Message::Told(_) | Message::Stop => true,
            _ => false,
        }
    }

    fn weight(&self) -> usize {
        match self {
            Message::Answers(answers) => answers.len().max(1),
            _ => 1,
        }
    }
}

/// The queue. A job that answers faster than the loop handles waits here for room.
pub(crate) struct Inbox {
    state: Mutex<State>,
    room: Condvar,
    wake: OnceLock<Wake>,
    capacity: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Message>,
    weight: usize,
    /// Of those, wishes of the host.
    wishes: usize,
    /// How far long effects are: only the newest counts.
    progress: BTreeMap<EffectId, u64>,
    closed: bool,
}

impl Inbox {
    /// A queue that makes senders wait above `capacity` events; `usize::MAX`: never.
    pub(crate) fn new(capacity: usize) -> Inbox {
        Inbox { state: Mutex::default(), room: Condvar::new(), wake: OnceLock::new(), capacity }
    }

    /// Whom to wake when something comes.
    pub(crate) fn wakes(&self, wake: Wake) {
        // A loop is driven once.
        let _ = self.wake.set(wake);
    }

    /// Puts a message in; waits while the queue is full. For jobs.
    pub(crate) fn send(&self, message: Message) {
        let mut state = self.lock();
        while state.weight >= self.capacity && !state.closed {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        self.push(state, message);
    }

    /// Puts a message in without waiting: for the loop itself and for the host.
    pub(crate) fn put(&self, message: Message) {
        self.push(self.lock(), message);
    }

    /// An effect came so far.
    pub(crate) fn progressed(&self, id: EffectId, bytes: u64) {
        let mut state = self.lock();
        if !state.closed {
            state.progress.insert(id, bytes);
        }
        drop(state);
        self.wake();
    }

    fn push(&self, mut state: MutexGuard<'_, State>, message: Message) {
        if state.closed {
            return;
        }
        state.weight += message.weight();
        state.wishes += usize::from(message.is_wish());
        state.waiting.push_back(message);
        drop(state);
        self.wake();
    }

    fn wake(&self) {
        if let Some(wake) = self.wake.get() {
            wake();
        }
    }

    /// Takes up to about `most` events, progress first (an answer ends it).
    pub(crate) fn take(&self, most: usize) -> Vec<Message> {
        let mut state = self.lock();
        let progress = std::mem::take(&mut state.progress);
        let mut taken: Vec<_> = progress
            .into_iter()
            .map(|(id, bytes)| Message::Event(Event::Progressed { id, bytes }))
            .collect();
        let mut weight = 0;
        while weight < most
            && let Some(message) = state.waiting.pop_front()
        {
            weight += message.weight();
            state.weight -= message.weight();
            state.wishes -= usize::from(message.is_wish());
            taken.push(message);
        }
        drop(state);
        self.room.notify_all();
        taken
    }

    /// How many events wait.
    pub(crate) fn len(&self) -> usize {
        let state = self.lock();
        state.weight + state.progress.len()
    }

    /// Whether the host wished something.
    pub(crate) fn has_wish(&self) -> bool {
        self.lock().wishes > 0
    }

    /// The loop has ended: what comes now is dropped, and nobody waits.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        *state = State { closed: true, ..State::default() };
        drop(state);
        self.room.notify_all();
    }

    /// Whether the loop has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_replaced_by_newer_progress_and_comes_before_the_answer() {
        let inbox = Inbox::new(8);
        let id = EffectId::default();
        inbox.progressed(id, 1);
        inbox.send(Message::Answers(vec![Answered { id, answer: Answer::Stopped, notes: vec![] }]));
        inbox.progressed(id, 2);
        let taken = inbox.take(10);
        assert!(matches!(
            &taken[..],
            [Message::Event(Event::Progressed { bytes: 2, .. }), Message::Answers(_)]
        ));
        assert_eq!(inbox.len(), 0);
    }

    #[test]
    fn a_job_waits_while_the_queue_is_full_and_until_it_is_closed() {
        let inbox = std::sync::Arc::new(Inbox::new(1));
        inbox.send(Message::CountersChanged);
        let sender = std::sync::Arc::clone(&inbox);
        let thread = std::thread::spawn(move || sender.send(Message::CountersChanged));
        assert_eq!(inbox.take(1).len(), 1);
        thread.join().unwrap();
        let sender = std::sync::Arc::clone(&inbox);
        let thread = std::thread::spawn(move || sender.send(Message::CountersChanged));
        inbox.close();
        thread.join().unwrap();
        assert_eq!(inbox.len(), 0);
    }
}
