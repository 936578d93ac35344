//! How far a measure would move with other test cells and other seeds: the hierarchical bootstrap.
//!
//! A draw takes as many cells as there are, with replacement, and as many seeds, with replacement; all seeds of a draw see
//! the same cells, as they do in a run (the pigeonhole bootstrap of Owen 2007, doi 10.1214/07-AOAS122, which is a little too
//! wide rather than too narrow). Intervals: `docs/statistics.md` says which of the methods was kept for what, by how
//! often each covers.

use numerics::{ChaCha8Rng, Streams};
use rand::RngExt as _;
use statrs::distribution::{ContinuousCDF as _, Normal};

use crate::{
    Error, Measure, Predictions,
    contrast::{Contrast, Counts, Losses, Moments, Scratch},
    spread::quantile_of_sorted,
};

/// How an interval is read from the draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Quantiles of the drawn values.
    Percentile,
    /// Quantiles moved by bias and acceleration (Efron 1987, doi 10.1080/01621459.1987.10478410), the acceleration by
    /// leaving out each cell in turn.
    BiasCorrected,
    /// Quantiles of the drawn values' distance in their own standard errors (Efron & Tibshirani 1993, §12.5); of errors in
    /// logarithms, of differences as they are.
    Studentised,
    /// The same of the distance whatever its sign, so that the interval reaches as far down as up (Hall 1988,
    /// doi 10.1214/aos/1176350933).
    Symmetric,
}

/// What is drawn, and how wide an interval is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrap {
    /// Draws of cells and seeds.
    pub draws: usize,
    /// Share of cases that an interval should cover, such as 0.95.
    pub level: f64,
    /// Name of the random stream; the same name gives the same interval.
    pub stream: String,
    /// How intervals are read; the one that covers best where nothing is said.
    pub method: Option<Method>,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { draws: 2000, level: 0.95, stream: "bootstrap".to_owned(), method: None }
    }
}

/// A measure with its interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Interval {
    /// Mean over seeds of the measure, as scores and the paper report it.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The measure of one model with its interval, over other cells and other seeds. Of one seed, it is over other cells alone
/// ([`Predictions::shows_seeds`]).
///
/// # Errors
/// [`Error`] for fewer than two cells, and for draws or a level that make no interval.
pub fn interval(predictions: &Predictions, measure: Measure, bootstrap: &Bootstrap) -> Result<Interval, Error> {
    bootstrap.check(predictions.cells().len())?;
    let losses = Losses::new(predictions, measure);
    let contrast = Contrast::one(&losses);
    let method = bootstrap.method.unwrap_or(if measure.is_smooth() { Method::Studentised } else { Method::Percentile });
    let drawn = Drawn::new(&contrast, bootstrap, method.needs_variances());
    let scale = if measure.is_smooth() { Scale::Logarithm } else { Scale::Plain };
    let (low, high) = drawn.interval(&contrast, method, scale, bootstrap.level);
    Ok(Interval { estimate: drawn.all.value, low, high })
}

impl Method {
    pub(crate) const fn needs_variances(self) -> bool {
        matches!(self, Self::Studentised | Self::Symmetric)
    }
}

impl Bootstrap {
    pub(crate) fn check(&self, cells: usize) -> Result<(), Error> {
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(Error::Level(self.level));
        }
        if self.draws < 100 {
            return Err(Error::Draws(self.draws));
        }
        if cells < 2 {
            return Err(Error::TooFewCells { cells });
        }
        Ok(())
    }

    pub(crate) fn random(&self, purpose: &str) -> ChaCha8Rng {
        Streams::new(self.stream.as_str()).stream(purpose)
    }
}

/// On which scale distances are studentised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Plain,
    /// Errors are positive and skewed; their logarithm is neither.
    Logarithm,
}

/// A contrast over all cells and seeds, and over the draws.
pub(crate) struct Drawn {
    pub(crate) all: Moments,
    /// Sorted by value.
    pub(crate) draws: Vec<Moments>,
}

impl Drawn {
    /// Draws; variances are left out (NaN) unless `with_variances`.
    pub(crate) fn new(contrast: &Contrast<'_>, bootstrap: &Bootstrap, with_variances: bool) -> Self {
        let mut random = bootstrap.random("draws");
        let mut scratch = Scratch::default();
        let mut counts = contrast.all();
        let all = contrast.moments(&counts, &mut scratch);
        let mut draw = || {
            counts.draw(contrast, &mut random);
            if with_variances {
                contrast.moments(&counts, &mut scratch)
            } else {
                Moments { value: contrast.value(&counts), variance: f64::NAN }
            }
        };
        let mut draws: Vec<Moments> = (0..bootstrap.draws).map(|_| draw()).collect();
        draws.sort_by(|a, b| a.value.total_cmp(&b.value));
        Self { all, draws }
    }

