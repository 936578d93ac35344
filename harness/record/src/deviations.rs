//! `runs/<key>/deviations.csv`: how unsure the model is of each prediction.

use std::path::Path;

use crate::{Error, attachments::read_rows};

/// Standard deviations of the ln life of some cells, as the model itself gives them.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviations {
    /// Test cells.
    pub cells: Vec<String>,
    /// Of each.
    pub deviations: Vec<f64>,
}

impl Deviations {
    /// Name of the file in the folder of a run.
    pub const FILE: &'static str = "deviations.csv";

    /// The file: one row per test cell.
    pub(crate) fn to_csv(&self) -> String {
        let rows = self.cells.iter().zip(&self.deviations).map(|(cell, deviation)| format!("{cell},{deviation}\n"));
        std::iter::once("cell_id,deviation\n".to_owned()).chain(rows).collect()
    }

    /// Reads the file from `folder`; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::BrokenRun`] names the file and what is wrong with it.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let rows = read_rows::<(String, f64)>(folder, Self::FILE)?;
        Ok(rows.map(|rows| {
            let (cells, deviations) = rows.into_iter().unzip();
            Self { cells, deviations }
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn deviations_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Deviations::read(folder.path()).unwrap(), None);
        let written = Deviations { cells: vec!["a".to_owned(), "b".to_owned()], deviations: vec![0.1 + 0.2, 1e-9] };
        fs::write(folder.path().join(Deviations::FILE), written.to_csv()).unwrap();
        assert_eq!(Deviations::read(folder.path()).unwrap(), Some(written));
        fs::write(folder.path().join(Deviations::FILE), "cell_id,deviation\na,much\n").unwrap();
        assert!(Deviations::read(folder.path()).unwrap_err().to_string().contains("deviations.csv"));
    }
}
