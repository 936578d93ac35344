//! Result tables of many runs. This is where polars is: nothing that does without tables waits for it.

mod columns;
mod error;
mod features;
mod kept;
mod predictions;
pub mod threads;

pub use columns::{ColumnValues, read_columns};
pub use error::Error;
pub use features::{Values, write_features};
pub use predictions::{PredictionRow, write_parquet};
