//! Under which terms the eight datasets are published, and whom to cite.

use cells::cell::Dataset;
use sources::import;

/// The terms of one dataset, as far as they are stated where it is published or mirrored: verify them before you publish
/// data of your own with it.
pub(super) struct Terms {
    pub(super) licence: &'static str,
    pub(super) citation: &'static str,
}

pub(super) fn terms(dataset: Dataset) -> Terms {
    let (licence, citation) = match dataset {
        Dataset::Matr => (
            "CC BY 4.0",
            "Severson et al., Nat. Energy 4, 383 (2019); curves to cycle 100: Attia et al., JES 168, 090547 (2021); to cycle \
             150: repository VNemani14/UQ_ML_Tutorial",
        ),
        Dataset::Clo => ("CC BY 4.0", "Attia et al., Nature 578, 397 (2020)"),
        Dataset::Hust => ("CC BY 4.0", "Ma et al., Energy Environ. Sci. 15, 4083 (2022)"),
        Dataset::Calce => {
            ("open, cite", "CALCE, University of Maryland; He et al., J. Power Sources 196, 10314 (2011)")
        }
        Dataset::Rwth => ("CC BY 4.0", "Li et al., J. Power Sources 506, 230024 (2021)"),
        Dataset::Hnei => ("cite", "Devie et al., Energies 11, 1031 (2018), batteryarchive.org"),
        Dataset::UlPur => ("cite", "Juarez-Robles et al., J. Electrochem. Soc. 167, 160510 (2020), batteryarchive.org"),
        Dataset::Snl => ("cite", "Preger et al., J. Electrochem. Soc. 167, 120532 (2020), batteryarchive.org"),
    };
    Terms { licence, citation }
}

/// The names of the formats from which cells of this dataset can be imported.
pub(super) fn importable(dataset: Dataset) -> Vec<&'static str> {
    import::FORMATS.iter().filter(|format| format.datasets.contains(&dataset)).map(|format| format.name).collect()
}
