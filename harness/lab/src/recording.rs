//! The series that the virtual cycler writes for one cycle.

use numerics::ChaCha8Rng;
use numerics::Streams;
use rand::RngExt as _;
use rand_distr::{Distribution as _, StandardNormal};

use super::cell_balance::LoadedCell;
use super::laboratory::Laboratory;
use super::programme::HalfCycle;
use super::specimen::{Specimen, StoredCycle};
use cells::catalogue::CatalogueEntry;
use cells::cell::Cycle;
use cells::datasets;

/// Samples of a half cycle spread evenly over the capacity at constant current, …
const EVEN_SAMPLES: usize = 130;
/// … crowding towards the voltage limit, where voltage changes fast, …
const CROWDED_SAMPLES: usize = 50;
/// … and while the voltage is held.
const HELD_SAMPLES: usize = 25;
/// Samples of each rest.
const REST_SAMPLES: usize = 6;
/// h of each rest.
const REST: f64 = 5.0 / 60.0;
/// h in which concentration profiles build up and decay.
const RELAXATION: f64 = 50.0 / 3600.0;
/// J/°C of an 18650, and W/°C of its cooling.
const THERMAL: (f64, f64) = (40.0, 0.12);

/// Series before they are cut into a [`Cycle`].
#[derive(Default)]
struct Series {
    /// h.
    time: Vec<f64>,
    voltage: Vec<f64>,
    current: Vec<f64>,
    charged: Vec<f64>,
    discharged: Vec<f64>,
    /// W.
    heat: Vec<f64>,
}

impl Series {
    fn clock(&self) -> f64 {
        self.time.last().copied().unwrap_or(0.0)
    }

    /// Appends a half cycle from `from` to `to` (lithium content of the negative electrode). The recorded capacity ends
    /// at exactly `recorded` Ah.
    fn half_cycle(&mut self, cell: &LoadedCell, half: &HalfCycle, from: f64, to: f64, recorded: f64) {
        let sign = (to - from).signum();
        let span = (to - from).abs() * cell.balance.negative;
        let gain = recorded / span;
        let (charged, discharged) =
            if sign > 0.0 { (0.0, 0.0) } else { (self.charged.last().copied().unwrap_or(0.0), 0.0) };
        let kept = if sign > 0.0 { self.discharged.last().copied().unwrap_or(0.0) } else { 0.0 };
        let began = self.clock();
        let (mut time, mut before) = (began, None::<(f64, f64)>);
        let met_at = cell.stoichiometry_at(half.limit, sign * half.current(f64::INFINITY));
        let met = ((met_at - from) / (to - from)).clamp(0.05, 1.0);
        for part in parts(met) {
            let passed = part * span;
            let x = from + (to - from) * part;
            let limit = sign * half.current(passed * gain);
            // the time constant of the profiles is much shorter than a half cycle: time so far is good enough here
            let developed = 1.0 - (-(passed / limit.abs()) / RELAXATION).exp();
            let current = cell.current_within(x, limit, half.limit, developed);
            let voltage = cell.voltage(x, current, developed);
            if let Some((last_passed, last_current)) = before {
                time += 2.0 * (passed - last_passed) / (current.abs() + last_current).max(1e-9);
            }
            before = Some((passed, current.abs()));
            let capacity = if part == 1.0 { recorded } else { passed * gain };
            self.time.push(time);
            self.voltage.push(voltage);
            self.current.push(current);
            self.charged.push(if sign > 0.0 { charged + capacity } else { charged });
            self.discharged.push(if sign > 0.0 { kept } else { discharged + capacity });
            self.heat.push((current * (voltage - cell.voltage(x, 0.0, 0.0))).max(0.0));
        }
    }

    /// Appends a rest, in which the voltage relaxes.
    fn rest(&mut self, cell: &LoadedCell, x: f64) {
        let (Some(&last), Some(&charged), Some(&discharged)) =
            (self.voltage.last(), self.charged.last(), self.discharged.last())
        else {
            return;
        };
        let open = cell.voltage(x, 0.0, 0.0);
        let began = self.clock();
        for sample in 1..=REST_SAMPLES {
            let since = REST * sample as f64 / REST_SAMPLES as f64;
            self.time.push(began + since);
            self.voltage.push(open + 0.4 * (last - open) * (-since / RELAXATION).exp());
            self.current.push(0.0);
            self.charged.push(charged);
            self.discharged.push(discharged);
            self.heat.push(0.0);
        }
    }

    /// °C over time: heat in, heat out.
    fn temperature(&self, mean: f64, ambient: f64) -> Vec<f64> {
        let (capacity, cooling) = THERMAL;
        let mut temperature = 0.5 * (mean + ambient);
        let mut before = self.time.first().copied().unwrap_or(0.0);
        self.time
            .iter()
            .zip(&self.heat)
            .map(|(&time, heat)| {
                let settled = ambient + heat / cooling;
                temperature =
                    settled + (temperature - settled) * (-(time - before) * 3600.0 * cooling / capacity).exp();
                before = time;
                temperature
            })
            .collect()
    }

    /// Drops samples, as a cycler does that loses its connection for a while.
    fn drop_samples(&mut self, range: std::ops::Range<usize>) {
        let columns = [
            &mut self.time,
            &mut self.voltage,
            &mut self.current,
            &mut self.charged,
            &mut self.discharged,
            &mut self.heat,
        ];
        for column in columns {
            column.drain(range.clone());
        }
    }
}

