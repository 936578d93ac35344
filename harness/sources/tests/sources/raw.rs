//! Whole files in the publishers' formats: what is exported comes back, and what is no such file is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::published_files::is_the_users;
use cells::cell::{Cell, Cycle, LifeRecord, Origin};
use cells::source::CellSource;
use cells::store::Store;
use lab::VirtualLab;
use sources::Error;
use sources::export;
use sources::import::{self, Format, Summary};
use testing::some::LabCells;

pub(crate) fn export(format: &str, cells: &LabCells, folder: &Path) -> Vec<PathBuf> {
    let format = export::Format::find(format).unwrap();
    export::export(format, cells, &[], folder, &|_, _| Ok(())).unwrap()
}

/// Imports into a new store, with batch files read by a process of their own, as by the program.
pub(crate) fn import(format: &str, paths: &[PathBuf]) -> Result<(tempfile::TempDir, Store, Summary), Error> {
    sources::matr::read_by(env!("CARGO_BIN_EXE_read-matr").into());
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(dir.path()).unwrap();
    let published = (Format::find(format).unwrap().open)(paths)?;
    let outcome = import::write(&*published, &mut store, false, &|_, _| Ok(()));
    if outcome.is_err() {
        assert!(Store::create(dir.path()).unwrap().ids().is_empty(), "something was written");
        let left = fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(left, 1, "something was left beside the cells");
    }
    outcome.map(|summary| (dir, store, summary))
}

/// The failure of importing these, with the store checked to be untouched; it must name `named`.
pub(crate) fn refusal(format: &str, paths: &[PathBuf], named: &str) -> String {
    let failure = match import(format, paths) {
        Ok((_, _, summary)) => panic!("{format} took it: {summary}"),
        Err(failure) => failure,
    };
    assert!(is_the_users(&failure), "{failure}");
    let message = failure.to_string();
    assert!(message.contains(named), "\"{named}\" is not named: {message}");
    message
}

const MATR: [&str; 6] = ["MATR_b1c0", "MATR_b1c3", "MATR_b1c8", "MATR_b2c10", "MATR_b3c2", "MATR_b4c44"];

#[test]
fn matr_cells_come_back_from_their_batch_files() {
    let dir = tempfile::tempdir().unwrap();
    let curve: Vec<f64> = (0..1000).map(|k| k as f64 / 999.0).collect();
    let cells = LabCells::of_the_lab(9, &MATR).changed("MATR_b2c10", |cycles| {
        cycles.iter_mut().for_each(|cycle| cycle.qdlin = Some(curve.clone()));
        cycles[2].qdlin = None;
        cycles[3].temperature = None;
    });
    let files = export("matr-mat", &cells, dir.path());
    let names: Vec<_> = files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()[..10].to_owned()).collect();
    assert_eq!(names, ["2017-05-12", "2017-06-30", "2018-04-12", "2019-01-24"]);

    let (_kept, store, summary) = import("matr", &files).unwrap();
    assert_eq!(store.ids(), MATR);
    assert_eq!(summary.origin, Origin::Virtual);
    for id in MATR {
        let imported = store.cell(id, usize::MAX).unwrap();
        assert_eq!(&with_curves_of(cells.get(id), &imported), &imported, "{id}");
    }
    // a folder does as well, and one batch alone where none of its cells goes on elsewhere
    assert_eq!(import("matr", &[dir.path().to_owned()]).unwrap().1.ids(), MATR);
    let (_kept, store, _) = import("matr", &files[2..3]).unwrap();
    assert_eq!(store.ids(), ["MATR_b3c2"]);
    let message = refusal("matr", &files[..1], "2017-05-12");
    assert!(message.contains("later cycles are in batch 2"), "{message}");
    let message = refusal("matr", &[files[2].clone(), files[2].clone()], "2018-04-12");
    assert!(message.contains("both batch 3"), "{message}");
}

