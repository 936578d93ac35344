//! Planning, running, resuming: on a few made-up cells and small real models.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use cells::{
    cell::{Cathode, Cell, CellInfo, Chemistry, Cycle, CyclingProtocol, DatasetName, LifeRecord, Origin},
    source::CellSource,
};
use experiments::{
    Error, Plan, State,
    library::Library,
    plan::{self, Selection},
    read, run,
    setting::Setting,
};
use record::{PairPredictions, RunRecord, Score, Status, read_scores};
use report::summary;

/// Twelve discharge-only cells whose curves and lives follow from their number.
struct Bench;

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

const EXPERIMENT: &str = "\
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

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(experiment: &str) -> Self {
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

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn plan(&self, out: &Path, settings: &[&str], selection: &Selection) -> Result<Vec<Plan>, Error> {
        let settings: Vec<Setting> = settings.iter().map(|text| Setting::parse(text).unwrap()).collect();
        let declared = read::read(&self.path("trial.yaml"), "paper", &settings)?;
        plan::plan(vec![declared], &Bench, tch::Device::Cpu, selection, out)
    }

    fn run(&self, out: &Path, settings: &[&str], selection: &Selection, jobs: usize) -> Result<run::Tally, Error> {
        let stop = AtomicBool::new(false);
        let plans = self.plan(out, settings, selection)?;
        run::execute(&plans, &Bench, &options(out, jobs, &stop))
    }
}

