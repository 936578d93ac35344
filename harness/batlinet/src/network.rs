//! The two branches with their heads, for references that somebody else has drawn.

use baselines::{
    Context, ModelError, Weights,
    encoder::{self, Encoder, EncoderShape},
    head::LinearHead,
    optimiser::AdamParameters,
    random::ChaCha8Rng,
};

use super::{
    heads::{Branch, Heads},
    inputs::Inputs,
    parameters::BatLiNetParameters,
};

/// Capacity maps of some cells, [cells, channels, cycles, grid points], row-major, and their labels.
#[derive(Clone, Copy)]
pub struct MapsAndLabels<'a> {
    /// One map after the other.
    pub maps: &'a [f32],
    /// One transformed label per map.
    pub labels: &'a [f64],
}

impl<'a> MapsAndLabels<'a> {
    fn at(&self, cells: &[usize], length: usize) -> Vec<&'a [f32]> {
        cells.iter().map(|cell| &self.maps[cell * length..][..length]).collect()
    }
}

/// Encoders of the branches in use, and the head that they share, or one head each.
pub struct Network {
    parameters: BatLiNetParameters,
    shape: EncoderShape,
    intra: Option<Box<dyn Encoder>>,
    inter: Option<Box<dyn Encoder>>,
    heads: Heads,
}

/// Differences that go through an encoder together: enough to fill its kernels, few enough to stay small.
const PORTION: usize = 16;

impl Network {
    /// Initial weights: `intra.*`, `inter.*` for the branches in use, and `head.weight` (or, of separate heads,
    /// `intra_head.weight` and `inter_head.weight`) with `bias` beside it if asked for.
    pub fn initial(parameters: &BatLiNetParameters, shape: EncoderShape, random: &mut ChaCha8Rng) -> Weights {
        let mut weights = Weights::default();
        if parameters.intra_cell {
            weights.0.extend(shape.initial(random).under("intra").0);
        }
        if parameters.inter_cell {
            weights.0.extend(shape.initial(random).under("inter").0);
        }
        weights.0.extend(Heads::initial(parameters, shape, random).0);
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
        Self::placed(parameters, shape, weights, (context.device, context.threads))
    }

    /// The same on this device and so many threads.
    ///
    /// # Errors
    /// As [`Network::new`].
    pub(super) fn placed(
        parameters: &BatLiNetParameters,
        shape: EncoderShape,
        weights: &Weights,
        (device, threads): (tch::Device, usize),
    ) -> Result<Self, ModelError> {
        Self::on(parameters, shape, weights, |weights, optimiser| {
            encoder::build(shape, weights, optimiser, device, threads)
        })
    }

    /// A network with these weights, its encoders built by `engine`.
    ///
    /// # Errors
    /// As [`Network::new`].
    pub fn on(
        parameters: &BatLiNetParameters,
        shape: EncoderShape,
        weights: &Weights,
        engine: impl Fn(&Weights, AdamParameters) -> Result<Box<dyn Encoder>, ModelError>,
    ) -> Result<Self, ModelError> {
        let branches = [("intra", parameters.intra_cell), ("inter", parameters.inter_cell)];
        let names = branches
            .iter()
            .filter(|(_, wanted)| *wanted)
            .flat_map(|(branch, _)| shape.parameters().map(|(name, _, _)| format!("{branch}.{name}")))
            .chain(Heads::tensors(parameters));
        weights.check_names(&names.collect::<Vec<_>>())?;
        let optimiser = parameters.optimiser();
        let branch = |wanted: bool, name: &str| wanted.then(|| engine(&weights.below(name), optimiser)).transpose();
        Ok(Self {
            parameters: parameters.clone(),
            shape,
            intra: branch(parameters.intra_cell, "intra")?,
            inter: branch(parameters.inter_cell, "inter")?,
            heads: Heads::new(parameters, shape, weights, optimiser)?,
        })
    }

    /// The dimensions of a map and of the feature vector.
    pub fn shape(&self) -> EncoderShape {
        self.shape
    }

    /// The weights, named as in [`Network::initial`].
    pub fn weights(&self) -> Weights {
        self.named(|encoder| encoder.weights(), |head| head.weights())
    }

    /// The gradients accumulated since the last step.
    pub fn gradients(&self) -> Weights {
        self.named(|encoder| encoder.gradients(), |head| head.gradients())
    }

    fn named(&self, of_encoder: impl Fn(&dyn Encoder) -> Weights, of_head: impl Fn(&LinearHead) -> Weights) -> Weights {
        let mut weights = Weights::default();
        for (name, branch) in [("intra", &self.intra), ("inter", &self.inter)] {
            weights.0.extend(branch.iter().flat_map(|encoder| of_encoder(encoder.as_ref()).under(name).0));
        }
        weights.0.extend(self.heads.named(&self.parameters, of_head).0);
        weights
    }

