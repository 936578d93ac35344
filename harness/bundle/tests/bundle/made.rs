//! Every model of the suite, small, on virtual cells: planned, run and bundled.

use std::{fs, path::PathBuf, sync::atomic::AtomicBool};

use baselines::Silent;
use bundle::{Bundle, Error, Folds, fit::Making};
use experiments::{
    Plan,
    plan::{self, Selection},
    read, run,
    train::Workplace,
};
use lab::VirtualLab;
use record::RunRecord;

const EXPERIMENT: &str = "\
name: suite
scenario: SUITE
description: Every model, small, on virtual cells.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [3]
features:
  variance: {severson: {statistics: [variance], cycles: [2, 9, 19]}}
  discharge: {severson: {statistics: [minimum, variance, skewness, early_capacity], cycles: [2, 9, 19]}}
  full: {severson: {statistics: [minimum, variance, slope, intercept, charge_time], cycles: [2, 9, 19]}}
  row: {voltage_capacity: {base: 1, first: 9, last: 9, grid_points: 30}}
  rows: {voltage_capacity: {base: 1, first: 0, last: 19, grid_points: 40}}
  map: {capacity_map: {cycles: 20, channels: [discharge_voltage, discharge_current], grid_points: 40}}
models:
  - mean: {}
  - variance: {}
    feature: variance
  - discharge: {}
    feature: discharge
  - full: {}
    feature: full
  - ridge: {alpha: 1.0}
    feature: row
    feature_transformation: z_score
  - pcr: {components: 2}
    feature: row
  - pls: {components: 2}
    feature: row
  - svm: {}
    feature: row
    feature_transformation: z_score
  - forest: {trees: 5}
    feature: row
  - gp: {}
    feature: row
    feature_transformation: z_score
  - additive_gp: {curves: [[0, 1]], capacities: [[2, 3]]}
    feature: discharge
  - mlp: {epochs: 2}
    feature: row
  - lstm: {epochs: 2, hidden: 4}
    feature: rows
    label_transformation: [log]
  - cnn: {epochs: 2}
    feature: rows
  - batlinet: {epochs: 2, base: 1, filter_cycles: false, references_test: 4}
    variant: few
    label: {end_of_life: 0.85}
    feature: map
";

/// The training cells.
pub(crate) const TRAIN: usize = 12;
/// The test cells.
pub(crate) const TEST: usize = 3;

/// Planned on virtual cells, in a folder of its own.
pub(crate) struct Made {
    folder: tempfile::TempDir,
    pub(crate) source: VirtualLab,
    pub(crate) plan: Plan,
}

impl Made {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rows = ids().into_iter().enumerate().map(|(number, id)| {
            let part = if number < TRAIN { "train" } else { "test" };
            format!("{id},{part}\n")
        });
        fs::write(folder.path().join("split.csv"), format!("cell_id,split\n{}", rows.collect::<String>())).unwrap();
        fs::write(folder.path().join("suite.yaml"), EXPERIMENT).unwrap();
        let declared = read::read(&folder.path().join("suite.yaml"), "paper", &[]).unwrap();
        let source = VirtualLab::new();
        let out = folder.path().join("out");
        let plan =
            plan::plan(vec![declared], &source, tch::Device::Cpu, &Selection::default(), &out).unwrap().pop().unwrap();
        Self { folder, source, plan }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What `run` predicts, by the key of its run.
    pub(crate) fn run(&self) -> impl Fn(&str) -> RunRecord {
        let (stop, out) = (AtomicBool::new(false), self.path("out"));
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
        run::execute(std::slice::from_ref(&self.plan), &self.source, &options).unwrap();
        move |key| RunRecord::read(&out.join("runs").join(key)).unwrap()
    }

    /// The bundle of the model with this label.
    pub(crate) fn bundle(&self, model: &str, folds: Folds) -> Result<Bundle, Error> {
        let is_it = |run: &&experiments::Run| self.plan.experiment().models[run.entry].label() == model;
        let run = self.plan.runs.iter().find(is_it).unwrap();
        let making =
            Making { workplace: WORKPLACE, folds, profile: "paper", settings: &[], commit: "c0ffee", weights: None };
        Bundle::train(&self.plan, run, &self.source, &making)
    }
}

/// The processor, in silence.
pub(crate) const WORKPLACE: Workplace<'static> = Workplace { device: tch::Device::Cpu, threads: 2, progress: &Silent };

/// Training cells first.
pub(crate) fn ids() -> Vec<String> {
    use cells::source::CellSource as _;
    let matr = VirtualLab::new().ids().into_iter().filter(|id| id.starts_with("MATR_b2c"));
    matr.take(TRAIN + TEST).collect()
}
