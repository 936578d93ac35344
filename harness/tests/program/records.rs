//! What is committed of results, `results/records/`: small, whole, and enough for the report.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use record::{RunRecord, read_scores};
use serde_json::{Value, json};

use crate::small::Small;

fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// What the tests below ask of it.
impl Small {
    fn plan(&self) -> String {
        self.batlinet(&["plan", "small.yaml", "--out", "out"])
    }

    /// Folders of the runs, in the order of the scores: ridge, and two seeds of a network.
    fn runs(&self) -> Vec<PathBuf> {
        let scores = read_scores(&self.path("out/scores.csv")).unwrap();
        scores.into_iter().map(|score| self.path("out/runs").join(score.key)).collect()
    }

    /// Plan and report say what is wrong, so many runs are made again, and all is as it was.
    fn check(&self, words: &str, made_again: usize) {
        let scores = fs::read(self.path("out/scores.csv")).unwrap();
        let plan = self.plan();
        assert!(plan.contains(words) && plan.contains(&format!("{made_again} stale")), "'{words}' is not in {plan}");
        let refused = self.call(&["report", "out"]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && said.contains(words), "'{words}' is not in {said}");
        let made = self.batlinet(&["run", "small.yaml", "--out", "out"]);
        assert!(made.contains(&format!("{made_again} run")) && made.contains(" made with "), "{made}");
        assert!(self.plan().contains("0 new, 0 stale, 3 done"));
        assert!(fs::read(self.path("out/scores.csv")).unwrap() == scores, "the same runs come out");
        self.batlinet(&["report", "out"]);
    }
}

