//! Arbin's MITS Pro: `Test_Time(s)` of old versions, `Test Time (s)` of new ones; s, V, A, Ah where no unit stands.

use crate::cycler::dialect::{Dialect, column};
use crate::cycler::role::Role::*;

/// Current is positive in charge. Capacities run on until the schedule resets them.
pub(crate) const DIALECT: Dialect = Dialect {
    name: "Arbin",
    known_by: &[
        &["testtime", "cycleindex", "chargecapacity"],
        &["testtime", "cycleindex", "voltage"],
        &["datetime", "cycleindex", "stepindex"],
    ],
    preamble: &[],
    columns: &[
        column(Time, "testtime", "s"),
        column(Time, "datetime", "date"),
        column(Voltage, "voltage", "V"),
        column(Current, "current", "A"),
        column(ChargeCapacity, "chargecapacity", "Ah"),
        column(DischargeCapacity, "dischargecapacity", "Ah"),
        column(Cycle, "cycleindex", ""),
        column(Step, "stepindex", ""),
        column(Temperature, "auxtemperature1", "degC"),
        column(Temperature, "auxtemperature", "degC"),
        column(Temperature, "temperature", "degC"),
    ],
};
