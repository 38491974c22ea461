//! A vault in memory. It fails as real ones do: away, full, signed out, answers that are lost after
//! the object was stored, lists that are late.

use crate::Millis;
use keepsake_machine::event::VaultHealth;
use keepsake_machine::media::Digest;
use std::collections::BTreeMap;

/// One object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    /// Its bytes.
    pub size: u64,
    /// Whether a record names it.
    pub recorded: bool,
    /// Its lists show it from then on.
    pub listed: Millis,
}

/// How a vault is that nobody reaches.
pub const AWAY: VaultHealth = VaultHealth::Unavailable;

/// The vault.
#[derive(Debug, Clone)]
pub struct Store {
    /// What it holds, by SHA-256.
    pub objects: BTreeMap<[u8; 32], Object>,
    /// Whether it answers.
    pub up: bool,
    /// Whether it wants a sign-in.
    pub signed_out: bool,
    /// Bytes that it still takes; `None`: no end.
    pub room: Option<u64>,
    /// Whether it creates only what is absent, and says so; if not, it writes over it.
    pub creates: bool,
    /// Its lists are late by so many milliseconds.
    pub late: Millis,
}

impl Store {
    /// An empty one.
    pub fn new(room: Option<u64>) -> Store {
        let objects = BTreeMap::new();
        Store { objects, up: true, signed_out: false, room, creates: true, late: 0 }
    }

    /// How it answers a probe.
    pub fn health(&self) -> VaultHealth {
        if !self.up {
            VaultHealth::Unavailable
        } else if self.signed_out {
            VaultHealth::SignedOut
        } else {
            VaultHealth::Up { room: self.room }
        }
    }

    /// Whether it holds these very bytes.
    pub fn holds(&self, digest: &Digest) -> bool {
        self.objects.get(&digest.sha256).is_some_and(|object| object.size == digest.size)
    }

    /// Whether its lists show these bytes at this moment.
    pub fn lists(&self, digest: &Digest, now: Millis) -> bool {
        self.holds(digest) && self.objects[&digest.sha256].listed <= now
    }

    /// Whether a record names these bytes.
    pub fn records(&self, digest: &Digest) -> bool {
        self.objects.get(&digest.sha256).is_some_and(|object| object.recorded)
    }

    /// Whether bytes that it does not hold fit.
    pub fn fits(&self, digest: &Digest) -> bool {
        self.holds(digest) || self.room.is_none_or(|room| room >= digest.size)
    }

    /// Bytes arrive. Says whether they were not there before.
    pub fn put(&mut self, digest: &Digest, now: Millis) -> bool {
        if self.holds(digest) {
            return false;
        }
        self.takes(digest, false, now);
        true
    }

    /// Another device puts bytes, and records them unless it is killed before.
    pub fn receive(&mut self, digest: &Digest, recorded: bool, now: Millis) {
        if !self.holds(digest) && self.fits(digest) {
            self.takes(digest, recorded, now);
        }
    }

    fn takes(&mut self, digest: &Digest, recorded: bool, now: Millis) {
        let object = Object { size: digest.size, recorded, listed: now + self.late };
        self.objects.insert(digest.sha256, object);
        self.room = self.room.map(|room| room.saturating_sub(digest.size));
    }

    /// The user removes something there.
    pub fn remove(&mut self, sha256: [u8; 32]) {
        if let Some(object) = self.objects.remove(&sha256) {
            self.room = self.room.map(|room| room + object.size);
        }
    }
}
