//! The network of BatLiNet with its inputs on one device.

use baselines::{
    Context, ModelError, NetworkEngine, Weights,
    convolutional::BatchLoss,
    encoder::EncoderShape,
    engine::{Lesson, Maps, Step, Trained, card, one_by_one},
    optimiser::cosine,
};
use cuda::{
    CudaError,
    spec::{self, Branch, Input, Rule, Spec},
};

use super::{
    cleaning::{Cleaning, CycleFilter},
    heads,
    inputs::{Inputs, Scales},
    network::{MapsAndLabels, Network},
    parameters::BatLiNetParameters,
};

/// The network with these weights, named as in [`Network::initial`], on the device of `context`.
///
/// # Errors
/// [`ModelError::Weights`] if they are those of another architecture; what the device says.
pub fn build(
    parameters: &BatLiNetParameters,
    shape: EncoderShape,
    weights: &Weights,
    context: &Context<'_>,
) -> Result<Box<dyn NetworkEngine>, ModelError> {
    if let Some(network) = card::build(shape.features, spec(parameters, shape), weights, context)? {
        return Ok(network);
    }
    OnCpu::new(parameters, shape, weights, context).map(|network| Box::new(network) as _)
}

/// The same, to be trained on from these weights of a network that is trained already.
///
/// # Errors
/// As [`build`].
pub fn build_on(
    parameters: &BatLiNetParameters,
    shape: EncoderShape,
    weights: &Weights,
    context: &Context<'_>,
) -> Result<Box<dyn NetworkEngine>, ModelError> {
    // on a card nothing is scaled
    if parameters.scaled_to.is_none() {
        return build(parameters, shape, weights, context);
    }
    OnCpu::new(parameters, shape, weights, context).map(|network| Box::new(OnCpu { is_trained: true, ..network }) as _)
}

/// Whether a card can train such a network: it knows differences as they are, one learning rate, and the loss of the paper.
///
/// # Errors
/// What it does not know.
pub fn check_card(parameters: &BatLiNetParameters, shape: EncoderShape) -> Result<(), CudaError> {
    let unknown = [
        (parameters.scaled_to.is_some(), "differences that are scaled (scaled_to)"),
        (parameters.late_cycles > 0.0, "differences that are weighed by cycle (late_cycles)"),
        (parameters.cosine, "a learning rate that falls (cosine)"),
        (parameters.consistency > 0.0, "a loss of what the branches say differently (consistency)"),
        (parameters.dropout > 0.0, "features that are left out by chance (dropout)"),
    ];
    if let Some((_, what)) = unknown.into_iter().find(|(is_asked, _)| *is_asked) {
        return Err(CudaError::Unsupported(what.to_owned()));
    }
    card::check(shape.features, &spec(parameters, shape))
}

/// Number of the inter-cell branch among those in use; that of the intra-cell branch is 0.
pub fn inter(parameters: &BatLiNetParameters) -> usize {
    usize::from(parameters.intra_cell)
}

/// Such a network as cards know it.
pub fn spec(parameters: &BatLiNetParameters, shape: EncoderShape) -> Spec {
    let filter = match parameters.cycle_filter {
        _ if !parameters.filter_cycles => spec::CycleFilter::Off,
        CycleFilter::PerChannel => spec::CycleFilter::PerChannel,
        CycleFilter::WholeCycle => spec::CycleFilter::WholeCycle,
    };
    let BatLiNetParameters { glitch_width, glitch_wrap, base, filter_target, .. } = *parameters;
    let cleaning = |cleaning| {
        let rule = match cleaning {
            Cleaning::Standard => Rule::Standard { glitch_width, glitch_wrap },
            Cleaning::Hampel => Rule::Hampel,
            Cleaning::None => Rule::Nothing,
        };
        spec::Cleaning { rule, filter }
    };
    let heads: Vec<String> = heads::names(parameters).iter().map(|&name| name.to_owned()).collect();
    let (intra_weight, inter_weight) = parameters.branch_weights();
    let intra = || Branch {
        name: "intra".to_owned(),
        input: Input::ToBase(base, cleaning(parameters.intra_cleaning)),
        head: 0,
        weight: intra_weight,
    };
    let inter = || Branch {
        name: "inter".to_owned(),
        input: Input::ToReference { cleaning: cleaning(parameters.inter_cleaning), filter_target },
        head: heads.len() - 1,
        weight: inter_weight,
    };
    Spec {
        shape: card::shape(shape),
        branches: parameters.intra_cell.then(intra).into_iter().chain(parameters.inter_cell.then(inter)).collect(),
        heads,
        head_bias: parameters.head_bias,
        optimiser: card::adam(parameters.optimiser()),
        precision: parameters.precision.into(),
        collapsed: 0.0,
    }
}

