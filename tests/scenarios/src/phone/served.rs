//! What the library is asked for, and what it gives.

use super::{Library, Photo};
use crate::format::{Lies, Served};
use crate::promise::Promise;
use keepsake_catalog::seen::{SeenAsset, SeenResource};
use keepsake_engine::source::{Deletion, Opened, Original, Pages, Pour, Refusal, Source, Ticket};
use keepsake_machine::event::{Disappearance, LibraryAccess};
use keepsake_machine::media::{
    Access, EffectId, Locality, Media, ResourceId, Role, Size, SizeClass, Version,
};
use std::collections::BTreeMap;
use std::io::{Seek, Write};

impl Library {
    /// What the platform gives, or why not.
    fn serve(&self, original: &Original, network: bool, call: &str) -> Result<Photo, Refusal> {
        self.hears()?;
        let mut inner = self.lock();
        let name = String::from_utf8_lossy(&original.local_id).into_owned();
        let photo = inner.photos.get(&name).cloned();
        let gives = match photo {
            None => Err(Refusal::Gone(Disappearance::Deleted)),
            Some(_) if inner.access == Some(LibraryAccess::Denied) => Err(Refusal::NoAccess),
            Some(photo) if inner.access == Some(LibraryAccess::Limited) && photo.private => {
                Err(Refusal::Gone(Disappearance::Hidden))
            }
            Some(photo) if Version(photo.version) != original.version => Err(Refusal::Changed),
            Some(photo) if !photo.lies.is_on_the_phone() && !network => Err(Refusal::NetworkNeeded),
            Some(photo) if !photo.lies.is_on_the_phone() && inner.cloud_away => {
                Err(Refusal::DownloadFailed)
            }
            Some(photo) => Ok(photo),
        };
        let said =
            gives.as_ref().map_or_else(|why| format!(": {}", refused(*why)), |_| String::new());
        inner.calls.push(format!("call {call} {name}{said}"));
        if !inner.permits.reading || network && !inner.permits.fetching {
            let held = format!("{call} {name}, though that is held");
            inner.broken.push(Promise::PermitKept.broken(held));
        }
        gives
    }
}

impl Source for Library {
    fn scan(&self, mut pages: Pages) -> Result<(), Refusal> {
        self.hears()?;
        let (assets, limited) = {
            let mut inner = self.lock();
            inner.calls.push("call scan".to_owned());
            if inner.access == Some(LibraryAccess::Denied) {
                return Err(Refusal::NoAccess);
            }
            let limited = inner.access == Some(LibraryAccess::Limited);
            let mut assets: BTreeMap<&str, SeenAsset> = BTreeMap::new();
            for (name, photo) in inner.photos.iter().filter(|(_, one)| !(limited && one.private)) {
                let asset = assets.entry(&photo.asset).or_insert_with(|| SeenAsset {
                    local_id: photo.asset.clone().into_bytes(),
                    taken: photo.taken,
                    favourite: false,
                    albums: Vec::new(),
                    cross_id: None,
                    chosen: true,
                    resources: Vec::new(),
                });
                asset.resources.push(seen(name, photo));
            }
            (assets.into_values().collect::<Vec<_>>(), limited)
        };
        pages.page(assets).map_err(|_| Refusal::Stopped)?;
        pages.finished(limited, Vec::new());
        Ok(())
    }

    fn open(&self, original: &Original) -> Result<Opened, Refusal> {
        let photo = self.serve(original, false, "open")?;
        let made = || -> std::io::Result<std::fs::File> {
            let mut file = tempfile::tempfile()?;
            file.write_all(&photo.bytes)?;
            file.rewind()?;
            Ok(file)
        };
        made().map(Opened::File).map_err(|_| Refusal::ReadFailed)
    }

    fn version(&self, original: &Original, _: &Opened) -> Result<Version, Refusal> {
        self.hears()?;
        let inner = self.lock();
        let photo = inner.photos.get(&*String::from_utf8_lossy(&original.local_id));
        photo.map(|photo| Version(photo.version)).ok_or(Refusal::Gone(Disappearance::Deleted))
    }

