//! The end of a scenario: what is safe, what lies in the vault, and what is wrong whatever it says.

use crate::contents::Contents;
use crate::format::Ending;
use crate::play::Stage;
use crate::promise::Promise;
use crate::words;
use crate::world::stored;
use keepsake_engine::Engine;
use keepsake_machine::stage::Class;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

impl Stage {
    /// How it ended, and what is wrong.
    pub(crate) fn looks_back(
        &mut self,
        after: Duration,
    ) -> (Ending, BTreeMap<String, Vec<String>>) {
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
        let surprised = self.trace.iter().filter(|line| line.contains(" unexpected: "));
        let mut wrong: Vec<_> = surprised.map(|line| Promise::NoSurprise.broken(line)).collect();
        if ends.not_safe.is_empty() {
            let held: BTreeSet<&Vec<u8>> = vault.iter().map(|(_, bytes)| bytes).collect();
            let files = self.library.files();
            let missing = files.iter().filter(|(_, bytes)| !held.contains(bytes));
            wrong.extend(
                missing.map(|(name, _)| Promise::SafeIsHeld.broken(format!("{name} is not there"))),
            );
            let staging = std::fs::read_dir(self.world.state().join("staging"));
            let left = staging.into_iter().flatten().flatten();
            wrong.extend(
                left.map(|entry| entry.file_name().display().to_string())
                    .map(|name| Promise::StagingEmpty.broken(format!("{name} is left"))),
            );
            wrong.extend(self.records_are_true());
        }
        wrong.extend(self.nothing_again());
        self.are_broken(wrong);
        let holds = self.holds(&vault);
        (ends, holds)
    }

    /// What is in the library, by name: how far it is, and where its bytes lie.
    fn holds(&self, vault: &[(String, Vec<u8>)]) -> BTreeMap<String, Vec<String>> {
        let page = self.engine.as_ref().and_then(|engine| engine.library(None, 10_000).ok());
        let mut stages = BTreeMap::new();
        for entry in page.unwrap_or_default().entries {
            let class = entry.stage.class();
            let far = if class.is_safe() { "safe".to_owned() } else { words::class(class) };
            stages.insert(String::from_utf8_lossy(&entry.local_id).into_owned(), far);
        }
        let files = self.library.files().into_iter();
        let found = files.map(|(name, bytes)| {
            let lies = vault.iter().filter(|(_, other)| *other == bytes);
            // (Whether it lies there twice is looked at elsewhere.)
            let lies: BTreeSet<_> = lies.map(|(path, _)| Contents::without_tilde(path)).collect();
            let far = stages.get(&name).cloned().unwrap_or_default();
            (name, std::iter::once(far).chain(lies).collect())
        });
        found.collect()
    }
}
