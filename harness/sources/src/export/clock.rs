//! Time for formats that have no capacity, only current and time, from which importers count it.

use cells::cell::Cycle;

/// A below which a current is noise: nothing is made up for by it.
const NOISE: f64 = 5e-3;

/// Times of the samples of `cycle`, from 0 on, in units of which an hour has `per_hour`: such that coulomb counting, in which a
/// sample's current holds since the sample before it, gives the capacities of the cycle.
///
/// Where these were counted so, the times are those of the cycle; where they are known better, as of a virtual cell whose
/// current changes between samples, its steps are a little longer or shorter. Capacity matters more than time: labels and
/// nearly all features are made of it.
pub(super) fn counted(cycle: &Cycle, time: &[f64], charged: &[f64], per_hour: f64) -> Vec<f64> {
    let truth = [charged, &cycle.discharge_capacity[..]];
    let half = |k: usize| usize::from(cycle.current[k] <= 0.0);
    let rate = |k: usize| cycle.current[k].abs() / per_hour;
    let is_noise = |k: &usize| cycle.current[*k].abs() < NOISE;
    // what noise passes after the last current of a half is not to come on top of its capacity
    let most = [0, 1].map(|of| {
        let after = (1..cycle.len()).rev().filter(|&k| half(k) == of).take_while(is_noise);
        let noise: f64 = after.map(|k| rate(k) * (time[k] - time[k - 1])).sum();
        truth[of].last().map_or(0.0, |last| last - truth[of][0]) - noise
    });
    let (mut now, mut passed) = (0.0, [0.0; 2]);
    (0..cycle.len())
        .map(|k| {
            if k == 0 {
                return now;
            }
            let half = half(k);
            let step = if is_noise(&k) {
                time[k] - time[k - 1]
            } else {
                ((truth[half][k] - truth[half][0]).min(most[half]) - passed[half]).max(0.0) / rate(k)
            };
            passed[half] += rate(k) * step;
            now += step;
            now
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coulomb::{Half, SECONDS, count};

    /// A discharge at 1 A that ends in half of that, and a rest.
    fn cycle(discharged: [f64; 5]) -> Cycle {
        Cycle {
            voltage: vec![4.0; 5],
            current: vec![0.0, -1.0, -1.0, -0.5, 0.0],
            discharge_capacity: discharged.to_vec(),
            charge_capacity: Some(vec![0.0; 5]),
            time: Some(vec![0.0, 360.0, 720.0, 1080.0, 2000.0]),
            ..Cycle::default()
        }
    }

    fn counted_anew(cycle: &Cycle) -> (Vec<f64>, Vec<f64>) {
        let time = counted(cycle, cycle.time.as_ref().unwrap(), cycle.charge_capacity.as_ref().unwrap(), SECONDS);
        (count(&cycle.current, &time, Half::Discharge, SECONDS), time)
    }

    fn assert_close(ours: &[f64], expected: &[f64]) {
        assert!(ours.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{ours:?} and {expected:?}");
    }

    #[test]
    fn counted_capacities_keep_their_times_and_others_their_values() {
        let as_counted = cycle([0.0, 0.1, 0.2, 0.25, 0.25]);
        let (capacity, time) = counted_anew(&as_counted);
        assert_close(&capacity, &as_counted.discharge_capacity);
        assert_close(&time, as_counted.time.as_ref().unwrap());
        // the current fell between the samples, so that more passed
        let truth = cycle([0.0, 0.1, 0.2, 0.275, 0.275]);
        let (capacity, time) = counted_anew(&truth);
        assert_close(&capacity, &truth.discharge_capacity);
        assert_close(&time, &[0.0, 360.0, 720.0, 1260.0, 2180.0]);
    }

    #[test]
    fn noise_at_rest_is_not_added_to_the_capacity() {
        let mut noisy = cycle([0.0, 0.1, 0.2, 0.25, 0.25]);
        noisy.current[4] = -1e-3;
        let (capacity, time) = counted_anew(&noisy);
        let noise = 1e-3 * 920.0 / 3600.0;
        assert_close(&capacity, &[0.0, 0.1, 0.2, 0.25 - noise, 0.25]);
        assert_close(&time, &[0.0, 360.0, 720.0, 1080.0 - noise * 7200.0, 2000.0 - noise * 7200.0]);
        // counted so, it is part of it
        noisy.discharge_capacity[4] += noise;
        let (capacity, time) = counted_anew(&noisy);
        assert_close(&capacity, &noisy.discharge_capacity);
        assert_close(&time, noisy.time.as_ref().unwrap());
    }

    #[test]
    fn a_sample_whose_current_was_lost_is_made_up_for_by_the_next() {
        let mut glitched = cycle([0.0, 0.1, 0.2, 0.25, 0.25]);
        glitched.current[2] = 0.0;
        let (capacity, time) = counted_anew(&glitched);
        assert_close(&capacity, &[0.0, 0.1, 0.1, 0.25, 0.25]);
        assert!(time.windows(2).all(|pair| pair[0] <= pair[1]));
    }
}
