//! The encoder branches and heads of BatLiNet on one NVIDIA card, with nothing but its driver.
//!
//! A network is [branches](spec::Branch) of the encoder (two convolutions, a projection) that end in linear heads: both
//! branches of BatLiNet, or the one of the CNN baseline or of a transfer network. Capacity maps lie on the card once, in
//! [`Maps`]; which cells meet in a training step goes up as pairs of numbers, and losses come down. Differences are made
//! and cleaned, encoded, compared with labels and learnt from by kernels of ours (`kernels/`), which the driver gets as
//! assembly; a step is recorded once as a graph, and then costs one call.
//!
//! * [`error`], what can go wrong, in sentences
//! * [`card`], cards and queues on them; `driver`, the few functions of the driver
//! * [`machine`], what a card is to the rest: memory and launches. An emulator on the CPU is one, too
//! * [`spec`], what a network is made of
//! * [`maps`], maps on a machine
//! * `layout`, where tensors lie; `batch`, steps as the card reads them; `workspace`, what lies between
//! * `kernels`, names, grids and arguments
//! * [`network`], training, outputs, gradients, weights
//! * [`oracle`], the same in plain double precision, for checks; [`made`], what is checked and timed; [`mod@bench`], what is timed
//!
//! Nothing here knows of batteries, files or random numbers: who draws references hands in their positions.

mod batch;
pub mod bench;
pub mod card;
mod driver;
pub mod error;
mod kernels;
mod layout;
pub mod machine;
pub mod made;
pub mod maps;
pub mod network;
pub mod oracle;
pub mod spec;
mod workspace;

pub use batch::Step;
pub use card::{Card, CardFacts, Queue};
pub use error::CudaError;
pub use layout::Tensor;
pub use maps::Maps;
pub use network::{Labels, Network, Sources, Trained};
pub use spec::Spec;
