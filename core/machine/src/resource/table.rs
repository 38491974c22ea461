//! Makes the table of every (state × event) pair from the code, and checks that the one in the
//! docs, `TRANSITIONS.md`, is it. `KEEPSAKE_WRITE_TABLE=1 cargo test -p keepsake-machine table`
//! writes it.

use super::state::Then;
use super::*;
use crate::effect::{Change, Effect};
use crate::event::{Finding, PutOutcome, Trouble};
use crate::media::{
    Access, AssetId, Digest, Locality, Media, ResourceId, Role, Run, Size, Version,
};
use crate::stage::{Bytes, Fault, Origin};
use crate::status::Notice;
use crate::time::Elapsed;
use std::collections::VecDeque;
use std::fmt::Write as _;

const ID: ResourceId = ResourceId(1);
const OURS: EffectId = EffectId { resource: ID, run: Run(1), attempt: 1 };
const DIGEST: Digest = Digest { sha256: [7; 32], md5: None, size: 50 };

fn row(stage: Stage) -> Row {
    Row {
        id: ID,
        asset: AssetId(1),
        role: Role::Photo,
        media: Media::Photo,
        locality: Locality::Local,
        access: Access::Poured,
        size: Size::Exact(50),
        version: Version(1),
        taken: 0,
        stage,
        digest: Some(DIGEST),
    }
}

/// Every state, in each thing that it may be doing.
fn states() -> Vec<(String, State)> {
    let mut states = Vec::new();
    let doings = [
        ("wants", Doing::Wanting),
        ("runs", Doing::Running(OURS)),
        ("stops", Doing::Stopping(OURS)),
    ];
    let staged = Bytes::Staged(50);
    for (word, doing) in doings {
        let bytes = staged;
        states.push((format!("AwaitingOriginal, {word}"), State::AwaitingOriginal { doing }));
        states.push((format!("Checksumming, {word}"), State::Checksumming { doing }));
        states.push((
            format!("CheckingDuplicate, {word}"),
            State::CheckingDuplicate { bytes, doing },
        ));
        let (bytes, name) = (Bytes::Teed, format!("Uploading, {word}"));
        states.push((name, State::Uploading { bytes, doing }));
        let (bytes, origin) = (staged, Origin::Sent);
        states.push((format!("Verifying, {word}"), State::Verifying { bytes, origin, doing }));
    }
    let bytes = Bytes::WithOs(50);
    let with_os = State::Uploading { bytes, doing: Doing::WithOs };
    states.push(("Uploading, with the OS".into(), with_os));
    let cancelling = State::Uploading { bytes, doing: Doing::CancellingOs };
    states.push(("Uploading, the OS cancels".into(), cancelling));
    let handing = State::Uploading { bytes, doing: Doing::Running(OURS) };
    states.push(("Uploading, handing over".into(), handing));
    let then = Then::Rest(Stage::Closed);
    let draining = State::Draining { effect: Some(OURS), bytes: staged, then };
    states.push(("Draining, to Closed".into(), draining));
    let then = Then::Rest(Stage::Closed);
    let draining = State::Draining { effect: None, bytes, then };
    states.push(("Draining the OS, to Closed".into(), draining));
    states.push(("Over".into(), State::Over { stage: Stage::BackedUp }));
    states.sort_by_key(|(name, _)| {
        let order = ["Awa", "Checks", "Checki", "Upl", "Ver", "Dra", "Ove"];
        order.iter().position(|start| name.starts_with(start))
    });
    states
}

/// Every event, and every answer.
fn events() -> Vec<Told> {
    let grant = Grant { at_most: 50, tee: true, hand_over: false, metered: false };
    let changed = Row { version: Version(2), digest: None, ..row(Stage::Discovered) };
    let mut events = vec![
        Told::Go(grant),
        Told::Stop { os: true },
        Told::Need(Why::NeedsMoreSpace),
        Told::Evicted,
        Told::Raised(90),
        Told::Progressed(OURS, 9),
        Told::VersionChanged(Box::new(changed)),
        Told::Disappeared(Disappearance::Deleted),
        Told::Disappeared(Disappearance::Hidden),
        Told::TransferFound,
        Told::TransferFinished(TransferOutcome::Delivered),
        Told::TransferFinished(TransferOutcome::Failed { wasted: 0 }),
        Told::TransferFinished(TransferOutcome::Cancelled),
        Told::TransferMissing,
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
        Answer::Failed { fault: Fault::ReadFailed, wasted: 0 },
        Answer::Held(Trouble::VaultUnavailable),
        Answer::Held(Trouble::FolderClosed),
        Answer::Changed,
        Answer::NotFinal,
        Answer::Gone(Disappearance::Deleted),
        Answer::Gone(Disappearance::Hidden),
        Answer::Outgrown(50),
    ];
    events.extend(answers.into_iter().map(|answer| Told::Answered(OURS, answer)));
    let late = EffectId { attempt: 0, ..OURS };
    events.push(Told::Answered(late, Answer::Confirmed));
    events
}

