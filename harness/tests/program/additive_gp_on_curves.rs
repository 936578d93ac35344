//! The additive Gaussian process on the published discharge curves is the reference program of its recipe, to a thousandth.

use std::{path::Path, process::Command, time::Instant};

use baselines::{
    Context, Fitted as _, Model as _, Silent, Streams,
    additive_gp::{AdditiveGp, AdditiveGpParameters},
};
use cells::{label::LabelRule, split::Split, store::Store};
use experiments::{entry::ModelSpec, read};
use features::{
    feature::{Compact, CompactStatistic, FeatureSpec},
    samples::{self, LabelTransformation},
};
use serde_json::Value;

/// What the reference calls the statistics, in their order.
const NAMES: [&str; 20] = [
    "w21_lvar",
    "w21_lmin",
    "w21_lmean",
    "w21_lidr",
    "w21_liqr",
    "sl_lvar",
    "sl_lmin",
    "sl_lmean",
    "sl_lidr",
    "sl_liqr",
    "Q2",
    "Q10",
    "Q100",
    "rise",
    "s_all",
    "s_late",
    "s_early",
    "curv",
    "fade",
    "d100_10",
];

#[test]
fn on_the_published_curves_both_picks_answer_what_the_reference_answers() {
    let Some(archive) = testing::published("data/matr/matr-clo-curves-2-150.tar.xz") else { return };
    let Some(golden) = testing::published("reference/additive_gp/golden.json") else { return };
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(golden).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let output = Command::new(env!("CARGO_BIN_EXE_batlinet"))
        .args(["data", "import", "matr-curves", archive.to_str().unwrap(), "--data", data.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let store = Store::open(&data).unwrap();

    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let declared = read::read(&repository.join("experiments/beyond/matr-1.yaml"), "paper", &[]).unwrap();
    let picks: Vec<(&str, AdditiveGpParameters)> = [("A", "a"), ("E1", "e1")]
        .into_iter()
        .map(|(name, variant)| {
            let is_it = |model: &ModelSpec| match model {
                ModelSpec::AdditiveGp(parameters) => Some(parameters.clone()),
                _ => None,
            };
            let entries = declared.experiment.models.iter().filter(|entry| entry.variant == variant);
            (name, entries.filter_map(|entry| is_it(&entry.model)).next().unwrap())
        })
        .collect();
    assert_eq!(picks[0].1, AdditiveGpParameters::default());

    let streams = Streams::new("additive gp on curves");
    let context = Context { streams: &streams, device: tch::Device::Cpu, threads: 1, progress: &Silent };
    let compact = FeatureSpec::Compact(Compact::default());
    let (mut compared, mut described) = (0, 0);
    for (split, scenario) in [("matr-1", "MATR-1"), ("matr-2", "MATR-2")] {
        let split = Split::read(&repository.join(format!("experiments/splits/{split}.csv"))).unwrap();
        let samples =
            samples::build(&store, &split, &LabelRule::default(), std::slice::from_ref(&compact), 2).unwrap().remove(0);
        for part in [&samples.train, &samples.test] {
            for (id, row) in part.ids.iter().zip(part.features.outer_iter()) {
                let Some(expected) = golden["features"].get(id) else { continue };
                for (value, name) in row.iter().zip(NAMES) {
                    let expected = expected[name].as_f64().unwrap();
                    let off = (f64::from(*value) - expected).abs();
                    assert!(off < 1e-5 * expected.abs().max(1e-2), "{id} {name}: {value} {expected}");
                }
                described += 1;
            }
        }
        let labels = LabelTransformation::default().fit(&samples.train.lives).unwrap();
        for (name, parameters) in &picks {
            let start = Instant::now();
            let model = AdditiveGp::new(parameters.clone()).unwrap();
            let lives = labels.forward(&samples.train.lives);
            let (fitted, _) = model.fit(samples.train.features.view(), &lives, &context).unwrap();
            let predicted = labels.inverse(&fitted.predict(samples.test.features.view(), &context).unwrap());
            eprintln!("{scenario} {name}: {:?}", start.elapsed());
            for (id, predicted) in samples.test.ids.iter().zip(predicted) {
                let expected = golden[format!("{scenario} {name}")][id].as_f64().unwrap();
                assert!((predicted / expected - 1.0).abs() < 1e-3, "{scenario} {name} {id}: {predicted} {expected}");
                compared += 1;
            }
        }
    }
    assert_eq!(NAMES.len(), CompactStatistic::ALL.len());
    assert_eq!((compared, described), (2 * (42 + 40), 4), "one training cell is in both");
}
