//! All eight datasets by way of the program: `batlinet data export` writes whole virtual lives as their publishers would,
//! `batlinet data import` reads them, and the cells are the same.

use std::path::Path;
use std::process::Command;

use cells::cell::Cell;
use cells::label::{LabelRule, Verdict};
use cells::source::CellSource as _;
use cells::store::Store;
use lab::VirtualLab;

fn program(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_batlinet")).arg("data").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The cell of `data` after it went through files of `written_as`, read by `read_as` into a store in `dir`.
fn through(written_as: &str, read_as: &str, id: &str, data: &Path, dir: &Path) -> Cell {
    let (files, store) = (dir.join("files"), dir.join("cells"));
    let [files, data, store_path] = [&files, data, &store].map(|path| path.to_str().unwrap());
    program(&["export", "--format", written_as, "--data", data, "--cells", id, "--out", files]);
    program(&["import", read_as, files, "--data", store_path]);
    let store = Store::open(&store).unwrap();
    assert_eq!(store.ids(), [id]);
    store.cell(id, usize::MAX).unwrap()
}

/// The virtual cell, before and after.
fn made_and_imported(written_as: &str, read_as: &str, id: &str, dir: &Path) -> (Cell, Cell) {
    let made = VirtualLab::new().cell(id, usize::MAX).unwrap();
    (made, through(written_as, read_as, id, Path::new("virtual"), dir))
}

fn life(cell: &Cell) -> f64 {
    match LabelRule::default().judge(cell).unwrap() {
        Verdict::Life(life) => life.cycles,
        other => panic!("{}: {other:?}", cell.id()),
    }
}

fn close(one: f64, other: f64, tolerance: f64) -> bool {
    (one - other).abs() <= tolerance
}

#[test]
fn formats_that_keep_everything_give_the_same_cells() {
    for (written_as, read_as, id) in [
        ("matr-mat", "matr", "MATR_b2c1"),
        ("matr-mat", "matr", "MATR_b4c7"),
        ("batteryml", "batteryml", "MATR_b2c1"),
        ("batteryml", "batteryml", "RWTH_002"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (made, imported) = made_and_imported(written_as, read_as, id, dir.path());
        // batch files have a Q(V) curve of every cycle besides
        let mut cycles = imported.cycles().to_vec();
        if written_as == "matr-mat" {
            assert!(cycles.iter_mut().all(|cycle| cycle.qdlin.take().is_some_and(|curve| curve.len() == 1000)));
        }
        let imported = Cell::new(imported.info().clone(), cycles, imported.life().clone()).unwrap();
        assert!(imported == made, "{id} by way of {written_as} is another cell");
    }
}

#[test]
fn formats_without_capacity_give_the_same_cells_with_capacity_counted_anew() {
    for (written_as, read_as, id) in
        [("hust-zip", "hust", "HUST_1-1"), ("calce-xlsx", "calce", "CALCE_CS2_35"), ("rwth-zip", "rwth", "RWTH_002")]
    {
        let dir = tempfile::tempdir().unwrap();
        let (made, imported) = made_and_imported(written_as, read_as, id, dir.path());
        assert_eq!(imported.info(), made.info());
        assert_eq!(life(&imported), life(&made), "{id}");
        assert_eq!(imported.cycles().len(), made.cycles().len());
        for (position, (cycle, original)) in imported.cycles().iter().zip(made.cycles()).enumerate() {
            let (ours, theirs) = (cycle.discharged(), original.discharged());
            // but for cycles whose last current was lost
            assert!(close(ours, theirs, 1e-4), "{id} at {position}: {ours} and {theirs}");
        }
        // a cell whose capacity was counted so, as that of every measured one, comes back the same
        let again = tempfile::tempdir().unwrap();
        let again = through(written_as, read_as, id, &dir.path().join("cells"), again.path());
        assert_eq!(again.cycles().len(), imported.cycles().len());
        for (position, (cycle, original)) in again.cycles().iter().zip(imported.cycles()).enumerate() {
            let what = format!("{id} at {position}");
            assert_eq!((&cycle.voltage, cycle.len()), (&original.voltage, original.len()), "{what}");
            let same = |one: &[f64], other: &[f64], tolerance| {
                one.iter().zip(other).all(|(one, other)| close(*one, *other, tolerance))
            };
            assert!(same(&cycle.current, &original.current, 1e-12), "current of {what}");
            assert!(same(&cycle.discharge_capacity, &original.discharge_capacity, 1e-9), "capacity of {what}");
            let (time, before) = (cycle.time.as_ref().unwrap(), original.time.as_ref().unwrap());
            assert!(same(time, before, 1e-9 * before.last().unwrap()), "time of {what}");
        }
    }
}

#[test]
fn battery_archive_gives_the_same_cells_but_for_outliers() {
    for (read_as, id) in [
        ("hnei", "HNEI_18650_NMC_LCO_25C_0-100_0.5-1.5C_a"),
        ("ul-pur", "UL-PUR_N10-EX9_18650_NCA_23C_0-100_0.5-0.5C_i"),
        ("snl", "SNL_18650_LFP_25C_0-100_0.5-1C_a"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (made, imported) = made_and_imported("battery-archive", read_as, id, dir.path());
        assert_eq!((imported.info(), imported.cycles().len()), (made.info(), made.cycles().len()));
        // a copy of a neighbour in place of the cycle that ends life moves that by as far as the neighbour
        assert!(
            close(life(&imported), life(&made), 0.01 * life(&made)),
            "{id}: {} and {}",
            life(&imported),
            life(&made)
        );
    }
}
