//! `runs/<key>/references.csv`: which training cells a prediction was read from.

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

    /// The file: one row per test cell, its references with blanks between.
    pub(crate) fn to_csv(&self) -> String {
        let mut text = "cell_id,references\n".to_owned();
        for (cell, drawn) in self.cells.iter().zip(&self.drawn) {
            let names: Vec<&str> = drawn.iter().map(|&position| self.training[position].as_str()).collect();
            text.push_str(&format!("{cell},{}\n", names.join(" ")));
        }
        text
    }
}
