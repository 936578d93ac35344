//! What users complained of: each file is refused, or flagged, with cell, cycle and cause, or gives the right number. The files lie
//! outside the project; where they do not, these tests are skipped. Siblings of theirs are made here by rule.

mod pairs;

use std::fs;
use std::path::{Path, PathBuf};

use cells::cell::{Cell, Cycle};
use cells::label::{Crossing, LabelRule, Unreached};
use cells::notes::Notes;
use cells::source::CellSource as _;
use cells::store::Store;
use rust_xlsxwriter::Workbook;
use sources::import::{self, CellFiles, Format};
use sources::{cycler, export};
use testing::some::LabCells;

const SNL: &str = "SNL_18650_NMC_25C_0-100_0.5-1C_a";

fn case(name: &str) -> Option<PathBuf> {
    testing::published(&format!("cases/{name}"))
}

/// What became of a file.
enum Outcome {
    Refused(String),
    Let { said: String, cells: Vec<(Cell, Notes)> },
}

impl Outcome {
    /// The one cell, which was let in without a doubt.
    fn sound(self) -> Cell {
        match self {
            Self::Let { mut cells, .. } if cells.len() == 1 && cells[0].1.doubts == Some(vec![]) => cells.remove(0).0,
            Self::Let { said, .. } => panic!("something is said of it: {said}"),
            Self::Refused(what) => panic!("refused: {what}"),
        }
    }

    /// Refused, with all of these words.
    fn refused(self, words: &[&str]) {
        match self {
            Self::Refused(what) => assert_words(&what, words),
            Self::Let { said, .. } => panic!("let in: {said}"),
        }
    }

    /// Let in with doubts that have these words, now and in the store.
    fn flagged(self, words: &[&str]) -> Cell {
        match self {
            Self::Let { said, mut cells } => {
                assert_words(&said, &["doubtful: "]);
                assert_words(&said, words);
                let (cell, notes) = cells.remove(0);
                assert_words(&notes.doubts.unwrap().join("; "), words);
                cell
            }
            Self::Refused(what) => panic!("refused: {what}"),
        }
    }
}

fn assert_words(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no \"{word}\" in: {text}");
    }
}

fn import(files: Result<&dyn CellFiles, String>) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(dir.path()).unwrap();
    let written = files
        .and_then(|files| import::write(files, &mut store, false, &|_, _| Ok(())).map_err(|error| error.to_string()));
    match written {
        Err(what) => {
            assert!(store.ids().is_empty());
            Outcome::Refused(what)
        }
        Ok(said) => {
            // as another program will find them
            let store = Store::open(dir.path()).unwrap();
            let cell = |id: String| (store.cell(&id, usize::MAX).unwrap(), store.notes(&id).unwrap());
            Outcome::Let { said: said.to_string(), cells: store.ids().into_iter().map(cell).collect() }
        }
    }
}

fn published(format: &str, path: &Path) -> Outcome {
    let opened = (Format::find(format).unwrap().open)(&[path.to_owned()]).map_err(|error| error.to_string());
    import(opened.as_deref().map_err(Clone::clone))
}

/// By the draft of the files itself.
fn own(path: &Path) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let declaration = dir.path().join("cells.yaml");
    fs::write(&declaration, cycler::describe(&[path.to_owned()]).unwrap()).unwrap();
    match cycler::open(&[path.to_owned()], &declaration) {
        Ok(files) => import(Ok(&files)),
        Err(error) => Outcome::Refused(error.to_string()),
    }
}

fn life(cell: &Cell, crossing: Crossing) -> Option<f64> {
    let rule = LabelRule { minimum: 0, crossing, unreached: Unreached::Drop, ..LabelRule::default() };
    rule.life(cell).unwrap()
}

#[test]
fn files_that_cannot_be_are_refused_with_cell_cycle_and_cause() {
    let rows: &[(&str, &str, &[&str])] = &[
        ("snl", "snl_current_sign_flipped.zip", &[SNL, "cycle 1", "sign of the current seems to be turned"]),
        ("snl", "snl_mAh_under_Ah_header.zip", &[SNL, "cycle 1", "2995.8800 Ah", "seems to be in mAh"]),
        ("snl", "snl_capacity_never_reset.zip", &[SNL, "cycle 2", "5.9811 Ah", "seems never to be reset"]),
        ("snl", "snl_cycle_index_restarts.zip", &[SNL, "cycle 1 ", "number of the cycle begins anew"]),
        ("calce", "calce_two_cells_in_one_workbook.zip", &["Channel_1-008 and Channel_2-009", "two cells"]),
        ("calce", "calce_column_twice.zip", &["CS2_35_1_10_11.xlsx", "sheet Channel", "is there twice"]),
        (
            "batteryml",
            "lab_cells_of_4.8_Ah_under_borrowed_names.zip",
            &["SNL_18650_NMC_25C_0-100_0.5-", "Ah at first", "nominal capacity of 3 Ah", "--nominal-capacity"],
        ),
        ("batteryml", "batteryml_own_cell_under_borrowed_name.zip", &[SNL, "--nominal-capacity"]),
        ("batteryml", "batteryml_own_cell.zip", &["no pickle is named after a published cell", "data import cycler"]),
    ];
    for (format, name, words) in rows {
        let Some(file) = case(name) else { continue };
        println!("{name}");
        published(format, &called(&file, format)).refused(words);
    }
}

