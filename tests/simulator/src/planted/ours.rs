//! Bugs by those who wrote the simulator.

use super::{Bug, Mind, Place, every};
use keepsake_machine::effect::{Change, Effect, Part};
use keepsake_machine::event::{Answer, Event, Finding, LibraryAccess, Network, Power};
use keepsake_machine::stage::{Fault, Stage, Waiting, Why};
use keepsake_machine::time::Elapsed;

/// All of them.
pub const BUGS: [Bug; 26] = [
    Bug {
        name: "eviction-forgotten-when-gone",
        sentence: "what is deleted while it is staged stays in staging",
        place: Place::Effect(|effect, mind| match effect {
            Effect::Evict { resource } if !is_safe(mind, resource) => vec![],
            other => vec![other],
        }),
    },
    Bug {
        name: "eviction-forgotten-now-and-then",
        sentence: "every third staged original is not evicted",
        place: Place::Effect(|effect, mind| match effect {
            Effect::Evict { .. } if every(3, mind) => vec![],
            other => vec![other],
        }),
    },
    Bug {
        name: "eviction-before-the-upload",
        sentence: "a staged original is evicted when its upload begins",
        place: Place::Effect(|effect, _| match effect {
            Effect::Upload { id, .. } => vec![Effect::Evict { resource: id.resource }, effect],
            other => vec![other],
        }),
    },
    Bug {
        name: "reservation-too-small",
        sentence: "a download may land 64 MB more than was reserved",
        place: Place::Effect(|effect, _| match effect {
            Effect::Download { id, at_most } => {
                vec![Effect::Download { id, at_most: at_most.saturating_add(64_000_000) }]
            }
            other => vec![other],
        }),
    },
    Bug {
        name: "cancel-forgotten",
        sentence: "every fourth order to stop is not given",
        place: Place::Effect(|effect, mind| match effect {
            Effect::Cancel { .. } if every(4, mind) => vec![],
            other => vec![other],
        }),
    },
    Bug {
        name: "safe-before-it-is-verified",
        sentence: "what was sent is called safe before the vault showed it",
        place: Place::Effect(|effect, _| match effect {
            Effect::Persist {
                durable,
                change: Change::Stage { resource, stage: Stage::Verifying { .. } },
            } => {
                let change = Change::Stage { resource, stage: Stage::BackedUp };
                vec![Effect::Persist { durable, change }]
            }
            other => vec![other],
        }),
    },
    Bug {
        name: "another-ones-checksum",
        sentence: "a checksum is bound to the bytes of another file",
        place: Place::Effect(|effect, mind| match effect {
            Effect::Persist { durable, change: Change::Digest { resource, version, digest } } => {
                let other = mind.rows.values().find_map(|row| row.digest.filter(|d| *d != digest));
                let digest = if every(9, mind) { other.unwrap_or(digest) } else { digest };
                let change = Change::Digest { resource, version, digest };
                vec![Effect::Persist { durable, change }]
            }
            other => vec![other],
        }),
    },
    Bug {
        name: "quarantined-at-the-first-failure",
        sentence: "an item is given up on when it fails for the first time",
        place: Place::Effect(|effect, _| match effect {
            Effect::Persist {
                durable,
                change:
                    Change::Stage {
                        resource,
                        stage: Stage::Waiting(Waiting { why: Why::Failed(fault), .. }),
                    },
            } if fault != Fault::Unreadable && fault != Fault::OriginalMissing => {
                let change = Change::Stage { resource, stage: Stage::Quarantined(fault) };
                vec![Effect::Persist { durable, change }]
            }
            other => vec![other],
        }),
    },
    Bug {
        name: "waits-for-ever",
        sentence: "what failed and waits is never due",
        place: Place::Effect(|effect, _| match effect {
            Effect::Persist {
                durable,
                change: Change::Stage { resource, stage: Stage::Waiting(waiting) },
            } => {
                let stage = Stage::Waiting(Waiting { due: Elapsed(u64::MAX), ..waiting });
                vec![Effect::Persist { durable, change: Change::Stage { resource, stage } }]
            }
            other => vec![other],
        }),
    },
    Bug {
        name: "budget-in-memory-only",
        sentence: "the day's use of metered data is not stored",
        place: Place::Part(|part, _| match part {
            Part::Ledger(_) => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "pause-forgotten-at-the-start",
        sentence: "after a restart the user's pause is forgotten",
        place: Place::Part(|part, _| match part {
            Part::UserHold(_) => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "metered-network-not-noticed",
        sentence: "a network that costs by the byte is taken for one that does not",
        place: Place::Event(|event, _| match event {
            Event::NetworkChanged(network) => {
                Some(Event::NetworkChanged(Network { metered: false, ..network }))
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "offline-not-heard",
        sentence: "that the network went is not heard",
        place: Place::Event(|event, _| match event {
            Event::NetworkChanged(network) if !network.online => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "access-taken-not-heard",
        sentence: "that the permission for the library was taken away is not heard",
        place: Place::Event(|event, _| match event {
            Event::AccessChanged(LibraryAccess::Denied) => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "edit-not-heard",
        sentence: "an edit of what is under way is not heard",
        place: Place::Event(|event, _| match event {
            Event::VersionChanged { .. } => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "staging-left-not-heard",
        sentence: "that a row let go of its staged original is not heard",
        place: Place::Event(|event, _| match event {
            Event::StagingLeft { .. } => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "hit-taken-for-a-miss",
        sentence: "what the vault has already is sent all the same",
        place: Place::Event(|event, _| match event {
            Event::Answered { id, answer: Answer::Found(Finding::Hit) } => {
                Some(Event::Answered { id, answer: Answer::Found(Finding::Miss) })
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "landed-and-forgotten",
        sentence: "every fifth download that landed is taken for a failed one",
        place: Place::Event(|event, mind| match event {
            Event::Answered { id, answer: Answer::Downloaded(_) } if every(5, mind) => {
                let answer = Answer::Failed { fault: Fault::DownloadFailed, wasted: 0 };
                Some(Event::Answered { id, answer })
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "proposed-without-a-look",
        sentence: "candidates for freeing are proposed without asking the vault",
        place: Place::Event(|event, mind| match event {
            Event::FreeUpConfirmed { id, .. } => {
                let assets = mind.rows.values().map(|row| row.asset).collect();
                Some(Event::FreeUpConfirmed { id, assets })
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "counters-a-step-behind",
        sentence: "every second change of the counters is missed",
        place: Place::Event(|event, mind| match event {
            Event::Counted(_) if every(2, mind) => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "last-row-of-a-refill-lost",
        sentence: "of every refill the last row is lost, and nothing is said to be left",
        place: Place::Event(|event, _| match event {
            Event::Refilled { id, mut rows, next_due, .. } => {
                rows.pop();
                Some(Event::Refilled { id, rows, next_due, more: false })
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "sent-taken-for-stopped",
        sentence: "every second time, what was sent is taken for stopped",
        place: Place::Event(|event, mind| match event {
            Event::Answered { id, answer: Answer::Put(_) } if !every(2, mind) => {
                Some(Event::Answered { id, answer: Answer::Stopped })
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "transfer-found-not-heard",
        sentence: "what the OS still has at a start is not heard",
        place: Place::Event(|event, _| match event {
            Event::TransferFound { .. } => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "charger-always",
        sentence: "charger and battery always look full",
        place: Place::Event(|event, _| match event {
            Event::PowerChanged(power) => {
                Some(Event::PowerChanged(Power { charging: true, battery: 100, ..power }))
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "disk-half",
        sentence: "half of the free space is not seen",
        place: Place::Event(|event, _| match event {
            Event::DiskRead { asked, available, total } => {
                Some(Event::DiskRead { asked, available: available / 2, total })
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "reserved-off-by-one",
        sentence: "a download may land one byte more than was reserved",
        place: Place::Effect(|effect, _| match effect {
            Effect::Download { id, at_most } => {
                vec![Effect::Download { id, at_most: at_most.saturating_add(1) }]
            }
            other => vec![other],
        }),
    },
];

fn is_safe(mind: &Mind<'_>, resource: keepsake_machine::media::ResourceId) -> bool {
    mind.rows.get(&resource).is_some_and(|row| row.stage.is_safe())
}