fn flip(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_bit_that_changed_is_named_with_its_file_and_the_run_made_again() {
    let small = Small::new();
    for name in ["predictions.csv", "record.json", "weights.safetensors"] {
        flip(&small.runs()[1].join(name));
        small.check(name, 1);
    }
}

#[test]
fn exchanged_folders_and_an_edited_origin_are_named_and_the_runs_made_again() {
    let small = Small::new();
    let runs = small.runs();
    let aside = small.path("aside");
    for (from, to) in [(&runs[1], &aside), (&runs[2], &runs[1]), (&aside, &runs[2])] {
        fs::rename(from, to).unwrap();
    }
    small.check("in whose folder it lies", 2);
    let record = runs[0].join("record.json");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, text.replacen("\"data\": \"virtual\"", "\"data\": \"real\"", 1)).unwrap();
    small.check("record.json is not the file that was written", 1);
    // a row that calls the cells of a run real
    let scores = small.path("out/scores.csv");
    let text = fs::read_to_string(&scores).unwrap();
    fs::write(&scores, text.replace(",virtual,ridge,", ",real,ridge,")).unwrap();
    let refused = small.call(&["report", "out"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("says ridge, seed 0, on real cells, and the record of that run ridge, seed 0, on virtual"),
        "{said}"
    );
}

/// The run in `folder` as an older program would have kept it, in format 1; the folder is gone then.
fn as_before(folder: &Path) {
    let record = RunRecord::read(folder).unwrap();
    let former = record.ingredients.former();
    let mut value: Value = serde_json::from_str(&fs::read_to_string(folder.join("record.json")).unwrap()).unwrap();
    let map = value.as_object_mut().unwrap();
    for name in ["data_hash", "label_hash", "values", "device_class", "precision", "attachments", "blake3"] {
        assert!(map.remove(name).is_some(), "{name}");
    }
    map["provenance"].as_object_mut().unwrap().remove("is_dirty");
    for (name, said) in [
        ("format", json!(1)),
        ("key", json!(former.evaluation_key())),
        ("train_key", json!(former.train_key())),
        ("labels", json!(record.label_hash)),
        ("training_ingredients", former.training.clone()),
        ("evaluation_ingredients", former.evaluation.clone()),
    ] {
        map.insert(name.to_owned(), said);
    }
    fs::write(folder.join("record.json"), value.to_string()).unwrap();
    fs::rename(folder, folder.with_file_name(former.evaluation_key())).unwrap();
}

#[test]
fn runs_of_format_1_are_reported_as_they_are_and_taken_over_by_the_next_call() {
    let small = Small::new();
    let tree = || {
        let mut files = files(&small.path("out/runs"));
        files.sort();
        files
    };
    let (now, scores) = (tree(), fs::read(small.path("out/scores.csv")).unwrap());
    let weights = fs::read(small.runs()[1].join("weights.safetensors")).unwrap();
    let before = small.runs();
    let records = before.iter().map(|folder| RunRecord::read(folder).unwrap()).collect::<Vec<_>>();
    before.iter().for_each(|folder| as_before(folder));
    let former = |record: &RunRecord| record.ingredients.former().evaluation_key();
    let text = records
        .iter()
        .fold(String::from_utf8(scores.clone()).unwrap(), |text, record| text.replace(&record.key(), &former(record)));
    fs::write(small.path("out/scores.csv"), text).unwrap();
    // of which older programs knew nothing
    fs::remove_file(small.path("out/scores.blake3")).unwrap();
    small.batlinet(&["report", "out"]);
    let plan = small.plan();
    assert!(plan.contains("0 new, 0 stale, 3 done"), "{plan}");
    assert!(plan.contains(&format!("done, as {} in format 1, which `run` takes over", former(&records[0]))), "{plan}");
    let made = small.batlinet(&["run", "small.yaml", "--out", "out"]);
    assert!(made.contains("0 runs made with 0 trainings, 3 were there already"), "{made}");
    assert!(tree() == now && fs::read(small.path("out/scores.csv")).unwrap() == scores);
    for (folder, mut record) in before.iter().zip(records) {
        // which format 1 does not say
        record.provenance.is_dirty = false;
        assert_eq!(RunRecord::read_whole(folder).unwrap(), record);
    }
    assert_eq!(fs::read(before[1].join("weights.safetensors")).unwrap(), weights);
    small.batlinet(&["report", "out"]);
}

#[test]
fn what_is_kept_of_a_run_gives_the_same_report_and_is_not_run_again() {
    let small = Small::new();
    let path = |name: &str| small.path(name);
    let batlinet = |arguments: &[&str]| small.batlinet(arguments);
    let keep = |name: &str, path: PathBuf| format!("{name}={}", path.display());
    let made = Command::new("make")
        .args(["-s", "-C", &root().display().to_string(), "keep"])
        .args([keep("FROM", path("out")), keep("TO", path("kept"))])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let kept = files(&path("kept"));
    let names: BTreeSet<&str> = kept.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    let expected =
        ["losses.csv", "predictions.csv", "record.json", "scores.blake3", "scores.csv", "small-virtual.json"];
    assert_eq!(names, expected.into());
    batlinet(&["report", "out"]);
    batlinet(&["report", "kept", "--to", "report"]);
    for name in ["report.md", "report.html", "summary.csv", "figures/small-virtual-scatter.svg"] {
        let [from_all, from_kept] = ["out", "report"].map(|folder| fs::read(path(folder).join(name)).unwrap());
        assert!(from_all == from_kept, "{name}");
    }
    assert_eq!(files(&path("kept")).len(), kept.len(), "records stay as they are");
    assert!(batlinet(&["plan", "small.yaml", "--out", "kept"]).contains("0 new, 0 stale, 3 done"));
}

#[test]
fn the_committed_records_are_small_whole_and_named_by_what_they_are_of() {
    for folder in fs::read_dir(root().join("results/records")).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.is_dir() {
            continue;
        }
        let scores = read_scores(&folder.join("scores.csv")).unwrap();
        for score in &scores {
            let record = RunRecord::read_whole(&folder.join("runs").join(&score.key)).unwrap();
            assert_eq!(record.ingredients.evaluation_key(), score.key);
            assert_eq!((record.metrics, &record.status, record.seed), (score.metrics, &score.status, score.seed));
            assert!(folder.join(format!("experiments/{}-{}.json", score.experiment, score.data)).is_file());
        }
        let keys: BTreeSet<&str> = scores.iter().map(|score| score.key.as_str()).collect();
        for file in files(&folder) {
            let ending = file.extension().and_then(|ending| ending.to_str());
            // what was meant to change stands beside the numbers
            let is_record = matches!(ending, Some("json" | "csv"))
                || ["changes.yaml", "scores.blake3"].iter().any(|name| file.ends_with(name));
            assert!(is_record, "{} is no record", file.display());
            // what a browser still shows as a table
            let most = if file.ends_with("scores.csv") { 500_000 } else { 200_000 };
            assert!(fs::metadata(&file).unwrap().len() < most, "{} is too large to commit", file.display());
        }
        for run in fs::read_dir(folder.join("runs")).unwrap() {
            let name = run.unwrap().file_name();
            assert!(keys.contains(name.to_str().unwrap()), "run {} has no row in scores.csv", name.display());
        }
    }
}
