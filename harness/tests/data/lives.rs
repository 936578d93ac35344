//! Lives of real cells: the published capacity tables through the label rules, the store and `data check`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cells::catalogue;
use cells::cell::{Cell, CellInfo, LifeRecord, Origin};
use cells::label::{Basis, Crossing, LabelRule, Unreached, Verdict};
use cells::split::Split;
use cells::store::Store;
use flate2::read::GzDecoder;
use harness::cli::data::{DataCommand, execute_to};
use sources::{import, matr_curves};

use crate::published::published;

/// A real cell without cycles in detail.
fn cell(id: &str, capacity: Vec<f64>) -> Cell {
    let info = catalogue::find(id).unwrap().info(Origin::Real);
    Cell::new(info, vec![], LifeRecord::Capacity(capacity)).unwrap()
}

/// The capacities of a published table by cell, Ah, with the cycle or row of each.
fn table(path: &Path) -> BTreeMap<String, Vec<(u32, f64)>> {
    let mut reader = csv::Reader::from_reader(GzDecoder::new(fs::File::open(path).unwrap()));
    let mut lives: BTreeMap<String, Vec<(u32, f64)>> = BTreeMap::new();
    for row in reader.deserialize() {
        let (id, cycle, capacity): (String, u32, f64) = row.unwrap();
        lives.entry(id).or_default().push((cycle, capacity));
    }
    lives
}

/// The whole lives of a published table, counted from this cycle on.
fn from_cycle(first: u32, path: &Path) -> Vec<Cell> {
    let counted = |rows: Vec<(u32, f64)>| rows.into_iter().filter(|row| row.0 >= first).map(|row| row.1).collect();
    table(path).into_iter().map(|(id, rows)| cell(&id, counted(rows))).collect()
}

fn matr() -> Option<Vec<Cell>> {
    Some(from_cycle(2, &published("data/matr/capacity.csv.gz")?))
}

fn clo(first_cycle: u32) -> Option<Vec<Cell>> {
    Some(from_cycle(first_cycle, &published("data/clo/capacity.csv.gz")?))
}

/// Of HUST 29 to 144 cycles a cell are not in the table, and no cycle has its number: it is drawn out to as many cycles as
/// were published, with the last capacity at the end.
fn hust() -> Option<Vec<Cell>> {
    let drawn_out = |(id, rows): (String, Vec<(u32, f64)>)| {
        let cycles = life_of(&id) as usize - 2;
        let row = |cycle: usize| cycle * (rows.len() - 1) / (cycles - 1);
        cell(&id, (0..cycles).map(|cycle| rows[row(cycle)].1).collect())
    };
    Some(table(&published("data/hust/capacity_no_cycle_numbers.csv.gz")?).into_iter().map(drawn_out).collect())
}

fn life_of(id: &str) -> f64 {
    catalogue::find(id).and_then(|entry| entry.cycle_life).unwrap()
}

fn honest() -> LabelRule {
    LabelRule { unreached: Unreached::Drop, crossing: Crossing::Persistent, ..LabelRule::default() }
}

#[test]
fn every_real_life_is_the_published_one_and_was_observed() {
    // HUST counts all cycles and two more, of two cells although the last few were at the threshold
    for (name, cells, count, off) in [
        ("MATR", matr(), 123, 1.0),
        ("CLO from 1", clo(1), 45, 1.0),
        ("CLO from 2", clo(2), 45, 1.0),
        ("HUST", hust(), 77, 4.0),
    ] {
        let Some(cells) = cells else { return };
        assert_eq!(cells.len(), count, "{name}");
        let mut exact = 0;
        for cell in &cells {
            for unreached in [Unreached::Pad, Unreached::Drop] {
                let verdict = LabelRule { unreached, ..LabelRule::default() }.judge(cell).unwrap();
                let Verdict::Life(life) = verdict else { panic!("{} {verdict:?}", cell.id()) };
                assert_eq!(life.basis, Basis::Observed, "{}", cell.id());
                assert!((life.cycles - life_of(cell.id())).abs() <= off, "{}: {}", cell.id(), life.cycles);
                exact += usize::from(life.cycles == life_of(cell.id()));
            }
            // glitches end two lives of CLO a hundred cycles before the persistent crossing
            let Verdict::Life(life) = honest().judge(cell).unwrap() else { panic!("{} is dropped", cell.id()) };
            assert!(life.basis == Basis::Observed && life.cycles >= life_of(cell.id()) - off, "{}", cell.id());
        }
        if name == "MATR" {
            assert_eq!(exact, 2 * 121, "two cells cross in their last cycle, which their publishers count otherwise");
        }
    }
}

