//! The models of a quorum: safe within bounds under all rules, and not without any one of them.

use std::ops::ControlFlow;

use checker::compact::{Compact, CompactVerdict};
use checker::quorum::needs::{self, Need};
use checker::quorum::{Grain, Searched, Subject};
use models::quorum::{Faults, Kind};
use models::raft::{Config, Rules};
use models::zab;

/// Searches of this file see at most so many states.
const MAX_STATES: u64 = 1_000_000;
/// Searches for runs that never come to a leader keep whole states, and see fewer.
const MAX_STATES_FOR_EVER: u64 = 20_000;

fn search(subject: &Subject, grain: Grain) -> Searched {
    let bounds = Compact {
        threads: 2,
        max_states: Some(MAX_STATES),
        ..Compact::default()
    };
    let searched = subject.search(None, grain, &bounds, &mut |_| ControlFlow::Continue(()));
    searched.expect("nothing is written to disk")
}

/// The bounds hold, with this many distinct states.
#[track_caller]
fn holds(subject: &Subject, grain: Grain, states: u64) {
    let searched = search(subject, grain);
    assert_eq!(searched.report.verdict, CompactVerdict::Holds, "{:?}", searched.reason);
    assert_eq!((searched.report.states, searched.report.frontier), (states, 0));
}

fn raft(faults: Faults) -> Subject {
    Subject::Raft(Config::new(3, Rules::WITHOUT_PRE_VOTE, faults))
}

fn most(need: &Need) -> u64 {
    match need.property {
        "leader-returns" => MAX_STATES_FOR_EVER,
        _ => MAX_STATES,
    }
}

/// Without the rule the property breaks after so many steps.
#[track_caller]
fn needed(switch: &str, off: &str, steps: usize) {
    let need = needs::ALL.iter().find(|need| (need.switch, need.off) == (switch, off));
    let need = need.expect("the table has it");
    let answer = need.without(2, most(need)).expect("nothing is written to disk");
    assert_eq!(
        (answer.found, answer.shortest_steps),
        (Some(need.property), Some(steps))
    );
}

/// With all rules the same world is searched to its end, and nothing breaks.
#[track_caller]
fn controlled(switch: &str, off: &str, states: u64) {
    let need = needs::ALL.iter().find(|need| (need.switch, need.off) == (switch, off));
    let need = need.expect("the table has it");
    let answer = need.with(2, most(need)).expect("nothing is written to disk");
    assert_eq!((answer.found, answer.is_complete), (None, true));
    assert_eq!(answer.distinct_states, states);
}

#[test]
fn the_metadata_quorum_is_safe_with_a_lost_tail_and_another_leader() {
    let faults = Faults::entries(1).with(Kind::Election, 1).with(Kind::Power, 1);
    holds(&raft(faults), Grain::Fine, 87_635);
}

#[test]
fn the_metadata_quorum_is_safe_with_two_elections_in_round_trips() {
    let faults = Faults::entries(1).with(Kind::Election, 2);
    holds(&raft(faults), Grain::RoundTrips, 266_730);
}

#[test]
fn who_led_before_a_restart_must_not_lead_that_epoch_again() {
    needed("resign_on_restart", "off", 4);
    controlled("resign_on_restart", "off", 1_322);
}

#[test]
fn only_what_is_flushed_may_be_acknowledged() {
    needed("flush_before_ack", "off", 8);
}

#[test]
fn a_vote_must_be_durable() {
    needed("vote_durable", "off", 8);
}

#[test]
fn a_vote_goes_to_a_complete_log_only() {
    needed("vote_up_to_date", "off", 7);
    controlled("vote_up_to_date", "off", 10_113);
}

#[test]
fn a_leader_must_compare_epochs_of_a_fetch() {
    needed("fetch_divergence", "off", 10);
    controlled("fetch_divergence", "off", 27_237);
}

#[test]
fn entries_of_older_epochs_are_committed_with_one_of_the_leaders_own_only() {
    needed("commit_own_epoch", "off", 20);
}

#[test]
fn without_a_question_before_it_an_election_disturbs_a_healthy_leader() {
    needed("pre_vote", "off", 2);
    controlled("pre_vote", "off", 3_640);
}

#[test]
fn followers_that_refuse_each_other_for_ever_never_have_a_leader() {
    needed("pre_vote", "naive", 5);
    controlled("pre_vote", "naive", 190);
}

#[test]
fn a_leader_without_a_majority_must_resign() {
    needed("check_quorum", "off", 5);
    controlled("check_quorum", "off", 694);
}

#[test]
fn a_voter_with_another_disk_must_be_another_voter() {
    needed("voter_identity", "id", 10);
    controlled("voter_identity", "id", 101_645);
}

#[test]
fn one_change_of_the_voters_at_a_time() {
    needed("max_pending_reconfig", "many", 6);
    controlled("max_pending_reconfig", "many", 211_772);
}

#[test]
fn a_controller_that_resigns_must_take_its_leadership_along() {
    needed("controller_resign_coupled", "off", 1);
    controlled("controller_resign_coupled", "off", 4_303);
}

#[test]
fn a_controller_must_know_what_was_committed_when_it_became_active() {
    needed("snapshot_on_promotion", "off", 4);
    controlled("snapshot_on_promotion", "off", 295_895);
}

#[test]
fn an_ensemble_is_safe_with_a_lost_tail_and_another_leader() {
    let faults = Faults::entries(2).with(Kind::Election, 1).with(Kind::Power, 1);
    let config = zab::Config {
        servers: 3,
        rules: zab::Rules::ALL_ON,
        faults,
    };
    holds(&Subject::Zab(config), Grain::Fine, 185_639);
}

#[test]
fn a_server_that_has_less_must_not_lead_those_that_have_more() {
    needed("election_by_zxid", "off", 10);
    controlled("election_by_zxid", "off", 18_166);
    needed("history_checked", "off", 10);
    controlled("history_checked", "off", 17_278);
}

#[test]
fn an_accepted_epoch_must_be_durable() {
    needed("accepted_epoch_durable", "off", 13);
    controlled("accepted_epoch_durable", "off", 277_049);
}

#[test]
fn a_server_must_have_the_history_before_it_gets_proposals() {
    needed("sync_before_broadcast", "off", 14);
    controlled("sync_before_broadcast", "off", 179_996);
}

#[test]
fn a_transaction_must_be_on_disk_before_it_is_acknowledged() {
    needed("log_before_ack", "off", 10);
    controlled("log_before_ack", "off", 64_332);
}

#[test]
fn a_transaction_is_committed_by_a_quorum() {
    needed("quorum_of_acks", "off", 8);
    controlled("quorum_of_acks", "off", 18_202);
}

#[test]
fn every_switch_of_both_models_stands_in_the_table() {
    let named = |model: &str, switch: &str| {
        needs::ALL
            .iter()
            .any(|need| (need.model, need.switch) == (model, switch))
    };
    let raft = Rules::TABLE.iter().map(|(name, ..)| ("raft", *name));
    let zab = zab::Rules::TABLE.iter().map(|(name, ..)| ("zab", *name));
    let missing: Vec<_> = raft.chain(zab).filter(|(model, name)| !named(model, name)).collect();
    assert_eq!(missing, []);
}
