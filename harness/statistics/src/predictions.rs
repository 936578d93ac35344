//! Predictions of one model for the same test cells by several seeds.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, Axis};

use crate::{Error, Measure};

/// Observed lives and what each seed predicted of them, in cycles. Cells and seeds are sorted, so that nothing that is
/// made of them depends on the order of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    cells: Vec<String>,
    observed: Vec<f64>,
    seeds: Vec<u64>,
    /// seed × cell
    predicted: Array2<f64>,
    is_fixed: bool,
}

impl Predictions {
    /// `predicted` has a row per seed and a column per cell.
    ///
    /// # Errors
    /// [`Error`] where lists do not fit, a cell or seed is there twice, a life is not positive or a number not finite.
    pub fn new(cells: Vec<String>, observed: Vec<f64>, seeds: Vec<u64>, predicted: Array2<f64>) -> Result<Self, Error> {
        let (rows, columns) = predicted.dim();
        if rows != seeds.len() || columns != cells.len() || columns != observed.len() {
            let (named_seeds, named_cells) = (seeds.len(), cells.len().min(observed.len()));
            return Err(Error::Shape { seeds: rows, cells: columns, named_seeds, named_cells });
        }
        if seeds.is_empty() {
            return Err(Error::NoSeeds);
        }
        let mut by_name: Vec<usize> = (0..cells.len()).collect();
        by_name.sort_by(|&a, &b| cells[a].cmp(&cells[b]));
        let mut by_seed: Vec<usize> = (0..seeds.len()).collect();
        by_seed.sort_by_key(|&seed| seeds[seed]);
        let sorted = Self {
            cells: by_name.iter().map(|&cell| cells[cell].clone()).collect(),
            observed: by_name.iter().map(|&cell| observed[cell]).collect(),
            seeds: by_seed.iter().map(|&seed| seeds[seed]).collect(),
            predicted: predicted.select(Axis(0), &by_seed).select(Axis(1), &by_name),
            is_fixed: false,
        };
        sorted.checked()
    }

    /// From the predictions of each seed, `(cell, observed, predicted)`, in any order.
    ///
    /// # Errors
    /// As [`Predictions::new`], and where seeds have different cells or lives.
    pub fn from_runs<'a, R>(runs: impl IntoIterator<Item = (u64, R)>) -> Result<Self, Error>
    where
        R: IntoIterator<Item = (&'a str, f64, f64)>,
    {
        let mut first: Option<BTreeMap<&str, f64>> = None;
        let (mut seeds, mut predicted) = (Vec::new(), Vec::new());
        for (seed, run) in runs {
            let (mut lives, mut answers) = (BTreeMap::new(), BTreeMap::new());
            for (cell, observed, answer) in run {
                answers.insert(cell, answer);
                if lives.insert(cell, observed).is_some() {
                    return Err(Error::TwoCells(cell.to_owned()));
                }
            }
            same_cells(first.get_or_insert_with(|| lives.clone()), &lives)?;
            seeds.push(seed);
            predicted.extend(answers.into_values());
        }
        let lives = first.ok_or(Error::NoSeeds)?;
        let shape = (seeds.len(), lives.len());
        let (cells, observed) = lives.into_iter().map(|(cell, life)| (cell.to_owned(), life)).unzip();
        let predicted = Array2::from_shape_vec(shape, predicted).map_err(|_| Error::NoSeeds)?;
        Self::new(cells, observed, seeds, predicted)
    }

    /// Says that the model draws nothing: another seed would predict the same, so that one seed is all there is to know.
    #[must_use]
    pub fn of_a_model_without_draws(mut self) -> Self {
        self.is_fixed = true;
        self
    }

    fn checked(self) -> Result<Self, Error> {
        let twice = |pair: &&[String]| pair[0] == pair[1];
        if let Some(pair) = self.cells.windows(2).find(twice) {
            return Err(Error::TwoCells(pair[0].clone()));
        }
        if let Some(pair) = self.seeds.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::TwoSeeds(pair[0]));
        }
        for (cell, &life) in self.cells.iter().zip(&self.observed) {
            if !(life > 0.0 && life.is_finite()) {
                return Err(Error::Life { cell: cell.clone(), life });
            }
        }
        for ((seed, cell), &life) in self.predicted.indexed_iter() {
            if !life.is_finite() {
                return Err(Error::NotFinite { cell: self.cells[cell].clone(), seed: self.seeds[seed], life });
            }
        }
        Ok(self)
    }

    /// The test cells, sorted.
    pub fn cells(&self) -> &[String] {
        &self.cells
    }

    /// Their lives.
    pub fn observed(&self) -> &[f64] {
        &self.observed
    }

    /// The seeds, sorted.
    pub fn seeds(&self) -> &[u64] {
        &self.seeds
    }

    /// Predicted lives, seed × cell.
    pub const fn predicted(&self) -> &Array2<f64> {
        &self.predicted
    }

    /// Whether it is known what another seed would do: the model draws nothing, or there are two seeds at least.
    pub fn shows_seeds(&self) -> bool {
        self.is_fixed || self.seeds.len() > 1
    }

    /// The measure of every seed.
    pub fn per_seed(&self, measure: Measure) -> Vec<f64> {
        self.predicted.rows().into_iter().map(|row| measure.of(&self.observed, &row.to_vec())).collect()
    }

    /// Mean of the measure over the seeds, as scores and the paper report it.
    pub fn estimate(&self, measure: Measure) -> f64 {
        self.per_seed(measure).iter().sum::<f64>() / self.seeds.len() as f64
    }

    /// The cells at these positions alone.
    pub(crate) fn at(&self, positions: &[usize]) -> Self {
        Self {
            cells: positions.iter().map(|&cell| self.cells[cell].clone()).collect(),
            observed: positions.iter().map(|&cell| self.observed[cell]).collect(),
            predicted: self.predicted.select(Axis(1), positions),
            ..self.clone()
        }
    }

    /// Whether both are of the same cells with the same lives.
    pub(crate) fn has_cells_of(&self, other: &Self) -> Result<(), Error> {
        let lives = |side: &Self| -> BTreeMap<String, f64> {
            side.cells.iter().cloned().zip(side.observed.iter().copied()).collect()
        };
        same_cells(&lives(self), &lives(other))
    }
}

