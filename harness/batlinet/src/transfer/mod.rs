//! Learning one chemistry's lives from a few of its cells and many of another chemistry (method §8).
//!
//! Three procedures compete. *Direct learning* trains a network on the few target cells alone. *Fine-tuning* trains it
//! on the source cells first. *BatLiNet's inter-cell transfer* trains a second network on the difference of every
//! target cell to every source cell, asks it with all source cells as references, and averages that with direct
//! learning. All networks are the CNN baseline on six-channel differences; lives are learned without logarithm.
//! A fourth, BatLiNet whole with the head that its branches share, is [`crate`] with the source cells as
//! references.
//!
//! * [`parameters`], hyper-parameters, and the two presets: the paper's text and the authors' notebook
//! * [`scale`], lives in units that a network learns
//! * [`inputs`], differences of capacity maps
//! * [`pairs`], every target cell against every source cell, never all in memory
//! * [`trainer`], one network on cells or on pairs
//! * [`model`], the procedures

pub mod inputs;
pub mod model;
pub mod pairs;
pub mod parameters;
pub mod scale;
pub mod trainer;

pub use model::{FittedTransfer, Transfer};
pub use parameters::{Preset, TransferParameters};
