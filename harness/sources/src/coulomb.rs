//! Coulomb counting, for sources that publish current and time but no capacity.

/// One direction of the current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// Current above 0.
    Charge,
    /// Current below 0.
    Discharge,
}

/// Units of time in an hour, for time in seconds.
pub const SECONDS: f64 = 3600.0;
/// Units of time in an hour, for time in milliseconds.
pub const MILLISECONDS: f64 = 3.6e6;

/// Ah passed in one direction since the first sample, counted positive: the right-rectangle rule of the authors, in which
/// a sample's current holds since the sample before it.
///
/// `current` in A, `time` in units of which an hour has `per_hour`; both equally long.
///
/// # Panics
/// If the lengths differ.
pub fn count(current: &[f64], time: &[f64], half: Half, per_hour: f64) -> Vec<f64> {
    assert_eq!(current.len(), time.len(), "one time per current");
    let mut passed = 0.0;
    (0..current.len())
        .map(|i| {
            let (here, sign) = match half {
                Half::Charge => (current[i] > 0.0, 1.0),
                Half::Discharge => (current[i] < 0.0, -1.0),
            };
            if i > 0 && here {
                passed += sign * current[i] * (time[i] - time[i - 1]) / per_hour;
            }
            passed
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::golden;

    #[test]
    fn the_golden_series_is_counted_as_the_authors_do() {
        let golden = golden("coulomb");
        let series = |name: &str| -> Vec<f64> { serde_json::from_value(golden[name].clone()).unwrap() };
        let (current, time) = (series("I"), series("t"));
        assert_eq!(count(&current, &time, Half::Charge, SECONDS), series("Qc"));
        assert_eq!(count(&current, &time, Half::Discharge, SECONDS), series("Qd"));
    }

    #[test]
    fn milliseconds_are_thousandths_of_seconds() {
        let (current, time) = ([-1.0; 5], [0.0, 1.5, 2.5, 7.0, 7.5]);
        let counted = count(&current, &time, Half::Discharge, SECONDS);
        let finer = count(&current, &time.map(|t| t * 1e3), Half::Discharge, MILLISECONDS);
        assert!(counted.iter().zip(&finer).all(|(a, b)| (a - b).abs() < 1e-15));
        assert!(count(&current, &time, Half::Charge, SECONDS).iter().all(|q| *q == 0.0));
        assert!(count(&[], &[], Half::Charge, SECONDS).is_empty());
    }
}
