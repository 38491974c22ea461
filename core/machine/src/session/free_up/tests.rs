use super::*;
use crate::media::{ResourceId, Version};
use proptest::prelude::*;

const NOW: Elapsed = Elapsed(1_000);
const LATER: Elapsed = Elapsed(1_000 + 600_000);

fn asset(id: i64, bytes: u64) -> Candidate {
    let resources = vec![(ResourceId(id * 10), Version(1)), (ResourceId(id * 10 + 1), Version(1))];
    Candidate { asset: AssetId(id), resources, bytes, local: true }
}

fn assets(ids: &[i64]) -> Vec<AssetId> {
    ids.iter().copied().map(AssetId).collect()
}

fn persisted(proposal: Option<Proposal>) -> Effect {
    Effect::Persist { durable: true, change: Change::Session(Part::Proposal(proposal)) }
}

fn freed(id: i64) -> Effect {
    Effect::Persist { durable: true, change: Change::Freed { asset: AssetId(id) } }
}

/// Asked for, listed and confirmed: the open proposal of three assets, 10 bytes each.
fn opened() -> (FreeUp, Proposal) {
    let mut free_up = FreeUp::new(Run(7));
    free_up.requested(None);
    let id = ProposalId(7 << 32 | 1);
    free_up.candidates(id, vec![asset(1, 10), asset(2, 10), asset(3, 10)]).unwrap();
    free_up.confirmed(id, &assets(&[1, 2, 3]), NOW).unwrap();
    let proposal = free_up.open().unwrap().clone();
    (free_up, proposal)
}

#[test]
fn a_proposal_is_confirmed_then_durable_then_shown_then_answered() {
    let mut free_up = FreeUp::new(Run(7));
    let id = ProposalId(7 << 32 | 1);
    assert_eq!(free_up.requested(None), [Effect::ListFreeable { id, wanted: None }]);
    let listed = free_up.candidates(id, vec![asset(1, 10), asset(2, 20), asset(3, 30)]).unwrap();
    assert_eq!(listed, [Effect::ConfirmFreeable { id, assets: assets(&[1, 2, 3]) }]);
    // The vault does not show the second.
    let shown = free_up.confirmed(id, &assets(&[3, 1]), NOW).unwrap();
    let proposal =
        Proposal { id, assets: vec![asset(1, 10), asset(3, 30)], expires: LATER, frees: 40 };
    assert_eq!(shown, [persisted(Some(proposal.clone())), Effect::Propose(proposal)]);
    assert_eq!(free_up.due(), Some(LATER));
    let (effects, bytes) = free_up.answered(id, &assets(&[3])).unwrap();
    assert_eq!((effects, bytes), (vec![freed(3), persisted(None)], 30));
    assert_eq!(free_up.freeable(), Some(30));
    assert!(free_up.is_idle() && free_up.due().is_none());
    assert!(free_up.answered(id, &assets(&[1])).is_none(), "answered twice");
}

#[test]
fn what_the_vault_does_not_show_live_is_never_proposed() {
    let mut free_up = FreeUp::new(Run(1));
    free_up.requested(None);
    let id = ProposalId(1 << 32 | 1);
    free_up.candidates(id, vec![asset(1, 10)]).unwrap();
    assert_eq!(free_up.confirmed(id, &assets(&[2, 3]), NOW), Some(Vec::new()));
    assert!(free_up.is_idle() && free_up.open().is_none());
    assert_eq!(free_up.freeable(), Some(0));
}

#[test]
fn only_what_was_proposed_becomes_freed_whatever_the_host_names() {
    let (mut free_up, proposal) = opened();
    let (effects, bytes) = free_up.answered(proposal.id, &assets(&[99, 2])).unwrap();
    assert_eq!((effects, bytes), (vec![freed(2), persisted(None)], 10));
}

#[test]
fn a_declined_proposal_frees_nothing_and_is_over() {
    let (mut free_up, proposal) = opened();
    assert_eq!(free_up.answered(proposal.id, &[]), Some((vec![persisted(None)], 0)));
    assert!(free_up.is_idle());
}

