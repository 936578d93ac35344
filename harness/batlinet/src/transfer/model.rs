//! Fitting a transfer procedure and asking it.

use std::borrow::Cow;

use baselines::{
    Context, FitSummary, Model, ModelError, Weights, convolutional::ConvolutionalNetwork, encoder::EncoderShape, maps,
};
use ndarray::{ArrayD, ArrayViewD};

use super::{
    inputs::{Cells, Differences},
    pairs::Pairs,
    parameters::{PairBudget, Preset, TransferParameters},
    scale::Scale,
    trainer::Trainer,
};
use numerics::signal::lower_median;

/// A transfer procedure. Features are capacity maps [cells, channels, cycles, grid points] of target cells; labels are
/// their lives in cycles, which it scales itself.
///
/// The source cells belong to the model as its hyper-parameters do: they are given before the fit and stay.
pub struct Transfer<'a> {
    parameters: TransferParameters,
    source: Option<Source<'a>>,
    pretrained: Option<Weights>,
    fitted: Option<Fitted>,
}

struct Source<'a> {
    maps: Cow<'a, [f32]>,
    inner: [usize; 3],
    lives: &'a [f64],
}

struct Fitted {
    differences: Differences,
    /// On a cell's difference to its own base cycle.
    intra: Scaled,
    /// On the difference of two cells.
    inter: Option<Scaled>,
}

/// A network and the unit of its outputs.
struct Scaled {
    network: ConvolutionalNetwork,
    scale: Scale,
}

impl<'a> Transfer<'a> {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn new(parameters: TransferParameters) -> Result<Self, ModelError> {
        parameters.check()?;
        Ok(Self { parameters, source: None, pretrained: None, fitted: None })
    }

    /// The same with these source cells: maps as those of the target cells, lives in cycles.
    ///
    /// # Errors
    /// [`ModelError`] says what is wrong with them.
    pub fn with_source(self, maps: &'a ArrayD<f32>, lives: &'a [f64]) -> Result<Self, ModelError> {
        let (maps, inner) = maps::training_maps::<3>(maps.view(), lives)?;
        Ok(Self { source: Some(Source { maps, inner, lives }), ..self })
    }

    /// The network that fine-tuning begins with, trained on the source cells; none without pretraining. It does not depend on the target cells, so
    /// whoever fits for several choices of these may train it once and hand it to [`Transfer::with_pretrained`].
    ///
    /// # Errors
    /// [`ModelError`] says what does not fit, or that training diverged or was interrupted.
    pub fn pretrain(&self, context: &Context<'_>) -> Result<Option<Weights>, ModelError> {
        let Some(budget) = self.parameters.pretraining else { return Ok(None) };
        let source = self.source.as_ref().ok_or(ModelError::TooFewSamples { needed: 2, got: 0 })?;
        let cells = Cells { maps: &source.maps, lives: source.lives };
        let differences = self.differences(source.inner)?;
        let trainer = Trainer { parameters: &self.parameters, differences, context };
        let mut network = trainer.initial("init")?;
        trainer.on_cells(&mut network, budget, cells, Scale::of_source(source.lives, self.parameters.preset))?;
        Ok(Some(network.weights()))
    }

    /// The same, to be fitted from what [`Transfer::pretrain`] gave.
    pub fn with_pretrained(self, weights: Option<Weights>) -> Self {
        Self { pretrained: weights, ..self }
    }

    fn differences(&self, [channels, height, width]: [usize; 3]) -> Result<Differences, ModelError> {
        let TransferParameters { base, limit, channels: features, .. } = self.parameters;
        let shape = EncoderShape::new(channels, height, width, features)?;
        if base >= height {
            return Err(ModelError::Hyperparameter {
                name: "base",
                value: base.to_string(),
                reason: format!("the maps have {height} cycles, positions 0 to {}", height - 1),
            });
        }
        Ok(Differences { shape, base, limit })
    }

    fn source(&self, shape: EncoderShape) -> Result<Cells<'_>, ModelError> {
        let source = self.source.as_ref().ok_or(ModelError::TooFewSamples { needed: 2, got: 0 })?;
        let EncoderShape { channels, height, width, .. } = shape;
        if source.inner != [channels, height, width] {
            return Err(ModelError::Shape {
                expected: format!("[source cells, {channels}, {height}, {width}]"),
                got: std::iter::once(source.lives.len()).chain(source.inner).collect(),
            });
        }
        Ok(Cells { maps: &source.maps, lives: source.lives })
    }

    /// Direct learning, or fine-tuning.
    fn fit_intra(&self, trainer: &Trainer<'_>, target: Cells<'_>) -> Result<(Scaled, FitSummary), ModelError> {
        if self.parameters.needs_source() {
            self.source(trainer.differences.shape)?;
        }
        let pretrained = match &self.pretrained {
            None => self.pretrain(trainer.context)?,
            given => given.clone(),
        };
        let mut network = match pretrained {
            // the optimiser begins anew with the target cells
            Some(weights) => trainer.network(&weights)?,
            None => trainer.initial("init")?,
        };
        let scale = Scale::of_target(target.lives, self.parameters.preset);
        let mut summary = trainer.on_cells(&mut network, self.parameters.training, target, scale)?;
        let pretraining = self.parameters.pretraining.map_or(0, |budget| budget.epochs);
        summary.epochs = summary.epochs.map(|epochs| epochs + pretraining);
        Ok((Scaled { network, scale }, summary))
    }

    fn pairs<'b>(
        &'b self,
        budget: &PairBudget,
        target: Cells<'b>,
        shape: EncoderShape,
        context: &Context<'_>,
    ) -> Result<Pairs<'b>, ModelError> {
        let source = self.source(shape)?;
        let count = target.lives.len() * source.lives.len();
        if count < 3 {
            return Err(ModelError::TooFewSamples { needed: 3, got: count });
        }
        Ok(Pairs::new(target, source, budget.validation, &mut context.streams.stream("pairs")))
    }

    /// Lives by the inter-cell network: every source cell is a reference, and answers with its own life plus the
    /// difference. The lower median of the answers that are positive; none where none is.
    fn by_references(
        &self,
        Scaled { network, scale }: &Scaled,
        maps: &[f32],
        differences: &Differences,
    ) -> Result<Vec<Option<f64>>, ModelError> {
        let source = self.source(differences.shape)?;
        let references: Vec<usize> = (0..source.lives.len()).collect();
        (0..maps.len() / differences.shape.input_len())
            .map(|cell| {
                let between = |reference, input: &mut [f32]| {
                    differences.between((maps, cell), (source.maps, reference), input);
                };
                let outputs = network.outputs(&references, between)?;
                let lives = outputs.iter().zip(source.lives).map(|(&output, life)| scale.inverse(output) + life);
                Ok(median_of_positive(lives))
            })
            .collect()
    }
}

