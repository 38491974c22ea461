//! What the user does to photos beyond single shots: bursts, edits that lie beside their original, and
//! which of them are to be backed up.

use crate::library::{Library, Original};
use keepsake_machine::media::{AssetId, Media, ResourceId, Role};
use keepsake_tests::random::Random;

/// What the user wants backed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Choice {
    /// Not this album: every fourth asset lies in each.
    pub without: Option<i64>,
    /// Only this kind.
    pub only: Option<Media>,
}

impl Library {
    /// The user holds the shutter: stills within a second, some of them at one moment.
    pub fn burst(&mut self, random: &mut Random) {
        self.taken += 1_000;
        let (told, poured) = (!random.one_in(3), random.one_in(2));
        for _ in 0..3 + random.below(6) {
            self.taken += i64::try_from(random.below(3)).unwrap_or(0) * 90;
            self.assets += 1;
            let content = self.grows(1_000_000 + random.below(3_000_000));
            self.add(
                AssetId(self.assets),
                (Role::Photo, Media::Photo),
                content,
                (told, poured),
                random,
            );
        }
    }

    /// The user edits, as iOS stores it: the original stays, and what it looks like now lies beside it
    /// with how that was made. Edited once more, these change.
    pub fn edit_beside(&mut self, id: ResourceId, random: &mut Random) {
        let Some(original) = self.originals.get(&id).cloned() else { return };
        let of = |one: &&Original| one.asset == original.asset && is_edit(one.role);
        let edits: Vec<ResourceId> = self.originals.values().filter(of).map(|one| one.id).collect();
        if !edits.is_empty() {
            return edits.into_iter().for_each(|id| self.edit(id, random));
        }
        let rendered = match (original.media, original.role) {
            (Media::Video, _) => Role::EditedVideo,
            (_, Role::PairedVideo) => Role::EditedPairedVideo,
            _ => Role::EditedPhoto,
        };
        let (asset, served) = (original.asset, (true, random.one_in(2)));
        let (now, taken) = (self.taken, original.taken);
        self.taken = taken; // it is as old as what was edited
        let content = self.grows(original.size / 2 + random.below(original.size) + 1);
        self.add(asset, (rendered, original.media), content, served, random);
        let content = self.grows(1_000 + random.below(20_000));
        self.add(asset, (Role::Adjustment, original.media), content, served, random);
        self.taken = now;
    }

    /// The user goes back to the original of what was edited last: the edit is gone.
    pub fn revert(&mut self) {
        let edited = self.originals.values().rev().find(|one| is_edit(one.role));
        let Some(asset) = edited.map(|one| one.asset) else { return };
        self.originals.retain(|_, one| one.asset != asset || !is_edit(one.role));
    }

    /// The user chooses albums and kinds.
    pub fn choose(&mut self, random: &mut Random) {
        self.choice = match random.below(4) {
            0 => Choice { without: i64::try_from(random.below(4)).ok(), only: None },
            1 => Choice { without: None, only: Some(Media::Photo) },
            2 => Choice { without: None, only: Some(Media::Video) },
            _ => Choice::default(),
        };
    }

    /// Whether the user wants it backed up.
    pub fn chooses(&self, original: &Original) -> bool {
        let Choice { without, only } = self.choice;
        without != Some(original.asset.0 % 4) && only.is_none_or(|only| only == original.media)
    }
}

fn is_edit(role: Role) -> bool {
    use Role::{Adjustment, EditedPairedVideo, EditedPhoto, EditedVideo};
    matches!(role, EditedPhoto | EditedVideo | EditedPairedVideo | Adjustment)
}