#[test]
fn the_honest_protocol_keeps_every_real_cell_of_three_scenarios() {
    let (Some(matr), Some(hust)) = (matr(), hust()) else { return };
    let kept = |cell: &&Cell| honest().life(cell).unwrap().is_some();
    let kept: BTreeSet<&str> = matr.iter().chain(&hust).filter(kept).map(Cell::id).collect();
    for (name, train, test) in [("matr-1", 41, 42), ("matr-2", 41, 40), ("hust", 55, 22)] {
        let split = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../experiments/splits/{name}.csv"));
        let split = Split::read(&split).unwrap();
        let count = |ids: &[String]| ids.iter().filter(|id| kept.contains(id.as_str())).count();
        assert_eq!([count(&split.train), count(&split.test)], [train, test], "{name}");
    }
}

/// What `data check` prints of these cells.
fn check(cells: &[Cell], experiments: &[PathBuf]) -> String {
    let dir = tempfile::tempdir().unwrap();
    Store::create(dir.path()).unwrap().write_all(cells.iter().cloned().map(Ok).collect::<Vec<_>>()).unwrap();
    check_in(dir.path(), experiments)
}

fn check_in(data: &Path, experiments: &[PathBuf]) -> String {
    let mut out = Vec::new();
    let command = DataCommand::Check { data: data.to_owned(), experiments: experiments.to_vec() };
    let _ = execute_to(&command, &mut out);
    String::from_utf8(out).unwrap()
}

/// Lines that say of a cell that something about its life is wrong, other or unknown.
fn alarms(said: &str) -> Vec<&str> {
    let is_alarm = |line: &&str| {
        line.starts_with("fault:")
            || line.contains("another life")
            || line.contains("not known")
            || line.contains("lives of")
    };
    said.lines().filter(is_alarm).collect()
}

/// Of the table that `data check` prints, the column of censored cells.
fn not_reached(said: &str) -> Vec<&str> {
    let rows = said.lines().filter(|line| line.matches('|').count() == 4).skip(1);
    rows.filter_map(|line| line.rsplit('|').next()).map(str::trim).filter(|count| !count.is_empty()).collect()
}

fn experiment(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../experiments/{name}.yaml"))
}

#[test]
fn sound_real_cells_raise_no_alarm() {
    for first_cycle in [1, 2] {
        let (Some(matr), Some(clo), Some(hust)) = (matr(), clo(first_cycle), hust()) else { return };
        let said = check(&[matr, clo, hust].concat(), &["matr-1", "matr-2", "hust"].map(experiment));
        assert_eq!(alarms(&said), Vec::<&str>::new(), "CLO from cycle {first_cycle}");
        assert_eq!(not_reached(&said), Vec::<&str>::new(), "{said}");
        assert!(said.contains(" HUST          | 77 ") && said.contains("| 77 cells: "), "{said}");
    }
}

#[test]
fn the_published_curves_raise_no_alarm() {
    let Some(archive) = published("data/matr/matr-curves.tar.gz") else { return };
    let dir = tempfile::tempdir().unwrap();
    let curves = (matr_curves::FORMAT.open)(&[archive]).unwrap();
    import::write(&*curves, &mut Store::create(dir.path()).unwrap(), false, &|_, _| Ok(())).unwrap();
    let said = check_in(dir.path(), &[]);
    assert_eq!(alarms(&said), Vec::<&str>::new());
    assert_eq!(not_reached(&said), Vec::<&str>::new(), "{said}");
}

/// The shape of a record of MATR, made up: a slow fade and a knee, down to `last` of nominal capacity.
fn of_matr_shape(id: &str, cycles: usize, last: f64) -> Cell {
    let fade = |part: f64| 1.1 * (0.98 - 0.04 * part - (0.94 - last) * part.powi(8));
    cell(id, (1..=cycles).map(|cycle| fade(cycle as f64 / cycles as f64)).collect())
}

