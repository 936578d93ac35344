//! One virtual cell: its own draw of a make, and its whole life cycle by cycle.

use numerics::ChaCha8Rng;
use numerics::Streams;
use rand::RngExt as _;
use rand_distr::{Distribution as _, StandardNormal};

use super::ageing::{Path, Wear};
use super::cell_balance::{Balance, LoadedCell, Polarisation};
use super::half_cell::HalfCell;
use super::laboratory::{Ends, Laboratory};
use super::programme::Programme;
use super::recipe::{Ageing, Recipe};
use cells::catalogue::CatalogueEntry;

/// A cell on the virtual test stand, with everything that its recorded cycles follow from.
#[derive(Debug)]
pub(super) struct Specimen {
    /// How it is cycled.
    pub(super) programme: Programme,
    /// °C of the chamber.
    pub(super) ambient: f64,
    /// All stored cycles, in order.
    pub(super) life: Vec<StoredCycle>,
    /// How often samples are glitched, as a probability per cycle.
    pub(super) glitches: f64,
    fresh: LoadedCell,
    capacity: f64,
}

/// What is known of a stored cycle without its series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StoredCycle {
    /// The source's own count; jumps where cycles are missing.
    pub(super) number: u32,
    /// Position whose measurement this is: its own, or that of the cycle before for a repeated cycle.
    pub(super) measured_at: usize,
    /// Ah, the largest discharge capacity.
    pub(super) discharged: f64,
    /// °C, mean of the cell.
    pub(super) temperature: f64,
    wear: Wear,
    gain: f64,
}

/// The end points of a half cycle, as lithium content of the negative electrode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Swing {
    /// Charged.
    pub(super) top: f64,
    /// Discharged.
    pub(super) bottom: f64,
}

fn normal(random: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(random)
}

/// exp of a normal with this standard deviation, cut at 2.5 of them.
fn scatter(random: &mut ChaCha8Rng, deviation: f64) -> f64 {
    (deviation * normal(random).clamp(-2.5, 2.5)).exp()
}

/// °C at which the recipes' resistances hold.
const REFERENCE_TEMPERATURE: f64 = 25.0;
/// Share of cycles that the files lack.
const MISSING: f64 = 0.003;
/// Fraction of nominal capacity at the end of life.
const END_OF_LIFE: f64 = 0.8;

impl Specimen {
    /// Makes the cell and lives its life; a pure function of the catalogue entry.
    pub(super) fn new(entry: &CatalogueEntry, streams: &Streams) -> Self {
        let recipe = Recipe::of(entry);
        let mut programme = Programme::of(entry);
        let ambient = entry.temperature.unwrap_or(24.0);
        let mut random = streams.stream("make");

        let capacity = Laboratory::of(entry).rated_capacity(entry)
            * recipe.capacity
            * (1.0 + recipe.spread.capacity * normal(&mut random).clamp(-2.5, 2.5));
        let fresh = assemble(&recipe, entry, capacity, &mut random);
        let ageing = draw_ageing(&recipe, &programme, ambient, &mut random);
        let glitches = (0.004 * scatter(&mut random, 1.0)).min(0.15);

        let heating = self_heating(&programme, &fresh);
        let temperature = ambient + heating;
        if let Some((low, high)) = programme.window {
            let cell = at_temperature(fresh, temperature);
            let swing = swing(&cell, &programme);
            let content = |charge: f64| swing.bottom + charge * (swing.top - swing.bottom);
            programme.charge.limit = cell.voltage(content(high), programme.charge.end_current, 1.0);
            programme.discharge.limit = cell.voltage(content(low), -programme.discharge.end_current, 1.0);
        }

        let capacity_of = |cell: &LoadedCell| {
            let cell = at_temperature(*cell, temperature);
            let swing = swing(&cell, &programme);
            (swing.top - swing.bottom) * cell.balance.negative
        };
        let charged = |cell: &LoadedCell| swing(&at_temperature(*cell, temperature), &programme).top;
        let threshold = END_OF_LIFE * entry.nominal_capacity;
        let path = Path::follow(ageing, fresh, capacity, charged, capacity_of, threshold);

        let plan = Plan::draw(entry, capacity_of(&fresh), &mut streams.stream("fate"));
        let target_time = time_at(plan.end_capacity, &path, |wear| capacity_of(&wear.applied_to(fresh, capacity)));
        let mut specimen = Self { programme, ambient, life: Vec::new(), glitches, fresh, capacity };
        specimen.live(entry, &plan, &path, target_time, heating, streams);
        specimen
    }

