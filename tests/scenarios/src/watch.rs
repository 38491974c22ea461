//! Whether promises hold: looked at before the next thing happens, and at the end.

use crate::play::Stage;
use crate::promise::{Broken, Promise};
use crate::world::stored;
use keepsake_machine::stage::Class;
use keepsake_machine::status::{Activity, Tally};
use keepsake_vault::{Entry, Expect, FolderVault, OpenFolder, OsFiles, Vault as _};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Whatever happens, is in the status after so long.
const SHOWN: Duration = Duration::from_secs(2);

impl Stage {
    /// Looks whether they hold now, so long after something happened.
    pub(crate) fn keeps_promises(&mut self, since: Duration) {
        let away = self.vault == self.world.vault() && !self.vault.exists();
        let vault = stored(&if away { self.world.vault_away() } else { self.vault.clone() });
        let (mut broken, let_go) = self.library.asked();
        let held = |bytes: &Vec<u8>| vault.iter().any(|(_, held)| held == bytes);
        for (name, _) in let_go.iter().filter(|(_, bytes)| !held(bytes)) {
            let what = format!("{name} is proposed, and not in the vault");
            broken.push(Promise::FreedOnlyLive.broken(what));
        }
        if let Some(free) = self.world.least_below_the_reserve() {
            let what = format!("something landed, and {free} B were left");
            broken.push(Promise::ReserveKept.broken(what));
        }
        broken.extend(self.in_the_vault(&vault));
        broken.extend(self.is_true(&vault, since));
        self.are_broken(broken);
    }

    /// Notes what does not hold, once.
    pub(crate) fn are_broken(&mut self, broken: impl IntoIterator<Item = Broken>) {
        for one in broken {
            if !self.broken.contains(&one) {
                self.broken.push(one);
            }
        }
    }

    /// No byte of one file under another's name, and nothing twice.
    fn in_the_vault(&self, vault: &[(String, Vec<u8>)]) -> Vec<Broken> {
        let mut wrong = Vec::new();
        let mut lies: BTreeMap<[u8; 32], &str> = BTreeMap::new();
        // What cannot be read nobody can know: it is sent rather than lost.
        let mut unread = self.world.disks_failed();
        for (path, bytes) in vault {
            let Some(content) = self.contents.of(bytes) else {
                wrong.push(
                    Promise::RightName.broken(format!("{path} has bytes that no photo ever had")),
                );
                continue;
            };
            if !self.contents.may_be_called(content, path) {
                let names: Vec<_> = content.names.iter().map(String::as_str).collect();
                wrong.push(
                    Promise::RightName
                        .broken(format!("{path} has the bytes of {}", names.join(" and "))),
                );
            }
            let other = lies.insert(content.digest.sha256, path);
            if other.is_some() && unread > 0 {
                unread -= 1;
            } else if let Some(other) = other {
                wrong.push(
                    Promise::PutOnce.broken(format!("{path} was put twice: it is {other} as well")),
                );
            }
        }
        wrong
    }

    /// Nothing is marked safe that the vault does not hold byte for byte; and, while nothing is at work,
    /// the sum in the status is that of what the library shows.
    fn is_true(&self, vault: &[(String, Vec<u8>)], since: Duration) -> Vec<Broken> {
        let unheard = self.failing || self.will_fail;
        let Some(engine) = self.engine.as_ref().filter(|_| !unheard) else {
            return Vec::new();
        };
        // (A program that has just died says nothing.)
        let Ok(page) = engine.library(None, 10_000) else { return Vec::new() };
        let status = engine.status();
        let held = vault.iter().filter_map(|(_, bytes)| self.contents.of(bytes));
        let held: BTreeSet<_> = held.map(|content| content.digest.sha256).collect();
        let mut wrong = Vec::new();
        let mut counted: BTreeMap<Class, u64> = BTreeMap::new();
        for entry in page.entries {
            *counted.entry(entry.stage.class()).or_default() += 1;
            if !entry.stage.is_safe() {
                continue;
            }
            let name = String::from_utf8_lossy(&entry.local_id);
            match entry.digest {
                Some(digest) if !self.contents.had(&name, &digest) => {
                    wrong.push(
                        Promise::SafeIsHeld
                            .broken(format!("{name} is safe with bytes that it never had")),
                    );
                }
                Some(digest) if held.contains(&digest.sha256) => {}
                _ => wrong.push(
                    Promise::SafeIsHeld
                        .broken(format!("{name} is called safe, and is not in the vault")),
                ),
            }
        }
        let shown = status.counts.classes.iter().filter(|(class, _)| **class != Class::Closed);
        let told: BTreeMap<Class, u64> = shown
            .map(|(class, tally): (&Class, &Tally)| (*class, tally.items))
            .filter(|(_, items)| *items > 0)
            .collect();
        let works = matches!(status.activity, Activity::Working | Activity::Stopped);
        if told != counted && !works && since >= SHOWN {
            wrong.push(
                Promise::SumExact.broken(format!(
                    "the status counts {told:?}, and the library shows {counted:?}"
                )),
            );
        }
        wrong
    }

