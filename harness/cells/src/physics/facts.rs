//! What one cycle shows, before it is judged.

use itertools::Itertools as _;

use crate::cell::Cycle;

/// s by which time may run back by rounding.
const ROUNDING: f64 = 2e-3;

/// What one cycle shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) samples: usize,
    pub(super) has_charge: bool,
    pub(super) has_time: bool,
    /// Ah, the largest of the series, or as stated.
    pub(super) discharged: f64,
    /// Ah, the largest of the series.
    pub(super) charged: f64,
    /// Ah of charge and of discharge: the current over time.
    pub(super) integral: [Option<f64>; 2],
    /// Of the samples of discharge that follow one another.
    pub(super) within: Within,
    /// Share of the voltage's changes under steady current that go with its sign.
    pub(super) with_current: Option<f64>,
    /// Share of samples at which the voltage turns sharply, there and back.
    pub(super) zigzag: f64,
    /// Discharges of at least half the nominal capacity.
    pub(super) full_discharges: usize,
    /// Ah before and after a fall of the discharge capacity under discharge.
    pub(super) reset: Option<(f64, f64)>,
    /// Ah of discharge at the first sample, where the counter falls later.
    pub(super) carried: Option<f64>,
    /// V.
    pub(super) voltage: (f64, f64),
    /// V, without the outermost 2 % of samples on either side.
    pub(super) typical_voltage: (f64, f64),
    /// V between the lowest and the highest voltage of the discharge, but for its first and last samples; none of few.
    pub(super) discharge_span: Option<f64>,
    /// V by which the lowest voltage lies under the sample before it.
    pub(super) last_fall: f64,
    /// V between two of its voltages, at least, where many samples share theirs with others.
    pub(super) voltage_step: Option<f64>,
    /// s before and after the first time that runs back.
    pub(super) time_back: Option<(f64, f64)>,
    /// °C.
    pub(super) temperature: Option<(f64, f64)>,
    /// Samples of charge and of discharge.
    pub(super) in_half: [usize; 2],
    /// Ah between two samples of discharge, at most.
    pub(super) widest: f64,
    /// Ah of the discharge between the two samples that are furthest apart, and between others at most, where nine in ten lie that
    /// near: none where the first is not much more.
    pub(super) hole: Option<(f64, f64)>,
    /// Ah by which the counter of discharge moves at a time, where it stands still at most samples.
    pub(super) step: Option<f64>,
    /// Ah that the current gives after the counter of discharge has moved for the last time.
    pub(super) uncounted: f64,
    /// Ah between two samples of discharge, at most, as the integral has them; without times, as the counter does.
    pub(super) widest_gap: f64,
    /// Share of the discharge capacity that grows while the cell is charged.
    pub(super) against: Option<f64>,
    /// A.
    pub(super) largest_current: f64,
    /// A, the middle of the currents of charge and of discharge; 0 of a half that is not there.
    pub(super) usual_current: [f64; 2],
    /// A, what nineteen in twenty of these are under: of a charge in stages, the largest, however many samples each stage has.
    pub(super) high_current: [f64; 2],
    /// V, the mean of the voltage over charge in charge and in discharge; not a number of a half that is not there.
    pub(super) mean_voltage: [f64; 2],
}

/// What passes between samples of discharge that follow one another, Ah: what lies at the ends of a step is nobody's.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Within {
    /// By the counter of discharge.
    pub(super) counted: f64,
    /// By the current over time.
    pub(super) integral: f64,
    /// By which the integral may be off at most, of a current that rises or falls steadily between two samples: half of what the sums
    /// with the current before and with the one after differ by.
    pub(super) bound: f64,
}

/// Share of a discharge that no sample shows where the shape of its curve is lost. Cyclers lose a few samples now and then.
const HOLE: f64 = 0.25;
/// Times what lies between nine in ten samples, at most.
const WIDER: f64 = 8.0;

/// The widest of these steps in Ah and the usual one, where it is a hole between samples.
fn hole(mut steps: Vec<f64>) -> Option<(f64, f64)> {
    steps.sort_by(f64::total_cmp);
    let widest = *steps.last()?;
    let usual = steps[9 * (steps.len() - 1) / 10];
    let all: f64 = steps.iter().sum();
    (steps.len() > 20 && widest > HOLE * all && widest > WIDER * usual).then_some((widest, usual))
}

/// Samples that show in which steps a voltage was written.
const STEPPED: usize = 100;

/// The least step between these voltages in their order, where many are there more than once.
fn voltage_step(sorted: &[f64]) -> Option<f64> {
    let steps = sorted.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 1e-7);
    let (distinct, least) = steps.fold((1, f64::INFINITY), |(count, least), step| (count + 1, least.min(step)));
    (sorted.len() >= STEPPED && 4 * distinct < 3 * sorted.len() && least.is_finite()).then_some(least)
}

