//! A network on one machine: training steps, outputs, gradients, weights.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    batch::{Labelled, Record, Step},
    error::CudaError,
    kernels::Kernels,
    layout::{Layout, Tensor},
    machine::{Argument, Launch, Machine, Memory, Node, Recorded},
    maps::{Maps, PLACES, coarse, scale},
    spec::{CycleFilter, Input, Rule, Spec},
    workspace::{Encoder, HeadTraining, Inputs, Seen, Workspace},
};

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

/// Steps on the card.
struct StepQueue {
    capacity: usize,
    /// A record per step.
    table: Memory,
    /// How many steps have begun.
    counter: Memory,
    /// The record of the step that began last.
    now: Memory,
    /// Per step, the loss and the largest absolute output.
    losses: Memory,
}

impl StepQueue {
    fn new(machine: &Arc<dyn Machine>, capacity: usize, record: &Record) -> Result<Self, CudaError> {
        let take = |bytes: usize| Memory::new(machine, bytes, "steps");
        let bytes = record.bytes();
        Ok(Self {
            capacity,
            table: take(capacity * bytes)?,
            counter: take(4)?,
            now: take(bytes)?,
            losses: take(capacity * 16)?,
        })
    }
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

    /// The kernels of one step of so many targets, for measurements.
    ///
    /// # Panics
    /// Before [`Network::prepare`].
    pub fn launches(&self, targets: usize) -> Vec<Launch> {
        self.step_plan((targets, true)).0.into_iter().map(|node| node.launch).collect()
    }