/// The cell that was written with the Q(V) curves that the files have where it had none: 1000 points that never fall, from
/// nothing to what the cycle gives.
fn with_curves_of(written: &Cell, imported: &Cell) -> Cell {
    let mut cycles = written.cycles().to_vec();
    for (cycle, imported) in cycles.iter_mut().zip(imported.cycles()) {
        let curve = imported.qdlin.as_ref().expect("every cycle has a curve");
        if cycle.qdlin.is_none() {
            assert!(curve.len() == 1000 && curve[0] == 0.0 && curve[999] <= cycle.discharged());
            assert!(curve.windows(2).all(|pair| pair[0] <= pair[1]), "cycle {}: the curve falls", cycle.number);
            cycle.qdlin = Some(curve.clone());
        }
    }
    Cell::new(written.info().clone(), cycles, written.life().clone()).unwrap()
}

/// What the publisher's readers do with a batch file (method §1.4): they walk through all places and ask each for everything.
#[test]
fn every_place_of_a_batch_file_can_be_walked_as_the_publishers_readers_do() {
    let dir = tempfile::tempdir().unwrap();
    let cells = LabCells::of_the_lab(4, &["MATR_b1c8", "MATR_b2c10", "MATR_b3c2", "MATR_b4c7"]);
    for path in export("matr-mat", &cells, dir.path()) {
        let file = hdf5::File::open(&path).unwrap();
        let column =
            |name: &str| file.dataset(&format!("batch/{name}")).unwrap().read_raw::<hdf5::ObjectReference1>().unwrap();
        let dataset = |reference: &hdf5::ObjectReference1| match file.dereference(reference).unwrap() {
            hdf5::ReferencedObject::Dataset(dataset) => dataset,
            other => panic!("no dataset but {other:?}"),
        };
        let group = |reference: &hdf5::ObjectReference1| match file.dereference(reference).unwrap() {
            hdf5::ReferencedObject::Group(group) => group,
            other => panic!("no group but {other:?}"),
        };
        let [lives, policies, summaries, structures] =
            ["cycle_life", "policy_readable", "summary", "cycles"].map(column);
        let mut with_cycles = 0;
        for place in 0..summaries.len() {
            assert_eq!(dataset(&lives[place]).read_raw::<f64>().unwrap().len(), 1);
            // two steps aC(b%)-cC, or numbers
            let policy = String::from_utf16(&dataset(&policies[place]).read_raw::<u16>().unwrap()).unwrap();
            let pieces: Vec<&str> = policy.split('-').filter(|piece| !piece.contains("new")).collect();
            let is_number = |text: &str| text.parse::<f64>().is_ok();
            if let [first, second] = pieces[..] {
                let (rate, until) = first.strip_suffix("%)").unwrap().split_once("C(").unwrap();
                assert!([rate, until, second.trim_end_matches('C')].into_iter().all(is_number), "{policy}");
            } else {
                assert!(pieces.iter().all(|piece| is_number(piece)), "{policy}");
            }
            for name in ["IR", "QCharge", "QDischarge", "Tavg", "Tmin", "Tmax", "chargetime", "cycle"] {
                let shape = group(&summaries[place]).dataset(name).unwrap().shape();
                assert!(shape[0] == 1 && shape[1] > 0, "{name} is {shape:?}");
            }
            let cycles = group(&structures[place]);
            let series = |name: &str| cycles.dataset(name).unwrap().read_raw::<hdf5::ObjectReference1>().unwrap();
            let count = series("I").len();
            with_cycles += usize::from(count > 0);
            for name in ["I", "Qc", "Qd", "Qdlin", "T", "Tdlin", "V", "discharge_dQdV", "t"] {
                assert_eq!(series(name).len(), count, "{name}");
            }
            for cycle in 0..count {
                let length = |name: &str| dataset(&series(name)[cycle]).size();
                assert!(["Qc", "Qd", "T", "V", "t"].into_iter().all(|name| length(name) == length("I")));
                assert_eq!(length("Qdlin"), 1000);
            }
        }
        assert_eq!(with_cycles, 1, "{}", path.display());
    }
}

