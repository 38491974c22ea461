//! Who wants which kind of work, who does it, and in which order they came.

use crate::media::{Media, ResourceId};
use crate::permit::Work;
use crate::resource::Posture;
use crate::settings::Limits;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A place in the order of admissions.
pub(crate) type Turn = u64;

/// The resources under way, by what they want and do. Every question is answered in O(log n).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Slots {
    next: Turn,
    places: BTreeMap<ResourceId, Place>,
    #[serde(with = "crate::status::pairs")]
    wanting: BTreeMap<(Work, Media), BTreeMap<Turn, ResourceId>>,
    #[serde(with = "crate::status::pairs")]
    running: BTreeMap<Work, u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Place {
    turn: Turn,
    media: Media,
    posture: Posture,
}

impl Slots {
    /// A resource was admitted, behind all others.
    pub(crate) fn admit(&mut self, id: ResourceId, media: Media, posture: Posture) {
        let turn = self.next;
        self.next += 1;
        self.places.insert(id, Place { turn, media, posture: Posture::Over });
        self.moved(id, posture);
    }

    /// Its posture changed. Says which it had.
    pub(crate) fn moved(&mut self, id: ResourceId, posture: Posture) -> Posture {
        let Some(place) = self.places.get_mut(&id) else { return Posture::Over };
        let before = place.posture;
        if before == posture {
            return before;
        }
        place.posture = posture;
        let place = *place;
        match before {
            Posture::Wants(work) => {
                if let Some(lane) = self.wanting.get_mut(&(work, place.media)) {
                    lane.remove(&place.turn);
                }
            }
            Posture::Runs(work) => *self.running.entry(work).or_default() -= 1,
            Posture::WithOs | Posture::Drains | Posture::Over => {}
        }
        match posture {
            Posture::Wants(work) => {
                self.wanting.entry((work, place.media)).or_default().insert(place.turn, id);
            }
            Posture::Runs(work) => *self.running.entry(work).or_default() += 1,
            Posture::WithOs | Posture::Drains => {}
            Posture::Over => {
                self.places.remove(&id);
            }
        }
        before
    }

    /// Whether anything is being done for any of them by us, or is dying.
    pub(crate) fn any_moves(&self) -> bool {
        let moves = |place: &Place| matches!(place.posture, Posture::Runs(_) | Posture::Drains);
        self.places.values().any(moves)
    }

    /// Those that want `work` on `media`, longest under way first, from `turn` on.
    pub(crate) fn wanting(
        &self,
        work: Work,
        media: Media,
        from: Turn,
    ) -> impl Iterator<Item = (Turn, ResourceId)> {
        let lane = self.wanting.get(&(work, media));
        lane.into_iter().flat_map(move |lane| lane.range(from..).map(|(turn, id)| (*turn, *id)))
    }

    /// Which of two was admitted first.
    pub(crate) fn order(&self, a: ResourceId, b: ResourceId) -> Ordering {
        let turn = |id| self.places.get(&id).map(|place| place.turn);
        turn(a).cmp(&turn(b))
    }

    /// Whether one more may do `work`.
    pub(crate) fn has_room(&self, work: Work, limits: &Limits) -> bool {
        let running = |work| self.running.get(&work).copied().unwrap_or_default();
        match work {
            Work::Download => running(work) < limits.downloads,
            Work::Checksum => running(work) < limits.checksums,
            Work::Check => running(work) < limits.checks,
            Work::Upload | Work::UploadStaged => {
                running(Work::Upload) + running(Work::UploadStaged) < limits.uploads
            }
        }
    }

    /// Those that do something that can be stopped, with what and on what.
    pub(crate) fn at_work(&self) -> impl Iterator<Item = (ResourceId, Work, Media)> {
        self.places.iter().filter_map(|(id, place)| match place.posture {
            Posture::Runs(work) => Some((*id, work, place.media)),
            _ => None,
        })
    }

    /// Whether any wants `work`.
    pub(crate) fn wants(&self, work: Work) -> bool {
        self.wanting.iter().any(|((wanted, _), lane)| *wanted == work && !lane.is_empty())
    }

    /// Those that the OS goes on with.
    pub(crate) fn with_os(&self) -> impl Iterator<Item = ResourceId> {
        let with_os = |place: &Place| place.posture == Posture::WithOs;
        self.places.iter().filter(move |(_, place)| with_os(place)).map(|(id, _)| *id)
    }

    /// Whether anything of ours is being done, or dying.
    pub(crate) fn is_busy(&self) -> bool {
        self.running.values().any(|count| *count > 0)
            || self.places.values().any(|place| place.posture == Posture::Drains)
    }

    /// Whether nobody does `work`.
    pub(crate) fn is_idle(&self, work: Work) -> bool {
        self.running.get(&work).is_none_or(|count| *count == 0)
    }

    /// How many are under way.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// All that are under way.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ResourceId> {
        self.places.keys().copied()
    }

    /// Whether it is under way.
    pub(crate) fn has(&self, id: ResourceId) -> bool {
        self.places.contains_key(&id)
    }
}
