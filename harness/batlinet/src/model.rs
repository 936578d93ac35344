//! Training and asking BatLiNet.

use std::{borrow::Cow, slice};

use baselines::{
    AnyModel, Context, Described, FitSummary, Fitted, Model, ModelError, ModelRow, Weights,
    encoder::EncoderShape,
    maps, row,
    training::{Order, Schedule},
};
use ndarray::{ArrayD, ArrayViewD};

use super::{
    cleaning::HAMPEL_WINDOW,
    engine::{self, Answers, Engine, Lesson, Step},
    network::{MapsAndLabels, Network},
    pairs::{PairMatrix, References, draw},
    parameters::BatLiNetParameters,
};

/// BatLiNet; features are capacity maps [samples, channels, cycles, grid points].
///
/// The training cells stay with the model: they are the references of every training step and every prediction, unless
/// other cells are given for that.
///
/// Which references a cell is asked with depends on its name. A caller who knows names draws with [`References::drawn`],
/// asks [`FittedBatLiNet::pairs`] and reads the predictions from the answers; [`Fitted::predict`] knows rows of numbers only and
/// calls a cell by the hash of its map. Either way the answer to a cell depends on no other.
pub struct BatLiNet<'a> {
    parameters: BatLiNetParameters,
    source: Option<Support<'a>>,
}

/// The cells that are references.
#[derive(Clone)]
struct Support<'a> {
    maps: Cow<'a, [f32]>,
    inner: [usize; 3],
    labels: Cow<'a, [f64]>,
}

impl Support<'_> {
    fn cells(&self) -> MapsAndLabels<'_> {
        MapsAndLabels { maps: &self.maps, labels: &self.labels }
    }
}

/// A trained BatLiNet and its references.
pub struct FittedBatLiNet<'a> {
    parameters: BatLiNetParameters,
    shape: EncoderShape,
    engine: Box<dyn Engine>,
    weights: Weights,
    support: Support<'a>,
}

impl<'a> BatLiNet<'a> {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn new(parameters: BatLiNetParameters) -> Result<Self, ModelError> {
        parameters.check()?;
        schedule(&parameters).check()?;
        Ok(Self { parameters, source: None })
    }

    /// The same with these cells as references, in training too, instead of the training cells: those of another
    /// chemistry. Maps as those of the training cells, labels in their unit.
    ///
    /// # Errors
    /// [`ModelError`] says what is wrong with them.
    pub fn with_references(self, maps: &'a ArrayD<f32>, labels: Vec<f64>) -> Result<Self, ModelError> {
        let (maps, inner) = maps::training_maps::<3>(maps.view(), &labels)?;
        Ok(Self { source: Some(Support { maps, inner, labels: labels.into() }), ..self })
    }

    /// Whether it can read maps of these dimensions: channels, cycles, grid points.
    ///
    /// # Errors
    /// [`ModelError`] says what does not fit.
    pub fn check_maps(&self, inner: [usize; 3]) -> Result<(), ModelError> {
        self.shape(inner).map(drop)
    }

    fn shape(&self, [channels, height, width]: [usize; 3]) -> Result<EncoderShape, ModelError> {
        let shape = EncoderShape::new(channels, height, width, self.parameters.channels)?;
        if self.parameters.intra_cell && self.parameters.base >= height {
            return Err(ModelError::Hyperparameter {
                name: "base",
                value: self.parameters.base.to_string(),
                reason: format!("the maps have {height} cycles, positions 0 to {}", height - 1),
            });
        }
        if self.parameters.has_hampel() && width < HAMPEL_WINDOW {
            return Err(ModelError::Shape {
                expected: format!("[samples, channels, cycles, grid points ≥ {HAMPEL_WINDOW}] for its Hampel filter"),
                got: vec![channels, height, width],
            });
        }
        Ok(shape)
    }

    /// The training cells: at least two where they are each other's references.
    fn learnt_from<'b>(
        &self,
        features: ArrayViewD<'b, f32>,
        labels: &[f64],
    ) -> Result<(Cow<'b, [f32]>, [usize; 3]), ModelError> {
        match self.source {
            None => maps::training_maps(features, labels),
            Some(_) => maps::labelled_maps(features, labels),
        }
    }

    /// The cells given as references, if any.
    fn source(&self, [channels, height, width]: [usize; 3]) -> Result<Option<&Support<'a>>, ModelError> {
        match &self.source {
            Some(source) if source.inner != [channels, height, width] => Err(ModelError::Shape {
                expected: format!("[reference cells, {channels}, {height}, {width}]"),
                got: std::iter::once(source.labels.len()).chain(source.inner).collect(),
            }),
            source => Ok(source.as_ref()),
        }
    }

    fn fitted(
        &self,
        (engine, shape): (Box<dyn Engine>, EncoderShape),
        maps: &[f32],
        inner: [usize; 3],
        labels: &[f64],
    ) -> Result<FittedBatLiNet<'a>, ModelError> {
        let support = self.source.clone().unwrap_or_else(|| {
            // without an inter-cell branch nothing is compared with the training cells
            let maps = if self.parameters.inter_cell { maps.to_vec() } else { Vec::new() };
            Support { maps: maps.into(), inner, labels: labels.to_vec().into() }
        });
        Ok(FittedBatLiNet { parameters: self.parameters.clone(), shape, weights: engine.weights()?, engine, support })
    }
}