    /// Standard deviation of the drawn values.
    pub(crate) fn deviation(&self) -> f64 {
        let count = self.draws.len() as f64;
        let mean = self.draws.iter().map(|draw| draw.value).sum::<f64>() / count;
        (self.draws.iter().map(|draw| (draw.value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt()
    }

    pub(crate) fn interval(&self, contrast: &Contrast<'_>, method: Method, scale: Scale, level: f64) -> (f64, f64) {
        let tail = (1.0 - level) / 2.0;
        let values = || -> Vec<f64> { self.draws.iter().map(|draw| draw.value).collect() };
        match method {
            Method::Percentile => percentile(&values(), tail),
            Method::BiasCorrected => bias_corrected(&values(), self.all.value, &contrast.jackknife(), tail),
            Method::Studentised | Method::Symmetric => {
                let is_symmetric = method == Method::Symmetric;
                studentised(self.all, &self.draws, scale, tail, is_symmetric)
                    .unwrap_or_else(|| percentile(&values(), tail))
            }
        }
    }
}

impl Counts {
    /// As many cells as there are, and as many seeds of each family, with replacement.
    fn draw(&mut self, contrast: &Contrast<'_>, random: &mut ChaCha8Rng) {
        let mut count = |counts: &mut [f64]| {
            counts.fill(0.0);
            let number = counts.len() as u32;
            for _ in 0..number {
                counts[random.random_range(0..number) as usize] += 1.0;
            }
        };
        count(&mut self.cells);
        debug_assert_eq!(contrast.families().len(), self.seeds.len());
        self.seeds.iter_mut().for_each(|seeds| count(seeds));
    }
}

/// `values` are sorted.
pub(crate) fn percentile(values: &[f64], tail: f64) -> (f64, f64) {
    (quantile_of_sorted(values, tail), quantile_of_sorted(values, 1.0 - tail))
}

/// `values` are sorted; `left_out` are the estimates without each cell in turn.
pub(crate) fn bias_corrected(values: &[f64], estimate: f64, left_out: &[f64], tail: f64) -> (f64, f64) {
    let normal = Normal::standard();
    // ties count half, as in scipy
    let below = values.partition_point(|&value| value < estimate);
    let not_above = values.partition_point(|&value| value <= estimate);
    let share = (below + not_above) as f64 / (2 * values.len()) as f64;
    if share == 0.0 || share == 1.0 {
        return percentile(values, tail);
    }
    let bias = normal.inverse_cdf(share);
    let mean = left_out.iter().sum::<f64>() / left_out.len() as f64;
    let power = |power: i32| left_out.iter().map(|value| (mean - value).powi(power)).sum::<f64>();
    let spread = power(2).powf(1.5);
    let acceleration = if spread > 0.0 { power(3) / (6.0 * spread) } else { 0.0 };
    let end = |probability: f64| {
        let moved = bias + normal.inverse_cdf(probability);
        quantile_of_sorted(values, normal.cdf(bias + moved / (1.0 - acceleration * moved)))
    };
    (end(tail), end(1.0 - tail))
}

/// So small a part of the standard error of all is none.
const NO_DEVIATION: f64 = 1e-3;

/// `None` where more draws have no standard error than may lie outside: those in which the few cells, or seeds, that make a difference
/// were not drawn. What rounding leaves of a standard error is none, and that may be much of a small one.
fn studentised(all: Moments, draws: &[Moments], scale: Scale, tail: f64, is_symmetric: bool) -> Option<(f64, f64)> {
    let on_scale = |moments: &Moments| match scale {
        Scale::Plain => (moments.value, moments.variance.sqrt()),
        Scale::Logarithm => (moments.value.ln(), moments.variance.sqrt() / moments.value),
    };
    let (centre, deviation) = on_scale(&all);
    let distance = |draw: &Moments| {
        let (value, own) = on_scale(draw);
        if own > NO_DEVIATION * deviation { (value - centre) / own } else { f64::NAN }
    };
    let mut distances: Vec<f64> = draws.iter().map(distance).filter(|distance| distance.is_finite()).collect();
    if deviation.is_nan() || deviation <= 0.0 || (distances.len() as f64) < (1.0 - 2.0 * tail) * draws.len() as f64 {
        return None;
    }
    distances.sort_by(f64::total_cmp);
    let (low, high) = if is_symmetric {
        distances.iter_mut().for_each(|distance| *distance = distance.abs());
        distances.sort_by(f64::total_cmp);
        let reach = quantile_of_sorted(&distances, 1.0 - 2.0 * tail);
        (-reach, reach)
    } else {
        percentile(&distances, tail)
    };
    let back = |value: f64| if scale == Scale::Logarithm { value.exp() } else { value };
    Some((back(centre - high * deviation), back(centre - low * deviation)))
}

#[cfg(test)]
mod tests;
