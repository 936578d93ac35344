//! Models for early battery lifetime prediction, behind one trait.
//!
//! This crate knows arrays and labels; it knows nothing of batteries, files or experiments. A [`Model`] is fitted to
//! features whose first axis is the sample and to one label per sample; the [`Fitted`] model that comes of it predicts
//! labels for other samples. What a label means (ln of a cycle life, standardised or not) is the caller's business. What
//! whoever runs a model must know of it stands in its [`ModelRow`].
//!
//! | file | model | input per sample |
//! |---|---|---|
//! | [`mean`] | mean of the training labels | anything |
//! | [`linear`] | ordinary least squares (variance, discharge and full models) | p numbers |
//! | [`ridge`], [`pcr`], [`pls`] | ridge, principal component and partial least squares regression | p numbers |
//! | [`svm`] | epsilon support vector regression with an RBF kernel | p numbers |
//! | [`forest`] | random forest | p numbers |
//! | [`gp`] | Gaussian process | p numbers |
//! | [`additive_gp`] | additive Gaussian processes on two groups of columns | p numbers |
//! | [`mlp`], [`lstm`], [`cnn`] | neural networks on libtorch | 1, H or H × W numbers |
//!
//! [`encoder`] is the convolutional block that [`cnn`] and BatLiNet share; [`convolutional`] is one of them with a head.
//! [`engine`] is what a network is to the models above it, on the CPU or on a card.

pub mod additive_gp;
pub mod card;
pub mod cnn;
mod components;
pub mod convolutional;
pub mod device;
pub mod encoder;
pub mod engine;
mod error;
pub mod forest;
pub mod gp;
pub mod head;
pub mod linear;
pub mod lstm;
pub mod maps;
pub mod mean;
pub mod mlp;
pub mod model;
mod network;
pub mod optimiser;
#[cfg(test)]
mod oracle;
pub mod parallel;
pub mod pcr;
pub mod pls;
pub mod precision;
pub mod ridge;
pub mod row;
pub mod svm;
mod table;
mod torch_network;
pub mod training;
pub mod weights;

pub use engine::NetworkEngine;
pub use model::{AnyModel, Context, FitSummary, Fitted, Model, ModelError, Progress, Silent};
pub use numerics::random::{self, Streams};
pub use precision::Precision;
pub use row::{Described, Engine, ModelRow};
pub use table::Hyperplane;
pub use weights::Weights;
