//! Bytes that leave the phone: those of each version once, and once more for each good reason.

use crate::invariant::Invariant;
use crate::job::Job;
use crate::run::Run;
use keepsake_machine::effect::Effect;
use keepsake_machine::event::{Answer, PutOutcome};
use keepsake_machine::media::{Digest, ResourceId};
use std::collections::BTreeMap;

/// What the vault said of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// It has them.
    Has,
    /// It does not, or only sending will tell.
    HasNot,
    /// It had them, and could not show them.
    NotShown,
}

/// What was begun to be sent by this device, whoever sent it and however it ended. (In this world a
/// transfer that begins again begins with its first byte: so it is transfers that are counted.)
#[derive(Debug, Clone, Default)]
pub struct Sent {
    versions: BTreeMap<(ResourceId, [u8; 32]), Sending>,
}

/// Of one version.
#[derive(Debug, Clone, Copy, Default)]
struct Sending {
    /// Transfers that were begun.
    begun: u32,
    /// Reasons for one more: faults, kills, orders to stop, removals in the vault.
    reasons: u32,
}

impl Sent {
    /// The bytes of this version are sent from now on. Says how often that was begun, and for how many
    /// reasons, if there is no reason for it.
    fn begins(&mut self, resource: ResourceId, digest: &Digest) -> Option<(u32, u32)> {
        let sending = self.versions.entry((resource, digest.sha256)).or_default();
        sending.begun += 1;
        (sending.begun > 1 + sending.reasons).then_some((sending.begun, sending.reasons))
    }

    /// Whether this device ever began to send them.
    pub fn was_begun(&self, resource: ResourceId, digest: &Digest) -> bool {
        let sending = self.versions.get(&(resource, digest.sha256));
        sending.is_some_and(|sending| sending.begun > 0)
    }

    /// They may be sent once more.
    pub fn may_again(&mut self, resource: ResourceId, digest: &Digest) {
        if let Some(sending) = self.versions.get_mut(&(resource, digest.sha256)) {
            sending.reasons += 1;
        }
    }

    /// The vault lost these bytes, whosever they were.
    pub fn lost(&mut self, sha256: [u8; 32]) {
        let of = self.versions.iter_mut().filter(|((_, bytes), _)| *bytes == sha256);
        of.for_each(|(_, sending)| sending.reasons += 1);
    }

    /// Nobody knows any more what was sent.
    pub fn is_forgotten(&mut self) {
        self.versions.values_mut().for_each(|sending| sending.reasons += 1);
    }
}

impl Run {
    /// Bytes begin to leave: sent by us, or by the OS.
    pub(crate) fn begins_to_send(&mut self, resource: ResourceId, digest: &Digest) {
        if self.with_os.get(&resource).is_some_and(|(other, _)| other.sha256 == digest.sha256) {
            let what = format!("{resource:?} is sent beside a transfer of the OS");
            self.broken(Invariant::PutOnce, what);
        }
        // Such a vault says that it has them before a byte is sent.
        if self.config.vault.md5 && self.store.holds(digest) {
            return;
        }
        if let Some((begun, reasons)) = self.sent.begins(resource, digest) {
            let what = format!("{resource:?} is sent {begun} times, for {reasons} reasons");
            self.broken(Invariant::PutOnce, what);
        }
    }

    /// What an answer says about sending once more.
    pub(crate) fn note_sent(&mut self, resource: ResourceId, job: &Job, answer: &Answer) {
        let arrived = matches!(answer, Answer::Put(PutOutcome::Sent | PutOutcome::AlreadyThere));
        match &job.effect {
            Effect::Upload { digest, .. } if !arrived => self.sent.may_again(resource, digest),
            Effect::Verify { digest, .. } if *answer == Answer::NotConfirmed => {
                self.sent.may_again(resource, digest);
            }
            _ => {}
        }
    }
}
