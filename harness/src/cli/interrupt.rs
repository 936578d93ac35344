//! Ctrl-C.

use std::{
    process,
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
};

use super::output::say;

/// A flag that the first Ctrl-C (or SIGTERM) sets, saying `notice`; the second ends the program. Where the system gives no thread to
/// listen for it, the first one does.
pub fn flag(notice: &'static str) -> &'static AtomicBool {
    static STOP: AtomicBool = AtomicBool::new(false);
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| {
        let listens = ctrlc::set_handler(move || {
            if STOP.swap(true, Ordering::Relaxed) {
                process::exit(130);
            }
            say(&format!("{notice}; once more ends at once"));
        });
        if let Err(error) = listens {
            say(&format!("nobody listens for Ctrl-C here ({error}): it ends the program at once"));
        }
    });
    &STOP
}