fn options<'a>(out: &'a Path, jobs: usize, stop: &'a AtomicBool) -> run::Options<'a> {
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

fn all() -> Selection {
    Selection::default()
}

fn models(names: &[&str]) -> Selection {
    Selection { models: names.iter().map(|name| (*name).to_owned()).collect(), shard: None, only: vec![] }
}

fn scores(out: &Path) -> Vec<Score> {
    read_scores(&out.join("scores.csv")).unwrap()
}

/// Where no run takes over a training.
fn tally(made: usize, kept: usize, without_numbers: usize) -> run::Tally {
    run::Tally { made, kept, without_numbers, reused: 0, outdated: 0 }
}

#[test]
fn scores_are_the_same_bytes_for_any_number_of_jobs_any_order_and_any_shards() {
    let folder = Folder::new(EXPERIMENT);
    let (one, two, parts) = (folder.path("one"), folder.path("two"), folder.path("parts"));
    assert_eq!(folder.run(&one, &[], &all(), 1).unwrap(), tally(8, 0, 0));
    assert_eq!(folder.run(&two, &[], &all(), 2).unwrap(), tally(8, 0, 0));
    for shard in ["2/3", "3/3", "1/3"] {
        let selection = Selection { models: vec![], shard: Some(shard.parse().unwrap()), only: vec![] };
        folder.run(&parts, &[], &selection, 2).unwrap();
    }
    let bytes = |out: &Path| fs::read(out.join("scores.csv")).unwrap();
    assert_eq!(bytes(&one), bytes(&two));
    assert_eq!(bytes(&one), bytes(&parts));
    let order: Vec<(String, u64)> = scores(&one).into_iter().map(|score| (score.model, score.seed)).collect();
    let expected =
        [("mean", 0), ("ridge", 0), ("forest", 0), ("forest", 1), ("mlp", 0), ("mlp", 1), ("lstm", 0), ("lstm", 1)];
    assert_eq!(order, expected.map(|(model, seed)| (model.to_owned(), seed)));
    assert!(scores(&one).iter().all(|score| (score.train_cells, score.test_cells) == (8, 4)));
    assert!(one.join("predictions.parquet").is_file());
    // the networks leave their weights
    let lstm = scores(&one)[6].key.clone();
    assert!(one.join("runs").join(lstm).join("weights.safetensors").is_file());
}

#[test]
fn the_training_mean_is_the_geometric_mean_of_the_training_lives() {
    let folder = Folder::new(EXPERIMENT);
    let out = folder.path("out");
    folder.run(&out, &[], &models(&["mean"]), 1).unwrap();
    let record = RunRecord::read(&out.join("runs").join(&scores(&out)[0].key)).unwrap();
    // capacity falls to 80 % at position `life`, so that the label is life + 2
    let lives =
        |test: bool| (0..12).filter(move |index| (index % 3 == 2) == test).map(|index| f64::from(152 + 37 * index));
    let geometric = (lives(false).map(f64::ln).sum::<f64>() / 8.0).exp();
    let observed: Vec<f64> = record.predictions.iter().map(|row| row.observed).collect();
    assert_eq!(observed, lives(true).collect::<Vec<f64>>());
    assert!(record.predictions.iter().all(|row| (row.predicted - geometric).abs() < 1e-3), "{geometric} {record:?}");
}

#[test]
fn a_second_call_runs_only_what_is_missing() {
    let folder = Folder::new(EXPERIMENT);
    let out = folder.path("out");
    assert_eq!(folder.run(&out, &[], &models(&["ridge", "forest"]), 2).unwrap(), tally(3, 0, 0));
    assert_eq!(folder.run(&out, &[], &models(&["ridge", "mean"]), 2).unwrap(), tally(1, 1, 0));
    assert_eq!(folder.run(&out, &[], &models(&["ridge", "mean"]), 2).unwrap(), tally(0, 2, 0));
    assert_eq!(scores(&out).len(), 4, "what was made before and not asked for now stays in the scores");

    let plans = folder.plan(&out, &[], &all()).unwrap();
    let count = |state: fn(&State) -> bool| plans[0].runs.iter().filter(|run| state(&run.state)).count();
    assert_eq!(count(|state| *state == State::Done), 4);
    assert_eq!(count(|state| *state == State::New), 4);

    // one that was lost is made again
    let lost = out.join("runs").join(&scores(&out)[0].key);
    fs::remove_dir_all(lost).unwrap();
    assert_eq!(folder.run(&out, &[], &models(&["mean", "ridge"]), 1).unwrap(), tally(1, 1, 0));
}

#[test]
fn what_changes_a_result_makes_it_stale_and_says_why() {
    let folder = Folder::new(EXPERIMENT);
    let out = folder.path("out");
    folder.run(&out, &[], &models(&["ridge"]), 1).unwrap();
    let state = |settings: &[&str]| {
        let plans = folder.plan(&out, settings, &models(&["ridge"])).unwrap();
        plans[0].runs[1].state.clone()
    };
    assert_eq!(state(&[]), State::Done);
    let because = |settings: &[&str]| match state(settings) {
        State::Stale(because) => because,
        other => format!("not stale but {other}"),
    };
    assert_eq!(because(&["models.ridge.alpha=2"]), "alpha was 1.0, is 2.0");
    assert!(because(&["label.end_of_life=0.9"]).contains("label.end_of_life was 0.8, is 0.9"));
    assert!(because(&["features.row.voltage_capacity.base=2"]).starts_with("feature was"));
    assert!(because(&["models.ridge.feature_transformation=none"]).starts_with("feature_transformation was"));
    // names and other seeds change no result
    assert_eq!(state(&["description=Other words.", "seeds=[5]"]), State::Done);

    let split = fs::read_to_string(folder.path("split.csv")).unwrap();
    fs::write(folder.path("split.csv"), split.replace("cell-00,train", "cell-00,test")).unwrap();
    assert_eq!(because(&[]), "the training cells changed, the test cells changed");

    let replaced = folder.run(&out, &[], &models(&["ridge"]), 1).unwrap();
    assert_eq!(scores(&out).len(), 1, "the stale row is replaced");
    assert_eq!(replaced, run::Tally { outdated: 1, ..tally(1, 0, 0) });
}

#[test]
fn keys_tell_training_from_evaluation_and_seeds_apart() {
    let batlinet = EXPERIMENT.replace(
        "  - mean: {}\n",
        "  - batlinet: {epochs: 1}\n    feature: charge\n  - batlinet: {epochs: 1, references_test: 4}\n    feature: charge\n    variant: four\n",
    );
    let folder = Folder::new(&batlinet);
    let plans = folder.plan(&folder.path("out"), &[], &all()).unwrap();
    let (plain, other_seed, four) = (&plans[0].runs[0], &plans[0].runs[1], &plans[0].runs[2]);
    assert_eq!(plain.ingredients.train_key(), four.ingredients.train_key());
    assert_ne!(plain.key, four.key);
    assert_ne!(plain.ingredients.train_key(), other_seed.ingredients.train_key());
    assert_eq!(plain.key.len(), 16);
}

#[test]
fn equal_runs_are_made_once() {
    let folder = Folder::new(&EXPERIMENT.replace("  - mean: {}\n", "  - mean: {}\n  - mean: {}\n    variant: again\n"));
    let out = folder.path("out");
    assert_eq!(folder.run(&out, &[], &models(&["mean"]), 2).unwrap().made, 1);
    let scores = scores(&out);
    assert_eq!((scores.len(), &scores[0].key), (2, &scores[1].key));
}

#[test]
fn runs_that_fail_are_rows_with_a_reason_and_the_others_go_on() {
    let failing = EXPERIMENT
        .replace(
            "  - mean: {}\n",
            "  - mean: {}\n  - pcr: {components: 20}\n    feature: row\n  - svm: {}\n    feature: charge\n",
        )
        .replace("mlp: {epochs: 4}", "mlp: {epochs: 40, learning_rate: 1.0e+30}");
    let folder = Folder::new(&failing);
    let out = folder.path("out");
    let outcome = folder.run(&out, &["seeds=[0]"], &all(), 2).unwrap();
    assert_eq!((outcome.made, outcome.without_numbers), (7, 3));
    let status = |model: &str| scores(&out).into_iter().find(|score| score.model == model).unwrap().status;
    assert_eq!(status("ridge"), Status::Ok);
    assert_eq!(status("mlp"), Status::Diverged);
    let Status::Failed(reason) = status("pcr") else { panic!("pcr must fail") };
    assert!(reason.contains("components"), "{reason}");
    let Status::Failed(reason) = status("svm") else { panic!("svm must fail") };
    assert!(reason.contains("cell-") && reason.contains("charge"), "{reason}");

    // not tried again unless asked to
    assert_eq!(folder.run(&out, &["seeds=[0]"], &all(), 2).unwrap(), tally(0, 7, 3));
    let stop = AtomicBool::new(false);
    let plans = folder.plan(&out, &["seeds=[0]"], &all()).unwrap();
    let again = run::Options { retry_failed: true, ..options(&out, 1, &stop) };
    assert_eq!(run::execute(&plans, &Bench, &again).unwrap(), tally(3, 4, 3));
    let rows = summary::summarise(&out).unwrap().remove(0).rows;
    assert!(rows.iter().any(|row| row.model == "pcr" && row.rmse.is_none() && row.failed.is_some()));
}

#[test]
fn a_loss_and_a_prediction_that_are_not_finite_are_rows_that_say_diverged() {
    // one step of such length is taken after the last loss, so only the predictions can show it
    for (setting, epochs) in [("models.mlp.epochs=40", None), ("models.mlp.epochs=1", Some(1))] {
        let folder = Folder::new(EXPERIMENT);
        let out = folder.path("out");
        let settings = ["seeds=[0, 1]", "models.mlp.learning_rate=3.0e+37", "models.mlp.hidden=4000", setting];
        let outcome = folder.run(&out, &settings, &models(&["mlp", "ridge"]), 2).unwrap();
        assert_eq!((outcome.made, outcome.without_numbers), (3, 2));
        let text = fs::read_to_string(out.join("scores.csv")).unwrap();
        let rows: Vec<Vec<&str>> =
            text.lines().map(|line| line.split(',').collect::<Vec<_>>()).filter(|row| row[3] == "mlp").collect();
        assert_eq!(rows.iter().map(|row| row[5]).collect::<Vec<_>>(), ["0", "1"], "a row per seed: {text}");
        for row in rows {
            // train_cells, test_cells, rmse, mae, mape, status
            assert_eq!(row[6..12], ["8", "4", "", "", "", "diverged"], "{text}");
            let record = RunRecord::read(&out.join("runs").join(row[12])).unwrap();
            assert_eq!((&record.status, record.metrics), (&Status::Diverged, None));
            assert_eq!(record.fit.epochs, epochs, "training ended, or did not");
            assert!(record.predictions.is_empty());
        }
    }
}

#[test]
fn cells_that_take_no_part_are_in_the_record() {
    let folder = Folder::new(EXPERIMENT);
    let out = folder.path("out");
    folder.run(&out, &["label.minimum=200"], &models(&["mean"]), 1).unwrap();
    let record = RunRecord::read(&out.join("runs").join(&scores(&out)[0].key)).unwrap();
    let removed: Vec<&str> = record.removed.iter().map(|removed| removed.cell.as_str()).collect();
    assert_eq!(removed, ["cell-00", "cell-01"]);
    assert!(record.removed[0].reason.contains("152"), "{:?}", record.removed);
    assert_eq!(scores(&out)[0].train_cells, 6);
    assert_eq!(summary::summarise(&out).unwrap()[0].removed.len(), 2);
}

#[test]
fn a_stop_keeps_what_is_finished_and_the_next_call_goes_on() {
    // the last model would train for days
    let endless = EXPERIMENT.replace("lstm: {epochs: 3, hidden: 4}", "lstm: {epochs: 1000000000, hidden: 4}");
    let folder = Folder::new(&endless);
    let out = folder.path("out");
    let plans = folder.plan(&out, &["seeds=[0]"], &all()).unwrap();
    let stop = AtomicBool::new(false);
    let failure = thread::scope(|scope| {
        scope.spawn(|| {
            // Ctrl-C once the four short runs are on disk
            let is_finished = |entry: &fs::DirEntry| entry.path().join("record.json").is_file();
            let finished = || fs::read_dir(out.join("runs")).map_or(0, |all| all.flatten().filter(is_finished).count());
            while finished() < 4 {
                thread::yield_now();
            }
            stop.store(true, Ordering::Relaxed);
        });
        run::execute(&plans, &Bench, &options(&out, 1, &stop)).unwrap_err()
    });
    assert!(matches!(failure, Error::Stopped { finished: 4, total: 5, .. }));
    assert!(failure.to_string().contains("4 of 5 runs are finished and kept in"), "{failure}");
    assert_eq!(scores(&out).len(), 4);
    let settings = ["seeds=[0]", "models.lstm.epochs=2"];
    assert_eq!(folder.run(&out, &settings, &all(), 1).unwrap(), tally(1, 4, 0));
    assert_eq!(scores(&out).len(), 5);
}

#[test]
fn a_split_that_the_cells_do_not_fit_is_refused_before_anything_is_written() {
    let folder = Folder::new(EXPERIMENT);
    let out = folder.path("out");
    fs::write(folder.path("split.csv"), "cell_id,split\ncell-00,train\nMATR_b1c7,test\nMATR_b1c9,test\n").unwrap();
    let failure = folder.run(&out, &[], &all(), 1).unwrap_err();
    assert!(matches!(failure, Error::MissingCells { missing: 2, cells: 3, .. }));
    let message = failure.to_string();
    for words in ["split.csv", "needs 2 of its 3 cells", "MATR_b1c7, MATR_b1c9", "--data DIR"] {
        assert!(message.contains(words), "{message} lacks {words}");
    }
    assert!(!out.exists());

    let failure = Folder::new(EXPERIMENT).plan(&out, &[], &models(&["rigde"])).err().unwrap();
    assert!(failure.to_string().contains("did you mean 'ridge'?"), "{failure}");
}

const REFERENCES: &str = "\
name: trial
scenario: TRIAL
study: references
description: One trained network, asked with several numbers of references.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0, 1]
features:
  rows: {voltage_capacity: {base: 1, first: 0, last: 9, grid_points: 30}}
  row: {voltage_capacity: {base: 1, first: 9, last: 9, grid_points: 30}}
  map: {capacity_map: {cycles: 20, channels: [discharge_voltage, discharge_current], grid_points: 40}}