/// Fractions of a half cycle at which samples are taken, from 0 to 1: evenly at first, crowding towards the fraction
/// `met` at which the voltage limit is met, evenly again while the voltage is held.
fn parts(met: f64) -> impl Iterator<Item = f64> {
    const CROWDED: f64 = 0.06;
    let even = (0..EVEN_SAMPLES).map(move |sample| met * (1.0 - CROWDED) * sample as f64 / EVEN_SAMPLES as f64);
    let crowded = (0..CROWDED_SAMPLES).map(move |sample| {
        let left = 1.0 - sample as f64 / CROWDED_SAMPLES as f64;
        met * (1.0 - CROWDED * left * left)
    });
    let held = (0..=HELD_SAMPLES).map(move |sample| 1.0 - (1.0 - met) * (1.0 - sample as f64 / HELD_SAMPLES as f64));
    // with next to nothing held, the last sample alone is enough
    let first_held = if met > 0.999 { HELD_SAMPLES } else { 0 };
    even.chain(crowded).chain(held.skip(first_held))
}

/// Writes the cycle at `position`.
pub(super) fn record(entry: &CatalogueEntry, specimen: &Specimen, position: usize, streams: &Streams) -> Cycle {
    let number = specimen.life[position].number;
    let measured_at = specimen.life[position].measured_at;
    let stored = &specimen.life[measured_at];
    let mut random = streams.stream(&format!("cycle {measured_at}"));
    let mut series = run(specimen, stored, &mut random);
    lose_samples(&mut series, &mut random);
    let temperature = series.temperature(stored.temperature, specimen.ambient);
    let laboratory = Laboratory::of(entry);
    // as whoever reads the publisher's files gets it, to the last digit
    let unit = datasets::time_unit(&entry.dataset);
    let time = series.time.iter().map(|hours| unit.to_seconds(hours * unit.per_hour()));
    let mut cycle = Cycle {
        number,
        internal_resistance: laboratory
            .logs_resistance
            .then(|| specimen.cell_at(stored).polarisation.resistance * (1.0 + 0.004 * normal(&mut random))),
        temperature: laboratory.logs_temperature.then_some(temperature),
        time: Some(time.collect()),
        voltage: series.voltage,
        current: series.current,
        charge_capacity: Some(series.charged),
        discharge_capacity: series.discharged,
        qdlin: None,
        stated_capacity: None,
    };
    add_noise(&mut cycle, &mut random);
    if random.random::<f64>() < specimen.glitches {
        glitch(&mut cycle, &mut random);
    }
    cycle
}

fn normal(random: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(random)
}

/// Both half cycles with their rests.
fn run(specimen: &Specimen, stored: &StoredCycle, random: &mut ChaCha8Rng) -> Series {
    let cell = specimen.cell_at(stored);
    let swing = specimen.swing_at(stored);
    let programme = &specimen.programme;
    // a little more goes in than comes out
    let charged = stored.discharged * (1.0 + 8e-4 + 3e-4 * normal(random));
    let mut series = Series::default();
    for charging in if programme.discharge_first { [false, true] } else { [true, false] } {
        let (half, from, to, recorded) = if charging {
            (&programme.charge, swing.bottom, swing.top, charged)
        } else {
            (&programme.discharge, swing.top, swing.bottom, stored.discharged)
        };
        series.half_cycle(&cell, half, from, to, recorded);
        series.rest(&cell, to);
    }
    series
}

/// Rarely, a run of samples is missing; the ends of the half cycles stay.
fn lose_samples(series: &mut Series, random: &mut ChaCha8Rng) {
    if random.random::<f64>() < 0.003 {
        let second_half = series.voltage.len() / 2;
        let start = random.random_range(20..EVEN_SAMPLES - 40) + if random.random::<bool>() { second_half } else { 0 };
        series.drop_samples(start..start + random.random_range(5..35));
    }
}

/// Noise of the instruments. Capacity is counted by the cycler from many more samples and is left exact.
fn add_noise(cycle: &mut Cycle, random: &mut ChaCha8Rng) {
    for voltage in &mut cycle.voltage {
        *voltage += 2.5e-4 * normal(random);
    }
    for current in &mut cycle.current {
        *current += 2e-4 * current.abs() * normal(random) + 2e-4 * normal(random);
    }
    for temperature in cycle.temperature.iter_mut().flatten() {
        *temperature += 0.05 * normal(random);
    }
}

/// One to three samples in a row with a wrong voltage, current or temperature.
fn glitch(cycle: &mut Cycle, random: &mut ChaCha8Rng) {
    let start = random.random_range(0..cycle.len() - 3);
    let end = start + random.random_range(1..=3);
    match random.random_range(0..3) {
        0 => {
            let jump = random.random_range(-1.0..1.0);
            cycle.voltage[start..end].iter_mut().for_each(|voltage| *voltage += jump);
        }
        1 => cycle.current[start..end].fill(0.0),
        _ => {
            for temperature in cycle.temperature.iter_mut().flat_map(|series| &mut series[start..end]) {
                *temperature += 40.0;
            }
        }
    }
}
