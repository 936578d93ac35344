//! The make of the cells of each dataset: materials, windows, losses and how they age.
//!
//! These are our choices, not published parameters: made so that first capacity, polarisation and the kind of fade
//! (rooted, straight, with a knee) are those of the published cells. The amounts of ageing are per unit of ageing time,
//! and the end of life falls near 1; the published life of a cell then sets how many cycles such a unit takes.

use super::half_cell::Material;
use cells::catalogue::CatalogueEntry;

/// Mean values of a make, and how far cells scatter about them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recipe {
    /// Positive electrode.
    pub(super) positive: Material,
    /// Negative electrode.
    pub(super) negative: Material,
    /// Lithium content of the negative electrode in the charged fresh cell.
    pub(super) negative_charged: f64,
    /// Lithium content of the positive electrode in the discharged fresh cell.
    pub(super) positive_discharged: f64,
    /// V, full window that `capacity` refers to.
    pub(super) window: (f64, f64),
    /// Equilibrium capacity over that window by rated capacity.
    pub(super) capacity: f64,
    /// Ω at 25 °C.
    pub(super) resistance: f64,
    /// Charge-transfer exchange current in units of C.
    pub(super) exchange_rate: f64,
    /// h, lag of particle surfaces.
    pub(super) diffusion: f64,
    /// How it ages.
    pub(super) ageing: Ageing,
    /// Scatter between cells.
    pub(super) spread: Spread,
}

/// Rates of the ageing mechanisms, in fractions of fresh capacity per unit of ageing time (SEI: per square root).
#[derive(Clone, Copy, Debug)]
pub(super) struct Ageing {
    /// Lithium bound in the growing film, ∝ √time.
    pub(super) sei: f64,
    /// Lithium lost in proportion to time.
    pub(super) cycling: f64,
    /// Sites of the delithiated negative electrode lost: no capacity at first, but the curve shifts.
    pub(super) negative_sites: f64,
    /// Sites of the positive electrode lost.
    pub(super) positive_sites: f64,
    /// Lithium plated once the charged negative electrode is fuller than `plating_onset`.
    pub(super) plating: f64,
    /// Lithium content at which plating sets in.
    pub(super) plating_onset: f64,
    /// Relative growth of resistance.
    pub(super) resistance: f64,
}

/// Standard deviations of the logarithms (capacity: relative) between cells of one make.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    /// First capacity.
    pub(super) capacity: f64,
    /// Resistance, kinetics and diffusion.
    pub(super) polarisation: f64,
    /// Loss of negative sites.
    pub(super) negative_sites: f64,
    /// Each other mechanism.
    pub(super) mechanism: f64,
    /// Lithium contents at the ends of the window and at the onset of plating (absolute).
    pub(super) content: f64,
}

impl Recipe {
    /// The recipe of a published cell's make.
    pub(super) fn of(entry: &CatalogueEntry) -> Self {
        let is_of = |(dataset, cathode, _): &&(&str, &str, Self)| {
            entry.dataset == *dataset && (cathode.is_empty() || entry.cathode == *cathode)
        };
        RECIPES.iter().find(is_of).map_or(NCA, |(_, _, recipe)| *recipe)
    }
}

