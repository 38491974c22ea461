//! A vault that signs tickets, as S3 does: the folder vault, and transfers that the OS owns.

use crate::world::World;
use keepsake_engine::source::Ticket as Handed;
use keepsake_machine::event::{Network, TransferOutcome};
use keepsake_machine::media::{Digest, ResourceId};
use keepsake_machine::settings;
use keepsake_vault::put::Watch;
use keepsake_vault::{
    Entry, FolderSeen, Found, Held, Placement, Put, Record, Segment, SegmentName, SegmentRead,
    Staging, Stored, Teed, Ticket, Tidied, ToPlace, Vault, VaultError, VaultIdentity, VaultPath,
};
use std::collections::BTreeMap;
use std::io;

use std::sync::Arc;

/// The same vault, far away, and with tickets.
pub(crate) fn signing(vault: Arc<dyn Vault>) -> Arc<dyn Vault> {
    Arc::new(Signing(vault))
}

struct Signing(Arc<dyn Vault>);

impl Vault for Signing {
    fn id(&self) -> VaultIdentity {
        self.0.id()
    }

    fn features(&self) -> settings::Vault {
        settings::Vault { remote: true, tee: false, tickets: true, md5: false }
    }

    fn probe(&self) -> Result<Option<u64>, VaultError> {
        self.0.probe()
    }

    fn find(&self, digests: &[Digest]) -> Result<Vec<Found>, VaultError> {
        self.0.find(digests)
    }

    fn unrecorded(&self) -> Result<Vec<VaultPath>, VaultError> {
        self.0.unrecorded()
    }

    fn place(&self, assets: &[ToPlace<'_>]) -> Result<Vec<Placement>, VaultError> {
        self.0.place(assets)
    }

    fn stage(&self, _: u64) -> Result<Box<dyn Staging>, VaultError> {
        Err(VaultError::Unsupported("a tee"))
    }

    fn discard(&self, teed: Teed) {
        self.0.discard(teed);
    }

    fn put(&self, group: Vec<Put<'_>>, watch: &dyn Watch) -> Vec<Result<Stored, VaultError>> {
        self.0.put(group, watch)
    }

    fn confirm(&self, items: &[Held<'_>]) -> Result<Vec<bool>, VaultError> {
        self.0.confirm(items)
    }

    fn see_folders(&self, folders: &[String]) -> Result<Vec<FolderSeen>, VaultError> {
        self.0.see_folders(folders)
    }

    fn record(&self, records: Vec<Record>) -> Result<Option<Segment>, VaultError> {
        self.0.record(records)
    }

    fn forget(&self, digests: &[Digest]) -> Result<Option<Segment>, VaultError> {
        self.0.forget(digests)
    }

    fn abandon(&self, token: &[u8]) -> Result<(), VaultError> {
        self.0.abandon(token)
    }

    fn segments(&self) -> Result<Vec<Segment>, VaultError> {
        self.0.segments()
    }

    fn read_segment(
        &self,
        name: &SegmentName,
        each: &mut dyn FnMut(Entry),
    ) -> Result<SegmentRead, VaultError> {
        self.0.read_segment(name, each)
    }

    fn open(&self, path: &VaultPath) -> Result<Option<Box<dyn io::Read + Send>>, VaultError> {
        self.0.open(path)
    }

    fn ticket(&self, at: &Placement, name: &[u8], digest: Digest) -> Result<Ticket, VaultError> {
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
        self.0.tidy(wall)
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
