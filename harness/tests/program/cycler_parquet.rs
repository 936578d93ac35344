//! Parquet of the Battery Data Format, with the names of columns of today and those from before: described and imported.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cells::cell::{CellInfo, Cycle, DatasetName};
use cells::source::CellSource as _;
use cells::store::Store;
use tables::{Values, write_features};
use testing::some::LabCells;

fn batlinet(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_batlinet")).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].map(|stream| String::from_utf8_lossy(&stream).into_owned()).concat();
    (output.status.code(), text)
}

const TODAY: [&str; 6] = [
    "Test Time / s",
    "Voltage / V",
    "Current / A",
    "Cycle Count / 1",
    "Charging Capacity / Ah",
    "Discharging Capacity / Ah",
];
const BEFORE: [&str; 6] = [
    "test_time_second",
    "voltage_volt",
    "current_ampere",
    "cycle_count",
    "charging_capacity_ah",
    "discharging_capacity_ah",
];

const ID: &str = "SNL_18650_NMC_25C_0-100_0.5-1C_a";

fn cells() -> LabCells {
    LabCells::of_the_lab(5, &[ID]).measured().described(|info: &mut CellInfo| {
        info.id = "mine".to_owned();
        info.dataset = DatasetName::of("own");
        info.published_life = None;
    })
}

/// The columns of the names of a file, each with its values.
fn columns() -> [Vec<Option<f32>>; 6] {
    let cells = cells();
    let mut columns: [Vec<Option<f32>>; 6] = Default::default();
    let mut began = 0.0;
    for cycle in cells.get("mine").cycles() {
        let (time, charge) = (cycle.time.as_ref().unwrap(), cycle.charge_capacity.as_ref().unwrap());
        for k in 0..cycle.len() {
            let number = f64::from(cycle.number + 1);
            let row =
                [began + time[k], cycle.voltage[k], cycle.current[k], number, charge[k], cycle.discharge_capacity[k]];
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(Some(value as f32)));
        }
        began += time.last().unwrap() + 10.0;
    }
    columns
}

fn table(names: [&str; 6], file: &Path) {
    let columns = names.iter().zip(columns()).map(|(name, values)| ((*name).to_owned(), Values::Numbers(values)));
    write_features(file, columns.collect()).unwrap();
}

/// Imports the file by its own draft, which has these words.
fn imported(file: &Path, nominal: &str, words: &str) -> (Option<i32>, String, PathBuf) {
    let (code, draft) = batlinet(&["data", "describe", file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{draft}");
    assert!(draft.contains(words), "{draft}");
    let guess = draft.lines().find(|line| line.trim().starts_with("nominal_capacity:")).unwrap();
    let (yaml, store) = (file.with_extension("yaml"), file.with_extension("store"));
    fs::write(&yaml, draft.replace(guess, &format!("  nominal_capacity: {nominal}"))).unwrap();
    let [file, yaml, place] = [file, &yaml, &store].map(|path| path.to_str().unwrap());
    let (code, said) = batlinet(&["data", "import", "cycler", file, "--cells", yaml, "--data", place]);
    (code, said, store)
}

/// Holds the one cell of a store against the one that the file was made of.
fn gives_the_cell(store: &Path) {
    let store = Store::open(store).unwrap();
    let cell = store.cell(&store.ids()[0], usize::MAX).unwrap();
    let sound = cells();
    let given = |cycles: &[Cycle]| cycles.iter().map(Cycle::discharged).collect::<Vec<f64>>();
    let (read, made) = (given(cell.cycles()), given(sound.get("mine").cycles()));
    assert_eq!(read.len(), made.len());
    assert!(read.iter().zip(&made).all(|(one, other)| (one - other).abs() < 1e-5), "{read:?} {made:?}");
}

#[test]
fn dates_may_be_the_only_time() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.parquet");
    let [times, others @ ..] = columns();
    let date = |time: &Option<f32>| {
        let seconds = f64::from(time.unwrap()) + 8.0 * 3600.0;
        let (day, of_day) = (1.0 + (seconds / 86_400.0).floor(), seconds % 86_400.0);
        let (hours, minutes) = ((of_day / 3600.0).floor(), (of_day % 3600.0 / 60.0).floor());
        format!("2024-03-{day:02}T{hours:02}:{minutes:02}:{:09.6}+01:00", of_day % 60.0)
    };
    let mut columns = vec![("Date Time".to_owned(), Values::Words(times.iter().map(date).collect()))];
    columns.extend(TODAY[1..].iter().zip(others).map(|(name, values)| ((*name).to_owned(), Values::Numbers(values))));
    write_features(&file, columns).unwrap();
    let (code, said, store) = imported(&file, "3", "unit: date");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("the time is that of the dates in \"Date Time\""), "{said}");
    gives_the_cell(&store);
}

#[test]
fn either_kind_of_names_gives_the_cell() {
    let dir = tempfile::tempdir().unwrap();
    for (place, names) in [TODAY, BEFORE].into_iter().enumerate() {
        let file = dir.path().join(format!("mine{place}.parquet"));
        table(names, &file);
        let (code, said, store) = imported(&file, "3", "Battery Data Format");
        assert_eq!(code, Some(0), "{said}");
        gives_the_cell(&store);
    }
    // cut short, it is named
    let whole = fs::read(dir.path().join("mine0.parquet")).unwrap();
    let cut = dir.path().join("cut.parquet");
    fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let (code, said) = batlinet(&["data", "describe", cut.to_str().unwrap()]);
    assert!(code == Some(2) && said.contains("cut.parquet: it is no Parquet that can be read"), "{said}");
}

#[test]
fn a_real_one_is_described() {
    let Some(file) = testing::published("data/cycler-samples/legacy.bdf.parquet") else { return };
    let (code, said) = batlinet(&["data", "describe", file.to_str().unwrap()]);
    assert!(code == Some(0) && said.contains("Battery Data Format"), "{said}");
}
