//! Small cares: how the disk is, how the vault is, what is given up, what is tidied.

use super::learn::{learn, read_records};
use super::{Desk, Failed, blame, folders, lock, lost};
use crate::inbox::Message;
use crate::log;
use crate::records;
use crate::seek::Places;
use crate::store::StoreError;
use keepsake_catalog::Note;
use keepsake_machine::event::{Event, VaultHealth};
use keepsake_machine::media::ResourceId;
use keepsake_machine::time::Elapsed;
use keepsake_vault::{Teed, Tidied};
use std::collections::HashSet;
use std::time::Duration;

/// Reads the free space of the phone: as the host tells, or as our staging's volume does. One that
/// cannot be read is not told.
pub(crate) fn read_disk(desk: &Desk, asked: Option<u64>) {
    if let Ok(space) = desk.source.space().map_or_else(|| desk.staging.space(), Ok) {
        let (available, total) = (space.available, space.total);
        desk.inbox.send(Message::Event(Event::DiskRead { asked, available, total }));
    }
}

/// Sees how the vault is; one that comes back brings what others recorded meanwhile.
pub(crate) fn probe(desk: &Desk) {
    if let Some(health) = how_it_is(desk) {
        desk.inbox.send(Message::Event(Event::VaultChanged(health)));
    }
}

/// The user has signed in at a vault that could not be opened for want of it.
pub(crate) fn signed_in(desk: &Desk) {
    // (Where the catalog fails, the machine that is made anew knows of no sign-in that is wanted.)
    let Some(health) = how_it_is(desk) else { return };
    if health != VaultHealth::SignedOut {
        desk.inbox.send(Message::Event(Event::VaultChanged(VaultHealth::SignedIn)));
    }
    desk.inbox.send(Message::Event(Event::VaultChanged(health)));
}

/// How the vault is; `None`: the catalog failed.
fn how_it_is(desk: &Desk) -> Option<VaultHealth> {
    let (probed, opened) = match desk.link.probe(|vault| learn(desk, vault).map(drop)) {
        Ok(seen) => seen,
        Err(why) => {
            desk.catalog_failed(&why, std::iter::empty());
            return None;
        }
    };
    if opened {
        desk.inbox.put(Message::CountersChanged);
    } else if probed.is_ok() {
        look(desk); // it may have been away, or another copy of it was there
    }
    let _ = probed.as_ref().inspect_err(|why| log::vault_trouble(why));
    *lock(&desk.vault_trouble) = probed.as_ref().err().map(ToString::to_string);
    Some(blame::health(&probed))
}

/// Looks at the vault, once a day and before the end: whether it is there, with all its folders.
pub(crate) fn look(desk: &Desk) {
    let Ok(vault) = desk.link.vault() else { return }; // known to be away
    let looked = folders::look(desk, &*vault).and_then(|changed| {
        lost::regain(desk, &*vault, &Places::new())?;
        Ok(changed)
    });
    match looked {
        Ok(false) => {}
        Ok(true) => desk.inbox.put(Message::Event(Event::RetryRequested)),
        Err(Failed::Vault(why)) => {
            log::vault_trouble(&why);
            let health = blame::health(&Err(why));
            desk.inbox.put(Message::Event(Event::VaultChanged(health)));
        }
        Err(Failed::Store(why)) => desk.catalog_failed(&why, std::iter::empty()),
    }
}

/// Drops what was teed, or an unfinished upload.
pub(crate) fn abandon(desk: &Desk, resource: ResourceId, teed: Option<Teed>) {
    desk.discard(teed);
    let details = desk.store.read(|reader| reader.details(&[resource]));
    let token = details.ok().and_then(|mut details| details.pop()?.token);
    let Some(token) = token else { return };
    // One that the vault could not drop now keeps its token, and is dropped or used another time.
    let dropped = desk.link.vault().and_then(|vault| vault.abandon(&token));
    if dropped.is_ok()
        && let Err(why) = desk.note(&[Note::Token { resource, token: None }], false)
    {
        desk.catalog_failed(&why, std::iter::empty());
    }
}

/// The name of the setting that says when the vault was tidied last, on the machine's clock.
const TIDIED: &str = "tidied";
const DAY: Duration = Duration::from_hours(24);

/// When housekeeping is due, on the machine's clock. Looks at the catalog once.
pub(crate) fn tidy_due(desk: &Desk) -> Elapsed {
    let mut due = lock(&desk.tidy_due);
    *due.get_or_insert_with(|| {
        let last = desk.store.read(|reader| reader.setting(TIDIED)).ok().flatten();
        let last = last.and_then(|last| last.parse().ok()).unwrap_or_default();
        Elapsed(last) + DAY
    })
}

/// Has the vault merge and sweep, and tells the catalog which segments stand for which.
pub(crate) fn tidy(desk: &Desk) {
    *lock(&desk.tidy_due) = Some(desk.elapsed() + DAY);
    look(desk);
    let tidied = desk.link.vault().and_then(|vault| vault.tidy(desk.runtime.now().wall));
    // One that cannot be tidied now is tidied another day.
    let Ok(tidied) = tidied else { return };
    let read = told(desk, tidied).map_err(Failed::Store).and_then(|()| {
        read_records(desk, &*desk.link.vault()?) // one may be torn by now
    });
    match read {
        Ok(true) => desk.inbox.put(Message::Event(Event::RetryRequested)),
        Err(Failed::Store(why)) => desk.catalog_failed(&why, std::iter::empty()),
        Ok(false) | Err(Failed::Vault(_)) => {} // one that went away is seen to have by the next look
    }
}

fn told(desk: &Desk, tidied: Tidied) -> Result<(), StoreError> {
    let read = desk.store.read(keepsake_catalog::Reader::segments_read)?;
    let read: HashSet<_> = read.into_iter().map(|segment| segment.name).collect();
    let mut notes = Vec::new();
    for (merged, sources) in tidied.merged {
        // What was not read of all its sources is read of the merged one, at the next opening.
        if sources.iter().all(|source| read.contains(&source.0)) {
            notes.push(records::read(merged));
        }
        notes.extend(sources.into_iter().map(|name| Note::SegmentGone { name: name.0 }));
    }
    let value = Some(desk.elapsed().0.to_string());
    notes.push(Note::Setting { name: TIDIED.into(), value });
    desk.note(&notes, false)
}