/// V between the lowest and the highest voltage of a discharge, but for samples at its ends, where a voltage jumps.
fn discharge_span(cycle: &Cycle, peak: f64) -> Option<f64> {
    const ENDS: usize = 2;
    let flowing = cycle.voltage.iter().zip(&cycle.current).filter(|(_, current)| **current < -0.02 * peak);
    let voltages: Vec<f64> = flowing.map(|(voltage, _)| *voltage).collect();
    let inner = voltages.get(ENDS..voltages.len().checked_sub(ENDS)?).filter(|inner| inner.len() > ENDS)?;
    let (low, high) = range(inner);
    Some(high - low)
}

/// The current between a sample and the one before it.
///
/// At the beginning of a step, it holds since the sample before or flows from this one on: the mean of both is wrong by at most half a
/// step, so the later one counts, as importers do.
fn between(current: &[f64], k: usize) -> f64 {
    if current[k - 1] * current[k] > 0.0 { 0.5 * (current[k - 1] + current[k]) } else { current[k] }
}

fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)))
}

impl Facts {
    pub(super) fn of(cycle: &Cycle, nominal: f64) -> Self {
        let samples = cycle.len();
        let largest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
        let charged = cycle.charge_capacity.as_deref().map_or(0.0, largest);
        let mut facts = Self {
            samples,
            has_charge: cycle.charge_capacity.is_some(),
            has_time: cycle.time.is_some(),
            discharged: cycle.discharged().max(largest(&cycle.discharge_capacity)),
            charged,
            ..Self::default()
        };
        if samples == 0 {
            return facts;
        }
        facts.voltage = range(&cycle.voltage);
        let mut sorted = cycle.voltage.clone();
        let cut = samples / 50;
        sorted.sort_by(f64::total_cmp);
        facts.typical_voltage = (sorted[cut], sorted[samples - 1 - cut]);
        let lowest = cycle.voltage.iter().position_min_by(|one, other| one.total_cmp(other)).unwrap_or(0);
        facts.last_fall = if lowest > 0 { cycle.voltage[lowest - 1] - facts.voltage.0 } else { 0.0 };
        facts.voltage_step = voltage_step(&sorted);
        facts.temperature = cycle.temperature.as_deref().map(range);
        let peak = cycle.current.iter().fold(0.0, |peak: f64, current| peak.max(current.abs()));
        facts.largest_current = peak;
        facts.discharge_span = discharge_span(cycle, peak);
        facts.halves(cycle, peak);
        facts.usual(cycle, peak);
        facts.voltage_turns(cycle, peak);
        facts.counter(cycle, peak, nominal);
        facts
    }

    /// Whether the current and the counter differ by no more than what passes between two samples alone: others are missing there, and
    /// with them the current that flowed.
    pub(super) fn is_of_one_gap(&self) -> bool {
        self.integral[1].is_some_and(|integral| (integral - self.discharged).abs() < self.widest_gap)
    }

    /// Integrals, samples of the halves, and time.
    fn halves(&mut self, cycle: &Cycle, peak: f64) {
        for current in &cycle.current {
            if current.abs() > 0.02 * peak {
                self.in_half[usize::from(*current < 0.0)] += 1;
            }
        }
        let Some(time) = &cycle.time else { return };
        let mut sums = [0.0, 0.0];
        for k in 1..time.len() {
            let since = time[k] - time[k - 1];
            if since < -ROUNDING && self.time_back.is_none() {
                self.time_back = Some((time[k - 1], time[k]));
            }
            let current = between(&cycle.current, k);
            let passed = current.abs() * since.max(0.0) / 3600.0;
            sums[usize::from(current < 0.0)] += passed;
            if current < 0.0 {
                self.widest_gap = self.widest_gap.max(passed);
            }
            let (before, after) = (cycle.current[k - 1], cycle.current[k]);
            if before.max(after) < -0.02 * peak {
                let counter = &cycle.discharge_capacity;
                self.within.counted += (counter[k] - counter[k - 1]).max(0.0);
                self.within.integral += passed;
                self.within.bound += 0.5 * (before - after).abs() * since.max(0.0) / 3600.0;
            }
        }
        self.integral = sums.map(Some);
    }

