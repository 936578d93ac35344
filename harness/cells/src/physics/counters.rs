//! Counters of discharge that are near what the current gives, and not it: off by a little in every cycle, in coarse steps, at their end.

use super::facts::Facts;
use super::{APART, Doubt, Seen, middle::median};

/// Factor between a counter and the integral of the current that fine sampling does not explain, cycle after cycle.
const OFF: f64 = 1.03;
/// Factor between this at the beginning of a record and at its end that wear does not explain.
const DRIFT: f64 = 1.03;
/// Cycles at the beginning and at the end that show it, …
const ENDS: usize = 10;
/// … in a record so many times as long.
const LONG: usize = 4;
/// Share of the nominal capacity between two samples, at most, where sampling is fine.
const FINE: f64 = 0.03;
/// Samples of a discharge that an integral is to be trusted of.
const ENOUGH: usize = 50;
/// Cycles that show it.
const FEWEST: usize = 10;
/// Share of the nominal capacity that a counter may move by at a time.
const STEP: f64 = 0.015;
/// Share of the nominal capacity that may pass uncounted at the end of a discharge.
const UNCOUNTED: f64 = 0.02;

impl Seen<'_> {
    /// The counters of a cell of one's own.
    pub(super) fn counters(&self) -> Option<Doubt> {
        self.at_its_end().or_else(|| self.in_steps()).or_else(|| self.off()).or_else(|| self.drift())
    }

    fn at_its_end(&self) -> Option<Doubt> {
        let shows = |facts: &Facts| {
            facts.uncounted > UNCOUNTED * self.nominal && facts.step.is_none_or(|step| facts.uncounted > 2.0 * step)
        };
        self.flag(&|facts| self.is_whole(facts), &shows, |facts| {
            format!(
                "the counter of discharge stays at {:.4} Ah while {:.4} Ah more come out: it is at its end, or is not read any more; of a \
                 cycler's files, leave the capacities out of the mapping, and they are made of the current",
                facts.discharged, facts.uncounted
            )
        })
    }

    fn in_steps(&self) -> Option<Doubt> {
        let step = |facts: &Facts| facts.step.filter(|step| *step > STEP * self.nominal);
        self.flag(&|facts| self.is_whole(facts), &|facts| step(facts).is_some(), |facts| {
            format!(
                "the counter of discharge moves by {:.4} Ah at a time, {:.1} % of the nominal capacity: ends of life are as coarse; of a \
                 cycler's files, leave the capacities out of the mapping, and they are made of the current",
                step(facts).unwrap_or_default(),
                100.0 * step(facts).unwrap_or_default() / self.nominal
            )
        })
    }

    /// What the counter of discharge says by what the current over time gives, of a whole cycle with fine samples.
    fn by_current(&self, facts: &Facts) -> Option<f64> {
        let is_fine = self.is_whole(facts)
            && facts.in_half[1] > ENOUGH
            && facts.widest < FINE * self.nominal
            && facts.hole.is_none();
        facts.integral[1].filter(|integral| is_fine && *integral > 0.0).map(|integral| facts.discharged / integral)
    }

    fn off(&self) -> Option<Doubt> {
        let ratio = |facts: &Facts| self.by_current(facts);
        let ratios: Vec<f64> = self.cycles.iter().filter_map(ratio).collect();
        let usual = median(&ratios).filter(|_| ratios.len() >= FEWEST)?;
        // what is further apart is said of every source
        if (1.0 / OFF..=OFF).contains(&usual) || !(1.0 / APART..=APART).contains(&usual) {
            return None;
        }
        let is_off = |ratio: f64| if usual > 1.0 { ratio > OFF } else { ratio < 1.0 / OFF };
        self.flag(&|facts| ratio(facts).is_some(), &|facts| ratio(facts).is_some_and(is_off), |facts| {
            format!(
                "the counter of discharge says {:.4} Ah and the current over time {:.4} Ah, and so in most cycles ({:+.1} %): one of the two \
                 is scaled wrongly, and lives and features with it",
                facts.discharged,
                facts.integral[1].unwrap_or_default(),
                100.0 * (usual - 1.0)
            )
        })
    }

    /// A counter that goes with the current at the beginning and not at the end, or the other way round.
    fn drift(&self) -> Option<Doubt> {
        let ratios: Vec<(usize, f64)> = self
            .cycles
            .iter()
            .enumerate()
            .filter_map(|(place, facts)| Some((place, self.by_current(facts)?)))
            .collect();
        if ratios.len() < LONG * ENDS {
            return None;
        }
        let usual = |of: &[(usize, f64)]| median(&of.iter().map(|(_, ratio)| *ratio).collect::<Vec<f64>>());
        let (early, late) = (usual(&ratios[..ENDS])?, usual(&ratios[ratios.len() - ENDS..])?);
        let change = late / early;
        if (1.0 / DRIFT..=DRIFT).contains(&change) {
            return None;
        }
        // half way from the one to the other
        let is_late = |ratio: f64| (ratio - early) * (late - early) > 0.5 * (late - early).powi(2);
        let shows: Vec<usize> = ratios.iter().filter(|(_, ratio)| is_late(*ratio)).map(|(place, _)| *place).collect();
        self.of_positions(&shows, ratios.len(), |_| {
            format!(
                "the counter of discharge says {:.1} % of what the current over time gives in the first cycles and {:.1} % in the last: one of \
                 the two drifts, and lives are counted by the counter",
                100.0 * early,
                100.0 * late
            )
        })
    }
}
