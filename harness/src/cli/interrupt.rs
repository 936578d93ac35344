//! Ctrl-C.

use std::{
    process,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{failure::Failure, output::say};

/// A flag that the first Ctrl-C (or SIGTERM) sets, saying `notice`; the second ends the program.
///
/// # Errors
/// [`Failure::Internal`] when the system takes no handler.
pub fn flag(notice: &'static str) -> Result<&'static AtomicBool, Failure> {
    static STOP: AtomicBool = AtomicBool::new(false);
    static HANDLER: OnceLock<Result<(), String>> = OnceLock::new();
    let handler = HANDLER.get_or_init(|| {
        ctrlc::set_handler(move || {
            if STOP.swap(true, Ordering::Relaxed) {
                process::exit(130);
            }
            say(&format!("{notice}; once more ends at once"));
        })
        .map_err(|error| error.to_string())
    });
    handler.as_ref().map_err(|error| Failure::Internal(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(&STOP)
}
