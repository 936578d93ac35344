//! LabCells whose files state another nominal capacity than the published cell of their name has.

use std::fs;
use std::path::{Path, PathBuf};

use cells::cell::LifeRecord;
use cells::label::LabelRule;
use cells::source::CellSource as _;
use cells::store::Store;
use harness::cli::data::import::Kind;
use harness::cli::data::{DataCommand, execute_to};
use sources::export;
use sources::import::Format;
use sources::nominal::Nominal;

use testing::published;
use testing::some::LabCells;

fn export(format: &str, cells: &LabCells, folder: &Path) -> Vec<PathBuf> {
    export::export(export::Format::find(format).unwrap(), cells, &[], folder, &|_, _| Ok(())).unwrap()
}

/// What importing prints, or its exit code and sentence.
fn import(format: &str, path: &Path, data: &Path, nominal: Option<Nominal>) -> Result<String, (u8, String)> {
    let command = DataCommand::Import {
        format: Kind::Published(Format::find(format).unwrap()),
        paths: vec![path.to_owned()],
        data: data.to_owned(),
        force: false,
        nominal_capacity: nominal,
        catalogue: None,
        cells: None,
    };
    run(&command)
}

fn run(command: &DataCommand) -> Result<String, (u8, String)> {
    let mut out = Vec::new();
    let done = execute_to(command, &mut out).map(|()| String::from_utf8(out.clone()).unwrap());
    done.map_err(|failure| (failure.exit_code(), format!("{}{failure}", String::from_utf8_lossy(&out))))
}

const ID: &str = "SNL_18650_NMC_25C_0-100_0.5-1C_a";

/// A cell as BatteryML keeps it, whose file states another nominal capacity and where everything is as much larger.
fn foreign(folder: &Path, larger: f64) -> PathBuf {
    let cells = LabCells::of_the_lab(5, &[ID])
        .changed(ID, |cycles| {
            for cycle in cycles {
                let charge = cycle.charge_capacity.iter_mut();
                let series = charge.chain([&mut cycle.current, &mut cycle.discharge_capacity]);
                series.flatten().for_each(|value| *value *= larger);
            }
        })
        .of_capacity(ID, 3.0 * larger);
    export("batteryml", &cells, folder).remove(0)
}

#[test]
fn another_nominal_capacity_stops_the_import_until_one_is_chosen() {
    let dir = tempfile::tempdir().unwrap();
    let file = foreign(&dir.path().join("files"), 1.6);
    let [refused, own, published] = ["refused", "own", "published"].map(|name| dir.path().join(name));
    let (code, message) = import("batteryml", &file, &refused, None).unwrap_err();
    assert_eq!(code, 2);
    let stated = format!("{} Ah", 3.0 * 1.6);
    for words in
        [ID, file.to_str().unwrap(), &stated, "3 Ah", "--nominal-capacity file", "--nominal-capacity catalogue"]
    {
        assert!(message.contains(words), "no {words} in {message}");
    }
    assert!(!refused.exists());

    let said = import("batteryml", &file, &own, Some(Nominal::File)).unwrap();
    assert!(said.contains(&format!("counted to the {stated} that its file states")), "{said}");
    let cell = Store::open(&own).unwrap().cell(ID, usize::MAX).unwrap();
    assert_eq!(cell.info().nominal_capacity, 3.0 * 1.6, "and so in the store");
    // what the check says of it is a note, and no contradiction
    let (_, said) = run(&DataCommand::Check { data: own.clone(), experiments: vec![] }).unwrap_err();
    assert!(said.contains("note: 1 cell counts to the nominal capacity that the file states"), "{said}");
    assert!(said.contains(&format!("{ID} ({stated}, published 3)")) && !said.contains("fault:"), "{said}");
    assert!(!said.contains("another life"), "{said}");
    let shown = run(&DataCommand::Show { cell: ID.to_owned(), data: own, out: None, cycles: vec![] }).unwrap();
    assert!(shown.contains(&format!("nominal     {stated}")), "{shown}");

    let said = import("batteryml", &file, &published, Some(Nominal::Catalogue)).unwrap();
    assert!(said.contains(&format!("has a nominal capacity of {stated}, 3 Ah is used")), "{said}");
    assert_eq!(Store::open(&published).unwrap().cell(ID, 0).unwrap().info().nominal_capacity, 3.0);
}

#[test]
fn a_life_is_counted_to_the_capacity_that_was_chosen() {
    // of a cell that is as much larger as its nominal capacity, the life is the same
    let fading = |larger: f64| {
        let lab = LabCells::of_the_lab(1, &[ID]);
        let capacity = (0..300).map(|position| larger * (3.0 - 0.003 * f64::from(position))).collect();
        let cell = lab.get(ID);
        let cell = cells::cell::Cell::new(cell.info().clone(), vec![], LifeRecord::Capacity(capacity)).unwrap();
        LabelRule::default().life(&cell.with_nominal_capacity(3.0 * larger).unwrap()).unwrap()
    };
    assert!(fading(1.0).is_some());
    assert_eq!(fading(1.6), fading(1.0));
}

#[test]
fn files_that_state_no_capacity_cannot_be_asked_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let cells = LabCells::of_the_lab(3, &["HUST_1-1"]);
    let hust = export("hust", &cells, dir.path()).remove(0);
    let (code, message) = import("hust", &hust, &dir.path().join("store"), Some(Nominal::File)).unwrap_err();
    assert!(code == 2 && message.contains("no nominal capacity there"), "{message}");
    import("hust", &hust, &dir.path().join("store"), Some(Nominal::Catalogue)).unwrap();
    let rwth = export("rwth", &LabCells::of_the_lab(3, &["RWTH_002"]), &dir.path().join("rwth")).remove(0);
    let (code, message) = import("rwth", &rwth, &dir.path().join("other"), Some(Nominal::File)).unwrap_err();
    assert!(code == 2 && message.contains("files of this format state no nominal capacity"), "{message}");
}

#[test]
fn larger_cells_under_borrowed_names_are_not_taken_for_the_published_ones() {
    let Some(borrowed) = published("cases/lab_cells_of_4.8_Ah_under_borrowed_names.zip") else { return };
    let Some(sound) = published("cases/lab_cells.zip") else { return };
    let dir = tempfile::tempdir().unwrap();
    // these files state the 3 Ah of the published cell, and the cells give 4.8
    let (code, message) = import("batteryml", &borrowed, &dir.path().join("borrowed"), None).unwrap_err();
    assert_eq!(code, 2);
    for words in ["SNL_18650_NMC_25C_0-100_0.5-", ".pkl", " Ah at first, 14", "nominal capacity of 3 Ah"] {
        assert!(message.contains(words), "no {words} in {message}");
    }
    let data = dir.path().join("sound");
    import("batteryml", &sound, &data, None).unwrap();
    // the eight cells of the experiment are here; that 53 others of their dataset are not is no fault of it
    let folder = dir.path().join("experiment");
    fs::create_dir(&folder).unwrap();
    for file in ["lab.yaml", "lab-split.csv"] {
        let Some(from) = published(&format!("cases/{file}")) else { return };
        fs::copy(from, folder.join(file)).unwrap();
    }
    let check = |experiments| DataCommand::Check { data: data.clone(), experiments };
    let said = run(&check(vec![folder.join("lab.yaml")])).unwrap();
    assert!(said.contains("note: not here: 53 of the 61 cells of SNL"), "{said}");
    assert_eq!(run(&check(vec![])).unwrap_err().0, 5);
}
