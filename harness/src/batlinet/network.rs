//! The two branches and their shared head, for references that somebody else has drawn.

use baselines::{
    Context, ModelError, Weights,
    encoder::{self, Encoder, EncoderShape},
    head::LinearHead,
    optimiser::AdamParameters,
    random::ChaCha8Rng,
};

use super::{cleaning::Cleaner, parameters::BatLiNetParameters};

/// Capacity maps of some cells, [cells, channels, cycles, grid points], row-major, and their labels.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    /// One map after the other.
    pub maps: &'a [f32],
    /// One transformed label per map.
    pub labels: &'a [f64],
}

impl<'a> Cells<'a> {
    fn map(&self, cell: usize, length: usize) -> &'a [f32] {
        &self.maps[cell * length..][..length]
    }
}

/// Encoders of the branches in use, and the head that they share.
pub struct Network {
    parameters: BatLiNetParameters,
    shape: EncoderShape,
    intra: Option<Box<dyn Encoder>>,
    inter: Option<Box<dyn Encoder>>,
    head: LinearHead,
}

/// Differences that go through an encoder together: enough to fill its kernels, few enough to stay small.
const PORTION: usize = 16;

impl Network {
    /// Initial weights: `intra.*`, `inter.*` for the branches in use, and `head.weight`.
    pub fn initial(parameters: &BatLiNetParameters, shape: EncoderShape, random: &mut ChaCha8Rng) -> Weights {
        let mut weights = Weights::default();
        if parameters.intra_cell {
            weights.0.extend(shape.initial(random).under("intra").0);
        }
        if parameters.inter_cell {
            weights.0.extend(shape.initial(random).under("inter").0);
        }
        weights.0.extend(LinearHead::initial(shape.features, false, random).under("head").0);
        weights
    }

    /// A network with these weights, on the device and the threads of `context`.
    ///
    /// # Errors
    /// [`ModelError::Weights`] if they are those of another architecture.
    pub fn new(
        parameters: &BatLiNetParameters,
        shape: EncoderShape,
        weights: &Weights,
        context: &Context<'_>,
    ) -> Result<Self, ModelError> {
        let optimiser = AdamParameters::adamw(parameters.learning_rate, parameters.weight_decay);
        let branch = |wanted: bool, name: &str| {
            wanted
                .then(|| encoder::build(shape, &weights.below(name), optimiser, context.device, context.threads))
                .transpose()
        };
        Ok(Self {
            parameters: parameters.clone(),
            shape,
            intra: branch(parameters.intra_cell, "intra")?,
            inter: branch(parameters.inter_cell, "inter")?,
            head: LinearHead::new(shape.features, &weights.below("head"), optimiser)?,
        })
    }

    /// The dimensions of a map and of the feature vector.
    pub fn shape(&self) -> EncoderShape {
        self.shape
    }

    /// The weights, named as in [`Network::initial`].
    pub fn weights(&self) -> Weights {
        self.named(|encoder| encoder.weights(), LinearHead::weights)
    }

    /// The gradients accumulated since the last step.
    pub fn gradients(&self) -> Weights {
        self.named(|encoder| encoder.gradients(), LinearHead::gradients)
    }

    fn named(&self, of_encoder: impl Fn(&dyn Encoder) -> Weights, of_head: impl Fn(&LinearHead) -> Weights) -> Weights {
        let mut weights = Weights::default();
        for (name, branch) in [("intra", &self.intra), ("inter", &self.inter)] {
            weights.0.extend(branch.iter().flat_map(|encoder| of_encoder(encoder.as_ref()).under(name).0));
        }
        weights.0.extend(of_head(&self.head).under("head").0);
        weights
    }

