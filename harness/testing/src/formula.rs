//! A synthetic cell given by formulas, on which the authors' feature code was run for golden values.

use cells::cell::{Cathode, Cell, CellInfo, Chemistry, Cycle, CyclingProtocol, DatasetName, LifeRecord, Origin};
use cells::time_unit::TimeUnit;

/// Samples in each half of a cycle of the cell of the golden values.
pub const SAMPLES: usize = 120;

/// Nominal capacity in Ah.
pub const NOMINAL: f64 = 1.1;

/// Capacity that it loses per cycle, of nominal.
const FADE: f64 = 0.002;

/// The cell of the golden values, with this many cycles.
pub fn cell(cycles: usize) -> Cell {
    Formula { samples: SAMPLES, fade: FADE, seed: 0.0 }.cell(cycles)
}

/// What may differ between synthetic cells.
#[derive(Clone, Copy)]
pub struct Formula {
    /// Samples in each half of a cycle; five samples of rest stand between them.
    pub samples: usize,
    /// Capacity lost per cycle, of nominal.
    pub fade: f64,
    /// Phase of a ripple in the charge voltage.
    pub seed: f64,
}

impl Formula {
    /// The cell with this many cycles.
    pub fn cell(self, cycles: usize) -> Cell {
        let info = CellInfo {
            id: "SYNTHETIC".to_owned(),
            dataset: DatasetName::of("MATR"),
            origin: Origin::Virtual,
            chemistry: Chemistry { cathode: Cathode::LFP, anode: "graphite".to_owned() },
            form_factor: None,
            nominal_capacity: NOMINAL,
            voltage_limits: (2.0, 3.5),
            ambient_temperature: Some(30.0),
            protocol: CyclingProtocol::default(),
            published_life: None,
        };
        let life = LifeRecord::Capacity((0..cycles).map(|position| self.capacity(position)).collect());
        Cell::new(info, (0..cycles).map(|position| self.cycle(position)).collect(), life).expect("a sound cell")
    }

    fn capacity(self, position: usize) -> f64 {
        NOMINAL * (1.0 - self.fade * position as f64)
    }

    fn cycle(self, position: usize) -> Cycle {
        let (p, cap, last) = (position as f64, self.capacity(position), (self.samples - 1) as f64);
        let mut cycle =
            Cycle { number: position as u32 + 1, internal_resistance: Some(0.016 + 1e-5 * p), ..Cycle::default() };
        let mut charge_capacity = Vec::new();
        let mut sample = |voltage: f64, current: f64, charged: f64, discharged: f64| {
            cycle.voltage.push(voltage);
            cycle.current.push(current);
            charge_capacity.push(charged);
            cycle.discharge_capacity.push(discharged);
        };
        let mut voltage = 0.0;
        for k in 0..self.samples {
            let k = k as f64;
            let charged = cap * k / last;
            let rate = if charged / NOMINAL < 0.8 { 4.0 } else { 1.0 };
            let current = rate + 0.05 * (0.3 * k + p).sin();
            voltage = 3.0 + 0.5 * (k / last).powf(0.7) + 0.01 * (0.1 * k + self.seed).sin() + 0.02 * current.ln_1p();
            sample(voltage, current, charged, 0.0);
        }
        for _ in 0..5 {
            sample(voltage, 0.0, cap, 0.0);
        }
        for k in 0..self.samples {
            let k = k as f64;
            let u = k / last;
            let voltage = 3.3 - 0.25 * u - 0.9 * u.powi(12) - 0.0005 * p * u;
            sample(voltage, -4.4 + 0.05 * (0.2 * k + p).cos(), cap, cap * k / last);
        }
        let samples = cycle.voltage.len();
        cycle.charge_capacity = Some(charge_capacity);
        // the authors' code read these numbers as the files of MATR have them, in minutes
        cycle.time = Some((0..samples).map(|i| TimeUnit::Minutes.to_seconds(10.0 * i as f64)).collect());
        cycle.temperature = Some((0..samples).map(|i| 30.0 + 5.0 * (i as f64 / 40.0).sin()).collect());
        cycle
    }
}
