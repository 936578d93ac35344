//! What is known of a cell before any cycle is looked at.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::{Cathode, DatasetName};

/// Whether a cell was measured in a laboratory or simulated by the virtual lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Measured.
    Real,
    /// Simulated: never evidence about a published result.
    Virtual,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Real => "real",
            Self::Virtual => "virtual",
        })
    }
}

/// Electrode materials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chemistry {
    /// Positive electrode.
    pub cathode: Cathode,
    /// Negative electrode, `graphite` or `carbon`.
    pub anode: String,
}

/// How the cell was cycled, in the publisher's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CyclingProtocol {
    /// Such as `3.6C(80%)-3.6C`.
    pub charge: String,
    /// Such as `4C CC to 2.0 V`.
    pub discharge: String,
}

/// What is known of a cell before any cycle is looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellInfo {
    /// Such as `MATR_b1c0`; unique over all datasets, and safe as a file name.
    pub id: String,
    /// With which others it was published, or belongs.
    pub dataset: DatasetName,
    /// Measured or simulated.
    pub origin: Origin,
    /// Electrode materials.
    pub chemistry: Chemistry,
    /// Such as `cylindrical_18650`.
    pub form_factor: Option<String>,
    /// Ah; the denominator of the state of health.
    pub nominal_capacity: f64,
    /// V, lower and upper; the bounds of the voltage grid of the Q(V) curves.
    pub voltage_limits: (f64, f64),
    /// °C of the chamber, where known.
    pub ambient_temperature: Option<f64>,
    /// How it was cycled.
    pub protocol: CyclingProtocol,
    /// Cycles to 80 % of nominal capacity as its publisher counts them, where that is known. A record that ends well before
    /// was cut short. It is a fact about the cell and not part of its measurements: that of a published cell is looked up when
    /// it is read, that of any other is kept beside them.
    pub published_life: Option<f64>,
}

impl CellInfo {
    /// What is wrong with it, if anything; a fragment.
    pub(super) fn fault(&self) -> Option<String> {
        let (low, high) = self.voltage_limits;
        if !is_plain(&self.id) {
            Some("an id is made of letters, digits, '_', '-' and '.'".to_owned())
        } else if !is_plain(self.dataset.name()) {
            Some("the name of a dataset is made of letters, digits, '_', '-' and '.'".to_owned())
        } else if self.chemistry.cathode.name().trim().is_empty() {
            Some("its cathode has no name".to_owned())
        } else if !(self.nominal_capacity.is_finite() && self.nominal_capacity > 0.0) {
            Some(format!("nominal capacity is {} Ah, it must be positive", self.nominal_capacity))
        } else if !(low.is_finite() && high.is_finite() && low < high) {
            Some(format!("voltage limits are {low} V and {high} V, the first must be the lower"))
        } else {
            let life = self.published_life.filter(|life| !(life.is_finite() && *life > 0.0))?;
            Some(format!("a published life of {life} cycles"))
        }
    }
}

/// Whether a text may be the name of a file, and is the same to every reader.
pub(crate) fn is_plain(text: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    !text.is_empty() && text.chars().all(plain) && !text.starts_with('.')
}
