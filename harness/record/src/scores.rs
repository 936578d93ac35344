//! `scores.csv`: one row per run.

use std::{fmt, path::Path};

use serde::de::DeserializeOwned;

use super::{
    Protocol, files, rows,
    run::{LifeBases, Status},
    variant::Variant,
};
use crate::Error;
use cells::{cell::Origin, label::Tally, whole_file};
use statistics::Metrics;

/// The columns, in order; new ones are added at the end.
pub const SCORE_COLUMNS: [&str; 28] = [
    "experiment",
    "scenario",
    "data",
    "model",
    "variant",
    "seed",
    "train_cells",
    "test_cells",
    "rmse",
    "mae",
    "mape",
    "status",
    "key",
    "profile",
    "median_ae",
    "smape",
    "nmae",
    "nrmse",
    "within_10",
    "within_20",
    "train_observed",
    "train_padded",
    "train_published",
    "test_observed",
    "test_padded",
    "test_published",
    "protocol",
    "changed",
];

/// One row. Lives and errors are in cycles, MAPE and the s/n measures in percent, `within_*` are fractions of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Name of the experiment.
    pub experiment: String,
    /// Scenario of the published benchmark.
    pub scenario: String,
    /// Measured or simulated cells.
    pub data: Origin,
    /// Name of the model.
    pub model: String,
    /// Tells entries of one model apart; empty where there is one.
    pub variant: Variant,
    /// Seed of the random streams.
    pub seed: u64,
    /// Training cells with a label.
    pub train_cells: usize,
    /// Test cells with a label.
    pub test_cells: usize,
    /// Absent unless the status is ok.
    pub metrics: Option<Metrics>,
    /// How the run ended.
    pub status: Status,
    /// Name of its folder below `runs/`.
    pub key: String,
    /// Profile under which it was asked for.
    pub profile: String,
    /// What the lives of training and test cells rest on: the columns `train_observed` to `test_published`.
    pub lives: LifeBases,
    /// Absent in files from before it was written.
    pub protocol: Option<Protocol>,
    /// What profile and settings changed for this run, such as `ridge.alpha 7.0 instead of 1.0`; empty for the file as written.
    pub changed: String,
}

impl Score {
    /// Name of the file of scores in an output folder.
    pub const FILE: &'static str = "scores.csv";
    /// Name of the file beside it with the hashes of its rows.
    pub const HASHES: &'static str = "scores.blake3";

    /// What a row is a row of: no two rows of a file share it.
    pub fn slot(&self) -> (&str, Origin, &str, String, u64) {
        (&self.experiment, self.data, &self.model, self.variant.to_string(), self.seed)
    }

    pub(crate) fn fields(&self) -> Vec<String> {
        let number = |of: fn(&Metrics) -> Option<f64>| {
            self.metrics.as_ref().and_then(of).map_or_else(String::new, |value| value.to_string())
        };
        vec![
            self.experiment.clone(),
            self.scenario.clone(),
            self.data.to_string(),
            self.model.clone(),
            self.variant.to_string(),
            self.seed.to_string(),
            self.train_cells.to_string(),
            self.test_cells.to_string(),
            number(|metrics| Some(metrics.rmse)),
            number(|metrics| Some(metrics.mae)),
            number(|metrics| Some(metrics.mape)),
            self.status.to_string(),
            self.key.clone(),
            self.profile.clone(),
            number(|metrics| Some(metrics.median_ae)),
            number(|metrics| Some(metrics.smape)),
            number(|metrics| metrics.nmae),
            number(|metrics| metrics.nrmse),
            number(|metrics| Some(metrics.within_10)),
            number(|metrics| Some(metrics.within_20)),
            self.lives.train.observed.to_string(),
            self.lives.train.padded.to_string(),
            self.lives.train.published.to_string(),
            self.lives.test.observed.to_string(),
            self.lives.test.padded.to_string(),
            self.lives.test.published.to_string(),
            self.protocol.map_or(String::new(), |protocol| protocol.name().to_owned()),
            self.changed.clone(),
        ]
    }
}

/// Writes the rows in the order given, and their hashes beside them. Numbers are the shortest text that reads back as the same f64.
///
/// # Errors
/// [`Error::Write`] names the file.
pub fn write_scores(path: &Path, scores: &[Score]) -> Result<(), Error> {
    let internal = |error: &dyn fmt::Display| Error::Internal(format!("{}: {error}", path.display()));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(SCORE_COLUMNS).map_err(|error| internal(&error))?;
    for score in scores {
        writer.write_record(score.fields()).map_err(|error| internal(&error))?;
    }
    let before = if path.exists() { read_scores(path).unwrap_or_default() } else { Vec::new() };
    rows::note(path, scores, &before)?;
    files::write_whole(path, &writer.into_inner().map_err(|error| internal(&error))?)
}

