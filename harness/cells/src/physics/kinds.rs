//! Cycles of another kind than those around them: check-ups among the first, voltages that were measured otherwise from somewhere on.

use super::facts::Facts;
use super::{Doubt, Seen, Weight, middle::median};

/// Cycles that features read.
const READ: usize = 100;
/// Cycles on either side that show what is usual.
const AROUND: usize = 8;
/// Share of the nominal capacity between two samples of a discharge, where the current in the middle may be that of one stage of it.
const GAP: f64 = 0.15;
/// Factor between the currents of two discharges that are of one kind, …
const ALIKE: f64 = 1.25;
/// … and of two charges, which go in stages.
const ALIKE_CHARGES: f64 = 2.0;
/// Numbers that are written out.
const WRITTEN: usize = 12;
/// Share of the first cycles that may be of another kind; where more are, they are what the test is.
const MOST_OTHERS: f64 = 0.2;
/// V by which voltages move at once in charge and in discharge alike, as no ageing moves them.
const OFFSET: f64 = 8e-3;
/// Cycles before and after that show it.
const SIDES: usize = 5;

impl Seen<'_> {
    /// Cycles among the first hundred that are discharged or charged at another rate than those around them.
    pub(super) fn other_rate(&self) -> Option<Doubt> {
        self.other_rate_of(1, ALIKE, "discharged").or_else(|| self.other_rate_of(0, ALIKE_CHARGES, "charged"))
    }

    fn other_rate_of(&self, half: usize, alike: f64, done: &str) -> Option<Doubt> {
        let nominal = self.nominal;
        let of_half = |facts: &Facts| match half {
            0 => (facts.charged, facts.high_current[0]),
            _ => (facts.discharged, facts.usual_current[1]),
        };
        let rates: Vec<Option<f64>> = self
            .cycles
            .iter()
            .take(READ + AROUND)
            .map(|facts| {
                let (passed, current) = of_half(facts);
                let is_whole = passed > 0.3 * nominal && facts.hole.is_none() && facts.widest_gap < GAP * nominal;
                Some(current / nominal).filter(|rate| *rate > 0.0 && is_whole)
            })
            .collect();
        let around = |position: usize| {
            let near = position.saturating_sub(AROUND)..rates.len().min(position + AROUND + 1);
            median(&near.filter(|other| *other != position).filter_map(|other| rates[other]).collect::<Vec<f64>>())
        };
        let other = |position: &usize| {
            rates[*position]
                .zip(around(*position))
                .is_some_and(|(rate, usual)| !(usual / alike..=usual * alike).contains(&rate))
        };
        let read = rates.len().min(READ);
        let others: Vec<usize> = (0..read).filter(other).collect();
        if others.len() as f64 > MOST_OTHERS * read as f64 || read <= AROUND {
            return None;
        }
        // where the program of the test changes, the cycles at the change alone differ from those around them
        let lasting = |first: usize| {
            let of = |range: std::ops::Range<usize>| {
                median(&range.filter_map(|other| *rates.get(other)?).collect::<Vec<f64>>())
            };
            let (before, after) = (of(first.saturating_sub(AROUND)..first)?, of(first + 1..first + 1 + AROUND)?);
            (!(before / alike..=before * alike).contains(&after)).then_some((before, after))
        };
        self.of_positions(&others, read, |first| match lasting(first) {
            Some((before, after)) => format!(
                "about here the rate changes for good: cycles are {done} at {before:.3}C before and at {after:.3}C after, and features \
                 compare cycles of the two; leave the first out by `leave_out: {{first: N}}`, or give the cycles of one rate alone"
            ),
            None => {
                let numbers = others.iter().take(WRITTEN).map(|position| self.number(*position).to_string());
                let more = if others.len() > WRITTEN { ", …" } else { "" };
                format!(
                    "it is {done} at {:.3}C, and the cycles around it at {:.3}C: it seems to be a check-up or formation, and features \
                     read it like any other; write it under `leave_out: {{numbers: [{}{more}]}}`, or all slow ones by `slower_than`",
                    rates[first].unwrap_or_default(),
                    around(first).unwrap_or_default(),
                    numbers.collect::<Vec<_>>().join(", ")
                )
            }
        })
    }

    /// Voltages that lie higher or lower from one cycle on in charge and in discharge alike.
    pub(super) fn offset(&self) -> Option<Doubt> {
        let means: Vec<[f64; 2]> = self.cycles.iter().map(|facts: &Facts| facts.mean_voltage).collect();
        let step = |position: usize, half: usize| {
            let of = |range: std::ops::Range<usize>| {
                median(
                    &means[range].iter().map(|mean| mean[half]).filter(|mean| mean.is_finite()).collect::<Vec<f64>>(),
                )
            };
            Some(of(position..position + SIDES)? - of(position - SIDES..position)?)
        };
        let at_once = |position: usize, half: usize, moved: f64| {
            let step = means[position][half] - means[position - 1][half];
            step / moved > 0.6
        };
        let moved = |position: usize| {
            let (charge, discharge) = (step(position, 0)?, step(position, 1)?);
            let is_alike = charge * discharge > 0.0
                && charge.abs().min(discharge.abs()) > OFFSET
                && charge.abs().max(discharge.abs()) < 1.6 * charge.abs().min(discharge.abs());
            (is_alike && at_once(position, 0, charge) && at_once(position, 1, discharge)).then_some((charge, discharge))
        };
        let last = (means.len() + 1).saturating_sub(SIDES);
        let found: Vec<(usize, (f64, f64))> =
            (SIDES..last).filter_map(|position| Some((position, moved(position)?))).collect();
        let (first, (charge, discharge)) = *found.first()?;
        let side = if charge > 0.0 { "higher" } else { "lower" };
        let what = format!(
            "from here on voltages lie {:.0} mV {side} in charge and {:.0} mV {side} in discharge, all at once: they seem to be measured \
             otherwise or at another cell, or the cell to be cycled between other limits",
            1e3 * charge.abs(),
            1e3 * discharge.abs()
        );
        let cycle = Some((self.number(first), found.len(), means.len()));
        Some(Doubt { weight: Weight::Flag, cycle, what })
    }
}
