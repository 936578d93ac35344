//! BioLogic's EC-Lab and BT-Lab as text (`.mpt`, `.txt`), with and without the lines above the table.

use crate::cycler::dialect::{Dialect, column};
use crate::cycler::role::Role::*;

/// Current is positive in charge (oxidation at the positive electrode).
pub(crate) const DIALECT: Dialect = Dialect {
    name: "BioLogic",
    known_by: &[
        &["time", "ecell"],
        &["time", "ewe"],
        &["time", "ewe", "i"],
        &["mode", "oxred", "time"],
        &["time", "ns", "i"],
    ],
    preamble: &["EC-Lab ASCII FILE", "BT-Lab ASCII FILE"],
    columns: &[
        column(Time, "time", "s"),
        column(Voltage, "ecell", "V"),
        column(Voltage, "ewe", "V"),
        column(Voltage, "eweece", "V"),
        column(Current, "i", "?"),
        column(ChargeCapacity, "qcharge", "?"),
        column(DischargeCapacity, "qdischarge", "?"),
        column(Cycle, "cyclenumber", ""),
        column(Step, "ns", ""),
        column(Temperature, "temperature", "degC"),
    ],
};
