//! Counters of discharge that are near what the current gives, and not it: off by a little in every cycle, in coarse steps, at their end.

use super::facts::Facts;
use super::{APART, Doubt, Seen, middle::median};
use crate::count::ah;

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
/// Samples of a discharge that an integral is to be trusted of, whatever the current does.
const ENOUGH: usize = 50;
/// Times what the samples leave open of an integral that a deviation must be.
const SURE: f64 = 3.0;
/// Cycles that show it.
const FEWEST: usize = 10;
/// Samples of a discharge without which there is hardly anything between them, …
const FEWEST_SAMPLES: usize = 5;
/// … which is to be so much of it.
const HALF: f64 = 0.5;
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
                "the counter of discharge stays at {} Ah while {} Ah more come out: it is at its end, or is not read any more; of a \
                 cycler's files, leave the capacities out of the mapping, and they are made of the current",
                ah(facts.discharged), ah(facts.uncounted)
            )
        })
    }

    fn in_steps(&self) -> Option<Doubt> {
        let step = |facts: &Facts| facts.step.filter(|step| *step > STEP * self.nominal);
        self.flag(&|facts| self.is_whole(facts), &|facts| step(facts).is_some(), |facts| {
            format!(
                "the counter of discharge moves by {} Ah at a time, {:.1} % of the nominal capacity: ends of life are as coarse; of a \
                 cycler's files, leave the capacities out of the mapping, and they are made of the current",
                ah(step(facts).unwrap_or_default()),
                100.0 * step(facts).unwrap_or_default() / self.nominal
            )
        })
    }

    /// The counter of discharge and the current over time, of a whole cycle.
    ///
    /// Of fine samples, the whole integral is trusted. Of fewer, what lies between those of the discharge: a steady current has its
    /// integral however few they are, and by how much another may be off is known.
    fn by_current(&self, facts: &Facts) -> Option<Compared> {
        if !self.is_whole(facts) || facts.hole.is_some() {
            return None;
        }
        let is_fine = facts.in_half[1] > ENOUGH && facts.widest < FINE * self.nominal;
        let within = facts.within;
        let (counted, integral, bound) = match is_fine {
            true => (facts.discharged, facts.integral[1]?, 0.0),
            false => (within.counted, within.integral, within.bound),
        };
        (integral > HALF * facts.discharged && counted > 0.0 && facts.in_half[1] >= FEWEST_SAMPLES).then(|| Compared {
            counted,
            integral,
            ratio: counted / integral,
            open: bound / integral,
        })
    }

    fn off(&self) -> Option<Doubt> {
        let compared: Vec<Compared> = self.cycles.iter().filter_map(|facts| self.by_current(facts)).collect();
        let usual = usual(&compared).filter(|_| compared.len() >= FEWEST)?;
        let most = OFF.max(open(&compared)?);
        // what is further apart is said of every source, where samples are fine
        let is_said = || self.against_current().or_else(|| self.apart_from_current()).is_some();
        if (1.0 / most..=most).contains(&usual) || !(1.0 / APART..=APART).contains(&usual) && is_said() {
            return None;
        }
        let is_off = |one: Compared| if usual > 1.0 { one.ratio > most } else { one.ratio < 1.0 / most };
        let of = |facts: &Facts| self.by_current(facts);
        self.flag(&|facts| of(facts).is_some(), &|facts| of(facts).is_some_and(is_off), |facts| {
            let Compared { counted, integral, .. } = of(facts).unwrap_or_default();
            format!(
                "the counter of discharge says {} Ah and the current over time {} Ah, and so in most cycles ({:+.1} %): one of the two \
                 is scaled wrongly, and lives and features with it",
                ah(counted),
                ah(integral),
                100.0 * (usual - 1.0)
            )
        })
    }

    /// A counter that goes with the current at the beginning and not at the end, or the other way round.
    fn drift(&self) -> Option<Doubt> {
        let compared: Vec<(usize, Compared)> = self
            .cycles
            .iter()
            .enumerate()
            .filter_map(|(place, facts)| Some((place, self.by_current(facts)?)))
            .collect();
        if compared.len() < LONG * ENDS {
            return None;
        }
        let all: Vec<Compared> = compared.iter().map(|(_, one)| *one).collect();
        let (early, late) = (usual(&all[..ENDS])?, usual(&all[all.len() - ENDS..])?);
        let change = late / early;
        let most = DRIFT.max(open(&all)?);
        if (1.0 / most..=most).contains(&change) {
            return None;
        }
        // half way from the one to the other
        let is_late = |one: Compared| (one.ratio - early) * (late - early) > 0.5 * (late - early).powi(2);
        let shows: Vec<usize> = compared.iter().filter(|(_, one)| is_late(*one)).map(|(place, _)| *place).collect();
        self.of_positions(&shows, compared.len(), |_| {
            format!(
                "the counter of discharge says {:.1} % of what the current over time gives in the first cycles and {:.1} % in the last: one of \
                 the two drifts, and lives are counted by the counter",
                100.0 * early,
                100.0 * late
            )
        })
    }
}

/// What the counter of a cycle says and what its current gives.
#[derive(Clone, Copy, Debug, Default)]
struct Compared {
    /// Ah.
    counted: f64,
    /// Ah.
    integral: f64,
    /// The one by the other.
    ratio: f64,
    /// Share of the integral that the samples leave open.
    open: f64,
}

/// The ratio in the middle.
fn usual(compared: &[Compared]) -> Option<f64> {
    median(&compared.iter().map(|one| one.ratio).collect::<Vec<f64>>())
}

/// The factor that what samples leave open explains.
fn open(compared: &[Compared]) -> Option<f64> {
    Some(1.0 + SURE * median(&compared.iter().map(|one| one.open).collect::<Vec<f64>>())?)
}
