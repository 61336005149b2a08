//! `sim spec raft`, `sim spec zab`: a quorum searched within bounds, with all rules or without some.

use checker::compact::{Compact, CompactReport, CompactVerdict, Stopped};
use checker::quorum::{Grain, Searched, Step, Subject};
use models::features::{NotASwitch, Switch};
use models::quorum::{Faults, Kind, Layer};
use models::{raft, zab};
use scenarios::scenario::names::did_you_mean;
use sim_core::Budget;

use super::only_own;
use crate::args::{Reduce, Spec};
use crate::commands::Call;
use crate::commands::check::report::{became, word, wrapped};
use crate::exit::{Ended, Exit, Refusal};
use crate::interrupt;
use crate::output::{Format, Tone, counted, grouped};
use crate::progress::Progress;

/// The models of a quorum, with what each is.
pub const ALL: [(&str, &str); 2] = [
    (
        "raft",
        "the KRaft metadata quorum: elections, replication, controllers, changes of the voters",
    ),
    (
        "zab",
        "the ZooKeeper ensemble: election, discovery, synchronisation, broadcast",
    ),
];

/// Most members: with five there is room for three observers.
const MEMBERS_MAX: usize = 8;

/// Flags that only a quorum has, as far as they are given.
pub fn given(args: &Spec) -> Vec<(&'static str, Option<()>)> {
    let is = |given: bool| given.then_some(());
    vec![
        ("--voters", args.voters.map(drop)),
        ("--observers", args.observers.map(drop)),
        ("--entries", args.entries.map(drop)),
        ("--faults", is(!args.faults.is_empty())),
        ("--off", is(!args.off.is_empty())),
        ("--controllers", is(args.controllers)),
        ("--property", args.property.as_ref().map(drop)),
        ("--reduce", is(!args.reduce.is_empty())),
        ("--jobs", args.jobs.map(drop)),
        ("--max-states", args.max_states.map(drop)),
    ]
}

/// What was searched, beside the subject itself.
struct Bounds {
    voters: usize,
    observers: usize,
    entries: u8,
    faults: Faults,
    /// Switches that differ from the newest rules, with their values.
    off: Vec<(String, String)>,
    grain: Grain,
    max_states: u64,
}

/// Searches a quorum.
pub fn run(call: &mut Call<'_>, args: &Spec) -> Ended {
    let foreign = [
        ("--replicas", args.replicas),
        ("--log-size", args.log_size),
        ("--records", args.records),
        ("--max-leader-epoch", args.max_leader_epoch),
        ("--max-offset", args.max_offset),
        ("--max-version", args.max_version),
    ];
    only_own(&args.variant, &foreign)?;
    call.settings
        .flag("max-states", args.max_states.map(|states| states.to_string()));
    call.settings.flag("jobs", args.jobs.map(|jobs| jobs.to_string()));
    let (subject, mut bounds) = subject(args)?;
    bounds.max_states = call.settings.number("max-states");
    if let Some(name) = &args.property {
        let names: Vec<&str> = properties(&args.variant).iter().map(|(name, _)| *name).collect();
        if !names.contains(&name.as_str()) {
            return Err(unknown(&args.variant, "property", name, &names, "properties"));
        }
    }
    call.out.note(format_args!("searching {}", args.variant));
    let search = Compact {
        threads: call.settings.jobs(),
        max_states: Some(bounds.max_states),
        ..Compact::default()
    };
    let mut progress = Progress::new(call.settings.talk);
    let searched = subject.search(args.property.as_deref(), bounds.grain, &search, &mut |come| {
        progress.tick(|seconds| {
            let (states, frontier) = (grouped(come.states as u64), grouped(come.frontier as u64));
            let speed = grouped(come.states as u64 / seconds);
            format!(
                "{states} states, frontier {frontier}, depth {}, {speed} states/s",
                come.depth
            )
        });
        interrupt::flow()
    });
    drop(progress);
    let searched = searched.map_err(|trouble| Refusal::io(trouble.to_string()))?;
    let exit = exit(&searched.report);
    match call.out.format {
        Format::Human => human(call, args, &bounds, &searched),
        Format::Json | Format::Jsonl => json::print(call, args, &bounds, &searched, exit),
    }
    Ok(exit)
}

/// The properties of a model, with what each says.
fn properties(variant: &str) -> &'static [(&'static str, &'static str)] {
    match variant {
        "raft" => checker::quorum::raft::ABOUT,
        _ => checker::quorum::zab::ABOUT,
    }
}

