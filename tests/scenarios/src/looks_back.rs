//! The end of a scenario: what is safe, what lies in the vault, and what is wrong whatever it says.

use crate::format::Ending;
use crate::play::Stage;
use crate::words;
use crate::world::stored;
use keepsake_engine::Engine;
use keepsake_machine::stage::Class;
use std::collections::BTreeSet;
use std::time::Duration;

impl Stage {
    /// How it ended, and what is wrong.
    pub(crate) fn looks_back(&self, after: Duration) -> (Ending, Vec<String>) {
        let status = self.engine.as_ref().map(Engine::status);
        let counts = status.as_ref().map(|status| status.counts.clone()).unwrap_or_default();
        let not_safe = counts.classes.iter().filter(|(class, tally)| {
            tally.items > 0 && !class.is_safe() && **class != Class::Closed
        });
        let vault = stored(&self.vault);
        let ends = Ending {
            after,
            safe: counts.safe().items,
            not_safe: not_safe
                .map(|(class, tally)| format!("{} {}", tally.items, words::class(*class)))
                .collect(),
            holds: status.iter().flat_map(|s| s.holds.iter()).map(|h| format!("{h:?}")).collect(),
            in_the_vault: vault.len() as u64,
        };
        let held: BTreeSet<&Vec<u8>> = vault.iter().map(|(_, bytes)| bytes).collect();
        let surprised = self.trace.iter().filter(|line| line.contains(" unexpected: "));
        let mut wrong = self.wrong.clone();
        wrong.extend(surprised.map(|line| format!("a surprise: {line}")));
        let ever: BTreeSet<_> = self.contents.values().flatten().collect();
        let strange = vault.iter().filter(|(_, bytes)| !ever.contains(bytes));
        wrong.extend(strange.map(|(path, _)| format!("{path} has bytes that no photo ever had")));
        if ends.not_safe.is_empty() {
            let files = self.library.files();
            let missing = files.iter().filter(|(_, bytes)| !held.contains(bytes));
            wrong.extend(
                missing.map(|(name, _)| format!("{name} is called safe, and is not there")),
            );
            let staging = std::fs::read_dir(self.world.state().join("staging"));
            let left = staging.into_iter().flatten().flatten();
            wrong.extend(
                left.map(|entry| format!("{} is left in staging", entry.file_name().display())),
            );
        }
        (ends, wrong)
    }
}
