//! A network on one machine: training steps, outputs, gradients, weights.

mod asking;
mod plan;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use crate::{
    batch::{Labelled, Record, Step},
    error::CudaError,
    kernels::Kernels,
    layout::{Layout, Tensor},
    machine::{Argument, Machine, Memory, Recorded},
    maps::{Maps, PLACES, scale},
    spec::{CycleFilter, Input, Rule, Spec},
    workspace::{Encoder, Inputs, Workspace},
};

use plan::StepQueue;

/// Most bytes of inputs that are kept for all steps; others are made again for each.
const KEPT: usize = 3 << 29;

/// Whose maps a branch compares.
#[derive(Clone)]
pub struct Sources {
    /// Of the cells that are targets.
    pub cells: Arc<Maps>,
    /// Of the cells that are references; of a branch without any, no matter.
    pub references: Arc<Maps>,
}

impl Sources {
    /// Cells that are each other's references, or have none.
    pub fn alone(cells: Arc<Maps>) -> Self {
        Self { references: cells.clone(), cells }
    }
}

/// Labels of the cells of [`Sources`], for training.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// Of the targets.
    pub cells: &'a [f64],
    /// Of the references: a branch with references predicts the difference to these.
    pub references: &'a [f64],
}

/// What came of some training steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The loss of each step, before it was made; of those up to and with one whose network had collapsed.
    pub losses: Vec<f64>,
    /// Whether that was so with the last of them ([`Spec::collapsed`]). Later steps count for nothing: the network is to
    /// be [restarted](Network::restart).
    pub collapsed: bool,
}

/// A network with its optimiser.
pub struct Network {
    machine: Arc<dyn Machine>,
    spec: Spec,
    kernels: Kernels,
    layout: Layout,
    parameters: Parameters,
    /// Optimiser steps made.
    steps: i32,
    training: Option<Training>,
    /// For inputs that are not trained on, from the last time that any were asked.
    asked: Mutex<Option<Workspace>>,
}

/// What the optimiser works on, as [`Layout`] says; and what kernels keep of each branch.
struct Parameters {
    weights: Memory,
    gradients: Memory,
    first: Memory,
    second: Memory,
    branches: Vec<Kept>,
}

/// See `kernels/README.md`.
struct Kept {
    fragments: Memory,
    scales: Memory,
    maxima: Memory,
}

/// What training needs beside.
struct Training {
    branches: Vec<Trainee>,
    record: Record,
    /// Of as many steps as were asked for at once.
    queue: StepQueue,
    /// One step by its number of targets, and whether the optimiser makes it.
    recorded: HashMap<(usize, bool), Box<dyn Recorded>>,
}

/// The maps of a branch, and what is known of them.
pub(crate) struct Source {
    pub(crate) cells: Arc<Maps>,
    pub(crate) references: Arc<Maps>,
    /// Which rows of the cells are dropped before a reference is subtracted, if any are.
    pub(crate) dropped: Option<Memory>,
    /// Powers of two of the channels of their differences.
    pub(crate) scale: Memory,
}

/// A branch's maps and labels, and its inputs where they are made once and for all.
struct Trainee {
    source: Source,
    labels: Labelled,
    kept: Option<Inputs>,
    /// Branches have one each, so that they can be computed side by side.
    workspace: Workspace,
}

impl Network {
    /// A network with these weights and a fresh optimiser.
    ///
    /// # Errors
    /// [`CudaError::Unsupported`] if there are no kernels for it on this machine; [`CudaError::Weights`] if the weights are
    /// those of another network; [`CudaError::OutOfMemory`].
    pub fn new(machine: Arc<dyn Machine>, spec: Spec, weights: &[Tensor]) -> Result<Self, CudaError> {
        spec.check()?;
        let kernels = Kernels::new(spec.shape, spec.precision, machine.limits())?;
        let layout = Layout::new(&spec);
        let packed = layout.pack(weights)?;
        let zeros = vec![0.0_f32; packed.len()];
        let take = |values: &[f32]| Memory::of(&machine, values, "weights");
        let kept = |_| -> Result<Kept, CudaError> {
            Ok(Kept {
                fragments: Memory::new(&machine, 4 * kernels.fragments(), "weights")?,
                scales: take(&[0.0; 16])?,
                maxima: take(&[0.0; 128])?,
            })
        };
        let branches = spec.branches.iter().map(kept).collect::<Result<_, _>>()?;
        let [weights, gradients, first, second] = [take(&packed)?, take(&zeros)?, take(&zeros)?, take(&zeros)?];
        let parameters = Parameters { weights, gradients, first, second, branches };
        Ok(Self { machine, spec, kernels, layout, parameters, steps: 0, training: None, asked: Mutex::default() })
    }

