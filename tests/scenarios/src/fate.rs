//! What ends a program or takes a disk away: a kill, a power cut, a cable that comes off.

use crate::play::Stage;
use crate::world::stored;
use std::collections::BTreeSet;
use std::time::Duration;

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
        let safe = self.safe()?;
        self.world.cut_power().map_err(|why| why.to_string())?;
        let vaults = [self.world.vault(), self.world.vault_away()];
        let held: BTreeSet<_> =
            vaults.iter().flat_map(|vault| stored(vault)).map(|(_, bytes)| bytes).collect();
        for name in safe {
            let ever = self.contents.get(&name);
            if !ever.is_some_and(|ever| ever.iter().any(|bytes| held.contains(bytes))) {
                self.wrong.push(format!("{name} was safe, and is gone with the power"));
            }
        }
        self.killed(time)
    }

    /// What is safe, by name.
    fn safe(&self) -> Result<Vec<String>, String> {
        let Some(engine) = self.engine.as_ref().filter(|_| !self.failing) else {
            return Ok(Vec::new());
        };
        let page = engine.library(None, 10_000).map_err(|why| why.to_string())?;
        let safe = page.entries.into_iter().filter(|entry| entry.stage.is_safe());
        Ok(safe.map(|entry| String::from_utf8_lossy(&entry.local_id).into_owned()).collect())
    }

    /// The vault's disk is pulled out, and put back after so long.
    pub(crate) fn pulled_out(&mut self, time: Duration) -> Result<(), String> {
        self.world.pull_out().map_err(|why| why.to_string())?;
        self.time_passes(time);
        self.world.put_back();
        Ok(())
    }
}
