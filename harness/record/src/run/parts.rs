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
    const LONGEST: usize = 240;

    /// `my-1 may be wrong in 2 things: cycle 5: a temperature of …; cycle 7: …`.
    pub fn short(&self) -> String {
        let count = self.doubts.len();
        let doubts: Vec<String> = self
            .doubts
            .iter()
            .take(2)
            .map(|doubt| match doubt.char_indices().nth(Self::LONGEST) {
                // between words
                Some((end, _)) => {
                    format!("{} …", doubt[..end].rsplit_once(' ').map_or(&doubt[..end], |(whole, _)| whole))
                }
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
        if let Some(rows) = Self::from_plain(bytes) {
            return Ok(rows);
        }
        let broken = |problem: &dyn fmt::Display| format!("its {}: {problem}", Self::FILE);
        csv::Reader::from_reader(bytes)
            .deserialize::<(String, f64, f64)>()
            .map(|row| {
                let (cell, observed, predicted) = row.map_err(|error| broken(&error))?;
                Ok(Self { cell, observed, predicted })
            })
            .collect()
    }

    /// The same of a file as it is written, without the tables that a reader of any CSV makes for each file; `None` of another one.
    fn from_plain(bytes: &[u8]) -> Option<Vec<Self>> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains(['"', '\r']))?;
        let rows = text.strip_prefix("cell_id,observed,predicted\n")?.strip_suffix('\n')?;
        let row = |line: &str| {
            let (rest, predicted) = line.rsplit_once(',')?;
            let (cell, observed) = rest.split_once(',')?;
            Some(Self { cell: cell.to_owned(), observed: observed.parse().ok()?, predicted: predicted.parse().ok()? })
        };
        rows.split('\n').map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_are_read_alike_by_either_way() {
        let head = "cell_id,observed,predicted\n";
        let written = vec![
            Prediction { cell: "a".to_owned(), observed: 500.0, predicted: 0.1 + 0.2 },
            Prediction { cell: "b".to_owned(), observed: 1e300, predicted: -5e-324 },
        ];
        let text = Prediction::to_csv(&written);
        assert_eq!(Prediction::from_plain(text.as_bytes()), Some(written.clone()));
        let quoted = text.replace("a,", "\"a\",").replace('\n', "\r\n");
        assert_eq!(Prediction::from_plain(quoted.as_bytes()), None);
        assert_eq!(Prediction::from_csv(quoted.as_bytes()), Ok(written));
        assert_eq!(Prediction::from_csv(head.as_bytes()), Ok(Vec::new()));
        for wrong in ["a,1\n", "a,1,2,3\n", "a,1,many\n", "a,,2\n"] {
            assert!(Prediction::from_csv(format!("{head}{wrong}").as_bytes()).is_err(), "{wrong}");
        }
    }
}
