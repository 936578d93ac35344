//! Transfers as experiments: which cells a run sees, its keys, its rows, and what the user is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use experiments::{
    Error, Plan, State,
    library::Library,
    plan::{self, Selection},
    read, run,
    setting::Setting,
};
use lab::VirtualLab;
use record::{AS_WRITTEN, RunRecord, Score, read_scores};

use super::declared::repository_files;

const EXPERIMENT: &str = "\
name: trial
scenario: NCA
study: transfer
description: A transfer between a few virtual cells.
train_test_split: pools.csv
transfer: {target: NCA, cells: [1, 2, 3], test_cells: 3}
protocol: honest
label: {end_of_life: 0.8}
seeds: [0, 1]
features:
  map: {capacity_map: {cycles: 17, grid_points: 20}}
models:
  - mean: {}
    label_transformation: []
  - transfer: {training: {epochs: 3, batch: 8}, base: 2}
    variant: direct
    feature: map
  - transfer: {pretraining: {epochs: 2, batch: 2}, training: {epochs: 3, batch: 8}, base: 2}
    variant: fine_tune
    feature: map
  - transfer: {training: {epochs: 3, batch: 8}, pairs: {epochs: 2, batch: 4}, base: 2}
    variant: transfer
    feature: map
  - batlinet: {epochs: 3, batch: 8, references_train: 2, references_test: 3, base: 2}
    variant: shared_head
    feature: map
    label_transformation: [log, z_score]
";

const SOURCE: [&str; 4] = ["MATR_b1c0", "MATR_b1c1", "MATR_b1c2", "HUST_1-1"];
const OTHER: [&str; 2] = ["RWTH_002", "RWTH_003"];
const TARGET: [&str; 6] = [
    "SNL_18650_NCA_15C_0-100_0.5-1C_a",
    "SNL_18650_NCA_15C_0-100_0.5-1C_b",
    "SNL_18650_NCA_15C_0-100_0.5-2C_a",
    "SNL_18650_NCA_15C_0-100_0.5-2C_b",
    "SNL_18650_NCA_25C_0-100_0.5-1C_a",
    "SNL_18650_NCA_25C_0-100_0.5-1C_b",
];

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(changes: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let experiment = changes.iter().fold(EXPERIMENT.to_owned(), |text, (from, to)| {
            assert!(text.contains(from));
            text.replace(from, to)
        });
        fs::write(folder.path().join("trial.yaml"), experiment).unwrap();
        let rows = |ids: &[&str], pool: &str| ids.iter().map(|id| format!("{id},{pool}\n")).collect::<String>();
        let pools = [rows(&SOURCE, "LFP"), rows(&OTHER, "NMC"), rows(&TARGET, "NCA")].concat();
        fs::write(folder.path().join("pools.csv"), format!("cell_id,pool\n{pools}")).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn plan(&self, settings: &[&str], out: &Path) -> Result<Vec<Plan>, Error> {
        let settings: Vec<Setting> = settings.iter().map(|text| Setting::parse(text).unwrap()).collect();
        let declared = read::read(&self.path("trial.yaml"), AS_WRITTEN, &settings)?;
        plan::plan(vec![declared], &VirtualLab::new(), tch::Device::Cpu, &Selection::default(), out)
    }

    fn run(&self, out: &Path, jobs: usize) -> run::Tally {
        self.run_with(&[], out, jobs).unwrap()
    }

    fn run_with(&self, settings: &[&str], out: &Path, jobs: usize) -> Result<run::Tally, Error> {
        let stop = AtomicBool::new(false);
        let options = run::Options {
            out,
            device: tch::Device::Cpu,
            jobs,
            fail_fast: false,
            retry_failed: false,
            profile: AS_WRITTEN,
            settings: &[],
            commit: "c0ffee",
            stop: &stop,
        };
        run::execute(&self.plan(settings, out)?, &VirtualLab::new(), &options)
    }

    fn refused(&self, settings: &[&str]) -> String {
        self.plan(settings, &self.path("out")).err().map(|failure| failure.to_string()).unwrap_or_default()
    }
}

