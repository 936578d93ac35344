//! How long runs will take, from costs that were measured: `results/bench/costs.csv`.
//!
//! The unit of a network on maps is an input, the difference of two maps of 100 cycles and 1000 grid points, on its way through an
//! encoder; others count in proportion to their size. Reading cells and building features is left out.

use std::collections::{BTreeSet, HashSet};

use baselines::card;
use serde_json::Value;

use super::{
    entry::{Entry, TrainedOn},
    plan::{Plan, Run},
};
use record::Precision;

const TABLE: &str = include_str!("../../../results/bench/costs.csv");
/// What costs on the CPU are called by; they are those of one core.
const CPU: &str = "cpu";

/// Measured costs.
#[derive(Clone, Debug)]
pub struct Costs(Vec<Cost>);

#[derive(Clone, Debug)]
struct Cost {
    device: String,
    precision: String,
    work: String,
    channels: Option<f64>,
    seconds: f64,
}

/// How long some runs take.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Of one core.
    pub processor: f64,
    /// Of the card.
    pub card: f64,
    /// What has no cost there, such as `lstm on cuda`.
    pub unmeasured: BTreeSet<String>,
}

impl Estimate {
    /// Seconds on the clock, where so many runs are made side by side: these share a card, and each has cores of its own.
    pub fn seconds(&self, jobs: usize) -> f64 {
        self.card.max(self.processor / jobs.max(1) as f64)
    }
}

impl Costs {
    /// Those that came with the program.
    pub fn measured() -> Self {
        let read = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            let [device, precision, work, channels, seconds, ..] = fields[..] else { return None };
            let [device, precision, work] = [device, precision, work].map(str::to_owned);
            Some(Cost { device, precision, work, channels: channels.parse().ok(), seconds: seconds.parse().ok()? })
        };
        Self(TABLE.lines().skip(1).filter_map(read).collect())
    }

    /// The cards of which there are any.
    pub fn cards(&self) -> BTreeSet<&str> {
        self.0.iter().map(|cost| cost.device.as_str()).filter(|&device| device != CPU).collect()
    }

    /// Seconds of a unit of this work; of some number of channels between those measured by the straight line through them.
    fn of(&self, device: &str, precision: &str, work: &str, channels: f64) -> Option<f64> {
        let is_meant = |cost: &&Cost| (&*cost.device, &*cost.precision, &*cost.work) == (device, precision, work);
        let mut known: Vec<(f64, f64)> =
            self.0.iter().filter(is_meant).map(|cost| (cost.channels.unwrap_or(channels), cost.seconds)).collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        let after = known.iter().position(|&(at, _)| at >= channels).unwrap_or(known.len());
        match (after.checked_sub(1).map(|before| known[before]), known.get(after)) {
            (Some((at, seconds)), Some(&(next, more))) => {
                Some(seconds + (more - seconds) * (channels - at) / (next - at))
            }
            (Some((_, seconds)), None) | (None, Some(&(_, seconds))) => Some(seconds),
            (None, None) => None,
        }
    }

    /// How long these runs of a plan take; a trained model that several share, those of `trained` among them, is trained once.
    pub fn estimate<'a>(
        &self,
        plan: &Plan,
        runs: impl Iterator<Item = &'a Run>,
        trained: &mut HashSet<String>,
    ) -> Estimate {
        let mut estimate = Estimate::default();
        for run in runs {
            let entry = &plan.experiment().models[run.entry];
            let is_first = trained.insert(run.ingredients.train_key());
            for (work, units) in works(plan, entry, run.seed) {
                if is_first || work == "ask" {
                    self.add(plan, entry, (work, units), &mut estimate);
                }
            }
        }
        estimate
    }

    fn add(&self, plan: &Plan, entry: &Entry, (work, units): (&str, f64), estimate: &mut Estimate) {
        let device = plan.surroundings.device_of(plan.experiment(), entry);
        let precision = if entry.model.precision() == Precision::Fast { "fast" } else { "exact" };
        let channels = channels(plan, entry);
        let (place, seconds) = match (device, card::of(device).filter(|_| entry.model.has_encoder())) {
            (tch::Device::Cpu, _) => (CPU.to_owned(), self.of(CPU, "exact", work, channels)),
            (_, None) => ("libtorch there".to_owned(), None),
            (_, Some(index)) => {
                let place = card_name(index);
                // one that nobody has measured is taken for the one that was; who prints this says so
                let known = self.cards();
                let name = if known.contains(&*place) { Some(&*place) } else { known.first().copied() };
                (place.clone(), name.and_then(|name| self.of(name, precision, work, channels)))
            }
        };
        match seconds {
            None => drop(estimate.unmeasured.insert(format!("{} on {place}", entry.model.name()))),
            Some(seconds) if place == CPU => estimate.processor += units * seconds,
            Some(seconds) => estimate.card += units * seconds,
        }
    }
}

