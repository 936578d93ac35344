//! Open-circuit potentials of single electrodes against lithium, from published fits.
//!
//! | electrode | fit |
//! |---|---|
//! | graphite of LFP cells, LFP | Safari & Delacourt, J. Electrochem. Soc. 158, A562 (2011), appendix |
//! | graphite with silicon, NMC 811 | Chen et al., J. Electrochem. Soc. 167, 080534 (2020), eqs. 8 and 9 |
//! | graphite, NMC 532 | Mohtat et al., J. Electrochem. Soc. 167, 110561 (2020), parameter table |
//! | NCA | Kim et al., J. Electrochem. Soc. 158, A955 (2011), parameter table |
//! | LCO | Ramadass et al., J. Electrochem. Soc. 151, A196 (2004), parameter table |
//! | NMC-LCO blend | ours: both of the above at one common potential, in parallel |

use std::sync::LazyLock;

/// Which published fit an electrode follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Material {
    /// Graphite of the A123 cells.
    GraphiteSafari,
    /// Graphite with some silicon oxide, LG M50.
    GraphiteChen,
    /// Plain graphite.
    GraphiteMohtat,
    /// LiFePO4.
    Lfp,
    /// LiNi0.8Mn0.1Co0.1O2.
    Nmc811,
    /// LiNi0.5Mn0.3Co0.2O2.
    Nmc532,
    /// LiNiCoAlO2.
    Nca,
    /// LiCoO2.
    Lco,
    /// NMC 532 and LCO, two to one by capacity.
    NmcLco,
}

/// Potential against lithium over stoichiometry (lithium per site), tabulated for speed.
#[derive(Debug)]
pub(super) struct HalfCell {
    potential: Vec<f64>,
}

const STEPS: usize = 4000;
/// V per unit of stoichiometry beyond an empty or a full electrode: steep, so that no cell gets far there.
const WALL: f64 = 60.0;

impl HalfCell {
    /// The table of a material; built once per process.
    pub(super) fn of(material: Material) -> &'static Self {
        static TABLES: LazyLock<Vec<HalfCell>> = LazyLock::new(|| {
            [
                Material::GraphiteSafari,
                Material::GraphiteChen,
                Material::GraphiteMohtat,
                Material::Lfp,
                Material::Nmc811,
                Material::Nmc532,
                Material::Nca,
                Material::Lco,
                Material::NmcLco,
            ]
            .map(HalfCell::tabulate)
            .into()
        });
        &TABLES[material as usize]
    }

    fn tabulate(material: Material) -> Self {
        if material == Material::NmcLco {
            return Self::blend(&Self::tabulate(Material::Nmc532), &Self::tabulate(Material::Lco), 2.0 / 3.0);
        }
        let (low, high) = material.validity();
        let slope_below = (material.fit(low) - material.fit(low + 1e-3)) / 1e-3;
        let mut potential: Vec<f64> = (0..=STEPS)
            .map(|step| {
                let stoichiometry = step as f64 / STEPS as f64;
                let inside = stoichiometry.clamp(low, high);
                material.fit(inside) + slope_below * (low - stoichiometry).max(0.0)
                    - WALL * (stoichiometry - high).max(0.0)
            })
            .collect();
        // the fits are smooth to a few mV only; a potential that rises with lithium content is not physical
        for step in 1..potential.len() {
            potential[step] = potential[step].min(potential[step - 1] - 1e-7);
        }
        Self { potential }
    }

    fn blend(first: &Self, second: &Self, share: f64) -> Self {
        let (top, bottom) = (first.potential[0].max(second.potential[0]), 0.0);
        let content =
            |potential: f64| share * first.stoichiometry(potential) + (1.0 - share) * second.stoichiometry(potential);
        let potential = (0..=STEPS)
            .map(|step| {
                let wanted = step as f64 / STEPS as f64;
                let (mut low, mut high) = (bottom, top);
                for _ in 0..60 {
                    let middle = 0.5 * (low + high);
                    if content(middle) > wanted { low = middle } else { high = middle }
                }
                0.5 * (low + high)
            })
            .collect();
        Self { potential }
    }

    /// V against lithium; strictly falling with stoichiometry.
    pub(super) fn potential(&self, stoichiometry: f64) -> f64 {
        let place = stoichiometry * STEPS as f64;
        if place <= 0.0 {
            return self.potential[0] - WALL * stoichiometry;
        }
        let step = place as usize;
        if step >= STEPS {
            return self.potential[STEPS] - WALL * (stoichiometry - 1.0);
        }
        let part = place - step as f64;
        self.potential[step] * (1.0 - part) + self.potential[step + 1] * part
    }

    /// The inverse of [`HalfCell::potential`].
    pub(super) fn stoichiometry(&self, potential: f64) -> f64 {
        if potential >= self.potential[0] {
            return (self.potential[0] - potential) / WALL;
        }
        if potential <= self.potential[STEPS] {
            return 1.0 + (self.potential[STEPS] - potential) / WALL;
        }
        let above = self.potential.partition_point(|&value| value > potential).max(1);
        let (left, right) = (self.potential[above - 1], self.potential[above]);
        ((above - 1) as f64 + (left - potential) / (left - right)) / STEPS as f64
    }
}

impl Material {
    /// Stoichiometries between which the published fit is meant, or falls; outside it is continued in a straight line.
    fn validity(self) -> (f64, f64) {
        match self {
            Self::GraphiteSafari | Self::GraphiteChen | Self::GraphiteMohtat => (0.0, 1.0),
            Self::Lfp => (0.0, 0.9999),
            Self::Nmc811 => (0.2, 0.99),
            Self::Nmc532 => (0.1, 0.995),
            Self::Nca => (0.2, 0.98),
            Self::Lco | Self::NmcLco => (0.46, 0.995),
        }
    }

