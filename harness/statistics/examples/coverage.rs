//! How often an interval covers what it should: `cargo run --release -p statistics --example coverage > results/bench/coverage.csv`.
//!
//! Cells and seeds are drawn from populations whose true errors are known; each trial asks for an interval. Arguments: how many
//! trials, and `methods` to try every method on a part of the populations. `docs/statistics.md` explains the table.

use std::{env, path::PathBuf, thread};

use ndarray::Array2;
use numerics::{ChaCha8Rng, Streams};
use rand_distr::{Distribution as _, LogNormal, Normal, StandardNormal, StudentT, Uniform};
use statistics::{Bootstrap, Measure, Method, Predictions, difference, interval};

/// Test cells of the scenarios: HUST, MATR-2, MATR-1, half of MIX-100, MIX-100.
const CELLS: [usize; 5] = [22, 40, 42, 80, 137];
const SEEDS: [usize; 2] = [8, 1];
/// Half of a thousandth of a level is what fewer draws than the usual ones cost.
const DRAWS: usize = 500;
const LEVEL: f64 = 0.95;
/// How much two models share what is hard about a cell.
const SHARED: f64 = 0.7;

/// What cells and their errors are drawn from. Errors of a model are the cell's own, a shift of the seed, and the rest.
#[derive(Clone)]
enum Population {
    /// Normal errors, the same for all lives: kurtosis 3.
    Even,
    /// Normal errors in proportion to log-normal lives: kurtosis 8, as most models on MATR have.
    Proportional,
    /// The same of Student's t with 6 degrees of freedom: kurtosis 16.
    Heavy,
    /// Cells of committed records, with their lives, mean errors and deviations over seeds.
    Recorded { name: String, cells: Vec<(f64, f64, f64)>, shift: f64 },
}

/// A cell before seeds: life, error and deviation over seeds of two models.
struct Drawn {
    life: f64,
    errors: [f64; 2],
    rest: f64,
}

impl Population {
    fn name(&self) -> &str {
        match self {
            Self::Even => "even",
            Self::Proportional => "proportional",
            Self::Heavy => "heavy",
            Self::Recorded { name, .. } => name,
        }
    }

    fn cell(&self, random: &mut ChaCha8Rng) -> Drawn {
        let life: f64 = LogNormal::new(800.0_f64.ln(), 0.5).expect("a deviation above 0").sample(random);
        let mut noise = || match self {
            Self::Heavy => StudentT::new(6.0).expect("a positive number").sample(random) * (4.0_f64 / 6.0).sqrt(),
            _ => StandardNormal.sample(random),
        };
        let (common, own): (f64, f64) = (noise(), noise());
        let second = SHARED * common + (1.0 - SHARED * SHARED).sqrt() * own;
        match self {
            Self::Even => Drawn { life, errors: [100.0 * common, 110.0 * second], rest: 30.0 },
            Self::Proportional | Self::Heavy => {
                Drawn { life, errors: [0.12 * life * common, 0.13 * life * second], rest: 0.04 * life }
            }
            Self::Recorded { cells, .. } => {
                let at = Uniform::new(0, cells.len()).expect("records have cells").sample(random);
                let (life, error, rest) = cells[at];
                Drawn { life, errors: [error, SHARED * error + 0.05 * life * own], rest }
            }
        }
    }

    /// Standard deviation of a seed's shift.
    fn shift(&self) -> f64 {
        if let Self::Recorded { shift, .. } = self { *shift } else { 30.0 }
    }

    /// Predictions of both models. One seed is a model without draws: no shift and no rest.
    fn predictions(&self, cells: usize, seeds: usize, random: &mut ChaCha8Rng) -> [Predictions; 2] {
        let drawn: Vec<Drawn> = (0..cells).map(|_| self.cell(random)).collect();
        let names: Vec<String> = (0..cells).map(|cell| format!("{cell:04}")).collect();
        let lives: Vec<f64> = drawn.iter().map(|cell| cell.life).collect();
        let noise = f64::from(u8::from(seeds > 1));
        [0, 1].map(|model| {
            let mut predicted = Array2::zeros((seeds, cells));
            for mut row in predicted.rows_mut() {
                let shift = noise * self.shift() * normal(random);
                for (prediction, cell) in row.iter_mut().zip(&drawn) {
                    *prediction = cell.life + cell.errors[model] + shift + noise * cell.rest * normal(random);
                }
            }
            let seeds = (0..seeds as u64).map(|seed| seed + 100 * model as u64).collect();
            Predictions::new(names.clone(), lives.clone(), seeds, predicted).expect("cells are sound")
        })
    }

    /// The mean over all seeds of the measure over all cells, of both models.
    fn truth(&self, measure: Measure, seeds: usize) -> [f64; 2] {
        let mut random = Streams::new(self.name()).stream("truth");
        let rows = if seeds > 1 { 50 } else { 1 };
        // the same cells for all seeds would leave their luck in the mean
        let parts: Vec<[f64; 2]> = (0..40)
            .map(|_| {
                let [a, b] = self.predictions(if seeds > 1 { 10_000 } else { 200_000 }, rows, &mut random);
                [a.estimate(measure), b.estimate(measure)]
            })
            .collect();
        [0, 1].map(|model| parts.iter().map(|part| part[model]).sum::<f64>() / parts.len() as f64)
    }
}

fn normal(random: &mut ChaCha8Rng) -> f64 {
    Normal::new(0.0, 1.0).expect("a deviation above 0").sample(random)
}

