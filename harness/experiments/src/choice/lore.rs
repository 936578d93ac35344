//! What is known of the cells of a plan beside what models say of them: features, training lives, groups.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use super::folds::FoldsBy;
use crate::plan::Plan;
use cells::{cell::CellInfo, label::LabelRule, source::CellSource};
use features::samples::{self, Samples};

/// One row of numbers per cell.
pub(super) type Rows = BTreeMap<String, Vec<f64>>;

/// Reads each thing once, and only what is asked for.
pub(super) struct Lore<'a> {
    plan: &'a Plan,
    source: &'a dyn CellSource,
    workers: usize,
    features: RefCell<Vec<(String, LabelRule, Rc<Rows>)>>,
    samples: RefCell<Vec<(LabelRule, Rc<Samples>)>>,
    infos: RefCell<HashMap<String, CellInfo>>,
}

impl<'a> Lore<'a> {
    pub(super) fn of(plan: &'a Plan, source: &'a dyn CellSource, workers: usize) -> Self {
        Self {
            plan,
            source,
            workers,
            features: RefCell::default(),
            samples: RefCell::default(),
            infos: RefCell::default(),
        }
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
        // which cells there are, the rule says
        let rule = experiment.rule(entry);
        let known = |(of, by, _): &&(String, LabelRule, Rc<Rows>)| of == name && by == rule;
        if let Some((_, _, rows)) = self.features.borrow().iter().find(known) {
            return Ok(Rc::clone(rows));
        }
        let samples = samples::build(self.source, &self.plan.split, rule, std::slice::from_ref(feature), self.workers)
            .map_err(|problem| problem.to_string())?;
        let parts = samples.iter().flat_map(|samples| [&samples.train, &samples.test]);
        let rows = parts.flat_map(|part| part.ids.iter().zip(part.features.outer_iter()));
        let numbers = |(id, row): (&String, ndarray::ArrayViewD<'_, f32>)| {
            (id.clone(), row.iter().map(|&value| f64::from(value)).collect())
        };
        let rows: Rc<Rows> = Rc::new(rows.map(numbers).collect());
        self.features.borrow_mut().push((name.to_owned(), rule.clone(), Rc::clone(&rows)));
        Ok(rows)
    }

    /// Training and test cells with their lives by a label rule, and no features.
    ///
    /// # Errors
    /// Why there are none.
    pub(super) fn samples(&self, rule: &LabelRule) -> Result<Rc<Samples>, String> {
        if let Some((_, samples)) = self.samples.borrow().iter().find(|(of, _)| of == rule) {
            return Ok(Rc::clone(samples));
        }
        let samples = samples::lives(self.source, &self.plan.split, rule, self.workers);
        let samples = Rc::new(samples.map_err(|problem| problem.to_string())?);
        self.samples.borrow_mut().push((rule.clone(), Rc::clone(&samples)));
        Ok(samples)
    }

    /// ln life of each training cell of entry number `entry`.
    ///
    /// # Errors
    /// Why no cell has one.
    pub(super) fn training_lives(&self, entry: usize) -> Result<BTreeMap<String, f64>, String> {
        let experiment = self.plan.experiment();
        let samples = self.samples(experiment.rule(&experiment.models[entry]))?;
        let lives = samples.train.lives.iter().map(|life| life.ln());
        Ok(samples.train.ids.iter().cloned().zip(lives).collect())
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
