//! One trained model: transform, fit or restore, ask, transform back.

use std::borrow::Cow;

use baselines::{Context, FitSummary, Fitted, Model, ModelError, Progress, Streams, Weights};
use ndarray::{Array2, ArrayD, ArrayView1};
use thiserror::Error;

use super::entry::{Entry, ModelSpec, TrainedOn};
use batlinet::{
    BatLiNet, FittedBatLiNet, References,
    transfer::{Transfer, TransferParameters},
};
use features::samples::{FeatureTransformation, FittedFeatureTransformation, FittedLabelTransformation, Part, Samples};

/// What a run computes with.
#[derive(Clone, Copy)]
pub struct Workplace<'a> {
    /// Where the model computes.
    pub device: tch::Device,
    /// Threads on the CPU.
    pub threads: usize,
    /// Told of every epoch.
    pub progress: &'a dyn Progress,
}

/// Why a run has no numbers.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The model could not be fitted or asked.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The same training has diverged in an earlier run.
    #[error("training has diverged before")]
    DivergedBefore,
    /// A transformation could not be fitted to the training cells.
    #[error(transparent)]
    Transformation(#[from] features::Error),
    /// A pretrained network could not be written.
    #[error(transparent)]
    Keeping(#[from] record::Error),
}

/// The cells of a run.
#[derive(Clone, Copy)]
pub struct Material<'a> {
    /// To be trained and tested on.
    pub samples: &'a Samples,
    /// Of another chemistry, which a transfer learns from too.
    pub source: Option<&'a Part>,
}

impl<'a> Material<'a> {
    /// The cells that the model of `entry` is fitted to.
    fn learned(&self, entry: &Entry) -> &'a Part {
        match (entry.trained_on, self.source) {
            (TrainedOn::Source, Some(source)) => source,
            _ => &self.samples.train,
        }
    }

    /// The cells that BatLiNet compares test cells with: those of the other chemistry, or its training cells; in a transfer that
    /// learns from the source, the target cells.
    pub fn references(&self, entry: &Entry) -> &'a Part {
        match entry.trained_on {
            TrainedOn::Target => self.source.unwrap_or(&self.samples.train),
            TrainedOn::Source => &self.samples.train,
        }
    }

    /// The lives whose spread is the unit of the labels. References of the training have labels in the same unit.
    fn labelled(&self, entry: &Entry) -> Vec<f64> {
        let is_compared = matches!(entry.model, ModelSpec::BatLiNet(_)) && entry.trained_on == TrainedOn::Target;
        let source = self.source.filter(|_| is_compared);
        self.learned(entry).lives.iter().chain(source.iter().flat_map(|source| &source.lives)).copied().collect()
    }
}

/// A trained model, to be asked as often as there are runs that share its train key.
pub struct Trained<'a> {
    model: Either<'a>,
    entry: &'a Entry,
    material: Material<'a>,
    transformation: FittedFeatureTransformation,
    labels: FittedLabelTransformation,
    streams: Streams,
    workplace: Workplace<'a>,
}

/// What a trained model came out with for one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Predicted lives of the test cells, in cycles, in the order of the samples.
    pub predicted: Vec<f64>,
    /// Standard deviations of their ln life, of a model that knows how unsure it is.
    pub deviations: Option<Vec<f64>>,
    /// The same with each training cell (columns) as the only reference of each test cell (rows), if asked for.
    pub pairs: Option<Array2<f64>>,
    /// The references of each test cell, for a model that asks any.
    pub references: Option<References>,
    /// Between which lives the middle half of each test cell's references answers, each drawn one counted as often as it was
    /// drawn: how far they disagree. Of [`Trained::ask_closely`] only.
    pub quartiles: Option<Vec<[f64; 2]>>,
}

/// BatLiNet apart: its answers for pairs of cells serve many numbers of references.
enum Either<'a> {
    BatLiNet(Box<FittedBatLiNet<'a>>),
    Other(Box<dyn Fitted + 'a>),
}

/// How a model comes to be a fitted one.
#[derive(Clone, Copy)]
enum Way<'w> {
    Fit,
    Restore(&'w Weights),
}

/// What a model is fitted to, or was.
struct Lesson<'l> {
    features: &'l ArrayD<f32>,
    labels: &'l [f64],
    context: &'l Context<'l>,
}

impl Way<'_> {
    /// A restored model has nothing to tell of its fit.
    fn go<M: Model>(self, model: &M, lesson: &Lesson<'_>) -> Result<(M::Fitted, FitSummary), ModelError> {
        let Lesson { features, labels, context } = lesson;
        match self {
            Self::Fit => model.fit(features.view(), labels, context),
            Self::Restore(weights) => {
                Ok((model.restore(weights, features.view(), labels, context)?, FitSummary::default()))
            }
        }
    }
}

