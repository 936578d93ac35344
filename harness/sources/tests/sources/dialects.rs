//! Files as other programs save them: read where that is harmless, else refused in words that name the cause and what to do,
//! which is to fetch them anew only where that would help.

use std::fs;
use std::path::{Path, PathBuf};

use cells::cell::Cell;
use cells::store::{Manifest, Store};
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use sources::battery_archive::SNL;
use sources::calce::FORMAT as CALCE;
use sources::download::checksums::Checksums;
use sources::hust::FORMAT as HUST;
use sources::rwth::FORMAT as RWTH;

use testing::published;

use super::published_files::{cell, export, refusal};
use testing::cells::plain_cell;

const ANEW: &str = "get the file anew";

/// Cycle, time in s, current in A, voltage in V of 26 cycles whose capacities scatter evenly.
fn samples() -> impl Iterator<Item = [f64; 4]> {
    (0..26).flat_map(|cycle| {
        (0..20).map(move |k| {
            let number = f64::from(cycle);
            let current = if k < 10 { -1.1 + 0.002 * (2.9 * number).sin() } else { 1.1 };
            [number + 1.0, f64::from(20 * cycle + k) * 100.0, current, 2.7 + 1.5 * f64::from(k) / 20.0]
        })
    })
}

const COLUMNS: [&str; 4] = ["Cycle_Index", "Test_Time(s)", "Current(A)", "Voltage(V)"];

/// A sheet of these samples, with times in the unit that Excel counts in where they have a format.
fn fill(sheet: &mut Worksheet, times: Option<&str>) {
    for (column, name) in (0..).zip(COLUMNS) {
        sheet.write(0, column, name).unwrap();
    }
    for (row, values) in (1..).zip(samples()) {
        for (column, value) in (0..).zip(values) {
            match times.filter(|_| column == 1) {
                Some(format) => sheet
                    .write_with_format(row, column, value / 86_400.0, &Format::new().set_num_format(format))
                    .unwrap(),
                None => sheet.write(row, column, value).unwrap(),
            };
        }
    }
}

/// The file of a workbook, in a folder of the name of a cell.
fn saved(folder: &Path, mut workbook: Workbook) -> PathBuf {
    let folder = folder.join("CS2_35");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("CS2_35_8_18_10.xlsx"), workbook.save_to_buffer().unwrap()).unwrap();
    folder
}

fn calce(times: Option<&str>, more: impl FnOnce(&mut Workbook)) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet().set_name("Channel_1-008").unwrap(), times);
    more(&mut workbook);
    let folder = saved(dir.path(), workbook);
    (dir, folder)
}

fn calce_cell(path: &Path) -> Cell {
    cell(&CALCE, path, "CALCE_CS2_35").unwrap_or_else(|failure| panic!("{failure}")).cell
}

fn assert_same(one: &Cell, other: &Cell) {
    assert_eq!(one.cycles().len(), other.cycles().len());
    for (one, other) in one.cycles().iter().zip(other.cycles()) {
        assert_eq!((&one.voltage, &one.current), (&other.voltage, &other.current));
        let pairs = one.time.iter().flatten().zip(other.time.iter().flatten());
        assert!(pairs.clone().count() == one.len() && pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-5));
        assert!((one.discharged() - other.discharged()).abs() < 1e-7);
    }
}

#[test]
fn sheets_beside_the_samples_are_passed_over() {
    let (_dir, plain) = calce(None, |_| ());
    let plain = calce_cell(&plain);
    assert_eq!(plain.cycles().len(), 26);
    let (_dir, beside) = calce(None, |workbook| {
        workbook.add_worksheet().set_name("Channel_Chart").unwrap();
        workbook.add_worksheet().set_name("Channel_2-009").unwrap();
        workbook.add_worksheet().set_name("Channel_1 chart").unwrap().write(0, 0, "Voltage of all cycles").unwrap();
        // one that has all the columns, and would add samples
        fill(workbook.add_worksheet().set_name("Channel_1-008_Statistics").unwrap(), None);
        fill(workbook.add_worksheet().set_name("Statistics_1-008").unwrap(), None);
    });
    assert_eq!(calce_cell(&beside), plain);
    // without a sheet Channel… those that have the columns are read, and charts are not
    let dir = tempfile::tempdir().unwrap();
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Channel_Chart").unwrap();
    fill(workbook.add_worksheet().set_name("Data").unwrap(), None);
    assert_eq!(calce_cell(&saved(dir.path(), workbook)), plain);
    // something else under such a name is named, and so is nothing at all
    let (_dir, other) = calce(None, |workbook| {
        workbook.add_worksheet().set_name("Channel_notes").unwrap().write(0, 0, "Cycle Index").unwrap();
    });
    let message = refusal(&CALCE, &other);
    assert!(message.contains("sheet Channel_notes: no column Cycle_Index, Test_Time(s)"), "{message}");
    assert!(
        message.contains("it has \"Cycle Index\" where \"Cycle_Index\" is read") && !message.contains(ANEW),
        "{message}"
    );
    let dir = tempfile::tempdir().unwrap();
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Channel_1-008").unwrap();
    let message = refusal(&CALCE, &saved(dir.path(), workbook));
    assert!(message.contains("no sheet Channel… that has samples"), "{message}");
}