    /// The published formula, V.
    fn fit(self, s: f64) -> f64 {
        match self {
            Self::GraphiteSafari => {
                0.6379 + 0.5416 * (-305.5309 * s).exp()
                    - 0.044 * ((s - 0.1958) / 0.1088).tanh()
                    - 0.1978 * ((s - 1.0571) / 0.0854).tanh()
                    - 0.6875 * ((s + 0.0117) / 0.0529).tanh()
                    - 0.0175 * ((s - 0.5692) / 0.0875).tanh()
            }
            Self::GraphiteChen => {
                1.9793 * (-39.3631 * s).exp() + 0.2482
                    - 0.0909 * (29.8538 * (s - 0.1234)).tanh()
                    - 0.04478 * (14.9159 * (s - 0.2769)).tanh()
                    - 0.0205 * (30.4444 * (s - 0.6103)).tanh()
            }
            Self::GraphiteMohtat => {
                0.063 + 0.8 * (-75.0 * (s + 0.001)).exp()
                    - 0.0120 * ((s - 0.127) / 0.016).tanh()
                    - 0.0118 * ((s - 0.155) / 0.016).tanh()
                    - 0.0035 * ((s - 0.220) / 0.020).tanh()
                    - 0.0095 * ((s - 0.190) / 0.013).tanh()
                    - 0.0145 * ((s - 0.490) / 0.020).tanh()
                    - 0.0800 * ((s - 1.030) / 0.055).tanh()
            }
            Self::Lfp => {
                let d = 1.0 - s;
                3.4323 - 0.8428 * (-80.2493 * d.powf(1.3198)).exp() - 3.2474e-6 * (20.2645 * d.powf(3.8003)).exp()
                    + 3.2482e-6 * (20.2646 * d.powf(3.7995)).exp()
            }
            Self::Nmc811 => {
                -0.8090 * s + 4.4875
                    - 0.0428 * (18.5138 * (s - 0.5542)).tanh()
                    - 17.7326 * (15.7890 * (s - 0.3117)).tanh()
                    + 17.5842 * (15.9308 * (s - 0.3120)).tanh()
            }
            Self::Nmc532 => {
                let polynomial = [4.3452, -1.6518, 1.6225, -2.0843, 3.5146, -2.2166];
                horner(&polynomial, s) - 0.5623e-4 * (109.451 * s - 100.006).exp()
            }
            Self::Nca => {
                let polynomial =
                    [11.8058, -66.3691, 264.427, -554.774, 621.3475, -344.566, 81.246, -23.488, 15.056, -2.222, 1.638];
                horner(&polynomial, s) - 0.61386 * (5.8201 * s.powf(136.4)).exp()
            }
            Self::Lco | Self::NmcLco => {
                let square = s * s;
                horner(&[-4.656, 88.669, -401.119, 342.909, -462.471, 433.434], square)
                    / horner(&[-1.0, 18.933, -79.532, 37.311, -73.083, 95.96], square)
            }
        }
    }
}

/// A polynomial with its coefficients from the constant up.
fn horner(coefficients: &[f64], at: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * at + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Material; 9] = [
        Material::GraphiteSafari,
        Material::GraphiteChen,
        Material::GraphiteMohtat,
        Material::Lfp,
        Material::Nmc811,
        Material::Nmc532,
        Material::Nca,
        Material::Lco,
        Material::NmcLco,
    ];

    #[test]
    fn a_material_finds_its_own_table() {
        for (position, material) in ALL.into_iter().enumerate() {
            assert_eq!(material as usize, position);
        }
    }

    #[test]
    fn potentials_fall_with_lithium_content_and_invert() {
        for material in ALL {
            let half_cell = HalfCell::of(material);
            let mut before = f64::INFINITY;
            for step in -100..=1100 {
                let stoichiometry = f64::from(step) / 1000.0;
                let potential = half_cell.potential(stoichiometry);
                assert!(potential < before, "{material:?} rises at {stoichiometry}");
                assert!(
                    (half_cell.stoichiometry(potential) - stoichiometry).abs() < 1e-6,
                    "{material:?} at {stoichiometry}"
                );
                before = potential;
            }
        }
    }

    #[test]
    fn the_tables_follow_the_published_fits_where_cells_work() {
        for material in ALL.into_iter().filter(|&material| material != Material::NmcLco) {
            let (low, high) = material.validity();
            for step in 1..100 {
                let stoichiometry = low + (high - low) * f64::from(step) / 100.0;
                let away = HalfCell::of(material).potential(stoichiometry) - material.fit(stoichiometry);
                // only wiggles of the fits are flattened; between grid points the wall of LFP is curved
                assert!(away.abs() < 0.01, "{material:?} at {stoichiometry}: {away}");
            }
        }
    }

    #[test]
    fn known_values() {
        // plateau of LFP, graphite stages, and the mean voltages of the layered oxides
        assert!((HalfCell::of(Material::Lfp).potential(0.5) - 3.432).abs() < 2e-3);
        assert!((HalfCell::of(Material::GraphiteMohtat).potential(0.35) - 0.12).abs() < 0.02);
        assert!((HalfCell::of(Material::Lco).potential(0.5) - 4.23).abs() < 0.02);
        assert!((HalfCell::of(Material::Nca).potential(0.6) - 3.75).abs() < 0.15);
    }
}