    /// Adds the gradients of this batch's loss and returns the loss,
    ///
    /// (1 - α) mean_i (y_intra,i - z_i)² + α mean_i (mean_j y_inter,ij - z_i)².
    ///
    /// `targets` are cells of `cells`; `references` are cells of `support`: those of the first target, then of the
    /// second … in equal numbers. The references are averaged before the square.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn accumulate(
        &mut self,
        (cells, targets): (MapsAndLabels<'_>, &[usize]),
        (support, references): (MapsAndLabels<'_>, &[usize]),
        inputs: &mut Inputs,
    ) -> Result<f64, ModelError> {
        let (intra_weight, inter_weight) = self.parameters.branch_weights();
        let batch = targets.len() as f64;
        let mut loss = 0.0;
        if self.intra.is_some() {
            for portion in targets.chunks(PORTION) {
                loss += intra_weight / batch * self.accumulate_intra(cells, portion, intra_weight / batch, inputs)?;
            }
        }
        if self.inter.is_some() {
            let per_target = references.len() / targets.len();
            let targets_at_once = PORTION.div_ceil(per_target);
            let portions = targets.chunks(targets_at_once).zip(references.chunks(targets_at_once * per_target));
            for (targets, references) in portions {
                let weight = inter_weight / batch;
                loss += weight * self.accumulate_inter((cells, targets), (support, references), weight, inputs)?;
            }
        }
        Ok(loss)
    }

    /// Σ (y_intra,i - z_i)² over `targets`; the gradients are those of `weight` times it.
    fn accumulate_intra(
        &mut self,
        cells: MapsAndLabels<'_>,
        targets: &[usize],
        weight: f64,
        inputs: &mut Inputs,
    ) -> Result<f64, ModelError> {
        let Some(encoder) = &mut self.intra else { return Ok(0.0) };
        let differences = inputs.intra_at(cells.maps, targets);
        let head = self.heads.of_mut(Branch::Intra);
        let mut squares = 0.0;
        encoder.accumulate(differences, &mut |features, by_feature| {
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
        (cells, targets): (MapsAndLabels<'_>, &[usize]),
        (support, references): (MapsAndLabels<'_>, &[usize]),
        weight: f64,
        inputs: &mut Inputs,
    ) -> Result<f64, ModelError> {
        let Some(encoder) = &mut self.inter else { return Ok(0.0) };
        let per_target = references.len() / targets.len();
        let length = self.shape.input_len();
        let differences = inputs.inter(&cells.at(targets, length), &support.at(references, length));
        let head = self.heads.of_mut(Branch::Inter);
        let mut squares = 0.0;
        encoder.accumulate(differences, &mut |features, by_feature| {
            let outputs = head.outputs(features);
            let mut by_output = Vec::with_capacity(outputs.len());
            let pairs = outputs.chunks(per_target).zip(references.chunks(per_target));
            for ((outputs, references), &target) in pairs.zip(targets) {
                let sum: f64 = outputs.iter().zip(references).map(|(y, &j)| f64::from(*y) + support.labels[j]).sum();
                let residual = sum / per_target as f64 - cells.labels[target];
                squares += residual * residual;
                by_output.extend(outputs.iter().map(|_| (2.0 * weight * residual / per_target as f64) as f32));
            }
            head.backward(features, &by_output, by_feature);
        })?;
        Ok(squares)
    }

    /// From the next step on, steps are of this size.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.intra.iter_mut().chain(&mut self.inter).for_each(|encoder| encoder.set_learning_rate(learning_rate));
        self.heads.set_learning_rate(learning_rate);
    }

    /// One optimiser step along the accumulated gradients, which are then zero again.
    pub fn step(&mut self) {
        self.intra.iter_mut().chain(&mut self.inter).for_each(|encoder| encoder.step());
        self.heads.step();
    }

    /// y_intra of every map (rows of `maps`), if there is an intra-cell branch.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn intra(&self, maps: &[f32], inputs: &mut Inputs) -> Result<Option<Vec<f64>>, ModelError> {
        self.intra_of(&maps.chunks_exact(self.shape.input_len()).collect::<Vec<_>>(), inputs)
    }

    /// The same of maps that lie anywhere.
    ///
    /// # Errors
    /// What the encoder says.
    pub(super) fn intra_of(&self, maps: &[&[f32]], inputs: &mut Inputs) -> Result<Option<Vec<f64>>, ModelError> {
        let Some(encoder) = &self.intra else { return Ok(None) };
        let mut outputs = Vec::with_capacity(maps.len());
        for portion in maps.chunks(PORTION) {
            let features = encoder.encode(inputs.intra(portion))?;
            outputs.extend(self.heads.of(Branch::Intra).outputs(&features).into_iter().map(f64::from));
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
        support: MapsAndLabels<'_>,
        references: &[usize],
        inputs: &mut Inputs,
    ) -> Result<Option<Vec<f64>>, ModelError> {
        let Some(outputs) = self.differences(map, support.maps, references, inputs)? else { return Ok(None) };
        Ok(Some(outputs.into_iter().zip(references).map(|(y, &j)| y + support.labels[j]).collect()))
    }

    /// The same without the labels of the references, whose maps are among `support`.
    ///
    /// # Errors
    /// What the encoder says.
    pub(super) fn differences(
        &self,
        map: &[f32],
        support: &[f32],
        references: &[usize],
        inputs: &mut Inputs,
    ) -> Result<Option<Vec<f64>>, ModelError> {
        let Some(encoder) = &self.inter else { return Ok(None) };
        let support = MapsAndLabels { maps: support, labels: &[] };
        let mut outputs = Vec::with_capacity(references.len());
        for portion in references.chunks(PORTION) {
            let features = encoder.encode(inputs.inter(&[map], &support.at(portion, self.shape.input_len())))?;
            outputs.extend(self.heads.of(Branch::Inter).outputs(&features).into_iter().map(f64::from));
        }
        Ok(Some(outputs))
    }
}