#[test]
fn pickles_without_the_mark_that_hold_virtual_numbers_are_of_virtual_cells() {
    let dir = tempfile::tempdir().unwrap();
    let ids = ["MATR_b3c0", "HUST_1-1", "RWTH_002"];
    let unmarked = LabCells::of_the_lab(3, &ids).measured();
    export("batteryml", &unmarked, dir.path());
    let (_kept, store, summary) = import("batteryml", &[dir.path().to_owned()]).unwrap();
    assert_eq!((store.origin(), summary.origin), (Origin::Virtual, Origin::Virtual));
    assert_eq!(summary.remarks.iter().filter(|remark| remark.contains("a virtual cell")).count(), 3, "{summary}");
}

#[test]
fn what_a_pickle_says_otherwise_than_the_catalogue_is_said_or_refused() {
    let given = |change: fn(&mut cells::cell::CellInfo)| {
        let dir = tempfile::tempdir().unwrap();
        let cells = LabCells::of_the_lab(2, &["UL-PUR_N10-EX9_18650_NCA_23C_0-100_0.5-0.5C_i"]).described(change);
        let files = export("batteryml", &cells, dir.path());
        import("batteryml", &files).map(|(_, store, summary)| {
            let cell = store.cell(cells.0.keys().next().unwrap(), 0).unwrap();
            (cell.info().clone(), summary.remarks.join("\n"))
        })
    };
    let (_, remarks) = given(|_| ()).unwrap();
    assert_eq!(remarks, "");
    // as BatteryML has it
    let (info, remarks) = given(|info| info.chemistry.cathode = cells::cell::Cathode::LCO).unwrap();
    assert_eq!(info.chemistry.cathode, cells::cell::Cathode::NCA);
    assert!(remarks.contains("its cathode_material is \"LCO\", \"NCA\" is used"), "{remarks}");
    let refused = given(|info| info.voltage_limits.0 = 2.5).unwrap_err().to_string();
    assert!(refused.contains("its min_voltage_limit_in_V is 2.5, the published cell has 2.7 V"), "{refused}");
}

#[test]
fn a_continuation_is_appended_whole_and_a_file_begins_with_its_second_cycle() {
    let dir = tempfile::tempdir().unwrap();
    let cells = LabCells::of_the_lab(7, &["MATR_b1c1"]);
    let files = export("matr-mat", &cells, dir.path());
    // straight from the files: 7 cycles as 1 + 4 and 3
    let count = |file: &Path, index: usize| {
        let file = hdf5::File::open(file).unwrap();
        let cells: Vec<hdf5::ObjectReference1> = file.dataset("batch/cycles").unwrap().read_raw().unwrap();
        let hdf5::ReferencedObject::Group(cycles) = file.dereference(&cells[index]).unwrap() else { panic!() };
        cycles.dataset("V").unwrap().shape()
    };
    assert_eq!((count(&files[0], 1), count(&files[1], 8)), (vec![5, 1], vec![3, 1]));
    let (_kept, store, _) = import("matr", &files).unwrap();
    assert_eq!(store.cell("MATR_b1c1", 9).unwrap().cycles().len(), 7);
    let start = fs::read(&files[0]).unwrap();
    assert!(start.starts_with(b"MATLAB 7.3 MAT-file") && start[124..128] == [0, 2, b'I', b'M']);
    assert_eq!(start[512..516], *b"\x89HDF");
}

#[test]
fn measured_cells_stay_measured() {
    let dir = tempfile::tempdir().unwrap();
    for (format, importer, id) in [
        ("matr-mat", "matr", "MATR_b3c0"),
        ("hust-zip", "hust", "HUST_1-1"),
        ("batteryml", "batteryml", "SNL_18650_NMC_25C_0-100_0.5-1C_b"),
    ] {
        for (cells, origin) in [
            (LabCells::of_the_lab(2, &[id]), Origin::Virtual),
            (LabCells::of_the_lab(2, &[id]).rounded().measured(), Origin::Real),
        ] {
            let folder = dir.path().join(format!("{format}-{origin}"));
            let (_kept, store, summary) = import(importer, &export(format, &cells, &folder)).unwrap();
            assert_eq!((store.origin(), summary.origin), (origin, origin), "{format}");
        }
    }
}

