//! What is said when the program itself is wrong: the broken rule, and the scenario and seed that break it again.

use std::panic::PanicHookInfo;
use std::sync::{Mutex, PoisonError};

use checker::explore::seed_under_way;

use crate::exit::Exit;

/// What the program is doing, so that a crash can be repeated.
#[derive(Clone, Debug, Default)]
struct UnderWay {
    /// The command as it was typed.
    command: String,
    /// The scenario, with the rules, once it is known.
    scenario: Option<String>,
}

static UNDER_WAY: Mutex<UnderWay> = Mutex::new(UnderWay {
    command: String::new(),
    scenario: None,
});

/// Installs the report. `command` is what was typed.
pub fn install(command: String) {
    change(|under_way| under_way.command = command);
    std::panic::set_hook(Box::new(|info| {
        eprint!("{}", report(info));
        std::process::exit(i32::from(Exit::Defect.code()));
    }));
}

/// Notes which scenario is being worked on.
pub fn working_on(scenario: String) {
    change(|under_way| under_way.scenario = Some(scenario));
}

fn change(change: impl FnOnce(&mut UnderWay)) {
    change(&mut UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner));
}

fn report(info: &PanicHookInfo<'_>) -> String {
    let under_way = UNDER_WAY
        .try_lock()
        .map(|under_way| under_way.clone())
        .unwrap_or_default();
    let message = info.payload_as_str().unwrap_or("without a word");
    let mut text = format!("error[internal]: a rule of the simulator itself was broken: {message}\n");
    if let Some(place) = info.location() {
        text.push_str(&format!(" --> {}:{}:{}\n", place.file(), place.line(), place.column()));
    }
    if let Some(scenario) = &under_way.scenario {
        text.push_str(&format!("  scenario        {scenario}\n"));
    }
    if let Some(seed) = seed_under_way() {
        text.push_str(&format!("  seed            {seed}\n"));
    }
    text + &format!(
        "  please report   {}     (sim {})\n",
        under_way.command,
        env!("CARGO_PKG_VERSION")
    )
}
