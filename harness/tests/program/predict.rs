//! `batlinet train` and `batlinet predict`: the numbers of `run`, refusals, exit codes.

use std::{collections::BTreeMap, fs};

use cells::{
    cell::{Cell, CellInfo, DatasetName, LifeRecord},
    source::CellSource as _,
    store::Store,
};
use lab::VirtualLab;
use record::{RunRecord, read_scores};

use crate::small::Small;

const TEST: &str = "MATR_b1c0,MATR_b1c2";

/// Rows by cell, fields by column.
fn rows(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |record: csv::StringRecord| {
        let fields: BTreeMap<String, String> = header.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
        (fields["cell_id"].clone(), fields)
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// Writes a store of three cells: one of two cycles, one of fifty that lives on, one whole.
fn store(small: &Small) {
    let lab = VirtualLab::new();
    let cell = |id: &str, cycles: usize, record: usize| {
        let cell = lab.cell(id, cycles).unwrap();
        let capacity = cell.recorded().unwrap()[..record.min(cell.recorded().unwrap().len())].to_vec();
        Cell::new(cell.info().clone(), cell.cycles().to_vec(), LifeRecord::Capacity(capacity)).unwrap()
    };
    let mut store = Store::create(&small.path("cells")).unwrap();
    store.write(&cell("MATR_b1c0", 2, 2)).unwrap();
    store.write(&cell("MATR_b1c2", 50, 50)).unwrap();
    store.write(&cell("MATR_b1c4", 50, usize::MAX)).unwrap();
    store.write(&cell("SNL_18650_NMC_25C_0-100_0.5-1C_a", 50, 50)).unwrap();
}

#[test]
fn a_bundle_answers_as_the_run_did_and_tells_what_it_lacks() {
    let small = Small::new();
    let scores = read_scores(&small.path("out/scores.csv")).unwrap();
    for model in ["ridge", "mlp"] {
        let said = small.batlinet(&[
            "train",
            "small.yaml",
            "--model",
            model,
            "--out",
            "model.blm",
            "--calibration",
            "folds=3",
        ]);
        assert!(said.contains("predicts: life in cycles") && said.contains("wrote model.blm"), "{said}");
        let found = rows(&small.batlinet(&["predict", "model.blm", "virtual", "--only", TEST, "--format", "csv"]));
        let score = scores.iter().find(|score| score.model == model && score.seed == 0).unwrap();
        let record = RunRecord::read(&small.path("out/runs").join(&score.key)).unwrap();
        assert_eq!(found.len(), record.predictions.len());
        for row in record.predictions {
            let predicted: f64 = found[&row.cell]["life"].parse().unwrap();
            assert_eq!(predicted.to_bits(), row.predicted.to_bits(), "{model} {}", row.cell);
            assert_eq!((found[&row.cell]["status"].as_str(), found[&row.cell]["remaining"].as_str()), ("ended", ""));
            // three training cells bound nothing
            assert!(
                found[&row.cell]["low"].is_empty() && found[&row.cell]["warnings"].contains("too few for an interval")
            );
        }
    }
}

#[test]
fn living_short_and_foreign_cells_are_told_apart() {
    let small = Small::new();
    store(&small);
    small.batlinet(&["train", "small.yaml", "--model", "ridge", "--out", "model.blm", "--calibration", "none"]);
    let text = small.batlinet(&["predict", "model.blm", "cells", "--format", "csv"]);
    let header = "cell_id,life,low,high,remaining,cycles_seen,cycles_needed,status,warnings,";
    assert!(text.starts_with(header), "{text}");
    let found = rows(&text);
    let short = &found["MATR_b1c0"];
    assert_eq!(
        (short["status"].as_str(), short["cycles_seen"].as_str(), short["cycles_needed"].as_str()),
        ("too few cycles", "2", "5")
    );
    assert!(short["life"].is_empty() && short["warnings"].contains("3 more are needed"), "{short:?}");
    let living = &found["MATR_b1c2"];
    let [life, remaining] = ["life", "remaining"].map(|column| living[column].parse::<f64>().unwrap());
    assert_eq!((living["status"].as_str(), remaining), ("ok", (life - 50.0).max(0.0)));
    assert!(living["low"].is_empty() && living["warnings"].contains("not calibrated"), "{living:?}");
    assert_eq!((found["MATR_b1c4"]["status"].as_str(), found["MATR_b1c4"]["remaining"].as_str()), ("ended", ""));
    // the life of a whole record is said beside what its first cycles promised, of those that live there is none
    let whole = VirtualLab::new().cell("MATR_b1c4", 1).unwrap();
    let recorded = cells::label::LabelRule { minimum: 0, ..cells::label::LabelRule::to(0.8) }.life(&whole).unwrap();
    assert_eq!(found["MATR_b1c4"]["recorded_life"].parse().ok(), recorded);
    assert!(
        living["recorded_life"].is_empty() && text.lines().next().unwrap().ends_with(",recorded_life,outside"),
        "{text}"
    );
    let foreign = &found["SNL_18650_NMC_25C_0-100_0.5-1C_a"];
    let ways = |cell: &BTreeMap<String, String>| cell["outside"].parse::<usize>().unwrap();
    assert!(ways(foreign) >= 3 && ways(foreign) > ways(living), "{foreign:?}");
    let foreign = &foreign["warnings"];
    assert!(
        foreign.contains("its chemistry is NMC/graphite") && foreign.contains("nominal capacity is 3 Ah"),
        "{foreign}"
    );
    assert!(foreign.contains("farther from the nearest training cell than 99 % of these"), "{foreign}");

    let json = small.batlinet(&["predict", "model.blm", "cells", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[1]["life"].as_f64(), Some(life));
    assert!(json[0]["life"].is_null() && json[0]["warnings"].is_array());
    let table = small.batlinet(&["predict", "model.blm", "cells"]);
    assert!(table.contains("recorded life"), "{table}");
    assert!(table.contains("cycles needed") && table.contains(&format!(" {life:.0} ")), "{table}");
}

#[test]
fn the_files_of_a_cycler_are_answered_as_their_store_is() {
    let small = Small::new();
    small.batlinet(&["train", "small.yaml", "--model", "ridge", "--out", "model.blm", "--calibration", "none"]);
    let exported = sources::export::Format::find("arbin-csv").unwrap();
    let cells = testing::some::LabCells::of_the_lab(30, &["MATR_b1c0", "MATR_b1c2"]);
    sources::export::export(exported, &cells, &cells.ids(), &small.path("files"), &|_, _| Ok(())).unwrap();
    let cell = |id: &str, more: &str| {
        format!(
            "- {{id: {id}, files: [MATR_{id}_arbin.csv], cathode: LFP, nominal_capacity: 1.1, voltage_limits: [2.0, 3.5]{more}}}\n"
        )
    };
    fs::write(small.path("cells.yaml"), format!("cells:\n{}{}", cell("b1c0", ", alive: true"), cell("b1c2", "")))
        .unwrap();
    small.batlinet(&["data", "import", "cycler", "files", "--cells", "cells.yaml", "--data", "store"]);
    let of_store = small.batlinet(&["predict", "model.blm", "store", "--format", "csv"]);
    let asked = ["predict", "model.blm", "files", "--cells", "cells.yaml", "--format", "csv"];
    assert_eq!(small.batlinet(&asked), of_store);
    let found = rows(&of_store);
    assert_eq!(found.len(), 2);
    for row in found.values() {
        let [life, remaining, seen] =
            ["life", "remaining", "cycles_seen"].map(|column| row[column].parse::<f64>().unwrap());
        assert_eq!((row["status"].as_str(), remaining), ("ok", (life - seen).max(0.0)), "{row:?}");
        assert!((28.0..=30.0).contains(&seen), "{row:?}");
    }
    let one = small.batlinet(&[&asked[..], &["--only", "b1c2"]].concat());
    assert_eq!(rows(&one)["b1c2"], found["b1c2"]);
    // what may be wrong is said with the answer, and what is wrong is refused
    fs::write(small.path("cells.yaml"), format!("cells:\n{}", cell("b1c0", "").replace("1.1", "11"))).unwrap();
    let doubted = rows(&small.batlinet(&asked)).remove("b1c0").unwrap();
    assert!(
        doubted["warnings"].contains("doubtful: ") && doubted["warnings"].contains("nominal capacity is 11 Ah"),
        "{doubted:?}"
    );
    fs::write(small.path("cells.yaml"), format!("cells:\n{}", cell("b1c0", "").replace("1.1", "110"))).unwrap();
    let (code, said) = small.ends(&asked);
    assert!(code == 2 && said.contains("b1c0"), "{code}: {said}");
    for (arguments, words) in [
        (&["predict", "model.blm", "store", "--cells", "cells.yaml"][..], "leave --cells out"),
        (&["predict", "model.blm", "files/MATR_b1c0_arbin.csv"], "batlinet data describe"),
        (&["predict", "model.blm", "store", "virtual"], "give one folder of imported cells"),
        (&["predict", "model.blm", "files", "--cells", "lost.yaml"], "lost.yaml"),
    ] {
        let (code, said) = small.ends(arguments);
        assert!(code == 2 && said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn what_is_missing_in_a_record_is_said_with_the_life() {
    let small = Small::new();
    small.batlinet(&["train", "small.yaml", "--model", "ridge", "--out", "model.blm", "--calibration", "none"]);
    let exported = sources::export::Format::find("arbin-csv").unwrap();
    let cells = testing::some::LabCells::of_the_lab(60, &["MATR_b1c0"]).measured();
    sources::export::export(exported, &cells, &cells.ids(), &small.path("files"), &|_, _| Ok(())).unwrap();
    let file = small.path("files/MATR_b1c0_arbin.csv");
    let text = fs::read_to_string(&file).unwrap();
    let headings: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let place = headings.iter().position(|heading| *heading == "Cycle Index").unwrap();
    let kept = |line: &&str| {
        line.split(',').nth(place).unwrap().parse().map_or(true, |number: u32| !(20..30).contains(&number))
    };
    fs::write(&file, text.lines().filter(kept).collect::<Vec<_>>().join("\n")).unwrap();
    let declared = "cells:\n- {id: mine, files: [MATR_b1c0_arbin.csv], cathode: LFP, nominal_capacity: 1.1, voltage_limits: [2.0, 3.5]}\n";
    fs::write(small.path("cells.yaml"), declared).unwrap();
    let words = "doubtful: 10 numbers of cycles skipped: 20 to 29";
    let (code, said) = small.ends(&["data", "import", "cycler", "files", "--cells", "cells.yaml", "--data", "store"]);
    assert!(code == 0 && said.contains(words), "{code}: {said}");
    let (code, said) = small.ends(&["data", "check", "--data", "store"]);
    assert!(code == 3 && said.contains("10 numbers of cycles skipped"), "{code}: {said}");
    for asked in [&["store"][..], &["files", "--cells", "cells.yaml"]] {
        let answer = rows(&small.batlinet(&[&["predict", "model.blm", "--format", "csv"][..], asked].concat()));
        assert_eq!(answer["mine"]["warnings"].matches(words).count(), 1, "{answer:?}");
    }
}

#[test]
fn the_models_of_runs_are_kept_as_train_keeps_them() {
    let small = Small::new();
    let run = ["run", "small.yaml", "--out", "out", "--bundles", "--calibration", "folds=3"];
    let said = small.batlinet(&run);
    let scores = read_scores(&small.path("out/scores.csv")).unwrap();
    assert_eq!((scores.len(), said.matches("wrote out/bundles").count()), (3, 3), "{said}");
    for score in &scores {
        let model = score.model.as_str();
        let seed = score.seed.to_string();
        let train =
            ["train", "small.yaml", "--model", model, "--seed", &seed, "--out", "one.blm", "--calibration", "folds=3"];
        small.batlinet(&train);
        let read = |path: &str| {
            let mut bundle = bundle::Bundle::read(&small.path(path)).unwrap();
            // a call is a call, and a seed that was asked for is one of the settings
            bundle.description.provenance.command.clear();
            bundle.description.settings.clear();
            bundle.description.config_hash.clear();
            bundle.to_bytes().unwrap()
        };
        assert!(read(&format!("out/bundles/{}.blm", score.key)) == read("one.blm"), "{model} {seed}");
    }
    assert!(!small.batlinet(&run).contains("out/bundles"), "they are there");
    fs::write(small.path("out/bundles").join(format!("{}.blm", scores[0].key)), "cut").unwrap();
    assert_eq!(small.batlinet(&run).matches("wrote out/bundles").count(), 1, "what is no bundle is written anew");
    assert_eq!(small.ends(&["run", "small.yaml", "--out", "out", "--calibration", "none"]).0, 2);
}

#[test]
fn what_is_no_bundle_no_model_and_no_store_is_refused() {
    let small = Small::new();
    small.batlinet(&["train", "small.yaml", "--model", "ridge", "--out", "model.blm", "--calibration", "none"]);
    fs::write(small.path("cut.blm"), &fs::read(small.path("model.blm")).unwrap()[..500]).unwrap();
    for (arguments, words) in [
        (&["predict", "cut.blm", "virtual"][..], "cut or changed"),
        (&["predict", "small.yaml", "virtual"], "is no bundle"),
        (&["predict", "lost.blm", "virtual"], "cannot read this bundle"),
        (&["predict", "model.blm", "lost"], "there is nothing here"),
        (&["predict", "model.blm", "split.csv"], "batlinet data import"),
        (&["predict", "model.blm", "virtual", "--only", "MATR_b1c99"], "there is no such cell"),
        (&["train", "small.yaml", "--model", "rigde", "--out", "x.blm"], "has no such model"),
        (
            &["train", "small.yaml", "--model", "ridge", "--out", "x.blm", "--calibration", "folds=9"],
            "9 folds of 3 training cells",
        ),
        (&["train", "small.yaml", "--model", "ridge", "--out", "x.blm", "--calibration", "much"], "is no calibration"),
    ] {
        let (code, said) = small.ends(arguments);
        assert_eq!(code, 2, "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert!(!small.path("x.blm").exists());
    }
}

/// A cell whose capacity hardly fades, on record for longer than any life that the model knows.
#[test]
fn a_cell_that_outlives_its_prediction_is_called_so() {
    let small = Small::new();
    let cell = VirtualLab::new().cell("MATR_b1c2", 50).unwrap();
    let capacity = vec![cell.recorded().unwrap()[0]; 9000];
    let cell = Cell::new(cell.info().clone(), cell.cycles().to_vec(), LifeRecord::Capacity(capacity)).unwrap();
    Store::create(&small.path("cells")).unwrap().write(&cell).unwrap();
    small.batlinet(&["train", "small.yaml", "--model", "ridge", "--out", "model.blm", "--calibration", "none"]);
    let found = rows(&small.batlinet(&["predict", "model.blm", "cells", "--format", "csv"]));
    let old = &found["MATR_b1c2"];
    assert_eq!((old["status"].as_str(), old["remaining"].as_str()), ("outlived", "0"), "{old:?}");
    assert!(old["warnings"].contains("it has outlived its prediction by"), "{old:?}");
}

/// Of one's own cells that stop between the end of life and what `run` counts as ended, the two rules are said.
#[test]
fn a_record_that_ends_near_the_end_of_life_is_told() {
    let small = Small::new();
    let cell = VirtualLab::new().cell("MATR_b1c2", 50).unwrap();
    let mut store = Store::create(&small.path("cells")).unwrap();
    for (id, last) in [("near", 0.81), ("far", 0.83), ("over", 0.79)] {
        let (id, dataset) = (id.to_owned(), DatasetName::of("own"));
        let info = CellInfo { id, dataset, published_life: None, ..cell.info().clone() };
        let first = cell.recorded().unwrap()[0] / info.nominal_capacity;
        let share = |k: u32| first + (last - first) * f64::from(k) / 299.0;
        let capacity = (0..300).map(|k| share(k) * info.nominal_capacity).collect();
        store.write(&Cell::new(info, cell.cycles().to_vec(), LifeRecord::Capacity(capacity)).unwrap()).unwrap();
    }
    small.batlinet(&["train", "small.yaml", "--model", "ridge", "--out", "model.blm", "--calibration", "none"]);
    let found = rows(&small.batlinet(&["predict", "model.blm", "cells", "--format", "csv"]));
    let said = "its record ends at 81.0 % of nominal capacity, above the 80 % that end a life";
    assert!(found["near"]["warnings"].contains(said) && found["near"]["status"] != "ended", "{:?}", found["near"]);
    assert!(!found["far"]["warnings"].contains("its record ends") && found["far"]["status"] != "ended");
    assert!(!found["over"]["warnings"].contains("its record ends") && found["over"]["status"] == "ended");
}

#[test]
fn files_marked_as_virtual_and_others_are_not_asked_about_together() {
    let small = Small::new();
    small.batlinet(&["train", "small.yaml", "--model", "ridge", "--out", "model.blm", "--calibration", "none"]);
    let exported = sources::export::Format::find("bdf").unwrap();
    let cells = testing::some::LabCells::of_the_lab(30, &["MATR_b1c0", "MATR_b1c2"]);
    sources::export::export(exported, &cells, &cells.ids(), &small.path("files"), &|_, _| Ok(())).unwrap();
    let file = small.path("files/MATR_b1c2.bdf.csv");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace(sources::import::VIRTUAL_MARK, "measured")).unwrap();
    let cell = |id: &str| {
        format!(
            "- {{id: {id}, files: [MATR_{id}.bdf.csv], cathode: LFP, nominal_capacity: 1.1, voltage_limits: [2.0, 3.5]}}\n"
        )
    };
    fs::write(small.path("cells.yaml"), format!("cells:\n{}{}", cell("b1c0"), cell("b1c2"))).unwrap();
    let (code, said) = small.ends(&["predict", "model.blm", "files", "--cells", "cells.yaml"]);
    assert!(code == 2 && said.contains("the file of the cell b1c0 is marked as VIRTUAL"), "{code}: {said}");
}