models:
  - mean: {}
  - batlinet: {epochs: 2, base: 1, filter_cycles: false}
    feature: map
sweep:
  models.batlinet.references_test: [1, 4, 64]
";

/// Everything that a run's folder says about its result, but for times.
fn results(out: &Path) -> Vec<(String, Vec<u8>)> {
    let mut results: Vec<(String, Vec<u8>)> = scores(out)
        .into_iter()
        .map(|score| (score.key.clone(), fs::read(out.join("runs").join(&score.key).join("predictions.csv")).unwrap()))
        .collect();
    results.push(("scores".to_owned(), fs::read(out.join("scores.csv")).unwrap()));
    results
}

fn record(out: &Path, score: &Score) -> RunRecord {
    RunRecord::read(&out.join("runs").join(&score.key)).unwrap()
}

fn has_weights(out: &Path, key: &str) -> bool {
    out.join("runs").join(key).join("weights.safetensors").is_file()
}

#[test]
fn runs_of_one_train_key_are_trained_once_and_come_out_as_if_each_had_been_trained() {
    let folder = Folder::new(REFERENCES);
    let together = folder.path("together");
    let outcome = folder.run(&together, &[], &all(), 2).unwrap();
    assert_eq!((outcome.made, outcome.reused), (7, 4));
    let variants: Vec<(String, u64)> =
        scores(&together)[1..].iter().map(|score| (score.variant.to_string(), score.seed)).collect();
    let expected = ["references_test=1", "references_test=4", "references_test=64"];
    assert_eq!(
        variants,
        expected.iter().flat_map(|name| [0, 1].map(|seed| ((*name).to_owned(), seed))).collect::<Vec<_>>()
    );
    for score in &scores(&together)[1..] {
        let record = record(&together, score);
        let trainer = scores(&together)
            .into_iter()
            .find(|other| other.seed == score.seed && other.variant.to_string() == expected[0]);
        let trainer = trainer.unwrap().key;
        assert_eq!(record.trained_by.as_deref(), (score.key != trainer).then_some(trainer.as_str()));
        assert_eq!(has_weights(&together, &score.key), score.key == trainer);
        assert_eq!((record.fit.epochs, record.fit.restarts), (Some(2), 0));
        assert!(record.fit.final_loss.is_some() && record.seconds.fit > 0.0);
    }

    // each alone, in a folder of its own: trained every time
    for variant in expected {
        let alone = folder.path(variant);
        let selection = models(&[&format!("batlinet[{variant}]")]);
        assert_eq!(folder.run(&alone, &[], &selection, 1).unwrap(), tally(2, 0, 0));
        for (key, predictions) in &results(&alone)[..2] {
            let expected = fs::read(together.join("runs").join(key).join("predictions.csv")).unwrap();
            assert_eq!(*predictions, expected, "{variant} {key}");
        }
    }
    // one after another in one folder, and in shards: the first trains, in whatever call
    let (later, shards) = (folder.path("later"), folder.path("shards"));
    assert_eq!(folder.run(&later, &[], &models(&["mean", "batlinet[references_test=64]"]), 2).unwrap(), tally(3, 0, 0));
    let outcome = folder.run(&later, &[], &all(), 2).unwrap();
    assert_eq!((outcome.made, outcome.reused, outcome.kept), (4, 4, 3));
    let mut trainings = 0;
    for shard in ["3/3", "1/3", "2/3"] {
        let outcome = folder
            .run(&shards, &[], &Selection { models: vec![], shard: Some(shard.parse().unwrap()), only: vec![] }, 1)
            .unwrap();
        trainings += outcome.made - outcome.reused;
    }
    assert_eq!(trainings, 3, "no shard trains what another one trains");
    assert!(results(&later) == results(&together) && results(&shards) == results(&together));
}

