//! Trained models in one file, and lives with intervals for cells that no split knows.
//!
//! ```text
//! fit          a bundle, from one entry of a planned experiment: the model that `run` trains
//! description  what a bundle says of itself
//! file         a bundle as the bytes of one safetensors file, sealed by a hash
//! calibration  residuals of cross-validation, and the intervals that follow
//! domain       what the training cells were like, and how far from them another cell is
//! nearness     how far from the training cells the features of another cell are
//! look         what is seen of another cell before the model is asked
//! predict      lives for other cells: looked at, asked, judged
//! judge        what a predicted life means: its interval, what is left of it, what to distrust
//! answer       one such answer, as CSV and JSON
//! ```
//!
//! A bundle holds the training samples, as models read them, and what follows from them by a computation that is always the
//! same is computed again when it is needed: transformations, and every model without a network, which takes milliseconds.
//! Networks come back from their weights, by the way on which runs share them. BatLiNet's references are the training samples.
//! So a bundle predicts what `run` predicts, and there is no second code path that could differ.

pub mod answer;
pub mod calibration;
pub mod description;
pub mod domain;
mod error;
mod file;
pub mod fit;
mod judge;
mod look;
pub mod nearness;
pub mod predict;

use baselines::Weights;
use cells::portrait::Portrait;
use features::samples::Part;

pub use answer::{Answer, Status};
pub use calibration::Calibration;
pub use description::Description;
pub use error::Error;
pub use fit::Folds;

/// A trained model with all that it takes to ask it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// What it is and where it comes from.
    pub description: Description,
    /// The training cells, as models read them.
    pub train: Part,
    /// What the first cycles of the training cells look like, by which they are known again under other ids; none in bundles of older
    /// programs.
    pub portraits: Vec<Portrait>,
    /// The tensors of a network.
    pub weights: Option<Weights>,
    /// What intervals are made of, where the model was calibrated.
    pub calibration: Option<Calibration>,
}
