//! Times within a file that were lost: a few samples whose time falls back, and after which it goes on as if nothing were.

use super::Sample;

/// Samples in a row that may have lost their time; more are out of order, and are sorted.
const MOST_IN_A_ROW: usize = 20;
/// Share of all samples that may have.
const MOST: f64 = 0.01;

/// Gives samples that lost their time one between those of their neighbours, as far as they are few; the place and number of them,
/// in words. Sorting by time would take them out of their cycle.
pub(super) fn mended(samples: &mut [Sample]) -> Option<String> {
    let lost = lost(samples);
    let first = lost.first()?.start;
    let count: usize = lost.iter().map(ExactSizeIterator::len).sum();
    if count as f64 > MOST * samples.len() as f64 {
        return None;
    }
    let (cycle, from, to) = (samples[first].cycle, samples[first - 1].time, samples[first].time);
    for run in lost {
        let (before, after) = (samples[run.start - 1].time, samples[run.end].time);
        let steps = run.len() as f64 + 1.0;
        for (k, sample) in samples[run].iter_mut().enumerate() {
            sample.time = before + (after - before) * (k as f64 + 1.0) / steps;
        }
    }
    Some(format!(
        "cycle {cycle} of the file: time runs back from {from} to {to} s and goes on after it, and so of {count} samples: the times \
         between those of their neighbours are taken"
    ))
}

/// Runs of samples that lie before the one before them, and after which time goes on where it was.
fn lost(samples: &[Sample]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut k = 1;
    while k < samples.len() {
        let before = samples[k - 1].time;
        if samples[k].time >= before {
            k += 1;
            continue;
        }
        let rest = &samples[k..samples.len().min(k + MOST_IN_A_ROW + 1)];
        let Some(length) = rest.iter().position(|sample| sample.time >= before) else {
            // time begins anew, or lines are out of order
            return Vec::new();
        };
        found.push(k..k + length);
        k += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(times: &[f64]) -> Vec<Sample> {
        times.iter().map(|&time| Sample { cycle: 3, time, current: 1.0, voltage: 3.5 }).collect()
    }

    fn times(samples: &[Sample]) -> Vec<f64> {
        samples.iter().map(|sample| sample.time).collect()
    }

    #[test]
    fn lost_times_lie_between_their_neighbours_and_other_orders_stay() {
        let even: Vec<f64> = (0..400).map(|k| f64::from(k) * 10.0).collect();
        let mut lost = samples(&even);
        (lost[200].time, lost[201].time) = (0.0, 0.0);
        let said = mended(&mut lost).unwrap();
        assert!(said.contains("from 1990 to 0 s") && said.contains("2 samples"), "{said}");
        assert_eq!(times(&lost), even);
        assert_eq!(mended(&mut lost), None);
        // a file in which time begins anew, and one out of order, are left to the sort
        let mut anew = samples(&[&even[..], &even[..]].concat());
        assert_eq!(mended(&mut anew), None);
        let mut shuffled: Vec<f64> = even.clone();
        (0..100).for_each(|k| shuffled.swap(4 * k, 4 * k + 1));
        assert_eq!(mended(&mut samples(&shuffled)), None);
    }
}
