//! Features and lives of one split, as models read them, and the transformations that are fitted to them.

mod build;
mod foresight;
mod transformation;

pub use build::{Part, Samples, build, lives};
pub use foresight::Foresight;
pub use transformation::{
    FeatureTransformation, FittedFeatureTransformation, FittedLabelTransformation, LabelStep, LabelTransformation,
};
