//! A clock that says it is before 1970. Crates that check certificates or date workbooks panic there, so it is looked at before.

use std::time::SystemTime;

/// Why nothing that needs the date is done; none where the clock may be right.
pub(crate) fn wrong_clock() -> Option<&'static str> {
    let is_before = SystemTime::now() < SystemTime::UNIX_EPOCH;
    is_before.then_some("the clock of this machine says that it is before 1970: set it, and try again")
}
