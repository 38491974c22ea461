//! The shortest run that breaks the same promise as one that failed: with fewer kinds of happenings,
//! less foul weather and a smaller library.

use crate::happening::Outcome;
use crate::kind::{Kind, Kinds};
use crate::plan::Plan;
use crate::planted::Bug;
use crate::run::{Run, Shown};
use clap::ValueEnum as _;
use keepsake_machine::media::AssetId;

/// What is left out of a seed's run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Simpler {
    /// These kinds of happenings.
    pub without: Kinds,
    /// All foul weather after so many happenings.
    pub lasts: Option<u32>,
    /// All but the first so many assets of the library.
    pub assets: Option<u32>,
}

impl Simpler {
    /// The run of `seed`, so much simpler.
    pub fn run(self, seed: u64) -> Run {
        let mut plan = Plan::of(seed);
        plan.without = self.without;
        if let Some(lasts) = self.lasts {
            (plan.weather.lasts, plan.weather.events) = (lasts, 0);
        }
        if let Some(assets) = self.assets {
            let beyond = |asset: AssetId| asset.0 > i64::from(assets);
            plan.library.originals.retain(|_, one| !beyond(one.asset));
        }
        Run::new(plan)
    }

    /// How the command line says it.
    pub fn flags(self) -> String {
        let mut flags = String::new();
        let names = self.without.iter().filter_map(|kind| kind.to_possible_value());
        let names: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
        if !names.is_empty() {
            flags = format!(" --without {}", names.join(","));
        }
        let lasts = self.lasts.map(|lasts| format!(" --lasts {lasts}"));
        let assets = self.assets.map(|assets| format!(" --assets {assets}"));
        [Some(flags), lasts, assets].into_iter().flatten().collect()
    }
}

/// The simplest run of `seed` that was found to break the same promise, and how it comes out; `None` if
/// the seed's own run breaks none.
pub fn shrink(seed: u64, bug: Option<Bug>) -> Option<(Simpler, Outcome)> {
    let run = |simpler: Simpler| simpler.run(seed).with(bug).shown(Shown::Last).to_the_end();
    let mut best = (Simpler::default(), run(Simpler::default()));
    let broken = best.1.violation.as_ref()?.invariant;
    let better = |best: &mut (Simpler, Outcome), simpler: Simpler| {
        let outcome = run(simpler);
        let alike = outcome.violation.as_ref().is_some_and(|one| one.invariant == broken);
        if alike {
            *best = (simpler, outcome);
        }
        alike
    };
    for _ in 0..ROUNDS {
        let before = best.0;
        for kind in Kind::value_variants() {
            let simpler = Simpler { without: best.0.without.with(*kind), ..best.0 };
            if simpler != best.0 {
                better(&mut best, simpler);
            }
        }
        let from = best.0.lasts.unwrap_or(best.1.foul);
        let as_long = Simpler { lasts: Some(from), ..best.0 };
        better(&mut best, as_long);
        fewer(from, |lasts| {
            let simpler = Simpler { lasts: Some(lasts), ..best.0 };
            better(&mut best, simpler)
        });
        let from = best.0.assets.unwrap_or(MOST_ASSETS);
        fewer(from, |assets| {
            let simpler = Simpler { assets: Some(assets), ..best.0 };
            better(&mut best, simpler)
        });
        if best.0 == before {
            break;
        }
    }
    Some(best)
}

/// Tries fewer and fewer, by halves at first and one by one in the end.
fn fewer(from: u32, mut holds: impl FnMut(u32) -> bool) {
    let (mut number, mut step) = (from, from / 2 + 1);
    while step > 0 {
        match number.checked_sub(step).filter(|less| holds(*less)) {
            Some(less) => number = less,
            None => step /= 2,
        }
    }
}

/// After so many rounds no more is won.
const ROUNDS: u32 = 4;
/// More assets than a library has on the first day.
const MOST_ASSETS: u32 = 200;
