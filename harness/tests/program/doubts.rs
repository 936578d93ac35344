//! What may be wrong with a cell goes with it: from the import through the check and the run to the record and the report; so do that
//! it lives still, and what was repaired.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use cells::cell::{Cell, CellInfo, Cycle, DatasetName, LifeRecord};
use cells::source::CellSource as _;
use cells::store::Store;
use record::RunRecord;
use sources::export;
use testing::some::LabCells;

const OF: [&str; 4] = [
    "SNL_18650_NMC_25C_0-100_0.5-1C_a",
    "SNL_18650_NMC_25C_0-100_0.5-1C_b",
    "SNL_18650_NMC_25C_0-100_0.5-2C_a",
    "SNL_18650_NMC_25C_0-100_0.5-2C_b",
];
const OWN: [&str; 4] = ["mine-1", "mine-2", "mine-3", "mine-4"];

fn output(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_batlinet")).args(arguments).output().unwrap()
}

/// What is said on both streams, with the code that it must end with.
fn said(code: i32, arguments: &[&str]) -> String {
    let output = output(arguments);
    let text = [output.stdout, output.stderr].map(|stream| String::from_utf8(stream).unwrap()).concat();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    text
}

/// Cells of one's own that fade to 60 % within 40 cycles, and some more.
fn cells() -> LabCells {
    let mut cells = LabCells::of_the_lab(40, &OF);
    for (place, id) in OF.iter().enumerate() {
        cells = cells.changed(id, |cycles: &mut Vec<Cycle>| {
            for (k, cycle) in cycles.iter_mut().enumerate() {
                let faded = 1.0 - (0.009 + 0.001 * place as f64) * k as f64;
                let series =
                    [Some(&mut cycle.current), cycle.charge_capacity.as_mut(), Some(&mut cycle.discharge_capacity)];
                series.into_iter().flatten().flatten().for_each(|value| *value *= faded);
            }
        });
    }
    cells.measured().described(|info: &mut CellInfo| {
        let place = OF.iter().position(|id| *id == info.id).unwrap();
        info.id = OWN[place].to_owned();
        info.dataset = DatasetName::of("own");
        info.published_life = None;
    })
}

const EXPERIMENT: &str = "\
name: mine
scenario: MINE
description: Cells of one's own.
train_test_split: split.csv
protocol: faithful
early_cycles: 10
label: {end_of_life: 0.8, minimum: 0}
seeds: [0]
models:
  - mean: {}
";

/// Their files, the second with a temperature that cannot be, and a declaration of them.
fn files(folder: &Path, cells: &LabCells, living: Option<&str>) -> Vec<String> {
    let format = export::Format::find("bdf").unwrap();
    let files = export::export(format, cells, &cells.ids(), folder, &|_, _| Ok(())).unwrap();
    let mut declared = "cells:\n".to_owned();
    for (id, file) in OWN.iter().zip(&files) {
        let info = cells.get(id).info().clone();
        let (low, high) = info.voltage_limits;
        let name = file.file_name().unwrap().to_string_lossy();
        let alive = if living == Some(id) { "  alive: true\n" } else { "" };
        declared += &format!(
            "- id: {id}\n  files: [{name}]\n  cathode: NMC\n  nominal_capacity: {}\n  voltage_limits: [{low}, {high}]\n{alive}",
            info.nominal_capacity
        );
    }
    fs::write(folder.join("cells.yaml"), declared).unwrap();
    let mut lines: Vec<String> = fs::read_to_string(&files[1]).unwrap().lines().map(str::to_owned).collect();
    let last = lines[500].rfind(',').unwrap();
    lines[500].replace_range(last.., ",-4000");
    fs::write(&files[1], lines.join("\n") + "\n").unwrap();
    files.iter().map(|file| file.to_str().unwrap().to_owned()).collect()
}

fn import(dir: &Path, files: &[String], store: &str) -> String {
    let declaration = dir.join("files/cells.yaml");
    let mut arguments = vec!["data", "import", "cycler"];
    arguments.extend(files.iter().map(String::as_str));
    arguments.extend(["--cells", declaration.to_str().unwrap(), "--data", store]);
    said(0, &arguments)
}

