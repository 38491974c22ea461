//! A vault that signs tickets, as S3 does: the folder vault, and transfers that the OS owns.

use crate::world::World;
use keepsake_engine::source::Ticket as Handed;
use keepsake_machine::event::{Network, TransferOutcome};
use keepsake_machine::media::{Digest, ResourceId};
use keepsake_machine::settings;
use keepsake_vault::put::Watch;
use keepsake_vault::{
    Entry, FolderSeen, Found, Held, Placement, Put, Record, Segment, SegmentName, SegmentRead,
    Staging, Stored, Strays, Teed, Ticket, Tidied, ToPlace, Vault, VaultError, VaultIdentity,
    VaultPath,
};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// How a vault is, besides there or away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    /// Well.
    #[default]
    Well,
    /// It has no room.
    Full,
    /// It wants a sign-in.
    SignedOut,
}

/// The vault of a story: the folder vault, in a mood; far away and with tickets where it signs any.
pub(crate) struct Storied {
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) signs: bool,
    pub(crate) mood: Arc<Mutex<Mood>>,
}

impl Storied {
    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The vault, if it takes requests.
    fn asked(&self) -> Result<&dyn Vault, VaultError> {
        if self.mood() == Mood::SignedOut { Err(VaultError::SignedOut) } else { Ok(&*self.vault) }
    }

    /// The vault, if it takes what is written.
    fn written(&self, needed: u64) -> Result<&dyn Vault, VaultError> {
        if self.mood() == Mood::Full { Err(VaultError::Full { needed }) } else { self.asked() }
    }
}

impl Vault for Storied {
    fn id(&self) -> VaultIdentity {
        self.vault.id()
    }

    fn features(&self) -> settings::Vault {
        let far = settings::Vault { remote: true, tee: false, tickets: true, md5: false };
        if self.signs { far } else { self.vault.features() }
    }

    fn probe(&self) -> Result<Option<u64>, VaultError> {
        self.written(1)?.probe()
    }

    fn find(&self, digests: &[Digest]) -> Result<Vec<Found>, VaultError> {
        self.asked()?.find(digests)
    }

    fn unrecorded(&self) -> Result<Strays, VaultError> {
        self.asked()?.unrecorded()
    }

    fn place(&self, assets: &[ToPlace<'_>]) -> Result<Vec<Placement>, VaultError> {
        self.asked()?.place(assets)
    }

    fn stage(&self, size: u64) -> Result<Box<dyn Staging>, VaultError> {
        if self.signs {
            return Err(VaultError::Unsupported("a tee"));
        }
        self.written(size)?.stage(size)
    }

    fn discard(&self, teed: Teed) {
        self.vault.discard(teed);
    }

    fn put(&self, group: Vec<Put<'_>>, watch: &dyn Watch) -> Vec<Result<Stored, VaultError>> {
        let needed = group.iter().map(|put| put.digest.size).sum();
        match self.written(needed) {
            Ok(vault) => vault.put(group, watch),
            Err(why) => group.iter().map(|_| Err(why.again())).collect(),
        }
    }

    fn confirm(&self, items: &[Held<'_>]) -> Result<Vec<bool>, VaultError> {
        self.asked()?.confirm(items)
    }

    fn see_folders(&self, folders: &[String]) -> Result<Vec<FolderSeen>, VaultError> {
        self.asked()?.see_folders(folders)
    }

    fn record(&self, records: Vec<Record>) -> Result<Option<Segment>, VaultError> {
        self.written(1)?.record(records)
    }

    fn forget(&self, digests: &[Digest]) -> Result<Option<Segment>, VaultError> {
        self.written(1)?.forget(digests)
    }

    fn abandon(&self, token: &[u8]) -> Result<(), VaultError> {
        self.asked()?.abandon(token)
    }

    fn segments(&self) -> Result<Vec<Segment>, VaultError> {
        self.asked()?.segments()
    }

    fn read_segment(
        &self,
        name: &SegmentName,
        each: &mut dyn FnMut(Entry),
    ) -> Result<SegmentRead, VaultError> {
        self.asked()?.read_segment(name, each)
    }

    fn open(&self, path: &VaultPath) -> Result<Option<Box<dyn io::Read + Send>>, VaultError> {
        self.asked()?.open(path)
    }

    fn ticket(&self, at: &Placement, name: &[u8], digest: Digest) -> Result<Ticket, VaultError> {
        if !self.signs {
            return Err(VaultError::Unsupported("tickets"));
        }
        let path = format!("{}/{}", at.folder(), at.file_name(name, Some((&digest, 1))));
        let path = VaultPath::parse(&path).ok_or(VaultError::Unsupported("such a name"))?;
        Ok(Ticket {
            method: "PUT".into(),
            url: path.as_str().to_owned(),
            headers: vec![("x-amz-checksum-sha256".into(), format!("{digest:?}"))],
            path,
            lasts: 7 * 86_400_000,
        })
    }

    fn tidy(&self, wall: i64) -> Result<Tidied, VaultError> {
        self.asked()?.tidy(wall)
    }
}

/// What the OS has of ours, whether our program runs or not.
#[derive(Debug, Default)]
pub(crate) struct Transfers {
    under_way: BTreeMap<ResourceId, Handed>,
    /// Those that ended, until a program was told.
    ended: BTreeMap<ResourceId, TransferOutcome>,
}

impl Transfers {
    /// The OS takes one.
    pub(crate) fn take(&mut self, ticket: &Handed) {
        self.ended.remove(&ticket.resource);
        self.under_way.insert(ticket.resource, ticket.clone());
    }

    /// Our program cancels one.
    pub(crate) fn cancel(&mut self, resource: ResourceId) {
        if self.under_way.remove(&resource).is_some() {
            self.ended.insert(resource, TransferOutcome::Cancelled);
        }
    }

    /// Our program is deleted: its transfers go with it.
    pub(crate) fn uninstalled(&mut self) {
        *self = Transfers::default();
    }

    /// The OS ends all that may go over this network.
    pub(crate) fn send(&mut self, network: Network, world: &World) {
        let go = |ticket: &Handed| network.online && (!network.metered || ticket.metered);
        let going = self.under_way.extract_if(.., |_, ticket| go(ticket));
        let sent = going.map(|(resource, ticket)| {
            let taken = world.takes(&ticket.file, &ticket.url);
            let failed = TransferOutcome::Failed { wasted: 0 };
            (resource, if taken { TransferOutcome::Delivered } else { failed })
        });
        self.ended.extend(sent);
    }

    /// Which are under way.
    pub(crate) fn under_way(&self) -> Vec<ResourceId> {
        self.under_way.keys().copied().collect()
    }

    /// How those ended of which no program was told yet.
    pub(crate) fn take_ended(&mut self) -> Vec<(ResourceId, TransferOutcome)> {
        std::mem::take(&mut self.ended).into_iter().collect()
    }
}
