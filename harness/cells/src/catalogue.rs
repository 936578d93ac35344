//! What is published about the 403 cells of the benchmark: chemistry, limits, protocol and cycle life.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::cell::{Cathode, CellInfo, Chemistry, Dataset, Origin, Protocol};

/// One published cell; a row of `experiments/cells.csv`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueEntry {
    /// As in the split files, such as `MATR_b1c0`.
    pub id: String,
    /// Where the cell was published.
    pub dataset: Dataset,
    /// Positive electrode.
    pub cathode: Cathode,
    /// Negative electrode, `graphite` or `carbon`.
    pub anode: String,
    /// `cylindrical_18650` or `prismatic`.
    pub form_factor: String,
    /// Ah; the denominator of the state of health.
    #[serde(rename = "nominal_capacity_Ah")]
    pub nominal_capacity: f64,
    /// V, lower end of the voltage grid.
    pub v_min: f64,
    /// V, upper end of the voltage grid.
    pub v_max: f64,
    /// °C of the chamber; `None` where the publisher gives none.
    #[serde(rename = "temperature_C")]
    pub temperature: Option<f64>,
    /// Charge protocol in the publisher's words, empty if not at hand.
    pub charge: String,
    /// Discharge protocol in the publisher's words.
    pub discharge: String,
    /// Published life in cycles to 80 % of nominal capacity; `None` for a cell taken off test before.
    #[serde(rename = "cycle_life_80")]
    pub cycle_life: Option<f64>,
}

impl CatalogueEntry {
    /// The head of a [`crate::cell::Cell`] for this entry.
    pub fn info(&self, origin: Origin) -> CellInfo {
        CellInfo {
            id: self.id.clone(),
            dataset: self.dataset,
            origin,
            chemistry: Chemistry { cathode: self.cathode, anode: self.anode.clone() },
            form_factor: Some(self.form_factor.clone()),
            nominal_capacity: self.nominal_capacity,
            voltage_limits: (self.v_min, self.v_max),
            ambient_temperature: self.temperature,
            protocol: Protocol { charge: self.charge.clone(), discharge: self.discharge.clone() },
            published_life: self.cycle_life,
        }
    }
}

static CELLS: LazyLock<Vec<CatalogueEntry>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_str!("../../../experiments/cells.csv").as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("experiments/cells.csv is compiled in, and a test reads it")
});

/// All 403 cells, in the order of the file.
pub fn cells() -> &'static [CatalogueEntry] {
    &CELLS
}

/// The cell with this id.
pub fn find(id: &str) -> Option<&'static CatalogueEntry> {
    static BY_ID: LazyLock<HashMap<&str, &CatalogueEntry>> =
        LazyLock::new(|| cells().iter().map(|entry| (entry.id.as_str(), entry)).collect());
    BY_ID.get(id).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_counts_as_the_benchmark_does() {
        let count = |dataset| cells().iter().filter(|entry| entry.dataset == dataset).count();
        assert_eq!(Dataset::ALL.map(count), [135, 45, 77, 13, 48, 14, 10, 61]);
        let unfinished = cells().iter().filter(|entry| entry.cycle_life.is_none()).count();
        assert_eq!((cells().len(), unfinished), (403, 28));
        let lives = || cells().iter().filter_map(|entry| entry.cycle_life);
        assert!(lives().all(|life| life > 100.0 && life.fract() == 0.0));
    }

    #[test]
    fn ids_are_unique_and_found() {
        let mut ids: Vec<_> = cells().iter().map(|entry| &entry.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 403);
        assert_eq!(find("MATR_b1c0").and_then(|entry| entry.cycle_life), Some(1852.0));
        assert_eq!(find("MATR_b1c8").map(|entry| entry.cycle_life), Some(None));
        assert!(find("MATR_b9c9").is_none());
    }

    #[test]
    fn nominal_capacities_follow_temperature_and_window() {
        let nominal = |id: &str| find(id).map(|entry| entry.nominal_capacity);
        assert_eq!(nominal("SNL_18650_NMC_15C_0-100_0.5-1C_a"), Some(2.7));
        assert_eq!(nominal("SNL_18650_NCA_15C_0-100_0.5-1C_a"), Some(2.88));
        assert_eq!(nominal("SNL_18650_NCA_25C_20-80_0.5-0.5C_a"), Some(1.92));
        assert_eq!(nominal("SNL_18650_LFP_15C_0-100_0.5-2C_b"), Some(1.1));
        assert_eq!(nominal("RWTH_002"), Some(1.11));
    }

    #[test]
    fn hust_lives_reach_from_1144_to_2691_as_published() {
        let lives =
            || cells().iter().filter(|entry| entry.dataset == Dataset::Hust).filter_map(|entry| entry.cycle_life);
        assert_eq!(lives().fold(f64::INFINITY, f64::min), 1144.0);
        assert_eq!(lives().fold(0.0, f64::max), 2691.0);
    }
}
