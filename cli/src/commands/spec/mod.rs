//! `sim spec`: the published specifications, every state of them counted; and the two models of a quorum, searched.

mod quorum;

use std::ops::ControlFlow;

use checker::spec::replication::Variant;
use checker::spec::{BoundsError, Specification, Symmetry, isr_negotiation, replication, run_spec_watched};

use super::Call;
use crate::args::{OnOff, Spec};
use crate::exit::{Ended, Exit, Refusal};
use crate::output::{Format, grouped};
use crate::progress::Progress;
use crate::{input, interrupt};

/// The name of the specification that is no variant of replication.
const NEGOTIATION: &str = "isr-negotiation";

/// Names of all specifications with what they say.
pub fn all() -> Vec<(&'static str, &'static str)> {
    let about = |variant: Variant| match variant {
        Variant::TruncHw => "followers truncate to their own high watermark (before KIP-101)",
        Variant::Kip101 => "followers truncate where the leader's log leaves their last epoch",
        Variant::Kip279 => "followers truncate behind the last record that both logs share",
        Variant::Kip320First => "the first try at KIP-320: truncation is a step of its own",
        Variant::Kip320 => "leaders and followers must agree on the leader epoch",
    };
    let mut all: Vec<_> = Variant::ALL
        .into_iter()
        .map(|variant| (variant.name(), about(variant)))
        .collect();
    all.push((NEGOTIATION, "a fixed leader asks the controller to change the ISR"));
    all.extend(quorum::ALL);
    all
}

/// Counts the states of a specification.
pub fn run(call: &mut Call<'_>, args: &Spec) -> Ended {
    let names: Vec<&str> = all().into_iter().map(|(name, _)| name).collect();
    input::known("specification", "specs", &args.variant, &names)?;
    if quorum::ALL.iter().any(|(name, _)| *name == args.variant) {
        return quorum::run(call, args);
    }
    only_own(&args.variant, &quorum::given(args))?;
    let spec = specification(args)?;
    call.out.note(format_args!("counting {}", args.variant));
    let mut progress = Progress::new(call.settings.talk);
    let report = run_spec_watched(&spec, &mut |at| {
        progress.tick(|seconds| {
            let speed = grouped(at.states as u64 / seconds);
            let (states, frontier) = (grouped(at.states as u64), grouped(at.frontier as u64));
            format!(
                "{states} states, frontier {frontier}, depth {}, {speed} states/s",
                at.depth
            )
        });
        if interrupt::asked() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    drop(progress);
    match call.out.format {
        Format::Human => call.out.text(&report),
        Format::Json | Format::Jsonl => call.out.json(&report),
    }
    Ok(if interrupt::asked() {
        Exit::Interrupted
    } else {
        Exit::Expected
    })
}

fn specification(args: &Spec) -> Result<Specification, Refusal> {
    let symmetry = match args.symmetry {
        OnOff::On => Symmetry::On,
        OnOff::Off => Symmetry::Off,
    };
    let refuse = |error: BoundsError| Refusal::usage(error.to_string());
    if args.variant == NEGOTIATION {
        let foreign = [
            ("--log-size", args.log_size),
            ("--records", args.records),
            ("--max-leader-epoch", args.max_leader_epoch),
        ];
        only_own(&args.variant, &foreign)?;
        let (offset, version) = (args.max_offset.unwrap_or(2), args.max_version.unwrap_or(2));
        let bounds = isr_negotiation::Bounds::new(args.replicas.unwrap_or(3), offset, version);
        return Ok(Specification::IsrNegotiation(bounds.map_err(refuse)?, symmetry));
    }
    only_own(
        &args.variant,
        &[("--max-offset", args.max_offset), ("--max-version", args.max_version)],
    )?;
    let variant = Variant::ALL.into_iter().find(|variant| variant.name() == args.variant);
    let bounds = replication::Bounds::new(
        args.replicas.unwrap_or(2),
        args.log_size.unwrap_or(2),
        args.records.unwrap_or(2),
        args.max_leader_epoch.unwrap_or(1),
    );
    let variant = variant.expect("its name was looked up");
    Ok(Specification::Replication(variant, bounds.map_err(refuse)?, symmetry))
}

/// Refuses a flag that the specification does not have: it would be ignored.
fn only_own<T>(variant: &str, foreign: &[(&str, Option<T>)]) -> Result<(), Refusal> {
    match foreign.iter().find(|(_, value)| value.is_some()) {
        Some((flag, _)) => Err(Refusal::usage(format!("{flag} is no bound of {variant}"))),
        None => Ok(()),
    }
}
