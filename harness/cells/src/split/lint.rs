//! What is to be distrusted in a split: cells that know each other on both sides, lives that training never saw.

use std::collections::{BTreeMap, HashMap};

use super::{By, Split, group::group};
use crate::cell::CellInfo;
use crate::portrait::Portrait;

/// What is known of a cell of a split.
#[derive(Clone, Debug)]
pub struct Known {
    /// What it is.
    pub info: CellInfo,
    /// Hash of its measurements.
    pub measurements: String,
    /// What its first cycles look like.
    pub portrait: Portrait,
    /// Its observed cycle life; `None` if it was not observed.
    pub life: Option<f64>,
}

/// Something about a split, a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lint {
    /// What is tested was trained on: numbers from this split are wrong.
    Leak(String),
    /// Numbers from this split may say more, or less, than is thought.
    Caution(String),
}

/// What is to be said of the split. Cells that are not known are passed over. `batches` has the batch of each cell where somebody knows
/// better than its id.
pub fn lints(split: &Split, known: &[Known], batches: &HashMap<String, String>) -> Vec<Lint> {
    let by_id: HashMap<&str, &Known> = known.iter().map(|cell| (cell.info.id.as_str(), cell)).collect();
    let part = |ids: &[String]| ids.iter().filter_map(|id| by_id.get(id.as_str()).copied()).collect::<Vec<_>>();
    let (train, test) = (part(&split.train), part(&split.test));
    let mut lints = twins(&train, &test);
    let batch = |info: &CellInfo| batches.get(&info.id).cloned().unwrap_or_else(|| group(info, By::Batch));
    lints.extend(shared(&train, &test, &|info| group(info, By::Protocol), "protocol"));
    lints.extend(shared(&train, &test, &batch, "batch"));
    lints.extend(lives(&train, &test));
    lints
}

fn twins(train: &[&Known], test: &[&Known]) -> Vec<Lint> {
    let seen: HashMap<&str, &str> =
        train.iter().map(|cell| (cell.measurements.as_str(), cell.info.id.as_str())).collect();
    let twin = |cell: &&Known| {
        let id = &cell.info.id;
        if let Some(trained) = seen.get(cell.measurements.as_str()) {
            let what = format!("the test cell {id} holds the very same measurements as the training cell {trained}");
            return Some(Lint::Leak(what));
        }
        let trained = train.iter().find(|trained| trained.portrait.is_of_one_test(&cell.portrait))?;
        Some(Lint::Leak(one_test(id, &trained.info.id)))
    };
    test.iter().filter_map(twin).collect()
}

/// What is said of a test cell that is a training cell, in other digits or cut otherwise.
pub fn one_test(test: &str, train: &str) -> String {
    format!(
        "the test cell {test} is the training cell {train} under another id: their capacities and curves are the same cycle by cycle, \
         but for digits, samples or length; keep one of them"
    )
}

fn shared(train: &[&Known], test: &[&Known], group: &dyn Fn(&CellInfo) -> String, what: &str) -> Option<Lint> {
    let count = |cells: &[&Known]| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        cells.iter().for_each(|cell| *counts.entry(group(&cell.info)).or_default() += 1);
        counts
    };
    let (train, tested) = (count(train), count(test));
    let both: Vec<_> = tested.iter().filter(|(group, _)| train.contains_key(*group)).collect();
    let (first, _) = both.first()?;
    let cells: usize = both.iter().map(|(_, cells)| **cells).sum();
    Some(Lint::Caution(format!(
        "{cells} of {} test cells have a training cell of their {what} ({} on both sides, such as {first}): the error is that of \
         a known {what}, not of a new one",
        test.len(),
        both.len()
    )))
}

