//! Cells that tests of every crate make up.

use crate::cell::{Cathode, CellInfo, Chemistry, Cycle, CyclingProtocol, DatasetName, Origin};

/// The head of a cell of this id.
pub fn info(id: &str) -> CellInfo {
    CellInfo {
        id: id.to_owned(),
        dataset: DatasetName::of("MATR"),
        origin: Origin::Virtual,
        chemistry: Chemistry { cathode: Cathode::LFP, anode: "graphite".to_owned() },
        form_factor: None,
        nominal_capacity: 1.1,
        voltage_limits: (2.0, 3.5),
        ambient_temperature: Some(30.0),
        protocol: CyclingProtocol::default(),
        published_life: None,
    }
}

/// A cycle of three samples that discharges `capacity` Ah.
pub fn discharge_cycle(number: u32, capacity: f64) -> Cycle {
    Cycle {
        number,
        voltage: vec![3.4, 3.2, 2.0],
        current: vec![-4.4; 3],
        discharge_capacity: vec![0.0, capacity / 2.0, capacity],
        ..Cycle::default()
    }
}
