//! Bringing back what waits for a condition: no time brings such rows back, so whenever a condition
//! may have come, all of them are looked through once more.
//!
//! They are walked by id, a question's room at a time. One that goes on waiting lies behind the walk
//! and does not come round again. What was not permitted meanwhile, or not beyond a size, was not
//! looked at: it is owed, and comes when it is permitted.

use crate::effect::WantClass;
use crate::media::{Locality, Media, ResourceId};
use crate::row::Row;
use crate::stage::Stage;
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};

/// One kind of rows that are looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Kind {
    media: Media,
    locality: Locality,
    digest_known: bool,
    /// Only those up to a size.
    limited: bool,
}

impl Kind {
    fn of(class: &WantClass) -> Kind {
        let WantClass { media, locality, digest_known, at_most } = *class;
        Kind { media, locality, digest_known, limited: at_most.is_some() }
    }

    /// Whether looking through these has shown all of `other`.
    fn covers(self, other: Kind) -> bool {
        self == other || Kind { limited: true, ..self } == other
    }
}

/// How far the look through what waits for a condition is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Recall {
    /// These were looked through since a condition last changed.
    done: Vec<Kind>,
    /// These are being looked through.
    walked: Vec<Kind>,
    /// Up to this id.
    beyond: Option<ResourceId>,
}

impl Recall {
    /// A condition may have come: everything is looked through anew.
    pub(crate) fn begin(&mut self) {
        *self = Recall::default();
    }

    /// Where to go on, for [`crate::effect::Want::recall`]; `None` where nothing is owed.
    pub(crate) fn next(&mut self, classes: &[WantClass]) -> Option<ResourceId> {
        let asked: Vec<Kind> = classes.iter().map(Kind::of).collect();
        let looked_through = |kind: &Kind| self.done.iter().any(|done| done.covers(*kind));
        if asked.iter().all(looked_through) {
            return None;
        }
        if self.walked != asked {
            self.walked = asked;
            self.beyond = None;
        }
        Some(self.beyond.unwrap_or(ResourceId(i64::MIN)))
    }

    /// What came in answer to [`Recall::next`], where at most so many rows were to come that wait.
    pub(crate) fn brought(&mut self, rows: &[Row], most: u32) {
        let last = rows.iter().filter(|row| waits(&row.stage)).map(|row| row.id).max();
        self.beyond = self.beyond.max(last);
        let waiting = rows.iter().filter(|row| matches!(row.stage, Stage::Waiting(_)));
        if waiting.count() < most as usize {
            let walked = std::mem::take(&mut self.walked);
            self.done.retain(|done| !walked.iter().any(|kind| kind.covers(*done)));
            self.done.extend(walked);
            self.beyond = None;
        }
    }
}

/// Whether it waits for a condition, and not for a time.
pub(crate) fn waits(stage: &Stage) -> bool {
    matches!(stage, Stage::Waiting(waiting) if waiting.due == Elapsed(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Access, AssetId, Role, Size, Version};
    use crate::stage::{Bytes, Waiting, Why};

    fn class(media: Media, at_most: Option<u64>) -> WantClass {
        WantClass { media, locality: Locality::Cloud, digest_known: false, at_most }
    }

    fn row(id: i64, stage: Stage) -> Row {
        Row {
            id: ResourceId(id),
            asset: AssetId(id),
            role: Role::Photo,
            media: Media::Photo,
            locality: Locality::Cloud,
            access: Access::Poured,
            size: Size::Exact(1),
            version: Version(1),
            taken: 0,
            stage,
            digest: None,
        }
    }

    fn waiting(due: u64) -> Stage {
        let (why, bytes) = (Why::NeedsMoreSpace, Bytes::InLibrary);
        Stage::Waiting(Waiting { due: Elapsed(due), attempt: 0, wasted: 0, why, bytes })
    }

    fn needs(id: i64) -> Row {
        row(id, waiting(u64::MAX))
    }

    const START: Option<ResourceId> = Some(ResourceId(i64::MIN));

    #[test]
    fn it_goes_on_by_id_until_fewer_came_than_might_have() {
        let photos = [class(Media::Photo, None)];
        let mut recall = Recall::default();
        assert_eq!(recall.next(&photos), START);
        recall.brought(&[needs(7), needs(9)], 2);
        assert_eq!(recall.next(&photos), Some(ResourceId(9)));
        // What was due came first, and has another order.
        recall.brought(&[row(50, waiting(3)), row(60, Stage::Discovered)], 1);
        assert_eq!(recall.next(&photos), Some(ResourceId(9)));
        recall.brought(
            &[row(50, waiting(3)), row(60, Stage::Discovered), row(61, Stage::Discovered)],
            2,
        );
        assert_eq!(recall.next(&photos), None);
        recall.begin();
        assert_eq!(recall.next(&photos), START);
    }

    #[test]
    fn another_kind_of_rows_is_owed_and_one_that_was_looked_through_is_not() {
        let (photos, videos) = (class(Media::Photo, None), class(Media::Video, None));
        let mut recall = Recall::default();
        recall.next(&[photos]);
        recall.brought(&[needs(7)], 2);
        assert_eq!(recall.next(&[photos]), None);
        assert_eq!(recall.next(&[photos, videos]), START);
        recall.brought(&[needs(7), needs(8)], 2);
        assert_eq!(recall.next(&[videos]), START, "another walk: of these none was brought");
        recall.brought(&[], 2);
        assert_eq!(recall.next(&[photos, videos]), None);
    }

    #[test]
    fn what_was_too_large_is_owed_until_there_is_no_limit() {
        let mut recall = Recall::default();
        let limited = |at_most| [class(Media::Photo, Some(at_most))];
        let all = [class(Media::Photo, None)];
        assert_eq!(recall.next(&limited(5)), START);
        recall.brought(&[], 2);
        assert_eq!(recall.next(&limited(6)), None, "not at every byte");
        assert_eq!(recall.next(&all), START);
        recall.brought(&[], 2);
        assert_eq!((recall.next(&all), recall.next(&limited(5))), (None, None));
        assert_eq!(recall.done.len(), 1, "nothing is remembered twice");
    }
}