    /// Fills in every stored cycle; the one at `plan.end_at` has aged by `target_time`.
    fn live(
        &mut self,
        entry: &CatalogueEntry,
        plan: &Plan,
        path: &Path,
        target_time: f64,
        heating: f64,
        streams: &Streams,
    ) {
        let mut random = streams.stream("life");
        let numbers = plan.numbers(&mut random);
        let scale = target_time / (f64::from(numbers[plan.cycles - 1]) - plan.before_end).max(1.0);
        let Laboratory { repeats, noise, .. } = *Laboratory::of(entry);
        let threshold = END_OF_LIFE * entry.nominal_capacity;
        let (mut drift, mut repeated_before) = (0.0, false);
        for (position, &number) in numbers.iter().enumerate() {
            drift = 0.97 * drift + 0.012 * normal(&mut random);
            let repeat =
                random.random::<f64>() < repeats && position > 3 && position + 3 < plan.cycles && !repeated_before;
            repeated_before = repeat;
            let wear = path.at(f64::from(number) * scale);
            let temperature = self.ambient + heating * (1.0 + 0.5 * wear.resistance) + drift;
            let mut cycle =
                StoredCycle { number, measured_at: position, discharged: 0.0, temperature, wear, gain: 1.0 };
            let cell = self.cell_at(&cycle);
            let swing = swing(&cell, &self.programme);
            let ideal = (swing.top - swing.bottom) * cell.balance.negative;
            cycle.gain = 1.0 + noise * normal(&mut random).clamp(-3.0, 3.0);
            if plan.end != End::Unfinished {
                let is_end = plan.end != End::Stopped && position + 1 == plan.cycles;
                cycle.gain = keep_to_the_end(ideal, cycle.gain, threshold, is_end);
            }
            cycle.discharged = ideal * cycle.gain;
            if repeat {
                let before = self.life[position - 1];
                cycle = StoredCycle { number, ..before };
            }
            self.life.push(cycle);
        }
        if plan.end == End::LeftOut {
            self.life.pop();
        }
    }

    /// The cell as it is in a stored cycle.
    pub(super) fn cell_at(&self, cycle: &StoredCycle) -> LoadedCell {
        at_temperature(cycle.wear.applied_to(self.fresh, self.capacity), cycle.temperature)
    }

    /// End points of a stored cycle.
    pub(super) fn swing_at(&self, cycle: &StoredCycle) -> Swing {
        swing(&self.cell_at(cycle), &self.programme)
    }
}

/// The gain nearest to the drawn one with which the cell is above the threshold before its end, and not at its end.
fn keep_to_the_end(ideal: f64, gain: f64, threshold: f64, is_end: bool) -> f64 {
    let excess = (ideal * gain / threshold - 1.0).abs().max(1e-6);
    if is_end == (ideal * gain <= threshold) {
        gain
    } else if is_end {
        threshold * (1.0 - excess.min(1e-3)) / ideal
    } else {
        threshold * (1.0 + excess.min(1e-3)) / ideal
    }
}

/// Where the observed life ends, and how.
struct Plan {
    /// Cycles lived.
    cycles: usize,
    /// What the record has of the end.
    end: End,
    /// Ah at the end of the plan.
    end_capacity: f64,
    /// Cycles before the last one at which `end_capacity` is met.
    before_end: f64,
}

/// How a record ends. The label rule makes the published life of each but the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Its last cycle is the first at or under the threshold.
    Stored,
    /// It has all cycles before that one.
    LeftOut,
    /// It stops a per cent or two above the threshold.
    Stopped,
    /// The cell lives on.
    Unfinished,
}

