//! Whether all is well with the story of a seed; and a short story of a long one that fails.

use crate::format::{Happening, What};
use crate::promise::{Broken, Promise};
use crate::{Played, Scenario, play};
use std::time::Duration;

/// What came of the story of a seed.
#[derive(Debug, Default)]
pub struct Verdict {
    /// What is wrong; `None`: nothing.
    pub wrong: Option<String>,
    /// How often the program died amid its work.
    pub died: u64,
}

/// Plays a scenario that ends in fair weather, and once more without its kills.
pub fn judged(scenario: &Scenario) -> Verdict {
    let played = match play(scenario) {
        Ok(played) => played,
        Err(why) => return Verdict { wrong: Some(why), died: 0 },
    };
    let mut broken = played.broken.clone();
    let bad = played.ends.not_safe.iter().chain(&played.ends.holds);
    broken.extend(bad.map(|what| Promise::GoodEnd.broken(what)));
    if broken.is_empty() {
        broken.extend(ends_otherwise(scenario, &played));
    }
    let words: Vec<_> = broken.iter().map(ToString::to_string).collect();
    Verdict { wrong: (!words.is_empty()).then(|| words.join("; ")), died: played.died }
}

/// Restored is not killed: how it ends otherwise where nobody kills the program.
fn ends_otherwise(scenario: &Scenario, killed: &Played) -> Option<Broken> {
    let calm = without_kills(scenario);
    if calm.happens.len() == scenario.happens.len() {
        return None;
    }
    let mut calm = match play(&calm) {
        Err(why) => return Some(Promise::SameEnd.broken(format!("without its kills: {why}"))),
        Ok(calm) => calm.holds,
    };
    let mut killed = killed.holds.clone();
    // Other photos were safe when the user was asked to let go of some.
    if scenario.happens.iter().any(|one| matches!(one.what, What::LetsGo(_))) {
        calm.retain(|name, _| killed.contains_key(name));
        killed.retain(|name, _| calm.contains_key(name));
    }
    let differs = || format!("without its kills {calm:?}, with them {killed:?}");
    (calm != killed).then(|| Promise::SameEnd.broken(differs()))
}

/// The same story, where the program runs on when it was killed, or the power went.
fn without_kills(scenario: &Scenario) -> Scenario {
    let mut calm = scenario.clone();
    calm.happens.clear();
    let mut late = Duration::ZERO;
    for Happening { after, what } in &scenario.happens {
        let after = *after + late;
        late = match what {
            What::Killed(time) | What::PowerCut(time) => after + *time,
            What::KilledAmid(_) | What::PowerCutAmid(_) => after,
            what => {
                calm.happens.push(Happening { after, what: what.clone() });
                Duration::ZERO
            }
        };
    }
    calm
}

/// Leaves out what happens (but for the last `fair`, which are fair weather), and photos, for as long as it
/// still fails in the same way; `same` says whether it does.
pub fn shrink(mut scenario: Scenario, fair: usize, same: &dyn Fn(&Scenario) -> bool) -> Scenario {
    loop {
        let before = size(&scenario);
        // In halves first, then one by one.
        let mut step = scenario.happens.len().max(1);
        while step > 0 {
            let mut at = 0;
            while at + fair < scenario.happens.len() {
                let mut less = scenario.clone();
                let end = (at + step).min(less.happens.len() - fair);
                let gone: Duration =
                    less.happens.drain(at..end).map(|happening| happening.after).sum();
                if let Some(next) = less.happens.get_mut(at) {
                    next.after += gone;
                }
                if same(&less) {
                    scenario = less;
                } else {
                    at += step;
                }
            }
            step /= 2;
        }
        for at in (0..scenario.library.len()).rev() {
            let mut less = scenario.clone();
            less.library.remove(at);
            if same(&less) {
                scenario = less;
            }
        }
        if size(&scenario) == before {
            return scenario;
        }
    }
}

fn size(scenario: &Scenario) -> (usize, usize) {
    (scenario.happens.len(), scenario.library.len())
}