    /// What it is made of.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Starts again with these weights and a fresh optimiser; what was [prepared](Network::prepare) stays.
    ///
    /// # Errors
    /// [`CudaError::Weights`].
    pub fn restart(&mut self, weights: &[Tensor]) -> Result<(), CudaError> {
        let packed = self.layout.pack(weights)?;
        self.parameters.weights.write(0, &packed)?;
        let zeros = vec![0.0_f32; packed.len()];
        self.parameters.first.write(0, &zeros)?;
        self.parameters.second.write(0, &zeros)?;
        self.steps = 0;
        Ok(())
    }

    /// Prepares training: per branch the maps and their labels, for steps of at most `batch` targets with `references`
    /// each.
    ///
    /// # Errors
    /// [`CudaError::Unsupported`] for maps of another shape; [`CudaError::OutOfMemory`].
    ///
    /// # Panics
    /// If there is not one source per branch.
    pub fn prepare(
        &mut self,
        sources: &[(Sources, Labels<'_>)],
        batch: usize,
        references: usize,
    ) -> Result<(), CudaError> {
        assert_eq!(sources.len(), self.spec.branches.len(), "one source per branch");
        self.training = None;
        let record = Record::new(&self.spec, batch, references);
        let branches = (0..sources.len())
            .map(|branch| self.trainee(branch, &sources[branch], batch, record.per_target(branch)))
            .collect::<Result<Vec<_>, CudaError>>()?;
        let queue = StepQueue::new(&self.machine, 1, &record)?;
        self.training = Some(Training { branches, queue, record, recorded: HashMap::new() });
        Ok(())
    }

    fn trainee(
        &self,
        branch: usize,
        (maps, labels): &(Sources, Labels<'_>),
        batch: usize,
        per_target: usize,
    ) -> Result<Trainee, CudaError> {
        let input = self.spec.branches[branch].input;
        let bounds = bounds(input, &maps.cells.largest(), &maps.references.largest());
        let source = self.source(maps, input, scale(bounds))?;
        let references = if input.has_references() { labels.references.to_vec() } else { Vec::new() };
        let labels = Labelled { cells: labels.cells.to_vec(), references };
        let cells = maps.cells.cells();
        let mut kept = None;
        if !input.has_references() && cells * Inputs::bytes(&self.kernels) <= KEPT {
            let inputs = Inputs::new(&self.machine, &self.kernels, cells)?;
            let all: Vec<i32> = (0..cells as i32).flat_map(|cell| [cell; 2]).collect();
            let pairs = Memory::of(&self.machine, &all, "pairs")?;
            let planar = || Memory::new(&self.machine, 4 * cells * self.spec.shape.len(), "inputs");
            let two = || -> Result<_, CudaError> { Ok((planar()?, planar()?)) };
            let planar = self.kernels.needs_planar(input).then(two).transpose()?;
            let to = (&inputs, planar.as_ref());
            self.machine.run(&self.kernels.input(&source, input, (&pairs).into(), to, cells))?;
            // what is in the way of the inputs is given back here
            self.machine.finish()?;
            kept = Some(inputs);
        }
        let needs = (kept.is_none(), kept.is_none() && self.kernels.needs_planar(input));
        let workspace = Workspace::new(&self.machine, &self.kernels, (batch * per_target, per_target), needs, true)?;
        Ok(Trainee { source, labels, kept, workspace })
    }

    /// These maps as a branch with this input sees them.
    fn source(&self, maps: &Sources, input: Input, scale: [f32; PLACES]) -> Result<Source, CudaError> {
        let shape = self.spec.shape;
        let mut dropped = None;
        let references = if input.has_references() { maps.references.clone() } else { maps.cells.clone() };
        for maps in [&maps.cells, &references] {
            if maps.shape() != shape {
                let found = maps.shape();
                return Err(CudaError::Unsupported(format!("maps of {found:?} in a network for {shape:?}")));
            }
        }
        if let Input::ToReference { cleaning, filter_target: true } = input
            && cleaning.filter != CycleFilter::Off
        {
            let (cells, rows) = (maps.cells.cells(), shape.rows());
            let stats = Memory::new(&self.machine, 3 * cells * rows * 4, "rows")?;
            let rows = Memory::new(&self.machine, cells * rows, "rows")?;
            let kernels = self.kernels.outlying(&maps.cells.memory, cells, cleaning.filter, (&stats, &rows));
            self.machine.run(&kernels)?;
            // `stats` is given back at the end of this block, when the kernels must be done with it
            self.machine.finish()?;
            dropped = Some(rows);
        }
        Ok(Source {
            cells: maps.cells.clone(),
            references,
            dropped,
            scale: Memory::of(&self.machine, &scale, "scales")?,
        })
    }

    /// Makes these steps one after the other, and waits for their losses.
    ///
    /// # Errors
    /// What the driver says.
    ///
    /// # Panics
    /// Before [`Network::prepare`], or if a step does not fit what was said there.
    pub fn train(&mut self, steps: &[Step<'_>]) -> Result<Trained, CudaError> {
        let losses = self.run_steps(steps, true)?;
        self.steps += steps.len() as i32;
        let collapsed = losses.iter().position(|&[_, largest]| largest < f64::from(self.spec.collapsed));
        let counted = collapsed.map_or(steps.len(), |step| step + 1);
        let losses = losses[..counted].iter().map(|[loss, _]| *loss).collect();
        Ok(Trained { losses, collapsed: collapsed.is_some() })
    }

    /// The loss of a step and its gradients, without making it.
    ///
    /// # Errors
    /// What the driver says.
    ///
    /// # Panics
    /// As [`Network::train`].
    pub fn gradients(&mut self, step: &Step<'_>) -> Result<(f64, Vec<Tensor>), CudaError> {
        let losses = self.run_steps(std::slice::from_ref(step), false)?;
        let packed = self.parameters.gradients.read(0..self.layout.len())?;
        Ok((losses[0][0], self.layout.unpack(&packed)))
    }

    /// Loss and largest absolute output of each step.
    fn run_steps(&mut self, steps: &[Step<'_>], optimise: bool) -> Result<Vec<[f64; 2]>, CudaError> {
        let training = self.training.as_mut().expect("training was prepared");
        if training.queue.capacity < steps.len() {
            // what is recorded knows the old addresses
            training.recorded.clear();
            training.queue = StepQueue::new(&self.machine, steps.len(), &training.record)?;
        }
        let mut table = Vec::with_capacity(steps.len() * training.record.bytes());
        for (number, step) in steps.iter().enumerate() {
            let corrections = self.spec.optimiser.corrections(self.steps + 1 + number as i32);
            let labels = training.branches.iter().map(|trainee| &trainee.labels);
            training.record.write(&self.spec, step, labels, corrections, &mut table);
        }
        training.queue.table.write(0, &table)?;
        training.queue.counter.write(0, &[0_i32])?;
        for step in steps {
            let training = self.training.as_ref().expect("as above");
            let kind = (step.targets.len(), optimise);
            if !training.recorded.contains_key(&kind) {
                let recorded = self.machine.record(self.step_plan(kind).0)?;
                self.training.as_mut().expect("as above").recorded.insert(kind, recorded);
            }
            self.training.as_ref().expect("as above").recorded[&kind].run()?;
        }
        let losses = self.training.as_ref().expect("as above").queue.losses.read::<f64>(0..2 * steps.len())?;
        Ok(losses.as_chunks().0.to_vec())
    }

    /// Where a branch's tensors are.
    fn encoder<'a>(&'a self, branch: usize, input_scale: &'a Memory) -> Encoder<'a> {
        let spec = &self.spec.branches[branch];
        let head = &self.spec.heads[spec.head];
        let Parameters { weights, gradients, branches, .. } = &self.parameters;
        let at = |array: &Memory, name: String| array.at(4 * self.layout.offset(&name));
        let of_encoder =
            |array: &Memory| self.spec.shape.tensors().map(|(tensor, _)| at(array, format!("{}.{tensor}", spec.name)));
        let of_head = |array: &Memory| {
            let bias = if self.spec.head_bias { at(array, format!("{head}.bias")) } else { Argument::Address(0) };
            [at(array, format!("{head}.weight")), bias]
        };
        let Kept { fragments, scales, maxima } = &branches[branch];
        Encoder {
            weights: of_encoder(weights),
            gradients: of_encoder(gradients),
            head: of_head(weights),
            head_gradients: of_head(gradients),
            fragments,
            scales,
            maxima,
            input_scale,
        }
    }

    /// The weights.
    ///
    /// # Errors
    /// What the driver says.
    pub fn weights(&self) -> Result<Vec<Tensor>, CudaError> {
        Ok(self.layout.unpack(&self.parameters.weights.read(0..self.layout.len())?))
    }
}

/// Whether a branch's inputs have rows that do not count.
fn drops(input: Input) -> bool {
    input.cleaning().is_some_and(|cleaning| cleaning.filter != CycleFilter::Off)
}

/// What no absolute value of a channel of the input exceeds, given the largest of the cells and of the references.
fn bounds(input: Input, cells: &[f32], references: &[f32]) -> Vec<f32> {
    let bound = |(cell, reference): (&f32, &f32)| {
        let difference = match input {
            Input::Map => *cell,
            Input::ToBase(..) => cell + cell,
            Input::ToReference { .. } => cell + reference,
        };
        match input.cleaning() {
            Some(cleaning) if matches!(cleaning.rule, Rule::Limit(limit) if limit < difference) => {
                match cleaning.rule {
                    Rule::Limit(limit) => limit,
                    _ => difference,
                }
            }
            _ => difference,
        }
    };
    cells.iter().zip(references).map(bound).collect()
}
