//! Training steps as the card reads them: everything that changes from step to step, in one record of fixed length.

use crate::{
    machine::Plain as _,
    spec::{Input, Spec},
};

/// One training step.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Cells, positions among those of the sources.
    pub targets: &'a [usize],
    /// Those of the first target, then of the second …, in equal numbers; none if no branch has any.
    pub references: &'a [usize],
}

/// Labels of the cells of a branch's sources.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Labelled {
    pub(crate) cells: Vec<f64>,
    /// None where a branch has no references.
    pub(crate) references: Vec<f64>,
}

/// Where a record holds what, in bytes.
///
/// First the optimiser's two corrections, then per branch what the mean of a target's outputs should be, and the pair of
/// cells of each input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    batch: usize,
    branches: Vec<Places>,
    bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Places {
    wanted: usize,
    pairs: usize,
    /// The cells alone, of a branch that has no references.
    cells: usize,
    per_target: usize,
}

/// Kernels read some of it sixteen bytes at a time.
const ALIGNED: usize = 16;

impl Record {
    /// For steps of at most `batch` targets with `references` each.
    pub(crate) fn new(spec: &Spec, batch: usize, references: usize) -> Self {
        let mut bytes = ALIGNED;
        let mut take = |wanted: usize| {
            let at = bytes;
            bytes = (at + wanted).next_multiple_of(ALIGNED);
            at
        };
        let place = |input: Input| {
            let per_target = if input.has_references() { references } else { 1 };
            Places { wanted: take(8 * batch), pairs: take(8 * batch * per_target), cells: take(4 * batch), per_target }
        };
        let branches = spec.branches.iter().map(|branch| branch.input).map(place).collect();
        Self { batch, branches, bytes }
    }

    /// Of one record.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Inputs of a branch per target.
    pub(crate) fn per_target(&self, branch: usize) -> usize {
        self.branches[branch].per_target
    }

    /// Where what is wanted of target number `target` is.
    pub(crate) fn wanted(&self, branch: usize, target: usize) -> usize {
        self.branches[branch].wanted + 8 * target
    }

    /// Where the pairs of target number `target` are.
    pub(crate) fn pairs(&self, branch: usize, target: usize) -> usize {
        self.branches[branch].pairs + 8 * target * self.branches[branch].per_target
    }

    /// Where the cell of target number `target` is.
    pub(crate) fn cells(&self, branch: usize, target: usize) -> usize {
        self.branches[branch].cells + 4 * target
    }

    /// Appends the record of a step.
    ///
    /// # Panics
    /// If the step is larger than was said, or its parts do not pair up.
    pub(crate) fn write(
        &self,
        spec: &Spec,
        step: &Step<'_>,
        labelled: impl Iterator<Item = impl std::borrow::Borrow<Labelled>>,
        corrections: (f32, f32),
        bytes: &mut Vec<u8>,
    ) {
        let begin = bytes.len();
        let targets = step.targets.len();
        assert!((1..=self.batch).contains(&targets), "{targets} targets in a step of at most {}", self.batch);
        corrections.0.write(bytes);
        corrections.1.write(bytes);
        for ((places, branch), labelled) in self.branches.iter().zip(&spec.branches).zip(labelled) {
            let Labelled { cells, references } = labelled.borrow();
            let per_target = places.per_target;
            let references_of = |number: usize| -> &[usize] {
                if branch.input.has_references() { &step.references[number * per_target..][..per_target] } else { &[] }
            };
            bytes.resize(begin + places.wanted, 0);
            for (number, &target) in step.targets.iter().enumerate() {
                // the label of a reference is known: what is wanted is the difference to it
                let known: f64 = references_of(number).iter().map(|&reference| references[reference]).sum();
                (cells[target] - known / per_target as f64).write(bytes);
            }
            bytes.resize(begin + places.pairs, 0);
            let mut pair = |cell: usize, other: usize| {
                (cell as i32).write(bytes);
                (other as i32).write(bytes);
            };
            for (number, &target) in step.targets.iter().enumerate() {
                match references_of(number) {
                    [] => pair(target, target),
                    references => references.iter().for_each(|&reference| pair(target, reference)),
                }
            }
            bytes.resize(begin + places.cells, 0);
            step.targets.iter().for_each(|&target| (target as i32).write(bytes));
        }
        bytes.resize(begin + self.bytes, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Adam, Branch, Cleaning, CycleFilter, Precision, Rule, Shape};

    #[test]
    fn each_branch_has_its_pairs_at_a_place_that_does_not_depend_on_the_targets() {
        let cleaning = Cleaning { rule: Rule::Nothing, filter: CycleFilter::Off };
        let branch = |name: &str, input| Branch { name: name.to_owned(), input, head: 0, weight: 0.5 };
        let spec = Spec {
            shape: Shape { channels: 1, height: 20, width: 100 },
            branches: vec![
                branch("intra", Input::ToBase(3, cleaning)),
                branch("inter", Input::ToReference { cleaning, filter_target: false }),
            ],
            heads: vec!["head".to_owned()],
            head_bias: false,
            optimiser: Adam { learning_rate: 1e-3, betas: (0.9, 0.999), epsilon: 1e-8, weight_decay: 0.0 },
            precision: Precision::Exact,
            collapsed: 0.0,
        };
        let record = Record::new(&spec, 3, 2);
        assert_eq!((record.per_target(0), record.per_target(1)), (1, 2));
        let mut bytes = Vec::new();
        let labels = |cell: usize| cell as f64 * 10.0;
        let labels =
            Labelled { cells: (0..9).map(labels).collect(), references: (0..9).map(|cell| cell as f64).collect() };
        let steps = [(&[7, 5, 6][..], &[1, 2, 3, 4, 5, 6][..]), (&[4], &[8, 7])];
        for (step, (targets, references)) in steps.into_iter().enumerate() {
            let labelled = [Labelled { references: Vec::new(), ..labels.clone() }, labels.clone()];
            let step_size = step as f32 + 0.5;
            record.write(&spec, &Step { targets, references }, labelled.iter(), (step_size, 2.0), &mut bytes);
        }
        assert_eq!(bytes.len(), 2 * record.bytes());
        let ints = |step: usize, at: usize, count: usize| -> Vec<i32> {
            bytes[step * record.bytes() + at..][..4 * count].chunks(4).map(i32::read).collect()
        };
        let doubles = |step: usize, at: usize, count: usize| -> Vec<f64> {
            bytes[step * record.bytes() + at..][..8 * count].chunks(8).map(f64::read).collect()
        };
        assert_eq!((f32::read(&bytes[..4]), f32::read(&bytes[4..8])), (0.5, 2.0));
        assert_eq!(f32::read(&bytes[record.bytes()..][..4]), 1.5);
        assert_eq!(ints(0, record.pairs(0, 0), 6), [7, 7, 5, 5, 6, 6]);
        assert_eq!(ints(0, record.cells(0, 1), 2), [5, 6]);
        assert_eq!(ints(0, record.pairs(1, 1), 8), [5, 3, 5, 4, 6, 5, 6, 6]);
        assert_eq!(ints(1, record.pairs(1, 0), 4), [4, 8, 4, 7]);
        assert_eq!(doubles(0, record.wanted(0, 0), 3), [70.0, 50.0, 60.0]);
        assert_eq!(doubles(0, record.wanted(1, 0), 3), [70.0 - 1.5, 50.0 - 3.5, 60.0 - 5.5]);
        assert_eq!(doubles(1, record.wanted(1, 0), 1), [40.0 - 7.5]);
    }
}