    fn pour(&self, original: &Original, network: bool, mut pour: Pour) -> Result<(), Refusal> {
        let call = if network { "fetch" } else { "pour" };
        let photo = self.serve(original, network, call)?;
        let Some(mut pipe) = pour.pipe() else { return Err(Refusal::Unsupported) };
        let whole = !self.lock().pours_end;
        if !whole {
            self.lock().cut += 1;
        }
        if network && whole && !photo.lies.is_on_the_phone() {
            let name = String::from_utf8_lossy(&original.local_id).into_owned();
            *self.lock().fetched.entry((name, photo.version)).or_default() += 1;
        }
        let most = if whole { photo.bytes.len() } else { photo.bytes.len() / 2 };
        let written = pipe.write_all(&photo.bytes[..most]).map_err(|_| Refusal::Stopped);
        drop(pipe);
        pour.finished(written.and(if whole { Ok(()) } else { Err(Refusal::DownloadFailed) }));
        Ok(())
    }

    fn hand_over(&self, _: EffectId, ticket: &Ticket) -> Result<(), Refusal> {
        self.hears()?;
        let mut inner = self.lock();
        let network = if ticket.metered { "any network" } else { "unmetered only" };
        inner.calls.push(format!("call hand over {}, {network}", ticket.url));
        inner.transfers.take(ticket);
        Ok(())
    }

    fn cancel_transfer(&self, resource: ResourceId) -> Result<(), Refusal> {
        self.hears()?;
        let mut inner = self.lock();
        inner.calls.push(format!("call cancel transfer {}", resource.0));
        inner.transfers.cancel(resource);
        Ok(())
    }

    fn propose(&self, proposal: &Deletion) -> Result<(), Refusal> {
        self.hears()?;
        let mut inner = self.lock();
        let names = proposal.assets.iter().map(|one| String::from_utf8_lossy(&one.local_id));
        let names: Vec<_> = names.collect();
        inner.calls.push(format!("call propose {} ({} B)", names.join(" "), proposal.frees));
        // It reads the versions again: what was edited since is not shown.
        let mut shown = proposal.clone();
        let now = |id: &[u8]| inner.photos.get(&*String::from_utf8_lossy(id));
        shown.assets.retain(|doomed| {
            let edited = |(id, version): &(Vec<u8>, Version)| {
                now(id).is_some_and(|photo| Version(photo.version) != *version)
            };
            !doomed.resources.iter().any(edited)
        });
        // (What is gone already cannot be lost.)
        let ids = shown.assets.iter().flat_map(|doomed| &doomed.resources).map(|(id, _)| id);
        let there = ids.filter_map(|id| {
            Some((String::from_utf8_lossy(id).into_owned(), now(id)?.bytes.clone()))
        });
        let there: Vec<_> = there.collect();
        inner.let_go.extend(there);
        inner.proposed = Some(shown);
        Ok(())
    }
}

/// Why it gives nothing, as a port names it.
fn refused(why: Refusal) -> String {
    match why {
        Refusal::Gone(Disappearance::Deleted) => "Deleted".into(),
        Refusal::Gone(Disappearance::Hidden) => "OutOfSight".into(),
        other => format!("{other:?}"),
    }
}

fn seen(name: &str, photo: &Photo) -> SeenResource {
    let locality = match photo.lies {
        Lies::OnThePhone => Locality::Local,
        Lies::InTheCloud => Locality::Cloud,
        Lies::SomewhereOnThePhone | Lies::SomewhereInTheCloud => Locality::Unknown,
    };
    let bytes = photo.bytes.len() as u64;
    let video = matches!(photo.role, Role::Video | Role::PairedVideo);
    let size = match (locality, video) {
        (Locality::Unknown, false) => Size::Hinted { class: SizeClass::Heif, measure: bytes * 4 },
        (Locality::Unknown, true) => {
            Size::Hinted { class: SizeClass::Video, measure: bytes / 2_000 }
        }
        _ => Size::Exact(bytes),
    };
    SeenResource {
        local_id: name.as_bytes().to_vec(),
        role: photo.role,
        media: if photo.role == Role::Video { Media::Video } else { Media::Photo },
        name: name.as_bytes().to_vec(),
        size,
        version: Version(photo.version),
        locality,
        access: if photo.served == Served::Poured { Access::Poured } else { Access::Seekable },
        modified: Some(photo.taken * 1_000_000),
    }
}