fn same_cells<K: AsRef<str> + Ord>(a: &BTreeMap<K, f64>, b: &BTreeMap<K, f64>) -> Result<(), Error> {
    let names =
        |side: &BTreeMap<K, f64>| -> BTreeSet<String> { side.keys().map(|cell| cell.as_ref().to_owned()).collect() };
    let (names_a, names_b) = (names(a), names(b));
    let only =
        |one: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> { one.difference(other).cloned().collect() };
    let (only_a, only_b) = (only(&names_a, &names_b), only(&names_b, &names_a));
    if let Some(example) = only_a.first().or(only_b.first()) {
        if names_a.is_disjoint(&names_b) {
            return Err(Error::NoCommonCell);
        }
        return Err(Error::OtherCells { only_a: only_a.len(), only_b: only_b.len(), example: example.clone() });
    }
    for (cell, &life) in a {
        // bits, so that what is no number is found by the check of lives
        if b[cell].to_bits() != life.to_bits() {
            return Err(Error::OtherLives { cell: cell.as_ref().to_owned(), a: life, b: b[cell] });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn names(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|&cell| cell.to_owned()).collect()
    }

    #[test]
    fn the_order_of_cells_and_seeds_changes_nothing() {
        let one = Predictions::new(names(&["a", "b"]), vec![1.0, 2.0], vec![0, 1], array![[1.0, 2.0], [3.0, 4.0]]);
        let other = Predictions::new(names(&["b", "a"]), vec![2.0, 1.0], vec![1, 0], array![[4.0, 3.0], [2.0, 1.0]]);
        assert_eq!(one, other);
        let runs = [(1, vec![("b", 2.0, 4.0), ("a", 1.0, 3.0)]), (0, vec![("a", 1.0, 1.0), ("b", 2.0, 2.0)])];
        assert_eq!(one, Predictions::from_runs(runs));
    }

    #[test]
    fn what_cannot_be_judged_is_refused_by_name() {
        let make = |cells: &[&str], observed: [f64; 2], seeds: [u64; 2], predicted| {
            Predictions::new(names(cells), observed.to_vec(), seeds.to_vec(), predicted).unwrap_err()
        };
        let fine = array![[1.0, 2.0], [3.0, 4.0]];
        assert_eq!(make(&["a", "a"], [1.0, 2.0], [0, 1], fine.clone()), Error::TwoCells("a".to_owned()));
        assert_eq!(make(&["a", "b"], [1.0, 2.0], [3, 3], fine.clone()), Error::TwoSeeds(3));
        assert_eq!(
            make(&["a", "b"], [1.0, 0.0], [0, 1], fine.clone()),
            Error::Life { cell: "b".to_owned(), life: 0.0 }
        );
        assert!(matches!(make(&["a"], [1.0, 2.0], [0, 1], fine), Error::Shape { .. }));
        let wild = make(&["b", "a"], [1.0, 2.0], [0, 7], array![[1.0, 2.0], [f64::NAN, 4.0]]);
        assert!(matches!(wild, Error::NotFinite { ref cell, seed: 7, .. } if cell == "b"), "{wild:?}");
        let runs = |second: Vec<(&'static str, f64, f64)>| {
            Predictions::from_runs([(0, vec![("a", 1.0, 1.0), ("b", 2.0, 2.0)]), (1, second)]).unwrap_err()
        };
        assert!(matches!(runs(vec![("a", 1.0, 1.0)]), Error::OtherCells { only_a: 1, only_b: 0, .. }));
        assert_eq!(runs(vec![("c", 1.0, 1.0)]), Error::NoCommonCell);
        assert!(matches!(runs(vec![("a", 1.0, 1.0), ("b", 3.0, 2.0)]), Error::OtherLives { a: 2.0, b: 3.0, .. }));
        assert_eq!(runs(vec![("a", 1.0, 1.0), ("a", 1.0, 1.0)]), Error::TwoCells("a".to_owned()));
    }
}
