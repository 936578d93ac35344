//! `--tolerance`: a difference that does not matter.

use std::{fmt, str::FromStr};

/// In the unit of the measure, or in percent of the first side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// `5`: cycles, percent points or shares, as the measure has them.
    Plain(f64),
    /// `2%`: of what the first side has.
    Percent(f64),
}

impl Tolerance {
    /// In the unit of the measure, where the first side has `a`.
    pub fn beside(self, a: f64) -> f64 {
        match self {
            Self::Plain(value) => value,
            Self::Percent(share) => share / 100.0 * a.abs(),
        }
    }

    /// Whether every difference matters.
    pub fn is_none(self) -> bool {
        matches!(self, Self::Plain(0.0) | Self::Percent(0.0))
    }
}

impl FromStr for Tolerance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, make): (&str, fn(f64) -> Self) = match text.strip_suffix('%') {
            Some(number) => (number, Self::Percent),
            None => (text, Self::Plain),
        };
        let value = number.trim().parse::<f64>().ok().filter(|value| *value >= 0.0 && value.is_finite());
        value.map(make).ok_or_else(|| {
            format!(
                "'{text}' is no tolerance: give a number such as 5, in the unit of the metric, or 2% of the first side"
            )
        })
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(value) => write!(formatter, "{value}"),
            Self::Percent(value) => write!(formatter, "{value} %"),
        }
    }
}