/// CALCE's archives have the names of their cells.
fn called(file: &Path, format: &str) -> PathBuf {
    if format != "calce" {
        return file.to_owned();
    }
    let copy = tempfile::tempdir().unwrap().keep().join("CS2_35.zip");
    fs::copy(file, &copy).unwrap();
    copy
}

#[test]
fn what_is_right_is_read_and_has_the_right_life() {
    let Some(file) = case("calce_empty_chart_sheet.zip") else { return };
    let of = |name: &str| published("calce", &called(&case(name).unwrap(), "calce")).sound();
    let sound = published("calce", &called(&file, "calce")).sound();
    assert_eq!(sound.cycles().len(), 60);
    for name in ["calce_new_header_dialect.zip", "calce_time_as_excel_duration.zip"] {
        let cell = of(name);
        assert_eq!(cell.cycles().len(), 60, "{name}");
        let given = |cell: &Cell| cell.cycles().iter().map(Cycle::discharged).collect::<Vec<f64>>();
        assert!(given(&cell).iter().zip(given(&sound)).all(|(one, other)| (one - other).abs() < 1e-4), "{name}");
    }
    // rows of nothing but rest end no life, by either way to count
    let rests = published("batteryml", &case("batteryml_two_rest_only_cycles.zip").unwrap());
    let Outcome::Let { said, cells } = rests else { panic!("refused") };
    assert_words(&said, &["2 cycles are nothing but rest", "count: 41, 42"]);
    assert_eq!([Crossing::First, Crossing::Persistent].map(|way| life(&cells[0].0, way)), [Some(101.0); 2]);
    // a last cycle that was cut ends none
    let unfinished = published("batteryml", &case("batteryml_last_cycle_unfinished.zip").unwrap());
    let Outcome::Let { said, cells } = unfinished else { panic!("refused") };
    assert_words(&said, &[SNL, "cycle 101: the record ends in its discharge", "0.9646 Ah", "not finished"]);
    assert_eq!(life(&cells[0].0, Crossing::First), None);
    // eight sound cells, and one of somebody's own
    let Outcome::Let { said, cells } = published("batteryml", &case("lab_cells.zip").unwrap()) else {
        panic!("refused")
    };
    assert!(cells.len() == 8 && !said.contains("doubtful"), "{said}");
    assert!(cells.iter().all(|(_, notes)| *notes == Notes { doubts: Some(vec![]), ..Notes::default() }));
    let Outcome::Let { said, cells } = own(&case("batteryml_own_cell.zip").unwrap()) else { panic!("refused") };
    // the file does not say between which voltages it is cycled
    assert!(said.contains("voltage_limits 2 V to 4.2 V") && !said.contains("doubtful"), "{said}");
    let cell = &cells[0].0;
    assert_eq!((cell.id(), cell.info().nominal_capacity), ("MyLab_cell_01", 3.0));
    // frames that a newer pandas saved
    let hust = published("hust", &case("hust_saved_again_by_pandas_3_with_pyarrow.zip").unwrap());
    assert!(matches!(&hust, Outcome::Let { cells, .. } if cells[0].0.id() == "HUST_1-1"));
}

/// The sound workbook of a cell as lines of cycle, time, current and voltage.
fn workbook_lines() -> Option<Vec<[f64; 4]>> {
    let cell = published("calce", &called(&case("calce_empty_chart_sheet.zip")?, "calce")).sound();
    let mut lines = Vec::new();
    let mut began = 0.0;
    for cycle in cell.cycles() {
        let time = cycle.time.as_ref().unwrap();
        for (k, time) in time.iter().enumerate() {
            lines.push([f64::from(cycle.number + 1), began + time, cycle.current[k], cycle.voltage[k]]);
        }
        began += time.last().unwrap() + 10.0;
    }
    Some(lines)
}

fn workbooks(named: &[(&str, &[[f64; 4]])]) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("CS2_35");
    fs::create_dir(&folder).unwrap();
    for (name, lines) in named {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet().set_name("Channel_1-008").unwrap();
        for (column, heading) in (0..).zip(["Cycle_Index", "Test_Time(s)", "Current(A)", "Voltage(V)"]) {
            sheet.write(0, column, heading).unwrap();
        }
        for (row, line) in (1..).zip(*lines) {
            (0..).zip(line).for_each(|(column, value)| {
                sheet.write(row, column, *value).unwrap();
            });
        }
        fs::write(folder.join(name), workbook.save_to_buffer().unwrap()).unwrap();
    }
    published("calce", dir.path())
}

