//! How long a cell takes to and from disk, and an archive of 124 cells to be imported.

use std::hint::black_box;
use std::path::Path;

use cells::cell::{Cathode, Cell, CellInfo, Chemistry, Cycle, CyclingProtocol, DatasetName, LifeRecord, Origin};
use cells::source::CellSource;
use cells::store::Store;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lab::VirtualLab;
use sources::export;
use sources::import;
use sources::matr_curves::{Curves, POINTS, Publication};

/// 100 cycles of 1000 samples, each series its own and as irregular as a measured one.
fn measured_cell() -> Cell {
    let series = |seed: usize| -> Vec<f64> {
        (0..1000).map(|k| ((k + seed) as f64 / 1000.0).sin() + (k * 7919 + seed * 104_729) as f64 % 1e-3).collect()
    };
    let cycle = |number: usize| Cycle {
        number: number as u32,
        voltage: series(4 * number),
        current: series(4 * number + 1),
        charge_capacity: Some(series(4 * number + 2)),
        discharge_capacity: series(4 * number + 3),
        time: Some((0..1000).map(|k| k as f64 * 3.6).collect()),
        ..Cycle::default()
    };
    let info = CellInfo {
        id: "bench".to_owned(),
        dataset: DatasetName::of("HUST"),
        origin: Origin::Virtual,
        chemistry: Chemistry { cathode: Cathode::LFP, anode: "graphite".to_owned() },
        form_factor: None,
        nominal_capacity: 1.1,
        voltage_limits: (2.0, 3.6),
        ambient_temperature: None,
        protocol: CyclingProtocol::default(),
        published_life: None,
    };
    let cycles = (1..=100).map(cycle).collect();
    Cell::new(info, cycles, LifeRecord::Capacity(vec![1.0; 1500])).expect("the cell is sound")
}

/// The folder of the shape of the older published archive, every curve the same.
fn write_archive(folder: &Path) {
    let row = |k: usize| vec![format!("{:.5}", k as f64 / 999.0); Publication::To100.cycles()].join(",") + "\n";
    let table: String = (0..POINTS).map(row).collect();
    for (split, cells) in [("train", 41), ("test1", 43), ("test2", 40)] {
        let write = |name: String, content: &str| {
            let path = folder.join("data").join(name);
            std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder for the bench");
            std::fs::write(path, content).expect("a file for the bench");
        };
        write(format!("cycle_lives/{split}_cycle_lives.csv"), &"1000\n".repeat(cells));
        for number in 1..=cells {
            write(format!("{split}/cell{number}.csv"), &table);
        }
    }
}

fn store(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder for the bench");
    let mut store = Store::create(dir.path()).expect("a store for the bench");
    let cell = measured_cell();
    let mut group = criterion.benchmark_group("store");
    group.sample_size(20);
    group.bench_function("write_100_cycles", |bencher| {
        bencher.iter(|| store.write(black_box(&cell)).expect("the disk takes a cell"));
    });
    for cycles in [10, 100] {
        group.bench_function(format!("read_{cycles}_cycles"), |bencher| {
            bencher.iter(|| store.cell("bench", black_box(cycles)).expect("the cell is there"));
        });
    }
    group.finish();
}

fn import_curves(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder for the bench");
    let archive = dir.path().join("archive");
    write_archive(&archive);
    let mut store = Store::create(&dir.path().join("store")).expect("a store for the bench");
    let mut group = criterion.benchmark_group("import");
    group.sample_size(10);
    group.bench_function("matr_curves", |bencher| {
        bencher.iter(|| {
            let curves = Curves::read(black_box(&archive)).expect("the archive is sound");
            import::write(&curves, &mut store, true, &|_, _| Ok(())).expect("the disk takes the cells")
        });
    });
    group.finish();
}

/// From exported files of virtual cells to cells in memory. Criterion's figure is bytes of the files per second;
/// `scripts/oracle/import_speed.py` holds the same work against Python.
fn import_formats(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("import");
    group.sample_size(10);
    for (name, written_as, id) in [
        ("matr", "matr-mat", "MATR_b3c0"),
        ("hust", "hust-zip", "HUST_1-1"),
        ("calce", "calce-xlsx", "CALCE_CS2_35"),
        ("rwth", "rwth-zip", "RWTH_002"),
        ("hnei", "battery-archive", "HNEI_18650_NMC_LCO_25C_0-100_0.5-1.5C_a"),
    ] {
        let dir = tempfile::tempdir().expect("a folder for the bench");
        let format = export::Format::find(written_as).expect("the format has this name");
        let files = export::export(format, &VirtualLab::new(), &[id.to_owned()], dir.path(), &|_, _| Ok(()))
            .expect("the disk takes the files");
        let bytes = files.iter().map(|file| std::fs::metadata(file).map_or(0, |metadata| metadata.len())).sum();
        let format = import::Format::find(name).expect("the format has this name");
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let published = (format.open)(black_box(&files)).expect("the files are sound");
                published.cell(id).expect("the cell is whole")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, store, import_curves, import_formats);
criterion_main!(benches);
