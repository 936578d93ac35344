//! What a run leaves on disk. Every format has a version; every file is written whole or not at all.
//!
//! ```text
//! OUT/
//!   runs/<key>/record.json        one run: its keys, provenance and measures, the hashes of all that lies beside it and of
//!                                 itself                                          [`RunRecord`]
//!   runs/<key>/predictions.csv    its test cells: observed and predicted lives    [`Prediction`]
//!   runs/<key>/weights.safetensors    the trained tensors, for the networks; absent where `record.json` names the run
//!                                 whose trained model was asked, under `trained_by`
//!   runs/<key>/references.csv     the training cells that BatLiNet was asked with, per test cell  [`DrawnReferences`]
//!   runs/<key>/pairs.csv          every test cell with every training cell as its only reference, where
//!                                 `pair_matrix: true` asked for it                [`PairPredictions`]
//!   runs/<key>/losses.csv         training losses, of a run that trained a network           [`Losses`]
//!   runs/<key>/deviations.csv     how unsure the model is of each test cell, where it knows  [`Deviations`]
//!   runs/<key>/selection.csv      what a run of `stack` or `select` is made of, and every score that was looked at for it
//!                                                                                 [`Selection`]
//!   runs/<key>/intervals.csv      and where the lives of its test cells should be  [`Intervals`]
//!   runs/<key>/sides.csv          which of two models answered for which test cell, of a run of `hand_over`  [`Sides`]
//!   pretrained/<key>.safetensors  networks that fine-tuning begins with, each for all numbers of target cells
//!   bundles/<key>.blm             the models of runs, where `run --bundles` asked for them (crate `bundle`)
//!   experiments/<name>-<data>.json    what was declared, for the report           [`ExperimentRecord`]
//!   scores.csv                    one row per run                                 [`Score`]
//!   scores.blake3                 hashes of its rows, as they were written        [`check_rows`]
//!   plan.csv                      every run that was meant, made or not, in the order of the scores  [`Planned`]
//!   predictions.parquet           all test predictions
//!   reference_curves.csv          where runs left pairs: per test cell, its error with the best, the median and the
//!                                 worst reference                                 [`ReferenceTables`]
//!   reference_draws.csv           and the RMSE of many choices of 1, 2, 4 … 64 references
//! ```
//!
//! Wall times and machines are in `record.json` only, so that `scores.csv` is the same byte for byte however often the runs
//! are made on one machine. On another, engine, instruction set and libtorch may round otherwise.
//!
//! Text is an edge: a [`Score`] has an origin, a [`Variant`] and a protocol, a record has [`Values`], and their words are made
//! where they are written or shown. Records of format 1 are read as they are, and `batlinet run` takes them over (`run/former.rs`).

mod attachments;
mod change;
mod computed;
mod deviations;
mod error;
mod experiment;
pub mod files;
mod fold;
mod ingredients;
mod keep;
mod losses;
#[doc(hidden)]
pub mod made_up;
mod models;
mod output;
mod pairs;
mod planned;
mod provenance;
mod reference_tables;
mod references;
mod rows;
mod run;
mod scores;
mod seal;
mod selection;
mod sides;
mod values;
mod variant;

pub use attachments::{Attachments, Hashes, hash_of, pretrained_name};
pub use change::Change;
pub use computed::{DeviceClass, Precision};
pub use deviations::Deviations;
pub use error::Error;
pub use experiment::{AS_WRITTEN, Expectation, ExperimentRecord, Metric, Protocol, Study};
pub use fold::{family_of_fold, fold_name};
pub use ingredients::{Ingredients, hash};
pub use keep::keep;
pub use losses::Losses;
pub use models::{MODELS, NETWORKS, SEEDED_MODELS, draws_nothing, entry, is_drawn, is_made_of_others};
pub use output::{Depth, read_output};
pub use pairs::PairPredictions;
pub use planned::Planned;
pub use provenance::{Provenance, UNKNOWN, Versions, card, processor};
pub use reference_tables::{ReferenceTables, draws_of};
pub use references::DrawnReferences;
pub use rows::{check_row, check_rows, sound_rows};
pub use run::{Doubtful, Fit, LifeBases, Prediction, Removed, RunRecord, Seconds, Status, weights_file, weights_hash};
pub use scores::{SCORE_COLUMNS, Score, read_scores, write_scores};
pub use selection::{Candidate, Interval, Intervals, Selection};
pub use sides::{Side, Sides};
pub use values::{Branches, Method, Values};
pub use variant::{Swept, Variant};
