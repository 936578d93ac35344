//! The published batch files, and the cells that went on from one to the next.

/// One published file.
pub(crate) struct BatchFile {
    /// In the id of its cells, from 1.
    pub(crate) number: usize,
    /// The day by which the file is called.
    pub(crate) date: &'static str,
    /// Cells in it, continuations among them.
    pub(crate) cells: usize,
}

/// The four of them.
pub(crate) const BATCHES: [BatchFile; 4] = [
    BatchFile { number: 1, date: "2017-05-12", cells: 46 },
    BatchFile { number: 2, date: "2017-06-30", cells: 48 },
    BatchFile { number: 3, date: "2018-04-12", cells: 46 },
    BatchFile { number: 4, date: "2019-01-24", cells: 45 },
];

/// A cell that was taken off test in one batch and went on in the next.
pub(crate) struct Continuation {
    /// Index in batch 1.
    pub(crate) cell: usize,
    /// Index in batch 2 of what is appended to it.
    pub(crate) continues_at: usize,
    /// Published number of cycles of that.
    pub(crate) cycles: usize,
}

/// All of them.
pub(crate) const CONTINUATIONS: [Continuation; 5] = [
    Continuation { cell: 0, continues_at: 7, cycles: 662 },
    Continuation { cell: 1, continues_at: 8, cycles: 981 },
    Continuation { cell: 2, continues_at: 9, cycles: 1060 },
    Continuation { cell: 3, continues_at: 15, cycles: 208 },
    Continuation { cell: 4, continues_at: 16, cycles: 482 },
];

/// Batch number and index of a cell: `MATR_b1c0` is (1, 0).
pub(crate) fn place_of(id: &str) -> Option<(usize, usize)> {
    let (batch, index) = id.strip_prefix("MATR_b")?.split_once('c')?;
    Some((batch.parse().ok()?, index.parse().ok()?))
}