/// What comes of one pair, in words.
fn outcome(state: &State, told: &Told) -> String {
    let (mut effects, mut signals, mut issued) = (VecDeque::new(), VecDeque::new(), 1);
    let mut orders = Orders {
        effects: &mut effects,
        signals: &mut signals,
        issued: &mut issued,
        elapsed: Elapsed(0),
        seed: 0,
    };
    let item = Item::new(row(state.stage()), Run(1));
    let mut resource = Resource::resume(item, state.clone(), &mut orders);
    resource.tell(told, &mut orders);
    let mut words = Vec::new();
    if resource.state() != state {
        words.push(format!("→ {}", named(resource.state())));
    }
    words.extend(effects.iter().map(effect));
    words.dedup();
    if words.is_empty() { "—".into() } else { words.join(" · ") }
}

fn named(reached: &State) -> String {
    let doing = |doing: Doing| match doing {
        Doing::Wanting => "wants",
        Doing::Running(_) => "runs",
        Doing::Stopping(_) => "stops",
        Doing::WithOs => "with the OS",
        Doing::CancellingOs => "the OS cancels",
    };
    match reached {
        State::AwaitingOriginal { doing: d } => format!("AwaitingOriginal, {}", doing(*d)),
        State::Checksumming { doing: d } => format!("Checksumming, {}", doing(*d)),
        State::CheckingDuplicate { doing: d, .. } => format!("CheckingDuplicate, {}", doing(*d)),
        State::Uploading { doing: d, .. } => format!("Uploading, {}", doing(*d)),
        State::Verifying { doing: d, .. } => format!("Verifying, {}", doing(*d)),
        State::Draining { then: Then::Restart(_), .. } => "Draining, to start again".into(),
        State::Draining { then: Then::Rest(stage), .. } => format!("Draining, to {stage:?}"),
        State::Over { stage: Stage::Waiting(waiting) } => format!("Waiting({:?})", waiting.why),
        State::Over { stage } => format!("{stage:?}"),
    }
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Persist { change: Change::Stage { .. }, .. } => "store the stage".into(),
        Effect::Persist { change: Change::Digest { .. }, .. } => "bind the digest".into(),
        Effect::Persist { change: Change::Locality { .. }, .. } => "store the locality".into(),
        Effect::Persist { change: Change::Transfer { .. }, .. } => "store the transfer".into(),
        Effect::Notify(Notice::Unexpected(unexpected)) if unexpected.late => "late".into(),
        Effect::Notify(Notice::Unexpected(_)) => "**unexpected**".into(),
        other => {
            let text = format!("{other:?}");
            let end = text.find([' ', '{', '(']).unwrap_or(text.len());
            text[..end].to_owned()
        }
    }
}

fn table() -> String {
    let mut text = String::from(
        "# Every state and every event\n\n\
         Made from the code by a test (`core/machine/src/resource/table.rs`); do not edit. \"—\": \
         nothing to do. \"late\" and \"unexpected\": recorded, never ignored; nothing else happens.\n",
    );
    let states = states();
    for told in events() {
        let late = matches!(told, Told::Answered(id, _) if id != OURS);
        let name = if late { "an answer to an older effect" } else { told.name() };
        let _ = write!(text, "\n## {name}\n\n| in | comes |\n|---|---|\n");
        let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
        for (state_name, state) in &states {
            let outcome = outcome(state, &told);
            match rows.iter_mut().find(|(known, _)| *known == outcome) {
                Some((_, names)) => names.push(state_name),
                None => rows.push((outcome, vec![state_name])),
            }
        }
        for (outcome, names) in rows {
            let _ = writeln!(text, "| {} | {outcome} |", names.join("<br>"));
        }
    }
    text
}

#[test]
fn the_table_in_the_docs_is_what_the_code_does() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/TRANSITIONS.md");
    let made = table();
    if std::env::var_os("KEEPSAKE_WRITE_TABLE").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        made == written,
        "TRANSITIONS.md is not what the code does; KEEPSAKE_WRITE_TABLE=1 writes it"
    );
}

#[test]
fn an_answer_to_an_older_effect_changes_nothing_anywhere() {
    for (name, state) in states() {
        let late = EffectId { attempt: 0, ..OURS };
        let told = Told::Answered(late, Answer::Confirmed);
        assert_eq!(outcome(&state, &told), "late", "{name}");
    }
}
