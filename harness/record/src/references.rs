//! `runs/<key>/references.csv`: which training cells a prediction was read from.

use std::path::Path;

use super::files;
use cells::failure::Failure;

/// The references of every test cell, as they were drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnReferences<'a> {
    /// Test cells.
    pub cells: &'a [String],
    /// Training cells.
    pub training: &'a [String],
    /// Of each test cell, positions among the training cells, in the order drawn; some more than once.
    pub drawn: Vec<Vec<usize>>,
}

impl DrawnReferences<'_> {
    /// Name of the file in the folder of a run.
    pub const FILE: &'static str = "references.csv";

    /// Writes the file into `folder`: one row per test cell, its references with blanks between.
    ///
    /// # Errors
    /// [`Failure::Usage`] names the file.
    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        let mut text = "cell_id,references\n".to_owned();
        for (cell, drawn) in self.cells.iter().zip(&self.drawn) {
            let names: Vec<&str> = drawn.iter().map(|&position| self.training[position].as_str()).collect();
            text.push_str(&format!("{cell},{}\n", names.join(" ")));
        }
        files::write_whole(&folder.join(Self::FILE), text.as_bytes())
    }
}
