//! Units of time in published files. Here time is in seconds everywhere.

use serde::{Deserialize, Serialize};

/// A unit of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeUnit {
    /// 1 s.
    #[default]
    Seconds,
    /// 60 s.
    Minutes,
    /// 0.001 s.
    Milliseconds,
}

impl TimeUnit {
    /// So much time in s.
    pub fn to_seconds(self, value: f64) -> f64 {
        match self {
            Self::Seconds => value,
            Self::Minutes => value * 60.0,
            Self::Milliseconds => value / 1000.0,
        }
    }

    /// So many seconds in this unit: a number of which [`TimeUnit::to_seconds`] makes exactly these, where there is one. There is
    /// for all that it made, so what is read and written again stays what it was.
    pub fn from_seconds(self, seconds: f64) -> f64 {
        let near = match self {
            Self::Seconds => return seconds,
            Self::Minutes => seconds / 60.0,
            Self::Milliseconds => seconds * 1000.0,
        };
        // the product and the quotient are rounded, each by half a last digit; of several numbers, a whole one is meant
        let exact = |value: &f64| self.to_seconds(*value) == seconds;
        [near.round(), near, near.next_down(), near.next_up()].into_iter().find(exact).unwrap_or(near)
    }

    /// How many are in an hour.
    pub fn per_hour(self) -> f64 {
        match self {
            Self::Seconds => 3600.0,
            Self::Minutes => 60.0,
            Self::Milliseconds => 3.6e6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [TimeUnit; 3] = [TimeUnit::Seconds, TimeUnit::Minutes, TimeUnit::Milliseconds];

    #[test]
    fn an_hour_is_an_hour_in_every_unit() {
        for unit in ALL {
            assert_eq!(unit.to_seconds(unit.per_hour()), 3600.0, "{unit:?}");
            assert_eq!(unit.from_seconds(3600.0), unit.per_hour(), "{unit:?}");
        }
    }

    #[test]
    fn what_was_read_is_written_so_that_it_is_read_again_to_the_last_bit() {
        // 0.1 ms to three years, with every kind of last digits
        let values =
            || (0..400_000).map(|k: u32| 1e-4 * 1.000_07_f64.powi(k as i32 % 390_000) + f64::from(k % 7) / 3.0);
        for unit in ALL {
            for value in values().chain((0..100_000).map(f64::from)).chain([0.0, -0.0, -17.3]) {
                let seconds = unit.to_seconds(value);
                assert_eq!(unit.to_seconds(unit.from_seconds(seconds)), seconds, "{value} {unit:?}");
            }
        }
        // whole milliseconds, as cyclers count them, come back themselves
        for value in (0..3_000_000).step_by(7).map(f64::from) {
            assert_eq!(TimeUnit::Milliseconds.from_seconds(TimeUnit::Milliseconds.to_seconds(value)), value);
        }
    }
}
