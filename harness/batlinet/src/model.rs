//! Training and asking BatLiNet.

use std::{borrow::Cow, slice};

use baselines::{
    AnyModel, Context, Described, Engine, FitSummary, Fitted, Model, ModelError, ModelRow, NetworkEngine, Precision,
    Weights,
    encoder::EncoderShape,
    engine::{Labels, Lesson, Maps, Step, each},
    maps, row,
    training::{Order, Schedule},
};
use ndarray::{Array2, ArrayD, ArrayViewD};

use super::{
    average::Average,
    cleaning::HAMPEL_WINDOW,
    engine,
    network::Network,
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
    start: Option<Weights>,
}

/// The cells that are references.
#[derive(Clone)]
struct Support<'a> {
    maps: Cow<'a, [f32]>,
    inner: [usize; 3],
    labels: Cow<'a, [f64]>,
}

/// A trained BatLiNet and its references.
pub struct FittedBatLiNet<'a> {
    parameters: BatLiNetParameters,
    shape: EncoderShape,
    network: Box<dyn NetworkEngine>,
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
        Ok(Self { parameters, source: None, start: None })
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

    /// The same, which learns on from the weights of a trained network, if there are any, instead of from random ones.
    pub fn starting_from(self, start: Option<Weights>) -> Self {
        Self { start, ..self }
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
        network: Box<dyn NetworkEngine>,
        shape: EncoderShape,
        maps: &[f32],
        labels: &[f64],
    ) -> FittedBatLiNet<'a> {
        let support = self.source.clone().unwrap_or_else(|| {
            // without an inter-cell branch nothing is compared with the training cells
            let maps = if self.parameters.inter_cell { maps.to_vec() } else { Vec::new() };
            Support { maps: maps.into(), inner: inner(shape), labels: labels.to_vec().into() }
        });
        FittedBatLiNet { parameters: self.parameters.clone(), shape, network, support }
    }
}

impl<'a> FittedBatLiNet<'a> {
    /// The same network, asked with these cells as references, which it need not have learned from. Maps as those of the training
    /// cells, labels in their unit.
    ///
    /// # Errors
    /// [`ModelError`] says what is wrong with them.
    pub fn asked_with(self, maps: &'a ArrayD<f32>, labels: Vec<f64>) -> Result<Self, ModelError> {
        let (maps, inner) = maps::labelled_maps::<3>(maps.view(), &labels)?;
        if inner != self.support.inner {
            let [channels, height, width] = self.support.inner;
            return Err(ModelError::Shape {
                expected: format!("[reference cells, {channels}, {height}, {width}]"),
                got: std::iter::once(labels.len()).chain(inner).collect(),
            });
        }
        Ok(Self { support: Support { maps, inner, labels: labels.into() }, ..self })
    }
}

impl FittedBatLiNet<'_> {
    /// The answers of the branches for the cells of `features` and these references of theirs, each computed once.
    ///
    /// # Errors
    /// As [`Fitted::predict`].
    pub fn pairs(&self, features: ArrayViewD<'_, f32>, references: &References) -> Result<PairMatrix, ModelError> {
        let Self { parameters, shape, network, support } = self;
        let maps = maps::prediction_maps(features, inner(*shape))?;
        let cells = maps.len() / shape.input_len();
        let intra = parameters.intra_cell.then(|| network.outputs(0, Maps::alone(&maps), &each(cells))).transpose()?;
        let inter = if parameters.inter_cell {
            // a reference drawn twice answers twice, but is asked once
            let asked = References::union(slice::from_ref(references));
            let pairs: Vec<(usize, usize)> =
                (0..cells).flat_map(|cell| asked.of(cell).iter().map(move |&reference| (cell, reference))).collect();
            let maps = Maps { cells: &maps, references: &support.maps };
            let outputs = network.outputs(engine::inter(parameters), maps, &pairs)?;
            let mut answers = Array2::from_elem((cells, support.labels.len()), f64::NAN);
            for ((cell, reference), output) in pairs.into_iter().zip(outputs) {
                answers[[cell, reference]] = output + support.labels[reference];
            }
            Some(answers)
        } else {
            None
        };
        Ok(PairMatrix { intra, inter, branch_weights: self.parameters.branch_weights() })
    }
}

