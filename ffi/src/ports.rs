//! What a host implements: "please do" calls, on threads of the engine's own. Each may do its work
//! before it returns, or return at once and go on from a thread of the host's: the object that it is
//! given carries the answer.

use crate::descriptor;
use crate::error::PortError;
use crate::pour::PourInto;
use crate::scan::ScanPages;
use keepsake_engine::source::{self, Opened, Pages, Pour, Refusal, Source};
use keepsake_machine::media::{Access, EffectId, ResourceId, Role, Version};
use std::sync::Arc;

/// A photo library.
#[uniffi::export(with_foreign)]
pub trait PhotoLibrary: Send + Sync {
    /// Walks the library and gives every asset to `pages`, then calls its `finished`. An error ends the
    /// walk early: what was seen so far counts, what was not seen is not taken for deleted.
    /// [`PortError::NoAccess`] and [`PortError::DeviceLocked`] are conditions of the whole library: the
    /// backup waits until the host tells the fact that ends them.
    fn scan(&self, pages: Arc<ScanPages>) -> Result<(), PortError>;

    /// Opens a seekable original for reading from its start: a descriptor that the host has let go of
    /// (`detachFd`).
    fn open(&self, original: Original) -> Result<i32, PortError>;

    /// The version of an original now: asked after its last byte was read.
    fn version(&self, original: Original) -> Result<u64, PortError>;

    /// Pours an original that is not seekable, or lies in the cloud, into `into`.
    /// [`PortError::NetworkNeeded`] if it must be downloaded and `may_use_network` is false.
    fn pour(
        &self,
        original: Original,
        may_use_network: bool,
        into: Arc<PourInto>,
    ) -> Result<(), PortError>;

    /// Re-reads the versions of these assets, then opens the OS's own dialog for deleting them. The
    /// answer is [`crate::Fact::FreeUpAnswered`].
    fn propose(&self, deletion: Deletion) -> Result<(), PortError>;
}

/// The OS's own transfers, which go on without us. How one ends is [`crate::Fact::TransferFinished`],
/// also after a relaunch.
#[uniffi::export(with_foreign)]
pub trait Transfers: Send + Sync {
    /// Hands a staged file to the OS.
    fn hand_over(&self, transfer: Transfer) -> Result<(), PortError>;

    /// Cancels the transfer of this resource; its end is told as a fact.
    fn cancel(&self, resource: i64) -> Result<(), PortError>;
}

/// How full the phone is, as the OS counts it (on iOS the capacity for important usage).
#[uniffi::export(with_foreign)]
pub trait Storage: Send + Sync {
    /// Asked whenever it matters, seldom more than once a minute.
    fn space(&self) -> Result<Space, PortError>;
}

/// How full a volume is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Space {
    /// What may be written.
    pub available: u64,
    /// All of it.
    pub total: u64,
}

/// One file of the library, as the catalog knows it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Original {
    /// The catalog's number.
    pub resource: i64,
    /// What the scan called it.
    pub id: String,
    /// What it is to its asset.
    pub role: Role,
    /// How it is served.
    pub access: Access,
    /// The version that is worked on: another one is [`PortError::Changed`].
    pub version: u64,
    /// Bytes, where they are known exactly.
    pub size: Option<u64>,
}

/// What the user is asked to let go.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Deletion {
    /// Echoed by the answer.
    pub proposal: u64,
    /// The assets.
    pub assets: Vec<Doomed>,
    /// Bytes that deleting gives back.
    pub frees: u64,
}

/// One asset that the user is asked to let go.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Doomed {
    /// The catalog's number, echoed by the answer.
    pub asset: i64,
    /// What the scan called it.
    pub id: String,
    /// Its files, and the versions that they must still have.
    pub resources: Vec<Expected>,
}

/// A file, and the version that it must still have.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Expected {
    /// What the scan called it.
    pub id: String,
    /// Its version.
    pub version: u64,
}

