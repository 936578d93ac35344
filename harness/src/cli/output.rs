//! Writing to standard output.

use std::io::{ErrorKind, Write as _, stdout};

use crate::failure::Failure;

/// Prints `text`. A reader that has seen enough (`batlinet report OUT | head`) is no failure.
///
/// # Errors
/// [`Failure::Usage`] if standard output cannot be written for another reason, such as a full disk.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Usage(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
