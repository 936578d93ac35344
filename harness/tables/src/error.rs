//! What can go wrong with tables of many runs.

use std::{io, path::PathBuf};

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
    /// Polars has none to work on.
    #[error(
        "the system gives no thread to read and write Parquet files with ({0}): raise the limit (`ulimit -u`, that of a container) or end \
         other programs"
    )]
    Threads(io::Error),
    /// A defect of this program: rows that make no table.
    #[error("internal error: {0}")]
    Internal(String),
}
