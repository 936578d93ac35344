//! A network on a card: maps, cleaning, branches and heads stay there; references go up and losses come down.

use std::sync::Arc;

use baselines::{ModelError, Weights, card, encoder::EncoderShape};
use cuda::{
    Labels, Maps, Network, Sources, Spec,
    machine::Machine,
    spec::{self, Adam, Branch, FEATURES, Input, Precision, Rule, Shape},
};
use ndarray::Array2;

use super::{
    cleaning::{Cleaning, CycleFilter},
    engine::{Answers, Engine, Lesson, Step},
    heads,
    network::MapsAndLabels,
    pairs::References,
    parameters::BatLiNetParameters,
};

/// Steps that are handed in at once: a tenth of a second on the cards of today, so that Ctrl-C is heard.
const STEPS_AT_ONCE: usize = 50;

/// See the module.
pub(super) struct OnCard {
    network: Network,
    machine: Arc<dyn Machine>,
    shape: Shape,
    /// Positions of the branches.
    intra: Option<usize>,
    inter: Option<usize>,
    is_prepared: bool,
}

impl OnCard {
    pub(super) fn new(
        parameters: &BatLiNetParameters,
        shape: EncoderShape,
        weights: &Weights,
        machine: Arc<dyn Machine>,
    ) -> Result<Self, ModelError> {
        let spec = spec(parameters, shape)?;
        let position = |name: &str| spec.branches.iter().position(|branch| branch.name == name);
        let (intra, inter, shape) = (position("intra"), position("inter"), spec.shape);
        let network = Network::new(machine.clone(), spec, &card::tensors(weights))?;
        Ok(Self { network, machine, shape, intra, inter, is_prepared: false })
    }

    fn maps(&self, values: &[f32]) -> Result<Arc<Maps>, ModelError> {
        Ok(Maps::new(&self.machine, self.shape, values)?)
    }

    /// Cells and those that they are compared with, which are the same ones where they lie in the same place.
    fn sources(&self, cells: &[f32], support: &[f32]) -> Result<Sources, ModelError> {
        let cells_up = self.maps(cells)?;
        if self.inter.is_none() || std::ptr::eq(cells, support) {
            return Ok(Sources::alone(cells_up));
        }
        Ok(Sources { cells: cells_up, references: self.maps(support)? })
    }

    fn prepare(&mut self, lesson: Lesson<'_>) -> Result<(), ModelError> {
        let sources = self.sources(lesson.cells.maps, lesson.support.maps)?;
        let labels = Labels { cells: lesson.cells.labels, references: lesson.support.labels };
        let branches = vec![(sources, labels); self.network.spec().branches.len()];
        self.network.prepare(&branches, lesson.batch, lesson.references.max(1))?;
        self.is_prepared = true;
        Ok(())
    }
}

/// The network that these hyper-parameters ask for, as a card knows it.
fn spec(parameters: &BatLiNetParameters, shape: EncoderShape) -> Result<Spec, ModelError> {
    if shape.features != FEATURES {
        return Err(ModelError::Device(format!(
            "the kernels for cards know {FEATURES} hidden channels, and channels = {} is asked for: give --device cpu",
            shape.features
        )));
    }
    let rules = parameters.cleaning();
    let cleaning = |rule: Cleaning| spec::Cleaning {
        rule: match rule {
            Cleaning::Standard => {
                Rule::Standard { glitch_width: rules.standard.glitch_width, glitch_wrap: rules.standard.glitch_wrap }
            }
            Cleaning::Hampel => Rule::Hampel,
            Cleaning::None => Rule::Nothing,
        },
        filter: match rules.cycle_filter {
            _ if !rules.standard.filter_cycles => spec::CycleFilter::Off,
            CycleFilter::PerChannel => spec::CycleFilter::PerChannel,
            CycleFilter::WholeCycle => spec::CycleFilter::WholeCycle,
        },
    };
    let heads: Vec<String> = heads::names(parameters).iter().map(|name| (*name).to_owned()).collect();
    let (intra_weight, inter_weight) = parameters.branch_weights();
    let branch = |name: &str, input, head, weight| Branch { name: name.to_owned(), input, head, weight };
    let mut branches = Vec::new();
    if parameters.intra_cell {
        branches.push(branch("intra", Input::ToBase(parameters.base, cleaning(rules.intra)), 0, intra_weight));
    }
    if parameters.inter_cell {
        let input = Input::ToReference { cleaning: cleaning(rules.inter), filter_target: rules.filter_target };
        branches.push(branch("inter", input, heads.len() - 1, inter_weight));
    }
    let optimiser = parameters.optimiser();
    Ok(Spec {
        shape: Shape { channels: shape.channels, height: shape.height, width: shape.width },
        branches,
        heads,
        head_bias: parameters.head_bias,
        optimiser: Adam {
            learning_rate: optimiser.learning_rate,
            betas: optimiser.betas,
            epsilon: optimiser.epsilon,
            weight_decay: optimiser.weight_decay,
        },
        precision: Precision::Exact,
        collapsed: 0.0,
    })
}

impl Engine for OnCard {
    fn epochs_at_once(&self) -> usize {
        STEPS_AT_ONCE
    }

    fn train(&mut self, lesson: Lesson<'_>, steps: &[Step]) -> Result<Vec<f64>, ModelError> {
        if !self.is_prepared {
            self.prepare(lesson)?;
        }
        let has_references = self.inter.is_some();
        let step = |step| {
            let Step { targets, references }: &Step = step;
            cuda::Step { targets, references: if has_references { references } else { &[] } }
        };
        Ok(self.network.train(&steps.iter().map(step).collect::<Vec<_>>())?.losses)
    }

    fn answers(
        &self,
        maps: &[f32],
        support: MapsAndLabels<'_>,
        asked: &References,
        _threads: usize,
    ) -> Result<Answers, ModelError> {
        let cells = maps.len() / self.shape.len();
        let sources = self.sources(maps, support.maps)?;
        let intra = self.intra.map(|branch| -> Result<Vec<f64>, ModelError> {
            let alone: Vec<(usize, usize)> = (0..cells).map(|cell| (cell, cell)).collect();
            let of_cells = Sources::alone(sources.cells.clone());
            Ok(self.network.outputs(branch, &of_cells, &alone)?.into_iter().map(f64::from).collect())
        });
        let inter = self.inter.map(|branch| -> Result<Array2<f64>, ModelError> {
            let pairs: Vec<(usize, usize)> =
                (0..cells).flat_map(|cell| asked.of(cell).iter().map(move |&reference| (cell, reference))).collect();
            let mut answers = Array2::from_elem((cells, support.labels.len()), f64::NAN);
            for (pair, output) in pairs.iter().zip(self.network.outputs(branch, &sources, &pairs)?) {
                answers[*pair] = f64::from(output) + support.labels[pair.1];
            }
            Ok(answers)
        });
        Ok(Answers { intra: intra.transpose()?, inter: inter.transpose()? })
    }

    fn weights(&self) -> Result<Weights, ModelError> {
        Ok(card::weights(self.network.weights()?))
    }
}
