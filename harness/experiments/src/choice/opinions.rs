//! What the entries of a plan say of cells, so that nobody is asked about what he has seen.
//!
//! On a fold, a stack has weights and a selection its choice from the other folds of the same drawing only, those that it was given to
//! learn from: so their errors on folds are those of the whole procedure (nested cross-validation), whatever they are made of.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    path::Path,
    rc::Rc,
};

use super::{
    folds::FoldsBy,
    lore::Lore,
    members::{members, places, trained},
    parameters::{Criterion, Seeds, Weighting},
    simplex,
};
use crate::{entry::ModelSpec, plan::Plan};
use cells::source::CellSource;
use features::samples::Samples;
use record::{Deviations, PairPredictions, RunRecord, Status, files::run_folder};

/// Of what cells something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Those of the test part.
    Test,
    /// Those of the fold at this place.
    Fold(usize),
}

/// What a record says, by cell.
struct Said {
    /// ln of the predicted lives.
    predicted: Vec<f64>,
    /// Of the cells in the order of the predictions: ids and ln of the observed lives.
    cells: Vec<String>,
    observed: Vec<f64>,
    /// Standard deviations of ln life, where the model knows.
    deviations: Option<Vec<f64>>,
}

/// How far predictions were off on folds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Errors {
    pub(super) log_rmse: f64,
    pub(super) rmse: f64,
    pub(super) mape: f64,
}

/// Records of a plan and its folds, each read once.
pub(crate) struct Opinions<'a> {
    pub(super) plan: &'a Plan,
    pub(super) lore: Lore<'a>,
    out: &'a Path,
    read: RefCell<HashMap<String, Rc<Said>>>,
    paired: RefCell<HashMap<String, Rc<PairPredictions>>>,
}

/// Per seed, ln life of each cell.
pub(super) type Answers = Vec<Vec<f64>>;

impl<'a> Opinions<'a> {
    pub(crate) fn of(plan: &'a Plan, out: &'a Path, source: &'a dyn CellSource, workers: usize) -> Self {
        let lore = Lore::of(plan, source, workers);
        Self { plan, lore, out, read: RefCell::default(), paired: RefCell::default() }
    }

    /// Training and test cells of an entry with their lives.
    ///
    /// # Errors
    /// Why there are none.
    pub(crate) fn samples(&self, entry: usize) -> Result<Rc<Samples>, String> {
        let experiment = self.plan.experiment();
        self.lore.samples(experiment.rule(&experiment.models[entry]))
    }

    /// All folds.
    pub(super) fn folds(&self) -> Vec<usize> {
        (0..self.plan.folds.len()).collect()
    }

    /// Whether all that entry number `entry` rests on was trained on folds.
    pub(super) fn is_on_folds(&self, entry: usize) -> bool {
        let experiment = self.plan.experiment();
        let is_there = |&below: &usize| {
            let label = experiment.models[below].label();
            self.plan.folds.iter().all(|fold| !fold.of_entry(&label).is_empty())
        };
        !self.plan.folds.is_empty() && trained(experiment, entry).iter().all(is_there)
    }

    /// Per seed, what entry number `entry` says of the cells of a target, having learned from these folds.
    ///
    /// # Errors
    /// Which run has no numbers.
    pub(super) fn answers(&self, entry: usize, target: Target, learnt: &[usize]) -> Result<Answers, String> {
        let learnt = self.others(target, learnt);
        let answers = match &self.plan.experiment().models[entry].model {
            ModelSpec::Stack(_) => {
                let of = places(self.plan.experiment(), entry)
                    .into_iter()
                    .map(|member| self.answers(member, target, &learnt))
                    .collect::<Result<Vec<Answers>, String>>()?;
                let weights = self.weights(entry, &learnt)?;
                joined(&of, weights.as_deref())
            }
            ModelSpec::Select(_) => self.answers(self.chosen(entry, &learnt)?, target, &learnt)?,
            ModelSpec::HandOver(_) => self.handed_over(entry, target, &learnt)?,
            ModelSpec::References(_) => self.referred(entry, target, &learnt)?,
            _ => {
                let said = self.said(entry, target)?;
                return Ok(said.iter().map(|said| said.predicted.clone()).collect());
            }
        };
        Ok(match self.seeds(entry) {
            Seeds::Each => answers,
            Seeds::Mean => vec![mean(&answers)],
        })
    }