/// What card number `index` is called.
pub fn card_name(index: usize) -> String {
    card::named(index).map_or_else(
        |error| error.to_string(),
        |name| match name.rsplit_once(", ") {
            Some((name, _)) => name.to_owned(),
            None => name,
        },
    )
}

fn shape(plan: &Plan, entry: &Entry) -> Vec<usize> {
    entry.reads().and_then(|name| plan.experiment().feature(name)).map(|feature| feature.shape()).unwrap_or_default()
}

fn channels(plan: &Plan, entry: &Entry) -> f64 {
    match shape(plan, entry)[..] {
        [channels, _, _] => channels as f64,
        _ => 1.0,
    }
}

/// What a run does, in units of its costs.
fn works(plan: &Plan, entry: &Entry, seed: u64) -> Vec<(&'static str, f64)> {
    let parameters = entry.model.parameters();
    let number = |path: &[&str]| {
        let value = path.iter().try_fold(&parameters, |value, key| value.get(key));
        value.and_then(Value::as_f64).unwrap_or(0.0)
    };
    let is_set = |key: &str| parameters.get(key).and_then(Value::as_bool) == Some(true);
    let cells = plan.cells(entry, seed);
    let (train, test, source) = (cells.train.len() as f64, cells.test.len() as f64, plan.split.train.len() as f64);
    // of an input of 100 × 1000
    let size = match shape(plan, entry)[..] {
        [.., cycles, points] => cycles as f64 * points as f64 / 1e5,
        _ => 1.0,
    };
    let epochs = number(&["epochs"]);
    match entry.model.key() {
        "batlinet" => {
            let (train, compared) = match (entry.target_cells, entry.trained_on) {
                (None, _) => (train, train),
                (Some(_), TrainedOn::Target) => (train, source),
                (Some(_), TrainedOn::Source) => (source, train),
            };
            let [intra, inter] = ["intra_cell", "inter_cell"].map(|branch| f64::from(u8::from(is_set(branch))));
            // who is asked with more references than there are meets some again
            let references = number(&["references_test"]).min(compared);
            let taught = intra + inter * number(&["references_train"]);
            vec![("train", size * epochs * train * taught), ("ask", size * test * (intra + inter * references))]
        }
        "cnn" => vec![("train", size * epochs * train), ("ask", size * test)],
        "transfer" => {
            let pairs = number(&["pairs", "epochs"]);
            let of_pairs = pairs * train * source;
            let validation = number(&["pairs", "validation"]);
            let taught = number(&["training", "epochs"]) * train
                + number(&["pretraining", "epochs"]) * source
                + (1.0 - validation) * of_pairs;
            let references = if pairs > 0.0 { source } else { 0.0 };
            vec![("train", size * taught), ("ask", size * (validation * of_pairs + test * (1.0 + references)))]
        }
        "lstm" => vec![("lstm", size * epochs * train)],
        "mlp" => vec![("mlp", epochs * train)],
        "forest" => vec![("forest", 1.0)],
        "gp" => vec![("gp", 1.0)],
        _ => vec![("other", 1.0)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_read_and_lie_between_their_neighbours() {
        let costs = Costs::measured();
        assert_eq!(costs.0.len(), TABLE.lines().count() - 1, "every line is one");
        assert!(costs.0.iter().all(|cost| cost.seconds > 0.0));
        let of = |channels| costs.of(CPU, "exact", "train", channels).unwrap();
        let (two, six) = (of(2.0), of(6.0));
        assert_eq!((of(1.0), of(8.0)), (two, six));
        assert!((of(4.0) - (two + six) / 2.0).abs() < 1e-12);
        assert_eq!(costs.of("a card of tomorrow", "exact", "train", 6.0), None);
        assert!(costs.of(CPU, "exact", "lstm", 1.0).is_some());
    }

    #[test]
    fn runs_side_by_side_share_a_card_and_have_cores_of_their_own() {
        let estimate = Estimate { processor: 40.0, card: 15.0, ..Estimate::default() };
        assert_eq!([1, 2, 4].map(|jobs| estimate.seconds(jobs)), [40.0, 20.0, 15.0]);
    }
}
