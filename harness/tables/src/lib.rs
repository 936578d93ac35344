//! Result tables of many runs. This is where polars is: nothing that does without tables waits for it.

mod error;
mod predictions;

pub use error::Error;
pub use predictions::{PredictionRow, write_parquet};