/// The lower median of what is above zero, if anything is.
fn median_of_positive(lives: impl Iterator<Item = f64>) -> Option<f64> {
    let mut positive: Vec<f64> = lives.filter(|&life| life > 0.0).collect();
    lower_median(&mut positive)
}

/// BatLiNet's answer: the average of direct learning's and the references'. Where no reference gives a life, the notebook
/// has no number; otherwise direct learning answers alone.
fn average(direct: f64, referred: Option<f64>, preset: Preset) -> f64 {
    match (referred, preset) {
        (Some(referred), _) => (direct + referred) / 2.0,
        (None, Preset::Paper) => direct,
        (None, Preset::Code) => f64::NAN,
    }
}

impl Model for Transfer<'_> {
    fn fit(
        &mut self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<FitSummary, ModelError> {
        self.fitted = None;
        let (maps, inner) = maps::labelled_maps::<3>(features, labels)?;
        let target = Cells { maps: &maps, lives: labels };
        let differences = self.differences(inner)?;
        let trainer = Trainer { parameters: &self.parameters, differences, context };
        let (intra, mut summary) = self.fit_intra(&trainer, target)?;
        let mut inter = None;
        if let Some(budget) = &self.parameters.pairs {
            let pairs = self.pairs(budget, target, differences.shape, context)?;
            let scale = pairs.scale();
            let (network, of_pairs) = trainer.on_pairs(trainer.initial("inter-cell init")?, budget, &pairs, scale)?;
            inter = Some(Scaled { network, scale });
            summary.epochs = summary.epochs.zip(of_pairs.epochs).map(|(intra, inter)| intra + inter);
            summary.final_loss = of_pairs.final_loss;
        }
        self.fitted = Some(Fitted { differences, intra, inter });
        Ok(summary)
    }

    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let Fitted { differences, intra, inter } = self.fitted.as_ref().ok_or(ModelError::NotFitted)?;
        let EncoderShape { channels, height, width, .. } = differences.shape;
        let maps = maps::prediction_maps(features, [channels, height, width])?;
        let cells: Vec<usize> = (0..maps.len() / differences.shape.input_len()).collect();
        let outputs = intra.network.outputs(&cells, |cell, input| differences.to_base(&maps, cell, input))?;
        let direct = outputs.into_iter().map(|output| intra.scale.inverse(output));
        match inter {
            None => Ok(direct.collect()),
            Some(inter) => {
                let referred = self.by_references(inter, &maps, differences)?;
                let preset = self.parameters.preset;
                Ok(direct.zip(referred).map(|(direct, referred)| average(direct, referred, preset)).collect())
            }
        }
    }

    fn weights(&self) -> Option<Weights> {
        let fitted = self.fitted.as_ref()?;
        let mut weights = fitted.intra.network.weights().under("intra");
        weights.0.extend(fitted.inter.iter().flat_map(|inter| inter.network.weights().under("inter").0));
        Some(weights)
    }

    fn restore(
        &mut self,
        weights: &Weights,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<(), ModelError> {
        let (maps, inner) = maps::labelled_maps::<3>(features, labels)?;
        let target = Cells { maps: &maps, lives: labels };
        let differences = self.differences(inner)?;
        let trainer = Trainer { parameters: &self.parameters, differences, context };
        let intra = Scaled {
            network: trainer.network(&weights.below("intra"))?,
            scale: Scale::of_target(labels, self.parameters.preset),
        };
        let inter = match &self.parameters.pairs {
            None => None,
            // the scale is that of the training pairs, which the stream draws again
            Some(budget) => Some(Scaled {
                network: trainer.network(&weights.below("inter"))?,
                scale: self.pairs(budget, target, differences.shape, context)?.scale(),
            }),
        };
        self.fitted = Some(Fitted { differences, intra, inter });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Preset, average, median_of_positive};

    #[test]
    fn the_median_is_the_lower_one_of_strictly_positive_lives() {
        assert_eq!(median_of_positive([-500.0, 0.0, 300.0, 100.0, 200.0, 400.0].into_iter()), Some(200.0));
        assert_eq!(median_of_positive([7.0, -1.0].into_iter()), Some(7.0));
        assert_eq!(median_of_positive([-1.0, 0.0, f64::NAN].into_iter()), None);
    }

    #[test]
    fn without_an_answer_of_the_references_direct_learning_answers_alone_or_there_is_no_number() {
        assert_eq!(average(300.0, Some(500.0), Preset::Paper), 400.0);
        assert_eq!(average(300.0, Some(500.0), Preset::Code), 400.0);
        assert_eq!(average(300.0, None, Preset::Paper), 300.0);
        assert!(average(300.0, None, Preset::Code).is_nan());
    }
}