fn lives(train: &[&Known], test: &[&Known]) -> Vec<Lint> {
    let mut lints = Vec::new();
    for (part, cells) in [("training", train), ("test", test)] {
        let alive = cells.iter().filter(|cell| cell.life.is_none()).count();
        if alive > 0 {
            lints.push(Lint::Caution(format!(
                "of {alive} of {} {part} cells no end of life was observed to 80 % of nominal capacity",
                cells.len()
            )));
        }
    }
    let known = || train.iter().filter_map(|cell| cell.life);
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let outside = test.iter().filter(|cell| cell.life.is_some_and(|life| life < low || life > high)).count();
    if low <= high && outside > 0 {
        lints.push(Lint::Caution(format!(
            "{outside} of {} test cells live shorter or longer than any training cell ({low} to {high} cycles)",
            test.len()
        )));
    }
    lints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::info;

    fn known(id: &str, hash: &str, life: Option<f64>, charge: &str) -> Known {
        let mut info = info(id);
        charge.clone_into(&mut info.protocol.charge);
        Known { info, measurements: hash.to_owned(), portrait: Portrait::default(), life }
    }

    #[test]
    fn twins_leak_and_relatives_and_far_lives_are_said() {
        let cells = [
            known("X_b1c0", "1", Some(500.0), "4C"),
            known("X_b1c1", "2", Some(700.0), "5C"),
            known("X_b2c0", "1", Some(500.0), "6C"),
            known("X_b1c2", "3", Some(900.0), "7C"),
            known("X_b3c0", "4", None, "8C"),
        ];
        let ids = |wanted: &[usize]| wanted.iter().map(|&place| cells[place].info.id.clone()).collect::<Vec<_>>();
        let told = lints(&Split { train: ids(&[0, 1]), test: ids(&[2, 3, 4]) }, &cells, &HashMap::new());
        assert!(matches!(&told[0], Lint::Leak(text) if text.contains("X_b2c0") && text.contains("X_b1c0")), "{told:?}");
        let text = format!("{told:?}");
        assert!(text.contains("1 of 3 test cells have a training cell of their batch (1 on both sides, such as X_b1)"));
        assert!(!text.contains("protocol"), "{text}");
        // whoever has a table of batches knows better than ids
        let own =
            cells.iter().enumerate().map(|(place, cell)| (cell.info.id.clone(), format!("lot {place}"))).collect();
        let told = lints(&Split { train: ids(&[0, 1]), test: ids(&[2, 3, 4]) }, &cells, &own);
        assert!(!format!("{told:?}").contains("batch"), "{told:?}");
        assert!(text.contains("of 1 of 3 test cells no end of life"), "{text}");
        assert!(text.contains("1 of 3 test cells live shorter or longer than any training cell (500 to 700 cycles)"));
        assert_eq!(lints(&Split { train: ids(&[0]), test: ids(&[4]) }, &cells, &HashMap::new()).len(), 1);
    }

    #[test]
    fn one_test_in_other_digits_leaks() {
        let with = |id: &str, hash: &str, off: f32| Known {
            portrait: Portrait::of_features((0..50).map(|cycle| [cycle as f32 + off; 5]).collect()),
            ..known(id, hash, None, "4C")
        };
        let told = |off: f32| {
            let split = Split { train: vec!["X_b1c0".to_owned()], test: vec!["mine".to_owned()] };
            lints(&split, &[with("X_b1c0", "1", 0.0), with("mine", "2", off)], &HashMap::new())
        };
        assert!(matches!(&told(0.3)[0], Lint::Leak(text) if text.contains("mine is the training cell X_b1c0")));
        assert!(!told(0.5).iter().any(|lint| matches!(lint, Lint::Leak(_))));
    }

    #[test]
    fn a_life_is_far_when_no_training_cell_lives_as_short_or_as_long() {
        let told = |train: &[f64], test: &[f64]| {
            let cell =
                |(place, life): (usize, &f64)| known(&format!("X_b{place}c0"), &place.to_string(), Some(*life), "");
            let cells: Vec<Known> = train.iter().chain(test).enumerate().map(cell).collect();
            let (train, test) = cells.split_at(train.len());
            lives(&train.iter().collect::<Vec<_>>(), &test.iter().collect::<Vec<_>>())
        };
        let far = |count: usize, of: usize, range: &str| {
            let text =
                format!("{count} of {of} test cells live shorter or longer than any training cell ({range} cycles)");
            vec![Lint::Caution(text)]
        };
        let none: Vec<Lint> = Vec::new();
        assert_eq!(told(&[500.0, 700.0], &[500.0, 600.0, 700.0]), none);
        assert_eq!(told(&[500.0, 700.0], &[499.0, 600.0, 701.0]), far(2, 3, "500 to 700"));
        assert_eq!(told(&[500.0, 700.0], &[300.0, 400.0, 600.0]), far(2, 3, "500 to 700"));
        assert_eq!(told(&[500.0], &[500.0, 501.0]), far(1, 2, "500 to 500"));
        assert_eq!(told(&[], &[500.0]), none, "of training cells nothing is known");
    }

    #[test]
    fn a_protocol_that_is_tested_was_trained_on() {
        let cells =
            [known("X_b1c0", "1", None, "4C"), known("X_b2c0", "2", None, "4C"), known("X_b3c0", "3", None, "6C")];
        let all: Vec<&Known> = cells.iter().collect();
        let Some(Lint::Caution(text)) = shared(&all[..1], &all[1..], &|info| group(info, By::Protocol), "protocol")
        else {
            panic!("{cells:?}")
        };
        assert!(
            text.starts_with("1 of 2 test cells have a training cell of their protocol (1 on both sides"),
            "{text}"
        );
        assert_eq!(shared(&all[..1], &all[2..], &|info| group(info, By::Protocol), "protocol"), None);
    }
}