#[test]
fn the_demand_for_trainings_is_counted_beforehand() {
    let folder = Folder::new(REFERENCES);
    let out = folder.path("out");
    let demand = |selection: &Selection| {
        let plans = folder.plan(&out, &[], selection).unwrap();
        let pending = run::pending(&plans, false);
        Library::open(&out, false).demand(run::with_plans(&plans, &pending)).to_string()
    };
    assert_eq!(demand(&all()), "7 runs need 3 trainings, 4 reuse one");
    folder.run(&out, &["seeds=[0]"], &models(&["batlinet[references_test=4]"]), 1).unwrap();
    assert_eq!(demand(&all()), "6 runs need 2 trainings, 4 reuse one");
    assert_eq!(demand(&models(&["mean"])), "1 run needs 1 training");
}

#[test]
fn every_network_comes_out_of_its_weights_as_it_was_trained() {
    let networks = REFERENCES.replace(
        "  - batlinet:",
        "  - mlp: {epochs: 3}\n    feature: row\n  - lstm: {epochs: 2, hidden: 4}\n    feature: rows\n  - cnn: {epochs: 2}\n    \
         feature: long_rows\n    feature_transformation: z_score\n    label_transformation: [log, z_score]\n  - batlinet:",
    );
    let networks = networks.replace(
        "features:\n",
        "features:\n  long_rows: {voltage_capacity: {base: 1, first: 0, last: 19, grid_points: 40}}\n",
    );
    let folder = Folder::new(&networks);
    // another experiment with the same training cells and other test cells: as MATR-2 is to MATR-1
    let split = fs::read_to_string(folder.path("split.csv")).unwrap();
    let other_split: String =
        split.lines().filter(|line| !line.contains("cell-05")).map(|line| format!("{line}\n")).collect();
    fs::write(folder.path("other.csv"), other_split).unwrap();
    let other = networks.replace("name: trial", "name: other").replace("split.csv", "other.csv");
    fs::write(folder.path("other.yaml"), other).unwrap();
    let run = |names: &[&str], out: &Path| {
        let read = |name: &&str| read::read(&folder.path(name), "paper", &[]).unwrap();
        let plans = plan::plan(names.iter().map(read).collect(), &Bench, tch::Device::Cpu, &all(), out).unwrap();
        let stop = AtomicBool::new(false);
        run::execute(&plans, &Bench, &options(out, 2, &stop)).unwrap()
    };
    let (both, alone) = (folder.path("both"), folder.path("alone"));
    let outcome = run(&["trial.yaml", "other.yaml"], &both);
    // the second experiment trains nothing but the mean
    assert_eq!((outcome.made, outcome.reused, outcome.without_numbers), (26, 4 + 12, 0));
    run(&["other.yaml"], &alone);
    let (both, alone) = (results(&both), results(&alone));
    assert_eq!(both[13..26], alone[..13]);
}

