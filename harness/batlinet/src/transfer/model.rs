//! Fitting a transfer procedure and asking it.

use std::borrow::Cow;

use baselines::{
    AnyModel, Context, Described, Engine, FitSummary, Fitted, Model, ModelError, ModelRow, NetworkEngine, Precision,
    Weights,
    encoder::EncoderShape,
    engine::{Maps, each},
    maps, row,
};
use ndarray::{ArrayD, ArrayViewD};

use super::{
    inputs::{Differences, MapsAndLives},
    pairs::CellPairs,
    parameters::{PairBudget, Preset, TransferParameters},
    scale::Scale,
    trainer::{Sees, Trainer, convolution},
};
use numerics::signal::lower_median;

/// A transfer procedure. Features are capacity maps [cells, channels, cycles, grid points] of target cells; labels are
/// their lives in cycles, which it scales itself.
///
/// The source cells belong to the model as its hyper-parameters do: they are given before the fit and stay.
pub struct Transfer<'a> {
    parameters: TransferParameters,
    source: Option<SourceCells<'a>>,
    pretrained: Option<Weights>,
}

#[derive(Clone)]
struct SourceCells<'a> {
    maps: Cow<'a, [f32]>,
    inner: [usize; 3],
    lives: &'a [f64],
}

/// A procedure that has been gone through.
pub struct FittedTransfer<'a> {
    preset: Preset,
    differences: Differences,
    /// On a cell's difference to its own base cycle.
    intra: Scaled,
    /// On the difference of two cells, and the source cells, which are references.
    inter: Option<(Scaled, SourceCells<'a>)>,
}

/// A network and the unit of its outputs.
struct Scaled {
    network: Box<dyn NetworkEngine>,
    scale: Scale,
}

impl SourceCells<'_> {
    fn cells(&self) -> MapsAndLives<'_> {
        MapsAndLives { maps: &self.maps, lives: self.lives }
    }
}

impl<'a> Transfer<'a> {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn new(parameters: TransferParameters) -> Result<Self, ModelError> {
        parameters.check()?;
        Ok(Self { parameters, source: None, pretrained: None })
    }

    /// The same with these source cells: maps as those of the target cells, lives in cycles.
    ///
    /// # Errors
    /// [`ModelError`] says what is wrong with them.
    pub fn with_source(self, maps: &'a ArrayD<f32>, lives: &'a [f64]) -> Result<Self, ModelError> {
        let (maps, inner) = maps::training_maps::<3>(maps.view(), lives)?;
        Ok(Self { source: Some(SourceCells { maps, inner, lives }), ..self })
    }

    /// The network that fine-tuning begins with, trained on the source cells; none without pretraining. It does not depend on the target cells, so
    /// whoever fits for several choices of these may train it once and hand it to [`Transfer::with_pretrained`].
    ///
    /// # Errors
    /// [`ModelError`] says what does not fit, or that training diverged or was interrupted.
    pub fn pretrain(&self, context: &Context<'_>) -> Result<Option<Weights>, ModelError> {
        let Some(budget) = self.parameters.pretraining else { return Ok(None) };
        let source = self.source.as_ref().ok_or(ModelError::TooFewSamples { needed: 2, got: 0 })?;
        let cells = source.cells();
        let differences = self.differences(source.inner)?;
        let trainer = Trainer { parameters: &self.parameters, differences, context };
        let mut network = trainer.initial("init", Sees::Cells)?;
        trainer.on_cells(network.as_mut(), budget, cells, Scale::of_source(source.lives, self.parameters.preset))?;
        Ok(Some(network.weights()?))
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

    fn source(&self, shape: EncoderShape) -> Result<&SourceCells<'a>, ModelError> {
        let source = self.source.as_ref().ok_or(ModelError::TooFewSamples { needed: 2, got: 0 })?;
        let EncoderShape { channels, height, width, .. } = shape;
        if source.inner != [channels, height, width] {
            return Err(ModelError::Shape {
                expected: format!("[source cells, {channels}, {height}, {width}]"),
                got: std::iter::once(source.lives.len()).chain(source.inner).collect(),
            });
        }
        Ok(source)
    }

    /// Direct learning, or fine-tuning.
    fn fit_intra(&self, trainer: &Trainer<'_>, target: MapsAndLives<'_>) -> Result<(Scaled, FitSummary), ModelError> {
        if self.parameters.needs_source() {
            self.source(trainer.differences.shape)?;
        }
        let pretrained = match &self.pretrained {
            None => self.pretrain(trainer.context)?,
            given => given.clone(),
        };
        let mut network = match pretrained {
            // the optimiser begins anew with the target cells
            Some(weights) => trainer.network(&weights, Sees::Cells)?,
            None => trainer.initial("init", Sees::Cells)?,
        };
        let scale = Scale::of_target(target.lives, self.parameters.preset);
        let mut summary = trainer.on_cells(network.as_mut(), self.parameters.training, target, scale)?;
        let pretraining = self.parameters.pretraining.map_or(0, |budget| budget.epochs);
        summary.epochs = summary.epochs.map(|epochs| epochs + pretraining);
        Ok((Scaled { network, scale }, summary))
    }

    fn pairs<'b>(
        &'b self,
        budget: &PairBudget,
        target: MapsAndLives<'b>,
        shape: EncoderShape,
        context: &Context<'_>,
    ) -> Result<CellPairs<'b>, ModelError> {
        let source = self.source(shape)?.cells();
        let count = target.lives.len() * source.lives.len();
        if count < 3 {
            return Err(ModelError::TooFewSamples { needed: 3, got: count });
        }
        Ok(CellPairs::new(target, source, budget.validation, &mut context.streams.stream("pairs")))
    }
}

