//! Features and lives of the cells of one split, as models read them.

use ndarray::{ArrayD, Axis, IxDyn};

use super::lives::label_hash;
use cells::label::{Basis, Tally, Uncounted};
use cells::split::Split;

/// Training or test cells, sorted by id.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Cell ids.
    pub ids: Vec<String>,
    /// The feature; axis 0 is the cell.
    pub features: ArrayD<f32>,
    /// Lives in cycles.
    pub lives: Vec<f64>,
    /// What each life rests on.
    pub bases: Vec<Basis>,
}

impl Part {
    /// How many lives rest on what.
    pub fn tally(&self) -> Tally {
        self.bases.iter().copied().collect()
    }

    /// The cells at these positions, in their order.
    ///
    /// # Panics
    /// If there is no such position.
    pub fn rows(&self, rows: &[usize]) -> Self {
        Self {
            ids: rows.iter().map(|&row| self.ids[row].clone()).collect(),
            features: self.features.select(Axis(0), rows),
            lives: rows.iter().map(|&row| self.lives[row]).collect(),
            bases: rows.iter().map(|&row| self.bases[row]).collect(),
        }
    }
}

/// One feature of all cells of a split that have a life.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// Shape of the feature of one cell.
    pub feature_shape: Vec<usize>,
    /// Training cells.
    pub train: Part,
    /// Test cells.
    pub test: Part,
    /// Cells of the split without a life: their ids, sorted, and why.
    pub removed: Vec<(String, String)>,
    /// Cells with a life that does not count some of their cycles: their ids, sorted, and which.
    pub uncounted: Vec<(String, Uncounted)>,
}

impl Samples {
    /// The first 16 hexadecimal digits of a hash of every cell of the split with its life, or without one: results
    /// compare only if they are of the same.
    pub fn label_version(&self) -> String {
        let lives =
            |part: &Part| part.ids.iter().cloned().zip(part.lives.iter().copied().map(Some)).collect::<Vec<_>>();
        let removed = self.removed.iter().map(|(id, _)| (id.clone(), None));
        label_hash(&[lives(&self.train), lives(&self.test)].concat().into_iter().chain(removed).collect())
    }

    /// The same cells and lives with a feature that holds no number, for models that read none.
    pub fn without_features(&self) -> Self {
        let bare = |part: &Part| Part {
            ids: part.ids.clone(),
            features: ArrayD::zeros(IxDyn(&[part.ids.len(), 0])),
            lives: part.lives.clone(),
            bases: part.bases.clone(),
        };
        let (removed, uncounted) = (self.removed.clone(), self.uncounted.clone());
        Self { feature_shape: vec![0], train: bare(&self.train), test: bare(&self.test), removed, uncounted }
    }

    /// Of the test part, the cells of `split`; those that have no life are left out. This is how the runs of a transfer
    /// divide the target cells.
    pub fn drawn(&self, split: &Split) -> Self {
        let part = |ids: &[String]| {
            let rows: Vec<usize> = (0..self.test.ids.len()).filter(|&row| ids.contains(&self.test.ids[row])).collect();
            self.test.rows(&rows)
        };
        let (feature_shape, removed) = (self.feature_shape.clone(), self.removed.clone());
        let uncounted = self.uncounted.clone();
        Self { feature_shape, train: part(&split.train), test: part(&split.test), removed, uncounted }
    }
}
