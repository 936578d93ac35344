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

    /// Runs the epochs over `samples` samples; `step` trains on one batch, given as sample indices, and returns the
    /// batch's mean loss.
    ///
    /// # Errors
    /// Whatever `step` returns; [`ModelError::Diverged`] when a loss is not finite; [`ModelError::Interrupted`] when
    /// the progress asks to stop.
    pub fn run(
        &self,
        samples: usize,
        context: &Context<'_>,
        mut step: impl FnMut(&[usize]) -> Result<f64, ModelError>,
    ) -> Result<FitSummary, ModelError> {
        let mut epochs = self.epochs(samples, context);
        while epochs.train_one(&mut step)? {}
        Ok(epochs.summary())
    }

    /// As [`Schedule::run`], for what is told of several epochs at a time: `steps` trains on the batches of up to `at_once`
    /// epochs, one after the other, and gives their losses.
    ///
    /// # Errors
    /// As [`Schedule::run`].
    pub fn run_ahead(
        &self,
        samples: usize,
        context: &Context<'_>,
        at_once: usize,
        mut steps: impl FnMut(&[Vec<usize>]) -> Result<Vec<f64>, ModelError>,
    ) -> Result<FitSummary, ModelError> {
        let mut epochs = self.epochs(samples, context);
        while epochs.train_some(at_once, &mut steps)? {}
        Ok(epochs.summary())
    }

    /// The epochs over `samples` samples one by one, for a caller who looks at the model between them.
    pub fn epochs<'a>(&self, samples: usize, context: &'a Context<'a>) -> Epochs<'a> {
        let shuffle = context.streams.stream("shuffle");
        Epochs { schedule: *self, context, order: (0..samples).collect(), shuffle, done: 0, last_loss: 0.0 }
    }
}

/// Epochs on their way.
pub struct Epochs<'a> {
    schedule: Schedule,
    context: &'a Context<'a>,
    order: Vec<usize>,
    shuffle: ChaCha8Rng,
    done: usize,
    last_loss: f64,
}

impl Epochs<'_> {
    /// Trains one more epoch, if one is left; says whether there was one. `step` is that of [`Schedule::run`].
    ///
    /// # Errors
    /// As [`Schedule::run`].
    pub fn train_one(&mut self, mut step: impl FnMut(&[usize]) -> Result<f64, ModelError>) -> Result<bool, ModelError> {
        if self.done == self.schedule.epochs {
            return Ok(false);
        }
        self.done += 1;
        if self.schedule.order == Order::Shuffled {
            self.order.shuffle(&mut self.shuffle);
        }
        let mut sum = 0.0;
        for batch in self.order.chunks(self.schedule.batch) {
            let loss = step(batch)?;
            if !loss.is_finite() {
                return Err(ModelError::Diverged { epoch: self.done, loss });
            }
            sum += loss * batch.len() as f64;
        }
        self.last_loss = sum / self.order.len() as f64;
        if !self.context.progress.epoch(self.done, self.schedule.epochs, self.last_loss) {
            return Err(ModelError::Interrupted);
        }
        Ok(true)
    }

    /// Trains up to `at_once` more epochs; says whether there was one. `steps` is that of [`Schedule::run_ahead`].
    ///
    /// # Errors
    /// As [`Schedule::run`].
    pub fn train_some(
        &mut self,
        at_once: usize,
        mut steps: impl FnMut(&[Vec<usize>]) -> Result<Vec<f64>, ModelError>,
    ) -> Result<bool, ModelError> {
        let epochs = at_once.max(1).min(self.schedule.epochs - self.done);
        if epochs == 0 {
            return Ok(false);
        }
        let mut batches: Vec<Vec<usize>> = Vec::new();
        for _ in 0..epochs {
            if self.schedule.order == Order::Shuffled {
                self.order.shuffle(&mut self.shuffle);
            }
            batches.extend(self.order.chunks(self.schedule.batch).map(<[usize]>::to_vec));
        }
        let losses = steps(&batches)?;
        let of_one = batches.len() / epochs;
        for (batches, losses) in batches.chunks(of_one).zip(losses.chunks(of_one)) {
            self.done += 1;
            let mut sum = 0.0;
            for (batch, &loss) in batches.iter().zip(losses) {
                if !loss.is_finite() {
                    return Err(ModelError::Diverged { epoch: self.done, loss });
                }
                sum += loss * batch.len() as f64;
            }
            self.last_loss = sum / self.order.len() as f64;
            if !self.context.progress.epoch(self.done, self.schedule.epochs, self.last_loss) {
                return Err(ModelError::Interrupted);
            }
        }
        Ok(true)
    }

    /// What the epochs so far have to tell.
    pub fn summary(&self) -> FitSummary {
        FitSummary { epochs: Some(self.done), final_loss: Some(self.last_loss), restarts: 0 }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{model::Progress, random::Streams};

    struct StopAfter(usize, AtomicUsize);

    impl Progress for StopAfter {
        fn epoch(&self, done: usize, _total: usize, _loss: f64) -> bool {
            self.1.store(done, Ordering::Relaxed);
            done < self.0
        }
    }

    fn visits(order: Order, seed: &str) -> Vec<Vec<usize>> {
        let streams = Streams::new(seed);
        let context = Context { streams: &streams, device: tch::Device::Cpu, threads: 1, progress: &crate::Silent };
        let mut seen = Vec::new();
        Schedule { epochs: 2, batch: 4, order }
            .run(10, &context, |batch| {
                seen.push(batch.to_vec());
                Ok(1.0)
            })
            .unwrap();
        seen
    }

    #[test]
    fn every_epoch_visits_every_sample_once() {
        for order in [Order::AsGiven, Order::Shuffled] {
            let batches = visits(order, "a");
            assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2, 4, 4, 2]);
            for epoch in batches.chunks(3) {
                let mut all = epoch.concat();
                all.sort_unstable();
                assert_eq!(all, (0..10).collect::<Vec<_>>());
            }
        }
        assert_eq!(visits(Order::AsGiven, "a").concat()[..10], (0..10).collect::<Vec<_>>());
        assert_eq!(visits(Order::Shuffled, "a"), visits(Order::Shuffled, "a"));
        assert_ne!(visits(Order::Shuffled, "a"), visits(Order::Shuffled, "b"));
    }

    #[test]
    fn a_loss_that_is_not_finite_ends_training() {
        let streams = Streams::new("a");
        let context = Context { streams: &streams, device: tch::Device::Cpu, threads: 1, progress: &crate::Silent };
        let mut steps = 0;
        let schedule = Schedule { epochs: 9, batch: 2, order: Order::AsGiven };
        let error = schedule.run(2, &context, |_| {
            steps += 1;
            Ok(if steps == 3 { f64::NAN } else { 1.0 })
        });
        assert!(matches!(error, Err(ModelError::Diverged { epoch: 3, .. })));
    }

    #[test]
    fn progress_can_stop_training() {
        let streams = Streams::new("a");
        let progress = StopAfter(3, AtomicUsize::new(0));
        let context = Context { streams: &streams, device: tch::Device::Cpu, threads: 1, progress: &progress };
        let outcome = Schedule { epochs: 9, batch: 2, order: Order::AsGiven }.run(2, &context, |_| Ok(0.5));
        assert!(matches!(outcome, Err(ModelError::Interrupted)));
        assert_eq!(progress.1.load(Ordering::Relaxed), 3);
    }
}
