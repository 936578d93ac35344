//! The paper's theorem on the linear case: predicting lives from cells and predicting differences of lives from
//! differences of cells have the same solution.
//!
//! With residuals r_i = y_i − w·x_i before any intercept, the pairwise objective is Σ_ij (r_i − r_j)² = 2n Σ_i (r_i − r̄)²,
//! and Σ_i (r_i − r̄)² is the individual objective with its best intercept b = r̄. So the two differ by a factor for
//! every w, not only where they are least.

use baselines::{
    Context, Fitted as _, Model as _, Silent, Streams, linear::LeastSquares, optimiser::AdamParameters,
    random::ChaCha8Rng, weights,
};
use baselines::{Weights, head::LinearHead};
use ndarray::{Array2, ArrayViewD};
use rand::RngExt as _;

/// Cells with features and lives that no plane goes through.
struct Design {
    /// [cells, features]; multiples of 1/64, so that differences are exact in single precision.
    features: Array2<f32>,
    lives: Vec<f64>,
}

impl Design {
    fn random(cells: usize, features: usize, random: &mut ChaCha8Rng) -> Self {
        let mut number = || random.random_range(-128_i16..=128);
        let features = Array2::from_shape_simple_fn((cells, features), || f32::from(number()) / 64.0);
        let lives = (0..cells).map(|_| f64::from(number()) / 64.0).collect();
        Self { features, lives }
    }

    /// All ordered pairs of two cells: differences of features and of lives.
    fn pairs(&self) -> Self {
        let cells = self.lives.len();
        let pairs: Vec<(usize, usize)> =
            (0..cells).flat_map(|i| (0..cells).filter(move |&j| j != i).map(move |j| (i, j))).collect();
        let of_pair = |(pair, k): (usize, usize)| {
            let (i, j) = pairs[pair];
            self.features[[i, k]] - self.features[[j, k]]
        };
        Self {
            features: Array2::from_shape_fn((pairs.len(), self.features.ncols()), of_pair),
            lives: pairs.iter().map(|&(i, j)| self.lives[i] - self.lives[j]).collect(),
        }
    }
}

/// Least squares, as w and b.
struct Plane {
    slopes: Vec<f64>,
    intercept: f64,
}

impl Plane {
    fn fitted(design: &Design) -> Self {
        let streams = Streams::new("least squares draws nothing");
        let context = Context { streams: &streams, device: tch::Device::Cpu, threads: 1, progress: &Silent };
        let (model, _) = LeastSquares::new().fit(design.features.view().into_dyn(), &design.lives, &context).unwrap();
        let ask = |x: ArrayViewD<'_, f32>| model.predict(x, &context).unwrap();
        let p = design.features.ncols();
        let intercept = ask(Array2::zeros((1, p)).view().into_dyn())[0];
        let slopes = ask(Array2::eye(p).view().into_dyn()).iter().map(|value| value - intercept).collect();
        Self { slopes, intercept }
    }

    fn at(&self, x: impl IntoIterator<Item = f32>) -> f64 {
        self.slopes.iter().zip(x).map(|(slope, x)| slope * f64::from(x)).sum::<f64>() + self.intercept
    }
}

fn designs() -> impl Iterator<Item = (Design, ChaCha8Rng)> {
    let mut random = Streams::new("linear theorem").stream("designs");
    // full rank needs more cells than features; four spare cells make chance deficiency as good as impossible
    (0..60).map(move |_| {
        let features = random.random_range(1..=8);
        let cells = features + random.random_range(4..20);
        (
            Design::random(cells, features, &mut random),
            Streams::new("probes").stream(&random.random::<u64>().to_string()),
        )
    })
}

#[test]
fn the_individual_and_the_pairwise_objective_share_their_optimum() {
    for (design, _) in designs() {
        let (individual, pairwise) = (Plane::fitted(&design), Plane::fitted(&design.pairs()));
        assert!(pairwise.intercept.abs() < 1e-9, "every pair comes both ways round, so no bias is left");
        for (one, other) in individual.slopes.iter().zip(&pairwise.slopes) {
            assert!((one - other).abs() < 1e-8 * one.abs().max(1.0), "{one} {other}");
        }
    }
}