    /// Every record of the vault speaks of a file that lies there with these bytes, under the name of one
    /// that had them; and everything in the library has its own.
    pub(crate) fn records_are_true(&self) -> Vec<Broken> {
        let how = OpenFolder { expected: Expect::Any, device: None, reserve: None };
        let vault = match FolderVault::open(Arc::new(OsFiles), &self.vault, how) {
            Ok(vault) => vault,
            Err(why) => {
                return vec![
                    Promise::RecordsTrue.broken(format!("the vault cannot be read: {why}")),
                ];
            }
        };
        let lies: BTreeMap<_, _> = stored(&self.vault).into_iter().collect();
        let mut wrong = Vec::new();
        let mut recorded = BTreeSet::new();
        // One that is torn before anybody relied on it is seen to be, and stays.
        let mut torn = self.losses;
        for segment in vault.segments().unwrap_or_default() {
            let read = vault.read_segment(&segment.name, &mut |entry| {
                let Entry::Record(record) = entry else { return };
                let name = String::from_utf8_lossy(&record.name.0).into_owned();
                let path = record.path.as_str();
                if !self.contents.had(&name, &record.digest) {
                    wrong.push(
                        Promise::RecordsTrue
                            .broken(format!("a record says of {name} what it never was")),
                    );
                }
                let content = lies.get(path).and_then(|bytes| self.contents.of(bytes));
                if content.is_none_or(|content| content.digest.sha256 != record.digest.sha256) {
                    wrong.push(
                        Promise::RecordsTrue
                            .broken(format!("a record says that {name} is {path}, and it is not")),
                    );
                }
                recorded.insert((name, record.digest.sha256));
            });
            match read {
                Ok(read) => {
                    let damaged = read.damaged.filter(|_| {
                        let known = torn > 0;
                        torn = torn.saturating_sub(1);
                        !known
                    });
                    let bad = read.hostile.into_iter().chain(damaged);
                    wrong.extend(bad.map(|what| Promise::RecordsTrue.broken(what)));
                }
                Err(why) => wrong.push(
                    Promise::RecordsTrue
                        .broken(format!("a segment of records cannot be read: {why}")),
                ),
            }
        }
        for (name, bytes) in self.library.files() {
            let digest = self.contents.of(&bytes).map(|content| content.digest.sha256);
            if digest.is_some_and(|digest| !recorded.contains(&(name.clone(), digest))) {
                wrong.push(
                    Promise::RecordsTrue
                        .broken(format!("{name} is called safe, and has no record")),
                );
            }
        }
        wrong
    }

    /// Nothing is sent or fetched more often than once, and once again for everything that went wrong.
    pub(crate) fn nothing_again(&self) -> Vec<Broken> {
        let faults = self.faults + self.library.cut() + self.world.disks_failed();
        let mut wrong = Vec::new();
        let (sent, most) = (self.world.sent(), self.contents.bytes() * (1 + faults));
        if sent > most {
            wrong.push(
                Promise::SentOnce
                    .broken(format!("{sent} B were sent, {most} B at most with {faults} faults")),
            );
        }
        for (name, fetched) in self.library.fetched() {
            if fetched > 1 + faults {
                wrong
                    .push(Promise::FetchedOnce.broken(format!(
                        "{name} was fetched {fetched} times with {faults} faults"
                    )));
            }
        }
        wrong
    }
}
