//! A try at something that may fail in any way: other runs go on.

use baselines::ModelError;
use record::Status;

use super::{
    panics::{caught, reason},
    train::TrainError,
};

/// How an attempt at something ended.
pub(super) enum End<T> {
    /// With what it was for.
    With(T),
    /// Without, and the record says why.
    Without(Status),
    /// By the user.
    Interrupted,
    /// The device is gone, for all other runs too.
    Lost(String),
    /// What the runs of a folder share cannot be written to it, which no run is to blame for.
    Unwritten(record::Error),
}

/// Makes of every way to fail, a panic included, a reason for the record: other runs go on.
pub(super) fn attempt<T>(work: impl FnOnce() -> Result<T, TrainError>) -> End<T> {
    match caught(work) {
        Ok(Ok(outcome)) => End::With(outcome),
        Ok(Err(TrainError::Model(ModelError::Interrupted))) => End::Interrupted,
        Ok(Err(TrainError::Model(ModelError::Lost(sentence)))) => End::Lost(sentence),
        Ok(Err(TrainError::Model(ModelError::Diverged { .. }) | TrainError::DivergedBefore)) => {
            End::Without(Status::Diverged)
        }
        Ok(Err(TrainError::Keeping(error))) => End::Unwritten(error),
        Ok(Err(error)) => End::Without(Status::Failed(reason(&error.to_string()))),
        Err(panic) => End::Without(Status::Failed(panic)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_way_to_fail_becomes_a_reason() {
        let status = |work: fn() -> Result<(), TrainError>| match attempt(work) {
            End::Without(status) => status,
            End::With(()) | End::Interrupted | End::Lost(_) | End::Unwritten(_) => Status::Ok,
        };
        assert_eq!(
            status(|| panic!("index 3 is\n out of range")).to_string(),
            "failed: panicked: index 3 is out of range"
        );
        assert_eq!(
            status(|| Err(ModelError::TooFewSamples { needed: 2, got: 1 }.into())).to_string(),
            "failed: 1 training samples are too few, this model needs at least 2"
        );
        assert_eq!(status(|| Err(ModelError::Diverged { epoch: 1, loss: f64::NAN }.into())), Status::Diverged);
        assert_eq!(status(|| Err(TrainError::DivergedBefore)), Status::Diverged);
        assert!(matches!(attempt(|| Err::<(), _>(ModelError::Interrupted.into())), End::Interrupted));
        // no record says that a run has failed of which nothing is known
        assert!(matches!(attempt(|| Err::<(), _>(ModelError::Lost(String::new()).into())), End::Lost(_)));
        let full = || record::files::write_whole(Path::new("/dev/null/network"), b"").map_err(TrainError::from);
        assert!(matches!(attempt(full), End::Unwritten(_)));
    }
}