/// As `sim check` without a claim: a violation is what was looked for and is not expected.
fn exit<A>(report: &CompactReport<A>) -> Exit {
    match report.verdict {
        CompactVerdict::Holds => Exit::Expected,
        CompactVerdict::Violated { .. } => Exit::Unexpected,
        CompactVerdict::Inconclusive(_) if interrupt::asked() => Exit::Interrupted,
        CompactVerdict::Inconclusive(_) => Exit::Unsettled,
    }
}

fn subject(args: &Spec) -> Result<(Subject, Bounds), Refusal> {
    let (voters, observers) = (args.voters.unwrap_or(3), args.observers.unwrap_or(0));
    if !(1..=5).contains(&voters) || voters + observers > MEMBERS_MAX {
        let text = format!(
            "`--voters {voters}` with {observers} observers is out of range: the model has room for 1 to 5 voters, and {MEMBERS_MAX} members in all"
        );
        return Err(Refusal::usage(text));
    }
    let entries = args.entries.unwrap_or(1);
    let entries = u8::try_from(entries).map_err(|_| Refusal::usage("--entries expects a number up to 255"))?;
    let faults = faults(args, entries)?;
    let grain = match args.reduce.contains(&Reduce::Coarse) {
        true => Grain::RoundTrips,
        false => Grain::Fine,
    };
    let bounds = |off| Bounds {
        voters,
        observers,
        entries,
        faults: faults.clone(),
        off,
        grain,
        max_states: 0,
    };
    if args.variant == "zab" {
        let foreign = [
            ("--observers", args.observers.map(drop)),
            ("--controllers", args.controllers.then_some(())),
        ];
        only_own("zab", &foreign)?;
        let mut rules = zab::Rules::ALL_ON;
        let off = switched(args, |name, value| rules.set(name, value), &zab::Rules::values())?;
        let config = zab::Config {
            servers: voters as u8,
            rules,
            faults: faults.clone(),
        };
        return Ok((Subject::Zab(config), bounds(off)));
    }
    let mut rules = raft::Rules::NEWEST;
    let off = switched(args, |name, value| rules.set(name, value), &raft::Rules::values())?;
    // Who takes what for committed is read by controllers only.
    let controllers = match args.controllers || needs_controllers(&rules) {
        true => Layer::Attached,
        false => Layer::Absent,
    };
    let config = raft::Config {
        observers: observers as u8,
        controllers,
        commit_news: controllers,
        followers: Layer::Attached,
        ..raft::Config::new(voters as u8, rules, faults.clone())
    };
    Ok((Subject::Raft(config), bounds(off)))
}

/// A name that the model does not have.
fn unknown(variant: &str, what: &str, name: &str, names: &[&str], several: &str) -> Refusal {
    let refusal = Refusal::usage(format!("{variant} has no {what} `{name}`"));
    match did_you_mean(name, names.iter().copied()) {
        Some(meant) => refusal.help(format!("did you mean `{meant}`?")),
        None => refusal.help(format!("its {several} are {}", names.join(", "))),
    }
}

/// Whether a rule is off that only controllers have.
fn needs_controllers(rules: &raft::Rules) -> bool {
    rules.controller_resign_coupled == Switch::Off || rules.snapshot_on_promotion == Switch::Off
}

/// Sets the switches of `--off`: without a value to the one before the fix.
fn switched(
    args: &Spec,
    mut set: impl FnMut(&str, &str) -> Result<(), NotASwitch>,
    values: &[(&'static str, Vec<&'static str>)],
) -> Result<Vec<(String, String)>, Refusal> {
    let mut off = Vec::new();
    for word in &args.off {
        let (name, value) = word
            .split_once('=')
            .map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        let name = name.replace('-', "_");
        let Some((known, words)) = values.iter().find(|(known, _)| *known == name) else {
            let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
            let refusal = Refusal::usage(format!("{} has no switch `{name}`", args.variant));
            return Err(
                match scenarios::scenario::names::did_you_mean(&name, names.iter().copied()) {
                    Some(meant) => refusal.help(format!("did you mean `{meant}`?")),
                    None => refusal.help(format!("its switches are {}", names.join(", "))),
                },
            );
        };
        let value = value.unwrap_or(words[0]);
        if set(known, value).is_err() {
            let refusal = Refusal::usage(format!("switch `{known}` has no value `{value}`"));
            return Err(refusal.help(format!("its values are {}", words.join(", "))));
        }
        off.push((name, value.to_owned()));
    }
    Ok(off)
}

