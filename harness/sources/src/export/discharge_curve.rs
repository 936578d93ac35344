//! The curve `Qdlin` that the publisher of MATR gives with each cycle: discharge capacity in Ah at 1000 voltages from 3.6 V down
//! to 2.0 V.

use cells::cell::Cycle;
use cells::cell::least_current;
use numerics::signal::{interp, linspace};

/// Points of a curve.
const POINTS: usize = 1000;
/// V at its first point and at its last.
const ENDS: (f64, f64) = (3.6, 2.0);

/// The curve that was published with the cycle; of another cycle, one that is made of its samples, by the nominal capacity in Ah of its
/// cell.
///
/// Made curves never fall: of all that do not, they are nearest to the samples, which noise and glitches make go back and
/// forth. Above all samples nothing is discharged yet, below all of them nothing more is. Cycles of at most two samples of
/// discharge give zeros, as features take them.
pub(super) fn of(cycle: &Cycle, nominal: f64) -> Vec<f64> {
    if let Some(published) = &cycle.qdlin {
        return published.clone();
    }
    let least = least_current(nominal);
    let samples = cycle.voltage.iter().zip(&cycle.discharge_capacity).zip(&cycle.current);
    let mut samples: Vec<(f64, f64)> = samples
        .filter(|(_, current)| **current < -least)
        .map(|((voltage, capacity), _)| (*voltage, *capacity))
        .collect();
    if samples.len() <= 2 {
        return vec![0.0; POINTS];
    }
    samples.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut capacity = never_falling(samples.iter().map(|(_, capacity)| *capacity));
    let mut voltage: Vec<f64> = samples.iter().map(|(voltage, _)| *voltage).collect();
    capacity.reverse();
    voltage.reverse();
    let whole = capacity[0];
    linspace(ENDS.0, ENDS.1, POINTS).into_iter().map(|at| interp(at, &voltage, &capacity, whole, 0.0)).collect()
}

/// The sequence nearest to this one in squares of those that never fall: neighbours that do are replaced by their mean.
fn never_falling(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for value in values {
        let (mut sum, mut count) = (value, 1);
        while let Some((before, of)) = blocks.pop_if(|(before, of)| *before * count as f64 > sum * *of as f64) {
            sum += before;
            count += of;
        }
        blocks.push((sum, count));
    }
    blocks.into_iter().flat_map(|(sum, count)| std::iter::repeat_n(sum / count as f64, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cells::source::CellSource as _;
    use lab::VirtualLab;

    #[test]
    fn a_sequence_that_never_falls_is_left_alone_and_others_keep_their_mean() {
        let made = |values: &[f64]| never_falling(values.iter().copied());
        assert_eq!(made(&[0.0, 0.0, 1.0, 4.0]), [0.0, 0.0, 1.0, 4.0]);
        assert_eq!(made(&[0.0, 3.0, 1.0, 2.0, 9.0]), [0.0, 2.0, 2.0, 2.0, 9.0]);
        assert_eq!(made(&[3.0, 2.0, 1.0]), [2.0; 3]);
        assert!(made(&[]).is_empty());
    }

    #[test]
    fn a_made_curve_rises_from_nothing_to_what_the_cycle_gives() {
        for id in ["MATR_b1c0", "MATR_b4c44"] {
            for cycle in VirtualLab::new().cell(id, 20).unwrap().cycles() {
                let curve = of(cycle, 1.1);
                assert_eq!((curve.len(), curve[0]), (1000, 0.0));
                assert!(curve.windows(2).all(|pair| pair[0] <= pair[1]), "{id}: it falls");
                let (end, given) = (curve[999], cycle.discharged());
                // the tail at the voltage limit lies around the last point
                assert!(end <= given && end > 0.9 * given, "{id}: {end} of {given} Ah");
                let middle = curve.iter().position(|capacity| *capacity > 0.5 * given).unwrap();
                let voltage = 3.6 - 1.6 * middle as f64 / 999.0;
                assert!((2.7..3.3).contains(&voltage), "{id}: half of it above {voltage} V");
            }
        }
    }

    #[test]
    fn a_noiseless_discharge_is_interpolated_and_a_published_curve_kept() {
        let voltage: Vec<f64> = (0..17).map(|k| 3.6 - 0.1 * f64::from(k)).collect();
        let discharge_capacity: Vec<f64> = voltage.iter().map(|voltage| 3.6 - voltage).collect();
        let mut cycle = Cycle { current: vec![-4.4; 17], voltage, discharge_capacity, ..Cycle::default() };
        let expected: Vec<f64> = (0..1000).map(|k| 1.6 * f64::from(k) / 999.0).collect();
        assert!(of(&cycle, 1.1).iter().zip(&expected).all(|(made, expected)| (made - expected).abs() < 1e-12));
        // a coin cell has a thousandth of the current, and of the curve
        let coin = Cycle {
            current: vec![-4.4e-3; 17],
            discharge_capacity: cycle.discharge_capacity.iter().map(|capacity| 1e-3 * capacity).collect(),
            ..cycle.clone()
        };
        assert!((of(&coin, 1.1e-3)[999] - 1.6e-3).abs() < 1e-12);
        cycle.qdlin = Some(vec![1.0; 7]);
        assert_eq!(of(&cycle, 1.1), [1.0; 7]);
        assert_eq!(of(&Cycle::default(), 1.1), [0.0; 1000]);
    }
}
