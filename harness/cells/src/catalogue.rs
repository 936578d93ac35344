//! What is known of cells before any file is read: chemistry, limits, protocol and cycle life. Of the 403 cells of the benchmark
//! as it is published, of cells of one's own as a file says ([`Catalogue::read`]).

mod own;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use crate::cell::{Cathode, CellInfo, Chemistry, CyclingProtocol, DatasetName, Origin};

/// One cell; a row of `experiments/cells.csv`, or of a file of that form.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueEntry {
    /// As in the split files, such as `MATR_b1c0`.
    pub id: String,
    /// With which others the cell was published, or belongs.
    pub dataset: DatasetName,
    /// Positive electrode.
    pub cathode: Cathode,
    /// Negative electrode, `graphite` or `carbon`.
    pub anode: String,
    /// Such as `cylindrical_18650` or `prismatic`; empty if not known.
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
            dataset: self.dataset.clone(),
            origin,
            chemistry: Chemistry { cathode: self.cathode.clone(), anode: self.anode.clone() },
            form_factor: (!self.form_factor.is_empty()).then(|| self.form_factor.clone()),
            nominal_capacity: self.nominal_capacity,
            voltage_limits: (self.v_min, self.v_max),
            ambient_temperature: self.temperature,
            protocol: CyclingProtocol { charge: self.charge.clone(), discharge: self.discharge.clone() },
            published_life: self.cycle_life,
        }
    }
}

/// Cells by id: those of the benchmark, or those of one's own.
#[derive(Debug)]
pub struct Catalogue {
    entries: Vec<CatalogueEntry>,
    by_id: HashMap<String, usize>,
    /// The file that it is from; none of the benchmark.
    file: Option<String>,
}

impl Catalogue {
    fn new(entries: Vec<CatalogueEntry>, file: Option<String>) -> Self {
        let by_id = entries.iter().enumerate().map(|(place, entry)| (entry.id.clone(), place)).collect();
        Self { entries, by_id, file }
    }

    /// That of the benchmark.
    pub fn published() -> Arc<Self> {
        Arc::clone(&PUBLISHED)
    }

    /// Its cells, in the order of the file.
    pub fn cells(&self) -> &[CatalogueEntry] {
        &self.entries
    }

    /// The cell with this id.
    pub fn find(&self, id: &str) -> Option<&CatalogueEntry> {
        self.by_id.get(id).map(|&place| &self.entries[place])
    }

    /// The cell that a publisher's files call `name`: that with the id `prefix` and `name`, or, of one's own, `name` alone.
    pub fn named(&self, prefix: &str, name: &str) -> Option<&CatalogueEntry> {
        self.find(&format!("{prefix}{name}")).or_else(|| self.find(name).filter(|_| self.is_own()))
    }

    /// Whether it is a file of one's own.
    pub fn is_own(&self) -> bool {
        self.file.is_some()
    }

    /// What to call any of its cells: `a published cell`, or `a cell of` the file.
    pub fn a_cell(&self) -> String {
        self.file.as_ref().map_or_else(|| "a published cell".to_owned(), |file| format!("a cell of {file}"))
    }
}

static PUBLISHED: LazyLock<Arc<Catalogue>> = LazyLock::new(|| {
    let cells = csv::Reader::from_reader(include_str!("../../../experiments/cells.csv").as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("experiments/cells.csv is compiled in, and a test reads it");
    Arc::new(Catalogue::new(cells, None))
});

/// All 403 published cells, in the order of the file.
pub fn cells() -> &'static [CatalogueEntry] {
    PUBLISHED.cells()
}

/// The published cell with this id.
pub fn find(id: &str) -> Option<&'static CatalogueEntry> {
    PUBLISHED.find(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_counts_as_the_benchmark_does() {
        let count = |dataset: &str| cells().iter().filter(|entry| entry.dataset == dataset).count();
        let datasets = ["MATR", "CLO", "HUST", "CALCE", "RWTH", "HNEI", "UL_PUR", "SNL"];
        assert_eq!(datasets.map(count), [135, 45, 77, 13, 48, 14, 10, 61]);
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
        let lives = || cells().iter().filter(|entry| entry.dataset == "HUST").filter_map(|entry| entry.cycle_life);
        assert_eq!(lives().fold(f64::INFINITY, f64::min), 1144.0);
        assert_eq!(lives().fold(0.0, f64::max), 2691.0);
    }
}
