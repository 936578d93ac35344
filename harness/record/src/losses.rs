//! `runs/<key>/losses.csv`: how the training of a network went.

use std::path::Path;

use crate::{Error, attachments::read_rows};

/// Mean training loss of every epoch, in their order; of a network that is trained in stages, of the last one. Its unit is that of the loss:
/// of transformed labels, and of BatLiNet the sum over its branches, so that losses of different models are no measure of which is better.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Losses(
    /// One per epoch.
    pub Vec<f64>,
);

impl Losses {
    /// Name of the file in the folder of a run.
    pub const FILE: &'static str = "losses.csv";

    /// The file: one row per epoch, the first of which is 1.
    pub(crate) fn to_csv(&self) -> String {
        let rows = self.0.iter().zip(1..).map(|(loss, epoch): (_, usize)| format!("{epoch},{loss}\n"));
        std::iter::once("epoch,loss\n".to_owned()).chain(rows).collect()
    }

    /// Reads the file from `folder`; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::BrokenRun`] names the file and what is wrong with it.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let rows = read_rows::<(usize, f64)>(folder, Self::FILE)?;
        Ok(rows.map(|rows| Self(rows.into_iter().map(|(_, loss)| loss).collect())))
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
        let losses = Losses(vec![1.5, 0.1 + 0.2, 1e-9]);
        fs::write(folder.path().join(Losses::FILE), losses.to_csv()).unwrap();
        assert_eq!(Losses::read(folder.path()).unwrap(), Some(losses));
    }
}
