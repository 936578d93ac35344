//! The Battery Data Format: `Test Time / s` and the like, and the older `test_time_second`.

use crate::cycler::dialect::{Dialect, column};
use crate::cycler::role::Role::*;

/// Current is positive in charge. Names have their units in them.
pub(crate) const DIALECT: Dialect = Dialect {
    name: "Battery Data Format",
    known_by: &[
        &["testtimesecond", "voltagevolt", "currentampere"],
        &["testtimemillisecond", "voltagevolt", "currentampere"],
        &["testtime", "voltage", "current", "unixtime"],
        &["testtime", "voltage", "current", "cyclecount"],
        &["testtime", "voltage", "current", "stepcount"],
        &["testtime", "voltage", "current", "stepindex", "ambienttemperature"],
        &["testtime", "voltage", "current", "chargingcapacity"],
        &["testtime", "voltage", "current", "cumulativecapacity"],
        &["testtime", "voltage", "current", "ambienttemperature"],
        &["testtime", "voltage", "current", "netcapacity"],
        &["testtime", "voltage", "current", "surfacetemperaturet1"],
    ],
    preamble: &[],
    columns: &[
        column(Time, "testtime", "s"),
        column(Time, "testtimesecond", "s"),
        column(Time, "testtimemillisecond", "ms"),
        column(Voltage, "voltage", "V"),
        column(Voltage, "voltagevolt", "V"),
        column(Current, "current", "A"),
        column(Current, "currentampere", "A"),
        column(ChargeCapacity, "chargingcapacity", "Ah"),
        column(ChargeCapacity, "chargingcapacityah", "Ah"),
        column(ChargeCapacity, "chargingcapacityamperehour", "Ah"),
        column(DischargeCapacity, "dischargingcapacity", "Ah"),
        column(DischargeCapacity, "dischargingcapacityah", "Ah"),
        column(DischargeCapacity, "dischargingcapacityamperehour", "Ah"),
        column(Cycle, "cyclecount", ""),
        column(Cycle, "cycledimensionless", ""),
        column(Cycle, "cycleindex", ""),
        column(Step, "stepindex", ""),
        column(Step, "stepcount", ""),
        column(Temperature, "surfacetemperature", "degC"),
        column(Temperature, "surfacetemperaturet1", "degC"),
        column(Temperature, "surfacetemperaturecelsius", "degC"),
        column(Temperature, "temperaturet1", "degC"),
        column(Temperature, "temperaturet1celsius", "degC"),
        column(Temperature, "ambienttemperature", "degC"),
        column(Temperature, "ambienttemperaturecelsius", "degC"),
    ],
};
