//! What the vault's records say that the catalog does not know yet, in constant memory.

use super::{Desk, Failed, folders, lock, lost};
use crate::events::Happened;
use crate::records;
use crate::seek::Places;
use crate::store::StoreError;
use keepsake_catalog::{Known, Note, SegmentKnown, Which};
use keepsake_machine::media::Digest;
use keepsake_machine::settle::Fact;
use keepsake_vault::{Entry, Segment, Vault};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Records that are held at once.
const CHUNK: usize = 4_096;
/// How often segments are listed again when one is gone meanwhile.
const LISTINGS: usize = 4;

/// That an audit was begun, and not yet ended: a setting of the catalog.
const AUDIT: &str = "audit";

/// Reads every segment that was not read before, and looks at the folders: what lay in those that are
/// gone is sent again. Says whether any row changed.
pub(crate) fn learn(desk: &Desk, vault: &dyn Vault) -> Result<bool, Failed> {
    let changed = read_records(desk, vault)?;
    match folders::look(desk, vault) {
        // One that goes away now is seen to be by whoever uses it next.
        Err(Failed::Vault(_)) => Ok(changed),
        Err(why) => Err(why),
        Ok(more) => {
            lost::regain(desk, vault, &Places::new())?;
            Ok(changed || more)
        }
    }
}

/// Reads every segment that was not read before. One that is not to be trusted is left alone.
///
/// Where one that was read is gone, and it was not we who merged it, or is torn by now, the vault may be
/// an older copy of itself, or damaged: then all records are read again, and the host is told. Says
/// whether any row changed.
pub(crate) fn read_records(desk: &Desk, vault: &dyn Vault) -> Result<bool, Failed> {
    let begun = desk.store.read(|reader| reader.setting(AUDIT))?;
    if begun.is_none() && is_as_read(desk, vault)? {
        news(desk, vault)?;
        return Ok(false);
    }
    let mut lost = known(desk)?;
    let Some(again) = audit(desk, vault)? else { return Ok(false) };
    for path in known(desk)? {
        lost.remove(&path);
    }
    if !lost.is_empty() {
        desk.stream.put(Happened::RecordsLost { files: lost.len() as u64, again });
    }
    Ok(again > 0)
}

/// Everything that is known to lie in the vault, as hashes of the paths.
fn known(desk: &Desk) -> Result<HashSet<u64>, Failed> {
    let mut all = HashSet::new();
    let mut each = |path: &str| _ = all.insert(records::mark(&[path.as_bytes()]));
    desk.store.read(|reader| reader.known_paths(&mut each))?;
    Ok(all)
}

/// Whether all segments that were read are there, each as it was.
fn is_as_read(desk: &Desk, vault: &dyn Vault) -> Result<bool, Failed> {
    let there: HashMap<_, _> =
        vault.segments()?.into_iter().map(|segment| (segment.name.0.clone(), segment)).collect();
    let mut sound = Vec::new();
    for known in desk.store.read(keepsake_catalog::Reader::segments_read)? {
        let Some(segment) = there.get(&known.name) else { return Ok(false) };
        if known.mark != Some(segment.mark) {
            // It was touched, or its file system keeps no exact times. Its content tells.
            let read = vault.read_segment(&segment.name, &mut |_| {})?;
            if read.gone || read.damaged.is_some() {
                return Ok(false);
            }
            if read.unreadable.is_none() {
                sound.push(records::read(segment.clone()));
            }
        }
    }
    if !sound.is_empty() {
        desk.note(&sound, false)?;
    }
    Ok(true)
}

/// Reads all records again, and takes nothing for safe of which none speaks: it is looked for in the
/// vault by its bytes, recorded again where they are, and sent where they are not. Says how many
/// files these are; `None` where records cannot be read now: it is done when they can.
pub(crate) fn audit(desk: &Desk, vault: &dyn Vault) -> Result<Option<u64>, Failed> {
    // Also when we are killed in between, it is brought to its end.
    let begun = |value: Option<&str>| {
        let (name, value) = (AUDIT.to_owned(), value.map(str::to_owned));
        desk.note(&[Note::Setting { name, value }], true)
    };
    begun(Some("begun"))?;
    desk.store.write(keepsake_catalog::Catalog::forget_records)?;
    let news = news(desk, vault)?;
    if !news.closed.is_empty() {
        return Ok(None);
    }
    bury_again(desk, vault, &news.forgotten)?;
    let settled = desk.settle(&Which::Unrecorded, Fact::GoneFromVault)?;
    begun(None)?;
    Ok(Some(settled.changed))
}

/// Writes the tombstones again that no record says any more: what the user forgot stays forgotten, on
/// every device.
fn bury_again(desk: &Desk, vault: &dyn Vault, buried: &[Digest]) -> Result<(), Failed> {
    let buried: HashSet<_> = buried.iter().map(|digest| digest.sha256).collect();
    let mut lost = desk.store.read(keepsake_catalog::Reader::tombstones)?;
    lost.retain(|digest| !buried.contains(&digest.sha256));
    // Where that cannot be written now, the next one who reads all writes it.
    let Ok(segment) = vault.forget(&lost) else { return Ok(()) };
    let notes: Vec<_> = segment.map(records::read).into_iter().collect();
    if notes.is_empty() { Ok(()) } else { Ok(desk.note(&notes, true)?) }
}

