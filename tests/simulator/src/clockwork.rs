//! What happens next: the queue of happenings, the machine's own deadlines, and what each comes to.

use crate::Millis;
use crate::happening::Happening;
use crate::kind::Kind;
use crate::run::Run;
use keepsake_machine::effect::{Effect, Proposal};
use keepsake_machine::event::Event;

impl Run {
    /// Everything happens that is due by `at`, and it is then.
    pub(crate) fn live_until(&mut self, at: Millis) {
        while self.next_at().is_some_and(|next| next <= at) && self.happens() {}
        self.now = self.now.max(at);
    }

    fn next_at(&self) -> Option<Millis> {
        let next = self.queue.first_key_value().map(|((at, _), _)| *at);
        self.deadline().into_iter().chain(next).min()
    }

    /// When the machine wants to look again, if a program is there.
    fn deadline(&self) -> Option<Millis> {
        let clock = self.phone.clock;
        (self.machine.as_ref().filter(|_| self.phone.awake))
            .and_then(|machine| machine.0.poll_timeout())
            .map(|timeout| clock.at(timeout.uptime).max(self.now))
    }

    /// The next thing happens; `false` if nothing ever will.
    pub(crate) fn happens(&mut self) -> bool {
        self.happened += 1;
        let deadline = self.deadline();
        let next = self.queue.first_key_value().map(|((at, _), _)| *at);
        match (deadline, next) {
            (Some(deadline), next) if next.is_none_or(|next| deadline < next) => {
                self.now = deadline;
                self.tell(Event::Tick);
            }
            (_, Some(_)) => {
                let Some(((at, _), what)) = self.queue.pop_first() else { return false };
                self.now = self.now.max(at);
                self.take_place(what);
            }
            _ => return false,
        }
        true
    }

    fn take_place(&mut self, what: Happening) {
        let ours =
            matches!(what, Happening::Ends(_) | Happening::Progresses(_) | Happening::Answers(_));
        if ours && !self.phone.awake {
            self.asleep.push(what);
            return;
        }
        match what {
            Happening::Ends(id) => self.ends(id),
            Happening::Progresses(id) => self.progresses(id),
            Happening::Answers(effect) => self.answers(&effect),
            Happening::Turns => {
                if !self.fair {
                    self.turns();
                    self.sometime(self.weather.turn, Happening::Turns);
                }
            }
            Happening::Acts => {
                if !self.fair {
                    self.acts();
                    self.sometime(self.weather.act, Happening::Acts);
                }
            }
            Happening::Dies => {
                if !self.fair && !self.without.has(Kind::Kills) {
                    if self.random.one_in(2) && !self.without.has(Kind::HalfSteps) {
                        self.dies_within_steps();
                    } else {
                        self.is_killed();
                    }
                    self.sometime(self.weather.kill, Happening::Dies);
                }
            }
            Happening::Wakes => self.wakes(),
            Happening::WindowEnds(window) => {
                if window == self.windows && !self.fair {
                    self.window_ends();
                }
            }
            Happening::Repeats(id, answer) => self.repeats(id, answer),
            Happening::Delivers(resource) => self.delivers(resource),
        }
    }

    /// The program starts, or its window opens: what slept goes on.
    pub(crate) fn wakes(&mut self) {
        let first = self.machine.is_none();
        if first {
            self.starts_up();
        }
        if !self.phone.awake {
            self.phone.awake = true;
            for what in std::mem::take(&mut self.asleep) {
                self.soon(1, what);
            }
            if !first {
                self.phone.facts().into_iter().for_each(|fact| self.then_tell(fact));
                let settings = self.config.settings.clone();
                self.then_tell(Event::SettingsChanged(settings));
                let health = self.store.health();
                self.then_tell(Event::VaultChanged(health));
                self.tells_delivered();
                let lasts = self.next_window();
                self.then_tell(Event::WindowOpened { lasts });
                if self.unseen {
                    self.scan(); // the library says at once what it did not say meanwhile
                } else {
                    self.tell(Event::Tick);
                }
            }
        }
    }

    /// Puts something into the queue, `after` milliseconds from now.
    pub(crate) fn soon(&mut self, after: Millis, what: Happening) -> Millis {
        self.queued += 1;
        let at = self.now + after;
        self.queue.insert((at, self.queued), what);
        at
    }

    /// The same, after `mean` milliseconds on average.
    pub(crate) fn sometime(&mut self, mean: Millis, what: Happening) {
        let after = 1 + self.random.below(2 * mean);
        self.soon(after, what);
    }

    /// How long the program is away: so long at most, but for one time in eight, which may be days.
    pub(crate) fn absence(&mut self, most: Millis) -> Millis {
        let longest = if self.random.one_in(8) { 1 << (20 + self.random.below(9)) } else { most };
        self.random.below(longest)
    }

    /// The proposal that the user is looking at.
    pub(crate) fn open_proposal(&self) -> Option<Proposal> {
        self.queue.values().chain(&self.asleep).find_map(|what| match what {
            Happening::Answers(Effect::Propose(proposal)) => Some(proposal.clone()),
            _ => None,
        })
    }

    /// A dialog goes without an answer.
    pub(crate) fn closes_dialog(&mut self) {
        let asks = |what: &Happening| matches!(what, Happening::Answers(Effect::Propose(_)));
        self.queue.retain(|_, what| !asks(what));
        self.asleep.retain(|what| !asks(what));
    }

    /// What the dead program waited for is nobody's any more.
    pub(crate) fn forgets(&mut self) {
        self.jobs.clear();
        self.copying.clear();
        self.asleep.clear();
        self.inbox.clear();
        let ours = |what: &Happening| {
            matches!(
                what,
                Happening::Ends(_)
                    | Happening::Progresses(_)
                    | Happening::Answers(_)
                    | Happening::Wakes
            )
        };
        self.queue.retain(|_, what| !ours(what));
    }
}