    /// The weights of the members of a stack by these folds; none where each cell has its median.
    pub(super) fn weights(&self, entry: usize, learnt: &[usize]) -> Result<Option<Vec<f64>>, String> {
        let ModelSpec::Stack(parameters) = &self.plan.experiment().models[entry].model else { return Ok(None) };
        let members = places(self.plan.experiment(), entry);
        match parameters.weights {
            Weighting::Median => Ok(None),
            Weighting::Equal => Ok(Some(vec![1.0 / members.len() as f64; members.len()])),
            Weighting::NonNegative => {
                let mut columns = vec![Vec::new(); members.len()];
                let mut observed = Vec::new();
                for &fold in learnt {
                    let target = Target::Fold(fold);
                    let of = members.iter().map(|&member| self.answers(member, target, learnt)).collect::<Result<
                        Vec<Answers>,
                        String,
                    >>(
                    )?;
                    let lives = self.observed(entry, target)?;
                    for seed in 0..most(&of) {
                        observed.extend(&lives);
                        for (column, answers) in columns.iter_mut().zip(&of) {
                            column.extend(of_seed(answers, seed));
                        }
                    }
                }
                Ok(Some(if observed.is_empty() {
                    vec![1.0 / members.len() as f64; members.len()]
                } else {
                    simplex::weights(&columns, &observed)
                }))
            }
        }
    }

    /// The entry that a selection takes by these folds.
    pub(super) fn chosen(&self, entry: usize, learnt: &[usize]) -> Result<usize, String> {
        let ModelSpec::Select(parameters) = &self.plan.experiment().models[entry].model else { return Ok(entry) };
        let mut best: Option<(usize, f64)> = None;
        for candidate in places(self.plan.experiment(), entry) {
            let error = match parameters.by {
                Criterion::Overall => self.errors(candidate, learnt)?.log_rmse,
                Criterion::WorstGroup => self.worst(candidate, learnt, parameters.groups.unwrap_or(FoldsBy::Batch))?,
            };
            if best.is_none_or(|(_, least)| error < least) {
                best = Some((candidate, error));
            }
        }
        best.map(|(candidate, _)| candidate).ok_or_else(|| "there is nothing to choose from".to_owned())
    }

    /// The errors of an entry on these folds, over all cells and seeds of them, having learned from nothing else.
    pub(super) fn errors(&self, entry: usize, folds: &[usize]) -> Result<Errors, String> {
        let (mut count, mut logs, mut squares, mut parts) = (0.0, 0.0, 0.0, 0.0);
        for &fold in folds {
            let target = Target::Fold(fold);
            let observed = self.observed(entry, target)?;
            for answers in self.answers(entry, target, folds)? {
                for (predicted, observed) in answers.iter().zip(&observed) {
                    count += 1.0;
                    logs += (predicted - observed).powi(2);
                    squares += (predicted.exp() - observed.exp()).powi(2);
                    parts += (predicted.exp() / observed.exp() - 1.0).abs();
                }
            }
        }
        Ok(Errors { log_rmse: (logs / count).sqrt(), rmse: (squares / count).sqrt(), mape: 100.0 * parts / count })
    }

    /// The root mean square error of ln life of an entry on the group of cells of these folds on which it is largest.
    pub(super) fn worst(&self, entry: usize, folds: &[usize], groups: FoldsBy) -> Result<f64, String> {
        let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for &fold in folds {
            let target = Target::Fold(fold);
            let (observed, cells) = (self.observed(entry, target)?, self.cells(entry, target)?);
            let names = cells.iter().map(|id| self.lore.group(id, groups)).collect::<Result<Vec<_>, String>>()?;
            for answers in self.answers(entry, target, folds)? {
                for ((predicted, observed), name) in answers.iter().zip(&observed).zip(&names) {
                    let (sum, count) = sums.entry(name.clone()).or_default();
                    *sum += (predicted - observed).powi(2);
                    *count += 1.0;
                }
            }
        }
        Ok(sums.values().map(|(sum, count)| (sum / count).sqrt()).fold(0.0, f64::max))
    }

