//! Intervals from cross-validation: CV+ of Barber, Candès, Ramdas and Tibshirani, *Predictive inference with the jackknife+*,
//! Annals of Statistics 49 (2021), §3; with as many folds as cells it is their jackknife+. The idea of laying the residuals of
//! folds around the answers of the same folds is Vovk's cross-conformal prediction (2015).
//!
//! In ln life, with the model μ₋ₖ that has not seen fold k, residuals are Rᵢ = |ln yᵢ − μ₋ₖ₍ᵢ₎(xᵢ)|. For a new cell x, the interval
//! reaches from the ⌊α(n+1)⌋-th smallest of μ₋ₖ₍ᵢ₎(x) − Rᵢ to the ⌈(1−α)(n+1)⌉-th smallest of μ₋ₖ₍ᵢ₎(x) + Rᵢ. For exchangeable
//! cells it covers at least 1 − 2α whatever the model, less what is lost by few folds (their theorem 4), and about 1 − α in
//! practice. exp makes positive lives of both ends.
//!
//! Of a model that knows how unsure it is, residuals are divided by its deviation σ₋ₖ₍ᵢ₎(xᵢ), and laid around as multiples of
//! σ₋ₖ₍ᵢ₎(x): the score function of Lei et al. 2018, §5.2, under which the same bounds hold.
//!
//! BatLiNet's folds are not asked again, since that would cost as much as the answer itself, once per fold: its residuals are laid
//! around the answer of the whole model, as if μ₋ₖ(x) = μ(x). That is the jackknife of the same paper, §1: about 1 − α for a model
//! that changes little by the cells of a fold, and no bound without that.

use baselines::{Streams, Weights};
use cells::count::counted_with;
use rand::seq::SliceRandom as _;

/// The part of cells that an interval is to hold.
pub const LEVEL: f64 = 0.9;

/// What cross-validation on the training cells left.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Per training cell, in which fold it was left out, from 0.
    pub folds: Vec<usize>,
    /// Per training cell, |ln observed − ln predicted| by the model that has not seen its fold; of a model that knows how unsure it
    /// is, over its standard deviation of ln life.
    pub residuals: Vec<f64>,
    /// Whose answers the residuals are laid around.
    pub around: Around,
}

/// Whose answers residuals are laid around.
#[derive(Clone, Debug, PartialEq)]
pub enum Around {
    /// Those of the model of each fold, which is fitted again when it is asked.
    Folds,
    /// Those of the network of each fold, of which these are the weights.
    Networks(Vec<Weights>),
    /// Those of the whole model.
    Whole,
}

impl Calibration {
    /// How many folds there were.
    pub fn count(&self) -> usize {
        self.folds.iter().max().map_or(0, |last| last + 1)
    }

    /// In words.
    pub fn method(&self) -> String {
        let (count, cells) = (self.count(), self.folds.len());
        let whose = match self.around {
            Around::Whole => "around the answer of the whole model (jackknife; no bound without stability)",
            Around::Folds | Around::Networks(_) => {
                "around the answers of the folds' models (CV+, jackknife+ with as many folds as cells)"
            }
        };
        if !self.is_enough(LEVEL) {
            return format!(
                "none: {} too few for a {:.0} % interval",
                counted_with(cells, "training cell", ["is", "are"]),
                100.0 * LEVEL
            );
        }
        format!(
            "{:.0} % interval from |ln life| residuals of {count} folds of {cells} training cells, {whose}; Barber et al. 2021",
            100.0 * LEVEL
        )
    }

    /// ⌊α(n+1)⌋ for n training cells.
    fn rank(&self, level: f64) -> usize {
        // what rounding takes from 0.1 · 10 is not to count
        ((1.0 - level) * (self.residuals.len() + 1) as f64 + 1e-9).floor() as usize
    }

    /// Whether there are training cells enough for an interval (9 for 0.9).
    pub fn is_enough(&self, level: f64) -> bool {
        self.rank(level) > 0
    }

    /// The interval in cycles of a cell of whose life the folds' models answer these lives; of a single life, that of the whole
    /// model. `None` where there are too few training cells for any ([`Self::is_enough`]).
    ///
    /// # Panics
    /// If there is neither one life nor one per fold.
    pub fn interval(&self, lives: &[f64], level: f64) -> Option<(f64, f64)> {
        self.interval_of(lives, &vec![1.0; lives.len()], level)
    }

    /// The same of models that know how unsure they are: `deviations` of ln life are those of the lives.
    ///
    /// # Panics
    /// If there is neither one life nor one per fold, or not a deviation for each.
    pub fn interval_of(&self, lives: &[f64], deviations: &[f64], level: f64) -> Option<(f64, f64)> {
        let place = |fold: usize| if lives.len() == 1 { 0 } else { fold };
        let answer = |fold: usize| lives[place(fold)].ln();
        let cells = self.residuals.len();
        let rank = self.rank(level);
        let of = |sign: f64| {
            let pairs = self.folds.iter().zip(&self.residuals);
            let mut ends: Vec<f64> =
                pairs.map(|(&fold, residual)| answer(fold) + sign * residual * deviations[place(fold)]).collect();
            ends.sort_by(f64::total_cmp);
            ends
        };
        // ⌈(1−α)(n+1)⌉ = n + 1 − ⌊α(n+1)⌋
        let (low, high) = (of(-1.0).get(rank.checked_sub(1)?).copied()?, of(1.0).get(cells - rank).copied()?);
        Some((low.exp(), high.exp()))
    }
}

