//! Samples from Apache Parquet.

use super::error::Error;
use super::heading::Heading;
use super::plan::Plan;
use super::samples::Samples;
use crate::packed::PublishedFile;

/// The headings of its columns.
///
/// # Errors
/// [`Error`]: it is not read yet.
pub(super) fn headings(file: &PublishedFile) -> Result<Vec<Heading>, Error> {
    Err(not_yet(file))
}

/// All samples.
///
/// # Errors
/// As [`headings`].
pub(super) fn read(file: &PublishedFile, _plan: &Plan) -> Result<Samples, Error> {
    Err(not_yet(file))
}

fn not_yet(file: &PublishedFile) -> Error {
    Error::File { file: file.place(), what: "Parquet is not read here: save the table as CSV".to_owned() }
}
