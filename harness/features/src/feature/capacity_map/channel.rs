//! The six quantities of a capacity map.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One quantity over capacity Q. All are on the grid g_k from 0 to 1.2 nominal capacities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "4.1"))]
pub enum Channel {
    /// V at charged capacity g_k; outside the samples their smallest voltage on the left, their largest on the right.
    ChargeVoltage,
    /// V at discharged capacity g_k; outside the samples the largest on the left, the smallest on the right.
    DischargeVoltage,
    /// A at charged capacity g_k; 0 outside the samples.
    ChargeCurrent,
    /// A at discharged capacity g_k, negative; 0 outside the samples.
    DischargeCurrent,
    /// Charge voltage at g_k minus discharge voltage at the mirrored point g_(n−1−k).
    VoltageDifference,
    /// Voltage difference over the difference of currents at the same pair of points, plus 1 mA.
    Resistance,
}

impl Channel {
    /// All channels, in the order of the map.
    pub const ALL: [Self; 6] = [
        Self::ChargeVoltage,
        Self::DischargeVoltage,
        Self::ChargeCurrent,
        Self::DischargeCurrent,
        Self::VoltageDifference,
        Self::Resistance,
    ];

    /// As in an experiment file.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChargeVoltage => "charge_voltage",
            Self::DischargeVoltage => "discharge_voltage",
            Self::ChargeCurrent => "charge_current",
            Self::DischargeCurrent => "discharge_current",
            Self::VoltageDifference => "voltage_difference",
            Self::Resistance => "resistance",
        }
    }

    pub(super) fn needs_charge(self) -> bool {
        !matches!(self, Self::DischargeVoltage | Self::DischargeCurrent)
    }

    pub(super) fn needs_discharge(self) -> bool {
        !matches!(self, Self::ChargeVoltage | Self::ChargeCurrent)
    }
}