#[test]
fn weights_that_are_of_no_use_are_trained_again() {
    let folder = Folder::new(REFERENCES);
    let whole = folder.path("whole");
    folder.run(&whole, &["seeds=[0]"], &all(), 1).unwrap();
    let expected = results(&whole);
    let trainer = scores(&whole)[1].key.clone();
    let network_of_another_size = {
        let out = folder.path("small");
        folder.run(&out, &["seeds=[0]", "models.batlinet.channels=4"], &all(), 1).unwrap();
        fs::read(out.join("runs").join(&scores(&out)[1].key).join("weights.safetensors")).unwrap()
    };
    for (what, bytes) in [("cut", Some(vec![1, 2, 3])), ("other", Some(network_of_another_size)), ("gone", None)] {
        let out = folder.path(what);
        folder.run(&out, &["seeds=[0]"], &models(&["mean", "batlinet[references_test=1]"]), 1).unwrap();
        let file = out.join("runs").join(&trainer).join("weights.safetensors");
        match bytes {
            Some(bytes) => fs::write(file, bytes).unwrap(),
            None => fs::remove_file(file).unwrap(),
        }
        let outcome = folder.run(&out, &["seeds=[0]"], &all(), 1).unwrap();
        // tensors that are not those of the record make its run stale too
        let expected_counts = if what == "gone" { (2, 1) } else { (3, 2) };
        assert_eq!((outcome.made, outcome.reused), expected_counts, "{what}");
        assert_eq!(results(&out), expected, "{what}");
    }
}

