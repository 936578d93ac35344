//! What of a plan is asked for: models by name, single runs by key, parts, and what is made of other runs.

use std::fs;

use super::bench::{Bench, EXPERIMENT, Folder, all, models};
use experiments::{
    Error, Plan,
    plan::{self, Selection, in_parts},
    read,
};

const MADE: &str = "\
name: trial
scenario: TRIAL
description: Small models on made-up cells, and what is made of them.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0]
folds: {count: 2, seeds: [0]}
features:
  row: {voltage_capacity: {base: 1, first: 9, last: 9, grid_points: 30}}
models:
  - mean: {}
  - ridge: {alpha: 1.0}
    feature: row
  - stack: {of: [mean, ridge]}
";

fn planned(folder: &Folder, selection: &Selection) -> Result<Vec<Plan>, Error> {
    folder.plan(&folder.path("out"), &[], selection)
}

/// The runs of a plan that are asked for.
fn asked(plan: &Plan) -> Vec<String> {
    plan.runs.iter().filter(|run| run.selected).map(|run| plan.label(run)).collect()
}

/// As [`asked`], of the experiment itself.
fn asked_by(folder: &Folder, selection: &Selection) -> Vec<String> {
    asked(planned(folder, selection).unwrap().last().unwrap())
}

fn refused(folder: &Folder, selection: &Selection) -> String {
    planned(folder, selection).err().unwrap().to_string()
}

fn only(keys: &[&str]) -> Selection {
    Selection { only: keys.iter().map(|key| (*key).to_owned()).collect(), ..all() }
}

#[test]
fn parts_are_what_shards_ask_for_and_are_of_like_size() {
    let folder = Folder::new(EXPERIMENT);
    let whole = planned(&folder, &all()).unwrap();
    for count in 1..=4 {
        let parts = in_parts(&whole, count);
        assert_eq!(parts.len(), count);
        for (index, part) in parts.iter().enumerate() {
            let shard = Some(format!("{}/{count}", index + 1).parse().unwrap());
            let of_shard = asked_by(&folder, &Selection { shard, ..all() });
            assert_eq!(part.iter().map(|run| whole[0].label(run)).collect::<Vec<_>>(), of_shard, "{index} of {count}");
            assert!((8 / count..=8_usize.div_ceil(count)).contains(&part.len()), "{index} of {count}");
        }
    }
}

#[test]
fn a_run_is_asked_for_by_the_first_digits_of_its_key() {
    let folder = Folder::new(EXPERIMENT);
    let whole = planned(&folder, &all()).unwrap();
    let (forest, mlp) = (&whole[0].runs[3], &whole[0].runs[4]);
    assert_eq!([whole[0].label(forest), whole[0].label(mlp)], ["trial forest seed 1", "trial mlp seed 0"]);
    assert_eq!(asked_by(&folder, &only(&[&forest.key[..8]])), ["trial forest seed 1"]);
    assert_eq!(asked_by(&folder, &only(&[&mlp.key, &forest.key])), ["trial forest seed 1", "trial mlp seed 0"]);
    let both = Selection { models: vec!["mlp".to_owned()], ..only(&[&mlp.key, &forest.key]) };
    assert_eq!(asked_by(&folder, &both), ["trial mlp seed 0"]);
    for wrong in ["", "zz"] {
        let said = refused(&folder, &only(&[&mlp.key, wrong]));
        assert!(said.contains(&format!("--only {wrong}: no run here has this key")), "{said}");
    }
}

#[test]
fn models_are_asked_for_by_name_and_variant() {
    let folder = Folder::new(&EXPERIMENT.replace("  - mean: {}\n", "  - mean: {}\n  - mean: {}\n    variant: again\n"));
    let both = ["trial mean seed 0", "trial mean[again] seed 0"];
    assert_eq!(asked_by(&folder, &models(&["mean"])), both);
    assert_eq!(asked_by(&folder, &models(&["mean[again]"])), both[1..]);
    assert_eq!(
        asked_by(&folder, &models(&["mean[again]", "ridge"])),
        ["trial mean[again] seed 0", "trial ridge seed 0"]
    );
    for wrong in ["mean[agian]", "ridge[again]", "mean[again", "svm"] {
        let said = refused(&folder, &models(&["mean", wrong]));
        assert!(said.contains(&format!("--models {wrong}: no experiment here has this model")), "{said}");
    }
}

