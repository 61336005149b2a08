//! Ctrl-C: the first one asks the work to end and to show what it has, the second one ends the program at once.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Begins to listen. Where the system has no such signal, Ctrl-C does what it always does.
pub fn listen() {
    let heard = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        eprintln!("stopping; Ctrl-C again stops at once");
    });
    if let Err(why) = heard {
        eprintln!("warning: Ctrl-C will not stop cleanly: {why}");
    }
}

/// Whether the work should end.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// The same, for whoever is watched while working.
pub fn flow() -> ControlFlow<()> {
    if asked() {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}