fn with_glitch(whole: Cell) -> Cell {
    let LifeRecord::Capacity(mut capacity) = whole.life().clone() else { panic!("a published life") };
    capacity[300] = 0.5;
    cell(whole.id(), capacity)
}

#[test]
fn real_alarms_stay() {
    // published lives are 1852, 2160, 2237, 1434 and 1709
    let cells = [
        of_matr_shape("MATR_b1c0", 1850, 0.8003),
        of_matr_shape("MATR_b1c1", 2157, 0.8003),
        // cut in half; cut a few cycles before the end; two cycles too many
        of_matr_shape("MATR_b1c2", 1117, 0.95),
        of_matr_shape("MATR_b1c3", 1430, 0.809),
        of_matr_shape("MATR_b1c4", 1709, 0.8003),
        // whole, with a glitch
        with_glitch(of_matr_shape("MATR_b1c5", life_of("MATR_b1c5") as usize - 2, 0.8003)),
    ];
    let said = check(&cells, &[]);
    let [other, unknown] = alarms(&said)[..] else { panic!("{said}") };
    for (line, words) in [
        (
            other,
            "4 cells have another life to 80 % of nominal capacity than was published, by more than the one cycle by which \
             publishers' counts differ: MATR_b1c2 (more than 1117 cycles, published 2237), MATR_b1c3 (more than 1430 cycles, \
             published 1434), MATR_b1c4 (1711 cycles, published 1709), MATR_b1c5 (302 cycles, published 1074);",
        ),
        (
            unknown,
            "the life of 2 cells is not known, since they never reach 80 % of nominal capacity and end at 82.5 % or above, or \
             before their published life: MATR_b1c2, MATR_b1c3",
        ),
    ] {
        assert!(line.contains(words), "{line}\nlacks\n{words}");
    }
    assert_eq!(not_reached(&said), ["2"], "{said}");

    // 80 % of CALCE's nominal capacity is 0.88 Ah too
    let published = life_of("CALCE_CS2_35");
    let wrong = cell("CALCE_CS2_35", [vec![1.1; published as usize - 100], vec![0.87; 50]].concat());
    let said = check(&[wrong], &[]);
    assert!(said.contains(&format!("CALCE_CS2_35 ({} cycles, published {published})", published - 98.0)), "{said}");
}

#[test]
fn a_test_part_without_an_observed_life_is_a_fault() {
    let unfinished = |id: &str| {
        let plain = super::cells::plain_cell(id, 4);
        let mut cycles = plain.cycles().to_vec();
        cycles[0].voltage[0] += id.len() as f64 * 1e-6;
        Cell::new(plain.info().clone(), cycles, LifeRecord::Capacity(vec![1.0; 150])).unwrap()
    };
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("split.csv"), "cell_id,split\na,train\nbb,train\nccc,test\ndddd,test\n").unwrap();
    let file = dir.path().join("lab.yaml");
    fs::write(
        &file,
        "name: lab\nscenario: LAB\ndescription: x\ntrain_test_split: split.csv\nprotocol: faithful\nlabel: {}\nseeds: [0]\n\
         features: {row: {voltage_capacity: {base: 0, first: 1, last: 1}}}\nmodels:\n  - mean: {}\n",
    )
    .unwrap();
    let said = check(&["a", "bb", "ccc", "dddd"].map(unfinished), &[file]);
    let fault = "fault: lab: none of the 2 test cells was seen to come near 0.8 of nominal capacity";
    assert!(said.contains(fault), "{said}");
}

#[test]
fn a_store_tells_what_was_published_of_a_cell_that_was_written_before_it_did() {
    let dir = tempfile::tempdir().unwrap();
    let before = cell("MATR_b1c0", vec![1.0; 900]);
    let before = CellInfo { published_life: None, ..before.info().clone() };
    let before = Cell::new(before, vec![], LifeRecord::Capacity(vec![1.0; 900])).unwrap();
    Store::create(dir.path()).unwrap().write(&before).unwrap();
    let file = dir.path().join("cells/MATR_b1c0.h5");
    let read = cells::store::check_file(&file).expect("the hash it was written with is that of its content");
    assert_eq!(read.info().published_life, Some(1852.0));
}
