//! What can go wrong with tables of many runs.

use std::path::PathBuf;

use thiserror::Error;

/// Why a table was not written.
#[derive(Debug, Error)]
pub enum Error {
    /// The file could not be written.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// A line of CSV has no room for arrays.
    #[error(
        "{path}: the feature {feature} is an array, which CSV has no column for: write a file that ends in .parquet"
    )]
    NoArrays {
        /// The file.
        path: PathBuf,
        /// Name of the feature.
        feature: String,
    },
    /// A defect of this program: rows that make no table.
    #[error("internal error: {0}")]
    Internal(String),
}
