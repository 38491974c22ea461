//! What long effects come to: what they do to the phone and the vault, and what goes wrong.

use crate::cloud::Cloud;
use crate::happening::Happening;
use crate::invariant::Invariant;
use crate::job::Job;
use crate::phone::UP;
use crate::run::Run;
use keepsake_machine::effect::Effect;
use keepsake_machine::event::{Answer, Disappearance, Finding, LibraryAccess, PutOutcome, Trouble};
use keepsake_machine::media::{Digest, EffectId, ResourceId};
use keepsake_machine::permit::Work;
use keepsake_machine::stage::{Bytes, Fault};

impl Run {
    /// Something goes wrong that can with such work.
    pub(crate) fn fault(&mut self, job: &Job) -> Answer {
        let wasted = 1 + self.random.below(1_000_000);
        let failed = |fault| Answer::Failed { fault, wasted };
        let number = self.random.below(4);
        match (&job.effect, number) {
            (Effect::Download { .. }, 0) => failed(Fault::DownloadIncomplete),
            (Effect::Download { .. } | Effect::Checksum { .. }, number)
                if number == 1 || self.weather.ill =>
            {
                Answer::Held(Trouble::SourceUnavailable)
            }
            (Effect::Download { .. }, _) => failed(Fault::DownloadFailed),
            (Effect::Checksum { .. }, 0) => failed(Fault::ReadFailed),
            (Effect::Checksum { .. }, _) => Answer::Changed,
            // The object was stored, and the answer is lost.
            (Effect::Upload { digest, .. }, 0) if self.store.fits(digest) => {
                self.store.put(digest, self.now);
                Answer::Held(Trouble::VaultUnavailable)
            }
            (Effect::Upload { .. }, 1) => failed(Fault::UploadFailed),
            (Effect::HandOver { .. }, 0 | 1) => failed(Fault::HostFault),
            // A list that is late.
            (Effect::Verify { .. }, 0) => Answer::NotConfirmed,
            _ => Answer::Held(Trouble::VaultUnavailable),
        }
    }

    /// What work comes to that nothing disturbs.
    pub(crate) fn answer(&mut self, id: EffectId, job: &Job) -> Answer {
        let resource = id.resource;
        let reads = matches!(job.work, Work::Download | Work::Checksum | Work::Upload);
        let teed = matches!(job.effect, Effect::Upload { from: Bytes::Teed, .. });
        if reads && !teed {
            if self.phone.locked {
                return Answer::Held(Trouble::DeviceLocked);
            }
            if self.phone.access == LibraryAccess::Denied {
                return Answer::Held(Trouble::NoAccess);
            }
            if !self.sees(resource) {
                let gone = !self.library.originals.contains_key(&resource);
                let how = if gone { Disappearance::Deleted } else { Disappearance::Hidden };
                return Answer::Gone(how);
            }
            let broken = self.library.originals.get(&resource).and_then(|one| one.broken);
            if let Some(fault) = broken {
                return Answer::Failed { fault, wasted: 0 };
            }
        }
        let asks = job.work == Work::Check || matches!(job.effect, Effect::Upload { .. });
        if asks && !self.store.up || asks && self.config.vault.remote && !self.phone.network.online
        {
            return Answer::Held(Trouble::VaultUnavailable);
        }
        if asks && self.store.signed_out {
            return Answer::Held(Trouble::SignedOut);
        }
        match job.effect.clone() {
            Effect::Download { at_most, .. } => self.download(resource, at_most, job),
            Effect::Checksum { tee, .. } => self.checksum(resource, tee),
            // The records say what they name, whatever the vault itself goes by.
            Effect::Find { digest, .. } => Answer::Found(match self.is_listed(&digest) {
                true if !self.config.vault.md5 || self.store.records(&digest) => Finding::Hit,
                _ if self.config.vault.md5 => Finding::CannotTell,
                _ => Finding::Miss,
            }),
            Effect::Upload { digest, from, .. } => self.upload(resource, &digest, from, job),
            Effect::HandOver { digest, metered, .. } => {
                self.begins_to_send(resource, &digest);
                self.with_os.insert(resource, (digest, metered));
                self.gives_leave(resource, job, digest.size);
                let lasts = digest.size / UP + self.random.below(600_000);
                self.soon(lasts, Happening::Delivers(resource));
                Answer::HandedOver
            }
            Effect::Verify { digest, .. } if !self.is_listed(&digest) => Answer::NotConfirmed,
            Effect::Verify { digest, .. } => match self.store.objects.get_mut(&digest.sha256) {
                Some(object) if object.size == digest.size => {
                    object.recorded = true;
                    Answer::Confirmed
                }
                _ => Answer::NotConfirmed,
            },
            other => {
                self.broken(Invariant::ContractKept, format!("nobody performs {other:?}"));
                Answer::Stopped
            }
        }
    }