#[test]
fn durations_become_seconds_and_dates_are_refused() {
    let (_dir, plain) = calce(None, |_| ());
    for format in ["[h]:mm:ss", "[hh]:mm", "[s]"] {
        let (_dir, durations) = calce(Some(format), |_| ());
        assert_same(&calce_cell(&durations), &calce_cell(&plain));
    }
    for format in ["yyyy-mm-dd hh:mm:ss", "h:mm:ss", "mm:ss.0"] {
        let (_dir, dates) = calce(Some(format), |_| ());
        let message = refusal(&CALCE, &dates);
        for words in
            ["CS2_35_8_18_10.xlsx", "sheet Channel_1-008", "row 2, column Test_Time(s)", "the format of a number"]
        {
            assert!(message.contains(words), "no {words} in {message}");
        }
        assert!(!message.contains(ANEW), "{message}");
    }
    let (_dir, mixed) = calce(Some("[h]:mm:ss"), |workbook| {
        workbook.worksheet_from_index(0).unwrap().write(9, 1, 800.0).unwrap();
    });
    let message = refusal(&CALCE, &mixed);
    assert!(message.contains("column Test_Time(s): durations and plain numbers stand in one column"), "{message}");
    let (_dir, current) = calce(None, |workbook| {
        let date = Format::new().set_num_format("[h]:mm:ss");
        workbook.worksheet_from_index(0).unwrap().write_with_format(9, 2, 0.5, &date).unwrap();
    });
    assert!(refusal(&CALCE, &current).contains("row 10, column Current(A): the value is a date"));
}

#[test]
fn dates_in_a_workbook_of_the_old_format_are_told_from_numbers() {
    // every format of a cell is made that of a duration ([MS-XLS] 2.4.353: 20 bytes, the number of the format second)
    let mut bytes = include_bytes!("../fixtures/CS2_35_8_18_10.xls").to_vec();
    let mut changed = 0;
    for at in 0..bytes.len() - 8 {
        if bytes[at..].starts_with(&[0xE0, 0, 20, 0]) {
            bytes[at + 6..at + 8].copy_from_slice(&46_u16.to_le_bytes());
            changed += 1;
        }
    }
    assert!(changed > 0, "no format of a cell in the fixture");
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("CS2_35");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("CS2_35_8_18_10.xls"), bytes).unwrap();
    let message = refusal(&CALCE, &folder);
    assert!(message.contains("row 2, column Cycle_Index: the value is a date or a time of day"), "{message}");
}

#[test]
fn a_cleaning_rule_that_leaves_nothing_names_the_file_and_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("CS2_35");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("CS2_35_8_18_10.txt");
    // times in hours
    let lines = samples().map(|[cycle, time, current, voltage]| {
        format!("{}\t{}\t{}\t{}\n", 2.0 * cycle, time / 3600.0, current * 1e3, voltage * 1e3)
    });
    fs::write(&path, format!("Charge count\tTime\tmA\tmV\n{}", lines.collect::<String>())).unwrap();
    let message = refusal(&CALCE, &folder);
    assert!(message.starts_with(path.to_str().unwrap()), "{message}");
    for words in ["leaves none of its 26 cycles", "no more than 0.1 Ah", "0.000 Ah", "is time in seconds there"] {
        assert!(message.contains(words), "no {words} in {message}");
    }
}

