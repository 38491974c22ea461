//! Freeing space, and the migration that is made of it: the events of a proposal.

use super::Session;
use super::migration::Facts;
use crate::effect::{Effect, Part};
use crate::event::Event;
use crate::machine::Desk;
use crate::stage::{Class, Why};
use crate::status::Notice;

impl Session {
    /// An event of the protocol of proposals.
    pub(super) fn free_up_event(&mut self, event: &Event, desk: &mut Desk<'_>) {
        let at = self.clock.elapsed();
        let effects = match event {
            Event::FreeUpRequested { wanted } => Some(self.free_up.requested(*wanted)),
            Event::FreeUpCandidates { id, assets } => {
                let effects = self.free_up.candidates(*id, assets.clone());
                self.tell_freeable(desk);
                effects
            }
            Event::FreeUpConfirmed { id, assets } => {
                let effects = self.free_up.confirmed(*id, assets, at);
                let shown = |effects: &Vec<Effect>| {
                    effects.iter().any(|effect| matches!(effect, Effect::Propose(_)))
                };
                if effects.as_ref().is_some_and(shown) {
                    self.migrate(|facts| facts.shown = true, desk);
                } else {
                    self.tell_freeable(desk);
                }
                effects
            }
            Event::FreeUpAnswered { id, deleted } => {
                let answered = self.free_up.answered(*id, deleted);
                answered.map(|(effects, bytes)| {
                    self.migrate(|facts| facts.deleted = Some(bytes), desk);
                    self.read_disk(desk);
                    effects
                })
            }
            Event::ProposalRestored(proposal) => Some(self.free_up.restored(proposal.clone(), at)),
            Event::PhotosRecovered => {
                self.migrate(|facts| facts.recovered = true, desk);
                self.scan(desk);
                Some(Vec::new())
            }
            _ => None,
        };
        match effects {
            Some(effects) => desk.effects.extend(effects),
            None => Self::unexpected(event.name(), true, desk),
        }
    }

    /// Takes the migration a step on, if what is known asks for one.
    pub(super) fn migrate(&mut self, also: impl FnOnce(&mut Facts), desk: &mut Desk<'_>) {
        let short = self.short_of_space();
        let mut facts = Facts {
            at: self.clock.elapsed(),
            wanted: self.config.settings.migrate,
            all_safe: self.scanning.finished && self.everything_is_safe(),
            never_fits: self.counts.unfinished().items > 0
                && self.counts.unfinished() == self.counts.of(Class::Waiting(Why::NeedsMoreSpace)),
            admits: !self.disk.is_low(),
            out_of_room: short.filter(|_| self.disk.is_low() && !self.slots.is_busy()),
            ..Facts::default()
        };
        also(&mut facts);
        let next = self.migration.step(&facts);
        if next == self.migration {
            return;
        }
        let asks = next.asks_freeable() && !self.migration.asks_freeable();
        self.migration = next;
        desk.store(Part::Migration(next));
        desk.effects.push_back(Effect::Notify(Notice::Migrated(next)));
        if asks {
            self.survey_freeable(desk);
        }
    }

    /// Has it found out how much could be freed. (Nothing is proposed: the user was not asked yet.)
    pub(super) fn survey_freeable(&mut self, desk: &mut Desk<'_>) {
        let effects = self.free_up.survey();
        desk.effects.extend(effects);
    }

    /// Tells the migration what could be freed, if it waits to hear it.
    fn tell_freeable(&mut self, desk: &mut Desk<'_>) {
        let freeable = self.free_up.freeable();
        if freeable.is_some() && self.migration.asks_freeable() {
            self.migrate(|facts| facts.freeable = freeable, desk);
        }
    }
}
