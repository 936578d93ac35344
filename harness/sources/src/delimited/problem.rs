//! What is wrong with a table, and where.

/// What is wrong with a table, and where; a fragment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    /// Nothing in particular is to blame.
    #[error("{0}")]
    Whole(String),
    /// A line, from 1.
    #[error("line {line}: {what}")]
    Line {
        /// From 1, the header included.
        line: u64,
        /// A fragment.
        what: String,
    },
    /// One field.
    #[error("line {line}, column \"{column}\": {what}")]
    Field {
        /// From 1, the header included.
        line: u64,
        /// Its name.
        column: &'static str,
        /// What stands there.
        value: String,
        /// A fragment.
        what: String,
    },
}