/// On our kernels for the CPU, or on libtorch.
struct OnCpu {
    parameters: BatLiNetParameters,
    network: Network,
    /// Device that was asked for, threads.
    place: (tch::Device, usize),
    /// While it trains on scaled differences; afterwards the weights have the factors in them.
    scales: Scales,
    /// While it trains.
    inputs: Option<Inputs>,
    /// Whether its weights answer to differences as they are when it begins.
    is_trained: bool,
    /// Steps made, and how many there are to be: of a learning rate that falls.
    steps: (usize, usize),
}

impl OnCpu {
    fn new(
        parameters: &BatLiNetParameters,
        shape: EncoderShape,
        weights: &Weights,
        context: &Context<'_>,
    ) -> Result<Self, ModelError> {
        let network = Network::new(parameters, shape, weights, context)?.dropping(context.streams.stream("dropout"));
        let place = (context.device, context.threads);
        let scales = Scales::default();
        Ok(Self {
            parameters: parameters.clone(),
            network,
            place,
            scales,
            inputs: None,
            is_trained: false,
            steps: (0, 0),
        })
    }

    fn inputs(&self) -> Inputs {
        Inputs::new(&self.parameters, self.network.shape(), self.place.1).scaled(self.scales)
    }
}

impl NetworkEngine for OnCpu {
    fn begin(&mut self, lesson: &Lesson<'_>, _batch: usize, _references: usize) -> Result<(), ModelError> {
        if let Some(deviation) = self.parameters.scaled_to {
            self.scales = Scales::default();
            let maps = [lesson.maps.cells, lesson.maps.references];
            self.scales = self.inputs().scales_to(deviation, maps, &self.parameters);
            if self.is_trained {
                let weights = self.scales.unfolded(self.network.weights());
                self.restart(&weights)?;
            }
        }
        let BatLiNetParameters { epochs, batch, .. } = self.parameters;
        self.steps = (0, epochs * lesson.labels.cells.len().div_ceil(batch));
        let mut inputs = self.inputs();
        if self.parameters.intra_cell && self.parameters.intra_cleaning == Cleaning::Hampel {
            inputs.keep_intra(lesson.maps.cells);
        }
        self.inputs = Some(inputs);
        Ok(())
    }

    fn train(&mut self, lesson: &Lesson<'_>, steps: &[Step]) -> Result<Trained, ModelError> {
        let Self { parameters, network, inputs, steps: (made, all), .. } = self;
        let inputs = inputs.as_mut().expect("it began");
        let cells = MapsAndLabels { maps: lesson.maps.cells, labels: lesson.labels.cells };
        let support = MapsAndLabels { maps: lesson.maps.references, labels: lesson.labels.references };
        one_by_one(steps, |Step { targets, references }| {
            let loss = network.accumulate((cells, targets), (support, references), inputs)?;
            if parameters.cosine {
                network.set_learning_rate(cosine(parameters.learning_rate, *made, *all));
            }
            network.step();
            *made += 1;
            Ok(BatchLoss { loss, collapsed: false })
        })
    }

    fn end(&mut self) -> Result<(), ModelError> {
        self.inputs = None;
        let scales = std::mem::take(&mut self.scales);
        if scales == Scales::default() {
            return Ok(());
        }
        self.restart(&scales.folded(self.network.weights()))
    }

    fn restart(&mut self, weights: &Weights) -> Result<(), ModelError> {
        let network = Network::placed(&self.parameters, self.network.shape(), weights, self.place)?;
        self.network = network.dropping_as(&mut self.network);
        self.steps.0 = 0;
        Ok(())
    }

    fn outputs(&self, branch: usize, maps: Maps<'_>, pairs: &[(usize, usize)]) -> Result<Vec<f64>, ModelError> {
        let length = self.network.shape().input_len();
        let map = |cell: usize| &maps.cells[cell * length..][..length];
        let mut inputs = self.inputs();
        if branch < inter(&self.parameters) {
            let cells: Vec<&[f32]> = pairs.iter().map(|&(cell, _)| map(cell)).collect();
            return Ok(self.network.intra_of(&cells, &mut inputs)?.unwrap_or_default());
        }
        let mut outputs = Vec::with_capacity(pairs.len());
        // the outlying cycles of a cell are looked for once
        for of_cell in pairs.chunk_by(|one, next| one.0 == next.0) {
            let references: Vec<usize> = of_cell.iter().map(|&(_, reference)| reference).collect();
            let answers = self.network.differences(map(of_cell[0].0), maps.references, &references, &mut inputs)?;
            outputs.extend(answers.unwrap_or_default());
        }
        Ok(outputs)
    }

    fn weights(&self) -> Result<Weights, ModelError> {
        Ok(self.network.weights())
    }
}