    /// What the halves are like: currents and voltages in the middle.
    fn usual(&mut self, cycle: &Cycle, peak: f64) {
        let is_in = |half: usize, current: f64| if half == 0 { current > 0.02 * peak } else { current < -0.02 * peak };
        for half in [0, 1] {
            let of_half = cycle.current.iter().copied().filter(|current| is_in(half, *current));
            let mut currents: Vec<f64> = of_half.map(f64::abs).collect();
            currents.sort_by(f64::total_cmp);
            self.usual_current[half] = currents.get(currents.len() / 2).copied().unwrap_or(0.0);
            self.high_current[half] = currents.get(19 * currents.len() / 20).copied().unwrap_or(0.0);
            let Some(counter) = [cycle.charge_capacity.as_ref(), Some(&cycle.discharge_capacity)][half] else {
                self.mean_voltage[half] = f64::NAN;
                continue;
            };
            let (mut sum, mut all) = (0.0, 0.0);
            for k in (1..counter.len()).filter(|&k| is_in(half, cycle.current[k]) && is_in(half, cycle.current[k - 1]))
            {
                let step = (counter[k] - counter[k - 1]).max(0.0);
                all += step;
                sum += 0.5 * (cycle.voltage[k] + cycle.voltage[k - 1]) * step;
            }
            self.mean_voltage[half] = sum / all;
        }
    }

    fn voltage_turns(&mut self, cycle: &Cycle, peak: f64) {
        let (voltage, current) = (&cycle.voltage, &cycle.current);
        let (mut with, mut all) = (0.0, 0.0);
        for k in 1..voltage.len() {
            let (one, two) = (current[k - 1], current[k]);
            if one * two > 0.0 && one.abs().min(two.abs()) > 0.02 * peak && (one - two).abs() < 0.1 * peak {
                let change = voltage[k] - voltage[k - 1];
                all += change.abs();
                with += if change * two > 0.0 { change.abs() } else { 0.0 };
            }
        }
        let span = self.voltage.1 - self.voltage.0;
        self.with_current = (all > 0.2 * span && span > 0.0).then(|| with / all);
        let sharp = 0.08 * span;
        let turns = (1..voltage.len().saturating_sub(1))
            .filter(|&k| {
                let (into, out) = (voltage[k] - voltage[k - 1], voltage[k + 1] - voltage[k]);
                into * out < 0.0 && into.abs().min(out.abs()) > sharp
            })
            .count();
        self.zigzag = turns as f64 / voltage.len() as f64;
    }

    fn counter(&mut self, cycle: &Cycle, peak: f64, nominal: f64) {
        let (current, counter) = (&cycle.current, &cycle.discharge_capacity);
        let flows = |k: usize| current[k] < -0.02 * peak;
        let mut falls = false;
        let (mut grown, mut grown_in_charge) = (0.0, 0.0);
        for k in 1..counter.len() {
            let change = counter[k] - counter[k - 1];
            falls |= change < -0.2 * nominal;
            if current[k] * current[k - 1] > 0.0 {
                grown += change.max(0.0);
                grown_in_charge += if current[k] > 0.0 { change.max(0.0) } else { 0.0 };
            }
            if flows(k) && flows(k - 1) {
                if change < -0.05 * nominal && self.reset.is_none() {
                    self.reset = Some((counter[k - 1], counter[k]));
                }
                self.widest = self.widest.max(change);
            }
        }
        if cycle.time.is_none() {
            self.widest_gap = self.widest;
        }
        self.against = (grown > 0.1 * nominal).then(|| grown_in_charge / grown);
        self.carried = (falls && counter[0] > 0.2 * nominal && !flows(0)).then_some(counter[0]);
        // a discharge ends where the cell is charged again
        let passed = |from: usize, to: usize| match &cycle.time {
            Some(time) => current[to].abs() * (time[to] - time[from]).max(0.0) / 3600.0,
            None => (counter[to] - counter[from]).max(0.0),
        };
        let steps = (1..counter.len()).filter(|&k| flows(k) && flows(k - 1)).map(|k| passed(k - 1, k));
        self.hole = hole(steps.collect());
        let (mut samples, mut moves) = (0, 0);
        for k in (1..counter.len()).filter(|&k| flows(k) && flows(k - 1)) {
            samples += 1;
            if (counter[k] - counter[k - 1]).abs() > 1e-9 * nominal {
                moves += 1;
                self.uncounted = 0.0;
            } else {
                self.uncounted += passed(k - 1, k);
            }
        }
        self.step = (moves > 1 && samples > 2 * moves).then(|| self.discharged / f64::from(moves));
        let (mut discharged, mut charged, mut is_over) = (0.0, 0.0, false);
        for (k, &now) in current.iter().enumerate().take(counter.len()).skip(1) {
            if flows(k) {
                if is_over {
                    (discharged, is_over) = (0.0, false);
                }
                charged = 0.0;
                let before = discharged;
                discharged += passed(k - 1, k);
                let half = 0.5 * nominal;
                self.full_discharges += usize::from(before < half && discharged >= half);
            } else if now > 0.02 * peak {
                charged += match &cycle.time {
                    Some(_) => passed(k - 1, k),
                    None => 0.0,
                };
                is_over |= charged > 0.3 * nominal;
            }
        }
    }
}
