//! What ends a program or takes a disk away: a kill, a power cut, a cable that comes off.

use crate::play::Stage;
use crate::promise::Promise;
use crate::world::stored;
use std::collections::BTreeSet;
use std::time::Duration;

/// How a program dies amid its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amid {
    /// It is killed.
    Kill,
    /// The power goes with it.
    PowerCut,
}

impl Stage {
    /// The program is gone: nothing that it still tries has any effect.
    pub(crate) fn ends(&mut self) {
        self.world.kill();
        self.engine = None;
    }

    /// Is killed, and starts again after so long.
    pub(crate) fn killed(&mut self, time: Duration) -> Result<(), String> {
        self.ends();
        self.said.clear();
        self.millis += u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.opens()
    }

    /// The power goes, and comes back after so long.
    pub(crate) fn power_cut(&mut self, time: Duration) -> Result<(), String> {
        let safe = self.safe();
        self.loses_power(&safe, time)
    }

    /// The power goes while so much is safe, and comes back after so long.
    fn loses_power(&mut self, safe: &[(String, [u8; 32])], time: Duration) -> Result<(), String> {
        self.losses += 1;
        self.world.cut_power().map_err(|why| why.to_string())?;
        let vaults = [self.vault.clone(), self.world.vault(), self.world.vault_away()];
        let stored: Vec<_> = vaults.iter().flat_map(|vault| stored(vault)).collect();
        let held = stored.iter().filter_map(|(_, bytes)| self.contents.of(bytes));
        let held: BTreeSet<_> = held.map(|content| content.digest.sha256).collect();
        let gone = safe.iter().filter(|(_, digest)| !held.contains(digest));
        let broken: Vec<_> = gone
            .map(|(name, _)| Promise::SafeIsHeld.broken(format!("{name} is gone with the power")))
            .collect();
        self.are_broken(broken);
        self.killed(time)
    }

    /// It is to die at this operation on a disk; 0: it is not.
    pub(crate) fn dies_amid(&mut self, operation: u64, how: Amid) {
        self.amid = how;
        self.world.dies_amid(operation);
    }

    /// Is it dead amid its work, so it starts again.
    pub(crate) fn dies_if_dead(&mut self) {
        if !self.world.has_died() {
            return;
        }
        self.died += 1;
        let started = match self.amid {
            Amid::Kill => self.killed(Duration::ZERO),
            Amid::PowerCut => {
                let safe = std::mem::take(&mut self.was_safe);
                self.loses_power(&safe, Duration::ZERO)
            }
        };
        if let Err(why) = started {
            self.are_broken([Promise::GoodEnd.broken(format!("after it died: {why}"))]);
        }
    }

    /// What is safe: its name, and the SHA-256 of its bytes.
    pub(crate) fn safe(&self) -> Vec<(String, [u8; 32])> {
        let Some(engine) = self.engine.as_ref().filter(|_| !self.is_unwell()) else {
            return Vec::new();
        };
        let page = engine.library(None, 10_000).unwrap_or_default();
        let safe = page.entries.into_iter().filter(|entry| entry.stage.is_safe());
        safe.map(|entry| {
            let name = String::from_utf8_lossy(&entry.local_id).into_owned();
            (name, entry.digest.map_or([0; 32], |digest| digest.sha256))
        })
        .collect()
    }

    /// The vault's disk is pulled out, and put back after so long.
    pub(crate) fn pulled_out(&mut self, time: Duration) -> Result<(), String> {
        self.losses += 1;
        self.world.pull_out().map_err(|why| why.to_string())?;
        self.time_passes(time);
        self.world.put_back();
        Ok(())
    }
}
