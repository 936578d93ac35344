//! A bundle from one entry of a planned experiment: the model that `run` trains, and what its folds leave.

use baselines::{Weights, encoder};
use cells::{
    cell::Cell,
    portrait::{self, Portrait},
    source::CellSource,
};
use experiments::{
    Entry, Plan, Run,
    entry::ModelSpec,
    gather,
    train::{Material, TrainError, Trained, Workplace},
};
use features::samples::{Part, Samples};
use rayon::prelude::*;
use record::{Provenance, Versions};

use crate::{
    Bundle, Description, Error,
    calibration::{self, Around, Calibration},
    description::meaning,
    domain::{Domain, Traits},
};

/// In how many parts the training cells are left out, one after the other, to see how far predictions are off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folds {
    /// None: predictions have no interval.
    None,
    /// So many, each with a training of its own.
    Count(usize),
}

impl Folds {
    /// Five; of a network, whose trainings take as long as its own, four.
    pub fn usual(entry: &Entry) -> Self {
        Self::Count(if entry.model.is_network() { 4 } else { 5 })
    }
}

/// How a bundle is made, beside the plan.
#[derive(Clone, Copy)]
pub struct Making<'a> {
    /// Where and with how many threads.
    pub workplace: Workplace<'a>,
    /// For the intervals.
    pub folds: Folds,
    /// Name of the profile, for the record.
    pub profile: &'a str,
    /// `--set` options, for the record.
    pub settings: &'a [String],
    /// Commit that the program was built from, for the record.
    pub commit: &'a str,
    /// The tensors that the run has trained, where they are at hand: it is not trained again for them.
    pub weights: Option<&'a Weights>,
}

impl Bundle {
    /// Trains the model of a run on the training cells of its split, as `run` does, and calibrates it.
    ///
    /// # Errors
    /// [`Error::Transfer`] and [`Error::MadeOfOthers`]; [`Error::Folds`]; [`Error::Experiments`] of samples that cannot be built; [`Error::Model`] of a model
    /// that cannot be fitted, or not without the cells of a fold.
    pub fn train(plan: &Plan, run: &Run, source: &dyn CellSource, making: &Making<'_>) -> Result<Self, Error> {
        let experiment = plan.experiment();
        let entry = &experiment.models[run.entry];
        if entry.target_cells.is_some() {
            return Err(Error::Transfer { model: entry.label() });
        }
        let members = plan.trained_members(run);
        if !members.is_empty() {
            return Err(Error::MadeOfOthers { model: entry.label(), members });
        }
        let workplace = making.workplace;
        // as a run has it: with more, libtorch splits sums differently
        tch::set_num_threads(1);
        let Samples { feature_shape, train, .. } = gather::samples(plan, entry, source, workplace.threads)?;
        let class = Fitting { entry, seed: run.seed, feature_shape, workplace };
        class.check(making.folds, train.ids.len())?;
        let weights = match making.weights {
            Some(weights) => Some(weights.clone()),
            None => class.fit(&train)?,
        };
        let calibration = match making.folds {
            Folds::None => None,
            Folds::Count(count) => Some(class.calibrate(&train, count, &run.ingredients.streams())?),
        };
        let rule = experiment.rule(entry);
        let description = Description {
            model: entry.label(),
            entry: entry.written(),
            seed: run.seed,
            feature: entry.reads().and_then(|name| experiment.feature(name)).cloned(),
            label: rule.clone(),
            meaning: meaning(rule),
            experiment: experiment.name.clone(),
            scenario: experiment.scenario.clone(),
            profile: making.profile.to_owned(),
            settings: making.settings.to_vec(),
            config_hash: plan.declared.config_hash.clone(),
            train_key: run.ingredients.train_key(),
            key: run.key.clone(),
            streams: run.ingredients.streams(),
            origin: source.origin(),
            cells: train.ids.clone(),
            lives: train.tally(),
            domain: domain(source, &train.ids)?,
            calibration: calibration.as_ref().map(Calibration::method),
            versions: Versions::current(match plan.surroundings.device_of(plan.experiment(), entry) {
                tch::Device::Cuda(index) => record::card(index),
                _ => encoder::cpu_engine(),
            }),
            provenance: Provenance::current(making.commit, workplace.threads),
        };
        Ok(Self { description, portraits: portraits(source, &train.ids)?, train, weights, calibration })
    }
}

