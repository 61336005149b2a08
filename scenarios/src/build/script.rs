//! Owns what a script may not ask for, because the model has no word for it.

use super::{MIN_ISR, Refusal, UNCLEAN, refuse};
use crate::scenario::event::{AdminCommand, Event};
use crate::scenario::schema::Scenario;

/// Refuses events that would change nothing in the model though they do in a real cluster.
pub(super) fn check(scenario: &Scenario) -> Result<(), Refusal> {
    for (at, event) in scenario.script.iter().enumerate() {
        let path = format!("script[{at}]");
        match event {
            Event::SlowDisk { delay: Some(_), .. } => {
                let sentence = "a disk that is only slower is not modelled yet: leave `delay` out, and it stands still";
                return Err(refuse(format!("{path}.delay"), sentence));
            }
            Event::AlterConfig { key, .. } => alterable(key, &format!("{path}.key"))?,
            _ => {}
        }
    }
    for (at, command) in scenario.faults.admin.iter().enumerate() {
        if let AdminCommand::AlterConfig { key, .. } = command {
            alterable(key, &format!("faults.admin[{at}].key"))?;
        }
    }
    Ok(())
}

fn alterable(key: &str, path: &str) -> Result<(), Refusal> {
    if [MIN_ISR, UNCLEAN].contains(&key) {
        return Ok(());
    }
    Err(refuse(
        path,
        format!("changing `{key}` of a topic that exists is not modelled yet"),
    ))
}
