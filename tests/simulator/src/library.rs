//! The photo library: what is in it, where the bytes are, and what a user does to it.

use crate::camera::Choice;
use crate::plan::MB;
use keepsake_machine::media::{
    Access, AssetId, Digest, Locality, Media, ResourceId, Role, Size, SizeClass, Version,
};
use keepsake_machine::row::Row;
use keepsake_machine::stage::{Fault, Stage};
use keepsake_tests::random::Random;
use std::collections::BTreeMap;

/// One file of an asset.
#[derive(Debug, Clone)]
pub struct Original {
    /// The catalog's id.
    pub id: ResourceId,
    /// The asset that it belongs to.
    pub asset: AssetId,
    /// What it is to the asset.
    pub role: Role,
    /// What the asset is.
    pub media: Media,
    /// How the platform serves it.
    pub access: Access,
    /// Which bytes: two with the same content are equal.
    pub content: u64,
    /// How many.
    pub size: u64,
    /// The platform's fingerprint: another one after an edit.
    pub version: u64,
    /// Whether its bytes are on the phone; if not, they are in the cloud.
    pub on_phone: bool,
    /// Whether the platform tells where it is.
    pub told: bool,
    /// What the platform tells instead of its size.
    pub hint: Option<(SizeClass, u64)>,
    /// When it was taken.
    pub taken: i64,
    /// It was taken back out of Recently Deleted.
    pub recovered: bool,
    /// What goes wrong whenever its bytes are asked for.
    pub broken: Option<Fault>,
}

impl Original {
    /// The checksum of its bytes now.
    pub fn digest(&self) -> Digest {
        digest(self.content, self.size)
    }

    /// As a scan finds it.
    pub fn row(&self) -> Row {
        let locality = match (self.told, self.on_phone) {
            (false, _) => Locality::Unknown,
            (true, true) => Locality::Local,
            (true, false) => Locality::Cloud,
        };
        Row {
            id: self.id,
            asset: self.asset,
            role: self.role,
            media: self.media,
            locality,
            access: self.access,
            size: match self.hint {
                Some((class, measure)) => Size::Hinted { class, measure },
                None => Size::Exact(self.size),
            },
            version: Version(self.version),
            taken: self.taken,
            stage: Stage::Discovered,
            digest: None,
        }
    }
}

/// Pixels of a still, milliseconds of a video that has this many bytes: 0.2 to 0.6 bytes a pixel,
/// 1 to 2.5 of a RAW; 1 to 3 kB a millisecond.
fn measure(class: SizeClass, size: u64, random: &mut Random) -> u64 {
    match class {
        SizeClass::Video => size / (1_000 + random.below(2_000)),
        SizeClass::Raw => size * 10 / (10 + random.below(15)),
        _ => size * 10 / (2 + random.below(5)),
    }
}

