//! What is stored today opens in every later version: every stage, part, event and effect as it is
//! serialised. A snapshot here that changes means that catalogs and logs of users change: then the
//! old form must still open, and a test with the old text says so.

use keepsake_machine::effect::{
    Change, Effect, Part, Proposal, ProposalId, RefillId, Want, WantClass,
};
use keepsake_machine::event::{
    Answer, Candidate, Disappearance, Event, Finding, LibraryAccess, Network, Power, PutOutcome,
    TransferOutcome, Trouble, VaultHealth,
};
use keepsake_machine::media::{
    Access, AssetId, Digest, EffectId, Locality, Media, ResourceId, Role, Run, Size, SizeClass,
    Version,
};
use keepsake_machine::row::{Position, Row};
use keepsake_machine::session::migration::Migration;
use keepsake_machine::settings::{Config, Settings, Vault};
use keepsake_machine::stage::{Bytes, Fault, Origin, Stage, Waiting, Why};
use keepsake_machine::status::{
    Activity, Advice, Alarmed, Counts, Notice, Tally, ToDo, Unexpected,
};
use keepsake_machine::time::{Clock, Elapsed};
use keepsake_machine::{Hold, Holds, Machine, Now, Snapshot};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::time::Duration;

const RESOURCE: ResourceId = ResourceId(7);
const ID: EffectId = EffectId { resource: RESOURCE, run: Run(3), attempt: 12 };
const DIGEST: Digest = Digest { sha256: [0xab; 32], md5: Some([0xcd; 16]), size: 3_500_000 };

/// Each on a line of its own, and each comes back as it was.
fn lines<T: Serialize + DeserializeOwned + PartialEq + Debug>(all: &[T]) -> String {
    let mut text = String::new();
    for one in all {
        let line = serde_json::to_string(one).unwrap();
        assert_eq!(&serde_json::from_str::<T>(&line).unwrap(), one, "{line}");
        text += &line;
        text.push('\n');
    }
    text
}

fn row() -> Row {
    Row {
        id: RESOURCE,
        asset: AssetId(5),
        role: Role::PairedVideo,
        media: Media::Photo,
        locality: Locality::Unknown,
        access: Access::Poured,
        size: Size::Hinted { class: SizeClass::Video, measure: 2_900 },
        version: Version(u64::MAX),
        taken: -1,
        stage: Stage::Discovered,
        digest: Some(Digest { md5: None, ..DIGEST }),
    }
}

fn waiting(why: Why) -> Stage {
    let bytes = Bytes::Staged(9);
    Stage::Waiting(Waiting { due: Elapsed(60_000), attempt: 2, wasted: 5, why, bytes })
}

#[test]
fn stages() {
    let origin = Origin::AlreadyThere;
    let all = [
        Stage::Discovered,
        Stage::AwaitingOriginal,
        Stage::Checksumming,
        Stage::CheckingDuplicate { bytes: Bytes::InLibrary },
        Stage::Uploading { bytes: Bytes::Staged(9) },
        Stage::Uploading { bytes: Bytes::WithOs(9) },
        Stage::Verifying { bytes: Bytes::Teed, origin: Origin::Sent },
        Stage::Verifying { bytes: Bytes::InLibrary, origin },
        waiting(Why::Failed(Fault::DownloadFailed)),
        waiting(Why::NeedsMoreSpace),
        waiting(Why::NeedsUnmetered),
        waiting(Why::NeedsLongerWindow),
        waiting(Why::NotFinal),
        waiting(Why::Held(Hold::VaultFull)),
        Stage::BackedUp,
        Stage::Duplicate,
        Stage::Freed,
        Stage::Lost,
        Stage::Hidden,
        Stage::Closed,
        Stage::Excluded,
        Stage::Forgotten,
    ];
    let faults = [
        Fault::Unreadable,
        Fault::ReadFailed,
        Fault::KeepsChanging,
        Fault::OriginalMissing,
        Fault::DownloadFailed,
        Fault::DownloadIncomplete,
        Fault::Refused,
        Fault::UploadFailed,
        Fault::VerifyFailed,
        Fault::DigestMismatch,
        Fault::Crashed,
        Fault::HostFault,
    ];
    insta::assert_snapshot!("stages", lines(&all) + &lines(&faults.map(Stage::Quarantined)));
}

fn proposal() -> Proposal {
    let asset = AssetId(5);
    let resources = vec![(RESOURCE, Version(1))];
    let candidate = Candidate { asset, resources, bytes: 10, local: true };
    Proposal { id: ProposalId(4), assets: vec![candidate], expires: Elapsed(9), frees: 10 }
}

