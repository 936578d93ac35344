//! The whole way on real cells: import, features, transformations, models, scores; scikit-learn and NumPy on the same
//! archive are the oracle (`scripts/oracle/matr_curves.py`).

#[path = "support/published.rs"]
mod published;

use std::{path::Path, process::Command};

use harness::record::read_scores;
use serde_json::Value;

fn batlinet(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_batlinet")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn scores_on_the_published_curves_are_those_of_scikit_learn() {
    let Some(archive) = published::published("data/matr/matr-curves.tar.gz") else { return };
    let folder = tempfile::tempdir().unwrap();
    let inside = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, out) = (inside("data"), inside("out"));
    batlinet(&["data", "import", "matr-curves", archive.to_str().unwrap(), "--data", &data]);
    let experiments = Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiments");
    let file = |name: &str| experiments.join(name).to_str().unwrap().to_owned();
    let (one, two) = (file("matr-1-curves.yaml"), file("matr-2-curves.yaml"));
    batlinet(&["run", &one, &two, "--data", &data, "--out", &out, "--models", "mean,variance,ridge,pcr,pls,svm"]);

    let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/oracle/fixtures/matr_curves.json");
    let oracle: Value = serde_json::from_str(&std::fs::read_to_string(oracle).unwrap()).unwrap();
    let scores = read_scores(&Path::new(&out).join("scores.csv")).unwrap();
    assert_eq!(scores.len(), 12);
    for score in scores {
        let theirs = &oracle[if score.experiment == "matr-1-curves" { "matr_1" } else { "matr_2" }];
        let metrics = score.metrics.expect("every run has numbers");
        // our features are f32, theirs f64
        for (ours, name) in [(metrics.rmse, "rmse"), (metrics.mape, "mape")] {
            let expected = theirs[&score.model][name].as_f64().unwrap();
            let what = format!("{} {} {name}: {ours}, scikit-learn has {expected}", score.experiment, score.model);
            assert!((ours - expected).abs() < 1e-5 * expected, "{what}");
        }
        assert_eq!(theirs["test_cells"], score.test_cells);
    }
}