#[test]
fn a_training_that_diverged_is_not_repeated_unless_asked_to() {
    let folder = Folder::new(&REFERENCES.replace("epochs: 2,", "epochs: 9, learning_rate: 1.0e+30,"));
    let out = folder.path("out");
    let seed = ["seeds=[0]"];
    let outcome = folder.run(&out, &seed, &models(&["batlinet[references_test=4]"]), 1).unwrap();
    assert_eq!((outcome.made, outcome.reused, outcome.without_numbers), (1, 0, 1));
    let outcome = folder.run(&out, &seed, &models(&["batlinet"]), 1).unwrap();
    assert_eq!((outcome.made, outcome.reused, outcome.without_numbers), (2, 2, 3));
    for score in scores(&out) {
        assert_eq!(score.status, Status::Diverged);
        assert_eq!(record(&out, &score).trained_by.is_some(), score.variant.to_string() != "references_test=4");
    }
    let stop = AtomicBool::new(false);
    let plans = folder.plan(&out, &seed, &models(&["batlinet"])).unwrap();
    let again = run::Options { retry_failed: true, ..options(&out, 1, &stop) };
    let outcome = run::execute(&plans, &Bench, &again).unwrap();
    assert_eq!((outcome.made, outcome.reused, outcome.without_numbers), (3, 2, 3));
}

