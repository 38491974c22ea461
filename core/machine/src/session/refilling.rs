//! Which rows are asked of the catalog next: newest first, one in eight the oldest, and what a kill
//! left before all others.

use super::Session;
use super::recall::{Recall, waits};
use crate::effect::{Effect, RefillId, Want, WantClass};
use crate::event::Event;
use crate::machine::Desk;
use crate::media::{Locality, Media, ResourceId};
use crate::permit::Work;
use crate::resource::Resource;
use crate::row::{Position, Row};
use crate::stage::{Bytes, Stage};
use crate::status::{Tally, ToDo};
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How far the walk through the catalog is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // independent facts about one walk
pub(crate) struct Refilling {
    last: RefillId,
    /// The question that is not answered yet.
    asked: Option<Want>,
    /// What the catalog counted as permitted when it was asked. Its answer may be of a moment
    /// before what has been counted since.
    asked_at: Tally,
    /// Since it was asked something may have come that its answer does not have.
    overtaken: bool,
    below: Option<Position>,
    above: Option<Position>,
    /// The walk came to its end: nothing more is there for what is permitted.
    ended: bool,
    /// What the catalog counted as permitted when the walk ended without bringing anything.
    fruitless: Option<Tally>,
    /// Rows that were brought since the walk began at the top, less those that were let go of again
    /// because nothing can be done for them as things are.
    #[serde(default)]
    fruits: u32,
    /// What was let go of since then: one that backed off and is due would come again at once.
    #[serde(default)]
    let_go: BTreeSet<ResourceId>,
    /// What waits for a condition, and how much of it was brought since one last changed.
    #[serde(default)]
    recalling: Recall,
    /// One that is stored as waiting for a condition, which had come, was let go of: it is to be brought
    /// again, although no condition changes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    recall_again: bool,
    /// Something that backed off is due, and not brought yet.
    pressing: bool,
    /// What a kill left was asked for.
    left_over_asked: bool,
    /// What the OS was found to send, and was asked for.
    #[serde(default)]
    found_asked: BTreeSet<ResourceId>,
    /// When the next waiting row is due.
    pub next_due: Option<Elapsed>,
    /// The soonest of those that began to wait since the question: its answer may not know them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_since: Option<Elapsed>,
}

impl Refilling {
    /// The next question starts at the top again: something may have come that the walk has passed.
    pub(crate) fn restart(&mut self) {
        self.overtaken = self.asked.is_some();
        self.below = None;
        self.above = None;
        self.ended = false;
        self.fruitless = None;
        self.fruits = 0;
        self.let_go.clear();
        if std::mem::take(&mut self.recall_again) {
            self.recalling.begin();
        }
    }

    /// The same, and what waits for a condition comes too.
    pub(crate) fn recall(&mut self) {
        self.recalling.begin();
        self.pressing = true;
        self.restart();
    }

    /// A row backs off until `due`.
    pub(crate) fn due(&mut self, due: Elapsed) {
        self.next_due = soonest(self.next_due, Some(due));
        self.due_since = soonest(self.due_since, Some(due));
    }

    /// Whether an answer is awaited.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.is_some()
    }
}

/// So many are let go of in one walk.
const MOST_LET_GO: usize = 1_000;

fn soonest(a: Option<Elapsed>, b: Option<Elapsed>) -> Option<Elapsed> {
    a.into_iter().chain(b).min()
}