    pub(crate) fn download(&mut self, resource: ResourceId, at_most: u64, job: &Job) -> Answer {
        let Some(original) = self.library.originals.get(&resource).cloned() else {
            return Answer::Gone(Disappearance::Deleted);
        };
        if self.is_refused_the_network(&original) {
            return Answer::NetworkNeeded;
        }
        if !original.on_phone && !self.phone.network.online {
            return Answer::Held(Trouble::Offline);
        }
        if !original.on_phone && self.cloud() == Cloud::Out {
            return self.is_out(resource);
        }
        let landed = self.staged.get(&resource).copied().unwrap_or(0);
        let lands = original.size.min(at_most);
        let copies = job.copies && !original.on_phone;
        let factor = if copies { 2 } else { 1 };
        if lands.saturating_sub(landed) * factor > self.free() {
            return Answer::Held(Trouble::DiskFull);
        }
        self.lands(resource, lands, !original.on_phone, job);
        if lands < original.size {
            return Answer::Outgrown(lands);
        }
        self.copying.remove(&resource);
        if let Some(original) = self.library.originals.get_mut(&resource) {
            original.on_phone |= copies;
        }
        self.staged_as.insert(resource, original.digest());
        self.check_landed(resource, original.version);
        if self.catalog.rows.get(&resource).is_some_and(|row| row.version.0 != original.version) {
            self.may_land_again(resource);
            return Answer::Changed;
        }
        Answer::Downloaded(original.digest())
    }

    fn checksum(&mut self, resource: ResourceId, tee: bool) -> Answer {
        let Some(original) = self.library.originals.get(&resource) else {
            return Answer::Gone(Disappearance::Deleted);
        };
        if self.catalog.rows.get(&resource).is_some_and(|row| row.version.0 != original.version) {
            return Answer::Changed;
        }
        if !original.on_phone {
            return Answer::NetworkNeeded;
        }
        if tee {
            self.teed.insert(resource, original.digest());
        }
        Answer::Checksummed { digest: original.digest(), teed: tee }
    }

    pub(crate) fn upload(
        &mut self,
        resource: ResourceId,
        digest: &Digest,
        from: Bytes,
        job: &Job,
    ) -> Answer {
        match from {
            Bytes::Teed => match self.teed.remove(&resource) {
                None => return Answer::Put(PutOutcome::TeeLost),
                Some(teed) => self.check_bytes(resource, digest, teed),
            },
            Bytes::Staged(_) => match self.staged_as.get(&resource).copied() {
                Some(landed) => self.check_bytes(resource, digest, landed),
                None => self.broken(Invariant::RightBytes, format!("{resource:?} never landed")),
            },
            Bytes::InLibrary => {
                let Some(original) = self.library.originals.get(&resource) else {
                    return Answer::Gone(Disappearance::Deleted);
                };
                if !original.on_phone {
                    return Answer::NetworkNeeded;
                }
                if original.digest() != *digest {
                    return Answer::Put(PutOutcome::OtherBytes);
                }
            }
            Bytes::WithOs(_) => {}
        }
        if !self.store.fits(digest) {
            return Answer::Held(Trouble::VaultFull { needed: digest.size });
        }
        let is_new = self.store.put(digest, self.now);
        // Where nothing is created only if it is absent, the same bytes are written over themselves.
        Answer::Put(if is_new || !self.store.creates {
            self.moves(job, digest.size);
            if self.config.vault.remote && job.metered {
                let moved = (job.ends.min(self.now), digest.size, UP);
                self.traffic.book(moved, |hour| &mut hour.up_mobile);
            } else if self.config.vault.remote {
                let moved = (job.ends.min(self.now), digest.size, UP);
                self.traffic.book(moved, |hour| &mut hour.up_wifi);
            }
            PutOutcome::Sent
        } else {
            PutOutcome::AlreadyThere
        })
    }
}
