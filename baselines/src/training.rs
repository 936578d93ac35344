//! The loop over epochs and batches that all networks share.

use rand::seq::SliceRandom as _;

use crate::{
    model::{Context, FitSummary, ModelError},
    random::ChaCha8Rng,
};

/// In which order an epoch visits the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they come, the same in every epoch.
    AsGiven,
    /// In a new random order every epoch, from the stream `shuffle`.
    Shuffled,
}

/// How long and in what portions to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Passes over the training samples.
    pub epochs: usize,
    /// Samples per optimiser step; the last batch of an epoch may be smaller.
    pub batch: usize,
    /// Order of the samples.
    pub order: Order,
}

impl Schedule {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`] for zero epochs or an empty batch.
    pub fn check(&self) -> Result<(), ModelError> {
        for (name, value) in [("epochs", self.epochs), ("batch", self.batch)] {
            if value == 0 {
                return Err(ModelError::Hyperparameter {
                    name,
                    value: "0".to_owned(),
                    reason: "at least 1 is needed".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Runs the epochs over `samples` samples, `at_once` of them drawn and handed in together; `train` trains on batches,
    /// given as sample indices, and returns their mean losses, up to one that is not finite.
    ///
    /// Which batches there are does not depend on `at_once`.
    ///
    /// # Errors
    /// Whatever `train` returns; [`ModelError::Diverged`] when a loss is not finite; [`ModelError::Interrupted`] when
    /// the progress asks to stop.
    pub fn run(
        &self,
        samples: usize,
        context: &Context<'_>,
        at_once: usize,
        mut train: impl FnMut(&[&[usize]]) -> Result<Vec<f64>, ModelError>,
    ) -> Result<FitSummary, ModelError> {
        let mut epochs = self.epochs(samples, context);
        while epochs.train(at_once, &mut train)? {}
        Ok(epochs.summary())
    }

    /// The epochs over `samples` samples on their way, for a caller who looks at the model between them.
    pub fn epochs<'a>(&self, samples: usize, context: &'a Context<'a>) -> Epochs<'a> {
        let shuffle = context.streams.stream("shuffle");
        Epochs { schedule: *self, context, order: (0..samples).collect(), shuffle, done: 0, losses: Vec::new() }
    }
}

/// Epochs on their way.
pub struct Epochs<'a> {
    schedule: Schedule,
    context: &'a Context<'a>,
    order: Vec<usize>,
    shuffle: ChaCha8Rng,
    done: usize,
    losses: Vec<f64>,
}

impl Epochs<'_> {
    /// Trains `at_once` more epochs, or as many as are left; says whether there was one. `train` is that of
    /// [`Schedule::run`].
    ///
    /// # Errors
    /// As [`Schedule::run`].
    pub fn train(
        &mut self,
        at_once: usize,
        mut train: impl FnMut(&[&[usize]]) -> Result<Vec<f64>, ModelError>,
    ) -> Result<bool, ModelError> {
        let Schedule { epochs, batch, order } = self.schedule;
        let mut orders = Vec::new();
        for _ in 0..at_once.min(epochs - self.done) {
            if order == Order::Shuffled {
                self.order.shuffle(&mut self.shuffle);
            }
            orders.push(self.order.clone());
        }
        let batches: Vec<&[usize]> = orders.iter().flat_map(|order| order.chunks(batch)).collect();
        if batches.is_empty() {
            return Ok(false);
        }
        let losses = train(&batches)?;
        let per_epoch = self.order.len().div_ceil(batch);
        for (batches, losses) in batches.chunks(per_epoch).zip(losses.chunks(per_epoch)) {
            self.done += 1;
            let mut sum = 0.0;
            for (batch, &loss) in batches.iter().zip(losses) {
                if !loss.is_finite() {
                    return Err(ModelError::Diverged { epoch: self.done, loss });
                }
                sum += loss * batch.len() as f64;
            }
            let loss = sum / self.order.len() as f64;
            self.losses.push(loss);
            if !self.context.progress.epoch(self.done, epochs, loss) {
                return Err(ModelError::Interrupted);
            }
        }
        Ok(true)
    }

    /// What the epochs so far have to tell.
    pub fn summary(&self) -> FitSummary {
        let final_loss = Some(self.losses.last().copied().unwrap_or_default());
        FitSummary { epochs: Some(self.done), final_loss, losses: self.losses.clone(), restarts: 0 }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;
    use crate::{model::Progress, random::Streams};

    struct StopAfter(usize, AtomicUsize);

    impl Progress for StopAfter {
        fn epoch(&self, done: usize, _total: usize, _loss: f64) -> bool {
            self.1.store(done, Ordering::Relaxed);
            done < self.0
        }
    }

    fn visits(order: Order, seed: &str, at_once: usize) -> Vec<Vec<usize>> {
        let streams = Streams::new(seed);
        let mut seen = Vec::new();
        Schedule { epochs: 2, batch: 4, order }
            .run(10, &Context::on_cpu(&streams, 1, &crate::Silent), at_once, |batches| {
                seen.extend(batches.iter().map(|batch| batch.to_vec()));
                Ok(vec![1.0; batches.len()])
            })
            .unwrap();
        seen
    }

    #[test]
    fn every_epoch_visits_every_sample_once() {
        for order in [Order::AsGiven, Order::Shuffled] {
            let batches = visits(order, "a", 1);
            assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2, 4, 4, 2]);
            for epoch in batches.chunks(3) {
                let mut all = epoch.concat();
                all.sort_unstable();
                assert_eq!(all, (0..10).collect::<Vec<_>>());
            }
        }
        assert_eq!(visits(Order::AsGiven, "a", 1).concat()[..10], (0..10).collect::<Vec<_>>());
        assert_eq!(visits(Order::Shuffled, "a", 1), visits(Order::Shuffled, "a", 1));
        assert_ne!(visits(Order::Shuffled, "a", 1), visits(Order::Shuffled, "b", 1));
    }

    #[test]
    fn epochs_that_are_drawn_ahead_are_those_drawn_one_by_one() {
        struct Losses(Mutex<Vec<(usize, f64)>>);
        impl Progress for Losses {
            fn epoch(&self, done: usize, _total: usize, loss: f64) -> bool {
                self.0.lock().unwrap().push((done, loss));
                true
            }
        }
        for order in [Order::AsGiven, Order::Shuffled] {
            let run = |at_once| {
                let (streams, losses) = (Streams::new("a"), Losses(Mutex::default()));
                let mut seen = Vec::new();
                let summary = Schedule { epochs: 7, batch: 4, order }
                    .run(10, &Context::on_cpu(&streams, 1, &losses), at_once, |batches| {
                        let first = seen.len();
                        seen.extend(batches.iter().map(|batch| batch.to_vec()));
                        Ok((first..seen.len()).map(|number| 1.0 / (1 + number) as f64).collect())
                    })
                    .unwrap();
                (seen, losses.0.into_inner().unwrap(), summary)
            };
            let expected = run(1);
            assert_eq!(expected.1.len(), 7);
            for at_once in [2, 3, 7, 50] {
                assert_eq!(run(at_once), expected, "{at_once}");
            }
        }
    }

    #[test]
    fn a_loss_that_is_not_finite_ends_training() {
        let streams = Streams::new("a");
        let schedule = Schedule { epochs: 9, batch: 2, order: Order::AsGiven };
        for at_once in [1, 2, 50] {
            let mut steps = 0;
            let error = schedule.run(2, &Context::on_cpu(&streams, 1, &crate::Silent), at_once, |batches| {
                let loss = |_| {
                    steps += 1;
                    if steps == 3 { f64::NAN } else { 1.0 }
                };
                Ok(batches.iter().map(loss).collect())
            });
            assert!(matches!(error, Err(ModelError::Diverged { epoch: 3, .. })));
        }
    }

    #[test]
    fn progress_can_stop_training() {
        let streams = Streams::new("a");
        let progress = StopAfter(3, AtomicUsize::new(0));
        let schedule = Schedule { epochs: 9, batch: 2, order: Order::AsGiven };
        let outcome =
            schedule.run(2, &Context::on_cpu(&streams, 1, &progress), 1, |batches| Ok(vec![0.5; batches.len()]));
        assert!(matches!(outcome, Err(ModelError::Interrupted)));
        assert_eq!(progress.1.load(Ordering::Relaxed), 3);
    }
}