impl<'a> Either<'a> {
    fn new(
        entry: &Entry,
        material: Material<'a>,
        labels: &FittedLabelTransformation,
        pretrained: Option<Weights>,
        way: Way<'_>,
        lesson: &Lesson<'_>,
    ) -> Result<(Self, FitSummary), ModelError> {
        match (&entry.model, material.source) {
            (ModelSpec::BatLiNet(parameters), Some(_)) if entry.trained_on == TrainedOn::Source => {
                let model = BatLiNet::new(parameters.clone())?.starting_from(pretrained);
                let (fitted, summary) = way.go(&model, lesson)?;
                let references = material.references(entry);
                let fitted = fitted.asked_with(&references.features, labels.forward(&references.lives))?;
                Ok((Self::BatLiNet(Box::new(fitted)), summary))
            }
            (ModelSpec::BatLiNet(parameters), source) => {
                let mut model = BatLiNet::new(parameters.clone())?.starting_from(pretrained);
                if let Some(source) = source {
                    model = model.with_references(&source.features, labels.forward(&source.lives))?;
                }
                way.go(&model, lesson).map(|(fitted, summary)| (Self::BatLiNet(Box::new(fitted)), summary))
            }
            (ModelSpec::Transfer(parameters), Some(source)) => {
                let model = transfer(parameters, source)?.with_pretrained(pretrained);
                way.go(&model, lesson).map(|(fitted, summary)| (Self::Other(Box::new(fitted) as _), summary))
            }
            (other, _) => {
                let (fitted, summary) = way.go(&other.build()?, lesson)?;
                Ok((Self::Other(fitted), summary))
            }
        }
    }
}

impl<'a> Trained<'a> {
    /// Fits the model of `entry` to the training part of the samples, from the network that [`pretrain`] gave for it or that the
    /// entry names, if any. Transformations see training cells only, source cells among them where they are references.
    ///
    /// # Errors
    /// [`TrainError`], whose text goes into the record.
    pub fn fit(
        entry: &'a Entry,
        material: Material<'a>,
        seed: u64,
        workplace: Workplace<'a>,
        pretrained: Option<Weights>,
    ) -> Result<(Self, FitSummary), TrainError> {
        Self::prepared(entry, material, seed, workplace, pretrained, Way::Fit)
    }

    /// The same model from the tensors that its training left behind: on one machine, the one that [`Trained::fit`] gives.
    ///
    /// # Errors
    /// [`ModelError::Weights`] if they do not fit.
    pub fn restore(
        entry: &'a Entry,
        material: Material<'a>,
        seed: u64,
        workplace: Workplace<'a>,
        weights: &Weights,
    ) -> Result<Self, TrainError> {
        Self::prepared(entry, material, seed, workplace, None, Way::Restore(weights)).map(|(trained, _)| trained)
    }

    fn prepared(
        entry: &'a Entry,
        material: Material<'a>,
        seed: u64,
        workplace: Workplace<'a>,
        pretrained: Option<Weights>,
        way: Way<'_>,
    ) -> Result<(Self, FitSummary), TrainError> {
        let pretrained = match (&entry.starts_from, way) {
            (Some(start), Way::Fit) => Some(start.weights()?),
            _ => pretrained,
        };
        let learned = material.learned(entry);
        let transformation = entry.feature_transformation.fit(&learned.features)?;
        let labels = entry.label_transformation.fit(&material.labelled(entry))?;
        let streams = entry.model.streams(seed);
        let lesson = Lesson {
            features: &transformed(entry.feature_transformation, &transformation, &learned.features),
            labels: &labels.forward(&learned.lives),
            context: &context(&streams, workplace),
        };
        let (model, summary) = Either::new(entry, material, &labels, pretrained, way, &lesson)?;
        Ok((Self { model, entry, material, transformation, labels, streams, workplace }, summary))
    }

    /// The trained tensors, for models that have any.
    pub fn weights(&self) -> Option<Weights> {
        match &self.model {
            Either::BatLiNet(model) => model.weights(),
            Either::Other(model) => model.weights(),
        }
    }

    /// Predicts the test part, once as each of `entries` asks, which share the train key of this model. What they ask
    /// alike is computed once; no answer depends on the others.
    ///
    /// The references of a test cell are drawn for this name of streams, their number and the id of the cell. So no prediction
    /// depends on who else is asked, and experiments that share a trained model get the same answer for the same cell.
    ///
    /// # Errors
    /// [`TrainError`], whose text goes into the record.
    pub fn ask(&self, entries: &[&Entry], streams: &str) -> Result<Vec<Answer>, TrainError> {
        self.answers(entries, streams, false)
    }

    /// As [`Trained::ask`], and how far the references of a cell disagree: their lives one by one, which no run needs.
    ///
    /// # Errors
    /// As [`Trained::ask`].
    pub fn ask_closely(&self, entries: &[&Entry], streams: &str) -> Result<Vec<Answer>, TrainError> {
        self.answers(entries, streams, true)
    }

