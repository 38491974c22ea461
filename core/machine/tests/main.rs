//! The machine's tests, in one binary: it is linked once, also for each mutant.

mod asked;
mod asleep;
mod at_once;
mod conditions;
mod counted;
mod doing;
mod driver;
mod films;
mod found;
mod metered;
mod migration;
mod noticed;
mod phone;
mod races;
mod remembered;
mod room;
mod stopped;
mod stored;
mod support;
mod taken_up;
mod told;
mod way;
mod with_os;