#[test]
fn the_reference_study_leaves_every_pair_and_the_tables_that_follow() {
    let folder = Folder::new(&REFERENCES.replace("filter_cycles: false}", "filter_cycles: false, pair_matrix: true}"));
    let out = folder.path("out");
    // the option changes no training
    folder.run(&out, &["seeds=[0]", "models.batlinet.pair_matrix=false"], &models(&["batlinet"]), 1).unwrap();
    let plain = results(&out);
    assert!(!out.join("reference_curves.csv").exists());
    let outcome = folder.run(&out, &["seeds=[0]"], &models(&["batlinet"]), 1).unwrap();
    assert_eq!((outcome.made, outcome.reused), (3, 3));
    for ((_, plain), (key, with_pairs)) in plain.iter().zip(&results(&out)[..3]) {
        assert_eq!(plain, with_pairs, "{key}");
    }
    let score = scores(&out).into_iter().find(|score| score.variant.to_string() == "references_test=1").unwrap();
    let record = record(&out, &score);
    let pairs = PairPredictions::read(&out.join("runs").join(&score.key)).unwrap().unwrap();
    assert_eq!((pairs.cells.len(), &pairs.references), (4, &record.train));
    // one reference was drawn for each cell, and the prediction is that of this pair
    let drawn = fs::read_to_string(out.join("runs").join(&score.key).join("references.csv")).unwrap();
    assert_eq!(drawn.lines().count(), 1 + 4);
    for ((line, row), prediction) in drawn.lines().skip(1).zip(pairs.predicted.rows()).zip(&record.predictions) {
        let (cell, reference) = line.split_once(',').unwrap();
        assert_eq!(cell, prediction.cell);
        let column = pairs.references.iter().position(|id| id == reference).unwrap();
        assert_eq!(row[column], prediction.predicted);
    }
    let lines = |name: &str| fs::read_to_string(out.join(name)).unwrap().lines().count();
    assert_eq!(lines("reference_curves.csv"), 1 + 3 * 4);
    assert_eq!(lines("reference_draws.csv"), 1 + 3 * 7 * 100);
}
