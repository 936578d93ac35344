//! Made-up cells for tests of the store: every combination of what a source may leave out.

use cells::cell::{
    Cathode, Cell, CellInfo, Chemistry, Cycle, CyclingProtocol, DatasetName, LeftOut, LifeRecord, Origin,
};
use cells::datasets;
use numerics::Streams;
use rand::RngExt;

/// A virtual cell with a life record longer than its cycles.
pub fn plain_cell(id: &str, cycles: u32) -> Cell {
    let info = CellInfo {
        id: id.to_owned(),
        dataset: DatasetName::of("HUST"),
        origin: Origin::Virtual,
        chemistry: Chemistry { cathode: Cathode::LFP, anode: "graphite".to_owned() },
        form_factor: None,
        nominal_capacity: 1.1,
        voltage_limits: (2.0, 3.6),
        ambient_temperature: Some(30.0),
        protocol: CyclingProtocol::default(),
        published_life: None,
    };
    let cycle = |number| Cycle {
        number,
        voltage: vec![3.4, 3.2, 2.0],
        current: vec![-1.1; 3],
        discharge_capacity: vec![0.0, 0.5, 1.1 - 0.001 * f64::from(number)],
        ..Cycle::default()
    };
    let life = (1..=cycles + 10).map(|number| 1.1 - 0.001 * f64::from(number)).collect();
    Cell::new(info, (1..=cycles).map(cycle).collect(), LifeRecord::Capacity(life)).unwrap()
}

/// A cell drawn from everything that [`Cell::new`] accepts; the same for the same number.
pub fn arbitrary_cell(number: u64) -> Cell {
    let mut random = Streams::new(format!("store test {number}")).stream("cells");
    let mut chance = |probability: f64| random.random_bool(probability);
    let (charge, stored, published, form) = (chance(0.5), chance(0.3), chance(0.3), chance(0.5));
    let mut random = Streams::new(format!("store test {number}")).stream("values");
    let cycles = random.random_range(0..9);
    let mut list = Vec::new();
    for position in 0..cycles {
        let length = if random.random_bool(0.2) { 0 } else { random.random_range(1..40) };
        let mut series = || -> Vec<f64> {
            // any finite bit pattern: negative zero, subnormals and huge numbers included
            let finite = |bits: u64| Some(f64::from_bits(bits)).filter(|value| value.is_finite()).unwrap_or(-0.0);
            (0..length).map(|_| finite(random.random())).collect()
        };
        let mut cycle = Cycle {
            number: position * 3 + 1,
            voltage: series(),
            current: series(),
            charge_capacity: charge.then(&mut series),
            discharge_capacity: series(),
            time: Some(series()),
            temperature: Some(series()),
            internal_resistance: Some(0.017),
            qdlin: Some(series()),
            stated_capacity: Some(1.05),
        };
        if stored {
            cycle.qdlin = Some(cycle.discharge_capacity.clone());
        } else if random.random_bool(0.3) {
            cycle.qdlin = Some(vec![1.0; 11]);
        } else if random.random_bool(0.3) {
            cycle.qdlin = None;
        }
        if random.random_bool(0.5) {
            cycle.time = None;
        }
        if number.is_multiple_of(3) || random.random_bool(0.3) {
            cycle.temperature = None;
        }
        if number.is_multiple_of(4) || random.random_bool(0.3) {
            cycle.internal_resistance = None;
        }
        if number.is_multiple_of(5) || random.random_bool(0.3) {
            cycle.stated_capacity = None;
        }
        list.push(cycle);
    }
    let plain = plain_cell("x", 0);
    let info = CellInfo {
        id: format!("CELL_{number}-{}", random.random_range(0..9)),
        dataset: datasets::all()[number as usize % 8].name.clone(),
        chemistry: Chemistry { cathode: Cathode::NMC_LCO, anode: "carbon".to_owned() },
        form_factor: form.then(|| "prismatic".to_owned()),
        nominal_capacity: random.random_range(0.5..5.0),
        voltage_limits: (random.random_range(1.0..2.5), random.random_range(3.0..5.0)),
        ambient_temperature: form.then(|| random.random_range(-20.0..60.0)),
        protocol: CyclingProtocol { charge: "3.6C(80%)-3.6C".to_owned(), discharge: "25 °C, ½ C".to_owned() },
        ..plain.info().clone()
    };
    let life = if published {
        LifeRecord::Published { cycle_life: random.random_range(1.0..3000.0), end_of_life: 0.8 }
    } else {
        LifeRecord::Capacity((0..cycles + 5).map(|_| random.random_range(0.5..1.2)).collect())
    };
    let cell = Cell::new(info, list, life).unwrap();
    // of every fifth cell that has a record, a rule left cycles out
    let left_out = if number.is_multiple_of(5) && !published {
        (0..3).map(|k| LeftOut { position: 2 * k, capacity: random.random_range(0.1..2.0) }).collect()
    } else {
        vec![]
    };
    cell.leaving_out(left_out).unwrap()
}
