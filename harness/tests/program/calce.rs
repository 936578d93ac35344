//! What the program says of CALCE's cells, of which a rule leaves cycles out; and the published samples, by another reader.

use std::fs;
use std::path::Path;

use cells::cell::Cycle;
use cells::label::LabelRule;
use cells::source::CellSource as _;
use cells::store::Store;
use harness::cli::data::import::Kind;
use harness::cli::data::{DataCommand, execute_to};
use rust_xlsxwriter::Workbook;
use sources::calce::FORMAT;
use sources::import::{self, Imported};
use testing::published;

/// The one cell of these files.
fn cell(path: &Path) -> Imported {
    (FORMAT.open)(&[path.to_owned()]).unwrap().cell("CALCE_CS2_35").unwrap()
}

/// How the honest protocol counts.
fn honest() -> LabelRule {
    let rule = "{unreached: drop, crossing: persistent, counted: all}";
    serde_yaml::from_str(rule).unwrap()
}

/// Ah of a cycle of a cell that fades from 1.1 Ah by 2 mAh a cycle, measured to 1.5 mAh.
fn fading(cycle: usize) -> f64 {
    1.1 - 0.002 * cycle as f64 + 0.0015 * (2.3 * cycle as f64).sin()
}

/// Its workbook of 130 cycles, in a folder of its name.
fn fading_cell(dir: &Path) -> std::path::PathBuf {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Channel_1-001").unwrap();
    for (column, name) in (0..).zip(["Cycle_Index", "Test_Time(s)", "Current(A)", "Voltage(V)"]) {
        sheet.write(0, column, name).unwrap();
    }
    let (mut row, mut begin) = (0, 0.0);
    for cycle in 0..130 {
        // ten samples of discharge and ten of charge, each as long as 1.1 A need
        let step = fading(cycle) * 3600.0 / 1.1 / 9.0;
        for k in 0..20 {
            row += 1;
            let time = begin + f64::from(k) * step;
            let (current, depth) = if k < 10 { (-1.1, f64::from(k) / 9.0) } else { (1.1, f64::from(19 - k) / 9.0) };
            for (column, value) in (0..).zip([f64::from(cycle as u32) + 1.0, time, current, 4.2 - 1.5 * depth]) {
                sheet.write(row, column, value).unwrap();
            }
        }
        begin += 25.0 * step;
    }
    let folder = dir.join("CS2_35");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("CS2_35_8_18_10.xlsx"), workbook.save_to_buffer().unwrap()).unwrap();
    folder
}

#[test]
fn a_clean_fade_that_the_published_rule_takes_for_outliers_has_its_life_in_the_honest_protocol() {
    let dir = tempfile::tempdir().unwrap();
    let workbooks = fading_cell(dir.path());
    let Imported { cell: imported, remarks, .. } = cell(&workbooks);
    let recorded = imported.recorded().unwrap();
    assert_eq!(recorded.len(), 130);
    for (cycle, capacity) in recorded.iter().enumerate() {
        assert!((capacity - fading(cycle)).abs() < 1e-9, "cycle {cycle}: {capacity}");
    }
    // near cycle 110, where the capacity crosses 0.88 Ah, by the fade alone
    let last_above = (0..130).rposition(|cycle| fading(cycle) > 0.88).unwrap();
    assert!((109..=112).contains(&last_above));
    let life = last_above as f64 + 3.0;
    assert_eq!(honest().life(&imported).unwrap(), Some(life));
    // the authors count what their rule leaves
    let kept_above = imported.cycles().iter().position(|cycle| cycle.discharged() <= 0.88).unwrap();
    let faithful = LabelRule { minimum: 0, ..LabelRule::default() }.life(&imported).unwrap();
    assert_eq!(faithful, Some(kept_above as f64 + 2.0));
    assert!(faithful < Some(0.7 * life), "the rule drops no more than {} cycles", imported.left_out().len());
    // and it is said
    let dropped = imported.left_out().len();
    assert_eq!(dropped + imported.cycles().len(), 130);
    assert!(remarks[0].starts_with(&format!("{dropped} of 130 cycles dropped as outliers")), "{remarks:?}");
    // with the lives, where a person imports it
    let into = dir.path().join("data");
    let command = DataCommand::Import {
        format: Kind::Published(import::Format::find("calce").unwrap()),
        paths: vec![workbooks],
        data: into,
        force: false,
        nominal_capacity: None,
        catalogue: None,
        cells: None,
    };
    let mut said = Vec::new();
    execute_to(&command, &mut said).unwrap();
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains(&format!("{} cycles; with all", kept_above + 2)), "{said}");
    assert!(said.contains(&format!("does: {life} cycles")), "{said}");
}

