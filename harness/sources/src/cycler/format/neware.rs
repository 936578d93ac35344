//! Neware's BTSDA: one flat table, with `Current(A)` or `Cur(mA)` as the user chose.

use crate::cycler::dialect::{Dialect, column};
use crate::cycler::role::Role::*;

/// Capacities begin anew in every step. Old versions write the current without a sign, which the kind of step then gives.
/// `Time` is that of the step; the test's is called cumulative or total.
pub(crate) const DIALECT: Dialect = Dialect {
    name: "Neware",
    known_by: &[
        &["datapoint", "steptype"],
        &["chgcap", "dchgcap"],
        &["cumulativetime", "steptype"],
        &["totaltime", "steptype"],
        &["recordnumber", "state"],
        &["recordid", "steptype"],
    ],
    preamble: &["BTSDA", "Neware"],
    columns: &[
        column(Time, "cumulativetime", "h:min:s"),
        column(Time, "totaltime", "h:min:s"),
        column(Time, "testtime", "h:min:s"),
        column(Voltage, "voltage", "?"),
        column(Voltage, "vol", "?"),
        column(Current, "current", "?"),
        column(Current, "cur", "?"),
        column(ChargeCapacity, "chgcap", "?"),
        column(ChargeCapacity, "chargecapacity", "?"),
        column(ChargeCapacity, "chargecap", "?"),
        column(DischargeCapacity, "dchgcap", "?"),
        column(DischargeCapacity, "dischargecapacity", "?"),
        column(DischargeCapacity, "dischargecap", "?"),
        column(Capacity, "capacity", "?"),
        column(Capacity, "cap", "?"),
        column(Cycle, "cycleindex", ""),
        column(Cycle, "cycleid", ""),
        column(Cycle, "cycle", ""),
        column(Step, "stepindex", ""),
        column(Step, "stepid", ""),
        column(Step, "step", ""),
        column(State, "steptype", ""),
        column(State, "stepname", ""),
        column(State, "state", ""),
        column(State, "status", ""),
        column(Temperature, "t1", "degC"),
        column(Temperature, "temperature", "degC"),
        column(Temperature, "auxt1", "degC"),
    ],
};
