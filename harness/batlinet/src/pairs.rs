//! What the two branches answer for some cells and their references, and the predictions that follow.
//!
//! A pair of a cell and a reference has one answer, however often and for whatever number of references it is asked:
//! so the answers are computed once per trained model, and every choice of references is read from them.

use baselines::{Streams, random::ChaCha8Rng};
use ndarray::Array2;
use rand::RngExt as _;

use numerics::signal::lower_median;

/// The references of some cells: positions of training cells, for each cell in the order drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct References(Vec<Vec<usize>>);

impl References {
    /// `count` references for each of these cells, drawn with replacement from all `training` cells, whether there are
    /// more of these or not (method §6.3).
    ///
    /// Every cell has a stream of its own, named by `count` and by what the caller calls the cell: what a cell is compared
    /// with depends neither on which others are asked nor on their order. The draws of two numbers have nothing in common:
    /// the fewer are not among the more.
    pub fn drawn<S: AsRef<str>>(count: usize, cells: &[S], training: usize, streams: &Streams) -> Self {
        let of = |cell: &S| {
            let mut random = streams.stream(&format!("references-test {count} {}", cell.as_ref()));
            draw(count, training, None, &mut random).collect()
        };
        Self(cells.iter().map(of).collect())
    }

    /// Every training cell once, for each of `cells` cells.
    pub fn every(cells: usize, training: usize) -> Self {
        Self(vec![(0..training).collect(); cells])
    }

    /// The references of cell number `cell`.
    pub fn of(&self, cell: usize) -> &[usize] {
        &self.0[cell]
    }

    /// Per cell, what is among the references of any of these draws: sorted, each once.
    pub fn union(draws: &[Self]) -> Self {
        let cells = draws.first().map_or(0, |draw| draw.0.len());
        let distinct = |cell| {
            let mut all: Vec<usize> = draws.iter().flat_map(|draw| draw.of(cell)).copied().collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        Self((0..cells).map(distinct).collect())
    }
}

/// Draws `count` of `cells` cells with replacement, leaving out `excluded`.
pub(super) fn draw(
    count: usize,
    cells: usize,
    excluded: Option<usize>,
    random: &mut ChaCha8Rng,
) -> impl Iterator<Item = usize> {
    (0..count).map(move |_| match excluded {
        None => random.random_range(0..cells),
        Some(excluded) => {
            let drawn = random.random_range(0..cells - 1);
            drawn + usize::from(drawn >= excluded)
        }
    })
}

/// The answers of both branches, in the unit of the transformed label.
#[derive(Clone, Debug, PartialEq)]
pub struct PairMatrix {
    /// y_intra of each cell; absent without that branch.
    pub intra: Option<Vec<f64>>,
    /// y_inter of each cell (rows) with each training cell as reference (columns), that cell's label included; NaN where
    /// it was not asked for. Absent without that branch.
    pub inter: Option<Array2<f64>>,
    /// The weights of the two branches, which add up to 1.
    pub branch_weights: (f64, f64),
}

impl PairMatrix {
    /// The prediction for each cell: (1 - α) y_intra + α median_j y_inter,j over its references j, the lower median.
    pub fn predict(&self, references: &References) -> Vec<f64> {
        (0..references.0.len())
            .map(|cell| {
                let answers = |inter: &Array2<f64>| {
                    let mut answers: Vec<f64> = references.of(cell).iter().map(|&j| inter[[cell, j]]).collect();
                    lower_median(&mut answers).unwrap_or(f64::NAN)
                };
                self.combine(cell, self.inter.as_ref().map(answers))
            })
            .collect()
    }

    /// The predictions for each cell (rows) with each training cell (columns) as its only reference; none without
    /// references.
    pub fn alone(&self) -> Option<Array2<f64>> {
        let inter = self.inter.as_ref()?;
        Some(Array2::from_shape_fn(inter.dim(), |(cell, j)| self.combine(cell, Some(inter[[cell, j]]))))
    }

    fn combine(&self, cell: usize, inter: Option<f64>) -> f64 {
        let (intra_weight, inter_weight) = self.branch_weights;
        let from_itself = self.intra.as_ref().map_or(0.0, |outputs| intra_weight * outputs[cell]);
        from_itself + inter.map_or(0.0, |output| inter_weight * output)
    }
}

#[cfg(test)]
mod tests {
    use rand::seq::SliceRandom as _;

