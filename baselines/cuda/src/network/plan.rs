//! A training step as launches, and which of them wait for which.

use std::sync::Arc;

use super::{Network, Parameters, Trainee, Training, drops};
use crate::{
    batch::Record,
    error::CudaError,
    machine::{Argument, Launch, Machine, Memory, Node},
    workspace::{HeadTraining, Seen},
};

/// Launches that are recorded together.
#[derive(Default)]
pub(super) struct Plan(pub(super) Vec<Node>);

impl Plan {
    /// Adds a launch after others, and says its number.
    pub(super) fn add(&mut self, launch: Launch, after: &[usize]) -> usize {
        self.0.push(Node { launch, after: after.to_vec() });
        self.0.len() - 1
    }

    /// Adds launches one after the other, and says the number of the last.
    pub(super) fn chain(&mut self, launches: Vec<Launch>, after: &[usize]) -> usize {
        let mut after = after.to_vec();
        for launch in launches {
            after = vec![self.add(launch, &after)];
        }
        *after.last().expect("a chain has links")
    }
}

/// Steps on the card.
pub(super) struct StepQueue {
    pub(super) capacity: usize,
    /// A record per step.
    pub(super) table: Memory,
    /// How many steps have begun.
    pub(super) counter: Memory,
    /// The record of the step that began last.
    pub(super) now: Memory,
    /// Per step, the loss and the largest absolute output.
    pub(super) losses: Memory,
}

impl StepQueue {
    pub(super) fn new(machine: &Arc<dyn Machine>, capacity: usize, record: &Record) -> Result<Self, CudaError> {
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

impl Network {
    /// The kernels of one step of so many targets, for measurements.
    ///
    /// # Panics
    /// Before [`Network::prepare`].
    pub fn launches(&self, targets: usize) -> Vec<Launch> {
        self.step_plan((targets, true)).0.into_iter().map(|node| node.launch).collect()
    }

    /// The kernels of one step of so many targets.
    pub(super) fn step_plan(&self, (targets, optimise): (usize, bool)) -> Plan {
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
}