/// In which of `count` folds each of `cells` cells is: sizes differ by one at most, and which are together is drawn.
pub fn folds(cells: usize, count: usize, streams: &Streams) -> Vec<usize> {
    let mut folds: Vec<usize> = (0..cells).map(|cell| cell % count).collect();
    folds.shuffle(&mut streams.stream(&format!("calibration {count}")));
    folds
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;

    /// Least squares of ln life on one number.
    fn line(cells: &[(f64, f64)]) -> impl Fn(f64) -> f64 + use<> {
        let count = cells.len() as f64;
        let (x, y) = cells.iter().fold((0.0, 0.0), |(x, y), cell| (x + cell.0 / count, y + cell.1.ln() / count));
        let (along, square) = cells.iter().fold((0.0, 0.0), |(along, square), cell| {
            (along + (cell.0 - x) * (cell.1.ln() - y), square + (cell.0 - x).powi(2))
        });
        move |at| (y + along / square * (at - x)).exp()
    }

    /// How many of `trials` new cells the interval holds, with so many cells and folds.
    fn covered(cells: usize, count: usize, trials: usize) -> f64 {
        let streams = Streams::new(format!("coverage {cells} {count}"));
        let mut random = streams.stream("cells");
        let mut held = 0;
        for _ in 0..trials {
            // skewed noise whose spread depends on the cell: nothing but exchangeability is promised
            let mut cell = || {
                let x: f64 = random.random_range(-1.0..1.0);
                let noise = (random.random_range(0.0..1.0_f64)).powi(3) * (0.2 + x.abs());
                (x, (6.0 + x + x * x + noise).exp())
            };
            let train: Vec<(f64, f64)> = (0..cells).map(|_| cell()).collect();
            let (x, life) = cell();
            let folds = folds(cells, count, &streams);
            let model = |fold: usize| {
                let kept = train.iter().zip(&folds).filter(|(_, of)| **of != fold);
                line(&kept.map(|(cell, _)| *cell).collect::<Vec<_>>())
            };
            let residual = |(cell, &fold): (&(f64, f64), &usize)| (cell.1.ln() - model(fold)(cell.0).ln()).abs();
            let residuals = train.iter().zip(&folds).map(residual).collect();
            let answers: Vec<f64> = (0..count).map(|fold| model(fold)(x)).collect();
            let calibration = Calibration { folds, residuals, around: Around::Folds };
            let (low, high) = calibration.interval(&answers, LEVEL).unwrap();
            assert!(0.0 < low && low < high);
            held += usize::from((low..=high).contains(&life));
        }
        held as f64 / trials as f64
    }

    #[test]
    fn intervals_hold_as_many_new_cells_as_they_promise() {
        // three standard deviations of a part of 1,500 at 0.9 are 0.023
        for (cells, count) in [(20, 4), (40, 5), (30, 30)] {
            let part = covered(cells, count, 1500);
            assert!((0.877..0.98).contains(&part), "{cells} cells, {count} folds: {part}");
        }
    }

    #[test]
    fn ranks_are_those_of_the_paper() {
        let calibration = |cells: usize| Calibration {
            folds: (0..cells).map(|cell| cell % 3).collect(),
            residuals: (1..=cells).map(|cell| cell as f64 / 100.0).collect(),
            around: Around::Folds,
        };
        // ⌊0.1·9⌋ = 0: nothing bounds the interval; from 9 on, the extremes do
        assert_eq!(calibration(8).interval(&[500.0; 3], LEVEL), None);
        let near = |(low, high): (f64, f64), residual: f64| {
            ((500.0 / low).ln() - residual).abs() < 1e-12 && ((high / 500.0).ln() - residual).abs() < 1e-12
        };
        assert!(near(calibration(9).interval(&[500.0; 3], LEVEL).unwrap(), 0.09));
        assert!(near(calibration(19).interval(&[500.0; 3], LEVEL).unwrap(), 0.18));
        assert!(near(calibration(19).interval(&[500.0], LEVEL).unwrap(), 0.18));
        assert_eq!(calibration(0).interval(&[500.0], LEVEL), None);
    }

    #[test]
    fn a_cell_of_which_the_model_is_less_sure_has_a_wider_interval() {
        let residuals = (1..=19).map(|cell| f64::from(cell) / 100.0).collect();
        let calibration = Calibration { folds: vec![0; 19], residuals, around: Around::Whole };
        let (low, high) = calibration.interval_of(&[500.0], &[2.0], LEVEL).unwrap();
        assert!(((500.0 / low).ln() - 0.36).abs() < 1e-12 && ((high / 500.0).ln() - 0.36).abs() < 1e-12);
        assert_eq!(calibration.interval_of(&[500.0], &[1.0], LEVEL), calibration.interval(&[500.0], LEVEL));
    }

    #[test]
    fn folds_are_even_and_drawn() {
        let folds = folds(23, 5, &Streams::new("folds"));
        let sizes: Vec<usize> = (0..5).map(|fold| folds.iter().filter(|&&of| of == fold).count()).collect();
        assert_eq!(sizes, [5, 5, 5, 4, 4]);
        assert!(!folds.is_sorted() && folds != (0..23).map(|cell| cell % 5).collect::<Vec<_>>());
    }
}