impl Plan {
    /// A published life L means L - 2 cycles above the threshold, and one at or under it that publishers
    /// mostly store, but not all do ([`Ends`]). Where it is stored, the label rule counts
    /// from one and adds one; where it is not, the rule adds two. An unfinished cell is taken off test at a drawn age and
    /// health.
    fn draw(entry: &CatalogueEntry, first_capacity: f64, random: &mut ChaCha8Rng) -> Self {
        let laboratory = Laboratory::of(entry);
        let threshold = END_OF_LIFE * entry.nominal_capacity;
        if let Some(life) = entry.cycle_life {
            let cycles = (life.round() as usize).saturating_sub(1).max(1);
            let end = match laboratory.ends {
                Ends::LeftOutBut(stored) if !entry.id.starts_with(stored) => End::LeftOut,
                Ends::Shares(stored, stopped) => match random.random::<f64>() {
                    share if share < stored => End::Stored,
                    share if share < stopped => End::Stopped,
                    _ => End::LeftOut,
                },
                Ends::Stored | Ends::LeftOutBut(_) => End::Stored,
            };
            if end == End::Stopped {
                let health = random.random_range(0.806..0.8212);
                let end_capacity = health * entry.nominal_capacity;
                return Self { cycles: cycles - 1, end, end_capacity, before_end: 0.0 };
            }
            return Self { cycles, end, end_capacity: threshold, before_end: 0.7 };
        }
        let (least, most) = laboratory.unfinished;
        let cycles = random.random_range(least..most) as usize;
        let health = random.random_range(0.84..0.88);
        let end_capacity = (health * entry.nominal_capacity).min(0.97 * first_capacity);
        Self { cycles, end: End::Unfinished, end_capacity, before_end: 0.0 }
    }

    /// Cycle numbers of all stored cycles, with gaps.
    fn numbers(&self, random: &mut ChaCha8Rng) -> Vec<u32> {
        let mut number = 0;
        (0..self.cycles)
            .map(|_| {
                number += if random.random::<f64>() < MISSING { 2 } else { 1 };
                number
            })
            .collect()
    }
}

/// The fresh cell: electrodes balanced for the window of the recipe, with this cell's own deviations.
fn assemble(recipe: &Recipe, entry: &CatalogueEntry, capacity: f64, random: &mut ChaCha8Rng) -> LoadedCell {
    let (positive, negative) = (HalfCell::of(recipe.positive), HalfCell::of(recipe.negative));
    let (low, high) = recipe.window;
    let charged = recipe.negative_charged + recipe.spread.content * normal(random).clamp(-2.5, 2.5);
    let discharged = recipe.positive_discharged + recipe.spread.content * normal(random).clamp(-2.5, 2.5);
    let negative_empty = negative.stoichiometry(positive.potential(discharged) - low);
    let positive_empty = positive.stoichiometry(high + negative.potential(charged));
    let negative_sites = capacity / (charged - negative_empty);
    let positive_sites = capacity / (discharged - positive_empty);
    let rated = Laboratory::of(entry).rated_capacity(entry);
    let deviation = recipe.spread.polarisation;
    LoadedCell {
        positive,
        negative,
        balance: Balance {
            negative: negative_sites,
            positive: positive_sites,
            lithium: charged * negative_sites + positive_empty * positive_sites,
        },
        polarisation: Polarisation {
            resistance: recipe.resistance * scatter(random, deviation),
            exchange_current: recipe.exchange_rate * rated * scatter(random, deviation),
            diffusion: recipe.diffusion * scatter(random, deviation),
        },
    }
}