#[test]
fn parts() {
    let mut clock = Clock::default();
    clock.advance(Now { boot: 1, uptime: 2, wall: 3, utc_offset: 60 });
    let all = [
        Part::Clock(clock),
        Part::UserHold(true),
        Part::Admissions(vec![keepsake_machine::session::admissions::Admitted {
            resource: RESOURCE,
            ends: 1,
            under_way: true,
        }]),
        Part::Fairness(8),
        Part::Cloud(true),
        Part::Migration(Migration::AwaitingSpace { since: Elapsed(1), freed: 2, needed: 3 }),
        Part::Migration(Migration::OutOfRoom { freeable: None, needed: 4 }),
        Part::Proposal(Some(proposal())),
        Part::Proposal(None),
    ];
    let defaults = [
        Part::Learned(serde_json::from_str("{}").unwrap()),
        Part::Ledger(serde_json::from_str("{}").unwrap()),
        Part::Backoffs(serde_json::from_str("{}").unwrap()),
        Part::Alarm(serde_json::from_str("{}").unwrap()),
    ];
    insta::assert_snapshot!("parts", lines(&all) + &lines(&defaults));
}

fn counts() -> Counts {
    let mut counts = Counts::default();
    let tally = Tally { items: 1, bytes: 2, estimated: 3 };
    let stage = Stage::Quarantined(Fault::Refused);
    counts.classes.insert(stage.class(), tally);
    let (media, locality) = (Media::Video, Locality::Cloud);
    counts.to_do.insert(ToDo { media, locality, digest_known: true }, tally);
    counts.oldest_confirmation = Some(Elapsed(11));
    counts
}

#[test]
fn events() {
    let (resource, id) = (RESOURCE, ID);
    let mut all = vec![
        Event::Started { run: Run(3) },
        Event::Tick,
        Event::NetworkChanged(Network::METERED),
        Event::PowerChanged(Power::MAINS),
        Event::AccessChanged(LibraryAccess::Limited),
        Event::LockChanged { locked: true },
        Event::DiskRead { asked: Some(4), available: 5, total: 6 },
        Event::WindowOpened { lasts: Some(Duration::from_secs(30)) },
        Event::WindowEnding,
        Event::UserPaused,
        Event::UserResumed,
        Event::SettingsChanged(Settings::default()),
        Event::RetryRequested,
        Event::DestinationChanged(Vault { remote: true, tee: false, tickets: true, md5: true }),
        Event::VaultChanged(VaultHealth::Up { room: Some(7) }),
        Event::VaultChanged(VaultHealth::Unavailable),
        Event::VaultChanged(VaultHealth::Full),
        Event::VaultChanged(VaultHealth::SignedOut),
        Event::VaultChanged(VaultHealth::SignedIn),
        Event::Refilled { id: RefillId(1), rows: vec![row()], next_due: None, more: false },
        Event::Counted(counts()),
        Event::CatalogFailed,
        Event::ScanStarted,
        Event::ScanFinished { changed: true },
        Event::VersionChanged { resource, row: Box::new(row()) },
        Event::Disappeared { resource, how: Disappearance::Hidden },
        Event::StagingLeft { resource },
        Event::Progressed { id, bytes: 1 << 20 },
        Event::TransferFound { resource },
        Event::TransferFinished { resource, outcome: TransferOutcome::Delivered },
        Event::TransferFinished { resource, outcome: TransferOutcome::Failed { wasted: 3 } },
        Event::TransferFinished { resource, outcome: TransferOutcome::Cancelled },
        Event::TransfersReported,
        Event::FreeUpRequested { wanted: None },
        Event::FreeUpCandidates { id: ProposalId(4), assets: proposal().assets },
        Event::FreeUpConfirmed { id: ProposalId(4), assets: vec![AssetId(5)] },
        Event::FreeUpAnswered { id: ProposalId(4), deleted: vec![AssetId(5)] },
        Event::ProposalRestored(proposal()),
        Event::PhotosRecovered,
    ];
    let answers = [
        Answer::Downloaded(DIGEST),
        Answer::Checksummed { digest: DIGEST, teed: true },
        Answer::NetworkNeeded,
        Answer::Found(Finding::Hit),
        Answer::Found(Finding::Miss),
        Answer::Found(Finding::CannotTell),
        Answer::Found(Finding::Forgotten),
        Answer::Put(PutOutcome::Sent),
        Answer::Put(PutOutcome::AlreadyThere),
        Answer::Put(PutOutcome::OtherBytes),
        Answer::Put(PutOutcome::TeeLost),
        Answer::Confirmed,
        Answer::NotConfirmed,
        Answer::HandedOver,
        Answer::Stopped,
        Answer::Failed { fault: Fault::ReadFailed, wasted: 9 },
        Answer::Held(Trouble::VaultFull { needed: 9 }),
        Answer::Held(Trouble::DiskFull),
        Answer::Changed,
        Answer::NotFinal,
        Answer::Gone(Disappearance::Deleted),
        Answer::Outgrown(5),
    ];
    all.extend(answers.into_iter().map(|answer| Event::Answered { id, answer }));
    insta::assert_snapshot!("events", lines(&all));
}