    fn answers(&self, entries: &[&Entry], streams: &str, is_close: bool) -> Result<Vec<Answer>, TrainError> {
        let test = &self.material.samples.test;
        let features = transformed(self.entry.feature_transformation, &self.transformation, &test.features);
        let model = match &self.model {
            Either::BatLiNet(model) => model,
            Either::Other(model) => {
                let context = context(&self.streams, self.workplace);
                let labels = model.predict(features.view(), &context)?;
                let deviations = model.deviations(features.view(), &context)?;
                let deviations = deviations.map(|deviations| self.labels.log_deviations(&labels, &deviations));
                let predicted = self.labels.inverse(&labels);
                let answer = Answer { predicted, deviations, pairs: None, references: None, quartiles: None };
                return Ok(vec![answer; entries.len()]);
            }
        };
        let (cells, training) = (test.ids.len(), self.material.references(self.entry).ids.len());
        let streams = Streams::new(streams);
        let wishes: Vec<(References, bool)> = entries
            .iter()
            .filter_map(|entry| match &entry.model {
                ModelSpec::BatLiNet(parameters) => Some(parameters),
                _ => None,
            })
            .map(|parameters| {
                let references = match self.entry.trained_on {
                    TrainedOn::Target => References::drawn(parameters.references_test, &test.ids, training, &streams),
                    // few as they are
                    TrainedOn::Source => References::every(cells, training),
                };
                (references, parameters.pair_matrix)
            })
            .collect();
        let asked = if wishes.iter().any(|(_, pair_matrix)| *pair_matrix) {
            References::every(cells, training)
        } else {
            References::union(&wishes.iter().map(|(references, _)| references.clone()).collect::<Vec<_>>())
        };
        let answers = model.pairs(features.view(), &asked)?;
        let is_asked_alone = is_close || wishes.iter().any(|(_, pair_matrix)| *pair_matrix);
        let mut alone = is_asked_alone.then(|| answers.alone()).flatten();
        for mut row in alone.iter_mut().flat_map(|alone| alone.rows_mut()) {
            let lives = self.labels.inverse(&row.to_vec());
            row.iter_mut().zip(lives).for_each(|(label, life)| *label = life);
        }
        let answer = |(references, pair_matrix): &(References, bool)| Answer {
            predicted: self.labels.inverse(&answers.predict(references)),
            deviations: None,
            pairs: alone.clone().filter(|_| *pair_matrix),
            references: answers.inter.is_some().then(|| references.clone()),
            quartiles: alone.as_ref().filter(|_| is_close).map(|alone| quartiles(alone, references)),
        };
        Ok(wishes.iter().map(answer).collect())
    }
}

/// The network that the transfer of `entry` begins with; it depends on the source cells only. None for other models.
///
/// # Errors
/// [`TrainError`], whose text goes into the record.
pub fn pretrain(
    entry: &Entry,
    material: Material<'_>,
    seed: u64,
    workplace: Workplace<'_>,
) -> Result<Option<Weights>, TrainError> {
    let (ModelSpec::Transfer(parameters), Some(source)) = (&entry.model, material.source) else { return Ok(None) };
    let streams = entry.model.streams(seed);
    Ok(transfer(parameters, source)?.pretrain(&context(&streams, workplace))?)
}

/// Per cell, the lives (columns of `alone`) that a quarter and three quarters of its references stay under.
fn quartiles(alone: &Array2<f64>, references: &References) -> Vec<[f64; 2]> {
    let of = |(cell, row): (usize, ArrayView1<'_, f64>)| {
        let mut lives: Vec<f64> = references.of(cell).iter().map(|&reference| row[reference]).collect();
        lives.sort_by(f64::total_cmp);
        [1, 3].map(|quarter| {
            lives.get((lives.len() * quarter).div_ceil(4).saturating_sub(1)).copied().unwrap_or(f64::NAN)
        })
    };
    alone.rows().into_iter().enumerate().map(of).collect()
}

fn transfer<'a>(parameters: &TransferParameters, source: &'a Part) -> Result<Transfer<'a>, ModelError> {
    Transfer::new(parameters.clone())?.with_source(&source.features, &source.lives)
}

fn context<'a>(streams: &'a Streams, workplace: Workplace<'a>) -> Context<'a> {
    let Workplace { device, threads, progress } = workplace;
    Context { streams, device, threads, progress }
}

/// Copies only what is changed: a capacity map of hundreds of cells is most of a gigabyte.
fn transformed<'a>(
    transformation: FeatureTransformation,
    fitted: &FittedFeatureTransformation,
    features: &'a ArrayD<f32>,
) -> Cow<'a, ArrayD<f32>> {
    if transformation == FeatureTransformation::None {
        return Cow::Borrowed(features);
    }
    let mut features = features.clone();
    fitted.apply(&mut features);
    Cow::Owned(features)
}