/// By dataset and, where it has cells of several, cathode.
static RECIPES: [(&str, &str, Recipe); 10] = [
    ("MATR", "", Recipe { capacity: 0.992, spread: Spread { mechanism: 0.22, content: 0.007, ..A123.spread }, ..A123 }),
    ("CLO", "", Recipe { capacity: 0.975, ..A123 }),
    (
        "HUST",
        "",
        Recipe {
            capacity: 1.095,
            window: (2.0, 3.6),
            ageing: Ageing { sei: 0.015, cycling: 0.09, plating: 0.5, ..A123.ageing },
            spread: Spread { capacity: 0.012, negative_sites: 0.25, mechanism: 0.3, content: 0.006, ..A123.spread },
            ..A123
        },
    ),
    (
        "CALCE",
        "",
        Recipe {
            positive: Material::Lco,
            window: (2.7, 4.2),
            capacity: 1.06,
            resistance: 0.09,
            ageing: Ageing { sei: 0.05, cycling: 0.10, positive_sites: 0.05, plating: 0.3, ..LAYERED.ageing },
            ..LAYERED
        },
    ),
    (
        "RWTH",
        "",
        Recipe {
            positive: Material::Nmc532,
            negative: Material::GraphiteMohtat,
            window: (2.5, 4.2),
            capacity: 0.975,
            resistance: 0.045,
            ageing: Ageing { sei: 0.13, cycling: 0.01, positive_sites: 0.03, ..LAYERED.ageing },
            ..LAYERED
        },
    ),
    (
        "HNEI",
        "",
        Recipe {
            positive: Material::NmcLco,
            negative: Material::GraphiteMohtat,
            window: (3.0, 4.3),
            capacity: 1.03,
            resistance: 0.040,
            ageing: Ageing { sei: 0.11, cycling: 0.02, positive_sites: 0.05, ..LAYERED.ageing },
            ..LAYERED
        },
    ),
    ("UL_PUR", "", Recipe { capacity: 1.035, ..NCA }),
    (
        "SNL",
        "LFP",
        Recipe {
            capacity: 1.0,
            window: (2.0, 3.6),
            ageing: Ageing { sei: 0.09, cycling: 0.06, negative_sites: 0.12, plating: 0.2, ..A123.ageing },
            ..A123
        },
    ),
    (
        "SNL",
        "NMC",
        Recipe {
            positive: Material::Nmc811,
            negative: Material::GraphiteChen,
            window: (2.0, 4.2),
            capacity: 0.965,
            ageing: Ageing { sei: 0.12, cycling: 0.01, ..LAYERED.ageing },
            ..LAYERED
        },
    ),
    ("SNL", "NCA", NCA),
];

/// NCA against graphite, as in cells of SNL.
const NCA: Recipe = Recipe {
    positive: Material::Nca,
    window: (2.5, 4.2),
    capacity: 1.002,
    ageing: Ageing { sei: 0.06, cycling: 0.06, positive_sites: 0.06, ..LAYERED.ageing },
    ..LAYERED
};

/// LFP against graphite, as in A123's APR18650M1A. Its graphite limits both ends.
const A123: Recipe = Recipe {
    positive: Material::Lfp,
    negative: Material::GraphiteSafari,
    negative_charged: 0.80,
    positive_discharged: 0.90,
    window: (2.0, 3.6),
    capacity: 1.0,
    resistance: 0.016,
    exchange_rate: 3.0,
    diffusion: 0.012,
    ageing: Ageing {
        sei: 0.012,
        cycling: 0.03,
        negative_sites: 0.22,
        positive_sites: 0.01,
        plating: 1.0,
        plating_onset: 0.90,
        resistance: 0.15,
    },
    spread: Spread { capacity: 0.008, polarisation: 0.05, negative_sites: 0.15, mechanism: 0.12, content: 0.004 },
};

/// A layered oxide against graphite.
const LAYERED: Recipe = Recipe {
    positive: Material::Nmc532,
    negative: Material::GraphiteMohtat,
    negative_charged: 0.84,
    positive_discharged: 0.92,
    window: (2.5, 4.2),
    capacity: 1.0,
    resistance: 0.030,
    exchange_rate: 1.5,
    diffusion: 0.02,
    ageing: Ageing {
        sei: 0.08,
        cycling: 0.04,
        negative_sites: 0.05,
        positive_sites: 0.05,
        plating: 0.3,
        plating_onset: 0.92,
        resistance: 0.4,
    },
    spread: Spread { capacity: 0.006, polarisation: 0.08, negative_sites: 0.25, mechanism: 0.22, content: 0.006 },
};
