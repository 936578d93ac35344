//! Records that tests of every crate make up.

use cells::{cell::Origin, label::Tally};
use serde_json::json;
use statistics::Metrics;

use crate::{
    DeviceClass, Fit, Ingredients, LifeBases, Precision, Prediction, Provenance, Removed, RunRecord, Seconds, Status,
    Values, Versions,
};

/// What a record of this model needs to be in its keys, told apart by a name.
pub fn ingredients(name: &str, model: &str, seed: u64, data: Origin) -> Ingredients {
    let training = json!({ "model": model, "seed": seed, "origin": data, "device": "cpu", "precision": "exact" });
    Ingredients { training, evaluation: json!({ "test_cells": name }) }
}

/// The record of a run of ridge regression on cells of this name, of two test cells.
pub fn record(name: &str) -> RunRecord {
    let predictions = vec![
        Prediction { cell: "a".to_owned(), observed: 500.0, predicted: 0.1 + 0.2 },
        Prediction { cell: "b".to_owned(), observed: 600.0, predicted: 610.0 },
    ];
    let lives = |of: fn(&Prediction) -> f64| predictions.iter().map(of).collect::<Vec<f64>>();
    RunRecord {
        trained_by: None,
        ingredients: ingredients(name, "ridge", 3, Origin::Virtual),
        status: Status::Ok,
        model: "ridge".to_owned(),
        seed: 3,
        data: Origin::Virtual,
        values: Values::default(),
        device: "cpu".to_owned(),
        class: DeviceClass::Cpu,
        precision: Precision::Exact,
        config_hash: "c".to_owned(),
        versions: Versions::current("native, AVX2"),
        provenance: Provenance::current("c0ffee", 2),
        train: vec!["x".to_owned()],
        removed: vec![Removed { cell: "y".to_owned(), reason: "life of 90 cycles".to_owned() }],
        doubtful: Vec::new(),
        data_hash: "d".to_owned(),
        label_hash: "l".to_owned(),
        lives: LifeBases { test: Tally { observed: 1, padded: 1, published: 0 }, ..LifeBases::default() },
        metrics: Metrics::new(&lives(|row| row.observed), &lives(|row| row.predicted)),
        fit: Fit { epochs: Some(7), final_loss: Some(0.5), restarts: 1 },
        seconds: Seconds { fit: 1.5, predict: 0.5 },
        predictions,
        test_cells: 2,
        attachments: Default::default(),
    }
}
