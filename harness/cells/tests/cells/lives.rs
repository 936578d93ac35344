//! The published capacity tables through the label rules and the store.

use std::collections::BTreeSet;
use std::path::Path;

use cells::cell::{Cell, CellInfo, LifeRecord};
use cells::label::{Basis, Crossing, LabelRule, Unreached, Verdict};
use cells::split::Split;
use cells::store::Store;
use testing::lives::{cell, clo, hust, life_of, matr};

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
        let split = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../experiments/splits/{name}.csv"));
        let split = Split::read(&split).unwrap();
        let count = |ids: &[String]| ids.iter().filter(|id| kept.contains(id.as_str())).count();
        assert_eq!([count(&split.train), count(&split.test)], [train, test], "{name}");
    }
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
