//! The two branches with their heads, for references that somebody else has drawn.

use baselines::{
    Context, ModelError, Weights,
    encoder::{self, Encoder, EncoderShape},
    head::LinearHead,
    optimiser::AdamParameters,
    random::ChaCha8Rng,
};

use super::{
    agreement::Agreement,
    dropout::{Dropout, Mask, mask, masked},
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
    dropout: Option<Dropout>,
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
            dropout: None,
        })
    }

    /// The same, whose steps leave out features by chance if the hyper-parameters ask for it.
    pub fn dropping(mut self, random: ChaCha8Rng) -> Self {
        let rate = self.parameters.dropout;
        self.dropout = (rate > 0.0).then(|| Dropout::new(rate, random));
        self
    }

    /// The same, going on with what another network leaves out, which has other weights.
    pub(super) fn dropping_as(self, other: &mut Self) -> Self {
        Self { dropout: other.dropout.take(), ..self }
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
    /// (1 - α) mean_i (y_intra,i - z_i)² + α mean_i (mean_j y_inter,ij - z_i)² + λ mean_i (y_intra,i - mean_j y_inter,ij)²,
    ///
    /// λ being `consistency`, which is 0 in the paper. `targets` are cells of `cells`; `references` are cells of `support`: those
    /// of the first target, then of the second … in equal numbers. The references are averaged before the square.
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
        let features = self.shape.features;
        let masks = [targets.len(), references.len()].map(|count| Mask::of(self.dropout.as_mut(), count * features));
        let [of_intra, of_inter] = &masks;
        // each branch is told what the other says of the same weights, so that the gradient is that of the whole loss
        let weight = self.parameters.consistency_weight() / batch;
        let of_references = match &self.inter {
            Some(_) if weight > 0.0 => self.means((cells, targets), (support, references), of_inter, inputs)?,
            _ => Vec::new(),
        };
        let (mut loss, mut answers) = (0.0, Vec::new());
        if self.intra.is_some() {
            for (number, portion) in targets.chunks(PORTION).enumerate() {
                let first = number * PORTION;
                let agreement = Agreement::with(&of_references, weight).of(first..first + portion.len());
                let factors = of_intra.part(first * features, portion.len() * features);
                let weight = intra_weight / batch;
                let squares =
                    self.accumulate_intra(cells, portion, (weight, agreement), factors, (inputs, &mut answers))?;
                loss += weight * squares;
            }
        }
        loss += answers.iter().zip(&of_references).map(|(one, other)| weight * (one - other).powi(2)).sum::<f64>();
        if self.inter.is_some() {
            let agreement = Agreement::with(if weight > 0.0 { &answers } else { &[] }, weight);
            let per_target = references.len() / targets.len();
            let targets_at_once = PORTION.div_ceil(per_target);
            let portions = targets.chunks(targets_at_once).zip(references.chunks(targets_at_once * per_target));
            for (number, (targets, references)) in portions.enumerate() {
                let first = number * targets_at_once;
                let agreement = agreement.of(first..first + targets.len());
                let factors = of_inter.part(first * per_target * features, references.len() * features);
                let weight = inter_weight / batch;
                let pairs = [(cells, targets), (support, references)];
                loss += weight * self.accumulate_inter(pairs, (weight, agreement), factors, inputs)?;
            }
        }
        Ok(loss)
    }

    /// Σ (y_intra,i - z_i)² over `targets`, whose answers are added to `answers`; the gradients are those of the weight times it, and
    /// of the agreement.
    fn accumulate_intra(
        &mut self,
        cells: MapsAndLabels<'_>,
        targets: &[usize],
        (weight, agreement): (f64, Agreement<'_>),
        factors: &[f32],
        (inputs, answers): (&mut Inputs, &mut Vec<f64>),
    ) -> Result<f64, ModelError> {
        let Some(encoder) = &mut self.intra else { return Ok(0.0) };
        let differences = inputs.intra_at(cells.maps, targets);
        let head = self.heads.of_mut(Branch::Intra);
        let mut squares = 0.0;
        encoder.accumulate(differences, &mut |features, by_feature| {
            let features = masked(features, factors);
            let by_output: Vec<f32> = head
                .outputs(&features)
                .iter()
                .zip(targets)
                .enumerate()
                .map(|(number, (output, &target))| {
                    let answer = f64::from(*output);
                    answers.push(answer);
                    let residual = answer - cells.labels[target];
                    squares += residual * residual;
                    (2.0 * (weight * residual + agreement.slope(number, answer))) as f32
                })
                .collect();
            head.backward(&features, &by_output, by_feature);
            mask(by_feature, factors);
        })?;
        Ok(squares)
    }

    /// Σ (mean_j y_inter,ij - z_i)² over `targets`; the gradients are those of the weight times it, and of the agreement.
    fn accumulate_inter(
        &mut self,
        [(cells, targets), (support, references)]: [(MapsAndLabels<'_>, &[usize]); 2],
        (weight, agreement): (f64, Agreement<'_>),
        factors: &[f32],
        inputs: &mut Inputs,
    ) -> Result<f64, ModelError> {
        let Some(encoder) = &mut self.inter else { return Ok(0.0) };
        let per_target = references.len() / targets.len();
        let length = self.shape.input_len();
        let differences = inputs.inter(&cells.at(targets, length), &support.at(references, length));
        let head = self.heads.of_mut(Branch::Inter);
        let mut squares = 0.0;
        encoder.accumulate(differences, &mut |features, by_feature| {
            let features = masked(features, factors);
            let means = means(&head.outputs(&features), support.labels, references, per_target);
            let mut by_output = Vec::with_capacity(references.len());
            for (number, (mean, &target)) in means.into_iter().zip(targets).enumerate() {
                let residual = mean - cells.labels[target];
                squares += residual * residual;
                let slope = 2.0 * (weight * residual + agreement.slope(number, mean)) / per_target as f64;
                by_output.extend(std::iter::repeat_n(slope as f32, per_target));
            }
            head.backward(&features, &by_output, by_feature);
            mask(by_feature, factors);
        })?;
        Ok(squares)
    }

    /// mean_j y_inter,ij of every target, with these features left out.
    fn means(
        &self,
        (cells, targets): (MapsAndLabels<'_>, &[usize]),
        (support, references): (MapsAndLabels<'_>, &[usize]),
        dropped: &Mask,
        inputs: &mut Inputs,
    ) -> Result<Vec<f64>, ModelError> {
        let Some(encoder) = &self.inter else { return Ok(Vec::new()) };
        let (per_target, length) = (references.len() / targets.len(), self.shape.input_len());
        let targets_at_once = PORTION.div_ceil(per_target);
        let mut answers = Vec::with_capacity(targets.len());
        for (targets, of_targets) in
            targets.chunks(targets_at_once).zip(references.chunks(targets_at_once * per_target))
        {
            let differences = inputs.inter(&cells.at(targets, length), &support.at(of_targets, length));
            let features = encoder.encode(differences)?;
            let first = answers.len() * per_target * self.shape.features;
            let features = masked(&features, dropped.part(first, features.len()));
            let outputs = self.heads.of(Branch::Inter).outputs(&features);
            answers.extend(means(&outputs, support.labels, of_targets, per_target));
        }
        Ok(answers)
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

/// The mean over the references of each target of what is said of the difference and the reference's label.
fn means(outputs: &[f32], labels: &[f64], references: &[usize], per_target: usize) -> Vec<f64> {
    let pairs = outputs.chunks(per_target).zip(references.chunks(per_target));
    let sum = |(outputs, references): (&[f32], &[usize])| -> f64 {
        outputs.iter().zip(references).map(|(y, &j)| f64::from(*y) + labels[j]).sum()
    };
    pairs.map(|pairs| sum(pairs) / per_target as f64).collect()
}
