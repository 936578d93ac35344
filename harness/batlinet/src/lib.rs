//! BatLiNet: a cell's life from itself and from its difference to other cells (method §5, §6).
//!
//! Two encoders see differences of capacity maps. The intra-cell branch sees a cell's map minus one of its own early
//! cycles and predicts its label; the inter-cell branch sees the map minus a reference cell's and predicts the
//! difference of their labels. Both end in one linear layer without bias, unless an ablation asks for two.
//!
//! * [`cleaning`], the differences, and what is zeroed in them
//! * [`inputs`], the same for many pairs at once
//! * [`parameters`], hyper-parameters
//! * [`network`], the two encoders and their shared head; loss, gradients and predictions for given references
//! * [`engine`], the network with its inputs on one device: on the CPU that is [`network`], on a card what [`cuda`] makes of the
//!   same hyper-parameters
//! * [`pairs`], drawing references; predictions from what the branches answer for them
//! * [`model`], training, predicting

mod agreement;
mod average;
pub mod cleaning;
mod dropout;
pub mod engine;
mod heads;
pub mod inputs;
pub mod model;
pub mod network;
pub mod pairs;
pub mod parameters;
pub mod transfer;

pub use model::{BatLiNet, FittedBatLiNet};
pub use pairs::{PairMatrix, References};
pub use parameters::BatLiNetParameters;
