//! The lives of cells before anything is built: what the label hash of a plan is made of.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use rayon::prelude::*;

use cells::{
    cell::Cell,
    label::{LabelRule, Verdict},
    source::CellSource,
};

/// Life records of the cells of a source, each read once, when it is first asked for.
pub struct LifeRecords<'a> {
    source: &'a dyn CellSource,
    /// `None` where a cell cannot be read; that is said where it is used.
    seen: Mutex<BTreeMap<String, Option<Cell>>>,
}

impl<'a> LifeRecords<'a> {
    /// Of no cell yet.
    pub fn of(source: &'a dyn CellSource) -> Self {
        Self { source, seen: Mutex::default() }
    }

    /// The lives of these cells in cycles; `None` of a cell that has none by this rule, or cannot be read or judged.
    pub fn lives(&self, ids: &[String], rule: &LabelRule) -> BTreeMap<String, Option<f64>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<&String> = ids.iter().filter(|id| !seen.contains_key(*id)).collect();
        let read: Vec<_> = new.into_par_iter().map(|id| (id.clone(), self.source.cell(id, 0).ok())).collect();
        seen.extend(read);
        let life = |cell: &Option<Cell>| match cell.as_ref().map(|cell| rule.judge(cell)) {
            Some(Ok(Verdict::Life(life))) => Some(life.cycles),
            _ => None,
        };
        ids.iter().map(|id| (id.clone(), life(&seen[id]))).collect()
    }
}

/// The first 16 hexadecimal digits of a hash of cells with their lives, or without one: results compare only if they are of the
/// same.
pub fn label_hash(lives: &BTreeMap<String, Option<f64>>) -> String {
    let mut hash = blake3::Hasher::new();
    for (id, life) in lives {
        hash.update(format!("{id},{}\n", life.map_or_else(String::new, |life| life.to_string())).as_bytes());
    }
    hash.finalize().to_hex()[..16].to_owned()
}
