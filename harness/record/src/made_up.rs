//! Records that tests of every crate make up.

use cells::{cell::Origin, label::Tally};
use serde_json::json;
use statistics::Metrics;

use crate::{Fit, Ingredients, LifeBases, Prediction, Provenance, Removed, RunRecord, Seconds, Status, Versions};

/// The record of a run of ridge regression with this key, of two test cells.
pub fn record(key: &str) -> RunRecord {
    let predictions = vec![
        Prediction { cell: "a".to_owned(), observed: 500.0, predicted: 0.1 + 0.2 },
        Prediction { cell: "b".to_owned(), observed: 600.0, predicted: 610.0 },
    ];
    let lives = |of: fn(&Prediction) -> f64| predictions.iter().map(of).collect::<Vec<f64>>();
    RunRecord {
        key: key.to_owned(),
        train_key: "t".to_owned(),
        trained_by: None,
        ingredients: Ingredients { training: json!({ "seed": 3 }), evaluation: json!({}) },
        status: Status::Ok,
        model: "ridge".to_owned(),
        seed: 3,
        data: Origin::Virtual,
        device: "cpu".to_owned(),
        config_hash: "c".to_owned(),
        versions: Versions::current("native, AVX2"),
        provenance: Some(Provenance::current("c0ffee", 2)),
        train: vec!["x".to_owned()],
        removed: vec![Removed { cell: "y".to_owned(), reason: "life of 90 cycles".to_owned() }],
        labels: Some("l".to_owned()),
        lives: LifeBases { test: Tally { observed: 1, padded: 1, published: 0 }, ..LifeBases::default() },
        metrics: Metrics::new(&lives(|row| row.observed), &lives(|row| row.predicted)),
        fit: Fit { epochs: Some(7), final_loss: Some(0.5), restarts: 1 },
        seconds: Seconds { fit: 1.5, predict: 0.5 },
        predictions,
        test_cells: 2,
    }
}
