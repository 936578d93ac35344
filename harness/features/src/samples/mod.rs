//! Features and lives of one split, as models read them, and the transformations that are fitted to them.

mod build;
mod foresight;
mod lives;
mod observed;
mod part;
mod transformation;

pub use build::{build, lives};
pub use foresight::Foresight;
pub use lives::{LifeRecords, label_hash};
pub use observed::{nothing_observed, nothing_observed_of};
pub use part::{Part, Samples};
pub use transformation::{
    FeatureTransformation, FittedFeatureTransformation, FittedLabelTransformation, LabelStep, LabelTransformation,
};