#[test]
fn as_many_are_taken_as_it_takes_to_free_what_is_wanted() {
    for (wanted, expected) in [(0, vec![]), (1, vec![1]), (10, vec![1]), (11, vec![1, 2])] {
        let mut free_up = FreeUp::new(Run(1));
        free_up.requested(Some(wanted));
        let id = ProposalId(1 << 32 | 1);
        let effects = free_up.candidates(id, vec![asset(1, 10), asset(2, 10), asset(3, 10)]);
        let expected = match assets(&expected) {
            none if none.is_empty() => vec![],
            assets => vec![Effect::ConfirmFreeable { id, assets }],
        };
        assert_eq!(effects, Some(expected), "{wanted}");
        assert_eq!(free_up.freeable(), Some(30), "{wanted}");
    }
}

#[test]
fn a_candidate_without_resources_or_bytes_or_named_twice_is_left_out() {
    let mut free_up = FreeUp::new(Run(1));
    free_up.requested(None);
    let id = ProposalId(1 << 32 | 1);
    let hollow = Candidate { resources: Vec::new(), ..asset(2, 10) };
    let effects =
        free_up.candidates(id, vec![asset(1, 10), hollow, asset(3, 0), asset(1, 10)]).unwrap();
    assert_eq!(effects, [Effect::ConfirmFreeable { id, assets: assets(&[1]) }]);
    assert_eq!(free_up.freeable(), Some(10));
}

#[test]
fn a_proposal_that_ran_out_is_decided_by_a_scan_and_a_late_answer_still_counts() {
    let (mut free_up, proposal) = opened();
    assert_eq!(free_up.fire(Elapsed(LATER.0 - 1)), []);
    assert_eq!(free_up.fire(LATER), [Effect::Scan]);
    assert_eq!(free_up.fire(LATER), [], "once");
    assert!(free_up.is_idle() && free_up.open().is_none());
    let (effects, _) = free_up.answered(proposal.id, &assets(&[1])).unwrap();
    assert_eq!(effects, [freed(1), persisted(None)]);
}

#[test]
fn a_lost_answer_is_found_after_a_kill() {
    let (_, proposal) = opened();
    for at in [NOW, LATER] {
        let mut free_up = FreeUp::new(Run(8));
        assert_eq!(free_up.restored(proposal.clone(), at), [Effect::Scan]);
        assert_eq!(free_up.open().is_some(), at == NOW, "it lives on as long as it has to live");
        let (effects, _) = free_up.answered(proposal.id, &assets(&[1, 2, 3])).unwrap();
        assert_eq!(effects, [freed(1), freed(2), freed(3), persisted(None)]);
    }
}

#[test]
fn a_new_request_replaces_the_open_one_but_not_its_answer() {
    let (mut free_up, first) = opened();
    let [Effect::ListFreeable { id, .. }] = free_up.requested(Some(5))[..] else { panic!() };
    assert_ne!(id, first.id);
    free_up.candidates(id, vec![asset(4, 10)]).unwrap();
    free_up.confirmed(id, &assets(&[4]), NOW).unwrap();
    let second = free_up.open().unwrap().clone();
    let (effects, _) = free_up.answered(first.id, &assets(&[1])).unwrap();
    assert_eq!(effects, [freed(1), persisted(Some(second.clone()))], "the second stays stored");
    assert_eq!(free_up.open(), Some(&second));
}

#[test]
fn after_a_change_of_destination_no_answer_counts() {
    let (mut free_up, proposal) = opened();
    assert_eq!(free_up.cancel(), [persisted(None)]);
    assert!(free_up.answered(proposal.id, &assets(&[1])).is_none());
    assert_eq!(free_up.cancel(), []);
    let [Effect::ListFreeable { id, .. }] = free_up.requested(None)[..] else { panic!() };
    assert_ne!(id, proposal.id, "an id is not given twice");
}

#[test]
fn a_survey_shows_nothing_and_disturbs_nothing() {
    let mut free_up = FreeUp::new(Run(1));
    let [Effect::ListFreeable { id, wanted: None }] = free_up.survey()[..] else { panic!() };
    assert_eq!(free_up.freeable(), None);
    assert_eq!(free_up.candidates(id, vec![asset(1, 10), asset(2, 5)]), Some(Vec::new()));
    assert_eq!((free_up.freeable(), free_up.is_idle()), (Some(15), true));
    let (mut busy, proposal) = opened();
    assert_eq!(busy.survey(), []);
    assert_eq!(busy.open(), Some(&proposal));
}

