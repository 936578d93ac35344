//! LabCells of one's own, described by a catalogue file: imported, listed, shown, checked, split and used like published ones.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use cells::catalogue::{self, Catalogue};
use cells::cell::{Cathode, CellInfo, DatasetName, Origin};
use cells::source::CellSource;
use cells::store::{self, Store};
use harness::cli::failure::Failure;
use sources::export;
use sources::import::Format;

use testing::some::LabCells;

const HEADER: &str =
    "id,dataset,cathode,anode,form_factor,nominal_capacity_Ah,v_min,v_max,temperature_C,charge,discharge,cycle_life_80";

fn output(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_batlinet")).args(arguments).output().unwrap()
}

fn batlinet(arguments: &[&str]) -> String {
    let output = output(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Virtual cells under names of one's own: the first `cycles` cycles of their lives.
fn renamed(cycles: usize, names: &[(&str, &str)]) -> LabCells {
    let ids: Vec<&str> = names.iter().map(|(id, _)| *id).collect();
    LabCells::of_the_lab(cycles, &ids).described(|info: &mut CellInfo| {
        let (_, own) = names.iter().find(|(id, _)| info.id == *id).unwrap();
        info.id = (*own).to_owned();
        info.dataset = DatasetName::of("MINE");
        info.chemistry.cathode = Cathode::of("LMFP");
        info.form_factor = None;
        info.ambient_temperature = None;
        info.protocol = cells::cell::CyclingProtocol::default();
        info.published_life = None;
    })
}

/// What a catalogue says of these cells.
fn described(cells: &LabCells) -> String {
    let line = |id: String| {
        let info = cells.cell(&id, 0).unwrap().info().clone();
        let (nominal, (low, high)) = (info.nominal_capacity, info.voltage_limits);
        format!("{id},MINE,LMFP,{},,{nominal},{low},{high},,,,\n", info.chemistry.anode)
    };
    format!("{HEADER}\n{}", cells.ids().into_iter().map(line).collect::<String>())
}

/// Writes cells of one's own as a publisher would.
fn write(format: &str, cells: &LabCells, folder: &Path) {
    let format = export::Format::find(format).unwrap();
    export::export(format, cells, &cells.ids(), folder, &|_, _| Ok(())).unwrap();
}

#[test]
fn files_of_every_form_that_can_hold_them_give_the_cells_of_the_catalogue() {
    for (format, names) in [
        ("batteryml", [("MATR_b1c0", "cell_1"), ("RWTH_002", "cell_2")]),
        ("hust", [("HUST_1-1", "7-left"), ("HUST_1-2", "7-right")]),
        ("calce", [("CALCE_CS2_35", "CS2_99"), ("CALCE_CX2_16", "CX2_99")]),
        ("rwth", [("RWTH_002", "cell_2"), ("RWTH_003", "my_cell_2")]),
        ("snl", [("SNL_18650_NMC_25C_0-100_0.5-1C_a", "x_a"), ("SNL_18650_NCA_25C_0-100_0.5-1C_a", "x_b")]),
        (
            "hnei",
            [("HNEI_18650_NMC_LCO_25C_0-100_0.5-1.5C_a", "x_a"), ("HNEI_18650_NMC_LCO_25C_0-100_0.5-1.5C_b", "x_b")],
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (files, list) = (dir.path().join("files"), dir.path().join("mine.csv"));
        let cells = renamed(30, &names);
        write(format, &cells, &files);
        fs::write(&list, described(&cells)).unwrap();
        let read = Format::find(format).unwrap();
        let published = read.open_own(std::slice::from_ref(&files), Arc::new(Catalogue::read(&list).unwrap())).unwrap();
        assert_eq!(published.ids(), cells.ids(), "{format}");
        for (_, id) in names {
            let (made, read) = (cells.cell(id, usize::MAX).unwrap(), published.cell(id).unwrap().cell);
            assert_eq!(read.info(), made.info(), "{format}");
            assert_eq!(read.cycles().len(), made.cycles().len(), "{format} {id}");
            if format == "batteryml" {
                assert_eq!(read, made);
            }
        }
        // without the catalogue they are nobody's
        let failure = (read.open)(&[files]).err().unwrap_or_else(|| panic!("{format} takes cells that nobody knows"));
        let failure = Failure::from(failure);
        assert_eq!(failure.exit_code(), 2, "{failure}");
    }
    for format in ["matr", "matr-curves"] {
        let failure = Format::find(format).unwrap().open_own(&[], Catalogue::published()).err().unwrap();
        assert!(failure.to_string().contains("leave --catalogue out"), "{failure}");
    }
}

const EXPERIMENT: &str = "\
name: mine
scenario: MINE
description: LabCells of one's own.
train_test_split: split.csv
protocol: faithful
early_cycles: 100
label: {end_of_life: 0.8}
seeds: [0]
features:
  few: {severson: {statistics: [variance, charge_time], cycles: [2, 9, 99]}}
models:
  - mean: {}
  - full: {}
    feature: few
";

#[test]
fn cells_of_ones_own_go_all_the_way_to_scores() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let names = ["CS2_33", "CS2_34", "CS2_35", "CS2_36", "CS2_37"]
        .map(|name| (format!("CALCE_{name}"), format!("mine-{name}")));
    let names: Vec<(&str, &str)> = names.iter().map(|(id, own)| (&id[..], &own[..])).collect();
    let cells = renamed(usize::MAX, &names);
    write("batteryml", &cells, &dir.path().join("files"));
    // one whose life somebody knows
    let list = described(&cells).replacen("4.2,,,,\n", "4.2,,,,472\n", 1);
    fs::write(path("mine.csv"), &list).unwrap();

    let import =
        ["data", "import", "batteryml", &path("files"), "--data", &path("store"), "--catalogue", &path("mine.csv")];
    let said = batlinet(&import);
    assert!(said.contains("5 virtual cells of MINE"), "{said}");
    let said = batlinet(&["data", "list", "--data", &path("store")]);
    assert!(said.lines().any(|line| line.contains("MINE") && line.contains("LMFP") && line.contains(" 5 ")), "{said}");
    let said = batlinet(&["data", "show", "mine-CS2_35", "--data", &path("store")]);
    assert!(said.contains("dataset     MINE\n") && said.contains("chemistry   LMFP / graphite\n"), "{said}");
    let said = batlinet(&["data", "check", "--data", &path("store")]);
    assert!(said.contains("note: 5 cells are none of the published ones") && said.contains("MINE"), "{said}");
    let known = Store::open(&dir.path().join("store")).unwrap().cell("mine-CS2_33", 0).unwrap();
    assert_eq!(known.info().published_life, Some(472.0), "what the catalogue says of it stays with it");

    let part = |(k, (_, own)): (usize, &(&str, &str))| format!("{own},{}\n", if k < 3 { "train" } else { "test" });
    let split: String = names.iter().enumerate().map(part).collect();
    fs::write(path("split.csv"), format!("cell_id,split\n{split}")).unwrap();
    fs::write(path("mine.yaml"), EXPERIMENT).unwrap();
    let said = batlinet(&["data", "check", &path("mine.yaml"), "--data", &path("store")]);
    assert!(said.contains("mine: all 5 cells are here"), "{said}");
    batlinet(&["run", &path("mine.yaml"), "--data", &path("store"), "--out", &path("out")]);
    let scores = fs::read_to_string(path("out/scores.csv")).unwrap();
    assert_eq!(scores.matches(",ok,").count(), 2, "{scores}");

    // and out again, by name
    let export = [
        "data",
        "export",
        "--format",
        "batteryml",
        "--data",
        &path("store"),
        "--cells",
        "mine-CS2_35",
        "--out",
        &path("again"),
    ];
    batlinet(&export);
    assert_eq!(fs::read(path("again/mine-CS2_35.pkl")).unwrap(), fs::read(path("files/mine-CS2_35.pkl")).unwrap());
}

/// Of whole lives in BatteryLife's form, none of which could be had for this: names, lives and measures.
#[test]
fn cells_in_the_form_of_batterylife_go_all_the_way_to_its_measures() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let ids =
        ["SNL_18650_NCA_25C_0-100_0.5-1C_a", "SNL_18650_NCA_25C_0-100_0.5-1C_b", "SNL_18650_NMC_15C_0-100_0.5-1C_a"];
    let names: Vec<(&str, &str)> = ids.iter().map(|id| (*id, *id)).collect();
    let cells = renamed(usize::MAX, &names);
    write("batterylife", &cells, &dir.path().join("files"));
    let import = ["data", "import", "batterylife", &path("files"), "--data", &path("store")];
    let said = batlinet(&import);
    assert!(said.contains("3 virtual cells of BL_SNL"), "{said}");
    let store = Store::open(&dir.path().join("store")).unwrap();
    for id in ids {
        let (made, read) = (cells.cell(id, usize::MAX).unwrap(), store.cell(&format!("BL_{id}"), usize::MAX).unwrap());
        assert_eq!(read.info().chemistry, made.info().chemistry);
        assert_eq!(read.info().nominal_capacity, made.info().nominal_capacity);
        assert_eq!(read.recorded(), made.recorded(), "{id}");
        for (read, made) in read.cycles().iter().zip(made.cycles()) {
            assert_eq!((&read.voltage, &read.discharge_capacity), (&made.voltage, &made.discharge_capacity));
            let times = read.time.iter().flatten().zip(made.time.iter().flatten());
            // within what the sum over a life takes of a double
            assert!(times.into_iter().all(|(read, made)| (read - made).abs() < 1e-6), "{id}");
        }
    }
    batlinet(&["data", "check", "--data", &path("store")]);
    let experiment = "name: bl\nscenario: BatteryLife-Li-ion\ndescription: x\ntrain_test_split: split.csv\nprotocol: faithful\n\
                      label: {unreached: drop}\nseeds: [0]\nmodels:\n  - mean: {}\n";
    fs::write(path("bl.yaml"), experiment).unwrap();
    let [one, two, three] = ids;
    fs::write(path("split.csv"), format!("cell_id,split\nBL_{one},train\nBL_{two},train\nBL_{three},test\n")).unwrap();
    batlinet(&["run", &path("bl.yaml"), "--data", &path("store"), "--out", &path("out")]);
    batlinet(&["report", &path("out")]);
    let report = fs::read_to_string(path("out/report.md")).unwrap();
    assert!(report.contains("| 15 % accuracy |") && report.contains("this program, a sample per cell"), "{report}");
    assert!(!report.contains("Dummy"), "published numbers do not stand beside virtual cells");
}

#[test]
fn a_catalogue_with_a_fault_is_named_with_line_and_column_before_anything_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("mine.csv");
    fs::write(
        &list,
        format!("{HEADER}\ncell_1,MINE,LMFP,graphite,,4.8,2.5,4.1,,,,\ncell_2,MINE,LMFP,graphite,,much,2.5,4.1,,,,\n"),
    )
    .unwrap();
    let store = dir.path().join("store");
    let [list, store] = [&list, &store].map(|path| path.to_str().unwrap());
    let output = output(&["data", "import", "batteryml", "nowhere", "--data", store, "--catalogue", list]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("mine.csv: line 3, column nominal_capacity_Ah: \"much\" is no number"), "{message}");
    assert!(!Path::new(store).exists());
}