/// Reads a file of scores; columns that this version does not know are left out.
///
/// # Errors
/// [`Error::Broken`] names file, line and column.
pub fn read_scores(path: &Path) -> Result<Vec<Score>, Error> {
    let broken = |what: String| Error::Broken { path: path.to_owned(), what };
    let bytes = whole_file::read(path).map_err(|error| broken(format!("cannot read the scores: {error}")))?;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let header = reader.headers().map_err(|error| broken(error.to_string()))?.clone();
    let column = |name: &str| header.iter().position(|known| known == name);
    for name in &SCORE_COLUMNS[..13] {
        if column(name).is_none() {
            return Err(broken(format!(
                "line 1: column {name} is missing; if this is no scores.csv of `batlinet run`, move it away, and `run` writes one"
            )));
        }
    }
    let mut scores = Vec::new();
    for (index, row) in reader.records().enumerate() {
        let line = index + 2;
        let row = row.map_err(|error| broken(format!("line {line}: {error}")))?;
        let text = |name: &str| column(name).and_then(|column| row.get(column)).unwrap_or_default();
        let wrong = |name: &str| broken(format!("line {line}: column {name}: '{}' is no number", text(name)));
        let strange =
            |name: &str, known: &str| broken(format!("line {line}: column {name}: '{}' is not {known}", text(name)));
        let count = |name: &str| text(name).parse::<usize>().map_err(|_| wrong(name));
        // the columns of files from before they were written
        let count_if_said = |name: &str| if text(name).is_empty() { Ok(0) } else { count(name) };
        let number = |name: &str| match text(name) {
            "" => Ok(None),
            text => match text.parse::<f64>() {
                Ok(value) if !value.is_nan() => Ok(Some(value)),
                _ => Err(wrong(name)),
            },
        };
        let metrics = match (number("rmse")?, number("mae")?, number("mape")?) {
            (Some(rmse), Some(mae), Some(mape)) => Some(Metrics {
                rmse,
                mae,
                mape,
                median_ae: number("median_ae")?.unwrap_or(f64::NAN),
                smape: number("smape")?.unwrap_or(f64::NAN),
                nmae: number("nmae")?,
                nrmse: number("nrmse")?,
                within_10: number("within_10")?.unwrap_or(f64::NAN),
                within_20: number("within_20")?.unwrap_or(f64::NAN),
            }),
            _ => None,
        };
        scores.push(Score {
            experiment: text("experiment").to_owned(),
            scenario: text("scenario").to_owned(),
            data: named(text("data")).ok_or_else(|| strange("data", "real or virtual"))?,
            model: text("model").to_owned(),
            variant: Variant::from(text("variant")),
            seed: text("seed").parse().map_err(|_| wrong("seed"))?,
            train_cells: count("train_cells")?,
            test_cells: count("test_cells")?,
            metrics,
            status: Status::from(text("status")),
            key: text("key").to_owned(),
            profile: text("profile").to_owned(),
            lives: LifeBases {
                train: Tally {
                    observed: count_if_said("train_observed")?,
                    padded: count_if_said("train_padded")?,
                    published: count_if_said("train_published")?,
                },
                test: Tally {
                    observed: count_if_said("test_observed")?,
                    padded: count_if_said("test_padded")?,
                    published: count_if_said("test_published")?,
                },
            },
            protocol: match text("protocol") {
                "" => None,
                said => Some(named(said).ok_or_else(|| strange("protocol", "faithful or honest"))?),
            },
            changed: text("changed").to_owned(),
        });
    }
    Ok(scores)
}

/// A value that is written by its name.
fn named<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(name.into()).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::RunRecord;

    /// The row of a run.
    pub(crate) fn row(experiment: &str, record: &RunRecord) -> Score {
        Score {
            data: record.data,
            seed: record.seed,
            train_cells: record.train.len(),
            metrics: record.metrics,
            key: record.key(),
            lives: record.lives,
            ..score(experiment, &record.model, 3, 0.0)
        }
    }

    pub(crate) fn score(experiment: &str, model: &str, seed: u64, predicted: f64) -> Score {
        Score {
            experiment: experiment.to_owned(),
            scenario: "MATR-1".to_owned(),
            data: Origin::Virtual,
            model: model.to_owned(),
            variant: Variant::default(),
            seed,
            train_cells: 41,
            test_cells: 2,
            metrics: Metrics::new(&[500.0, 700.0], &[500.0, predicted]),
            status: Status::Ok,
            key: format!("{experiment}-{model}-{seed}"),
            profile: "paper".to_owned(),
            lives: LifeBases { test: Tally { observed: 2, ..Tally::default() }, ..LifeBases::default() },
            protocol: Some(Protocol::Faithful),
            changed: "ridge.alpha 7.0 instead of 1.0, \"see\"".to_owned(),
        }
    }

    #[test]
    fn scores_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        let mut failed = score("e", "svm", 0, 1.0);
        (failed.metrics, failed.status) = (None, Status::Failed("too few, \"see\" above".to_owned()));
        let scores = [score("e", "ridge", 0, 701.3), failed];
        write_scores(&path, &scores).unwrap();
        assert_eq!(read_scores(&path).unwrap(), scores);
        let text = std::fs::read_to_string(&path).unwrap();
        let contract = "experiment,scenario,data,model,variant,seed,train_cells,test_cells,rmse,mae,mape,status,key,";
        assert!(text.starts_with(contract));
        assert!(text.lines().nth(2).unwrap().contains(",,,,\"failed: too few"), "{text}");
    }

    #[test]
    fn a_file_that_is_no_scores_file_is_named_with_line_and_column() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        std::fs::write(&path, "experiment,model\na,b\n").unwrap();
        assert!(read_scores(&path).unwrap_err().to_string().contains("column scenario is missing"));
        write_scores(&path, &[score("e", "ridge", 0, 701.0)]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap().replace(",41,", ",many,");
        std::fs::write(&path, text).unwrap();
        assert!(
            read_scores(&path).unwrap_err().to_string().contains("line 2: column train_cells: 'many' is no number")
        );
    }

    #[test]
    fn what_is_no_number_is_no_measure() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        write_scores(&path, &[score("e", "ridge", 0, 701.25)]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(",0.625,"), "{text}");
        for strange in ["NaN", "nan", "-NaN", "seven"] {
            std::fs::write(&path, text.replacen(",0.625,", &format!(",{strange},"), 1)).unwrap();
            let message = read_scores(&path).unwrap_err().to_string();
            assert!(message.contains(&format!("line 2: column mae: '{strange}' is no number")), "{message}");
        }
    }
}