#[test]
fn the_workbooks_that_users_complained_of_are_read() {
    let Some(chart) = published("cases/calce_empty_chart_sheet.zip") else { return };
    let Some(durations) = published("cases/calce_time_as_excel_duration.zip") else { return };
    let dir = tempfile::tempdir().unwrap();
    let [chart, durations] = [chart, durations].map(|from| {
        let folder = dir.path().join(from.file_stem().unwrap());
        fs::create_dir(&folder).unwrap();
        let path = folder.join("CS2_35.zip");
        fs::copy(from, &path).unwrap();
        calce_cell(&path)
    });
    // the same samples, but that Excel keeps durations to the millisecond
    assert_eq!(chart.cycles().len(), durations.cycles().len());
    for (one, other) in chart.cycles().iter().zip(durations.cycles()) {
        assert_eq!((&one.voltage, &one.current), (&other.voltage, &other.current));
        assert!((one.discharged() - other.discharged()).abs() < 1e-5);
    }
}

const SNL_CELL: &str = "SNL_18650_NCA_25C_0-100_0.5-0.5C_b";

/// The two tables of a cell of some cycles.
fn pair() -> [String; 2] {
    let mut samples = "Cycle_Index,Test_Time (s),Current (A),Voltage (V),Charge_Capacity (Ah),Discharge_Capacity (Ah),\
                       Cell_Temperature (C)\n"
        .to_owned();
    let mut cycles = "Cycle_Index,Discharge_Capacity (Ah)\n".to_owned();
    for index in 1..=20 {
        let capacity = 3.0 - 0.01 * f64::from(index) + 0.002 * (1.7 * f64::from(index)).sin();
        cycles += &format!("{index}.0,{capacity}\n");
        for k in 0..4 {
            let part = f64::from(k) / 3.0;
            samples += &format!("{index},{},-1.5,{},0.0,{},25.5\n", 1000 * index + k, 4.2 - part, capacity * part);
        }
    }
    [samples, cycles]
}

fn written(tables: [Vec<u8>; 2]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (table, name) in tables.iter().zip(["timeseries", "cycle_data"]) {
        fs::write(dir.path().join(format!("{SNL_CELL}_{name}.csv")), table).unwrap();
    }
    dir
}

fn utf16(text: &str) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn dialects_of_a_pair_of_tables_are_called_by_name() {
    let plain = written(pair().map(String::into_bytes));
    let with_marks = written(pair().map(|table| format!("\u{feff}{table}").into_bytes()));
    assert_eq!(cell(&SNL, with_marks.path(), SNL_CELL).unwrap(), cell(&SNL, plain.path(), SNL_CELL).unwrap());

    // headings of newer programs
    let newer =
        written(pair().map(|table| table.replace("_Index", " Index").replace("_Time (s)", " Time(s)").into_bytes()));
    assert_eq!(cell(&SNL, newer.path(), SNL_CELL).unwrap(), cell(&SNL, plain.path(), SNL_CELL).unwrap());

    let refused = |change: &dyn Fn(String) -> Vec<u8>| refusal(&SNL, written(pair().map(change)).path());
    let semicolons = |table: String| table.replace(',', ";").replace('.', ",").into_bytes();
    let quoted = |table: String| {
        let field = |field: &str| {
            if field.contains('.') { format!("\"{}\"", field.replace('.', ",")) } else { field.to_owned() }
        };
        let line = |line: &str| line.split(',').map(field).collect::<Vec<_>>().join(",") + "\n";
        table.lines().map(line).collect::<String>().into_bytes()
    };
    for (message, words) in [
        (refused(&semicolons), "its fields are separated by semicolons: export it with commas"),
        (refused(&quoted), "it has a decimal comma; export the file with decimal points"),
        (refused(&|table| utf16(&table)), "it is written in UTF-16: save it as UTF-8"),
        (refused(&|table| utf16(&table)[2..].to_vec()), "it is written in UTF-16: save it as UTF-8"),
        (refused(&|table| table.replace("(Ah)", "(mAh)").into_bytes()), "(mAh)\" where \""),
        // unquoted decimal commas make more fields
        (refused(&|table| table.replacen(",-1.5,", ",-1,5,", 1).into_bytes()), "if its numbers have decimal commas"),
        (refused(&|table| table.replace(",1000,", ",0:10:00,").into_bytes()), "hours, minutes and seconds"),
    ] {
        assert!(message.contains(words) && message.contains(SNL_CELL), "no {words} in {message}");
        assert!(!message.contains(ANEW), "a new download would not help: {message}");
    }
    // and where it would, that is what is said
    let cut = refused(&|table| table.as_bytes()[..table.len() - 9].to_vec());
    assert!(cut.contains("cut short or damaged") && cut.contains(ANEW), "{cut}");
}

