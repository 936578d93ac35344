//! Planning, running, resuming: on a few made-up cells and small real models.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use super::bench::{Bench, EXPERIMENT, Folder, all, models, options, scores, tally};
use experiments::{Error, State, plan::Selection, run};
use record::{RunRecord, Status};
use report::summary;

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
    // the last model would train for long
    let endless = EXPERIMENT.replace("lstm: {epochs: 3, hidden: 4}", "lstm: {epochs: 100000, hidden: 4}");
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
