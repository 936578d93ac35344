//! The statistics by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One statistic. ΔQ is the running median of the difference between the discharge curves Q(V) of the third and second
/// critical cycle, without its NaN; Q_p is the largest discharge capacity of the cycle at position p. Logarithms of ΔQ
/// statistics are to base 10, the others natural.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "4.5"))]
pub enum Statistic {
    /// log10 |min ΔQ|.
    Minimum,
    /// log10 of the variance of ΔQ.
    Variance,
    /// log10 of the absolute skewness of ΔQ.
    Skewness,
    /// log10 of the kurtosis of ΔQ.
    Kurtosis,
    /// Q at position 2·c0, Ah: the authors index twice, and published figures rest on it.
    EarlyCapacity,
    /// Largest Q between c0 and c2 minus the early capacity, Ah.
    MaxMinusEarly,
    /// Slope of Q over the positions from c0 to before c2, Ah per cycle.
    Slope,
    /// Intercept of the same line, at c0, Ah.
    Intercept,
    /// ln of the mean time of the first four cycles' *discharge*: the authors sum over negative currents, and in the unit in which
    /// the publisher's files count time ([`cells::datasets::time_unit`]): minutes of MATR, milliseconds of RWTH, seconds of all others.
    ChargeTime,
    /// ln of the mean temperature over positions c0 to c2, °C; of nothing but epsilon, where none was recorded.
    Temperature,
    /// Smallest internal resistance over positions c0 to c2, Ω; 0 where none was recorded.
    MinimumResistance,
    /// Internal resistance at c2 minus that at c0, Ω; 0 where either is missing.
    ResistanceChange,
}

impl Statistic {
    /// As in an experiment file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minimum => "minimum",
            Self::Variance => "variance",
            Self::Skewness => "skewness",
            Self::Kurtosis => "kurtosis",
            Self::EarlyCapacity => "early_capacity",
            Self::MaxMinusEarly => "max_minus_early",
            Self::Slope => "slope",
            Self::Intercept => "intercept",
            Self::ChargeTime => "charge_time",
            Self::Temperature => "temperature",
            Self::MinimumResistance => "minimum_resistance",
            Self::ResistanceChange => "resistance_change",
        }
    }

    pub(super) fn reads_curves(self) -> bool {
        matches!(self, Self::Minimum | Self::Variance | Self::Skewness | Self::Kurtosis)
    }

    pub(super) fn reads_early_capacity(self) -> bool {
        matches!(self, Self::EarlyCapacity | Self::MaxMinusEarly)
    }
}