#[test]
fn workbooks_keep_their_order_whatever_their_names_and_times() {
    let Some(lines) = workbook_lines() else { return };
    let sound = workbooks(&[("CS2_35_1_10_11.xlsx", &lines)]).sound();
    // years of two digits and of four
    let middle = lines.iter().position(|line| line[0] == 31.0).unwrap();
    let (first, second) = lines.split_at(middle);
    let apart = workbooks(&[("CS2_35_12_20_10.xlsx", first), ("CS2_35_1_10_11.xlsx", second)]).sound();
    let mixed = workbooks(&[("CS2_35_12_20_2010.xlsx", first), ("CS2_35_1_10_11.xlsx", second)]).sound();
    assert_eq!(apart, mixed);
    let given = |cell: &Cell| cell.cycles().iter().map(Cycle::discharged).collect::<Vec<f64>>();
    assert_eq!(given(&apart).len(), given(&sound).len());
    // samples that lost their time stay in their cycle
    let mut lost = lines.clone();
    let at = lines.iter().position(|line| line[0] == 40.0).unwrap() + 4;
    (lost[at][1], lost[at + 1][1]) = (0.0, 0.0);
    let cell = workbooks(&[("CS2_35_1_10_11.xlsx", &lost)]).flagged(&["cycle 40", "time runs back", "2 samples"]);
    assert_eq!(cell.cycles().len(), sound.cycles().len());
    let near = given(&cell).into_iter().zip(given(&sound)).all(|(one, other)| (one - other).abs() < 0.05);
    assert!(near && life(&cell, Crossing::First) == life(&sound, Crossing::First));
}

#[test]
fn copies_that_a_browser_made_are_what_they_are_copies_of() {
    let Some(file) = case("calce_empty_chart_sheet.zip") else { return };
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("CS2_35 (1).zip");
    fs::copy(&file, &copy).unwrap();
    assert_eq!(published("calce", &copy).sound().id(), "CALCE_CS2_35");
    let folder = dir.path().join("pickles");
    fs::create_dir(&folder).unwrap();
    let cells = LabCells::of_the_lab(6, &[SNL]).measured();
    let format = export::Format::find("batteryml").unwrap();
    export::export(format, &cells, &[], &folder, &|_, _| Ok(())).unwrap();
    let pickle = folder.join(format!("{SNL}.pkl"));
    fs::rename(&pickle, folder.join(format!("{SNL} (copy).pkl"))).unwrap();
    assert!(matches!(published("batteryml", &folder), Outcome::Let { cells, .. } if cells[0].0.id() == SNL));
    // both are one cell twice
    export::export(format, &cells, &[], &folder, &|_, _| Ok(())).unwrap();
    published("batteryml", &folder).refused(&[SNL, "give one of them"]);
}

/// Damage by rule, in the files of other formats than a pair of tables: what is refused there is refused here.
#[test]
fn pickles_and_frames_with_the_same_faults_are_refused_too() {
    type Damage = fn(&mut Vec<Cycle>);
    let damages: [(&str, Damage, &[&str]); 5] = [
        ("sign", |cycles| each(cycles, |cycle| negate(&mut cycle.current)), &["turned"]),
        (
            "mAh",
            |cycles| {
                each(cycles, |cycle| {
                    scaled(&mut cycle.discharge_capacity, 1000.0);
                    scaled(cycle.charge_capacity.as_mut().unwrap(), 1000.0);
                });
            },
            &["not in Ah"],
        ),
        ("current", |cycles| each(cycles, |cycle| scaled(&mut cycle.current, 10.0)), &["ten times"]),
        ("voltage", |cycles| each(cycles, |cycle| scaled(&mut cycle.voltage, 1000.0)), &["mV"]),
        (
            "no charge half and mAh",
            |cycles| {
                each(cycles, |cycle| {
                    scaled(&mut cycle.discharge_capacity, 1000.0);
                    cycle.charge_capacity = None;
                });
            },
            &["not in Ah"],
        ),
    ];
    let format = export::Format::find("batteryml").unwrap();
    for (name, damage, words) in damages {
        println!("{name}");
        let dir = tempfile::tempdir().unwrap();
        let cells = LabCells::of_the_lab(8, &[SNL]).measured().changed(SNL, damage);
        export::export(format, &cells, &[], dir.path(), &|_, _| Ok(())).unwrap();
        published("batteryml", dir.path()).refused(words);
    }
}

fn each(cycles: &mut [Cycle], change: impl FnMut(&mut Cycle)) {
    cycles.iter_mut().for_each(change);
}

fn scaled(values: &mut [f64], factor: f64) {
    values.iter_mut().for_each(|value| *value *= factor);
}

fn negate(values: &mut [f64]) {
    scaled(values, -1.0);
}
