//! `batlinet split` and `batlinet data features`: files that experiments and others can read.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use cells::split::Split;

fn batlinet(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_batlinet")).args(arguments).output().unwrap()
}

fn sound(arguments: &[&str]) -> String {
    let output = batlinet(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(arguments: &[&str], code: i32, part: &str) {
    let output = batlinet(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(said.contains(part), "{said}");
}

const CELLS: &str = "MATR_b1c0,MATR_b1c1,MATR_b1c2,MATR_b2c0,MATR_b2c1,MATR_b3c0,MATR_b3c1";

#[test]
fn a_split_by_batch_keeps_batches_whole_and_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let out = path("mine.csv");
    let arguments = ["split", "--cells", CELLS, "--by", "batch", "--out", &out];
    let said = sound(&arguments);
    assert!(said.contains("wrote") && !said.contains("of their batch"), "{said}");
    let split = Split::read(Path::new(&out)).unwrap();
    assert_eq!(split.train.len() + split.test.len(), 7);
    refused(&arguments, 2, "is there already");

    let folds = path("fold.csv");
    sound(&["split", "--cells", CELLS, "--folds", "3", "--out", &folds]);
    let mut tested: Vec<String> =
        (1..=3).flat_map(|fold| Split::read(Path::new(&path(&format!("fold-{fold}.csv")))).unwrap().test).collect();
    tested.sort_unstable();
    assert_eq!(tested.join(","), CELLS);
    let said = sound(&["split", "--check", &path("fold-1.csv")]);
    assert!(said.contains("of their batch"), "{said}");
}

#[test]
fn a_split_by_time_asks_for_the_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (out, table) = (path("time.csv"), path("starts.csv"));
    let by_time = ["split", "--cells", CELLS, "--by", "time", "--out", &out];
    refused(&by_time, 2, "give --table");
    let lines = |start: fn(usize) -> String| {
        CELLS.split(',').enumerate().map(|(place, id)| format!("{id},{}\n", start(place))).collect::<String>()
    };
    let with_table = [&by_time[..], &["--table", &table]].concat();
    fs::write(&table, format!("cell_id,start\n{}", lines(|place| format!("1.{}.2024", place + 1)))).unwrap();
    refused(&with_table, 2, "write it as 2024-03-01");
    fs::write(&table, format!("cell_id,start\n{}", lines(|place| format!("2024-01-{:02}", 20 - place)))).unwrap();
    sound(&with_table);
    assert_eq!(Split::read(Path::new(&out)).unwrap().test, ["MATR_b1c0", "MATR_b1c1"]);
    refused(&["split", "--cells", "MATR_b1c0,nobody", "--out", &path("x.csv")], 2, "nobody is not in virtual");
}

#[test]
fn folds_are_a_study_in_which_every_cell_is_tested_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    sound(&["split", "--cells", CELLS, "--folds", "3", "--out", &path("fold.csv")]);
    let text = |splits: &str, study: &str| {
        format!(
            "name: mine\nscenario: mine\n{study}description: x\ntrain_test_split: {splits}\nprotocol: faithful\nlabel: {{}}\nseeds: [0]\n\
             models:\n  - mean: {{}}\n"
        )
    };
    let experiment = path("mine.yaml");
    fs::write(&experiment, text("[fold-1.csv, fold-2.csv, fold-3.csv]", "")).unwrap();
    let (out, report) = (path("out"), path("report"));
    sound(&["run", &experiment, "--out", &out]);
    let scores = record::read_scores(&Path::new(&out).join("scores.csv")).unwrap();
    let names: Vec<&str> = scores.iter().map(|score| score.experiment.as_str()).collect();
    assert_eq!(names, ["mine-fold-1", "mine-fold-2", "mine-fold-3"]);
    assert_eq!(scores.iter().map(|score| score.test_cells).sum::<usize>(), CELLS.split(',').count());
    // the same as the fold alone
    sound(&["run", &experiment, "--set", "train_test_split=fold-2.csv", "--out", &path("one")]);
    let one = record::read_scores(&Path::new(&path("one")).join("scores.csv")).unwrap();
    assert_eq!((&one[0].experiment[..], &one[0].key, one[0].metrics), ("mine", &scores[1].key, scores[1].metrics));
    sound(&["report", &out, "--to", &report]);
    let report = fs::read_to_string(Path::new(&report).join("report.md")).unwrap();
    assert!(report.contains("over the test cells of all 3 folds"), "{report}");
    // folds of one test cell each
    let (single, splits) =
        (path("single"), (1..=7).map(|fold| format!("single-{fold}.csv")).collect::<Vec<_>>().join(", "));
    sound(&["split", "--cells", CELLS, "--folds", "7", "--out", &path("single.csv")]);
    fs::write(path("single.yaml"), text(&format!("[{splits}]"), "")).unwrap();
    sound(&["run", &path("single.yaml"), "--out", &single]);
    refused(&["compare", &single, &single], 2, "folds of two cells or more can be compared");
    let train = ["train", &experiment, "--model", "mean", "--out", &path("x.blm")];
    refused(&train, 2, "a cross-validation of 3 folds");
    sound(&[&train[..], &["--set", "train_test_split=fold-1.csv"]].concat());
    for (splits, study, part) in [
        ("[fold-1.csv]", "", "a list of at least two"),
        ("[fold-1.csv, fold-1.csv]", "", "fold-1.csv is given twice"),
        ("fold-1.csv", "study: cross_validation\n", "needs a list of split files"),
        ("[fold-1.csv, fold-2.csv]", "study: branches\n", "leave study out"),
        ("7", "", "train_test_split"),
    ] {
        fs::write(&experiment, text(splits, study)).unwrap();
        refused(&["plan", &experiment], 2, part);
    }
}

#[test]
fn features_of_an_experiment_become_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let split = path("split.csv");
    sound(&["split", "--cells", CELLS, "--out", &split]);
    let experiment = path("mine.yaml");
    let text = "name: mine\nscenario: mine\ndescription: features as a table\nanalysis: seven cells\n\
                train_test_split: split.csv\nprotocol: faithful\nearly_cycles: 100\nlabel: {end_of_life: 0.8}\nseeds: [0]\n\
                features:\n  statistics: {severson: {statistics: [variance, minimum], cycles: [2, 9, 99]}}\n\
                models:\n  - variance: {}\n    feature: statistics\n";
    fs::write(&experiment, text).unwrap();
    let table = path("features.csv");
    let said = sound(&["data", "features", &experiment, "--out", &table]);
    assert!(said.contains("2 columns of features of 7 virtual cells"), "{said}");
    let written = fs::read_to_string(&table).unwrap();
    assert!(written.starts_with("cell_id,dataset,split,life,statistics.variance,statistics.minimum\n"), "{written}");
    assert_eq!(written.lines().count(), 8);
    assert!(written.lines().skip(1).all(|line| line.split(',').all(|field| !field.is_empty())), "{written}");
    sound(&["data", "features", &experiment, "--out", &path("features.parquet")]);
    assert!(fs::read(path("features.parquet")).unwrap().starts_with(b"PAR1"));
    refused(&["data", "features", &experiment, "--out", &path("features.txt")], 2, "end the name in .parquet");
}
