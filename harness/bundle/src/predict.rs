//! Lives, intervals and warnings for other cells.

use std::collections::BTreeSet;

use cells::{label::Basis, source::CellSource};
use experiments::{
    Entry,
    train::{self, Material, TrainError, Trained, Workplace},
};
use features::samples::{Part, Samples};
use ndarray::{ArrayD, IxDyn};
use rayon::prelude::*;

use crate::{Answer, Bundle, Error, calibration::Around, look::Looked, nearness::Nearness};

/// What the models say of one cell.
pub(crate) struct Opinion {
    /// Its life.
    pub(crate) life: f64,
    /// Per fold, or of the whole model, what the residuals are laid around.
    pub(crate) around: Vec<f64>,
    /// And the deviations of its ln life, where the model knows them.
    pub(crate) deviations: Option<Vec<f64>>,
    /// The lives that a quarter and three quarters of BatLiNet's references stay under.
    pub(crate) quartiles: Option<[f64; 2]>,
    /// The training cells that it was compared with; none of a model that compares with none.
    pub(crate) references: Vec<String>,
    /// How far from the training cells its curves lie, as [`Nearness`] tells it.
    pub(crate) far: Option<f64>,
}

impl Bundle {
    /// What is predicted of these cells of `source`, in order of their ids. What cannot be predicted is an answer that says why.
    ///
    /// # Errors
    /// [`Error::NotABundle`] of a bundle whose parts do not fit one another; [`Error::Model`] of a model that cannot be asked.
    pub fn predict(
        &self,
        source: &dyn CellSource,
        ids: &[String],
        workplace: Workplace<'_>,
    ) -> Result<Vec<Answer>, Error> {
        // as in training: with more, libtorch splits sums differently
        tch::set_num_threads(1);
        let entry = self.entry()?;
        let mut ids: Vec<String> = ids.to_vec();
        ids.sort();
        ids.dedup();
        let looked: Vec<Looked> = ids.par_iter().map(|id| self.look(source, id)).collect();
        let with_row = looked.iter().zip(&ids).filter_map(|(looked, id)| Some((id, looked.row.as_ref().ok()?)));
        let (asked, rows): (Vec<String>, Vec<&Vec<f32>>) = with_row.map(|(id, row)| (id.clone(), row)).unzip();
        let mut opinions = self.ask(&entry, &asked, &rows, workplace)?.into_iter();
        let answer = |(id, looked): (String, Looked)| {
            let opinion = looked.row.as_ref().ok().and_then(|_| opinions.next());
            self.judge(id, looked, opinion)
        };
        Ok(ids.into_iter().zip(looked).map(answer).collect())
    }

    /// What is said of these cells, whose features these are, in order.
    fn ask(
        &self,
        entry: &Entry,
        ids: &[String],
        rows: &[&Vec<f32>],
        workplace: Workplace<'_>,
    ) -> Result<Vec<Opinion>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let shape = self.description.feature.as_ref().map_or(vec![0], |feature| feature.shape());
        let whole: Vec<usize> = std::iter::once(ids.len()).chain(shape.iter().copied()).collect();
        let values: Vec<f32> = rows.iter().flat_map(|row| row.iter().copied()).collect();
        let features = ArrayD::from_shape_vec(IxDyn(&whole), values)
            .map_err(|error| Error::Internal(format!("features of shape {whole:?}: {error}")))?;
        // lives of the asked are nobody's to read
        let (lives, bases) = (vec![1.0; ids.len()], vec![Basis::Observed; ids.len()]);
        let test = Part { ids: ids.to_vec(), features, lives, bases };
        let mut samples =
            Samples { feature_shape: shape, train: self.train.clone(), test, removed: vec![], uncounted: vec![] };
        let answer = self.ask_one(entry, &samples, self.weights.as_ref(), workplace)?;
        let mut deviations: Vec<Vec<f64>> = Vec::new();
        let around = match self.calibration.as_ref().map(|calibration| (calibration, &calibration.around)) {
            None => Vec::new(),
            Some((_, Around::Whole)) => vec![answer.predicted.clone()],
            Some((calibration, around)) => {
                let mut lives = Vec::new();
                for fold in 0..calibration.count() {
                    let kept: Vec<usize> =
                        (0..self.train.ids.len()).filter(|&cell| calibration.folds[cell] != fold).collect();
                    samples.train = self.train.rows(&kept);
                    let weights = match around {
                        Around::Networks(networks) => networks.get(fold),
                        _ => None,
                    };
                    let said = self.ask_one(entry, &samples, weights, workplace)?;
                    lives.push(said.predicted);
                    deviations.extend(said.deviations);
                }
                lives
            }
        };
        let nearness = Nearness::of(&self.train.features);
        let far: Option<Vec<f64>> = nearness.map(|nearness| rows.par_iter().map(|row| nearness.excess(row)).collect());
        let opinion = |cell: usize| Opinion {
            life: answer.predicted[cell],
            around: around.iter().map(|lives| lives[cell]).collect(),
            deviations: (!deviations.is_empty()).then(|| deviations.iter().map(|fold| fold[cell]).collect()),
            quartiles: answer.quartiles.as_ref().map(|quartiles| quartiles[cell]),
            references: (answer.references.as_ref())
                .map_or_else(Vec::new, |references| named(references.of(cell), &self.train.ids)),
            far: far.as_ref().map(|far| far[cell]),
        };
        Ok((0..ids.len()).map(opinion).collect())
    }

    fn ask_one(
        &self,
        entry: &Entry,
        samples: &Samples,
        weights: Option<&baselines::Weights>,
        workplace: Workplace<'_>,
    ) -> Result<train::Answer, Error> {
        let material = Material { samples, source: None };
        let failed = |source: TrainError| Error::Model { model: self.description.model.clone(), source };
        let seed = self.description.seed;
        let trained = match weights {
            Some(weights) => Trained::restore(entry, material, seed, workplace, weights),
            None => Trained::fit(entry, material, seed, workplace, None).map(|(trained, _)| trained),
        };
        let mut answers =
            trained.and_then(|trained| trained.ask_closely(&[entry], &self.description.streams)).map_err(failed)?;
        answers.pop().ok_or_else(|| Error::Internal("a model was asked and gave no answer".to_owned()))
    }
}

/// The names of these positions, each once, sorted.
fn named(positions: &[usize], ids: &[String]) -> Vec<String> {
    let names: BTreeSet<&String> = positions.iter().map(|&position| &ids[position]).collect();
    names.into_iter().cloned().collect()
}
