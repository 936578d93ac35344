//! No prediction depends on who else is asked: test cells left out, added or in another order change no other's number.

use std::{collections::BTreeMap, fs, path::Path, process::Command, sync::atomic::AtomicBool};

use experiments::{
    plan::{self, Selection},
    read, run,
};
use lab::VirtualLab;
use numerics::Streams;
use rand::{RngExt as _, seq::SliceRandom as _};
use record::{RunRecord, read_scores};

const EXPERIMENT: &str = "\
name: company
scenario: COMPANY
description: Every kind of model, small, on virtual cells.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0]
features:
  row: {voltage_capacity: {base: 1, first: 9, last: 9, grid_points: 30}}
  rows: {voltage_capacity: {base: 1, first: 0, last: 19, grid_points: 40}}
  map: {capacity_map: {cycles: 20, channels: [discharge_voltage, discharge_current], grid_points: 40}}
models:
  - mean: {}
  - ridge: {alpha: 1.0}
    feature: row
    feature_transformation: z_score
  - pls: {components: 2}
    feature: row
  - svm: {}
    feature: row
    feature_transformation: z_score
  - gp: {}
    feature: row
    feature_transformation: z_score
  - forest: {trees: 5}
    feature: row
  - mlp: {epochs: 2}
    feature: row
  - lstm: {epochs: 2, hidden: 4}
    feature: rows
  - cnn: {epochs: 2}
    feature: rows
  - batlinet: {epochs: 2, base: 1, filter_cycles: false, references_test: 4}
    feature: map
";

/// What each model, by name, predicts for each test cell.
type Predictions = BTreeMap<String, BTreeMap<String, f64>>;

fn predictions(out: &Path) -> Predictions {
    let of = |key: &str| {
        let record = RunRecord::read(&out.join("runs").join(key)).unwrap();
        record.predictions.into_iter().map(|row| (row.cell, row.predicted)).collect()
    };
    read_scores(&out.join("scores.csv")).unwrap().into_iter().map(|score| (score.model, of(&score.key))).collect()
}

/// Runs the experiment with these test cells, in this order, in a folder of its own.
fn asked(train: &[String], test: &[String]) -> Predictions {
    let folder = tempfile::tempdir().unwrap();
    let rows = |ids: &[String], part: &str| ids.iter().map(|id| format!("{id},{part}\n")).collect::<String>();
    let split = format!("cell_id,split\n{}{}", rows(test, "test"), rows(train, "train"));
    fs::write(folder.path().join("split.csv"), split).unwrap();
    fs::write(folder.path().join("company.yaml"), EXPERIMENT).unwrap();
    let declared = read::read(&folder.path().join("company.yaml"), "paper", &[]).unwrap();
    let (source, stop, out) = (VirtualLab::new(), AtomicBool::new(false), folder.path().join("out"));
    let plans = plan::plan(vec![declared], &source, tch::Device::Cpu, &Selection::default(), &out).unwrap();
    let options = run::Options {
        out: &out,
        device: tch::Device::Cpu,
        jobs: 2,
        fail_fast: true,
        retry_failed: false,
        profile: "paper",
        settings: &[],
        commit: "c0ffee",
        stop: &stop,
    };
    run::execute(&plans, &source, &options).unwrap();
    predictions(&out)
}

/// Sums over many rows at once may round otherwise than over few; BatLiNet's draws may not.
fn assert_unchanged(found: &Predictions, whole: &Predictions) {
    assert_eq!(found.len(), whole.len());
    for (model, cells) in found {
        for (cell, &prediction) in cells {
            let expected = whole[model][cell];
            let allowed = if model == "batlinet" { 0.0 } else { 1e-5 * expected.abs() };
            assert!((prediction - expected).abs() <= allowed, "{model}, {cell}: {prediction}, in company {expected}");
        }
    }
}

#[test]
fn no_prediction_changes_with_the_other_test_cells_or_their_order() {
    let split = Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiments/splits/matr-1.csv");
    let split = cells::split::Split::read(&split).unwrap();
    let (train, test) = (&split.train[..8], &split.test[..7]);
    let whole = asked(train, test);
    assert_eq!(whole.len(), 10);
    assert!(whole.values().all(|cells| cells.len() == test.len()));
    let mut random = Streams::new("company").stream("subsets");
    for _ in 0..4 {
        let mut some = test.to_vec();
        some.shuffle(&mut random);
        some.truncate(random.random_range(1..=test.len()));
        let found = asked(train, &some);
        assert!(found.values().all(|cells| cells.len() == some.len()));
        assert_unchanged(&found, &whole);
    }
    // and of those added later, the first ones know nothing
    assert_unchanged(&whole, &asked(train, &split.test[..12]));
}

#[test]
fn the_laboratory_of_eight_cells_gets_the_same_number_with_either_split() {
    let Some(cases) = testing::published("cases/lab_cells.zip") else { return };
    let cases = cases.parent().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let inside = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let batlinet = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_batlinet")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let data = inside("data");
    batlinet(&["data", "import", "batteryml", cases.join("lab_cells.zip").to_str().unwrap(), "--data", &data]);
    let lab = fs::read_to_string(cases.join("lab.yaml")).unwrap();
    let found = ["lab-split", "lab-split-without-first-test-cell"].map(|split| {
        fs::copy(cases.join(format!("{split}.csv")), inside(&format!("{split}.csv"))).unwrap();
        let (file, out) = (inside(&format!("{split}.yaml")), inside(split));
        fs::write(&file, lab.replace("lab-split.csv", &format!("{split}.csv"))).unwrap();
        batlinet(&["run", &file, "--data", &data, "--out", &out]);
        predictions(Path::new(&out))
    });
    let [whole, without] = found;
    assert_eq!(whole["batlinet"].len(), without["batlinet"].len() + 1);
    assert_unchanged(&without, &whole);
}
