//! Each rule of the two models of a quorum: the shortest way to what breaks without it, the same world with all rules, and
//! in how many random runs the same is found. `cargo run --release -p checker --example quorum_needs [MAX_STATES [RUNS]]`

use checker::quorum::needs::{self, Answer, Need};
use checker::quorum::{Draw, Sampled};

/// Searches for runs that go on for ever keep whole states.
const FOR_EVER_MAX: u64 = 100_000;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse().ok());
    let (max_states, runs) = (numbers.next().unwrap_or(20_000_000), numbers.next().unwrap_or(1_000));
    println!("| model | switch | breaks | steps | states | with all rules | uniform | swarm |");
    println!("|---|---|---|---|---|---|---|---|");
    let mut missed = Vec::new();
    for need in needs::ALL {
        let most = match need.property {
            "leader-returns" => max_states.min(FOR_EVER_MAX),
            _ => max_states,
        };
        let without = need.without(2, most).expect("a temporary file can be written");
        let with = need.with(2, most).expect("a temporary file can be written");
        println!("{}", row(need, without, with, runs));
        if without.found != Some(need.property) || with.found.is_some() {
            missed.push(need.switch);
        }
    }
    assert!(missed.is_empty(), "not as it should be: {}", missed.join(", "));
}

fn row(need: &Need, without: Answer, with: Answer, runs: u64) -> String {
    let (model, switch, off, property) = (need.model, need.switch, need.off, need.property);
    let steps = without.shortest_steps.map_or("-".to_owned(), |steps| steps.to_string());
    let states = without.distinct_states;
    let holds = match (with.found, with.is_complete) {
        (Some(property), _) => format!("{property} BREAKS"),
        (None, true) => format!("holds, {} states", with.distinct_states),
        (None, false) => format!("nothing in {} states", with.distinct_states),
    };
    let sampled = |draw| sampled(need.sample(draw, 0..runs));
    let (uniform, swarm) = (sampled(Draw::Uniform), sampled(Draw::Swarm));
    format!("| {model} | {switch}={off} | {property} | {steps} | {states} | {holds} | {uniform} | {swarm} |")
}

fn sampled(sampled: Option<Sampled>) -> String {
    match sampled {
        None => "-".to_owned(),
        Some(Sampled {
            runs,
            found,
            steps_median,
        }) => {
            let median = steps_median.map_or(String::new(), |steps| format!(", median {steps} steps"));
            format!("{found} of {runs}{median}")
        }
    }
}
