//! What one event costs: heap allocations, counted, since noise cannot touch them. (A file of its
//! own: the counting allocator counts its whole process.)

use keepsake_machine::effect::{Effect, Part};
use keepsake_machine::event::{Answer, Event, Finding, PutOutcome};
use keepsake_machine::media::{
    Access, AssetId, Digest, Locality, Media, ResourceId, Role, Run, Size, Version,
};
use keepsake_machine::row::Row;
use keepsake_machine::settings::{Config, Limits, Vault};
use keepsake_machine::stage::Stage;
use keepsake_machine::status::Counts;
use keepsake_machine::{Machine, Now};
use std::collections::VecDeque;

const PHOTOS: i64 = 4_000;

fn row(id: i64) -> Row {
    Row {
        id: ResourceId(id),
        asset: AssetId(id),
        role: Role::Photo,
        media: Media::Photo,
        locality: Locality::Local,
        access: Access::Seekable,
        size: Size::Exact(4_096),
        version: Version(1),
        taken: id,
        stage: Stage::Discovered,
        digest: None,
    }
}

fn answer(effect: &Effect, left: &mut i64) -> Option<Event> {
    let (id, answer) = match effect {
        Effect::Checksum { id, .. } => {
            let mut sha256 = [0; 32];
            sha256[..8].copy_from_slice(&id.resource.0.to_le_bytes());
            let digest = Digest { sha256, md5: None, size: 4_096 };
            (*id, Answer::Checksummed { digest, teed: true })
        }
        Effect::Find { id, .. } => (*id, Answer::Found(Finding::Miss)),
        Effect::Upload { id, .. } => (*id, Answer::Put(PutOutcome::Sent)),
        Effect::Verify { id, .. } => (*id, Answer::Confirmed),
        Effect::Refill(want) => {
            let many = i64::from(want.newest + want.oldest).min(*left);
            let rows = (0..many).map(|nth| row(*left - nth)).collect();
            *left -= many;
            let more = *left > 0;
            return Some(Event::Refilled { id: want.id, rows, next_due: None, more });
        }
        Effect::Scan => return Some(Event::ScanFinished { changed: true }),
        _ => return None,
    };
    Some(Event::Answered { id, answer })
}

#[test]
fn an_event_costs_few_allocations() {
    let limits = Limits { under_way: 512, downloads: 4, checksums: 128, checks: 256, uploads: 256 };
    let vault = Vault { tee: true, ..Vault::default() };
    let mut machine =
        Machine::new(Config { limits, vault, ..Config::default() }, Vec::<Part>::new());
    let mut now = Now { boot: 1, uptime: 1, wall: 0, utc_offset: 0 };
    let mut events = VecDeque::from([Event::Started { run: Run(1) }, Event::TransfersReported]);
    let (mut left, mut handled, mut allocated, mut safe) = (PHOTOS, 0_u64, 0_u64, 0);
    let mut drained = Vec::with_capacity(4_096);
    while let Some(event) = events.pop_front() {
        now.uptime += 1;
        handled += 1;
        let counted = allocation_counter::measure(|| {
            machine.handle(event, now);
            drained.extend(std::iter::from_fn(|| machine.poll_effect()));
        });
        allocated += counted.count_total;
        for effect in drained.drain(..) {
            safe += u64::from(matches!(
                effect,
                Effect::Persist {
                    change: keepsake_machine::Change::Stage { stage: Stage::BackedUp, .. },
                    ..
                }
            ));
            events.extend(answer(&effect, &mut left));
        }
        if events.is_empty() && left > 0 {
            events.push_back(Event::Counted(Counts::default()));
        }
    }
    assert_eq!(safe, u64::try_from(PHOTOS).unwrap(), "the run was a whole one");
    let hundredths = allocated * 100 / handled;
    println!("{allocated} allocations for {handled} events: {hundredths} for a hundred");
    assert!(hundredths <= MOST, "{hundredths} allocations for a hundred events");
}

/// Allocations that a hundred events may cost.
const MOST: u64 = 150;
