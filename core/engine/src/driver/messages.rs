//! What becomes of each message that waits in the inbox.

use super::{Driver, LastLook};
use crate::inbox::{Answered, Message};
use crate::jobs::lock;
use keepsake_machine::event::Event;
use keepsake_machine::time::Now;

impl Driver {
    /// Takes one in.
    pub(super) fn take_in(&mut self, message: Message, now: Now) {
        match message {
            Message::Event(Event::Refilled { id, rows, next_due, more }) => {
                self.handle(Event::Refilled { id, rows, next_due, more }, now);
                lock(&self.desk.held).handed(id);
            }
            Message::Event(Event::VersionChanged { resource, row }) => {
                // What is kept of it is about other bytes.
                self.release(resource);
                self.handle(Event::VersionChanged { resource, row }, now);
            }
            Message::Event(Event::Progressed { id, bytes }) => {
                if self.under_way.contains_key(&id) {
                    self.handle(Event::Progressed { id, bytes }, now);
                }
            }
            Message::Event(event) => self.handle(event, now),
            Message::Answers(answers) => {
                // All of them first: should the machine fail at one, none is waited for.
                for one in &answers {
                    self.answered(one.id, &one.answer);
                }
                for Answered { id, answer, notes } in answers {
                    self.notes.extend(notes);
                    self.handle(Event::Answered { id, answer }, now);
                }
            }
            Message::Told(fact) => self.told(fact, now),
            Message::CountersChanged => self.counters_changed = true,
            Message::CatalogFailed => self.break_down(),
            Message::ScanEnded => self.scan_ended(),
            Message::RefillEnded => self.refilling = self.refilling.saturating_sub(1),
            Message::Tidied => self.tidying = false,
            Message::Looked => self.last_look = LastLook::Done,
            #[cfg(test)]
            Message::Panic => std::panic::resume_unwind(Box::new("as if the machine panicked")),
            Message::Stop => self.begin_to_end(),
        }
    }
}