impl Session {
    /// Asks for rows if there is room for them and may be any.
    pub(super) fn ask_for_rows(&mut self, desk: &mut Desk<'_>) {
        if self.refilling.asked.is_some() || self.conditions.catalog_unwritable {
            return;
        }
        let id = RefillId(self.refilling.last.0 + 1);
        // Who is to run alone comes when nothing else is under way, and nothing comes beside what moves
        // meanwhile. What only waits keeps nobody from coming: it may wait for just that.
        if let Some(alone) = self.admissions.next_alone() {
            if self.slots.len() == 0 {
                self.ask(Want { exactly: vec![alone], ..Want::nothing(id) }, desk);
                return;
            }
            if self.slots.any_moves() {
                return;
            }
        }
        let classes = self.permitted_classes();
        if !self.refilling.left_over_asked {
            self.refilling.left_over_asked = true;
            let exactly = self.admissions.left_over();
            if !exactly.is_empty() {
                self.ask(Want { classes, exactly, ..Want::nothing(id) }, desk);
                return;
            }
        }
        // What the OS sends is under way, whatever is permitted now: who pauses takes it back.
        let found = self.transfers_found.iter().filter(|id| !self.slots.has(**id));
        let found: Vec<_> = found.filter(|id| !self.refilling.found_asked.contains(id)).collect();
        let exactly: Vec<_> = found.into_iter().copied().collect();
        if !exactly.is_empty() {
            self.refilling.found_asked.extend(&exactly);
            self.ask(Want { classes, exactly, ..Want::nothing(id) }, desk);
            return;
        }
        // A quarter of the room at least: few large questions instead of many small ones.
        let enough = (self.config.limits.under_way / 4).max(1);
        if classes.is_empty() {
            return;
        }
        if self.room() < enough && !self.refilling.ended {
            self.let_go_of_held_up((enough - self.room()) as usize, desk);
        }
        let (room, under_way) = (self.room(), self.slots.len() as u64);
        if room < enough {
            return;
        }
        if self.refilling.ended {
            let permitted = self.permitted_tally(&classes);
            let beyond = permitted.items > under_way;
            if !beyond || under_way > 0 || self.refilling.fruitless == Some(permitted) {
                return;
            }
            self.refilling.restart();
        }
        // One in eight over all admissions, however few there is room for at a time.
        let oldest = u32::try_from((self.fairness % 8 + u64::from(room)) / 8).unwrap_or(room / 8);
        let want = Want {
            id,
            recall: self.refilling.recalling.next(&classes),
            classes,
            newest: room - oldest,
            below: self.refilling.below,
            oldest,
            above: self.refilling.above,
            due: self.clock.elapsed(),
            exactly: Vec::new(),
            skip: self.slots.ids().chain(self.refilling.let_go.iter().copied()).collect(),
        };
        self.ask(want, desk);
    }

    /// How many more may be under way.
    fn room(&self) -> u32 {
        let under_way = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        self.config.limits.under_way.saturating_sub(under_way)
    }

    /// What may not go on, and of which nothing is in our hands, must not keep out what may: as many
    /// as that take their places are let go, the last to come first. They come again when their
    /// permit does. The smallest download stays: it says how much space is missing.
    ///
    /// The same goes for downloads that wait for room in staging, when what fills it backed off and
    /// is due.
    fn let_go_of_held_up(&mut self, most: usize, desk: &mut Desk<'_>) {
        let crowded =
            self.refilling.pressing && self.disk.stages_other_than(|id| self.slots.has(id));
        // By lanes: this is asked at every event, and mostly nothing is held up.
        let mut held_up: Vec<ResourceId> = Vec::new();
        for work in Work::ALL {
            for media in [Media::Photo, Media::Video] {
                if !self.permits.allow(work, media) || (crowded && work == Work::Download) {
                    held_up.extend(self.slots.wanting(work, media, 0).map(|(_, id)| id));
                }
            }
        }
        if self.config.vault.tickets {
            held_up.extend(self.slots.with_os());
        }
        if held_up.is_empty() {
            return;
        }
        let smallest = self.smallest_download(desk).map(|(id, ..)| id);
        let idle = |id: &ResourceId| {
            let in_library = |one: &Resource| one.stage().bytes() == Bytes::InLibrary;
            desk.resources.get(id).is_some_and(in_library)
                && Some(*id) != smallest
                && !self.at_least.contains_key(id)
        };
        held_up.retain(idle);
        held_up.sort_by(|a, b| self.slots.order(*b, *a));
        // (They are remembered: not without end.)
        let most = most.min(MOST_LET_GO.saturating_sub(self.refilling.let_go.len()));
        for id in held_up.into_iter().take(most) {
            // A walk that brings only such would bring them again, and again.
            self.refilling.fruits = self.refilling.fruits.saturating_sub(1);
            self.refilling.let_go.insert(id);
            let let_go = desk.resources.remove(&id);
            self.refilling.recall_again |= let_go.is_some_and(|one| waits(&one.item().row.stage));
            self.left(id);
        }
    }

    fn ask(&mut self, want: Want, desk: &mut Desk<'_>) {
        self.refilling.last = want.id;
        self.refilling.asked_at = self.permitted_tally(&want.classes);
        self.refilling.overtaken = false;
        desk.effects.push_back(Effect::Refill(want.clone()));
        self.refilling.due_since = None;
        self.refilling.asked = Some(want);
    }