/// Rates of this cell: the make's, shifted by temperature and charge rate and scattered, each mechanism for itself. So
/// no single early sign fixes the life.
fn draw_ageing(recipe: &Recipe, programme: &Programme, ambient: f64, random: &mut ChaCha8Rng) -> Ageing {
    let mean = recipe.ageing;
    let Recipe { spread, .. } = recipe;
    // only the mix matters here, since the published life sets the pace: warmth favours the film, cold and fast
    // charging favour plating
    let warmth = (ambient - REFERENCE_TEMPERATURE) / 10.0;
    let haste = (programme.rates.0 - 4.0).clamp(-3.5, 3.5);
    let mut each = |value: f64| value * scatter(random, spread.mechanism);
    let sei = each(mean.sei) * (0.15 * warmth).exp();
    let cycling = each(mean.cycling);
    let positive_sites = each(mean.positive_sites);
    let plating = each(mean.plating) * (-0.15 * warmth).exp();
    let resistance = each(mean.resistance);
    Ageing {
        sei,
        cycling,
        negative_sites: mean.negative_sites * scatter(random, spread.negative_sites),
        positive_sites,
        plating,
        plating_onset: mean.plating_onset - 0.002 * haste + spread.content * normal(random).clamp(-2.5, 2.5),
        resistance,
    }
}

/// Losses under current at a temperature, each activated as usual for it.
fn at_temperature(mut cell: LoadedCell, celsius: f64) -> LoadedCell {
    // Arrhenius with 20 kJ/mol for the electrolyte, 35 for charge transfer, 25 for diffusion
    let inverse = 1.0 / (celsius + 273.15) - 1.0 / (REFERENCE_TEMPERATURE + 273.15);
    let activated = |energy: f64| (energy / 8.314 * inverse).exp();
    cell.polarisation.resistance *= activated(20e3);
    cell.polarisation.exchange_current /= activated(35e3);
    cell.polarisation.diffusion *= activated(25e3);
    cell
}

fn swing(cell: &LoadedCell, programme: &Programme) -> Swing {
    let top = cell.stoichiometry_at(programme.charge.limit, programme.charge.end_current);
    let bottom = cell.stoichiometry_at(programme.discharge.limit, -programme.discharge.end_current);
    Swing { top, bottom: bottom.min(top - 1e-4) }
}

/// °C by which the cell is warmer than its chamber on the average of a cycle.
fn self_heating(programme: &Programme, cell: &LoadedCell) -> f64 {
    // W/°C of an 18650 in moving air
    const COOLING: f64 = 0.12;
    let mean_square = |current: f64| current * current;
    let charge = programme.charge.current(0.0);
    let discharge = programme.discharge.current(0.0);
    0.5 * (mean_square(charge) + mean_square(discharge)) * 1.3 * cell.polarisation.resistance / COOLING * 0.5
}

/// The ageing time at which the capacity falls to `wanted`, to within a hundred-thousandth of the path.
fn time_at(wanted: f64, path: &Path, capacity: impl Fn(Wear) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, path.end());
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if capacity(path.at(middle)) > wanted { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cells::catalogue::cells;

    #[test]
    fn every_fresh_cell_is_balanced_within_its_electrodes() {
        for entry in cells() {
            let specimen = Specimen::new(entry, &Streams::new(&entry.id));
            let Some(first) = specimen.life.first() else { panic!("{} has no cycles", entry.id) };
            let swing = specimen.swing_at(first);
            let Balance { negative, positive, lithium } = specimen.cell_at(first).balance;
            let positive_content = |x: f64| (lithium - x * negative) / positive;
            assert!(-0.01 < swing.bottom && swing.bottom < swing.top && swing.top < 0.95, "{}: {swing:?}", entry.id);
            let (full, empty) = (positive_content(swing.top), positive_content(swing.bottom));
            assert!(-0.01 < full && full < empty && empty < 1.01, "{}: {full} to {empty}", entry.id);
            let health = first.discharged / entry.nominal_capacity;
            assert!((0.85..1.2).contains(&health), "{}: first health {health}", entry.id);
        }
    }

    #[test]
    fn noise_next_to_the_threshold_keeps_the_end_where_it_is() {
        for (ideal, is_end, ends) in
            [(0.9, false, false), (0.8799, false, false), (0.87, true, true), (0.8801, true, true)]
        {
            for gain in [0.998, 1.0, 1.002] {
                let kept = ideal * keep_to_the_end(ideal, gain, 0.88, is_end);
                assert_eq!(kept <= 0.88, ends, "{ideal} × {gain} became {kept}");
                assert!((kept - ideal * gain).abs() < 0.005);
            }
        }
    }
}