/// What the training cells were like.
fn domain(source: &dyn CellSource, ids: &[String]) -> Result<Domain, Error> {
    let glance = |id: &String| Ok(source.glance(id).map(|(cell, _): (Cell, usize)| Traits::of(&cell))?);
    let traits = ids.par_iter().map(glance).collect::<Result<Vec<_>, Error>>()?;
    Domain::of(&traits).ok_or_else(|| Error::Internal("there are no training cells".to_owned()))
}

/// What the training cells look like.
fn portraits(source: &dyn CellSource, ids: &[String]) -> Result<Vec<Portrait>, Error> {
    let portrait = |id: &String| Ok(Portrait::of_first(&source.cell(id, portrait::MOST)?));
    ids.par_iter().map(portrait).collect()
}

/// What all fits of one model have in common.
struct Fitting<'a> {
    entry: &'a Entry,
    seed: u64,
    feature_shape: Vec<usize>,
    workplace: Workplace<'a>,
}

impl Fitting<'_> {
    fn check(&self, folds: Folds, cells: usize) -> Result<(), Error> {
        match folds {
            Folds::Count(folds) if !(2..=cells).contains(&folds) => Err(Error::Folds { folds, cells }),
            _ => Ok(()),
        }
    }

    fn failed(&self, source: TrainError) -> Error {
        Error::Model { model: self.entry.label(), source }
    }

    fn samples(&self, train: Part, test: Part) -> Samples {
        Samples { feature_shape: self.feature_shape.clone(), train, test, removed: vec![], uncounted: vec![] }
    }

    fn fit(&self, train: &Part) -> Result<Option<Weights>, Error> {
        let samples = self.samples(train.clone(), train.rows(&[]));
        let material = Material { samples: &samples, source: None };
        let trained = Trained::fit(self.entry, material, self.seed, self.workplace, None);
        trained.map(|(trained, _)| trained.weights()).map_err(|error| self.failed(error))
    }

    fn calibrate(&self, train: &Part, count: usize, streams: &str) -> Result<Calibration, Error> {
        let cells = train.ids.len();
        let folds = calibration::folds(cells, count, &self.entry.model.streams(self.seed));
        let mut residuals = vec![0.0; cells];
        let mut networks = Vec::new();
        for fold in 0..count {
            let (held, kept): (Vec<usize>, Vec<usize>) = (0..cells).partition(|&cell| folds[cell] == fold);
            let samples = self.samples(train.rows(&kept), train.rows(&held));
            let material = Material { samples: &samples, source: None };
            let asked = Trained::fit(self.entry, material, self.seed, self.workplace, None)
                .and_then(|(trained, _)| Ok((trained.weights(), trained.ask(&[self.entry], streams)?)));
            let (weights, answers) = asked.map_err(|error| self.failed(error))?;
            networks.extend(weights);
            for (place, (&cell, life)) in held.iter().zip(&answers[0].predicted).enumerate() {
                let deviation = answers[0].deviations.as_ref().map_or(1.0, |deviations| deviations[place]);
                let off = off(train.lives[cell], *life).map(|off| off / deviation).filter(|off| off.is_finite());
                residuals[cell] = off.ok_or_else(|| {
                    Error::Internal(format!("{} predicts a life of {life} cycles in calibration", self.entry.label()))
                })?;
            }
        }
        let around = match self.entry.model {
            ModelSpec::BatLiNet(_) => Around::Whole,
            _ if self.entry.model.is_network() => Around::Networks(networks),
            _ => Around::Folds,
        };
        Ok(Calibration { folds, residuals, around })
    }
}

/// How far ln life is off; a life without a logarithm, which models of plain lives may predict, is taken for one cycle.
fn off(observed: f64, predicted: f64) -> Option<f64> {
    Some((observed.ln() - predicted.max(1.0).ln()).abs()).filter(|_| !predicted.is_nan())
}
