//! What a bundle says of one cell, and how it is written down.

use serde::{Serialize, Serializer};

use crate::Error;

/// Whether there is a life, and whether it is one to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The cell lives, and there is a prediction.
    Ok,
    /// The cell lives on after the life that is predicted.
    Outlived,
    /// Its record shows the end of its life; the prediction is what its early cycles said.
    Ended,
    /// Fewer cycles are at hand than the model reads; the warning says how many more it takes.
    TooFewCycles,
    /// No prediction could be made; the warning says why.
    Failed,
}

impl Status {
    /// As in the column `status`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Outlived => "outlived",
            Self::Ended => "ended",
            Self::TooFewCycles => "too few cycles",
            Self::Failed => "failed",
        }
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// What a bundle says of one cell; cycles everywhere.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Its id.
    pub cell_id: String,
    /// Predicted life.
    pub life: Option<f64>,
    /// Lower end of the 90 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Life less the cycles seen, 0 at least; nothing for a cell whose life has ended.
    pub remaining: Option<f64>,
    /// Cycles on record.
    pub cycles_seen: usize,
    /// Cycles in detail that the model reads.
    pub cycles_needed: usize,
    /// How it went.
    pub status: Status,
    /// What to distrust, a sentence each.
    pub warnings: Vec<String>,
    /// The life that a quarter of BatLiNet's references stay under.
    pub reference_low: Option<f64>,
    /// The life that three quarters of them stay under.
    pub reference_high: Option<f64>,
    /// The training cells that BatLiNet compared it with, each once.
    pub references: Vec<String>,
    /// The life that its record shows, of a cell whose life has ended.
    pub recorded_life: Option<f64>,
    /// In how many ways the cell, or its life, lies outside what the training cells were like; the warnings say in which.
    pub outside: usize,
}

impl Answer {
    /// Of a cell of which no more is known than how it went.
    pub fn without_life(cell_id: impl Into<String>, status: Status) -> Self {
        Self {
            cell_id: cell_id.into(),
            life: None,
            low: None,
            high: None,
            remaining: None,
            cycles_seen: 0,
            cycles_needed: 0,
            status,
            warnings: Vec::new(),
            reference_low: None,
            reference_high: None,
            references: Vec::new(),
            recorded_life: None,
            outside: 0,
        }
    }

    /// The columns of [`csv()`], in order.
    pub const COLUMNS: [&'static str; 14] = [
        "cell_id",
        "life",
        "low",
        "high",
        "remaining",
        "cycles_seen",
        "cycles_needed",
        "status",
        "warnings",
        "reference_low",
        "reference_high",
        "references",
        "recorded_life",
        "outside",
    ];

    /// Its fields as text, `number` of those that may be missing.
    pub fn row(&self, number: impl Fn(f64) -> String) -> [String; 14] {
        let number = |value: Option<f64>| value.map_or_else(String::new, &number);
        [
            self.cell_id.clone(),
            number(self.life),
            number(self.low),
            number(self.high),
            number(self.remaining),
            self.cycles_seen.to_string(),
            self.cycles_needed.to_string(),
            self.status.word().to_owned(),
            self.warnings.join(" | "),
            number(self.reference_low),
            number(self.reference_high),
            self.references.join("; "),
            number(self.recorded_life),
            self.outside.to_string(),
        ]
    }
}

/// A table with a header; warnings are one field, with ` | ` between them, as `; ` stands within some. Numbers are written so that the
/// same come back.
///
/// # Errors
/// [`Error::Internal`].
pub fn csv(answers: &[Answer]) -> Result<String, Error> {
    let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(Answer::COLUMNS).map_err(|error| internal(&error))?;
    for answer in answers {
        writer.write_record(answer.row(|value| value.to_string())).map_err(|error| internal(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| internal(&error))?;
    String::from_utf8(bytes).map_err(|error| internal(&error))
}

/// A list with an object per cell, whose keys are the columns of [`csv()`]; what is missing is null, warnings are a list.
///
/// # Errors
/// [`Error::Internal`].
pub fn json(answers: &[Answer]) -> Result<String, Error> {
    serde_json::to_string_pretty(answers).map(|text| text + "\n").map_err(|error| Error::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_told_apart_in_a_table() {
        let warnings = vec!["one; and its second half".to_owned(), "another".to_owned()];
        let answer = Answer { warnings, ..Answer::without_life("mine", Status::TooFewCycles) };
        let text = csv(std::slice::from_ref(&answer)).unwrap();
        assert!(text.contains(",too few cycles,one; and its second half | another,"), "{text}");
        assert!(json(&[answer]).unwrap().contains("\"one; and its second half\",\n"));
    }
}
