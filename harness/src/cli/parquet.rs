//! Parquet files of a cycler, read by the library that tables of results are written with.

use sources::cycler::{Values, Wanted};
use tables::ColumnValues;

/// See [`sources::cycler::ReadColumns`].
pub(super) fn columns(bytes: Vec<u8>, wanted: Wanted<'_>) -> Result<Vec<(String, Values)>, String> {
    let values = |values| match values {
        ColumnValues::Numbers(numbers) => Values::Numbers(numbers),
        ColumnValues::Words(words) => Values::Words(words),
        ColumnValues::Times(times) => Values::Times(times),
        ColumnValues::Other => Values::Other,
    };
    let columns = tables::read_columns(bytes, wanted)?;
    Ok(columns.into_iter().map(|(name, column)| (name, values(column))).collect())
}