    /// Adds the gradients of this batch's loss and returns the loss,
    ///
    /// (1 - α) mean_i (y_intra,i - z_i)² + α mean_i (mean_j y_inter,ij - z_i)².
    ///
    /// `targets` are cells of `cells`; `references` are those of the first target, then of the second … in equal
    /// numbers. The references are averaged before the square.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn accumulate(
        &mut self,
        cells: Cells<'_>,
        targets: &[usize],
        references: &[usize],
        cleaner: &mut Cleaner,
    ) -> Result<f64, ModelError> {
        let (intra_weight, inter_weight) = self.parameters.branch_weights();
        let batch = targets.len() as f64;
        let mut loss = 0.0;
        if self.intra.is_some() {
            for portion in targets.chunks(PORTION) {
                loss += intra_weight / batch * self.accumulate_intra(cells, portion, intra_weight / batch, cleaner)?;
            }
        }
        if self.inter.is_some() {
            let per_target = references.len() / targets.len();
            let targets_at_once = PORTION.div_ceil(per_target);
            let portions = targets.chunks(targets_at_once).zip(references.chunks(targets_at_once * per_target));
            for (targets, references) in portions {
                let weight = inter_weight / batch;
                loss += weight * self.accumulate_inter(cells, targets, references, weight, cleaner)?;
            }
        }
        Ok(loss)
    }

    /// Σ (y_intra,i - z_i)² over `targets`; the gradients are those of `weight` times it.
    fn accumulate_intra(
        &mut self,
        cells: Cells<'_>,
        targets: &[usize],
        weight: f64,
        cleaner: &mut Cleaner,
    ) -> Result<f64, ModelError> {
        let Some(encoder) = &mut self.intra else { return Ok(0.0) };
        let inputs = intra_inputs(cells, targets, self.shape.input_len(), self.parameters.base, cleaner);
        let head = &mut self.head;
        let mut squares = 0.0;
        encoder.accumulate(&inputs, &mut |features, by_feature| {
            let by_output: Vec<f32> = head
                .outputs(features)
                .iter()
                .zip(targets)
                .map(|(output, &target)| {
                    let residual = f64::from(*output) - cells.labels[target];
                    squares += residual * residual;
                    (2.0 * weight * residual) as f32
                })
                .collect();
            head.backward(features, &by_output, by_feature);
        })?;
        Ok(squares)
    }

    /// Σ (mean_j y_inter,ij - z_i)² over `targets`; the gradients are those of `weight` times it.
    fn accumulate_inter(
        &mut self,
        cells: Cells<'_>,
        targets: &[usize],
        references: &[usize],
        weight: f64,
        cleaner: &mut Cleaner,
    ) -> Result<f64, ModelError> {
        let Some(encoder) = &mut self.inter else { return Ok(0.0) };
        let per_target = references.len() / targets.len();
        let mut inputs = Vec::new();
        for (&target, references) in targets.iter().zip(references.chunks(per_target)) {
            let map = cells.map(target, self.shape.input_len());
            append_inter_inputs(&mut inputs, map, cells, references, cleaner);
        }
        let head = &mut self.head;
        let mut squares = 0.0;
        encoder.accumulate(&inputs, &mut |features, by_feature| {
            let outputs = head.outputs(features);
            let mut by_output = Vec::with_capacity(outputs.len());
            let pairs = outputs.chunks(per_target).zip(references.chunks(per_target));
            for ((outputs, references), &target) in pairs.zip(targets) {
                let sum: f64 = outputs.iter().zip(references).map(|(y, &j)| f64::from(*y) + cells.labels[j]).sum();
                let residual = sum / per_target as f64 - cells.labels[target];
                squares += residual * residual;
                by_output.extend(outputs.iter().map(|_| (2.0 * weight * residual / per_target as f64) as f32));
            }
            head.backward(features, &by_output, by_feature);
        })?;
        Ok(squares)
    }

    /// One optimiser step along the accumulated gradients, which are then zero again.
    pub fn step(&mut self) {
        self.intra.iter_mut().chain(&mut self.inter).for_each(|encoder| encoder.step());
        self.head.step();
    }

    /// y_intra of every map (rows of `maps`), if there is an intra-cell branch.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn intra(&self, maps: &[f32], cleaner: &mut Cleaner) -> Result<Option<Vec<f64>>, ModelError> {
        let Some(encoder) = &self.intra else { return Ok(None) };
        let length = self.shape.input_len();
        let cells = Cells { maps, labels: &[] };
        let all: Vec<usize> = (0..maps.len() / length).collect();
        let mut outputs = Vec::with_capacity(all.len());
        for portion in all.chunks(PORTION) {
            let inputs = intra_inputs(cells, portion, length, self.parameters.base, cleaner);
            outputs.extend(self.head.outputs(&encoder.encode(&inputs)?).into_iter().map(f64::from));
        }
        Ok(Some(outputs))
    }

    /// y_inter of one map against each of `references`, which are cells of `support`: the predicted difference plus
    /// the reference's label. `None` without an inter-cell branch.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn inter(
        &self,
        map: &[f32],
        support: Cells<'_>,
        references: &[usize],
        cleaner: &mut Cleaner,
    ) -> Result<Option<Vec<f64>>, ModelError> {
        let Some(encoder) = &self.inter else { return Ok(None) };
        let mut outputs = Vec::with_capacity(references.len());
        let mut inputs = Vec::new();
        for portion in references.chunks(PORTION) {
            inputs.clear();
            append_inter_inputs(&mut inputs, map, support, portion, cleaner);
            let differences = self.head.outputs(&encoder.encode(&inputs)?);
            outputs.extend(differences.iter().zip(portion).map(|(y, &j)| f64::from(*y) + support.labels[j]));
        }
        Ok(Some(outputs))
    }
}

fn intra_inputs(cells: Cells<'_>, targets: &[usize], length: usize, base: usize, cleaner: &mut Cleaner) -> Vec<f32> {
    let mut inputs = vec![0.0; targets.len() * length];
    for (&target, input) in targets.iter().zip(inputs.chunks_exact_mut(length)) {
        cleaner.intra(cells.map(target, length), base, input);
    }
    inputs
}

/// The target's map is filtered once, whatever the number of its references.
fn append_inter_inputs(
    inputs: &mut Vec<f32>,
    target: &[f32],
    support: Cells<'_>,
    references: &[usize],
    cleaner: &mut Cleaner,
) {
    let length = target.len();
    let mut filtered = target.to_vec();
    cleaner.filter_cycles(&mut filtered);
    let start = inputs.len();
    inputs.resize(start + references.len() * length, 0.0);
    for (&reference, input) in references.iter().zip(inputs[start..].chunks_exact_mut(length)) {
        cleaner.inter(&filtered, support.map(reference, length), input);
    }
}
