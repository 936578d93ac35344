//! A few numbers of each cycle by which a test is known again, whatever name, file, digits or number of cycles it comes with.
//!
//! A hash knows a test to the last digit only. These know what was measured: of each cycle its capacity, and the mean voltage of four
//! parts of its discharge, which hardly depends on how often samples were taken. Of 168 measured cells of one make (MATR and CLO) no
//! two come nearer over [`MOST`] cycles than 1.1 mV and 0.11 % of the capacity, nine numbers in ten within it.

mod order;

use crate::cell::{Cell, Cycle};

pub use order::better;

/// Cycles that two portraits are compared by, at most.
pub const MOST: usize = 60;
/// Numbers of each cycle.
pub const NUMBERS: usize = 5;

/// Cycles that two tests must have in common, at least: cells of one make are alike at first.
const FEWEST: usize = 30;
/// mV, and thousandths of the capacity, within which numbers are the same but for digits and sampling.
pub(crate) const NEAR: f32 = 0.4;
/// Share of the numbers that may lie further apart, as where a file has glitches.
const STRAY: f64 = 0.1;
/// Cycles that one of the two may lack at its beginning.
const SHIFTED: usize = 5;
/// The parts of a discharge, as shares of its capacity: both ends are steep.
const PARTS: [f64; NUMBERS] = [0.1, 0.3, 0.5, 0.7, 0.85];

/// Of each cycle the mean voltages of four parts of its discharge in mV and a thousand times the natural logarithm of its capacity in
/// Ah; not a number of a cycle that shows none.
pub type Features = [f32; NUMBERS];

/// What the cycles of a test look like, in order.
#[derive(Clone, Debug, Default)]
pub struct Portrait(Vec<Features>);

impl PartialEq for Portrait {
    /// Bit by bit: of cycles without numbers, too.
    fn eq(&self, other: &Self) -> bool {
        let bits = |one: &Self| one.0.iter().flatten().map(|value| value.to_bits()).collect::<Vec<u32>>();
        bits(self) == bits(other)
    }
}

impl Portrait {
    /// Of these cycles.
    pub fn of(cycles: &[Cycle]) -> Self {
        Self(cycles.iter().map(features).collect())
    }

    /// Of the cycles that two tests are compared by.
    pub fn of_first(cell: &Cell) -> Self {
        Self::of(cell.cycles().get(..MOST).unwrap_or(cell.cycles()))
    }

    /// Of numbers that were kept.
    pub fn of_features(features: Vec<Features>) -> Self {
        Self(features)
    }

    /// The numbers of each cycle.
    pub fn features(&self) -> &[Features] {
        &self.0
    }

    /// Whether both are of one test: the same in nine of ten numbers over so many cycles, one of the two beginning a few cycles later
    /// or not.
    pub fn is_of_one_test(&self, other: &Self) -> bool {
        (0..=SHIFTED)
            .any(|skipped| are_near(self.without(skipped), &other.0) || are_near(&self.0, other.without(skipped)))
    }

    fn without(&self, skipped: usize) -> &[Features] {
        self.0.get(skipped..).unwrap_or_default()
    }
}

/// Whether two rows of cycles are the same.
fn are_near(one: &[Features], other: &[Features]) -> bool {
    let pairs = || one.iter().zip(other).take(MOST).filter(|(one, other)| is_whole(one) && is_whole(other));
    let cycles = pairs().count();
    let allowed = (STRAY * (cycles * NUMBERS) as f64) as usize;
    let stray =
        pairs().flat_map(|(one, other)| one.iter().zip(other)).filter(|(one, other)| (*one - *other).abs() > NEAR);
    cycles >= FEWEST && stray.take(allowed + 1).count() <= allowed
}

fn is_whole(features: &Features) -> bool {
    features.iter().all(|value| value.is_finite())
}

/// How far two cycles are apart: the mean of their five distances; not a number where one shows nothing.
pub(crate) fn apart(one: &Features, other: &Features) -> f32 {
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).sum::<f32>() / NUMBERS as f32
}

