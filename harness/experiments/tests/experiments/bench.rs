//! Made-up cells, an experiment on them in a folder of its own, and what it leaves.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use cells::{
    cell::{Cathode, Cell, CellInfo, Chemistry, Cycle, CyclingProtocol, DatasetName, LifeRecord, Origin},
    source::CellSource,
};
use experiments::{
    Error, Plan,
    plan::{self, Selection},
    read, run,
    setting::Setting,
};
use record::{RunRecord, Score, read_scores};

/// Twelve discharge-only cells whose curves and lives follow from their number.
pub(super) struct Bench;

fn unknown(id: &str) -> cells::Error {
    cells::Error::UnknownCell { id: id.to_owned(), what: "is none of the bench".to_owned() }
}

impl CellSource for Bench {
    fn origin(&self) -> Origin {
        Origin::Virtual
    }

    fn ids(&self) -> Vec<String> {
        (0..12).map(|index| format!("cell-{index:02}")).collect()
    }

    fn cell(&self, id: &str, cycles: usize) -> Result<Cell, cells::Error> {
        let index: usize = id[5..].parse().map_err(|_| unknown(id))?;
        let life = 150 + 37 * index;
        let fade = 0.2 / life as f64;
        let cycle = |position: usize| {
            let capacity = 1.1 * (1.0 - fade * position as f64);
            let points = 40;
            let share = |point: usize| point as f64 / (points - 1) as f64;
            Cycle {
                number: u32::try_from(position + 1).unwrap_or(u32::MAX),
                voltage: (0..points).map(|point| 3.5 - 1.5 * share(point).powf(1.0 + fade * position as f64)).collect(),
                current: vec![-4.4; points],
                discharge_capacity: (0..points).map(|point| capacity * share(point)).collect(),
                ..Cycle::default()
            }
        };
        let info = CellInfo {
            id: id.to_owned(),
            dataset: DatasetName::of("MATR"),
            origin: Origin::Virtual,
            chemistry: Chemistry { cathode: Cathode::LFP, anode: "graphite".to_owned() },
            form_factor: None,
            nominal_capacity: 1.1,
            voltage_limits: (2.0, 3.5),
            ambient_temperature: None,
            protocol: CyclingProtocol::default(),
            published_life: None,
        };
        let capacity = (0..=life).map(|position| 1.1 * (1.0 - fade * position as f64)).collect();
        Cell::new(info, (0..cycles.min(life)).map(cycle).collect(), LifeRecord::Capacity(capacity))
            .map_err(|error| cells::Error::Internal(error.to_string()))
    }

    fn fingerprint(&self, id: &str) -> Result<String, cells::Error> {
        Ok(format!("bench 1 {id}"))
    }
}

pub(super) const EXPERIMENT: &str = "\
name: trial
scenario: TRIAL
description: Small models on made-up cells.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0, 1]
features:
  row: {voltage_capacity: {base: 1, first: 9, last: 9, grid_points: 30}}
  rows: {voltage_capacity: {base: 1, first: 0, last: 9, grid_points: 30}}
  charge: {capacity_map: {cycles: 17, channels: [charge_voltage]}}
models:
  - mean: {}
  - ridge: {alpha: 1.0}
    feature: row
    feature_transformation: z_score
  - forest: {trees: 5}
    feature: row
  - mlp: {epochs: 4}
    feature: row
  - lstm: {epochs: 3, hidden: 4}
    feature: rows
";

pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new(experiment: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("trial.yaml"), experiment).unwrap();
        let rows = Bench
            .ids()
            .into_iter()
            .enumerate()
            .map(|(index, id)| format!("{id},{}\n", if index % 3 == 2 { "test" } else { "train" }));
        let split: String = std::iter::once("cell_id,split\n".to_owned()).chain(rows).collect();
        fs::write(folder.path().join("split.csv"), split).unwrap();
        Self(folder)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn plan(&self, out: &Path, settings: &[&str], selection: &Selection) -> Result<Vec<Plan>, Error> {
        let settings: Vec<Setting> = settings.iter().map(|text| Setting::parse(text).unwrap()).collect();
        let declared = read::read(&self.path("trial.yaml"), "paper", &settings)?;
        plan::plan(vec![declared], &Bench, tch::Device::Cpu, selection, out)
    }

    pub(super) fn run(
        &self,
        out: &Path,
        settings: &[&str],
        selection: &Selection,
        jobs: usize,
    ) -> Result<run::Tally, Error> {
        let stop = AtomicBool::new(false);
        let plans = self.plan(out, settings, selection)?;
        run::execute(&plans, &Bench, &options(out, jobs, &stop))
    }
}

pub(super) fn options<'a>(out: &'a Path, jobs: usize, stop: &'a AtomicBool) -> run::Options<'a> {
    run::Options {
        out,
        device: tch::Device::Cpu,
        jobs,
        fail_fast: false,
        retry_failed: false,
        profile: "paper",
        settings: &[],
        commit: "c0ffee",
        stop,
    }
}

pub(super) fn all() -> Selection {
    Selection::default()
}

pub(super) fn models(names: &[&str]) -> Selection {
    Selection { models: names.iter().map(|name| (*name).to_owned()).collect(), shard: None, only: vec![] }
}

pub(super) fn scores(out: &Path) -> Vec<Score> {
    read_scores(&out.join("scores.csv")).unwrap()
}

/// Where no run takes over a training.
pub(super) fn tally(made: usize, kept: usize, without_numbers: usize) -> run::Tally {
    run::Tally { made, kept, without_numbers, reused: 0, outdated: 0 }
}

pub(super) fn record(out: &Path, score: &Score) -> RunRecord {
    RunRecord::read(&out.join("runs").join(&score.key)).unwrap()
}
