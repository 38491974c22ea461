//! Vaults: one is active; the stages of the others rest on a shelf.

use crate::{Catalog, Reader, Result};
use keepsake_machine::media::VaultId;

/// The vault that stages are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveVault {
    /// The catalog's id.
    pub id: VaultId,
    /// The vault's own identity.
    pub identity: [u8; 16],
    /// Where it was last: a folder, in the engine's own text.
    pub place: String,
}

impl Catalog {
    /// Makes the vault with this identity the active one and remembers its place. One durable
    /// transaction. Returns at once when it is active already.
    ///
    /// Digests, staged files and the library stay. A resource that this vault has not seen is
    /// [`keepsake_machine::Stage::Discovered`] (or checks its staged bytes first); what an earlier
    /// time with this vault left holds again, settled by what the library is now, and counts as
    /// confirmed when it was. Takes time in proportion to the library when the vault changes.
    pub fn activate(&mut self, identity: &[u8; 16], place: &str) -> Result<VaultId> {
        let _ = (identity, place);
        unimplemented!()
    }
}

impl Reader {
    /// The active vault; `None` before the first.
    pub fn active_vault(&self) -> Result<Option<ActiveVault>> {
        unimplemented!()
    }

    /// Whether this catalog has ever known a vault at this place, and which.
    pub fn vault_at(&self, place: &str) -> Result<Option<[u8; 16]>> {
        let _ = place;
        unimplemented!()
    }
}