/// Channels, cycles and grid points.
fn inner(EncoderShape { channels, height, width, .. }: EncoderShape) -> [usize; 3] {
    [channels, height, width]
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
        if baselines::card::of(context.device).is_some() {
            engine::check_card(&self.parameters, shape)?;
        }
        let mut network = match &self.start {
            Some(trained) => engine::build_on(&self.parameters, shape, trained, context)?,
            None => {
                let initial = Network::initial(&self.parameters, shape, &mut context.streams.stream("init"));
                engine::build(&self.parameters, shape, &initial, context)?
            }
        };
        let source = self.source(inner)?;
        let (references, known) = source.map_or((&*maps, labels), |source| (&source.maps, &source.labels));
        let lesson = Lesson { maps: Maps { cells: &maps, references }, labels: Labels::plain(labels, known) };
        let BatLiNetParameters { references_train, self_reference, .. } = self.parameters;
        let mut random = context.streams.stream("references-train");
        let mut step = |targets: &[usize]| {
            let of_target = |&target: &usize| {
                let excluded = (!self_reference && source.is_none()).then_some(target);
                draw(references_train, known.len(), excluded, &mut random).collect::<Vec<_>>()
            };
            Step { references: targets.iter().flat_map(of_target).collect(), targets: targets.to_vec() }
        };
        let schedule = schedule(&self.parameters);
        network.begin(&lesson, schedule.batch.min(labels.len()), references_train)?;
        let mut average = Average::default();
        // the weights are looked at between epochs only if they are wanted
        let at_once = if self.parameters.averaged > 0.0 { 1 } else { network.epochs_at_once() };
        let mut done = 0;
        let summary = schedule.run(labels.len(), context, at_once, |batches| {
            let steps: Vec<Step> = batches.iter().map(|batch| step(batch)).collect();
            let losses = network.train(&lesson, &steps)?.losses;
            done += 1;
            if self.parameters.averages(done) {
                average.add(network.weights()?);
            }
            Ok(losses)
        })?;
        if let Some(weights) = average.weights() {
            network.restart(&weights)?;
        }
        network.end()?;
        Ok((self.fitted(network, shape, &maps, labels), summary))
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
        let network = engine::build(&self.parameters, shape, weights, context)?;
        self.source(inner)?;
        Ok(self.fitted(network, shape, &maps, labels))
    }
}

impl Fitted for FittedBatLiNet<'_> {
    fn predict(&self, features: ArrayViewD<'_, f32>, context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let maps = maps::prediction_maps(features.view(), inner(self.shape))?;
        let names: Vec<String> = maps.chunks_exact(self.shape.input_len()).map(name_of).collect();
        let training = self.support.labels.len();
        let references = References::drawn(self.parameters.references_test, &names, training, context.streams);
        Ok(self.pairs(features, &references)?.predict(&references))
    }

    fn weights(&self) -> Option<Weights> {
        self.network.weights().ok()
    }
}

impl Described for BatLiNetParameters {
    fn row(&self) -> ModelRow {
        ModelRow {
            // 2: the second convolution is computed in transformed space, which rounds otherwise
            training_version: 2,
            evaluation_only: &["references_test", "pair_matrix"],
            ..ModelRow::network("batlinet", Engine::Encoder)
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

    fn precision(&self) -> Precision {
        self.precision
    }

    fn check_card(&self, shape: &[usize]) -> Result<(), String> {
        let [channels, height, width] = row::maps(shape)?;
        let shape = EncoderShape::new(channels, height, width, self.channels).map_err(|error| error.to_string())?;
        engine::check_card(self, shape).map_err(|error| error.to_string())
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