/// The checksum of content number `content`.
pub fn digest(content: u64, size: u64) -> Digest {
    let mut sha256 = [0; 32];
    sha256[..8].copy_from_slice(&content.to_be_bytes());
    Digest { sha256, md5: None, size }
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Library {
    /// What is visible.
    pub originals: BTreeMap<ResourceId, Original>,
    /// Whether the cloud has everything, and the phone may let go of bytes ("Optimise iPhone
    /// Storage").
    pub optimised: bool,
    /// Recently Deleted: what was on the phone is still on its disk.
    pub trash: Vec<Original>,
    /// What the user wants backed up.
    pub choice: Choice,
    /// The size of each content.
    sizes: Vec<u64>,
    /// The bytes of every version that there ever was.
    pub history: BTreeMap<(ResourceId, u64), Digest>,
    next: i64,
    pub(crate) assets: i64,
    pub(crate) taken: i64,
}

impl Library {
    /// One as `random` draws it: 3 to 30 assets.
    pub fn drawn(random: &mut Random, optimised: bool) -> Library {
        let mut library = Library {
            originals: BTreeMap::new(),
            optimised,
            trash: Vec::new(),
            choice: Choice::default(),
            sizes: Vec::new(),
            history: BTreeMap::new(),
            next: 0,
            assets: 0,
            taken: 0,
        };
        for _ in 0..3 + random.below(28) {
            library.shoot(random);
        }
        for original in library.originals.values_mut() {
            original.on_phone = !optimised || random.one_in(3);
            if random.one_in(20) {
                let faults = [Fault::Unreadable, Fault::OriginalMissing];
                original.broken = Some(faults[usize::try_from(random.below(2)).unwrap_or(0)]);
            }
        }
        library
    }

    /// One of `bytes` in all, in `assets` assets, as large to each other as usual.
    pub fn of(bytes: u64, assets: u64, random: &mut Random) -> Library {
        let mut library = Library::drawn(random, false);
        (library.originals, library.history) = (BTreeMap::new(), BTreeMap::new());
        for _ in 0..assets {
            library.shoot(random);
        }
        let drawn = library.bytes().max(1);
        let scaled = |size: u64| {
            let scaled = u128::from(size) * u128::from(bytes) / u128::from(drawn);
            u64::try_from(scaled).unwrap_or(u64::MAX).max(1)
        };
        for size in &mut library.sizes {
            *size = scaled(*size);
        }
        for original in library.originals.values_mut() {
            original.size = scaled(original.size);
            (original.hint, original.told) = (None, true);
            library.history.insert((original.id, original.version), original.digest());
        }
        library
    }

    /// The user takes a picture of about `size` bytes.
    pub fn shoot_like(&mut self, size: u64, random: &mut Random) {
        self.next += 1;
        self.assets += 1;
        self.taken += 60_000;
        let id = ResourceId(self.next);
        let content = self.sizes.len() as u64;
        let size = size / 2 + random.below(size.max(1));
        self.sizes.push(size);
        self.history.insert((id, 1), digest(content, size));
        self.originals.insert(
            id,
            Original {
                id,
                asset: AssetId(self.assets),
                role: Role::Photo,
                media: Media::Photo,
                access: Access::Poured,
                content,
                size,
                version: 1,
                on_phone: true,
                told: true,
                hint: None,
                taken: self.taken,
                recovered: false,
                broken: None,
            },
        );
    }

    /// Of the newest, `bytes` are on the phone; the others are only in the cloud.
    pub fn keep_on_phone(&mut self, bytes: u64) {
        let mut left = bytes;
        for original in self.originals.values_mut().rev() {
            original.on_phone = original.size <= left;
            left = left.saturating_sub(original.size);
        }
    }

    /// The user takes a picture: a still, a video, a Live Photo or a RAW with its JPEG.
    pub fn shoot(&mut self, random: &mut Random) {
        self.assets += 1;
        self.taken += 1_000 + i64::try_from(random.below(86_400_000)).unwrap_or(0);
        let roles: &[Role] = match random.below(6) {
            0 => &[Role::Video],
            1 => &[Role::Photo, Role::PairedVideo],
            2 => &[Role::Photo, Role::AlternatePhoto],
            _ => &[Role::Photo],
        };
        let (told, poured) = (!random.one_in(3), random.one_in(2));
        for role in roles {
            let (low, high) = match role {
                Role::Video => (20, 400),
                Role::AlternatePhoto => (20, 60),
                _ => (1, 8),
            };
            // Some photos lie in the library twice.
            let stills = self.originals.values().filter(|one| one.role == Role::Photo);
            let stills: Vec<u64> = stills.map(|one| one.content).collect();
            let again = (*role == Role::Photo && !stills.is_empty() && random.one_in(8))
                .then(|| stills[usize::try_from(random.below(stills.len() as u64)).unwrap_or(0)]);
            let content =
                again.unwrap_or_else(|| self.grows(low * MB + random.below((high - low) * MB)));
            let media = if *role == Role::Video { Media::Video } else { Media::Photo };
            self.add(AssetId(self.assets), (*role, media), content, (told, poured), random);
        }
    }

    /// Other bytes than there were: so many.
    pub(crate) fn grows(&mut self, size: u64) -> u64 {
        self.sizes.push(size);
        self.sizes.len() as u64 - 1
    }

    /// One more file. `served`: whether the platform tells where it is, and whether it pours it.
    pub(crate) fn add(
        &mut self,
        asset: AssetId,
        (role, media): (Role, Media),
        content: u64,
        (told, poured): (bool, bool),
        random: &mut Random,
    ) {
        let size = self.size(content);
        let class = match (media, role) {
            (Media::Video, _) => SizeClass::Video,
            (_, Role::AlternatePhoto) => SizeClass::Raw,
            _ => SizeClass::Heif,
        };
        let hint = (!told).then(|| (class, measure(class, size, random)));
        let back = |one: &Original| one.asset == asset && one.recovered;
        let recovered = self.originals.values().any(back);
        self.next += 1;
        let id = ResourceId(self.next);
        self.history.insert((id, 1), digest(content, size));
        self.originals.insert(
            id,
            Original {
                id,
                asset,
                role,
                media,
                access: if poured { Access::Poured } else { Access::Seekable },
                content,
                size,
                version: 1,
                on_phone: true,
                told,
                hint,
                taken: self.taken,
                recovered,
                broken: None,
            },
        );
    }

    /// The user edits a picture: other bytes, another version.
    pub fn edit(&mut self, id: ResourceId, random: &mut Random) {
        let content = self.sizes.len() as u64;
        let Some(original) = self.originals.get_mut(&id) else { return };
        let size = (original.size / 2).max(1) + random.below(original.size.max(1));
        original.content = content;
        original.size = size;
        original.version += 1;
        original.on_phone = true;
        self.history.insert((id, original.version), original.digest());
        self.sizes.push(size);
    }

    /// The user deletes an asset, with all its files: into Recently Deleted.
    pub fn delete(&mut self, asset: AssetId) {
        let doomed = self.originals.extract_if(.., |_, original| original.asset == asset);
        self.trash.extend(doomed.map(|(_, one)| one));
    }

    /// The user takes everything back out of Recently Deleted. Says whether there was anything.
    pub fn recover(&mut self) -> bool {
        let trash = std::mem::take(&mut self.trash);
        let any = !trash.is_empty();
        let back = |one: Original| (one.id, Original { recovered: true, ..one });
        self.originals.extend(trash.into_iter().map(back));
        any
    }

    /// One of them, as `random` picks it.
    pub fn any(&self, random: &mut Random) -> Option<ResourceId> {
        let nth = usize::try_from(random.below(self.originals.len() as u64)).unwrap_or(0);
        self.originals.keys().nth(nth).copied()
    }

    fn size(&self, content: u64) -> u64 {
        usize::try_from(content).ok().and_then(|at| self.sizes.get(at)).copied().unwrap_or(0)
    }

    /// Bytes of everything.
    pub fn bytes(&self) -> u64 {
        self.originals.values().map(|original| original.size).sum()
    }

    /// Bytes on the phone's disk.
    pub fn on_phone(&self) -> u64 {
        let there = self.originals.values().chain(&self.trash).filter(|original| original.on_phone);
        there.map(|original| original.size).sum()
    }

    /// Bytes of the largest.
    pub fn largest(&self) -> u64 {
        self.originals.values().map(|original| original.size).max().unwrap_or(0)
    }

    /// The OS lets go of originals that the cloud has, until `wanted` bytes are given back; says how
    /// many were.
    pub fn optimise(&mut self, wanted: u64) -> u64 {
        let mut given = 0;
        for original in self.originals.values_mut().filter(|_| self.optimised) {
            if given >= wanted {
                break;
            }
            if std::mem::take(&mut original.on_phone) {
                given += original.size;
            }
        }
        given
    }
}
