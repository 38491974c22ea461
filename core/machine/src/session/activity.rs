//! The session's own states: one per [`Activity`], and their places in statig's hierarchy.

use super::Session;
use super::report::needs_a_condition;
use crate::event::Event;
use crate::hold::Hold;
use crate::machine::Desk;
use crate::permit::Work;
use crate::stage::Class;
use crate::status::{Activity, Notice};
use statig::Outcome;
use statig::blocking::{self, IntoStateMachine};

/// The state above all but `Stopped`.
pub(crate) enum Above {
    /// A run has begun.
    Started(Activity),
}

impl IntoStateMachine for Session {
    type Event<'evt> = Event;
    type Context<'ctx> = Desk<'ctx>;
    type State = Activity;
    type Superstate<'sub> = Above;

    fn initial() -> Activity {
        Activity::Stopped
    }
}

impl blocking::State<Session> for Activity {
    fn call_handler(
        &mut self,
        session: &mut Session,
        event: &Event,
        desk: &mut Desk<'_>,
    ) -> Outcome<Activity> {
        match *self {
            Activity::Stopped => {
                session.before_start(event, desk);
                session.next_activity(*self)
            }
            _ => Outcome::Super,
        }
    }

    fn call_entry_action(&mut self, session: &mut Session, desk: &mut Desk<'_>) {
        session.entered(*self, desk);
    }

    fn superstate(&mut self) -> Option<Above> {
        (*self != Activity::Stopped).then_some(Above::Started(*self))
    }
}

impl blocking::Superstate<Session> for Above {
    fn call_handler(
        &mut self,
        session: &mut Session,
        event: &Event,
        desk: &mut Desk<'_>,
    ) -> Outcome<Activity> {
        let Above::Started(activity) = *self;
        session.on(event, desk);
        session.next_activity(activity)
    }
}

impl Session {
    fn next_activity(&self, activity: Activity) -> Outcome<Activity> {
        let next = self.activity();
        if next == activity {
            return Outcome::Handled;
        }
        Outcome::Transition(next)
    }

    /// What the session is doing, from what is known.
    fn activity(&self) -> Activity {
        if !self.started {
            return Activity::Stopped;
        }
        if self.conditions.catalog_unwritable {
            return Activity::Paused;
        }
        let underway = self.slots.is_busy() || self.refilling.is_asked() || self.scanning.under_way;
        // To look now and then whether there is space again is no work.
        let low = self.holds.has(Hold::LowStorage);
        let measuring = self.disk.is_asked() && self.slots.wants(Work::Download) && !low;
        if underway || measuring || self.uncounted {
            return Activity::Working;
        }
        let with_os = self.slots.with_os().count();
        let pending = self.counts.of(Class::Pending).items;
        // Where nothing is held, what is left waits for the space and the places that they give back.
        // (A pause takes them back.)
        let goes_on = with_os > 0 && !self.holds.has(Hold::User);
        if goes_on && (pending <= with_os as u64 || !self.anything_is_held()) {
            return Activity::WithOs;
        }
        let pending = pending > 0 || self.slots.len() > 0;
        if pending || needs_a_condition(&self.counts) {
            return Activity::Paused;
        }
        match self.refilling.next_due {
            Some(due) if self.work_remains() && !self.permitted_classes().is_empty() => {
                Activity::Waiting { due }
            }
            // What is left waits for what is held.
            _ if self.work_remains() || !self.scanning.finished => Activity::Paused,
            _ => Activity::Done,
        }
    }

    /// It does something else than before.
    fn entered(&mut self, activity: Activity, desk: &mut Desk<'_>) {
        if self.told == activity {
            return;
        }
        self.told = activity;
        self.pace.working(self.clock.elapsed(), activity == Activity::Working);
        desk.notify(Notice::ActivityChanged(activity));
        if activity == Activity::Working || self.conditions.catalog_unwritable {
            return;
        }
        // Nothing of ours goes on: an end from here on is a clean one.
        if self.admissions.is_open() {
            let part = crate::effect::Part::Admissions(self.admissions.record(std::iter::empty()));
            desk.store(part);
        }
        self.tell_advice(desk);
        self.migrate(|_| {}, desk);
        // What changed under our hands is looked at again when everything else is done.
        if self.scanning.again {
            self.scan(desk);
        }
        // Now, or a program that is killed before the next event never knows it.
        self.store_parts(desk);
    }

    /// Says so when nothing was made safe for long. Looked at whenever the counters were told.
    pub(super) fn look_at_alarm(&mut self, desk: &mut Desk<'_>) {
        let (at, remains) = (self.clock.elapsed(), self.work_remains());
        let before = self.alarm;
        if let Some(alarmed) = self.alarm.check(at, remains, self.holds) {
            desk.notify(Notice::Alarmed(alarmed));
        }
        if self.alarm != before {
            // Or a program that is killed often would begin to count anew each time.
            self.dirty.urgent("alarm");
        }
    }
}