fn faults(args: &Spec, entries: u8) -> Result<Faults, Refusal> {
    let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    let mut faults = Faults::entries(entries);
    for word in &args.faults {
        let Some((kind, number)) = word.split_once('=') else {
            return Err(Refusal::usage(format!("--faults expects KIND=N, got `{word}`")));
        };
        let kind = kind.trim().replace('_', "-");
        let Some(known) = Kind::named(&kind) else {
            let refusal = Refusal::usage(format!("a quorum has no fault `{kind}`"));
            return Err(
                match scenarios::scenario::names::did_you_mean(&kind, names.iter().copied()) {
                    Some(meant) => refusal.help(format!("did you mean `{meant}`?")),
                    None => refusal.help(format!("its faults are {}", names.join(", "))),
                },
            );
        };
        let number = number.trim().parse();
        let left = number.map_err(|_| Refusal::usage(format!("a budget is a number from 0 to 255, got `{word}`")))?;
        faults = faults.with(known, left);
    }
    Ok(faults)
}

impl Bounds {
    fn text(&self) -> String {
        let mut parts = vec![format!("voters {}", self.voters)];
        if self.observers > 0 {
            parts.push(format!("observers {}", self.observers));
        }
        parts.push(format!("entries {}", self.entries));
        parts.extend(self.spent().map(|(kind, left)| format!("{kind}<={left}")));
        let rules = match &self.off[..] {
            [] => "newest".to_owned(),
            off => {
                let off: Vec<String> = off.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("newest but {}", off.join(", "))
            }
        };
        format!("{}   rules {rules}", parts.join(", "))
    }

    /// Kinds of faults that may happen, with how many.
    fn spent(&self) -> impl Iterator<Item = (&'static str, u8)> + '_ {
        self.faults.iter().filter_map(|(kind, left)| match left {
            Budget::Left(0) | Budget::Unlimited => None,
            Budget::Left(left) => Some((kind.name(), left)),
        })
    }

    fn reductions(&self) -> &'static [&'static str] {
        match self.grain {
            Grain::Fine => &[],
            Grain::RoundTrips => &["coarse"],
        }
    }
}

fn human(call: &mut Call<'_>, args: &Spec, bounds: &Bounds, searched: &Searched) {
    let report = &searched.report;
    call.out.line(format_args!("bounds     {}", bounds.text()));
    let frontier = match report.verdict {
        CompactVerdict::Violated { .. } if report.frontier > 0 => "ended at the first violation".to_owned(),
        CompactVerdict::Inconclusive(_) => format!("frontier {}", grouped(report.frontier)),
        CompactVerdict::Holds | CompactVerdict::Violated { .. } => "frontier empty".to_owned(),
    };
    let (states, transitions) = (
        counted(report.states, "state"),
        counted(report.transitions, "transition"),
    );
    let depth = report.depth();
    call.out.line(format_args!(
        "explored   {states}, {transitions}, depth {depth}, {frontier}"
    ));
    let reductions = match bounds.reductions() {
        [] => "none".to_owned(),
        some => some.join(", "),
    };
    let (slot, count) = (&searched.widest.0, grouped(searched.widest.1 as u64));
    call.out.line(format_args!(
        "           reductions {reductions}   most values of one slot: {count} ({slot})"
    ));
    verdict(call, report);
    let width = report
        .properties
        .iter()
        .map(|property| property.name.len())
        .max()
        .unwrap_or(0)
        .max(21)
        + 3;
    for property in &report.properties {
        let became = became(property, &report.verdict);
        call.out
            .line(format_args!("             {:width$}{became}", property.name));
    }
    let never: Vec<&str> = report.unreached().collect();
    let names = report
        .witnesses
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !never.contains(name));
    let names: Vec<String> = names.map(|name| format!("\"{}\"", name.replace('-', " "))).collect();
    let (some, all) = (names.len(), report.witnesses.len());
    wrapped(
        call,
        "reached    ",
        &format!("{some} of {all} witnesses: {}", names.join(", ")),
    );
    if let CompactVerdict::Violated { property, trace } = &report.verdict {
        counterexample(call, trace, searched.reason.as_deref());
        let claim = properties(&args.variant).iter().find(|(name, _)| name == property);
        if let Some((name, claim)) = claim {
            call.out.line(format_args!("\n  {name}: {claim}"));
        }
    }
}

fn verdict(call: &mut Call<'_>, report: &CompactReport<Step>) {
    let (tone, text) = match &report.verdict {
        CompactVerdict::Holds => (Tone::Good, "HOLDS within these bounds".to_owned()),
        CompactVerdict::Violated { property, trace } => {
            let steps = counted(trace.len() as u64, "step");
            (
                Tone::Bad,
                format!("VIOLATED: {property}, in {steps}, the fewest possible"),
            )
        }
        CompactVerdict::Inconclusive(stopped) => {
            let why = match stopped {
                Stopped::MaxStates => " (--max-states)",
                Stopped::MaxDepth | Stopped::MaxMemory | Stopped::Interrupted => "",
            };
            let deepest = report.complete_to.map_or("none".to_owned(), |depth| depth.to_string());
            let states = grouped(report.states);
            let text = format!("INCONCLUSIVE: stopped at {states} states{why}, deepest level complete {deepest}");
            (Tone::Open, text)
        }
    };
    let text = call.out.paint(tone, &text);
    call.out.line(format_args!("verdict    {text}"));
}

