//! Writing to standard output, and how lists read there.

use std::io::{ErrorKind, Write as _, stdout};

use itertools::Itertools as _;

use cells::failure::Failure;

/// So many cells a line names at most.
const NAMED: usize = 6;

/// `MATR_b1c0, MATR_b1c1 and 3 more`.
pub(super) fn names<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let ids: Vec<&str> = ids.into_iter().collect();
    let first = ids.iter().take(NAMED).join(", ");
    match ids.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

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
