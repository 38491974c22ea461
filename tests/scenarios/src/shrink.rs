//! A short story of a long one that fails.

use crate::{Scenario, play};

/// What is wrong with how a scenario of a seed ended; `None`: nothing.
pub fn wrong(scenario: &Scenario) -> Option<String> {
    let played = match play(scenario) {
        Ok(played) => played,
        Err(why) => return Some(why),
    };
    let mut wrong = played.wrong;
    wrong.extend(played.ends.not_safe.iter().map(|what| format!("{what} in fair weather")));
    wrong.extend(played.ends.holds.iter().map(|hold| format!("{hold} in fair weather")));
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

/// Leaves out what happens (but for the last `fair`, which are fair weather), and photos, for as long as it still fails in the same way; `same` says
/// whether it does.
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
                let gone: std::time::Duration =
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