    /// Of those folds, those that tell nothing of the target: of a fold, the others of its drawing.
    fn others(&self, target: Target, folds: &[usize]) -> Vec<usize> {
        match target {
            Target::Test => folds.to_vec(),
            Target::Fold(fold) => {
                let repeat = self.plan.folds[fold].repeat;
                let is_other = |other: &&usize| **other != fold && self.plan.folds[**other].repeat == repeat;
                folds.iter().filter(is_other).copied().collect()
            }
        }
    }

    /// ln of the observed lives of a target.
    pub(super) fn observed(&self, entry: usize, target: Target) -> Result<Vec<f64>, String> {
        Ok(self.first(entry, target)?.observed.clone())
    }

    /// The cells of a target.
    pub(super) fn cells(&self, entry: usize, target: Target) -> Result<Vec<String>, String> {
        Ok(self.first(entry, target)?.cells.clone())
    }

    /// The training cells of a target: of a fold, those that it does not leave out.
    pub(super) fn training(&self, entry: usize, target: Target) -> Result<Vec<String>, String> {
        let all = self.lore.training_lives(entry)?.into_keys();
        let left_out = match target {
            Target::Test => Vec::new(),
            Target::Fold(_) => self.cells(entry, target)?,
        };
        Ok(all.filter(|id| !left_out.contains(id)).collect())
    }

    /// What one of the runs says that an entry rests on.
    fn first(&self, entry: usize, target: Target) -> Result<Rc<Said>, String> {
        let below = match members(&self.plan.experiment().models[entry]) {
            Some(_) => trained(self.plan.experiment(), entry),
            None => vec![entry],
        };
        for of in below {
            if let Some(said) = self.said(of, target)?.into_iter().next() {
                return Ok(said);
            }
        }
        Err("it is made of no run".to_owned())
    }

    /// How unsure those of its members are that know it, on average, of each cell of a target; none if none of them knows.
    pub(super) fn deviations(
        &self,
        entry: usize,
        target: Target,
        learnt: &[usize],
    ) -> Result<Option<Vec<f64>>, String> {
        let learnt = self.others(target, learnt);
        let model = &self.plan.experiment().models[entry].model;
        let of = match model {
            ModelSpec::Stack(_) | ModelSpec::HandOver(_) | ModelSpec::References(_) => {
                places(self.plan.experiment(), entry)
            }
            ModelSpec::Select(_) => vec![self.chosen(entry, &learnt)?],
            _ => return Ok(self.first(entry, target)?.deviations.clone()),
        };
        let known: Vec<Vec<f64>> = of
            .into_iter()
            .map(|member| self.deviations(member, target, &learnt))
            .collect::<Result<Vec<_>, String>>()?
            .into_iter()
            .flatten()
            .collect();
        Ok((!known.is_empty()).then(|| mean(&known)))
    }

    fn seeds(&self, entry: usize) -> Seeds {
        match &self.plan.experiment().models[entry].model {
            ModelSpec::Stack(parameters) => parameters.seeds,
            ModelSpec::Select(parameters) => parameters.seeds,
            ModelSpec::HandOver(parameters) => parameters.seeds,
            ModelSpec::References(parameters) => parameters.seeds,
            _ => Seeds::Each,
        }
    }

    /// What the records of a trained entry say, seed by seed.
    fn said(&self, entry: usize, target: Target) -> Result<Vec<Rc<Said>>, String> {
        let label = self.plan.experiment().models[entry].label();
        self.keys(entry, target).iter().map(|key| self.record(key, &label)).collect()
    }