fn features(cycle: &Cycle) -> Features {
    let nothing = [f32::NAN; NUMBERS];
    let all = cycle.discharged();
    if !(all.is_finite() && all > 0.0) {
        return nothing;
    }
    // the integral of the voltage over the capacity, at the ends of the parts
    let mut at = [f64::NAN; NUMBERS];
    let (mut reached, mut integral, mut part) = (0.0, 0.0, 0);
    for (pair, next) in cycle.voltage.windows(2).zip(cycle.discharge_capacity.iter().skip(1)) {
        let step = next - reached;
        if step <= 0.0 {
            continue;
        }
        while let Some(end) = PARTS.get(part).map(|share| share * all).filter(|end| end <= next) {
            let share = ((end - reached) / step).clamp(0.0, 1.0);
            let voltage = pair[0] + share * (pair[1] - pair[0]);
            at[part] = integral + 0.5 * (pair[0] + voltage) * (end - reached);
            part += 1;
        }
        integral += 0.5 * (pair[0] + pair[1]) * step;
        reached = *next;
    }
    let mut features = nothing;
    for part in 0..NUMBERS - 1 {
        let mean = (at[part + 1] - at[part]) / (all * (PARTS[part + 1] - PARTS[part]));
        features[part] = (1e3 * mean) as f32;
    }
    features[NUMBERS - 1] = (1e3 * all.ln()) as f32;
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A discharge of so many Ah in so many samples, its voltage a little lower by `aged`.
    fn discharge(capacity: f64, aged: f64, samples: usize) -> Cycle {
        let at = |sample: usize| sample as f64 / (samples - 1) as f64;
        Cycle {
            voltage: (0..samples).map(|sample| 3.4 - 0.3 * at(sample) - at(sample).powi(12) - aged).collect(),
            current: vec![-1.0; samples],
            discharge_capacity: (0..samples).map(|sample| capacity * at(sample)).collect(),
            ..Cycle::default()
        }
    }

    /// Cycles of a cell whose cycles scatter, as by this number.
    fn test(cell: usize, cycles: std::ops::Range<usize>, samples: usize) -> Vec<Cycle> {
        let scatter = |cycle: usize| ((cycle * 37 + cell * 61) % 23) as f64 * 1e-4;
        let of = |cycle: usize| {
            discharge(1.0 - 2e-4 * cycle as f64 + scatter(cycle), 3e-3 * cell as f64 + 2e-4 * cycle as f64, samples)
        };
        cycles.map(of).collect()
    }

    fn rounded(mut cycles: Vec<Cycle>) -> Vec<Cycle> {
        for cycle in &mut cycles {
            cycle.voltage.iter_mut().for_each(|value| *value = (*value * 1e3).round() / 1e3);
            cycle.discharge_capacity.iter_mut().for_each(|value| *value = (*value * 1e4).round() / 1e4);
        }
        cycles
    }

    #[test]
    fn mean_voltages_are_those_of_a_straight_line() {
        // V = 4 - q over 2 Ah: the mean of a part is that of its middle
        let line = Cycle {
            voltage: (0..=20).map(|sample| 4.0 - 0.1 * f64::from(sample)).collect(),
            discharge_capacity: (0..=20).map(|sample| 0.1 * f64::from(sample)).collect(),
            ..Cycle::default()
        };
        let [a, b, c, d, capacity] = features(&line);
        for (found, middle) in [(a, 0.2), (b, 0.4), (c, 0.6), (d, 0.775)] {
            assert!((f64::from(found) - 1e3 * (4.0 - 2.0 * middle)).abs() < 1e-2, "{found} {middle}");
        }
        assert!((f64::from(capacity) - 1e3 * 2.0_f64.ln()).abs() < 1e-3);
        assert!(features(&Cycle::default()).iter().all(|value| value.is_nan()));
    }

    #[test]
    fn a_test_is_known_again_and_another_cell_is_not_it() {
        let known = Portrait::of(&test(1, 0..80, 200));
        for (same, what) in [
            (test(1, 0..80, 200), "itself"),
            (rounded(test(1, 0..80, 200)), "fewer digits"),
            (test(1, 0..80, 71), "fewer samples"),
            (test(1, 0..35, 200), "cut short"),
            (test(1, 3..80, 200), "without its first cycles"),
        ] {
            let portrait = Portrait::of(&same);
            assert!(known.is_of_one_test(&portrait) && portrait.is_of_one_test(&known), "{what}");
        }
        for (other, what) in
            [(test(2, 0..80, 200), "another"), (test(1, 9..80, 200), "much later"), (test(1, 0..20, 200), "too few")]
        {
            assert!(!known.is_of_one_test(&Portrait::of(&other)), "{what}");
        }
    }
}
