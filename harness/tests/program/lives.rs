//! Lives of real cells: the published capacity tables through `data check`.

use std::fs;
use std::path::{Path, PathBuf};

use cells::cell::{Cell, LifeRecord};
use cells::store::Store;
use harness::cli::data::{DataCommand, execute_to};
use sources::{import, matr_curves};
use testing::lives::{cell, clo, hust, life_of, matr};
use testing::published;

/// What `data check` prints of these cells.
fn check(cells: &[Cell], experiments: &[PathBuf]) -> String {
    let dir = tempfile::tempdir().unwrap();
    Store::create(dir.path())
        .unwrap()
        .write_all(cells.iter().cloned().map(Ok::<_, cells::Error>).collect::<Vec<_>>())
        .unwrap();
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
             before their published or declared life: MATR_b1c2, MATR_b1c3",
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
        let plain = testing::cells::plain_cell(id, 4);
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