/// A signed request that the OS can perform without us.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Transfer {
    /// Whose bytes; names it in every fact.
    pub resource: i64,
    /// The file to send.
    pub file: String,
    /// `PUT` or `POST`.
    pub method: String,
    /// Where to.
    pub url: String,
    /// Header fields, in order.
    pub headers: Vec<Header>,
    /// Whether it may go over a metered network: to be fixed with the transfer.
    pub may_use_metered: bool,
}

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The host's ports as the engine's source.
pub(crate) struct Ports {
    pub(crate) library: Arc<dyn PhotoLibrary>,
    pub(crate) transfers: Option<Arc<dyn Transfers>>,
    pub(crate) storage: Option<Arc<dyn Storage>>,
}

impl Source for Ports {
    fn scan(&self, pages: Pages) -> Result<(), Refusal> {
        self.library.scan(Arc::new(ScanPages::new(pages))).map_err(|why| why.heard("scan", None))
    }

    fn open(&self, original: &source::Original) -> Result<Opened, Refusal> {
        let opened = self.library.open(original.into()).and_then(descriptor::taken);
        opened.map(Opened::File).map_err(about("open", original.resource))
    }

    fn version(&self, original: &source::Original, _: &Opened) -> Result<Version, Refusal> {
        let version = self.library.version(original.into());
        version.map(Version).map_err(about("version", original.resource))
    }

    fn pour(&self, original: &source::Original, network: bool, pour: Pour) -> Result<(), Refusal> {
        let into = Arc::new(PourInto::new(pour, original.resource.0));
        let poured = self.library.pour(original.into(), network, into);
        poured.map_err(about("pour", original.resource))
    }

    fn hand_over(&self, _: EffectId, ticket: &source::Ticket) -> Result<(), Refusal> {
        let transfers = self.transfers.as_ref().ok_or(Refusal::Unsupported)?;
        transfers.hand_over(ticket.into()).map_err(about("hand_over", ticket.resource))
    }

    fn cancel_transfer(&self, resource: ResourceId) -> Result<(), Refusal> {
        let transfers = self.transfers.as_ref().ok_or(Refusal::Unsupported)?;
        transfers.cancel(resource.0).map_err(about("cancel", resource))
    }

    fn space(&self) -> Option<keepsake_vault::files::Space> {
        // One that does not tell now: the volume does.
        let space = self.storage.as_ref()?.space();
        let Space { available, total } = space.map_err(|why| why.heard("space", None)).ok()?;
        Some(keepsake_vault::files::Space { available, total })
    }

    fn propose(&self, proposal: &source::Deletion) -> Result<(), Refusal> {
        self.library.propose(proposal.into()).map_err(|why| why.heard("propose", None))
    }
}

/// What a port says of an item, as the core hears it.
fn about(port: &'static str, resource: ResourceId) -> impl Fn(PortError) -> Refusal {
    move |why| why.heard(port, Some(resource.0))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl From<&source::Original> for Original {
    fn from(original: &source::Original) -> Original {
        Original {
            resource: original.resource.0,
            id: text(&original.local_id),
            role: original.role,
            access: original.access,
            version: original.version.0,
            size: original.size,
        }
    }
}

impl From<&source::Ticket> for Transfer {
    fn from(ticket: &source::Ticket) -> Transfer {
        let headers = ticket.headers.iter();
        Transfer {
            resource: ticket.resource.0,
            file: ticket.file.to_string_lossy().into_owned(),
            method: ticket.method.clone(),
            url: ticket.url.clone(),
            headers: headers
                .map(|(name, value)| Header { name: name.clone(), value: value.clone() })
                .collect(),
            may_use_metered: ticket.metered,
        }
    }
}

impl From<&source::Deletion> for Deletion {
    fn from(deletion: &source::Deletion) -> Deletion {
        let expected =
            |(id, version): &(Vec<u8>, Version)| Expected { id: text(id), version: version.0 };
        let assets = deletion.assets.iter().map(|doomed| Doomed {
            asset: doomed.asset.0,
            id: text(&doomed.local_id),
            resources: doomed.resources.iter().map(expected).collect(),
        });
        Deletion { proposal: deletion.id.0, assets: assets.collect(), frees: deletion.frees }
    }
}
