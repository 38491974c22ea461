//! The answer to an effect: given exactly once, whatever happens to the job.

use crate::inbox::{Answered, Inbox, Message};
use keepsake_catalog::Note;
use keepsake_machine::event::Answer;
use keepsake_machine::media::{EffectId, ResourceId};
use keepsake_machine::stage::Fault;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The duty to answer one effect. Dropped unanswered (a job that panicked), it answers that the
/// item could not be dealt with, so that nothing is under way for ever.
pub(crate) struct Reply {
    id: EffectId,
    stop: Arc<AtomicBool>,
    inbox: Option<Arc<Inbox>>,
}

impl Reply {
    /// The duty to answer `id` into `inbox`; `stop` is set when it is to stop.
    pub(crate) fn new(id: EffectId, stop: Arc<AtomicBool>, inbox: Arc<Inbox>) -> Reply {
        Reply { id, stop, inbox: Some(inbox) }
    }

    /// Which effect.
    pub(crate) fn id(&self) -> EffectId {
        self.id
    }

    /// Whose.
    pub(crate) fn resource(&self) -> ResourceId {
        self.id.resource
    }

    /// Whether it was told to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The flag itself, for a host that polls it.
    pub(crate) fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// How far it is, in bytes.
    pub(crate) fn progressed(&self, bytes: u64) {
        if let Some(inbox) = &self.inbox {
            inbox.progressed(self.id, bytes);
        }
    }

    /// Answers.
    pub(crate) fn answer(self, answer: Answer) {
        self.with(answer, Vec::new());
    }

    /// Answers without waiting for room: for the loop itself.
    pub(crate) fn put(mut self, answer: Answer) {
        if let Some(inbox) = self.inbox.take() {
            let answered = Answered { id: self.id, answer, notes: Vec::new() };
            inbox.put(Message::Answers(vec![answered]));
        }
    }

    /// Answers, with what to store beside the consequences.
    pub(crate) fn with(self, answer: Answer, notes: Vec<Note>) {
        Replies::default().and(self, answer, notes).send();
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(inbox) = self.inbox.take() {
            let answer = Answer::Failed { fault: Fault::HostFault, wasted: 0 };
            inbox.put(Message::Answers(vec![Answered { id: self.id, answer, notes: vec![] }]));
        }
    }
}

/// Answers that are given together: one message, one transaction. Dropped, they are given too.
#[derive(Default)]
pub(crate) struct Replies {
    answers: Vec<Answered>,
    inbox: Option<Arc<Inbox>>,
}

impl Replies {
    /// One more.
    pub(crate) fn add(&mut self, reply: Reply, answer: Answer, notes: Vec<Note>) {
        let mut reply = reply;
        if let Some(inbox) = reply.inbox.take() {
            self.answers.push(Answered { id: reply.id, answer, notes });
            self.inbox = Some(inbox);
        }
    }

    fn and(mut self, reply: Reply, answer: Answer, notes: Vec<Note>) -> Replies {
        self.add(reply, answer, notes);
        self
    }

    /// Gives them.
    pub(crate) fn send(&mut self) {
        if let Some(inbox) = self.inbox.take() {
            inbox.send(Message::Answers(std::mem::take(&mut self.answers)));
        }
    }
}

impl Drop for Replies {
    fn drop(&mut self) {
        self.send();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_is_answered_once_also_when_its_job_panics() {
        let inbox = Arc::new(Inbox::new(8));
        let reply = Reply::new(EffectId::default(), Arc::default(), Arc::clone(&inbox));
        let quiet = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _reply = reply;
            std::panic::resume_unwind(Box::new("as if the job had panicked"));
        }));
        assert!(quiet.is_err());
        let taken = inbox.take(8);
        let [Message::Answers(answers)] = &taken[..] else { panic!("{taken:?}") };
        let failed = Answer::Failed { fault: Fault::HostFault, wasted: 0 };
        assert_eq!((answers.len(), answers[0].answer), (1, failed));
        let reply = Reply::new(EffectId::default(), Arc::default(), Arc::clone(&inbox));
        reply.answer(Answer::Stopped);
        assert_eq!(inbox.len(), 1);
    }
}