#[test]
fn answers_to_another_proposal_have_no_use() {
    let mut free_up = FreeUp::new(Run(1));
    let stray = ProposalId(9);
    assert_eq!(free_up.candidates(stray, vec![asset(1, 10)]), None);
    free_up.requested(None);
    assert_eq!(free_up.candidates(stray, vec![asset(1, 10)]), None);
    assert_eq!(free_up.confirmed(stray, &assets(&[1]), NOW), None);
    let (mut open, _) = opened();
    assert_eq!(open.answered(stray, &assets(&[1])), None);
    assert!(open.open().is_some());
}

#[test]
fn what_a_snapshot_holds_of_a_proposal_opens() {
    let (free_up, _) = opened();
    let stored = serde_json::to_string(&free_up).unwrap();
    insta::assert_snapshot!(stored, @r#"{"run":7,"made":1,"step":{"Open":{"id":30064771073,"assets":[{"asset":1,"resources":[[10,1],[11,1]],"bytes":10,"local":true},{"asset":2,"resources":[[20,1],[21,1]],"bytes":10,"local":true},{"asset":3,"resources":[[30,1],[31,1]],"bytes":10,"local":true}],"expires":601000,"frees":30}},"late":null,"freeable":30}"#);
    assert_eq!(serde_json::from_str::<FreeUp>(&stored).unwrap(), free_up);
    assert_eq!(serde_json::from_str::<FreeUp>("{}").unwrap(), FreeUp::default());
}

proptest! {
    #[test]
    fn whatever_comes_in_whatever_order_only_confirmed_assets_are_freed(
        steps in proptest::collection::vec(
            (0..7_u8, 0..4_u64, proptest::collection::vec(0..6_i64, 0..4), 0..900_000_u64), 1..40),
    ) {
        let mut free_up = FreeUp::new(Run(0));
        let mut at = NOW;
        let mut confirmed: BTreeSet<(ProposalId, AssetId)> = BTreeSet::new();
        let mut stored: Option<Proposal> = None;
        for (what, id, ids, passed) in steps {
            let (id, named) = (ProposalId(id), assets(&ids));
            let effects = match what {
                0 => free_up.requested(Some(passed % 25)),
                1 => {
                    let candidates = ids.iter().map(|id| asset(*id, 10)).collect();
                    free_up.candidates(id, candidates).unwrap_or_default()
                }
                2 => free_up.confirmed(id, &named, at).unwrap_or_default(),
                3 => free_up.answered(id, &named).map(|(effects, _)| effects).unwrap_or_default(),
                4 => free_up.survey(),
                5 => {
                    at = at + Duration::from_millis(passed);
                    free_up.fire(at)
                }
                _ => free_up.cancel(),
            };
            for effect in effects {
                match effect {
                    Effect::Propose(proposal) => {
                        prop_assert_eq!(stored.as_ref(), Some(&proposal), "shown before durable");
                        for asset in proposal.assets {
                            prop_assert!(named.contains(&asset.asset), "not live at the vault");
                            confirmed.insert((id, asset.asset));
                        }
                    }
                    Effect::Persist { durable, change: Change::Session(Part::Proposal(p)) } => {
                        prop_assert!(durable);
                        stored = p;
                    }
                    Effect::Persist { durable, change: Change::Freed { asset } } => {
                        prop_assert!(durable && confirmed.contains(&(id, asset)));
                    }
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn candidates_that_came_for_another_question_are_of_no_use() {
    let mut free_up = FreeUp::new(Run(7));
    free_up.survey();
    assert_eq!(free_up.candidates(ProposalId(1), vec![asset(1, 10)]), None);
    assert_eq!(free_up.freeable(), None);
}

#[test]
fn ids_are_unique_also_after_the_destination_changed() {
    let mut free_up = FreeUp::new(Run(7));
    free_up.requested(None);
    assert!(!free_up.is_idle());
    free_up.cancel();
    let id = ProposalId(7 << 32 | 2);
    assert_eq!(free_up.requested(None), [Effect::ListFreeable { id, wanted: None }]);
}
