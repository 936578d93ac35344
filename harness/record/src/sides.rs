//! `runs/<key>/sides.csv`: which of two models answered for which cell, and by what.

use std::path::Path;

use crate::{Error, attachments::read_rows};

/// Who answers for one test cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Its id.
    pub cell: String,
    /// How far from the training cells it is, or how unsure the model for those is of it.
    pub measure: f64,
    /// Up to where a cell lies among the training cells.
    pub limit: f64,
    /// The weight of the model for cells that lie elsewhere, in ln life: 0 or 1 where one of them answers.
    pub outside: f64,
}

/// Who answers for which test cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sides(
    /// One per test cell.
    pub Vec<Side>,
);

impl Sides {
    /// Name of the file in the folder of a run.
    pub const FILE: &'static str = "sides.csv";

    /// The file: one row per test cell.
    pub(crate) fn to_csv(&self) -> String {
        let rows = self.0.iter().map(|one| format!("{},{},{},{}\n", one.cell, one.measure, one.limit, one.outside));
        std::iter::once("cell_id,measure,limit,outside\n".to_owned()).chain(rows).collect()
    }

    /// Reads the file from `folder`; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::BrokenRun`] names the file and what is wrong with it.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let side = |(cell, measure, limit, outside)| Side { cell, measure, limit, outside };
        Ok(read_rows(folder, Self::FILE)?.map(|rows| Self(rows.into_iter().map(side).collect())))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn sides_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Sides::read(folder.path()).unwrap(), None);
        let sides = Sides(vec![Side { cell: "a".to_owned(), measure: 0.1 + 0.2, limit: 1e-3, outside: 1.0 }]);
        fs::write(folder.path().join(Sides::FILE), sides.to_csv()).unwrap();
        assert_eq!(Sides::read(folder.path()).unwrap(), Some(sides));
    }
}
