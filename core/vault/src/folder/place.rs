//! Choosing folder and stem for an asset.

use super::Shared;
use super::bytes::is_same;
use super::places::{Folder, Taken};
use crate::error::VaultError;
use crate::names::{Placement, ToPlace, folded};
use std::ffi::OsStr;

impl Shared {
    pub(super) fn place(&self, assets: &[ToPlace<'_>]) -> Result<Vec<Placement>, VaultError> {
        let home = self.home()?;
        let mut visit = self.visit(&home);
        let mut placed = Vec::with_capacity(assets.len());
        for asset in assets {
            let Some((primary, _)) = asset.resources.first() else {
                return Err(VaultError::Refused {
                    name: "an asset".to_owned(),
                    why: "it has no files".to_owned(),
                });
            };
            let as_shot = Placement::as_shot(asset.captured, primary);
            let free = visit
                .made(as_shot.folder())
                .and_then(|folder| Ok((self.give(&folder, &as_shot, asset, false)?, folder)));
            match free {
                // Where the folder cannot be a folder, or may not be used, the put of each item says so, by
                // name: the others go on.
                Ok((true, _))
                | Err(VaultError::Refused { .. } | VaultError::FolderClosed { .. }) => {
                    placed.push(as_shot);
                }
                Ok((false, folder)) => {
                    let beside = as_shot.beside(asset.owner);
                    self.give(&folder, &beside, asset, true)?;
                    placed.push(beside);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(placed)
    }

    /// Gives all of the asset's names there to it if they are free for it, or in any case
    /// those that are free if it `must`. Says whether all were free.
    fn give(
        &self,
        folder: &Folder,
        placement: &Placement,
        asset: &ToPlace<'_>,
        must: bool,
    ) -> Result<bool, VaultError> {
        let names: Vec<_> = asset
            .resources
            .iter()
            .map(|(name, digest)| {
                let file = placement.file_name(name, None);
                (folded(&file), file, *digest)
            })
            .collect();
        let taken: Vec<_> = folder.names(&*self.files, |taken| {
            names.iter().map(|(fold, ..)| taken.get(fold).copied()).collect()
        })?;
        let mut free = true;
        for (taken, (_, file, digest)) in taken.iter().zip(&names) {
            free &= match taken {
                None => true,
                Some(Taken::Given(owner)) => *owner == asset.owner,
                Some(Taken::There) => match digest {
                    Some(digest) => {
                        let same = is_same(&*self.files, &folder.dir, OsStr::new(file), digest);
                        // What cannot be read is another file, unless it is the vault that is away.
                        same.or_else(|_| self.home().map(|_| false))?
                    }
                    None => false,
                },
            };
        }
        if free || must {
            folder.names(&*self.files, |taken| {
                for (fold, ..) in &names {
                    taken.entry(*fold).or_insert(Taken::Given(asset.owner));
                }
            })?;
        }
        Ok(free)
    }
}