#[test]
fn what_the_cleaning_rule_dropped_is_said_by_check_and_run() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, data) = (fading_cell(dir.path()), dir.path().join("data"));
    let published = (FORMAT.open)(&[folder]).unwrap();
    import::write(&*published, &mut Store::create(&data).unwrap(), false, &|_, _| Ok(())).unwrap();
    let store = Store::open(&data).unwrap();
    let stored = store.cell("CALCE_CS2_35", 20).unwrap();
    assert_eq!(stored.recorded(), published.cell("CALCE_CS2_35").unwrap().cell.recorded(), "kept in the store");

    let output = std::process::Command::new(env!("CARGO_BIN_EXE_batlinet"))
        .args(["data", "check", "--data", data.to_str().unwrap()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let dropped = stored.left_out().len();
    assert!(said.contains(&format!("CALCE_CS2_35 ({dropped} of 130: life ")), "{said}");

    // a life that is too short by the published rule says what it does not count; the honest one takes part
    use cells::label::Verdict;
    let Verdict::Removed(reason) = LabelRule::default().judge(&stored).unwrap() else { panic!("a life of 100 cycles") };
    assert!(reason.contains(&format!("; {dropped} of 130 cycles dropped as outliers")), "{reason}");
    assert!(matches!(honest().judge(&stored).unwrap(), Verdict::Life(_)));
}

#[test]
fn the_published_workbooks_give_the_published_samples() {
    use polars::prelude::{ParquetReader, SerReader as _};

    let Some(workbooks) = published("data/calce/raw/CS2_35") else { return };
    let Some(table) = published("data/calce/timeseries_first110.parquet") else { return };
    let cell = cell(&workbooks).cell;

    let names = ["time_s", "current_A", "voltage_V", "charge_capacity_Ah", "discharge_capacity_Ah"];
    // its column of cycle numbers is of a width that this build of polars does not read; time begins anew in each cycle
    let wanted = ["cell_id"].iter().chain(&names).map(|name| (*name).to_owned()).collect();
    let table = ParquetReader::new(fs::File::open(table).unwrap()).with_columns(Some(wanted)).finish().unwrap();
    let ids = table.column("cell_id").unwrap().cast(&polars::prelude::DataType::String).unwrap();
    let ids: Vec<bool> = ids.str().unwrap().iter().map(|id| id == Some("CALCE_CS2_35")).collect();
    let column = |name: &str| -> Vec<f64> {
        let values = table.column(name).unwrap().cast(&polars::prelude::DataType::Float64).unwrap();
        let values = values.f64().unwrap().iter().map(Option::unwrap);
        values.zip(&ids).filter(|(_, ours)| **ours).map(|(value, _)| value).collect()
    };
    let theirs: Vec<Vec<f64>> = names.iter().map(|name| column(name)).collect();
    let cycles = &cell.cycles()[..110];
    assert_eq!(theirs[0].len(), cycles.iter().map(Cycle::len).sum::<usize>());
    let mut row = 0;
    for (position, cycle) in cycles.iter().enumerate() {
        assert!(theirs[0][row] == 0.0 && (row == 0 || theirs[0][row - 1] > 0.0), "cycle {position} begins elsewhere");
        let ours = [
            cycle.time.as_ref().unwrap(),
            &cycle.current,
            &cycle.voltage,
            cycle.charge_capacity.as_ref().unwrap(),
            &cycle.discharge_capacity,
        ];
        for sample in 0..cycle.len() {
            for ((ours, theirs), name) in ours.iter().zip(&theirs).zip(names) {
                let (ours, theirs) = (ours[sample], theirs[row]);
                // single precision
                let tolerance = if name.ends_with("Ah") { 1e-6 } else { 1e-7 * theirs.abs() + 1e-9 };
                assert!((ours - theirs).abs() <= tolerance, "cycle {position}, {name}: {ours} and {theirs}");
            }
            row += 1;
        }
    }
}
