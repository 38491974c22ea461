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

/// What a backup of a whole library came to.
struct Cost {
    events: u64,
    allocations: u64,
    /// The most bytes that the machine, and what waits for it, held at once.
    most: i64,
}

/// A library of so many photos is made safe.
fn backed_up(photos: i64) -> Cost {
    let limits = Limits { under_way: 512, downloads: 4, checksums: 128, checks: 256, uploads: 256 };
    let vault = Vault { tee: true, ..Vault::default() };
    let mut machine =
        Machine::new(Config { limits, vault, ..Config::default() }, Vec::<Part>::new());
    let mut now = Now { boot: 1, uptime: 1, wall: 0, utc_offset: 0 };
    let mut events = VecDeque::from([Event::Started { run: Run(1) }, Event::TransfersReported]);
    let mut cost = Cost { events: 0, allocations: 0, most: 0 };
    let (mut left, mut safe, mut held) = (photos, 0, 0);
    let mut drained = Vec::with_capacity(4_096);
    while let Some(event) = events.pop_front() {
        now.uptime += 1;
        cost.events += 1;
        let counted = allocation_counter::measure(|| {
            machine.handle(event, now);
            drained.extend(std::iter::from_fn(|| machine.poll_effect()));
        });
        cost.allocations += counted.count_total;
        let answered = allocation_counter::measure(|| {
            for effect in drained.drain(..) {
                safe += i64::from(matches!(
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
        });
        held += counted.bytes_current + answered.bytes_current;
        cost.most = cost.most.max(held);
    }
    assert_eq!(safe, photos, "the run was a whole one");
    cost
}

#[test]
fn an_event_costs_few_allocations() {
    let Cost { events, allocations, .. } = backed_up(4_000);
    let hundredths = allocations * 100 / events;
    println!("{allocations} allocations for {events} events: {hundredths} for a hundred");
    assert!(hundredths <= MOST, "{hundredths} allocations for a hundred events");
}

/// Allocations that a hundred events may cost.
const MOST: u64 = 150;

/// Minutes without optimisation: `./test simulator` runs it with.
#[test]
#[ignore = "a million photos: ./test simulator"]
fn a_library_of_a_million_takes_no_more_memory() {
    let [small, large] = [2_000, 1_000_000].map(|photos| backed_up(photos).most);
    println!("{small} B for 2,000 photos, {large} B for 1,000,000");
    assert!(large <= small + small / 20, "{large} B instead of {small} B");
}

#[test]
fn a_library_ten_times_as_large_takes_no_more_memory() {
    let [small, large] = [2_000, 20_000].map(|photos| backed_up(photos).most);
    println!("{small} B for 2,000 photos, {large} B for 20,000");
    assert!(large <= small + small / 20, "{large} B instead of {small} B");
}
