//! The commands, one file each, and what several of them share.

mod check;
mod conform;
mod describe;
mod explain;
mod explore;
mod graph;
mod lab;
mod list;
mod mutants;
mod new;
mod replay;
mod run;
mod selfcheck;
mod shrink;
mod spec;
mod validate;

use crate::args::Verb;
use crate::exit::{Ended, Exit};
use crate::map;
use crate::output::Output;
use crate::settings::Settings;

/// What every command gets: its answer's stream and the settings.
pub struct Call<'o> {
    /// Where the answer and the talk go.
    pub out: &'o mut Output,
    /// What holds where no flag says otherwise.
    pub settings: Settings,
}

/// Does what the command line says.
pub fn call(verb: Option<Verb>, settings: Settings, out: &mut Output) -> Ended {
    let mut call = Call { out, settings };
    match verb {
        None => {
            call.out.text(map::text());
            Ok(Exit::Expected)
        }
        Some(Verb::List(args)) => list::run(&mut call, &args),
        Some(Verb::Validate(args)) => validate::run(&mut call, &args),
        Some(Verb::Spec(args)) => spec::run(&mut call, &args),
        Some(Verb::Graph(args)) => graph::run(&mut call, &args),
        Some(Verb::Lab(args)) => lab::run(&mut call, &args),
        Some(Verb::Check(args)) => check::run(&mut call, &args),
        Some(Verb::Explore(args)) => explore::run(&mut call, &args),
        Some(Verb::Run(args)) => run::run(&mut call, &args),
        Some(Verb::Replay(args)) => replay::run(&mut call, &args),
        Some(Verb::Shrink(args)) => shrink::run(&mut call, &args),
        Some(Verb::Explain(args)) => explain::run(&mut call, &args),
        Some(Verb::Describe(args)) => describe::run(&mut call, &args),
        Some(Verb::Conform(args)) => conform::run(&mut call, &args),
        Some(Verb::Mutants(args)) => mutants::run(&mut call, &args),
        Some(Verb::New(args)) => new::run(&mut call, &args),
        Some(Verb::Selfcheck(args)) => selfcheck::run(&mut call, &args),
    }
}