fn counterexample(call: &mut Call<'_>, trace: &[Step], reason: Option<&str>) {
    call.out.line("");
    for (at, step) in (1..).zip(trace) {
        call.out.line(format_args!("  {at:>3}  {}", step.action));
        for fact in &step.facts {
            call.out.line(format_args!("         {fact}"));
        }
    }
    if let Some(reason) = reason {
        call.out.line(format_args!("\n      {reason}"));
    }
}

mod json {
    //! The same as one object: `sim.spec/1` with the fields of a search.

    use std::collections::BTreeMap;

    use super::{Bounds, Call, CompactVerdict, Exit, Searched, Spec, word};
    use serde::Serialize;

    #[derive(Serialize)]
    struct Json<'s> {
        schema: &'static str,
        variant: &'s str,
        verdict: &'static str,
        distinct: u64,
        transitions: u64,
        depth: usize,
        levels: &'s [u64],
        frontier: u64,
        bounds: JsonBounds<'s>,
        properties: Vec<JsonProperty>,
        witnesses: Vec<JsonWitness>,
        property: Option<&'s str>,
        steps: Option<usize>,
        reason: Option<&'s str>,
        trace: Option<Vec<JsonStep<'s>>>,
        exit: u8,
    }

    #[derive(Serialize)]
    struct JsonBounds<'s> {
        voters: usize,
        observers: usize,
        entries: u8,
        faults: BTreeMap<&'static str, u8>,
        off: BTreeMap<&'s str, &'s str>,
        reductions: &'static [&'static str],
        max_states: u64,
    }

    #[derive(Serialize)]
    struct JsonProperty {
        name: &'static str,
        verdict: &'static str,
        violating_states: u64,
        violating_steps: u64,
    }

    #[derive(Serialize)]
    struct JsonWitness {
        name: &'static str,
        reached: bool,
        depth: Option<usize>,
    }

    #[derive(Serialize)]
    struct JsonStep<'s> {
        action: &'s str,
        facts: &'s [String],
    }

    /// Prints the whole answer.
    pub fn print(call: &mut Call<'_>, args: &Spec, bounds: &Bounds, searched: &Searched, exit: Exit) {
        let report = &searched.report;
        let violated = match &report.verdict {
            CompactVerdict::Violated { property, trace } => Some((*property, trace)),
            CompactVerdict::Holds | CompactVerdict::Inconclusive(_) => None,
        };
        let properties = report.properties.iter().map(|property| JsonProperty {
            name: property.name,
            verdict: word(property, &report.verdict),
            violating_states: property.violating_states,
            violating_steps: property.violating_steps,
        });
        let witnesses = report.witnesses.iter().map(|(name, depth)| JsonWitness {
            name,
            reached: depth.is_some(),
            depth: *depth,
        });
        let step = |step: &'_ super::Step| (step.action.clone(), step.facts.clone());
        let steps: Option<Vec<_>> = violated.map(|(_, trace)| trace.iter().map(step).collect());
        let trace = steps.as_ref().map(|steps| {
            let step = steps.iter().map(|(action, facts)| JsonStep { action, facts });
            step.collect()
        });
        call.out.json(&Json {
            schema: "sim.spec/1",
            variant: &args.variant,
            verdict: match report.verdict {
                CompactVerdict::Holds => "holds",
                CompactVerdict::Violated { .. } => "violated",
                CompactVerdict::Inconclusive(_) => "inconclusive",
            },
            distinct: report.states,
            transitions: report.transitions,
            depth: report.depth(),
            levels: &report.levels,
            frontier: report.frontier,
            bounds: JsonBounds {
                voters: bounds.voters,
                observers: bounds.observers,
                entries: bounds.entries,
                faults: bounds.spent().collect(),
                off: bounds
                    .off
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()))
                    .collect(),
                reductions: bounds.reductions(),
                max_states: bounds.max_states,
            },
            properties: properties.collect(),
            witnesses: witnesses.collect(),
            property: violated.map(|(property, _)| property),
            steps: violated.map(|(_, trace)| trace.len()),
            reason: searched.reason.as_deref(),
            trace,
            exit: exit.code(),
        });
    }
}
