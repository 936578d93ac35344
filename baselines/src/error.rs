//! Why a model gives no answer.

use thiserror::Error;

/// Why a model could not be fitted or asked.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The features do not have the shape that the model works on.
    #[error("features have shape {got:?}, the model needs {expected}")]
    Shape {
        /// In words, such as `[samples, 1000]`.
        expected: String,
        /// The shape that came.
        got: Vec<usize>,
    },
    /// Features and labels do not pair up.
    #[error("{features} samples have features but {labels} have labels")]
    Length {
        /// Samples with features.
        features: usize,
        /// Samples with labels.
        labels: usize,
    },
    /// The model cannot be estimated from so few samples.
    #[error("{got} training samples are too few, this model needs at least {needed}")]
    TooFewSamples {
        /// The least number that would do.
        needed: usize,
        /// The number that came.
        got: usize,
    },
    /// A NaN or an infinity came in.
    #[error("{what} of sample {sample} is not finite")]
    NotFinite {
        /// `a feature` or `the label`.
        what: &'static str,
        /// 0-based row.
        sample: usize,
    },
    /// A hyper-parameter has no meaning.
    #[error("hyper-parameter {name} = {value}: {reason}")]
    Hyperparameter {
        /// As in the experiment file.
        name: &'static str,
        /// As given.
        value: String,
        /// What would be right.
        reason: String,
    },
    /// The loss became NaN or infinite.
    #[error("training diverged in epoch {epoch}: the loss is {loss}")]
    Diverged {
        /// 1-based epoch.
        epoch: usize,
        /// The loss that was seen.
        loss: f64,
    },
    /// A [`Progress`](crate::model::Progress) asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// A linear-algebra or solver routine gave up.
    #[error("the solver failed: {0}")]
    Solver(String),
    /// libtorch failed.
    #[error("libtorch failed: {0}")]
    Torch(#[from] tch::TchError),
    /// The device asked for is not here.
    #[error("{0}")]
    Device(String),
    /// The device stopped working for this process: whatever else is asked of it fails, too.
    #[error("{0}")]
    Lost(String),
    /// Saved weights do not fit this model.
    #[error("weights do not fit: {0}")]
    Weights(String),
}