    /// The kernels of one step of so many targets.
    fn step_plan(&self, (targets, optimise): (usize, bool)) -> Plan {
        let Training { branches, record, queue, .. } = self.training.as_ref().expect("training was prepared");
        let StepQueue { table, counter, now, losses, .. } = queue;
        let mut plan = Plan::default();
        let begun = plan.add(self.kernels.take_step([table, counter, now], record.bytes()), &[]);
        let mut heads = vec![false; self.spec.heads.len()];
        let (mut last_head, mut done) = (begun, Vec::new());
        for (number, (branch, trainee)) in self.spec.branches.iter().zip(branches).enumerate() {
            let Trainee { source, kept, workspace, .. } = trainee;
            let encoder = self.encoder(number, &source.scale);
            let packed = plan.chain(self.kernels.pack(&encoder), &[begun]);
            let per_target = record.per_target(number);
            let at_once = (workspace.images() / per_target).max(1);
            // a part of the batch begins when that before it is through with the workspace
            let mut free = vec![begun];
            for first in (0..targets).step_by(at_once) {
                let part = at_once.min(targets - first);
                let images = part * per_target;
                let head = HeadTraining {
                    wanted: now.at(record.wanted(number, first)),
                    targets: part,
                    per_target,
                    weight: branch.weight / targets as f64,
                    losses,
                    counter,
                    adds_to_head: heads[branch.head],
                    adds_to_loss: number > 0 || first > 0,
                };
                heads[branch.head] = true;
                let mut ready = free.clone();
                ready.push(packed);
                let (inputs, planes, which) = match kept {
                    Some(kept) => (kept, source.cells.cells(), now.at(record.cells(number, first))),
                    None => {
                        let inputs = workspace.inputs.as_ref().expect("inputs that are not kept have a place");
                        let to = (inputs, workspace.planar.as_ref());
                        let pairs = now.at(record.pairs(number, first));
                        let made = self.kernels.input(source, branch.input, pairs, to, images);
                        ready.push(plan.chain(made, &free));
                        (inputs, images, Argument::Address(0))
                    }
                };
                let seen = Seen { inputs, planes, which, drop: drops(branch.input).then_some(&inputs.drop) };
                let forward = plan.chain(self.kernels.forward(&encoder, &seen, workspace, images), &ready);
                // losses and shared gradients are added up in one order
                last_head = plan.add(self.kernels.head(&encoder, workspace, &head), &[forward, last_head]);
                let [back, of_projection, of_second, of_first] =
                    self.kernels.backward(&encoder, &seen, workspace, images, first > 0);
                let back = plan.chain(back, &[last_head]);
                free = vec![
                    plan.chain(of_first, &[back]),
                    plan.chain(of_second, &[back]),
                    plan.chain(of_projection, &[last_head]),
                ];
            }
            done.extend(free);
        }
        if optimise {
            let Parameters { weights, gradients, first, second, .. } = &self.parameters;
            let arrays = [weights, gradients, first, second];
            plan.add(self.kernels.adamw(self.spec.optimiser, self.layout.len(), arrays, now), &done);
        }
        plan
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

    /// The outputs of a branch for pairs of a cell and a reference; of a branch without references the second is not
    /// looked at. A reference's label is not in them. The output of a pair depends on no other pair.
    ///
    /// # Errors
    /// As [`Network::prepare`].
    pub fn outputs(&self, branch: usize, sources: &Sources, pairs: &[(usize, usize)]) -> Result<Vec<f32>, CudaError> {
        let outputs = Memory::new(&self.machine, 4 * pairs.len(), "outputs")?;
        let mut order = Vec::with_capacity(pairs.len());
        self.for_portions(branch, sources, pairs, |portion| {
            let Asked { encoder, seen, workspace, places } = *portion;
            let images = places.len();
            let mut launches = self.kernels.forward(encoder, seen, workspace, images);
            launches.push(self.kernels.answers(encoder, workspace, (&outputs, order.len()), images));
            order.extend_from_slice(places);
            self.machine.run(&launches)
        })?;
        let answers = outputs.read::<f32>(0..pairs.len())?;
        let mut found = vec![f32::NAN; pairs.len()];
        order.into_iter().zip(answers).for_each(|(place, answer)| found[place] = answer);
        Ok(found)
    }

    /// What a branch sees of pairs, as [`Network::outputs`] has them: cleaned inputs, outlying cycles zeroed, as exactly as
    /// the convolutions read them. For checks.
    ///
    /// # Errors
    /// As [`Network::prepare`].
    pub fn inputs(
        &self,
        branch: usize,
        sources: &Sources,
        pairs: &[(usize, usize)],
    ) -> Result<Vec<Vec<f32>>, CudaError> {
        let mut found = vec![Vec::new(); pairs.len()];
        self.for_portions(branch, sources, pairs, |portion| {
            let Asked { encoder, seen, places, .. } = *portion;
            let scale = encoder.input_scale.read::<f32>(0..PLACES)?;
            let shape = self.spec.shape;
            let pixels = shape.height * shape.width;
            let halves = self.kernels.halves();
            let x = seen.inputs.x.read::<u16>(0..halves * places.len() * pixels * PLACES)?;
            let dropped = match seen.drop {
                Some(drop) => drop.read::<u8>(0..places.len() * shape.rows())?,
                None => Vec::new(),
            };
            for (image, &place) in places.iter().enumerate() {
                let value = |at: usize| {
                    let (channel, pixel) = (at / pixels, at % pixels);
                    let row = image * shape.rows() + at / shape.width;
                    if dropped.get(row).is_some_and(|&dropped| dropped != 0) {
                        return 0.0;
                    }
                    let half = |half: usize| {
                        half_to_f32(x[((half * places.len() + image) * pixels + pixel) * PLACES + channel])
                    };
                    (0..halves).map(half).sum::<f32>() / scale[channel]
                };
                found[place] = (0..shape.len()).map(value).collect();
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Makes the inputs of pairs and leaves them, for measurements.
    ///
    /// # Errors
    /// As [`Network::prepare`].
    pub fn make_inputs(&self, branch: usize, sources: &Sources, pairs: &[(usize, usize)]) -> Result<(), CudaError> {
        self.for_portions(branch, sources, pairs, |_| Ok(()))
    }

    /// Makes the inputs of pairs in portions, and does something with each.
    ///
    /// Pairs are asked together if their channels are scaled alike: how depends on the cell of a pair and on all
    /// references, so that the others that are asked have no part in it.
    fn for_portions(
        &self,
        branch: usize,
        sources: &Sources,
        pairs: &[(usize, usize)],
        mut ask: impl FnMut(&Asked<'_>) -> Result<(), CudaError>,
    ) -> Result<(), CudaError> {
        let input = self.spec.branches[branch].input;
        let of_references = sources.references.largest();
        let mut alike: BTreeMap<[u32; PLACES], Vec<usize>> = BTreeMap::new();
        for (place, &(cell, _)) in pairs.iter().enumerate() {
            let scale = coarse(scale(bounds(input, sources.cells.largest_of(cell), &of_references)));
            alike.entry(scale.map(f32::to_bits)).or_default().push(place);
        }
        let needs_planar = self.kernels.needs_planar(input);
        let mut cached = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let workspace = match cached.take() {
            Some(workspace) if workspace.serves(&self.kernels, pairs.len(), needs_planar) => workspace,
            _ => Workspace::new(&self.machine, &self.kernels, (pairs.len(), 1), (true, needs_planar), false)?,
        };
        let workspace = cached.insert(workspace);
        let mut source = self.source(sources, input, [1.0; PLACES])?;
        let pair = |&place: &usize| {
            let (cell, reference) = pairs[place];
            [cell as i32, if input.has_references() { reference } else { cell } as i32]
        };
        // all that goes up does so before the first kernel, so that none waits for it
        let there = |(scale, places): (&[u32; PLACES], &Vec<usize>)| -> Result<_, CudaError> {
            let scale = Memory::of(&self.machine, &scale.map(f32::from_bits), "scales")?;
            let table = places.iter().flat_map(pair).collect::<Vec<_>>();
            Ok((scale, Memory::of(&self.machine, &table, "pairs")?))
        };
        let groups = alike.iter().map(there).collect::<Result<Vec<_>, CudaError>>()?;
        let mut tables = Vec::new();
        for ((scale, table), places) in groups.into_iter().zip(alike.values()) {
            tables.push((std::mem::replace(&mut source.scale, scale), table));
            let (_, table) = &tables[tables.len() - 1];
            let encoder = self.encoder(branch, &source.scale);
            self.machine.run(&self.kernels.pack(&encoder))?;
            let portions = places.chunks(workspace.images());
            for (first, places) in (0..).step_by(workspace.images()).zip(portions) {
                let inputs = workspace.inputs.as_ref().expect("it was made with a place for inputs");
                let images = places.len();
                let to = (inputs, workspace.planar.as_ref());
                self.machine.run(&self.kernels.input(&source, input, table.at(8 * first), to, images))?;
                let drop = drops(input).then_some(&inputs.drop);
                let seen = &Seen { inputs, planes: images, which: Argument::Address(0), drop };
                ask(&Asked { encoder: &encoder, seen, workspace, places })?;
            }
        }
        // tables and scales are given back here
        self.machine.finish()
    }

    /// The weights.
    ///
    /// # Errors
    /// What the driver says.
    pub fn weights(&self) -> Result<Vec<Tensor>, CudaError> {
        Ok(self.layout.unpack(&self.parameters.weights.read(0..self.layout.len())?))
    }
}

/// Launches that are recorded together.
#[derive(Default)]
struct Plan(Vec<Node>);

impl Plan {
    /// Adds a launch after others, and says its number.
    fn add(&mut self, launch: Launch, after: &[usize]) -> usize {
        self.0.push(Node { launch, after: after.to_vec() });
        self.0.len() - 1
    }

    /// Adds launches one after the other, and says the number of the last.
    fn chain(&mut self, launches: Vec<Launch>, after: &[usize]) -> usize {
        let mut after = after.to_vec();
        for launch in launches {
            after = vec![self.add(launch, &after)];
        }
        *after.last().expect("a chain has links")
    }
}

/// Inputs of some pairs in a workspace.
struct Asked<'a> {
    encoder: &'a Encoder<'a>,
    seen: &'a Seen<'a>,
    workspace: &'a Workspace,
    /// Of the pairs among all.
    places: &'a [usize],
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

fn half_to_f32(bits: u16) -> f32 {
    let (sign, exponent, fraction) = (bits >> 15, bits >> 10 & 31, f32::from(bits & 1023));
    let size = match exponent {
        0 => fraction * f32::exp2(-24.0),
        31 => f32::INFINITY,
        exponent => (1024.0 + fraction) * f32::exp2(f32::from(exponent) - 25.0),
    };
    if sign == 1 { -size } else { size }
}