    /// The pair matrices of a trained BatLiNet, seed by seed.
    pub(super) fn pairs(&self, entry: usize, target: Target) -> Result<Vec<Rc<PairPredictions>>, String> {
        let label = self.plan.experiment().models[entry].label();
        let read = |key: &String| {
            if let Some(pairs) = self.paired.borrow().get(key) {
                return Ok(Rc::clone(pairs));
            }
            // a run that has no numbers says so itself
            self.record(key, &label)?;
            let pairs = PairPredictions::read(&run_folder(self.out, key)).map_err(|error| error.to_string())?;
            let pairs = Rc::new(pairs.ok_or_else(|| {
                format!("run {key} of {label} is here without its pairs.csv, which `make keep` leaves out: use the folder where it was made")
            })?);
            self.paired.borrow_mut().insert(key.clone(), Rc::clone(&pairs));
            Ok(pairs)
        };
        self.keys(entry, target).iter().map(read).collect()
    }

    /// The runs of a trained entry on a target, in the order of their seeds.
    fn keys(&self, entry: usize, target: Target) -> Vec<String> {
        match target {
            Target::Test => self.plan.runs.iter().filter(|run| run.entry == entry).map(|run| run.key.clone()).collect(),
            Target::Fold(fold) => {
                let label = self.plan.experiment().models[entry].label();
                self.plan.folds[fold].of_entry(&label).into_iter().map(str::to_owned).collect()
            }
        }
    }

    fn record(&self, key: &str, label: &str) -> Result<Rc<Said>, String> {
        if let Some(said) = self.read.borrow().get(key) {
            return Ok(Rc::clone(said));
        }
        let folder = run_folder(self.out, key);
        let record = RunRecord::read(&folder).map_err(|error| error.to_string())?;
        if record.status != Status::Ok {
            return Err(format!("run {key} of its member {label} has no numbers: {}", record.status));
        }
        let deviations = Deviations::read(&folder).map_err(|error| error.to_string())?;
        let of_cell: Option<BTreeMap<String, f64>> =
            deviations.map(|Deviations { cells, deviations }| cells.into_iter().zip(deviations).collect());
        let said = Rc::new(Said {
            // of a model of plain lives, whose answer may be none
            predicted: record.predictions.iter().map(|row| row.predicted.max(1.0).ln()).collect(),
            cells: record.predictions.iter().map(|row| row.cell.clone()).collect(),
            observed: record.predictions.iter().map(|row| row.observed.ln()).collect(),
            deviations: of_cell
                .and_then(|of_cell| record.predictions.iter().map(|row| of_cell.get(&row.cell).copied()).collect()),
        });
        self.read.borrow_mut().insert(key.to_owned(), Rc::clone(&said));
        Ok(said)
    }
}

/// The answers of a seed; a model without seeds says the same for all.
pub(super) fn of_seed(answers: &Answers, seed: usize) -> &[f64] {
    &answers[if answers.len() == 1 { 0 } else { seed }]
}

/// How many seeds the members have that all of them know.
pub(super) fn most(of: &[Answers]) -> usize {
    let seeded = of.iter().map(Vec::len).filter(|&count| count > 1);
    seeded.min().unwrap_or(1)
}

/// The members seed by seed: with their weights, or the median of each cell.
fn joined(of: &[Answers], weights: Option<&[f64]>) -> Answers {
    let cells = of.first().and_then(|answers| answers.first()).map_or(0, Vec::len);
    let join = |seed: usize, cell: usize| {
        let mut values: Vec<f64> = of.iter().map(|answers| of_seed(answers, seed)[cell]).collect();
        if let Some(weights) = weights {
            return values.iter().zip(weights).map(|(value, weight)| value * weight).sum();
        }
        values.sort_unstable_by(f64::total_cmp);
        let middle = values.len() / 2;
        if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
    };
    (0..most(of)).map(|seed| (0..cells).map(|cell| join(seed, cell)).collect()).collect()
}

/// Cell by cell.
pub(super) fn mean(answers: &[Vec<f64>]) -> Vec<f64> {
    let cells = answers.first().map_or(0, Vec::len);
    (0..cells).map(|cell| answers.iter().map(|of| of[cell]).sum::<f64>() / answers.len() as f64).collect()
}