#[test]
fn a_doubt_goes_from_the_file_to_the_report() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let files = files(&dir.path().join("files"), &cells(), None);
    let (store, out) = (path("store"), path("out"));
    let imported = import(dir.path(), &files, &store);
    assert!(imported.contains("mine-2: doubtful: cycle 2: a temperature of -4000 °C"), "{imported}");
    assert!(!imported.contains("mine-1: doubtful"), "{imported}");
    let checked = said(3, &["data", "check", "--data", &store]);
    assert!(checked.contains("fault: mine-2: cycle 2: a temperature of -4000 °C"), "{checked}");
    let shown = said(0, &["data", "show", "mine-2", "--data", &store]);
    assert!(shown.contains("doubtful    cycle 2: a temperature of -4000 °C"), "{shown}");

    fs::write(path("split.csv"), "cell_id,split\nmine-1,train\nmine-2,train\nmine-3,test\nmine-4,test\n").unwrap();
    fs::write(path("mine.yaml"), EXPERIMENT).unwrap();
    let run = ["run", &path("mine.yaml"), "--data", &store, "--out", &out];
    let line = "mine: mine-2 may be wrong in one thing: cycle 2: a temperature of -4000 °C";
    // also where nothing is left to do
    for _ in 0..2 {
        let run = said(0, &run);
        assert_eq!(run.matches(line).count(), 1, "{run}");
        assert!(!run.contains("mine-1 may be"), "{run}");
    }
    let folder = fs::read_dir(dir.path().join("out/runs")).unwrap().next().unwrap().unwrap().path();
    let record = RunRecord::read(&folder).unwrap();
    let [doubtful] = &record.doubtful[..] else { panic!("{:?}", record.doubtful) };
    assert!(doubtful.cell == "mine-2" && doubtful.doubts[0].contains("-4000"), "{doubtful:?}");
    said(0, &["report", &out]);
    for page in ["report.md", "report.html"] {
        let page = fs::read_to_string(dir.path().join("out").join(page)).unwrap();
        assert!(page.contains("mine-2 may be wrong in one thing"), "{page}");
    }

    // repaired cells lie elsewhere, and say what was done to them
    let repair = ["data", "repair", "mine-2", "--rule", "drop-cycles=2", "--data", &store];
    let repaired = said(0, &repair);
    assert!(repaired.contains("1 cell repaired, 3 others as they are"), "{repaired}");
    assert!(repaired.contains("mine-2: repaired: cycle 2 was dropped"), "{repaired}");
    let there = path("store-repaired");
    let shown = said(0, &["data", "show", "mine-2", "--data", &there]);
    assert!(shown.contains("repaired    cycle 2 was dropped") && !shown.contains("doubtful"), "{shown}");
    let checked = said(0, &["data", "check", "--data", &there]);
    assert!(checked.contains("note: mine-2 was repaired: cycle 2 was dropped"), "{checked}");
    let [before, after] = [&store, &there].map(|store| {
        let store = Store::open(Path::new(store)).unwrap();
        OWN.map(|id| (store.cell(id, usize::MAX).unwrap().cycles().len(), store.fingerprint(id).unwrap()))
    });
    assert_eq!((before[1].0, after[1].0), (40, 39));
    assert!(before[0] == after[0] && before[2..] == after[2..]);
    for (arguments, what) in [
        (
            vec!["data", "repair", "mine-2", "--rule", "cut-tail=1", "--data", &store, "--to", &store],
            "give another folder",
        ),
        (vec!["data", "repair", "mine-9", "--rule", "cut-tail=1", "--data", &store], "mine-9 is not in the cell store"),
        (vec!["data", "repair", "mine-2", "--rule", "flip-current", "--data", &store], "seems to be turned"),
        (vec!["data", "repair", "mine-2", "--rule", "flip", "--data", &store], "there is no such rule"),
    ] {
        let refused = said(2, &arguments);
        assert!(refused.contains(what), "{refused}");
    }
}

