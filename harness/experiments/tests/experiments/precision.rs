//! How exactly a card multiplies is declared, refused where there is none, and in no key unless it is.

use std::path::Path;

use experiments::{
    Error,
    estimate::Costs,
    plan::{self, Plan, Selection},
    read,
};
use lab::VirtualLab;

use super::declared::{file, planned, settings};

fn keys(plan: &Plan) -> Vec<&str> {
    plan.runs.iter().map(|run| run.key.as_str()).collect()
}

#[test]
fn the_default_is_exact_and_changes_no_key() {
    let plain = planned("matr-1", &[]);
    let said = planned("matr-1", &["models.batlinet.precision=exact", "models.cnn.precision=exact"]);
    assert_eq!(keys(&plain), keys(&said));
    for run in &plain.runs {
        assert_eq!(run.ingredients.training["precision"], "exact");
        assert!(run.ingredients.training["hyper_parameters"].get("precision").is_none());
    }
}

#[test]
fn half_precision_is_refused_where_no_card_computes() {
    for setting in ["models.batlinet.precision=fast", "models.cnn.precision=fast"] {
        let declared = read::read(&file("matr-1"), "paper", &settings(&[setting])).unwrap();
        let nowhere = Path::new("there is no such folder");
        let planned = plan::plan(vec![declared], &VirtualLab::new(), tch::Device::Cpu, &Selection::default(), nowhere)
            .map(|_| ());
        match planned {
            Err(error @ Error::Precision { .. }) => assert!(error.to_string().contains("--device cuda"), "{error}"),
            other => panic!("{setting}: {other:?}"),
        }
    }
}

#[test]
fn an_estimate_follows_the_schedule_and_counts_a_training_once() {
    let costs = Costs::measured();
    let estimate = |plan: &Plan| costs.estimate(plan, plan.runs.iter(), &mut Default::default());
    let only = |settings: &[&str]| {
        let mut plan = planned("matr-1", settings);
        let models = &plan.declared.experiment.models;
        let is_batlinet = |entry: usize| models[entry].model.name() == "batlinet";
        plan.runs.retain(|run| is_batlinet(run.entry));
        plan
    };
    let ask = estimate(&only(&["models.batlinet.epochs=1"])).processor;
    let [once, twice] = ["models.batlinet.epochs=101", "models.batlinet.epochs=201"].map(|epochs| {
        let estimate = estimate(&only(&[epochs]));
        assert!(estimate.unmeasured.is_empty() && estimate.card == 0.0);
        estimate.processor - ask
    });
    assert!((twice / once - 2.0).abs() < 1e-9, "{once} {twice}");
    let plan = only(&[]);
    let mut trained = Default::default();
    let whole = costs.estimate(&plan, plan.runs.iter(), &mut trained).processor;
    let again = costs.estimate(&plan, plan.runs.iter(), &mut trained).processor;
    assert!(again > 0.0 && again < whole / 10.0, "who is trained is only asked: {again} of {whole}");
}
