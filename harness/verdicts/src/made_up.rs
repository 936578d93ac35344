//! Output folders that tests make up: records and scores as `batlinet run` writes them.

use std::path::Path;

use cells::cell::Origin;
use record::{
    Attachments, LifeBases, Prediction, Protocol, RunRecord, Score, Status, files::run_folder, made_up, write_scores,
};
use serde_json::json;
use statistics::Metrics;

use crate::Folder;

/// A run of the experiment `e` on virtual cells, before it is written.
pub(crate) fn run(model: &str, seed: u64, predicted: &[f64]) -> RunRecord {
    let mut record = made_up::record("cells");
    record.ingredients = made_up::ingredients("cells", model, seed, Origin::Virtual);
    (record.model, record.seed) = (model.to_owned(), seed);
    if model == "cnn" {
        record.ingredients.training["hyper_parameters"] = json!({ "epochs": 80 });
    }
    let observed = |index: usize| 500.0 + 100.0 * index as f64;
    record.predictions = predicted
        .iter()
        .enumerate()
        .map(|(index, &predicted)| Prediction { cell: format!("c{index}"), observed: observed(index), predicted })
        .collect();
    measured(record)
}

/// With the measures that belong to its predictions.
pub(crate) fn measured(mut record: RunRecord) -> RunRecord {
    let lives = |of: fn(&Prediction) -> f64| record.predictions.iter().map(of).collect::<Vec<f64>>();
    record.metrics = Metrics::new(&lives(|row| row.observed), &lives(|row| row.predicted));
    record.test_cells = record.predictions.len();
    record
}

/// Without numbers.
pub(crate) fn failed(mut record: RunRecord) -> RunRecord {
    (record.status, record.metrics) = (Status::Failed("singular".to_owned()), None);
    record.predictions.clear();
    record
}

/// Writes the runs into `out` and reads them.
pub(crate) fn folder(out: &Path, runs: Vec<RunRecord>) -> Folder {
    folder_of("quick", out, runs)
}

/// As [`folder`], under a profile.
pub(crate) fn folder_of(profile: &str, out: &Path, runs: Vec<RunRecord>) -> Folder {
    let mut scores = Vec::new();
    for mut record in runs {
        record.write(&run_folder(out, &record.key()), Attachments::default()).unwrap();
        scores.push(Score {
            experiment: "e".to_owned(),
            scenario: "MATR-1".to_owned(),
            data: record.data,
            model: record.model.clone(),
            variant: "".into(),
            seed: record.seed,
            train_cells: 1,
            test_cells: record.test_cells,
            metrics: record.metrics,
            status: record.status.clone(),
            key: record.key(),
            profile: profile.to_owned(),
            lives: LifeBases::default(),
            protocol: Some(Protocol::Faithful),
            changed: String::new(),
        });
    }
    write_scores(&out.join("scores.csv"), &scores).unwrap();
    Folder::read(out).unwrap()
}