    use super::*;

    #[test]
    fn references_are_drawn_from_all_cells_or_all_others() {
        let mut random = Streams::new("draw").stream("references-train");
        let mut counts = [0; 5];
        draw(5000, 5, None, &mut random).for_each(|cell| counts[cell] += 1);
        assert!(counts.iter().all(|&count| (850..1150).contains(&count)), "{counts:?}");
        let mut counts = [0; 5];
        draw(4000, 5, Some(2), &mut random).for_each(|cell| counts[cell] += 1);
        assert_eq!(counts[2], 0);
        assert!(counts.iter().filter(|&&count| (850..1150).contains(&count)).count() == 4, "{counts:?}");
    }

    #[test]
    fn a_cell_draws_the_same_references_whoever_is_asked_beside_it() {
        let streams = Streams::new("train key");
        let names: Vec<String> = (0..20).map(|cell| format!("cell-{cell}")).collect();
        let whole = References::drawn(8, &names, 30, &streams);
        let mut random = streams.stream("companies");
        for _ in 0..50 {
            let mut company: Vec<usize> = (0..20).collect();
            company.shuffle(&mut random);
            company.truncate(random.random_range(1..=20));
            let asked: Vec<&String> = company.iter().map(|&cell| &names[cell]).collect();
            let drawn = References::drawn(8, &asked, 30, &streams);
            assert!(company.iter().enumerate().all(|(row, &cell)| drawn.of(row) == whole.of(cell)), "{company:?}");
        }
        // cells, numbers and trained models have draws of their own
        assert_ne!(whole.of(0), whole.of(1));
        assert_ne!(References::drawn(9, &names, 30, &streams).of(0)[..8], *whole.of(0));
        assert_ne!(References::drawn(8, &names, 30, &Streams::new("another key")), whole);
        // and over the cells, the draws are even
        let mut counts = [0; 5];
        let many: Vec<String> = (0..1000).map(|cell| cell.to_string()).collect();
        let drawn = References::drawn(5, &many, 5, &streams);
        (0..1000).flat_map(|cell| drawn.of(cell)).for_each(|&reference| counts[reference] += 1);
        assert!(counts.iter().all(|&count| (850..1150).contains(&count)), "{counts:?}");
    }

    #[test]
    fn predictions_are_read_from_the_answers() {
        let inter = Array2::from_shape_vec((2, 3), vec![1.0, 5.0, 9.0, 2.0, 4.0, 8.0]).unwrap();
        let matrix = PairMatrix { intra: Some(vec![10.0, 20.0]), inter: Some(inter), branch_weights: (0.75, 0.25) };
        let references = References(vec![vec![2, 0, 2, 1], vec![1, 1]]);
        assert_eq!(matrix.predict(&references), [7.5 + 0.25 * 5.0, 15.0 + 0.25 * 4.0]);
        let alone = matrix.alone().unwrap();
        for (j, column) in alone.columns().into_iter().enumerate() {
            assert_eq!(column.to_vec(), matrix.predict(&References(vec![vec![j], vec![j]])));
        }
        // the median of all, since both take the same order
        assert_eq!(matrix.predict(&References::every(2, 3)), [alone[[0, 1]], alone[[1, 1]]]);
        let intra = PairMatrix { inter: None, branch_weights: (1.0, 0.0), ..matrix };
        assert_eq!(intra.predict(&references), [10.0, 20.0]);
        assert_eq!(intra.alone(), None);
    }

    #[test]
    fn a_union_holds_every_reference_once() {
        let streams = Streams::new("union");
        let draws = [4, 40].map(|count| References::drawn(count, &["a", "b"], 9, &streams));
        let union = References::union(&draws);
        for cell in 0..2 {
            assert!(union.of(cell).is_sorted_by(|a, b| a < b));
            assert!(draws.iter().flat_map(|draw| draw.of(cell)).all(|j| union.of(cell).contains(j)));
        }
        assert_eq!(References::union(&[References::every(2, 9)]), References::every(2, 9));
    }
}
