//! Writing to standard output and to the terminal, and how lists read there.

use std::io::{self, ErrorKind, Write};

use itertools::Itertools as _;

use super::failure::Failure;

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

/// What stands in a table for a sentence below it: `(a)`, `(b)`, … and, where letters end, `(27)`.
pub(super) fn mark(place: usize) -> String {
    let letter =
        u32::try_from(place).ok().filter(|place| *place < 26).and_then(|place| char::from_u32('a' as u32 + place));
    letter.map_or_else(|| format!("({})", place + 1), |letter| format!("({letter})"))
}

/// Prints `text`. A reader that has seen enough (`batlinet report OUT | head`) is no failure.
///
/// # Errors
/// [`Failure::Usage`] if standard output cannot be written for another reason, such as a full disk.
pub fn print(text: &str) -> Result<(), Failure> {
    print_to(&mut io::stdout().lock(), text)
}

/// As [`print()`], to a standard output that was opened before.
///
/// # Errors
/// As [`print()`].
pub(super) fn print_to(out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    outcome(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// As [`print()`], of what another has printed to standard output.
///
/// # Errors
/// As [`print()`].
pub(super) fn printed(print: io::Result<()>) -> Result<(), Failure> {
    outcome(print.and_then(|()| io::stdout().flush()))
}

fn outcome(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Usage(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Tells the user a line on standard error. Where nobody listens there (`2>&-`, a full disk), the work goes on.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