fn want() -> Want {
    let (media, locality) = (Media::Photo, Locality::Local);
    let class = WantClass { media, locality, digest_known: false, at_most: Some(8) };
    let position = Position { taken: 1, id: RESOURCE };
    Want {
        id: RefillId(2),
        classes: vec![class],
        newest: 7,
        below: Some(position),
        oldest: 1,
        above: None,
        due: Elapsed(5),
        recall: Some(RESOURCE),
        exactly: vec![RESOURCE],
        skip: Vec::new(),
    }
}

#[test]
fn effects() {
    let (resource, id, digest) = (RESOURCE, ID, DIGEST);
    let changes = [
        Change::Stage { resource, stage: Stage::BackedUp },
        Change::Digest { resource, version: Version(1), digest },
        Change::Locality { resource, version: Version(1), locality: Locality::Cloud },
        Change::Transfer { resource, with_os: true },
        Change::Freed { asset: AssetId(5) },
        Change::Session(Part::UserHold(false)),
    ];
    let persist = |change| Effect::Persist { durable: true, change };
    let mut all: Vec<Effect> = changes.into_iter().map(persist).collect();
    all.extend([
        Effect::Refill(want()),
        Effect::Scan,
        Effect::ReadDisk { asked: 1 },
        Effect::ProbeVault,
        Effect::Download { id, at_most: 9 },
        Effect::Checksum { id, tee: true, probe: false },
        Effect::Find { id, digest, deduplicated: true },
        Effect::Upload { id, digest, from: Bytes::Teed },
        Effect::HandOver { id, digest, metered: false },
        Effect::Verify { id, digest },
        Effect::Cancel { id },
        Effect::CancelTransfer { resource },
        Effect::Evict { resource },
        Effect::Abandon { resource },
        Effect::Flush,
        Effect::ListFreeable { id: ProposalId(4), wanted: Some(3) },
        Effect::ConfirmFreeable { id: ProposalId(4), assets: vec![AssetId(5)] },
        Effect::Propose(proposal()),
    ]);
    let holds: Holds = Hold::ALL.into_iter().collect();
    let alarmed = Alarmed { since: Duration::from_hours(24), holds };
    let notices = [
        Notice::ActivityChanged(Activity::Waiting { due: Elapsed(1) }),
        Notice::HoldsChanged(holds),
        Notice::Advised(Advice::KeepOriginals),
        Notice::Alarmed(alarmed),
        Notice::Quarantined { resource, fault: Fault::Crashed },
        Notice::Migrated(Migration::Done),
        Notice::Unexpected(Unexpected {
            resource: Some(resource),
            stage: Some(Stage::Checksumming),
            event: "Confirmed".into(),
            late: true,
        }),
    ];
    all.extend(notices.into_iter().map(Effect::Notify));
    insta::assert_snapshot!("effects", lines(&all));
}

#[test]
fn a_snapshot_of_the_machine() {
    let mut machine = Machine::new(Config::default(), Vec::new());
    let mut now = Now { boot: 1, uptime: 10, wall: 1_700_000_000_000, utc_offset: 0 };
    for event in [
        Event::Started { run: Run(1) },
        Event::TransfersReported,
        Event::DiskRead { asked: Some(1), available: 9 << 30, total: 10 << 30 },
        Event::Counted(counts()),
        Event::Refilled { id: RefillId(1), rows: vec![row()], next_due: None, more: false },
    ] {
        now.uptime += 5;
        machine.handle(event, now);
        while machine.poll_effect().is_some() {}
    }
    let snapshot = machine.snapshot();
    let text = serde_json::to_string_pretty(&snapshot).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), snapshot);
    insta::assert_snapshot!("machine", text);
}