/// The cells of one group of committed records, from `predictions.csv` of its runs.
fn recorded(name: &str, folder: &str, experiment: &str, variant: &str) -> Population {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../results/records").join(folder);
    let read =
        |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let scores = read(root.join("scores.csv"));
    let rows = scores.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let runs = rows.filter(|row| row[0] == experiment && row[3] == "batlinet" && row[4] == variant);
    let mut runs: Vec<Vec<(f64, f64)>> = runs
        .map(|row| {
            let text = read(root.join("runs").join(row[12]).join("predictions.csv"));
            let pair = |line: &str| {
                let mut fields = line.split(',').skip(1).map(|field| field.parse::<f64>().expect("a number"));
                (fields.next().expect("observed"), fields.next().expect("predicted"))
            };
            text.lines().skip(1).map(pair).collect()
        })
        .collect();
    let errors = |run: &Vec<(f64, f64)>| run.iter().map(|(life, predicted)| predicted - life).collect::<Vec<f64>>();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let deviation = |values: &[f64]| {
        let centre = mean(values);
        (values.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt()
    };
    runs.truncate(8);
    let shifts: Vec<f64> = runs.iter().map(|run| mean(&errors(run))).collect();
    let cell = |cell: usize| {
        let errors: Vec<f64> = runs.iter().map(|run| run[cell].1 - run[cell].0).collect();
        let own: Vec<f64> = errors.iter().zip(&shifts).map(|(error, shift)| error - shift).collect();
        (runs[0][cell].0, mean(&errors), deviation(&own))
    };
    let cells = (0..runs[0].len()).map(cell).collect();
    Population::Recorded { name: name.to_owned(), cells, shift: deviation(&shifts) }
}

/// Rows of the table for one population.
fn table(population: &Population, trials: usize, methods: &[Option<Method>]) -> Vec<String> {
    let mut rows = Vec::new();
    for seeds in SEEDS {
        let truths = [Measure::Rmse, Measure::Mae].map(|measure| population.truth(measure, seeds));
        for cells in CELLS {
            // per measure, one model and the difference, per method: covered, above, width
            let mut found = vec![[0.0_f64; 3]; 4 * methods.len()];
            let streams = Streams::new(format!("{} {cells} {seeds}", population.name()));
            for trial in 0..trials {
                let mut random = streams.stream(&trial.to_string());
                let [a, b] = population.predictions(cells, seeds, &mut random);
                for (index, &method) in methods.iter().enumerate() {
                    let stream = format!("coverage {trial}");
                    let bootstrap = Bootstrap { draws: DRAWS, level: LEVEL, stream, method };
                    for (at, measure) in [Measure::Rmse, Measure::Mae].into_iter().enumerate() {
                        let one = interval(&a, measure, &bootstrap).expect("cells are sound");
                        let both = difference(&a, &b, measure, &bootstrap).expect("cells are the same");
                        let [true_a, true_b] = truths[at];
                        let ends = [(one.low, one.high, true_a), (both.low, both.high, true_b - true_a)];
                        for (quantity, (low, high, truth)) in ends.into_iter().enumerate() {
                            let sums = &mut found[(2 * at + quantity) * methods.len() + index];
                            sums[0] += f64::from(u8::from(low <= truth && truth <= high));
                            sums[1] += f64::from(u8::from(truth > high));
                            sums[2] += high - low;
                        }
                    }
                }
            }
            for (at, [covered, above, width]) in found.into_iter().enumerate() {
                let quantity = ["rmse", "rmse difference", "mae", "mae difference"][at / methods.len()];
                let method =
                    methods[at % methods.len()].map_or_else(|| "kept".to_owned(), |method| format!("{method:?}"));
                let share = |sum: f64| sum / trials as f64;
                rows.push(format!(
                    "{},{cells},{seeds},{quantity},{method},{trials},{:.4},{:.4},{:.1}",
                    population.name(),
                    share(covered),
                    share(above),
                    share(width)
                ));
            }
        }
    }
    rows
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let trials = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(2000);
    let tries_methods = arguments.iter().any(|argument| argument == "methods");
    let mut populations = vec![
        Population::Even,
        Population::Proportional,
        Population::Heavy,
        recorded("MATR-1", "curves-card", "matr-1-curves", ""),
        recorded("MATR-2", "curves-card", "matr-2-curves", ""),
        recorded("CLO", "curves-card", "clo-curves", ""),
    ];
    let mut methods = vec![None];
    if tries_methods {
        methods =
            [Method::Percentile, Method::BiasCorrected, Method::Studentised, Method::Symmetric].map(Some).to_vec();
        populations = populations.drain(1..4).collect();
    }
    println!("population,cells,seeds,quantity,method,trials,covered,true_value_above,mean_width");
    let (methods, populations) = (&methods, &populations);
    thread::scope(|scope| {
        let of = |half: usize| {
            let mine = populations.iter().enumerate().skip(half).step_by(2);
            mine.map(|(place, one)| (place, table(one, trials, methods))).collect::<Vec<_>>()
        };
        let started: Vec<_> = (0..2).map(|half| scope.spawn(move || of(half))).collect();
        let mut tables: Vec<_> = started.into_iter().flat_map(|half| half.join().expect("no trial panics")).collect();
        tables.sort_by_key(|&(place, _)| place);
        tables.iter().flat_map(|(_, rows)| rows).for_each(|row| println!("{row}"));
    });
}
