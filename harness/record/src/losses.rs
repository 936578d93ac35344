//! `runs/<key>/losses.csv`: how the training of a network went.

use std::path::Path;

use crate::{Error, attachments::read_rows};

/// So many epochs of a training are kept at most, beside the last.
const KEPT: usize = 200;

/// Mean training loss of epochs, in their order; of a network that is trained in stages, of the last one. The unit is that of the loss:
/// of transformed labels, and of BatLiNet the sum over its branches, so that losses of different models are no measure of which is better.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Losses(
    /// Epoch, the first of which is 1, and its loss.
    pub Vec<(usize, f32)>,
);

impl Losses {
    /// Name of the file in the folder of a run.
    pub const FILE: &'static str = "losses.csv";

    /// Of the losses of all epochs: of long trainings some 200, evenly spaced, and the last.
    pub fn of(all: &[f64]) -> Self {
        let step = all.len().div_ceil(KEPT).max(1);
        let is_kept = |epoch: usize| epoch == 1 || epoch.is_multiple_of(step) || epoch == all.len();
        let numbered = (1..).zip(all.iter().map(|&loss| loss as f32));
        Self(numbered.filter(|(epoch, _)| is_kept(*epoch)).collect())
    }

    /// The file: one row per epoch.
    pub(crate) fn to_csv(&self) -> String {
        let rows = self.0.iter().map(|(epoch, loss)| format!("{epoch},{loss}\n"));
        std::iter::once("epoch,loss\n".to_owned()).chain(rows).collect()
    }

    /// Reads the file from `folder`; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::BrokenRun`] names the file and what is wrong with it.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        Ok(read_rows(folder, Self::FILE)?.map(Self))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn losses_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Losses::read(folder.path()).unwrap(), None);
        let losses = Losses::of(&[1.5, 0.1 + 0.2, 1e-9]);
        fs::write(folder.path().join(Losses::FILE), losses.to_csv()).unwrap();
        assert_eq!(Losses::read(folder.path()).unwrap(), Some(losses));
    }

    #[test]
    fn of_a_long_training_some_epochs_are_kept_and_the_first_and_last() {
        for count in [0, 1, 199, 200, 201, 1000, 1999] {
            let all: Vec<f64> = (1..=count).map(|epoch| 1.0 / f64::from(epoch)).collect();
            let kept = Losses::of(&all).0;
            assert!(kept.len() <= KEPT + 2 && kept.is_sorted(), "{count}: {}", kept.len());
            let ends = kept.first().zip(kept.last()).map(|((first, _), (last, _))| (*first, *last));
            assert_eq!(ends, (count > 0).then_some((1, all.len())));
            assert!(kept.iter().all(|(epoch, loss)| *loss == all[epoch - 1] as f32));
        }
    }
}
