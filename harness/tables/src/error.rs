//! What can go wrong with tables of many runs.

use thiserror::Error;

/// Why a table was not written.
#[derive(Debug, Error)]
pub enum Error {
    /// The file could not be written.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// A defect of this program: rows that make no table.
    #[error("internal error: {0}")]
    Internal(String),
}