fn ids(record: &RunRecord) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let test = record.predictions.iter().map(|row| row.cell.as_str()).collect();
    (record.train.iter().map(String::as_str).collect(), test)
}

#[test]
fn runs_learn_from_their_own_cells_and_never_from_test_cells() {
    for preset in ["paper", "code"] {
        let folder =
            if preset == "paper" { Folder::new(&[]) } else { Folder::new(&[(", test_cells: 3", ", preset: code")]) };
        let out = folder.path("out");
        let tally = folder.run(&out, 2);
        assert_eq!(tally.made, 5 * 3 * 2);
        let scores = read_scores(&out.join("scores.csv")).unwrap();
        let rows: Vec<(&str, String)> =
            scores.iter().step_by(2).map(|row| (row.model.as_str(), row.variant.to_string())).collect();
        let names = [
            ("mean", ""),
            ("cnn", "direct+"),
            ("cnn", "fine_tune+"),
            ("batlinet", "transfer+"),
            ("batlinet", "shared_head+"),
        ];
        let expected: Vec<(&str, String)> = names
            .iter()
            .flat_map(|(name, variant)| (1..4).map(move |n| (*name, format!("{variant}cells={n}"))))
            .collect();
        assert_eq!(rows, expected);

        // what a number of cells and a seed learn from is the same for every procedure
        let mut drawn: BTreeMap<(usize, u64), (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
        for score in &scores {
            let record = RunRecord::read(&out.join("runs").join(&score.key)).unwrap();
            if score.metrics.is_none() {
                continue; // the notebook has no number where no reference gives a life
            }
            let (train, test) = ids(&record);
            assert!(train.is_disjoint(&test));
            assert!(train.union(&test).all(|id| TARGET.contains(id)));
            let count = score.variant.target_cells.unwrap();
            let rest = if preset == "paper" { 3 } else { 6 - count };
            assert_eq!((score.train_cells, score.test_cells, train.len(), test.len()), (count, rest, count, rest));
            let owned = |ids: &BTreeSet<&str>| ids.iter().map(|&id| id.to_owned()).collect::<BTreeSet<String>>();
            let cells = (owned(&train), owned(&test));
            assert_eq!(drawn.entry((count, score.seed)).or_insert_with(|| cells.clone()), &cells);
        }
        assert_eq!(drawn.len(), 6);
        if preset == "paper" {
            assert_eq!(drawn.values().map(|(_, test)| test).collect::<BTreeSet<_>>().len(), 1, "one test set");
        }
    }
}

#[test]
fn the_mean_of_a_transfer_is_that_of_the_cells_it_learns_from() {
    let folder = Folder::new(&[]);
    let out = folder.path("out");
    folder.run(&out, 2);
    let lives = |id: &str| {
        let records = fs::read_dir(out.join("runs")).unwrap();
        let mut rows = records.flat_map(|run| RunRecord::read(&run.unwrap().path()).unwrap().predictions);
        rows.find(|row| row.cell == id).map(|row| row.observed)
    };
    let plans = folder.plan(&[], &out).unwrap();
    let run = plans[0].runs.iter().find(|run| plans[0].label(run) == "trial mean[cells=1] seed 1").unwrap();
    assert_eq!(run.state, State::Done);
    let record = RunRecord::read(&out.join("runs").join(&run.key)).unwrap();
    let first = record.predictions[0].predicted;
    assert!(record.predictions.iter().all(|row| row.predicted == first));
    // with a fixed test set, no run tests on the cell, so that its life is not among the predictions
    assert_eq!(lives(&record.train[0]), None);
    assert!((100.0..5000.0).contains(&first));
}

#[test]
fn scores_are_the_same_bytes_for_any_number_of_jobs() {
    let folder = Folder::new(&[]);
    let (one, two) = (folder.path("one"), folder.path("two"));
    folder.run(&one, 1);
    folder.run(&two, 3);
    let bytes = |out: &Path| fs::read(out.join("scores.csv")).unwrap();
    assert_eq!(bytes(&one), bytes(&two));
    // and a second call has nothing to do
    assert_eq!(folder.run(&one, 2).made, 0);
}

#[test]
fn a_pretrained_network_serves_every_number_of_target_cells() {
    let folder = Folder::new(&[]);
    let (out, alone) = (folder.path("out"), folder.path("alone"));
    let demand = |out: &Path| {
        let plans = folder.plan(&[], out).unwrap();
        let pending = run::pending(&plans, false);
        Library::open(out, false).demand(run::with_plans(&plans, &pending)).to_string()
    };
    // three numbers of target cells and two seeds; what is learnt from the source cells depends on the seed only
    let expected = "30 runs need 30 trainings; 6 of them start from 2 new pretrainings, 4 saved";
    assert_eq!(demand(&out), expected);
    folder.run(&out, 2);
    let kept: Vec<PathBuf> = fs::read_dir(out.join("pretrained")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept.len(), 2, "{kept:?}");
    // the numbers are those of a run that pretrains for itself, whatever is at hand
    let fine_tuned = |out: &Path| -> Vec<_> {
        let scores = read_scores(&out.join("scores.csv")).unwrap().into_iter();
        let scores = scores.filter(|score| score.variant.to_string() == "fine_tune+cells=2");
        // what was set is said of a row, and is another thing there
        scores.map(|score| Score { changed: String::new(), ..score }).collect()
    };
    for spoil in [None, Some(&b"no network"[..])] {
        if let Some(bytes) = spoil {
            fs::create_dir_all(alone.join("pretrained")).unwrap();
            kept.iter().for_each(|path| {
                fs::write(alone.join("pretrained").join(path.file_name().unwrap()), bytes).unwrap();
            });
            fs::remove_dir_all(alone.join("runs")).unwrap();
        }
        folder.run_with(&["transfer.cells=[2]"], &alone, 1).unwrap();
        assert_eq!(fine_tuned(&alone), fine_tuned(&out));
    }
    fs::remove_dir_all(out.join("runs")).unwrap();
    assert!(demand(&out).ends_with("6 of them start from 0 new pretrainings, 6 saved"), "{}", demand(&out));
}

const OF_SOURCE: &str = "  - batlinet: {epochs: 3, batch: 8, references_train: 2, references_test: 3, base: 2}
    variant: shared_head
    feature: map
    label_transformation: [log, z_score]
    trained_on: source
";

/// The experiment whose BatLiNet learns from the source cells, and nothing else.
fn of_source() -> Folder {
    let (_, entries) = EXPERIMENT.split_once("models:\n").unwrap();
    // honest labels and references would be another training than a scenario's
    Folder::new(&[(entries, OF_SOURCE), ("protocol: honest", "protocol: faithful")])
}

#[test]
fn target_cells_are_references_of_a_network_that_has_not_learned_from_them() {
    let folder = of_source();
    let out = folder.path("out");
    let plans = folder.plan(&[], &out).unwrap();
    let distinct = |key: fn(&plan::Run) -> String| plans[0].runs.iter().map(key).collect::<BTreeSet<_>>().len();
    assert_eq!((distinct(|run| run.key.clone()), distinct(|run| run.ingredients.train_key())), (6, 2));
    // side by side: runs of one training wait for it
    folder.run(&out, 3);
    for score in read_scores(&out.join("scores.csv")).unwrap() {
        let run = out.join("runs").join(&score.key);
        let record = RunRecord::read(&run).unwrap();
        let text = fs::read_to_string(run.join("references.csv")).unwrap();
        for cell in record.predictions {
            let line = text.lines().find(|line| line.starts_with(&cell.cell)).unwrap();
            assert!(record.train.iter().all(|id| line.matches(id.as_str()).count() == 1), "{line}");
            assert!(SOURCE.iter().all(|id| !line.contains(id)), "{line}");
        }
    }
}

#[test]
fn a_network_of_the_source_is_that_of_a_scenario_with_these_training_cells() {
    let folder = of_source();
    // the inter-cell branch learns, and has no say in an answer: so the references do not count
    let alone = ["models.batlinet.alpha=0"];
    let out = folder.path("out");
    folder.run_with(&alone, &out, 1).unwrap();
    let of_transfer = folder.plan(&alone, &out).unwrap();
    let rows = |ids: &[&str], part: &str| ids.iter().map(|id| format!("{id},{part}\n")).collect::<String>();
    let split = [rows(&SOURCE, "train"), rows(&TARGET, "test")].concat();
    fs::write(folder.path("split.csv"), format!("cell_id,split\n{split}")).unwrap();
    let text = fs::read_to_string(folder.path("trial.yaml")).unwrap();
    let scenario = text
        .replace("    trained_on: source\n", "")
        .replace("study: transfer\n", "")
        .replace("scenario: NCA", "scenario: of-source")
        .replace("transfer: {target: NCA, cells: [1, 2, 3], test_cells: 3}\n", "")
        .replace("pools.csv", "split.csv");
    fs::write(folder.path("trial.yaml"), scenario).unwrap();
    let of_scenario = folder.plan(&alone, &out).unwrap();
    let learned =
        |plans: &[Plan]| plans[0].runs.iter().map(|run| run.ingredients.training.to_string()).collect::<BTreeSet<_>>();
    assert_eq!(learned(&of_transfer), learned(&of_scenario));
    folder.run_with(&alone, &out, 1).unwrap();
    let predictions = |run: &plan::Run| RunRecord::read(&out.join("runs").join(&run.key)).unwrap().predictions;
    for run in &of_transfer[0].runs {
        let same = of_scenario[0].runs.iter().find(|other| other.seed == run.seed).unwrap();
        let known = predictions(same);
        let answers = predictions(run);
        assert_eq!(answers.len(), 3);
        assert!(answers.iter().all(|answer| known.contains(answer)), "{answers:?} {known:?}");
    }
}

#[test]
fn runs_that_cannot_be_made_are_rows_with_a_reason() {
    let statuses = |settings: &[&str]| -> BTreeSet<String> {
        let folder = Folder::new(&[]);
        let out = folder.path("out");
        let tally = folder.run_with(settings, &out, 2).unwrap();
        assert!(tally.without_numbers > 0);
        let scores = read_scores(&out.join("scores.csv")).unwrap();
        assert_eq!(scores.len(), 30, "no row is dropped");
        scores.iter().filter(|score| score.metrics.is_none()).map(|score| score.status.to_string()).collect()
    };
    let long = ["models.transfer.learning_rate=1.0e+30", "models.batlinet.learning_rate=1.0e+30"];
    assert_eq!(statuses(&long), BTreeSet::from(["diverged".to_owned()]));
    // a chemistry whose cells have no usable life: none to learn from
    let short = statuses(&["label.minimum=100000"]);
    assert!(
        short.iter().all(|status| status.starts_with("failed: ") && status.contains("no training cell has a life")),
        "{short:?}"
    );
}

#[test]
fn keys_cover_target_cells_seed_preset_and_source() {
    let keys = |folder: &Folder, settings: &[&str]| -> BTreeMap<String, String> {
        let plans = folder.plan(settings, &folder.path("out")).unwrap();
        plans[0].runs.iter().map(|run| (plans[0].label(run), run.ingredients.train_key())).collect()
    };
    let folder = Folder::new(&[]);
    let all = keys(&folder, &[]);
    let networks = || all.iter().filter(|(label, _)| !label.contains("mean"));
    assert_eq!(networks().map(|(_, key)| key).collect::<BTreeSet<_>>().len(), 4 * 3 * 2, "cells and seeds differ");

    let fewer = keys(&folder, &["transfer.source_cells=3"]);
    for (label, key) in networks() {
        assert_eq!(
            *key == fewer[label],
            label.contains("direct"),
            "{label}: the source matters where it is learned from"
        );
    }
    let code = Folder::new(&[(", test_cells: 3", ", preset: code")]);
    let code = keys(&code, &[]);
    assert!(networks().all(|(label, key)| *key != code[label]));
}

#[test]
fn what_cannot_be_drawn_is_one_sentence() {
    let folder = Folder::new(&[]);
    for (settings, words) in [
        (&["transfer.cells=[4]"][..], "target NCA has 6 cells, of which 3 must be left for testing: 3 at most"),
        (&["transfer.target=NCM"], "there is no pool 'NCM'; it has LFP, NCA, NMC"),
        (&["transfer.cells=[0]"], "each at least 1"),
        (&["transfer.preset=cod"], "unknown value 'cod'"),
        (&["transfer.targets=NCA"], "did you mean 'target'?"),
        (&["models.transfer[direct].limit=-1"], "limit"),
        (&["models.transfer[direct].label_transformation=[log]"], "a transfer scales lives itself"),
        (&["models.transfer[direct].feature_transformation=z_score"], "a transfer compares maps as they are"),
        (&["models.batlinet.feature_transformation=z_score"], "whose maps nothing is fitted to; leave it out"),
        (&["models.transfr.limit=1"], "did you mean 'transfer'?"),
        (&["models.transfer[direct].trained_on=source"], "trained_on: source is for a batlinet"),
        (&["models.batlinet.trained_on=source", "models.batlinet.inter_cell=false"], "needs an inter-cell branch"),
    ] {
        let message = folder.refused(settings);
        assert!(message.contains(words), "{settings:?}: {message}");
    }
    let without = Folder::new(&[("transfer: {target: NCA, cells: [1, 2, 3], test_cells: 3}\n", "")]);
    assert!(without.refused(&[]).contains("transfer needs the section"));
    let pools = folder.path("pools.csv");
    fs::write(
        &pools,
        fs::read_to_string(&pools).unwrap().replace("RWTH_003", "RWTH_999").replace("HUST_1-1", "HUST_0-0"),
    )
    .unwrap();
    let message = folder.refused(&[]);
    assert!(message.contains("pools.csv:5: ") && message.contains("HUST_0-0"), "{message}");
}

#[test]
fn the_transfers_of_the_repository_are_sound_in_both_profiles() {
    let mut sizes = BTreeMap::new();
    let files = repository_files();
    for path in files.iter().filter(|path| path.parent().is_some_and(|folder| folder.ends_with("transfer"))) {
        for profile in [AS_WRITTEN, "quick"] {
            let declared = read::read(path, profile, &[]).unwrap();
            let name = declared.experiment.name.clone();
            let out = Path::new("nowhere");
            let plans =
                plan::plan(vec![declared], &VirtualLab::new(), tch::Device::Cpu, &Selection::default(), out).unwrap();
            assert_eq!(Some(name.trim_start_matches("transfer-")), path.file_stem().and_then(|stem| stem.to_str()));
            let (split, experiment) = (&plans[0].split, plans[0].experiment());
            assert!(!experiment.analysis.is_empty());
            if profile == AS_WRITTEN {
                assert_eq!(experiment.seeds, (0..8).collect::<Vec<u64>>());
                sizes.insert(name, (split.train.len(), split.test.len(), experiment.models.len()));
            }
        }
    }
    let expected = [
        ("transfer-lco", (275, 37, 25)),
        ("transfer-lco-code", (366, 37, 20)),
        ("transfer-nca", (275, 22, 20)),
        ("transfer-nca-code", (381, 22, 16)),
        ("transfer-nmc", (275, 69, 25)),
        ("transfer-nmc-code", (334, 69, 20)),
    ];
    assert_eq!(sizes, expected.map(|(name, sizes)| (name.to_owned(), sizes)).into());
}