/// Which segments were there when somebody looked last.
#[derive(Default)]
pub(crate) struct Seen {
    names: HashSet<String>,
    /// The uptime of the last look.
    looked: Option<u64>,
}

impl Seen {
    /// This one is our own, and needs no reading.
    pub(crate) fn wrote(&mut self, segment: &Segment) {
        self.names.insert(segment.name.0.clone());
    }
}

/// Once in so many milliseconds it is looked what others recorded meanwhile.
const LOOK_AGAIN: u64 = 100;

/// Reads what others recorded since somebody looked last, before anything is sent that they may have
/// brought. Says whether there was anything.
pub(crate) fn catch_up(desk: &Desk, vault: &dyn Vault) -> Result<bool, Failed> {
    let now = desk.runtime.now().uptime;
    let mut seen = lock(&desk.segments);
    if seen.looked.is_some_and(|looked| now < looked.saturating_add(LOOK_AGAIN)) {
        return Ok(false);
    }
    seen.looked = Some(now);
    let there = vault.segments()?;
    if there.iter().all(|segment| seen.names.contains(&segment.name.0)) {
        return Ok(false);
    }
    drop(seen);
    news(desk, vault)?;
    Ok(true)
}

/// What was read.
#[derive(Default)]
struct News {
    /// Its tombstones.
    forgotten: Vec<Digest>,
    /// The segments that cannot be read now.
    closed: BTreeSet<String>,
}

/// Reads what was not read before.
fn news(desk: &Desk, vault: &dyn Vault) -> Result<News, Failed> {
    let mut news = News::default();
    for _ in 0..LISTINGS {
        let there = vault.segments()?;
        lock(&desk.segments).names = there.iter().map(|segment| segment.name.0.clone()).collect();
        let read = desk.store.read(keepsake_catalog::Reader::segments_read)?;
        let read: HashSet<_> = read.into_iter().map(|segment| segment.name).collect();
        forget_gone(desk, &there, &read)?;
        let mut gone = false;
        for new in there.iter().filter(|segment| !read.contains(&segment.name.0)) {
            gone |= !segment(desk, vault, new, &mut news)?;
        }
        if !gone {
            break;
        }
    }
    if !news.closed.is_empty() {
        let places = news.closed.iter().cloned().collect();
        desk.stream.put(Happened::VaultClosed { places });
    }
    if !news.forgotten.is_empty() {
        desk.settle(&Which::Twins(news.forgotten.clone()), Fact::Forget)?;
    }
    let tombstones = desk.store.read(keepsake_catalog::Reader::tombstones)?;
    *lock(&desk.tombstones) = tombstones.into_iter().map(|digest| digest.sha256).collect();
    Ok(news)
}

/// Reads one; `false` if it is gone.
fn segment(
    desk: &Desk,
    vault: &dyn Vault,
    segment: &Segment,
    news: &mut News,
) -> Result<bool, Failed> {
    let mut known = Vec::new();
    let mut tombstones = Vec::new();
    let mut failed: Option<StoreError> = None;
    let read = vault.read_segment(&segment.name, &mut |entry| {
        match entry {
            Entry::Record(record) => {
                let path = record.path.as_str().to_owned();
                known.push(Known { digest: record.digest, path });
            }
            Entry::Tombstone(tombstone) => tombstones.push(tombstone.digest),
        }
        if known.len() >= CHUNK && failed.is_none() {
            let notes: Vec<_> = known
                .drain(..)
                .map(|Known { digest, path }| Note::Known { digest, path })
                .collect();
            failed = desk.note(&notes, false).err();
        }
    })?;
    if let Some(why) = failed {
        return Err(why.into());
    }
    if read.gone {
        return Ok(false);
    }
    if read.unreadable.is_some() {
        news.closed.insert(format!(".keepsake/segments/{}", segment.name.0));
    }
    if read.damaged.is_none() && read.unreadable.is_none() {
        let Segment { name, mark } = segment.clone();
        let segment = SegmentKnown { name: name.0, mark: Some(mark) };
        desk.store.write(|catalog| catalog.learn(&segment, &known, &tombstones))?;
        news.forgotten.append(&mut tombstones);
    }
    Ok(true)
}

/// Segments that were merged into others need not be remembered.
fn forget_gone(desk: &Desk, there: &[Segment], read: &HashSet<String>) -> Result<(), Failed> {
    let there: HashSet<_> = there.iter().map(|segment| segment.name.0.as_str()).collect();
    let gone = read.iter().filter(|name| !there.contains(name.as_str()));
    let notes: Vec<_> = gone.map(|name| Note::SegmentGone { name: name.clone() }).collect();
    if notes.is_empty() { Ok(()) } else { Ok(desk.note(&notes, false)?) }
}
