//! `runs/<key>/pairs.csv`: every test cell with every training cell as its only reference.

use std::{fmt, path::Path};

use ndarray::Array2;

use crate::Error;
use cells::whole_file;

/// The predictions of one trained model with one reference at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct PairPredictions {
    /// Test cells.
    pub cells: Vec<String>,
    /// Their observed cycle lives.
    pub observed: Vec<f64>,
    /// Training cells.
    pub references: Vec<String>,
    /// Predicted cycle life of each test cell (rows) with each training cell (columns) as the only reference.
    pub predicted: Array2<f64>,
}

impl PairPredictions {
    /// Name of the file in the folder of a run.
    pub const FILE: &str = "pairs.csv";

    /// The file: one row per pair, the pairs of one test cell together.
    pub(crate) fn to_csv(&self) -> String {
        let mut text = "cell_id,reference,observed,predicted\n".to_owned();
        for ((cell, observed), row) in self.cells.iter().zip(&self.observed).zip(self.predicted.rows()) {
            for (reference, predicted) in self.references.iter().zip(row) {
                text.push_str(&format!("{cell},{reference},{observed},{predicted}\n"));
            }
        }
        text
    }

    /// Reads the file from `folder`; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::BrokenRun`] names the file, and the line where there is one.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(Self::FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let broken = |problem: &dyn fmt::Display| Error::BrokenRun {
            path: path.clone(),
            what: problem.to_string(),
            folder: folder.to_owned(),
        };
        let bytes = whole_file::read(&path).map_err(|error| broken(&error))?;
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let (mut cells, mut observed, mut references) = (Vec::<String>::new(), Vec::new(), Vec::new());
        let mut predicted = Vec::new();
        for row in reader.deserialize::<(String, String, f64, f64)>() {
            let (cell, reference, life, prediction) = row.map_err(|error| broken(&error))?;
            if cells.last() != Some(&cell) {
                cells.push(cell);
                observed.push(life);
            }
            if cells.len() == 1 {
                references.push(reference);
            }
            predicted.push(prediction);
        }
        let predicted = Array2::from_shape_vec((cells.len(), references.len()), predicted)
            .map_err(|_| broken(&"not every test cell has as many references as the first"))?;
        Ok(Some(Self { cells, observed, references, predicted }))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn pairs_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(PairPredictions::read(folder.path()).unwrap(), None);
        let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let pairs = PairPredictions {
            cells: texts(&["a", "b"]),
            observed: vec![500.0, 612.5],
            references: texts(&["x", "y", "z"]),
            predicted: array![[0.1 + 0.2, 2.0, 3.0], [4.0, 5.0, 1e300]],
        };
        std::fs::write(folder.path().join(PairPredictions::FILE), pairs.to_csv()).unwrap();
        assert_eq!(PairPredictions::read(folder.path()).unwrap(), Some(pairs));

        let path = folder.path().join(PairPredictions::FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.lines().take(6).collect::<Vec<_>>().join("\n")).unwrap();
        let message = PairPredictions::read(folder.path()).unwrap_err().to_string();
        assert!(message.contains("pairs.csv: not every test cell"), "{message}");
    }
}
