//! What is known of the cells of a plan beside what models say of them: features, training lives, groups.

use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use super::folds::FoldsBy;
use crate::plan::Plan;
use cells::{cell::CellInfo, source::CellSource};
use features::samples;

/// One row of numbers per cell.
pub(super) type Rows = BTreeMap<String, Vec<f64>>;

/// Reads each thing once, and only what is asked for.
pub(super) struct Lore<'a> {
    plan: &'a Plan,
    source: &'a dyn CellSource,
    workers: usize,
    features: RefCell<HashMap<String, Rc<Rows>>>,
    lives: OnceCell<BTreeMap<String, f64>>,
    infos: RefCell<HashMap<String, CellInfo>>,
}

impl<'a> Lore<'a> {
    pub(super) fn of(plan: &'a Plan, source: &'a dyn CellSource, workers: usize) -> Self {
        Self { plan, source, workers, features: RefCell::default(), lives: OnceCell::new(), infos: RefCell::default() }
    }

    /// The feature that entry number `entry` reads, of training and test cells.
    ///
    /// # Errors
    /// Which cell has none.
    pub(super) fn features(&self, entry: usize) -> Result<Rc<Rows>, String> {
        let experiment = self.plan.experiment();
        let entry = &experiment.models[entry];
        let feature = entry.reads().and_then(|name| Some((name, experiment.feature(name)?)));
        let Some((name, feature)) = feature else { return Err(format!("{} reads no feature", entry.label())) };
        if let Some(rows) = self.features.borrow().get(name) {
            return Ok(Rc::clone(rows));
        }
        let rule = experiment.rule(entry);
        let samples = samples::build(self.source, &self.plan.split, rule, std::slice::from_ref(feature), self.workers)
            .map_err(|problem| problem.to_string())?;
        let parts = samples.iter().flat_map(|samples| [&samples.train, &samples.test]);
        let rows = parts.flat_map(|part| part.ids.iter().zip(part.features.outer_iter()));
        let numbers = |(id, row): (&String, ndarray::ArrayViewD<'_, f32>)| {
            (id.clone(), row.iter().map(|&value| f64::from(value)).collect())
        };
        let rows: Rc<Rows> = Rc::new(rows.map(numbers).collect());
        self.features.borrow_mut().insert(name.to_owned(), Rc::clone(&rows));
        Ok(rows)
    }

    /// ln life of each training cell.
    ///
    /// # Errors
    /// Why no cell has one.
    pub(super) fn training_lives(&self) -> Result<&BTreeMap<String, f64>, String> {
        if let Some(lives) = self.lives.get() {
            return Ok(lives);
        }
        let samples = samples::lives(self.source, &self.plan.split, &self.plan.experiment().label, self.workers);
        let train = samples.map_err(|problem| problem.to_string())?.train;
        Ok(self
            .lives
            .get_or_init(|| train.ids.into_iter().zip(train.lives).map(|(id, life)| (id, life.ln())).collect()))
    }

    /// What a cell shares with those of its group.
    ///
    /// # Errors
    /// That it is not there.
    pub(super) fn group(&self, id: &str, by: FoldsBy) -> Result<String, String> {
        if let Some(info) = self.infos.borrow().get(id) {
            return Ok(by.group(info));
        }
        let (cell, _) = self.source.glance(id).map_err(|problem| problem.to_string())?;
        self.infos.borrow_mut().insert(id.to_owned(), cell.info().clone());
        Ok(by.group(cell.info()))
    }
}
