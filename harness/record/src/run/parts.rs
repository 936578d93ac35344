//! What a record tells of its run beside its keys: cells, lives, fit, times, predictions.

use std::fmt;

use serde::{Deserialize, Serialize};

use cells::label::Tally;

/// A cell of the split that has no usable label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Its id.
    pub cell: String,
    /// Why it takes no part.
    pub reason: String,
}

/// A cell of the split of which something may be wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubtful {
    /// Its id.
    pub cell: String,
    /// What, each with its cycle and value.
    pub doubts: Vec<String>,
    /// Whether it was published so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_published: bool,
}

impl Doubtful {
    /// Letters of a doubt that are shown.
    const LONGEST: usize = 160;

    /// `my-1 may be wrong in 2 things: cycle 5: a temperature of …; cycle 7: …`.
    pub fn short(&self) -> String {
        let count = self.doubts.len();
        let doubts: Vec<String> = self
            .doubts
            .iter()
            .take(2)
            .map(|doubt| match doubt.char_indices().nth(Self::LONGEST) {
                Some((end, _)) => format!("{}…", &doubt[..end]),
                None => doubt.clone(),
            })
            .collect();
        let more = if count > 2 { format!("; and {} more", count - 2) } else { String::new() };
        let things = if count == 1 { "one thing".to_owned() } else { format!("{count} things") };
        format!("{} may be wrong in {things}: {}{more}", self.cell, doubts.join("; "))
    }
}

/// What a fit told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Epochs trained, for iterative models.
    pub epochs: Option<usize>,
    /// Training loss of the last epoch.
    pub final_loss: Option<f64>,
    /// How often a collapsed network was initialised again.
    pub restarts: usize,
}

/// Wall times in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Of the fit, whichever run made it.
    pub fit: f64,
    /// Of the predictions; runs that asked one trained model together have equal parts.
    pub predict: f64,
}

/// What the lives rest on that a run learned from and was tested on; nothing where the features could not be built, and in
/// records from before it was noted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifeBases {
    /// Training cells.
    pub train: Tally,
    /// Test cells.
    pub test: Tally,
}

/// One test cell of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Its id.
    pub cell: String,
    /// Observed cycle life.
    pub observed: f64,
    /// Predicted cycle life.
    pub predicted: f64,
}

impl Prediction {
    /// Name of the file in the folder of a run.
    pub const FILE: &'static str = "predictions.csv";

    /// The file.
    pub(super) fn to_csv(predictions: &[Self]) -> String {
        let rows = predictions.iter().map(|row| format!("{},{},{}\n", row.cell, row.observed, row.predicted));
        std::iter::once("cell_id,observed,predicted\n".to_owned()).chain(rows).collect()
    }

    /// What the file says.
    pub(super) fn from_csv(bytes: &[u8]) -> Result<Vec<Self>, String> {
        let broken = |problem: &dyn fmt::Display| format!("its {}: {problem}", Self::FILE);
        csv::Reader::from_reader(bytes)
            .deserialize::<(String, f64, f64)>()
            .map(|row| {
                let (cell, observed, predicted) = row.map_err(|error| broken(&error))?;
                Ok(Self { cell, observed, predicted })
            })
            .collect()
    }
}