#[test]
fn predictions_agree_when_all_references_are_averaged() {
    for (design, mut random) in designs() {
        let (individual, pairwise) = (Plane::fitted(&design), Plane::fitted(&design.pairs()));
        let query: Vec<f32> = (0..design.features.ncols()).map(|_| random.random_range(-3.0..3.0)).collect();
        let from_reference = |(reference, life): (ndarray::ArrayView1<'_, f32>, &f64)| {
            pairwise.at(query.iter().zip(reference).map(|(x, other)| x - other)) + life
        };
        let answers: Vec<f64> = design.features.rows().into_iter().zip(&design.lives).map(from_reference).collect();
        let mean = answers.iter().sum::<f64>() / answers.len() as f64;
        let alone = individual.at(query.iter().copied());
        assert!((mean - alone).abs() < 1e-5 * alone.abs().max(1.0), "{mean} {alone}");
    }
}

#[test]
fn the_objectives_are_proportional_for_every_slope() {
    for (design, mut random) in designs() {
        let slopes: Vec<f64> = (0..design.features.ncols()).map(|_| random.random_range(-2.0..2.0)).collect();
        let squares = |design: &Design, intercept: f64| -> f64 {
            let plane = Plane { slopes: slopes.clone(), intercept };
            let rows = design.features.rows().into_iter().zip(&design.lives);
            rows.map(|(x, life)| (plane.at(x.iter().copied()) - life).powi(2)).sum()
        };
        let cells = design.lives.len() as f64;
        let residuals = design
            .features
            .rows()
            .into_iter()
            .zip(&design.lives)
            .map(|(x, life)| life - Plane { slopes: slopes.clone(), intercept: 0.0 }.at(x.iter().copied()));
        let best_intercept = residuals.sum::<f64>() / cells;
        let (individual, pairwise) = (squares(&design, best_intercept), squares(&design.pairs(), 0.0));
        assert!((pairwise - 2.0 * cells * individual).abs() < 1e-9 * pairwise.max(1.0), "{pairwise} {individual}");
    }
}

/// The same seen by the linear layer that BatLiNet trains: at the least-squares solution the gradients of both
/// objectives vanish, with a bias for the individual one and without for the pairs.
#[test]
fn both_gradients_vanish_at_the_same_weights() {
    let gradient = |design: &Design, plane: &Plane, with_bias: bool| -> f64 {
        let p = design.features.ncols();
        let tensor = |name: &str, shape: Vec<usize>, values: Vec<f32>| weights::NamedTensor {
            name: name.to_owned(),
            shape,
            values,
        };
        let slopes = plane.slopes.iter().map(|&slope| slope as f32).collect();
        let mut tensors = vec![tensor("weight", vec![1, p], slopes)];
        if with_bias {
            tensors.push(tensor("bias", vec![1], vec![plane.intercept as f32]));
        }
        let mut head = LinearHead::new(p, with_bias, &Weights(tensors), AdamParameters::adam(1e-3)).unwrap();
        let features = design.features.as_slice().unwrap();
        let outputs = head.outputs(features);
        let share = 2.0 / design.lives.len() as f64;
        let residuals = outputs.iter().zip(&design.lives).map(|(output, life)| f64::from(*output) - life);
        let by_output: Vec<f32> = residuals.map(|residual| (share * residual) as f32).collect();
        head.backward(features, &by_output, &mut vec![0.0; features.len()]);
        let gradients = head.gradients();
        gradients.0.iter().flat_map(|tensor| &tensor.values).map(|value| f64::from(value.abs())).fold(0.0, f64::max)
    };
    for (design, _) in designs() {
        let pairs = design.pairs();
        let optimum = Plane::fitted(&design);
        let elsewhere =
            Plane { slopes: optimum.slopes.iter().map(|slope| slope + 0.1).collect(), intercept: optimum.intercept };
        for (design, with_bias) in [(&design, true), (&pairs, false)] {
            let (here, there) = (gradient(design, &optimum, with_bias), gradient(design, &elsewhere, with_bias));
            assert!(here < 1e-5 && there > 1e-3, "{here} at the optimum, {there} beside it");
        }
    }
}
