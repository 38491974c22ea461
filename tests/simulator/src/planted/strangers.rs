//! Bugs by somebody who had not read the simulator: only the machine's events, effects and parts.

use super::{Bug, Place};
use keepsake_machine::effect::{Change, Effect, Part, Proposal};
use keepsake_machine::event::{Answer, Candidate, Event, Trouble};
use keepsake_machine::media::Run;
use keepsake_machine::session::admissions::Admitted;
use keepsake_machine::stage::{Bytes, Fault, Stage, Waiting, Why};
use keepsake_machine::time::Elapsed;

/// All of them.
pub const BUGS: [Bug; 29] = [
    Bug {
        name: "not-confirmed-taken-for-confirmed",
        sentence: "what the vault does not show is called safe all the same",
        place: Place::Event(|event, _| match event {
            Event::Answered { id, answer: Answer::NotConfirmed } => {
                Some(Event::Answered { id, answer: Answer::Confirmed })
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "changed-taken-for-stopped",
        sentence: "what changed while it was read is read again at once, without a scan",
        place: Place::Event(|event, _| match event {
            Event::Answered { id, answer: Answer::Changed } => {
                Some(Event::Answered { id, answer: Answer::Stopped })
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "stop-not-heard-while-paused",
        sentence: "that something stopped is not heard while the user pauses",
        place: Place::Event(|event, mind| match event {
            Event::UserPaused => {
                *mind.count = 1;
                Some(event)
            }
            Event::UserResumed => {
                *mind.count = 0;
                Some(event)
            }
            Event::Answered { answer: Answer::Stopped, .. } if *mind.count == 1 => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "full-vault-blamed-on-the-photo",
        sentence: "that the vault has no room counts as a failure of the item that found it out",
        place: Place::Event(|event, _| match event {
            Event::Answered { id, answer: Answer::Held(Trouble::VaultFull { .. }) } => {
                let answer = Answer::Failed { fault: Fault::UploadFailed, wasted: 0 };
                Some(Event::Answered { id, answer })
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "moved-bytes-not-heard",
        sentence: "what a transfer moved before it was stopped is not counted",
        place: Place::Event(|event, _| match event {
            Event::Progressed { .. } => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "every-run-is-the-first",
        sentence: "every run takes itself for the first, and uses its ids again",
        place: Place::Event(|event, _| match event {
            Event::Started { .. } => Some(Event::Started { run: Run(1) }),
            other => Some(other),
        }),
    },
    Bug {
        name: "scan-without-news-never-ends",
        sentence: "the end of a scan that found nothing new is not heard",
        place: Place::Event(|event, _| match event {
            Event::ScanFinished { changed: false } => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "purgeable-space-counted-as-free",
        sentence: "a tenth of the volume is taken to be free besides what is",
        place: Place::Event(|event, _| match event {
            Event::DiskRead { asked, available, total } => {
                let available = available.saturating_add(total / 10).min(total);
                Some(Event::DiskRead { asked, available, total })
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "all-that-was-proposed-is-gone",
        sentence: "whatever the user answered, all that was proposed is taken for deleted",
        place: Place::Event(|event, mind| match event {
            Event::FreeUpAnswered { id, .. } => {
                let deleted = mind.rows.values().map(|row| row.asset).collect();
                Some(Event::FreeUpAnswered { id, deleted })
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "raise-not-given",
        sentence: "a download that waits for a larger limit is never given one",
        place: Place::Effect(|effect, mind| match effect {
            Effect::Download { id, .. } => {
                let number = u64::from(id.run.0) << 32 | u64::from(id.attempt);
                if number <= *mind.count {
                    return vec![];
                }
                *mind.count = number;
                vec![effect]
            }
            other => vec![other],
        }),
    },
    Bug {
        name: "handed-over-for-any-network",
        sentence: "the OS may send everything that it is handed over metered networks",
        place: Place::Effect(|effect, _| match effect {
            Effect::HandOver { id, digest, .. } => {
                vec![Effect::HandOver { id, digest, metered: true }]
            }
            other => vec![other],
        }),
    },
    Bug {
        name: "staged-original-not-used",
        sentence: "what was downloaded is sent from the library and not from staging",
        place: Place::Effect(|effect, _| match effect {
            Effect::Upload { id, digest, from: Bytes::Staged(_) } => {
                vec![Effect::Upload { id, digest, from: Bytes::InLibrary }]
            }
            other => vec![other],
        }),
    },
    Bug {
        name: "vault-never-probed",
        sentence: "a vault that did not answer is never asked again how it is",
        place: Place::Effect(|effect, _| match effect {
            Effect::ProbeVault => vec![],
            other => vec![other],
        }),
    },
    Bug {
        name: "nothing-is-synced",
        sentence: "what must not roll back in a power cut is stored like everything else",
        place: Place::Effect(|effect, _| match effect {
            Effect::Persist { change, .. } => vec![Effect::Persist { durable: false, change }],
            other => vec![other],
        }),
    },
    Bug {
        name: "staged-and-not-remembered",
        sentence: "that an original lies in staging is not stored until something failed",
        place: Place::Effect(|effect, _| match effect {
            Effect::Persist {
                change:
                    Change::Stage {
                        stage:
                            Stage::CheckingDuplicate { bytes: Bytes::Staged(_) }
                            | Stage::Uploading { bytes: Bytes::Staged(_) }
                            | Stage::Verifying { bytes: Bytes::Staged(_), .. },
                        ..
                    },
                ..
            } => vec![],
            other => vec![other],
        }),
    },
    Bug {
        name: "attempts-not-counted",
        sentence: "how often an item has failed is forgotten whenever it waits",
        place: Place::Effect(|effect, _| match effect {
            Effect::Persist { durable, change: Change::Stage { resource, stage } } => {
                let stage = match stage {
                    Stage::Waiting(waiting @ Waiting { why: Why::Failed(_), .. }) => {
                        Stage::Waiting(Waiting { attempt: 0, wasted: 0, ..waiting })
                    }
                    stage => stage,
                };
                vec![Effect::Persist { durable, change: Change::Stage { resource, stage } }]
            }
            other => vec![other],
        }),
    },
    Bug {
        name: "handed-over-and-sent-as-well",
        sentence: "what is handed to the OS is sent by us too",
        place: Place::Effect(|effect, _| match effect {
            Effect::HandOver { id, digest, .. } => {
                let from = Bytes::Staged(digest.size);
                vec![effect, Effect::Upload { id, digest, from }]
            }
            other => vec![other],
        }),
    },
    Bug {
        name: "proposed-without-versions",
        sentence: "an edit since the proposal is not noticed before deleting",
        place: Place::Effect(|effect, _| match effect {
            Effect::Propose(proposal) => {
                let unnamed = |asset| Candidate { resources: vec![], ..asset };
                let assets = proposal.assets.into_iter().map(unnamed).collect();
                vec![Effect::Propose(Proposal { assets, ..proposal })]
            }
            other => vec![other],
        }),
    },
    Bug {
        name: "clock-begins-again",
        sentence: "after a restart the machine's clock begins at zero",
        place: Place::Part(|part, _| match part {
            Part::Clock(_) => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "one-kill-is-enough",
        sentence: "what was under way at a single kill is blamed for it and given up on",
        place: Place::Part(|part, _| match part {
            Part::Admissions(mut admitted) => {
                for Admitted { ends, .. } in admitted.iter_mut().filter(|one| one.under_way) {
                    *ends = ends.saturating_add(9);
                }
                Some(Part::Admissions(admitted))
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "proposal-forgotten-at-the-start",
        sentence: "after a restart the proposal that the user may have acted on is forgotten",
        place: Place::Part(|part, _| match part {
            Part::Proposal(_) => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "alarm-wound-up-at-every-start",
        sentence: "after a restart it is forgotten since when nothing was made safe",
        place: Place::Part(|part, _| match part {
            Part::Alarm(_) => None,
            other => Some(other),
        }),
    },
    Bug {
        name: "confirmed-long-ago-taken-for-just-now",
        sentence: "what the vault showed longest ago counts as shown just now",
        place: Place::Event(|event, _| match event {
            Event::Counted(mut counts) => {
                counts.oldest_confirmation = counts.oldest_confirmation.map(|_| Elapsed(u64::MAX));
                Some(Event::Counted(counts))
            }
            other => Some(other),
        }),
    },
    Bug {
        name: "looked-for-with-the-network",
        sentence: "to find out where an original is it is opened with the network allowed",
        place: Place::Effect(|effect, _| match effect {
            Effect::Checksum { id, tee, .. } => vec![Effect::Checksum { id, tee, probe: false }],
            other => vec![other],
        }),
    },
    Bug {
        name: "anothers-file-will-do",
        sentence: "the same bytes under another photo stand also for what describes this one",
        place: Place::Effect(|effect, _| match effect {
            Effect::Find { id, digest, .. } => {
                vec![Effect::Find { id, digest, deduplicated: true }]
            }
            other => vec![other],
        }),
    },
    Bug {
        name: "transfer-not-cancelled",
        sentence: "the OS is never told to cancel what it was handed",
        place: Place::Effect(|effect, _| match effect {
            Effect::CancelTransfer { .. } => vec![],
            other => vec![other],
        }),
    },
    Bug {
        name: "nothing-is-abandoned",
        sentence: "what was teed or sent in part is left in the vault's staging",
        place: Place::Effect(|effect, _| match effect {
            Effect::Abandon { .. } => vec![],
            other => vec![other],
        }),
    },
    Bug {
        name: "digest-for-whatever-version",
        sentence: "a checksum is stored for the version that the catalog has by now",
        place: Place::Effect(|effect, mind| match effect {
            Effect::Persist { durable, change: Change::Digest { resource, version, digest } } => {
                let version = mind.rows.get(&resource).map_or(version, |row| row.version);
                let change = Change::Digest { resource, version, digest };
                vec![Effect::Persist { durable, change }]
            }
            other => vec![other],
        }),
    },
    Bug {
        name: "given-up-on-and-not-counted",
        sentence: "what is given up on is stored as if the user had not chosen it",
        place: Place::Effect(|effect, _| match effect {
            Effect::Persist {
                durable,
                change: Change::Stage { resource, stage: Stage::Quarantined(_) },
            } => {
                let change = Change::Stage { resource, stage: Stage::Excluded };
                vec![Effect::Persist { durable, change }]
            }
            other => vec![other],
        }),
    },
];