#[test]
fn a_living_cell_neither_trains_nor_tests() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let files = files(&dir.path().join("files"), &cells(), Some("mine-3"));
    let store = path("store");
    assert!(import(dir.path(), &files, &store).contains("mine-3: its test goes on, as declared"));
    let shown = said(0, &["data", "show", "mine-3", "--data", &store]);
    assert!(shown.contains("lives       its test goes on"), "{shown}");
    fs::write(path("mine.yaml"), EXPERIMENT).unwrap();
    for (part, split) in [
        ("test", "cell_id,split\nmine-1,train\nmine-2,train\nmine-3,test\nmine-4,test\n"),
        ("training", "cell_id,split\nmine-1,train\nmine-3,train\nmine-4,test\n"),
    ] {
        fs::write(path("split.csv"), split).unwrap();
        for verb in ["run", "plan"] {
            let refused = said(2, &[verb, &path("mine.yaml"), "--data", &store, "--out", &path("out")]);
            assert!(refused.contains(&format!("mine-3 is among its {part} cells and lives still")), "{refused}");
        }
    }
    fs::write(path("split.csv"), "cell_id,split\nmine-1,train\nmine-2,train\nmine-4,test\n").unwrap();
    said(0, &["run", &path("mine.yaml"), "--data", &store, "--out", &path("out")]);
}

/// The first cell once more under the id of the third, in fewer digits and cut short: by no hash, and wherever cells are put together.
#[test]
fn a_test_under_two_ids_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (cells, data) = (cells(), path("store"));
    let mut store = Store::create(Path::new(&data)).unwrap();
    for id in OWN {
        let own = cells.cell(id, usize::MAX).unwrap();
        let cell = if id == "mine-3" {
            let mut cycles = cells.get("mine-1").cycles()[..36].to_vec();
            let voltages = cycles.iter_mut().flat_map(|cycle| &mut cycle.voltage);
            voltages.for_each(|voltage| *voltage = (*voltage * 1e3).round() / 1e3);
            let life = LifeRecord::Capacity(cycles.iter().map(Cycle::discharged).collect());
            Cell::new(own.info().clone(), cycles, life).unwrap()
        } else {
            own
        };
        store.write(&cell).unwrap();
    }
    let checked = said(3, &["data", "check", "--data", &data]);
    assert!(checked.contains("fault: mine-1 and mine-3 are one test"), "{checked}");
    assert_eq!(checked.matches("are one test").count(), 1, "{checked}");
    fs::write(path("split.csv"), "cell_id,split\nmine-1,train\nmine-2,train\nmine-3,test\nmine-4,test\n").unwrap();
    fs::write(path("mine.yaml"), EXPERIMENT).unwrap();
    let what = "the test cell mine-3 is the training cell mine-1 under another id";
    for (code, arguments) in [
        (3, vec!["split", "--check", &path("split.csv"), "--data", &data]),
        (3, vec!["data", "check", &path("mine.yaml"), "--data", &data]),
        (0, vec!["run", &path("mine.yaml"), "--data", &data, "--out", &path("out")]),
    ] {
        let said = said(code, &arguments);
        assert!(said.contains(what) && !said.contains("mine-4 is"), "{said}");
    }
    // a split that is made keeps the two together, and one by time that cannot ends as a fault
    for seed in ["0", "1", "2", "3"] {
        said(0, &["split", "--data", &data, "--seed", seed, "--test", "0.5", "--force", "--out", &path("made.csv")]);
        let split = cells::split::Split::read(Path::new(&path("made.csv"))).unwrap();
        let trains = |id: &str| split.train.iter().any(|known| known == id);
        assert_eq!(trains("mine-1"), trains("mine-3"), "{split:?}");
    }
    fs::write(
        path("starts.csv"),
        "cell_id,start\nmine-1,2024-01-01\nmine-2,2024-01-02\nmine-3,2024-03-01\nmine-4,2024-03-02\n",
    )
    .unwrap();
    let by_time = ["split", "--data", &data, "--by", "time", "--test", "0.5", "--table", &path("starts.csv")];
    let leaks = said(3, &[&by_time[..], &["--out", &path("late.csv")]].concat());
    assert!(leaks.contains(&format!("LEAK: {what}")) && leaks.contains("what is tested was trained on"), "{leaks}");
}

/// Curves with spikes are the published ones: said, and no fault.
#[test]
fn what_was_published_so_is_no_fault() {
    let Some(archive) = testing::published("data/matr/matr-curves.tar.gz") else { return };
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store").to_str().unwrap().to_owned();
    said(0, &["data", "import", "matr-curves", archive.to_str().unwrap(), "--data", &store]);
    let output = output(&["data", "check", "--data", &store]);
    let checked = String::from_utf8(output.stdout).unwrap();
    assert!(checked.contains("note: MATR_b2c40, as it was published: glitched curves"), "{checked}");
    assert!(!checked.contains("fault:"), "{checked}");
}