#[test]
fn what_is_made_of_others_waits_until_all_of_them_are_there_or_asked_for() {
    let folder = Folder::new(MADE);
    let [mean, ridge, stack] = ["trial mean seed 0", "trial ridge seed 0", "trial stack seed 0"];
    assert_eq!(asked_by(&folder, &models(&["stack"])), [""; 0]);
    assert_eq!(asked_by(&folder, &models(&["stack", "mean"])), [mean]);
    assert_eq!(asked_by(&folder, &models(&["ridge", "mean"])), [mean, ridge]);
    assert_eq!(asked_by(&folder, &all()), [mean, ridge, stack]);
    let shard = Some("1/2".parse().unwrap());
    assert!(!asked_by(&folder, &Selection { shard, ..all() }).contains(&stack.to_owned()));

    // of all runs that are trained, on folds as well
    let plans = planned(&folder, &all()).unwrap();
    let whole = plans.last().unwrap();
    assert_eq!(whole.runs.iter().map(|run| whole.is_made(run)).collect::<Vec<_>>(), [false, false, true]);
    let trained = plans.iter().flat_map(|plan| plan.runs.iter().filter(|run| !plan.is_made(run)));
    let mut keys: Vec<&str> = trained.map(|run| run.key.as_str()).collect();
    let mut inputs = whole.inputs(&whole.runs[2]);
    keys.sort_unstable();
    inputs.sort_unstable();
    assert_eq!((plans.len(), keys.len(), inputs), (3, 6, keys));
    assert!(whole.inputs(&whole.runs[0]).is_empty());
    let alone = only(&[&whole.runs[2].key]);
    assert_eq!(asked_by(&folder, &alone), [""; 0]);

    folder.run(&folder.path("out"), &[], &models(&["mean", "ridge"]), 1).unwrap();
    assert_eq!(asked_by(&folder, &models(&["stack"])), [stack]);
    assert_eq!(asked_by(&folder, &alone), [stack]);
}

#[test]
fn a_key_of_what_is_made_moves_with_its_members() {
    let keys = |setting: &str| {
        let folder = Folder::new(MADE);
        let plans = folder.plan(&folder.path("out"), &[setting], &all()).unwrap();
        plans.last().unwrap().runs.iter().map(|run| run.key.clone()).collect::<Vec<_>>()
    };
    let (plain, other) = (keys("models.ridge.alpha=1.0"), keys("models.ridge.alpha=2.0"));
    assert_eq!(plain[0], other[0]);
    assert!(plain[1] != other[1] && plain[2] != other[2]);
}

#[test]
fn two_experiments_of_one_name_are_refused() {
    let folder = Folder::new(EXPERIMENT);
    let declared = || read::read(&folder.path("trial.yaml"), "paper", &[]).unwrap();
    let plan = |experiments| plan::plan(experiments, &Bench, tch::Device::Cpu, &all(), &folder.path("out"));
    assert_eq!(plan(vec![declared()]).unwrap().len(), 1);
    let said = plan(vec![declared(), declared()]).err().unwrap().to_string();
    assert!(said.contains("experiment file 2 repeats the name 'trial'"), "{said}");
}

#[test]
fn of_cells_that_are_not_there_five_are_named() {
    let folder = Folder::new(EXPERIMENT);
    for (count, is_all) in [(4, true), (5, true), (6, false)] {
        let lines: String = (0..count).map(|cell| format!("other-{cell},test\n")).collect();
        fs::write(folder.path("split.csv"), format!("cell_id,split\ncell-00,train\ncell-01,train\n{lines}")).unwrap();
        let failure = planned(&folder, &all()).err().unwrap();
        assert!(
            matches!(failure, Error::MissingCells { missing, cells, .. } if (missing, cells) == (count, count + 2))
        );
        let said = failure.to_string();
        let last = format!("other-{}", count.min(5) - 1);
        assert!(said.contains(&last) && said.contains(", …") != is_all, "{said}");
    }
}

#[test]
fn hashes_of_a_plan_follow_its_cells_and_their_lives() {
    let folder = Folder::new(EXPERIMENT);
    let hashes = |setting: &str| {
        let plan = folder.plan(&folder.path("out"), &[setting], &all()).unwrap().remove(0);
        (plan.data_hash(), plan.label_hash(&plan.experiment().label))
    };
    let (data, labels) = hashes("models.ridge.alpha=2.0");
    assert_eq!(hashes("models.ridge.alpha=1.0"), (data.clone(), labels.clone()));
    let (same, shorter) = hashes("label.end_of_life=0.9");
    assert!(same == data && shorter != labels);
    let split = fs::read_to_string(folder.path("split.csv")).unwrap();
    fs::write(folder.path("split.csv"), split.replace("cell-11,test\n", "")).unwrap();
    let (fewer, lives) = hashes("models.ridge.alpha=1.0");
    assert!(fewer != data && lives != labels);
}