/// Lives by the inter-cell network: every source cell is a reference, and answers with its own life plus the
/// difference. The lower median of the answers that are positive; none where none is.
fn by_references(
    Scaled { network, scale }: &Scaled,
    source: MapsAndLives<'_>,
    maps: &[f32],
    differences: &Differences,
) -> Result<Vec<Option<f64>>, ModelError> {
    let (cells, references) = (maps.len() / differences.shape.input_len(), source.lives.len());
    let pairs: Vec<(usize, usize)> =
        (0..cells).flat_map(|cell| (0..references).map(move |reference| (cell, reference))).collect();
    let outputs = network.outputs(0, Maps { cells: maps, references: source.maps }, &pairs)?;
    let lives_of = |outputs: &[f64]| {
        let lives = outputs.iter().zip(source.lives).map(|(&output, life)| scale.inverse(output) + life);
        median_of_positive(lives)
    };
    Ok(outputs.chunks(references).map(lives_of).collect())
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

impl<'a> Model for Transfer<'a> {
    type Fitted = FittedTransfer<'a>;

    fn fit(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError> {
        let (maps, inner) = maps::labelled_maps::<3>(features, labels)?;
        let target = MapsAndLives { maps: &maps, lives: labels };
        let differences = self.differences(inner)?;
        let trainer = Trainer { parameters: &self.parameters, differences, context };
        let (intra, mut summary) = self.fit_intra(&trainer, target)?;
        let mut inter = None;
        if let Some(budget) = &self.parameters.pairs {
            let pairs = self.pairs(budget, target, differences.shape, context)?;
            let scale = pairs.scale();
            let mut network = trainer.initial("inter-cell init", Sees::Pairs)?;
            let of_pairs = trainer.on_pairs(network.as_mut(), budget, &pairs, scale)?;
            inter = Some((Scaled { network, scale }, self.source(differences.shape)?.clone()));
            summary.epochs = summary.epochs.zip(of_pairs.epochs).map(|(intra, inter)| intra + inter);
            (summary.final_loss, summary.losses) = (of_pairs.final_loss, of_pairs.losses);
        }
        Ok((FittedTransfer { preset: self.parameters.preset, differences, intra, inter }, summary))
    }

    fn restore(
        &self,
        weights: &Weights,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<Self::Fitted, ModelError> {
        let (maps, inner) = maps::labelled_maps::<3>(features, labels)?;
        let target = MapsAndLives { maps: &maps, lives: labels };
        let differences = self.differences(inner)?;
        let trainer = Trainer { parameters: &self.parameters, differences, context };
        let intra = Scaled {
            network: trainer.network(&weights.below("intra"), Sees::Cells)?,
            scale: Scale::of_target(labels, self.parameters.preset),
        };
        let inter = match &self.parameters.pairs {
            None => None,
            // the scale is that of the training pairs, which the stream draws again
            Some(budget) => {
                let network = trainer.network(&weights.below("inter"), Sees::Pairs)?;
                let scale = self.pairs(budget, target, differences.shape, context)?.scale();
                Some((Scaled { network, scale }, self.source(differences.shape)?.clone()))
            }
        };
        Ok(FittedTransfer { preset: self.parameters.preset, differences, intra, inter })
    }
}

impl Fitted for FittedTransfer<'_> {
    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let Self { preset, differences, intra, inter } = self;
        let EncoderShape { channels, height, width, .. } = differences.shape;
        let maps = maps::prediction_maps(features, [channels, height, width])?;
        let cells = each(maps.len() / differences.shape.input_len());
        let outputs = intra.network.outputs(0, Maps::alone(&maps), &cells)?;
        let direct = outputs.into_iter().map(|output| intra.scale.inverse(output));
        match inter {
            None => Ok(direct.collect()),
            Some((inter, source)) => {
                let referred = by_references(inter, source.cells(), &maps, differences)?;
                Ok(direct.zip(referred).map(|(direct, referred)| average(direct, referred, *preset)).collect())
            }
        }
    }

    fn weights(&self) -> Option<Weights> {
        let mut weights = self.intra.network.weights().ok()?.under("intra");
        if let Some((inter, _)) = &self.inter {
            weights.0.extend(inter.network.weights().ok()?.under("inter").0);
        }
        Some(weights)
    }
}

impl Described for TransferParameters {
    fn row(&self) -> ModelRow {
        ModelRow {
            // 2: the second convolution is computed in transformed space, which rounds otherwise
            training_version: 2,
            scales_itself: true,
            ..ModelRow::network("transfer", Engine::Encoder)
        }
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(Transfer::new(self.clone())?))
    }

    /// Direct learning and fine-tuning are those of a CNN; with pairs, the answer is BatLiNet's.
    fn name(&self) -> &'static str {
        if self.pairs.is_some() { "batlinet" } else { "cnn" }
    }

    fn check_feature(&self, shape: &[usize]) -> Result<(), String> {
        let [channels, cycles, points] = row::maps(shape)?;
        EncoderShape::new(channels, cycles, points, self.channels).map(drop).map_err(|error| error.to_string())
    }

    fn precision(&self) -> Precision {
        self.precision
    }

    fn check_card(&self, shape: &[usize]) -> Result<(), String> {
        let [channels, height, width] = row::maps(shape)?;
        let shape = EncoderShape::new(channels, height, width, self.channels).map_err(|error| error.to_string())?;
        let differences = Differences { shape, base: self.base, limit: self.limit };
        let check = |sees| convolution(self, differences, sees).check_card();
        check(Sees::Cells).and_then(|()| if self.pairs.is_some() { check(Sees::Pairs) } else { Ok(()) })
    }

    fn base(&self) -> Option<usize> {
        Some(self.base)
    }

    fn needs_source(&self) -> bool {
        Self::needs_source(self)
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