#[test]
fn hust_cells_come_back_with_their_capacity_counted_anew() {
    let dir = tempfile::tempdir().unwrap();
    let ids = ["HUST_1-1", "HUST_10-8", "HUST_7-5"];
    let cells = LabCells::of_the_lab(6, &ids);
    let files = export("hust-zip", &cells, dir.path());
    let (_kept, store, _) = import("hust", &files).unwrap();
    assert_eq!(store.ids(), ids);
    for id in ids {
        let (cell, given) = (store.cell(id, usize::MAX).unwrap(), cells.get(id));
        assert_eq!(cell.info(), given.info());
        assert_eq!(cell.cycles().len(), given.cycles().len());
        let skipped = if id == "HUST_7-5" { 2 } else { 0 };
        for (position, (cycle, given)) in cell.cycles().iter().zip(given.cycles()).enumerate() {
            assert_eq!(cycle.number, position as u32 + 1 + skipped);
            assert_eq!(cycle.voltage, given.voltage);
            let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-15 * b.abs().max(1.0);
            assert!(cycle.current.iter().zip(&given.current).all(close));
            // what is left is the noise of the current at rest
            assert!((cycle.discharged() / given.discharged() - 1.0).abs() < 1e-4, "{id} {position}");
            let charged = |cycle: &Cycle| *cycle.charge_capacity.as_ref().unwrap().last().unwrap();
            assert!((charged(cycle) / charged(given) - 1.0).abs() < 1e-4, "{id} {position}");
        }
    }
}

#[test]
fn cells_of_every_dataset_come_back_from_batteryml_pickles() {
    let dir = tempfile::tempdir().unwrap();
    let ids = [
        "CALCE_CS2_35",
        "HNEI_18650_NMC_LCO_25C_0-100_0.5-1.5C_a",
        "HUST_1-1",
        "MATR_b1c0",
        "MATR_b4c0",
        "RWTH_002",
        "SNL_18650_LFP_25C_0-100_0.5-1C_a",
        "UL-PUR_N10-EX9_18650_NCA_23C_0-100_0.5-0.5C_i",
    ];
    let cells = LabCells::of_the_lab(5, &ids).changed("MATR_b1c0", |cycles| cycles[1].qdlin = Some(vec![0.5; 1000]));
    let files = export("batteryml", &cells, dir.path());
    assert_eq!(files.len(), ids.len());
    let (_kept, store, summary) = import("batteryml", &[dir.path().to_owned()]).unwrap();
    assert_eq!(store.ids(), ids);
    assert!(summary.remarks.is_empty(), "{summary}");
    for id in ids {
        assert_eq!(&store.cell(id, usize::MAX).unwrap(), cells.get(id), "{id}");
    }
}

#[test]
fn an_export_of_what_is_not_there_or_does_not_fit_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let cells = LabCells::of_the_lab(2, &["HUST_1-1", "MATR_b3c0"]);
    let format = export::Format::find("hust-zip").unwrap();
    let refused = |only: &[&str]| {
        let only: Vec<String> = only.iter().map(|id| (*id).to_owned()).collect();
        export::export(format, &cells, &only, dir.path(), &|_, _| Ok(())).unwrap_err().to_string()
    };
    assert!(refused(&["MATR_b3c0"]).contains("cell MATR_b3c0 cannot be written as hust-zip: the format is for"));
    assert!(
        refused(&["HUST_1-1", "HUST_1-2"]).contains("HUST_1-2 cannot be written as hust-zip: it is not there, did you")
    );
    let stopped = export::export(format, &cells, &[], dir.path(), &|_, _| Err(Error::Stopped));
    assert!(matches!(stopped, Err(Error::Stopped)));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "something was left");
}

