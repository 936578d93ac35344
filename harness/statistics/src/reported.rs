//! Our seeds beside a published mean, of whose seeds only deviation and number are known.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

use crate::{Interval, Spread};

/// The largest number of seeds that anybody is told to run.
const MOST_SEEDS: usize = 1000;

/// A published mean over seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reported {
    /// The mean.
    pub mean: f64,
    /// Population standard deviation over seeds (divisor n); absent where there is one seed or nothing is known, and the mean is
    /// then taken for exact.
    pub population_std: Option<f64>,
    /// How many seeds.
    pub seeds: usize,
}

impl Reported {
    /// Squared standard error of the mean, with its degrees of freedom: s²/n by the sample deviation, which is σ²/(n − 1) by the
    /// population's.
    fn error(&self) -> (f64, f64) {
        match self.population_std {
            Some(std) if self.seeds > 1 => {
                let freedom = (self.seeds - 1) as f64;
                (std * std / freedom, freedom)
            }
            _ => (0.0, 1.0),
        }
    }

    /// Mean of `ours` less this mean, with the interval of Welch 1947 (doi 10.1093/biomet/34.1-2.28) over seeds, on the same test
    /// cells. Of a model without draws, `is_fixed`, our number is exact; of one seed of another, nothing is known: `None`, as for no
    /// numbers.
    pub fn difference(&self, ours: &[f64], is_fixed: bool, level: f64) -> Option<Interval> {
        let spread = Spread::new(ours)?;
        let own = match spread.sample_std {
            Some(std) => (std * std / ours.len() as f64, (ours.len() - 1) as f64),
            None if is_fixed => (0.0, 1.0),
            None => return None,
        };
        let estimate = spread.mean - self.mean;
        let reach = reach(own, self.error(), level);
        Some(Interval { estimate, low: estimate - reach, high: estimate + reach })
    }

    /// How many seeds of ours, of which each deviates by `sample_std`, would bring the whole interval around `difference` to one side of
    /// the `tolerance`; `None` where no number does, since the published mean itself is not known so well, or the difference is too near
    /// to the tolerance.
    pub fn seeds_to_tell(&self, difference: f64, sample_std: f64, tolerance: f64, level: f64) -> Option<usize> {
        (2..=MOST_SEEDS).find(|&seeds| {
            let own = (sample_std * sample_std / seeds as f64, (seeds - 1) as f64);
            reach(own, self.error(), level) <= (tolerance - difference.abs()).abs()
        })
    }

    /// Whether the published mean alone is known so well that an interval of this level stays within the tolerance of it.
    pub fn is_known_to(&self, tolerance: f64, level: f64) -> bool {
        reach((0.0, 1.0), self.error(), level) <= tolerance
    }
}

/// Half of an interval: Student's t by Welch's degrees of freedom times the standard error of the difference.
fn reach((own, of_own): (f64, f64), (theirs, of_theirs): (f64, f64), level: f64) -> f64 {
    let variance = own + theirs;
    if variance == 0.0 {
        return 0.0;
    }
    let freedom = variance * variance / (own * own / of_own + theirs * theirs / of_theirs);
    let student = StudentsT::new(0.0, 1.0, freedom).expect("Welch's degrees of freedom are positive");
    student.inverse_cdf(0.5 + level / 2.0) * variance.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_scipy() {
        // scipy 1: v = var(x, ddof=1) / 4, w = 10² · 8 / 7 / 8; t.interval(0.95, (v + w)² / (v² / 3 + w² / 7), loc=14,
        // scale=sqrt(v + w)); ttest_ind_from_stats(…, equal_var=False) has the same t and p
        let ours = [61.0, 66.0, 58.0, 71.0];
        let found =
            Reported { mean: 50.0, population_std: Some(10.0), seeds: 8 }.difference(&ours, false, 0.95).unwrap();
        assert_eq!(found.estimate, 14.0);
        assert!(
            (found.low - 3.4144533609969425).abs() < 1e-6 && (found.high - 24.585546639003056).abs() < 1e-6,
            "{found:?}"
        );
    }

    #[test]
    fn what_draws_nothing_is_exact_and_one_seed_of_what_draws_says_nothing() {
        let exact = Reported { mean: 100.0, population_std: None, seeds: 1 };
        let found = exact.difference(&[103.0], true, 0.95).unwrap();
        assert_eq!((found.low, found.high), (3.0, 3.0));
        assert_eq!(exact.difference(&[103.0], false, 0.95), None);
        assert_eq!(exact.difference(&[], true, 0.95), None);
    }

    #[test]
    fn more_seeds_tell_more_until_the_published_mean_is_the_limit() {
        let theirs = Reported { mean: 100.0, population_std: Some(3.0), seeds: 8 };
        let width = |seeds: usize| reach((36.0 / seeds as f64, (seeds - 1) as f64), theirs.error(), 0.95);
        // whether it is within or beyond, and farther from the tolerance sooner
        let needed = [0.0, -1.0, 9.0].map(|difference| theirs.seeds_to_tell(difference, 6.0, 5.0, 0.95).unwrap());
        for (needed, left) in needed.into_iter().zip([5.0, 4.0, 4.0]) {
            assert!(width(needed) <= left && width(needed - 1) > left);
        }
        assert!(needed[0] < needed[1] && needed[1] == needed[2]);
        assert_eq!(theirs.seeds_to_tell(5.1, 6.0, 5.0, 0.95), None, "too near to the tolerance");
        assert!(theirs.is_known_to(5.0, 0.95));
        let vague = Reported { population_std: Some(90.0), ..theirs };
        assert_eq!((vague.seeds_to_tell(0.0, 6.0, 5.0, 0.95), vague.is_known_to(5.0, 0.95)), (None, false));
    }
}
