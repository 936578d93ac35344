//! The Gaussian process on real cells finds a kernel that is as likely as the best that scikit-learn finds
//! (`scripts/oracle/gp_curves.py`).

use std::{path::Path, process::Command};

use baselines::{
    Context, Fitted as _, Model as _, Silent, Streams,
    gp::{GaussianProcess, GpParameters},
};
use cells::{label::LabelRule, split::Split, store::Store};
use features::{
    feature::{FeatureSpec, VoltageCapacity},
    samples::{self, FeatureTransformation, LabelTransformation},
};
use serde_json::Value;
use statistics::Metrics;

#[test]
fn on_the_published_curves_no_kernel_of_scikit_learn_is_likelier() {
    let Some(archive) = testing::published("data/matr/matr-clo-curves-2-150.tar.xz") else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let output = Command::new(env!("CARGO_BIN_EXE_batlinet"))
        .args(["data", "import", "matr-curves", archive.to_str().unwrap(), "--data", data.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let store = Store::open(&data).unwrap();

    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let oracle = std::fs::read_to_string(repository.join("scripts/oracle/fixtures/gp_curves.json")).unwrap();
    let oracle: Value = serde_json::from_str(&oracle).unwrap();
    let position = |name: &str| usize::try_from(oracle[name].as_u64().unwrap()).unwrap();
    let (base, last) = (position("base_position"), position("last_position"));
    let row = FeatureSpec::VoltageCapacity(VoltageCapacity { base, first: last, last, ..VoltageCapacity::default() });
    let streams = Streams::new("gp on curves");
    let context = Context { streams: &streams, device: tch::Device::Cpu, threads: 1, progress: &Silent };
    for (split, name) in [("matr-1", "matr_1"), ("matr-2", "matr_2"), ("clo", "clo")] {
        let split = Split::read(&repository.join(format!("experiments/splits/{split}.csv"))).unwrap();
        let samples =
            samples::build(&store, &split, &LabelRule::default(), std::slice::from_ref(&row), 2).unwrap().remove(0);
        let (mut train, mut test) = (samples.train.features, samples.test.features);
        let scaling = FeatureTransformation::ZScore.fit(&train).unwrap();
        scaling.apply(&mut train);
        scaling.apply(&mut test);
        let labels = LabelTransformation::default().fit(&samples.train.lives).unwrap();
        let gp = GaussianProcess::new(GpParameters::default()).unwrap();
        let (gp, _) = gp.fit(train.view(), &labels.forward(&samples.train.lives), &context).unwrap();
        let predicted = labels.inverse(&gp.predict(test.view(), &context).unwrap());
        let rmse = Metrics::new(&samples.test.lives, &predicted).unwrap().rmse;

        let ours = gp.log_marginal_likelihood();
        let number = |of: &str, what: &str| oracle[name][of][what].as_f64().unwrap();
        for of in ["one_start", "many_starts"] {
            let theirs = number(of, "log_marginal_likelihood");
            // our features are f32, theirs f64
            assert!(ours >= theirs - 1e-4, "{name}, {of}: {ours} < {theirs}");
            if (ours - theirs).abs() < 1e-4 {
                let expected = number(of, "rmse");
                assert!((rmse - expected).abs() < 1e-4 * expected, "{name}, {of}: RMSE {rmse}, {expected}");
            }
        }
    }
}