/// Every format with a cell that can be written so.
const ONE_OF_EACH: [(&str, &str); 6] = [
    ("matr-mat", "MATR_b3c0"),
    ("hust-zip", "HUST_1-1"),
    ("calce-xlsx", "CALCE_CS2_35"),
    ("rwth-zip", "RWTH_002"),
    ("battery-archive", "HNEI_18650_NMC_LCO_25C_0-100_0.5-1.5C_a"),
    ("batteryml", "HUST_1-1"),
];

#[test]
fn a_cell_whose_life_is_longer_than_its_cycles_is_not_cut_short() {
    let dir = tempfile::tempdir().unwrap();
    for (format, id) in ONE_OF_EACH {
        let cell = VirtualLab::new().cell(id, 3).unwrap();
        let published = LifeRecord::Published { cycle_life: 862.0, end_of_life: 0.8 };
        for life in [cell.life().clone(), published] {
            let cell = Cell::new(cell.info().clone(), cell.cycles().to_vec(), life).unwrap();
            let cells = LabCells(BTreeMap::from([(id.to_owned(), cell)]));
            let format = export::Format::find(format).unwrap();
            let refused = export::export(format, &cells, &[], dir.path(), &|_, _| Ok(())).unwrap_err().to_string();
            assert!(
                refused.contains(&format!("cell {id} cannot be written as {}: only its first 3", format.name)),
                "{refused}"
            );
        }
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "something was left");
}

#[cfg(unix)]
#[test]
fn exported_files_may_be_read_by_whom_any_new_file_may() {
    use std::os::unix::fs::PermissionsExt as _;

    let dir = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    fs::write(dir.path().join("new"), "").unwrap();
    for (format, id) in ONE_OF_EACH {
        for file in export(format, &LabCells::of_the_lab(2, &[id]), dir.path()) {
            assert_eq!(mode(&file), mode(&dir.path().join("new")), "{}", file.display());
        }
    }
}

#[test]
fn an_import_that_is_stopped_leaves_the_store_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let files = export("batteryml", &LabCells::of_the_lab(2, &["HUST_1-1", "HUST_1-2"]), &dir.path().join("raw"));
    let published = (Format::find("batteryml").unwrap().open)(&files).unwrap();
    let mut store = Store::create(&dir.path().join("store")).unwrap();
    let cells_begun = AtomicUsize::new(0);
    let stop = |_: usize, _: usize| match cells_begun.fetch_add(1, Ordering::Relaxed) {
        0 => Ok(()),
        _ => Err(Error::Stopped),
    };
    let failure = import::write(&*published, &mut store, false, &stop).unwrap_err();
    assert!(matches!(failure, Error::Stopped));
    assert_eq!(fs::read_dir(dir.path().join("store")).unwrap().count(), 1);
    assert!(Store::create(&dir.path().join("store")).unwrap().ids().is_empty());
}

#[test]
fn files_are_exported_by_the_names_that_they_are_imported_by() {
    for format in import::FORMATS.iter().filter(|format| format.name != "matr-curves") {
        let export = export::Format::find(format.name).unwrap_or_else(|| panic!("no export {}", format.name));
        assert_eq!((export.import, export.datasets), (format.name, format.datasets));
    }
    for also in ["matr-mat", "hust-zip", "calce-xlsx", "rwth-zip", "battery-archive"] {
        assert!(export::Format::find(also).is_some_and(|format| format.name == also));
    }
    assert!(export::Format::find("matr-curves").is_none());
    // of Battery Archive's cells those of one laboratory, and back by the same name
    let ids = ["SNL_18650_NMC_25C_0-100_0.5-1C_a", "HNEI_18650_NMC_LCO_25C_0-100_0.5-1.5C_a"];
    let dir = tempfile::tempdir().unwrap();
    let files = export("snl", &LabCells::of_the_lab(20, &ids), dir.path());
    assert_eq!(files.len(), 2);
    let (_dir, store, _) = import("snl", &[dir.path().to_owned()]).unwrap();
    assert_eq!(store.ids(), [ids[0]]);
}
