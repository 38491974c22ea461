//! Planted bugs: does the simulator find what it is there to find?
//!
//! A bug sits between the machine and the world, where every bug of the machine shows in the end: an
//! order that is lost, altered or given twice, an event that it behaves as if it had not heard, a part
//! of its memory that does not survive a restart. So the machine itself carries no bug of ours, and one
//! build has them all.
//!
//! Half of them (`strangers.rs`) were written by somebody who had not read the simulator.

mod ours;
mod strangers;

use keepsake_machine::effect::{Effect, Part};
use keepsake_machine::event::Event;
use keepsake_machine::media::ResourceId;
use keepsake_machine::row::Row;
use std::collections::BTreeMap;

/// What a bug sees and remembers.
#[derive(Debug)]
pub struct Mind<'a> {
    /// The catalog's rows, before what the machine wants stored now.
    pub rows: &'a BTreeMap<ResourceId, Row>,
    /// Counts whatever the bug counts; 0 at first, and after a restart as it was.
    pub count: &'a mut u64,
}

/// Where it sits.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// In an event that the machine is about to be told: altered, or (`None`) not heard.
    Event(fn(Event, &mut Mind<'_>) -> Option<Event>),
    /// In an effect that the machine gives: what is carried out in its place, in order.
    Effect(fn(Effect, &mut Mind<'_>) -> Vec<Effect>),
    /// In the parts that a new machine is made of: as it was stored, or (`None`) lost.
    Part(fn(Part, &mut Mind<'_>) -> Option<Part>),
}

/// One.
#[derive(Debug, Clone, Copy)]
pub struct Bug {
    /// For the command line.
    pub name: &'static str,
    /// What is wrong, in a sentence.
    pub sentence: &'static str,
    /// Where.
    pub place: Place,
}

/// Every bug.
pub fn all() -> impl Iterator<Item = Bug> {
    ours::BUGS.into_iter().chain(strangers::BUGS)
}

/// Every `n`th time, counted by the bug's own mind.
fn every(n: u64, mind: &mut Mind<'_>) -> bool {
    *mind.count += 1;
    mind.count.is_multiple_of(n)
}