impl FittedBatLiNet<'_> {
    /// The answers of the branches for the cells of `features` and these references of theirs, each computed once.
    ///
    /// # Errors
    /// As [`Fitted::predict`].
    pub fn pairs(
        &self,
        features: ArrayViewD<'_, f32>,
        references: &References,
        context: &Context<'_>,
    ) -> Result<PairMatrix, ModelError> {
        let Self { shape, support, .. } = self;
        let maps = maps::prediction_maps(features, [shape.channels, shape.height, shape.width])?;
        // a reference drawn twice answers twice, but is asked once
        let asked = References::union(slice::from_ref(references));
        let Answers { intra, inter } = self.engine.answers(&maps, support.cells(), &asked, context.threads)?;
        Ok(PairMatrix { intra, inter, branch_weights: self.parameters.branch_weights() })
    }
}

/// What a cell is called of which no more is known than its map.
fn name_of(map: &[f32]) -> String {
    let bytes: Vec<u8> = map.iter().flat_map(|value| value.to_le_bytes()).collect();
    blake3::hash(&bytes).to_hex().to_string()
}

fn schedule(parameters: &BatLiNetParameters) -> Schedule {
    Schedule { epochs: parameters.epochs, batch: parameters.batch, order: Order::AsGiven }
}

impl<'a> Model for BatLiNet<'a> {
    type Fitted = FittedBatLiNet<'a>;

    fn fit(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError> {
        let (maps, inner) = self.learnt_from(features, labels)?;
        let shape = self.shape(inner)?;
        let initial = Network::initial(&self.parameters, shape, &mut context.streams.stream("init"));
        let mut engine = engine::build(&self.parameters, shape, &initial, context)?;
        let mut random = context.streams.stream("references-train");
        let cells = MapsAndLabels { maps: &maps, labels };
        let source = self.source(inner)?;
        let support = source.map_or(cells, Support::cells);
        let BatLiNetParameters { references_train, self_reference, batch, .. } = self.parameters;
        let lesson = Lesson { cells, support, batch: batch.min(labels.len()), references: references_train };
        let mut references = |targets: &[usize]| -> Vec<usize> {
            let of = |&target: &usize| {
                let excluded = (!self_reference && source.is_none()).then_some(target);
                draw(references_train, support.labels.len(), excluded, &mut random).collect::<Vec<_>>()
            };
            targets.iter().flat_map(of).collect()
        };
        let at_once = engine.epochs_at_once();
        let summary = schedule(&self.parameters).run_ahead(labels.len(), context, at_once, |batches| {
            let step = |targets: &Vec<usize>| Step { references: references(targets), targets: targets.clone() };
            engine.train(lesson, &batches.iter().map(step).collect::<Vec<_>>())
        })?;
        Ok((self.fitted((engine, shape), &maps, inner, labels)?, summary))
    }

    fn restore(
        &self,
        weights: &Weights,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<Self::Fitted, ModelError> {
        let (maps, inner) = self.learnt_from(features, labels)?;
        let shape = self.shape(inner)?;
        let engine = engine::build(&self.parameters, shape, weights, context)?;
        self.source(inner)?;
        self.fitted((engine, shape), &maps, inner, labels)
    }
}

impl Fitted for FittedBatLiNet<'_> {
    fn predict(&self, features: ArrayViewD<'_, f32>, context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let Self { shape, support, .. } = self;
        let maps = maps::prediction_maps(features.view(), [shape.channels, shape.height, shape.width])?;
        let names: Vec<String> = maps.chunks_exact(shape.input_len()).map(name_of).collect();
        let training = support.labels.len();
        let references = References::drawn(self.parameters.references_test, &names, training, context.streams);
        Ok(self.pairs(features, &references, context)?.predict(&references))
    }

    fn weights(&self) -> Option<Weights> {
        Some(self.weights.clone())
    }
}

impl Described for BatLiNetParameters {
    fn row(&self) -> ModelRow {
        ModelRow {
            // 2: the second convolution is computed in transformed space, which rounds otherwise
            training_version: 2,
            evaluation_only: &["references_test", "pair_matrix"],
            ..ModelRow::network("batlinet", baselines::Engine::Branches)
        }
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(BatLiNet::new(self.clone())?))
    }

    fn unused(&self) -> Vec<&'static str> {
        Self::unused(self)
    }

    fn check_feature(&self, shape: &[usize]) -> Result<(), String> {
        let maps = row::maps(shape)?;
        BatLiNet::new(self.clone()).and_then(|model| model.check_maps(maps)).map_err(|error| error.to_string())
    }

    fn base(&self) -> Option<usize> {
        self.intra_cell.then_some(self.base)
    }

    fn asking_version(&self) -> Option<u32> {
        // 2: every test cell draws references of its own, by its id
        self.inter_cell.then_some(2)
    }

    fn needs_source(&self) -> bool {
        true
    }
}