#[test]
fn marks_and_dialects_of_other_texts() {
    let text = "Charge count\tTime\tmA\tmV\n".to_owned()
        + &samples()
            .map(|[cycle, time, current, voltage]| {
                format!("{}\t{time}\t{}\t{}\n", 2.0 * cycle, current * 1e3, voltage * 1e3)
            })
            .collect::<String>();
    let given = |bytes: &[u8]| {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("CS2_35");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("CS2_35_8_18_10.txt"), bytes).unwrap();
        (dir, folder)
    };
    let (plain, marked) = (given(text.as_bytes()), given(format!("\u{feff}{text}").as_bytes()));
    assert_eq!(calce_cell(&marked.1), calce_cell(&plain.1));
    assert!(refusal(&CALCE, &given(&utf16(&text)).1).contains("written in UTF-16"));
    let commas = text.replace('\t', ",");
    assert!(refusal(&CALCE, &given(commas.as_bytes()).1).contains("separated by commas: export it with tabs"));

    // of RWTH, in the innermost file
    let dir = tempfile::tempdir().unwrap();
    let archive = export("rwth", &["RWTH_002"], dir.path()).remove(0);
    let levels = dir.path().join("levels");
    let unpack = |from: &Path| zip::ZipArchive::new(fs::File::open(from).unwrap()).unwrap().extract(&levels).unwrap();
    unpack(&archive);
    unpack(&levels.join("RWTH-2021-04545_818642/Rawdata.zip"));
    let inner = fs::read_dir(levels.join("Rohdaten")).unwrap().next().unwrap().unwrap().path();
    let tables = dir.path().join("tables");
    zip::ZipArchive::new(fs::File::open(inner).unwrap()).unwrap().extract(&tables).unwrap();
    let plain = cell(&RWTH, &tables, "RWTH_002").unwrap();
    let table = fs::read_dir(&tables).unwrap().next().unwrap().unwrap().path();
    let content = fs::read_to_string(&table).unwrap();
    fs::write(&table, format!("\u{feff}{content}")).unwrap();
    assert_eq!(cell(&RWTH, &tables, "RWTH_002").unwrap(), plain);
    fs::write(&table, utf16(&content)).unwrap();
    assert!(refusal(&RWTH, &tables).contains("written in UTF-16"));
}

#[test]
fn lists_that_an_editor_has_marked_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(dir.path()).unwrap();
    store.write(&plain_cell("A", 3)).unwrap();
    let path = Manifest::path(dir.path());
    let plain = fs::read_to_string(&path).unwrap();
    let before = Manifest::read(dir.path()).unwrap();
    fs::write(&path, format!("\u{feff}{plain}")).unwrap();
    assert_eq!(Manifest::read(dir.path()).unwrap(), before);
    fs::write(&path, utf16(&plain)).unwrap();
    assert!(Manifest::read(dir.path()).unwrap_err().to_string().contains("written in UTF-16"));

    let path = dir.path().join("checksums.csv");
    let plain = format!("file,bytes,sha256,trust,url\nhust/a,3,{},first_use,u\n", "1".repeat(64));
    fs::write(&path, format!("\u{feff}{plain}")).unwrap();
    Checksums::open(dir.path()).unwrap();
    fs::write(&path, utf16(&plain)).unwrap();
    assert!(Checksums::open(dir.path()).unwrap_err().to_string().contains("written in UTF-16"));
}

#[test]
fn frames_that_pandas_3_has_saved_again_are_read() {
    let Some(given) = published("cases/hust_saved_again_by_pandas_3_with_pyarrow.zip") else { return };
    let cell = cell(&HUST, &given, "HUST_1-1").unwrap().cell;
    assert!(!cell.cycles().is_empty());
    // the first frame begins so; its current is in mA
    let first = &cell.cycles()[0];
    assert_eq!((first.current[0], first.voltage[0]), (0.55, 2.88));
}