    /// The catalog's answer.
    pub(super) fn refilled(&mut self, event: &Event, desk: &mut Desk<'_>) {
        let Event::Refilled { id, rows, next_due, more } = event else { return };
        let Some(want) = self.refilling.asked.take_if(|want| want.id == *id) else {
            Self::unexpected("Refilled", true, desk);
            return;
        };
        let walks = want.newest > 0 || want.oldest > 0;
        let overtaken = std::mem::take(&mut self.refilling.overtaken);
        if walks {
            self.refilling.next_due = soonest(*next_due, self.refilling.due_since.take());
        }
        if walks && !overtaken {
            self.note_walk(&want, rows);
            if want.recall.is_some() {
                self.refilling.recalling.brought(rows, want.newest.saturating_add(want.oldest));
            }
            self.refilling.pressing = false;
            self.refilling.ended = !more;
        }
        let mut admitted = 0;
        for row in rows {
            admitted += u32::from(self.admit(*row, desk));
        }
        // What is gone, rests or backs off is no suspect any more, and nobody waits for it.
        for id in want.exactly.iter().filter(|id| !self.slots.has(**id)) {
            self.admissions.forget(*id);
            if self.transfers_found.remove(id) {
                // The row has gone on without what the OS sends.
                desk.effects.push_back(Effect::CancelTransfer { resource: *id });
            }
        }
        if walks {
            self.refilling.fruits = self.refilling.fruits.saturating_add(admitted);
            if self.refilling.ended && self.refilling.fruits == 0 {
                self.refilling.fruitless = Some(self.refilling.asked_at);
            }
        }
        if admitted > 0 {
            self.fairness += rows.len() as u64;
            self.store_admissions(desk);
        }
    }

    /// Where the two walks stand after these rows: first come those that were asked for by name and
    /// those that were due, then the newest and the oldest.
    fn note_walk(&mut self, want: &Want, rows: &[Row]) {
        let walked = rows.iter().filter(|row| {
            !matches!(row.stage, Stage::Waiting(_)) && !want.exactly.contains(&row.id)
        });
        for (nth, row) in walked.enumerate() {
            if nth < want.newest as usize {
                self.refilling.below = Some(row.position());
            } else {
                self.refilling.above = Some(row.position());
            }
        }
    }

    /// The classes of rows for which there is something that may be done now.
    pub(super) fn permitted_classes(&self) -> Vec<WantClass> {
        let mut classes = Vec::new();
        for media in [Media::Photo, Media::Video] {
            for locality in [Locality::Local, Locality::Cloud, Locality::Unknown] {
                for digest_known in [false, true] {
                    if !self.is_permitted(ToDo { media, locality, digest_known }) {
                        continue;
                    }
                    let fetched = locality == Locality::Cloud && !digest_known;
                    let at_most = fetched.then(|| self.largest_download()).flatten();
                    classes.push(WantClass { media, locality, digest_known, at_most });
                }
            }
        }
        classes
    }

    /// Whether the first thing that such a row needs is permitted.
    pub(super) fn is_permitted(&self, to_do: ToDo) -> bool {
        let first = match to_do {
            ToDo { digest_known: true, .. } => Work::Check,
            ToDo { locality: Locality::Cloud, .. } => Work::Download,
            ToDo { .. } => Work::Checksum,
        };
        self.permits.allow(first, to_do.media)
    }

    fn permitted_tally(&self, classes: &[WantClass]) -> Tally {
        let mut sum = Tally::default();
        for (to_do, tally) in &self.counts.to_do {
            let ToDo { media, locality, digest_known } = *to_do;
            let takes = |class: &WantClass| {
                (class.media, class.locality, class.digest_known) == (media, locality, digest_known)
            };
            if classes.iter().any(takes) {
                sum.add(*tally);
            }
        }
        sum
    }

    /// The next waiting row is due: it is brought.
    pub(super) fn rows_are_due(&mut self) {
        self.refilling.next_due = None;
        self.refilling.pressing = true;
        self.refilling.restart();
    }
}

impl Want {
    /// Asks for nothing yet.
    fn nothing(id: RefillId) -> Want {
        Want {
            id,
            classes: Vec::new(),
            newest: 0,
            below: None,
            oldest: 0,
            above: None,
            due: Elapsed(0),
            recall: None,
            exactly: Vec::new(),
            skip: Vec::<ResourceId>::new(),
        }
    }
}
