//! How the laboratories that published the datasets cycle cells and record them: what differs between datasets in the virtual lab
//! besides the [makes](super::recipe) of cells.

use cells::catalogue::CatalogueEntry;

/// The ways of one laboratory, as its files show them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Laboratory {
    /// The dataset that it published.
    dataset: &'static str,
    /// Ah that 1C refers to, of cells with a cathode (or any), where that is not the nominal capacity: the full cell, also where
    /// nominal capacity is that of a colder or narrower test.
    rated: &'static [(&'static str, f64)],
    /// V to which cells are charged, where that is not the upper end of the published voltage grid.
    pub(super) charge_limit: Option<f64>,
    /// At which charge ends.
    pub(super) charge_end: EndCurrent,
    /// At which discharge ends: without one there is no constant-voltage part.
    pub(super) discharge_end: Option<EndCurrent>,
    /// With which currents it charges.
    pub(super) charge: Charge,
    /// With which currents it discharges.
    pub(super) discharge: Discharge,
    /// Whether a stored cycle begins with its discharge.
    pub(super) discharge_first: bool,
    /// Whether the temperature of the cell is logged.
    pub(super) logs_temperature: bool,
    /// Whether the internal resistance is.
    pub(super) logs_resistance: bool,
    /// Share of cycles that are stored a second time in place of the next.
    pub(super) repeats: f64,
    /// Relative noise of the capacity from cycle to cycle.
    pub(super) noise: f64,
    /// How the records of cells end that reach their end of life.
    pub(super) ends: Ends,
    /// Least and most cycles of those that are taken off test before.
    pub(super) unfinished: (f64, f64),
}

/// The current at which a half cycle ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum EndCurrent {
    /// This part of 1C, such as 50 for C/50.
    Part(f64),
    /// A.
    Ampere(f64),
}

/// The currents of a charge.
#[derive(Clone, Copy, Debug)]
pub(super) enum Charge {
    /// The first of the protocol (0.5C if there is none) until the limit.
    Constant,
    /// The two of the protocol (3.6C if there are none), changed at its percentage, to 80 %, then 1C.
    TwoSteps,
    /// Those of the protocol for 20 % each, then 1C.
    FourSteps,
    /// This rate to 80 %, then 1C.
    Rate(f64),
    /// A, whatever the protocol.
    Ampere(f64),
}

/// The currents of a discharge.
#[derive(Clone, Copy, Debug)]
pub(super) enum Discharge {
    /// The first of the protocol (0.5C if there is none) until the limit.
    Constant,
    /// The four of the protocol, changed when so much of 1C h has passed.
    Steps([f64; 3]),
    /// A, whatever the protocol.
    Ampere(f64),
}

/// What records have of the cycle that ends life.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ends {
    /// It is their last.
    Stored,
    /// They have all before it; of cells whose id begins so, it is their last.
    LeftOutBut(&'static str),
    /// Of this share of them it is the last; up to this share they stop a per cent or two above the threshold; the others have all
    /// before it.
    Shares(f64, f64),
}

impl Laboratory {
    /// The one that published this cell.
    pub(super) fn of(entry: &CatalogueEntry) -> &'static Self {
        let published = LABORATORIES.iter().find(|laboratory| entry.dataset == laboratory.dataset);
        published.expect("every published dataset has its laboratory here; a test asks for all")
    }

    /// Ah that 1C refers to.
    pub(super) fn rated_capacity(&self, entry: &CatalogueEntry) -> f64 {
        let own = self.rated.iter().find(|(cathode, _)| cathode.is_empty() || entry.cathode == *cathode);
        own.map_or(entry.nominal_capacity, |(_, capacity)| *capacity)
    }
}

impl EndCurrent {
    /// A, where 1C is so many Ah.
    pub(super) fn of(self, rated: f64) -> f64 {
        match self {
            Self::Part(part) => rated / part,
            Self::Ampere(current) => current,
        }
    }
}

/// What most of them do.
const USUAL: Laboratory = Laboratory {
    dataset: "",
    rated: &[],
    charge_limit: None,
    charge_end: EndCurrent::Part(20.0),
    discharge_end: None,
    charge: Charge::Constant,
    discharge: Discharge::Constant,
    discharge_first: false,
    logs_temperature: true,
    logs_resistance: false,
    repeats: 0.002,
    noise: 4e-4,
    ends: Ends::Stored,
    unfinished: (550.0, 1100.0),
};

/// Charged to 3.6 V; the published voltage grid stops at 3.5 V.
const MATR: Laboratory = Laboratory {
    dataset: "MATR",
    charge_limit: Some(3.6),
    charge_end: EndCurrent::Part(50.0),
    discharge_end: Some(EndCurrent::Part(50.0)),
    charge: Charge::TwoSteps,
    logs_resistance: true,
    ends: Ends::LeftOutBut("MATR_b2"),
    ..USUAL
};

static LABORATORIES: [Laboratory; 8] = [
    MATR,
    Laboratory { dataset: "CLO", charge: Charge::FourSteps, ends: Ends::Stored, ..MATR },
    Laboratory {
        dataset: "HUST",
        charge: Charge::Rate(5.0),
        discharge: Discharge::Steps([0.4, 0.6, 0.8]),
        logs_temperature: false,
        // of the 77 published records, 6 cross the threshold and 4 stop at more than 80.5 %
        ends: Ends::Shares(6.0 / 77.0, 10.0 / 77.0),
        ..USUAL
    },
    Laboratory {
        dataset: "CALCE",
        charge_end: EndCurrent::Ampere(0.05),
        logs_temperature: false,
        noise: 2e-3,
        ..USUAL
    },
    Laboratory {
        dataset: "RWTH",
        rated: &[("", 1.85)],
        charge_end: EndCurrent::Ampere(0.15),
        discharge_end: Some(EndCurrent::Ampere(0.15)),
        charge: Charge::Ampere(4.0),
        discharge: Discharge::Ampere(4.0),
        discharge_first: true,
        logs_temperature: false,
        noise: 1e-3,
        ..USUAL
    },
    Laboratory { dataset: "HNEI", repeats: 0.01, noise: 1e-3, ..USUAL },
    Laboratory { dataset: "UL_PUR", repeats: 0.01, noise: 1e-3, unfinished: (150.0, 230.0), ..USUAL },
    Laboratory {
        dataset: "SNL",
        rated: &[("NMC", 3.0), ("NCA", 3.2)],
        repeats: 0.01,
        unfinished: (1500.0, 3800.0),
        ..USUAL
    },
];