/// Time in minutes or milliseconds, as in stores of older programs, becomes seconds when it is read.
#[test]
fn a_store_of_an_older_program_is_read_in_seconds() {
    for (id, unit) in [("MATR_b1c0", 60.0), ("RWTH_002", 0.001), ("HUST_1-1", 1.0)] {
        let dir = tempfile::tempdir().unwrap();
        let times = [0.0, 0.125, 7.0, 1234.5];
        let old = LabCells::of_the_lab(2, &[id]).changed(id, |cycles| {
            for cycle in cycles {
                cycle.time.iter_mut().flatten().zip(times.iter().cycle()).for_each(|(time, old)| *time = *old);
            }
        });
        let old = old.cell(id, usize::MAX).unwrap();
        Store::create(dir.path()).unwrap().write(&old).unwrap();
        let path = dir.path().join("cells").join(format!("{id}.h5"));
        let file = testing::open_to_change(&path);
        file.attr("version").unwrap().write_scalar(&1_u32).unwrap();
        file.close().unwrap();

        let store = Store::open(dir.path()).unwrap();
        let read = store.cell(id, usize::MAX).unwrap();
        for (read, old) in read.cycles().iter().zip(old.cycles()) {
            let (read_times, old_times) = (read.time.as_ref().unwrap(), old.time.as_ref().unwrap());
            assert!(
                read_times
                    .iter()
                    .zip(old_times)
                    .all(|(read, old)| (read - old * unit).abs() < 1e-9 * read.abs().max(1.0))
            );
            assert_eq!((&read.voltage, &read.discharge_capacity), (&old.voltage, &old.discharge_capacity));
        }
        assert_eq!(store::check_file(&path).unwrap(), read, "what is there has the hash that it was written with");
        let published = catalogue::find(id).unwrap().info(Origin::Virtual);
        assert_eq!(read.info(), &published);
    }
}
