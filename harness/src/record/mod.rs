//! What a run leaves on disk. Every format has a version; every file is written whole or not at all.
//!
//! ```text
//! OUT/
//!   runs/<key>/record.json        one run: its keys, provenance and measures      [`RunRecord`]
//!   runs/<key>/predictions.csv    its test cells: observed and predicted lives    [`Prediction`]
//!   runs/<key>/weights.safetensors    the trained tensors, for the networks
//!   experiments/<name>-<data>.json    what was declared, for the report           [`ExperimentRecord`]
//!   scores.csv                    one row per run                                 [`Score`]
//!   predictions.parquet           all test predictions
//! ```
//!
//! Wall times and machines are in `record.json` only, so that `scores.csv` is the same byte for byte wherever and
//! however often the runs are made.

mod experiment;
pub mod files;
mod ingredients;
mod predictions;
mod run;
mod scores;

pub use experiment::{AS_WRITTEN, Expectation, ExperimentRecord, Metric, Protocol, Study};
pub use ingredients::{Ingredients, hash};
pub use predictions::{PredictionRow, write_parquet};
pub use run::{Fit, Prediction, Removed, RunRecord, Seconds, Status, Versions};
pub use scores::{SCORE_COLUMNS, Score, read_scores, write_scores};
