//! The same networks in plain double precision, for checks: slow, and as simple as can be.
//!
//! Differences are cleaned in single precision, as the specification says (which values become 0 depends on it); all
//! that follows is double.

mod input;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::spec::{Adam, Branch, FEATURES, Shape, Spec};

pub use input::{input, outlying};

/// Named tensors, row-major.
pub type Tensors = Vec<(String, Vec<f64>)>;

/// The tensor of this name.
///
/// # Panics
/// If there is none.
pub fn tensor<'a>(tensors: &'a Tensors, name: &str) -> &'a [f64] {
    &tensors.iter().find(|(other, _)| other == name).unwrap_or_else(|| panic!("no tensor {name}")).1
}

// --- network -----------------------------------------------------------------------------------------------------

/// Hidden values of an encoder that the way back needs.
struct Hidden {
    input: Vec<f64>,
    /// Before the ReLU.
    first: Vec<f64>,
    pooled1: Vec<f64>,
    second: Vec<f64>,
    pooled2: Vec<f64>,
    features: Vec<f64>,
}

/// [channels, height, width] by [out, channels, 3, 3] to [out, height - 2, width - 2].
fn convolve(input: &[f64], (channels, height, width): (usize, usize, usize), weight: &[f64], bias: &[f64]) -> Vec<f64> {
    let (rows, columns) = (height - 2, width - 2);
    let mut out = vec![0.0; bias.len() * rows * columns];
    for (o, (plane, bias)) in out.chunks_exact_mut(rows * columns).zip(bias).enumerate() {
        plane.fill(*bias);
        for c in 0..channels {
            for ky in 0..3 {
                for (y, row) in plane.chunks_exact_mut(columns).enumerate() {
                    let from = &input[(c * height + y + ky) * width..][..width];
                    let kernel = &weight[((o * channels + c) * 3 + ky) * 3..][..3];
                    for (x, value) in row.iter_mut().enumerate() {
                        *value += kernel[0] * from[x] + kernel[1] * from[x + 1] + kernel[2] * from[x + 2];
                    }
                }
            }
        }
    }
    out
}

/// Mean of the positive parts over windows of 3 × 3.
fn pool(values: &[f64], (height, width): (usize, usize)) -> Vec<f64> {
    let (rows, columns) = (height / 3, width / 3);
    let mut out = Vec::with_capacity(values.len() / 9);
    for plane in values.chunks_exact(height * width) {
        for y in 0..rows {
            for x in 0..columns {
                let window = (0..9).map(|k| plane[(3 * y + k / 3) * width + 3 * x + k % 3].max(0.0));
                out.push(window.sum::<f64>() / 9.0);
            }
        }
    }
    out
}

/// The way back through [`pool`], in place of the values.
fn unpool(values: &mut [f64], (height, width): (usize, usize), slopes: &[f64]) {
    let (rows, columns) = (height / 3, width / 3);
    for (plane, slopes) in values.chunks_exact_mut(height * width).zip(slopes.chunks_exact(rows * columns)) {
        for (y, row) in plane.chunks_exact_mut(width).enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                let inside = y / 3 < rows && x / 3 < columns && *value > 0.0;
                *value = if inside { slopes[y / 3 * columns + x / 3] / 9.0 } else { 0.0 };
            }
        }
    }
}

/// Gradients of [`convolve`] by weight and bias, added; and by the input, if asked.
fn convolve_back(
    input: &[f64],
    (channels, height, width): (usize, usize, usize),
    slopes: &[f64],
    weight: &[f64],
    (by_weight, by_bias): (&mut [f64], &mut [f64]),
    mut by_input: Option<&mut Vec<f64>>,
) {
    let (rows, columns) = (height - 2, width - 2);
    for (o, plane) in slopes.chunks_exact(rows * columns).enumerate() {
        by_bias[o] += plane.iter().sum::<f64>();
        for c in 0..channels {
            for ky in 0..3 {
                let at = ((o * channels + c) * 3 + ky) * 3;
                for (y, row) in plane.chunks_exact(columns).enumerate() {
                    let begin = (c * height + y + ky) * width;
                    for kx in 0..3 {
                        let from = &input[begin + kx..][..columns];
                        by_weight[at + kx] += row.iter().zip(from).map(|(slope, value)| slope * value).sum::<f64>();
                    }
                    if let Some(by_input) = by_input.as_deref_mut() {
                        for kx in 0..3 {
                            let to = &mut by_input[begin + kx..][..columns];
                            to.iter_mut().zip(row).for_each(|(to, slope)| *to += slope * weight[at + kx]);
                        }
                    }
                }
            }
        }
    }
}

fn encode(weights: &Tensors, branch: &str, shape: Shape, input: &[f32]) -> Hidden {
    let of = |name: &str| tensor(weights, &format!("{branch}.{name}"));
    let input: Vec<f64> = input.iter().map(|&value| f64::from(value)).collect();
    let Shape { channels, height, width } = shape;
    let first = convolve(&input, (channels, height, width), of("conv1.weight"), of("conv1.bias"));
    let pooled1 = pool(&first, (height - 2, width - 2));
    let (height, width) = shape.pool1();
    let second = convolve(&pooled1, (FEATURES, height, width), of("conv2.weight"), of("conv2.bias"));
    let pooled2 = pool(&second, (height - 2, width - 2));
    let features = of("projection.weight")
        .chunks_exact(pooled2.len())
        .zip(of("projection.bias"))
        .map(|(row, bias)| row.iter().zip(&pooled2).map(|(weight, value)| weight * value).sum::<f64>() + bias)
        .map(|value| value.max(0.0))
        .collect();
    Hidden { input, first, pooled1, second, pooled2, features }
}

/// Gradients of one input, in the order of [`Shape::tensors`].
fn encode_back(
    weights: &Tensors,
    branch: &str,
    shape: Shape,
    mut hidden: Hidden,
    by_features: &[f64],
) -> [Vec<f64>; 6] {
    let of = |name: &str| tensor(weights, &format!("{branch}.{name}"));
    let mut gradients = shape.tensors().map(|(_, dimensions)| vec![0.0; dimensions.iter().product()]);
    let [weight1, bias1, weight2, bias2, weight3, bias3] = &mut gradients;
    let length = hidden.pooled2.len();
    let mut by_pooled2 = vec![0.0; length];
    let rows = weight3.chunks_exact_mut(length).zip(of("projection.weight").chunks_exact(length));
    for (((by_row, row), (feature, slope)), by_bias) in rows.zip(hidden.features.iter().zip(by_features)).zip(bias3) {
        let slope = if *feature > 0.0 { *slope } else { 0.0 };
        *by_bias = slope;
        by_row.iter_mut().zip(&hidden.pooled2).for_each(|(by, value)| *by = slope * value);
        by_pooled2.iter_mut().zip(row).for_each(|(by, weight)| *by += slope * weight);
    }
    let (height, width) = shape.pool1();
    unpool(&mut hidden.second, (height - 2, width - 2), &by_pooled2);
    let mut by_pooled1 = vec![0.0; hidden.pooled1.len()];
    let dimensions = (FEATURES, height, width);
    let weight = of("conv2.weight");
    convolve_back(&hidden.pooled1, dimensions, &hidden.second, weight, (weight2, bias2), Some(&mut by_pooled1));
    unpool(&mut hidden.first, (shape.height - 2, shape.width - 2), &by_pooled1);
    let dimensions = (shape.channels, shape.height, shape.width);
    convolve_back(&hidden.input, dimensions, &hidden.first, of("conv1.weight"), (weight1, bias1), None);
    gradients
}

fn head<'a>(spec: &Spec, weights: &'a Tensors, branch: &Branch) -> (&'a [f64], f64) {
    let name = &spec.heads[branch.head];
    let bias = if spec.head_bias { tensor(weights, &format!("{name}.bias"))[0] } else { 0.0 };
    (tensor(weights, &format!("{name}.weight")), bias)
}

/// Does jobs 0 … `count` - 1 on all processors, and gives their results in order.
fn in_parallel<T: Send>(count: usize, job: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, threads) = (AtomicUsize::new(0), std::thread::available_parallelism().map_or(1, usize::from));
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return done;
                }
                done.push((number, job(number)));
            }
        };
        let workers: Vec<_> = (0..threads.min(count)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker that does not panic")).collect()
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The output of a branch for each of these inputs.
pub fn outputs(spec: &Spec, weights: &Tensors, branch: usize, inputs: &[Vec<f32>]) -> Vec<f64> {
    let branch = &spec.branches[branch];
    let (weight, bias) = head(spec, weights, branch);
    in_parallel(inputs.len(), |number| {
        let hidden = encode(weights, &branch.name, spec.shape, &inputs[number]);
        hidden.features.iter().zip(weight).map(|(feature, weight)| feature * weight).sum::<f64>() + bias
    })
}

/// Loss and gradients of one batch: per branch its inputs, those of a target one after the other, and per target the
/// number that the mean of its outputs should be.
pub fn gradients(spec: &Spec, weights: &Tensors, batch: &[(Vec<Vec<f32>>, Vec<f64>)]) -> (f64, Tensors) {
    let mut sums: Tensors =
        spec.tensors().into_iter().map(|(name, shape)| (name, vec![0.0; shape.iter().product()])).collect();
    let mut add = |name: &str, values: &[f64]| {
        let sum = &mut sums.iter_mut().find(|(other, _)| other == name).expect("a tensor of this network").1;
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    };
    let mut loss = 0.0;
    for ((number, branch), (inputs, wanted)) in spec.branches.iter().enumerate().zip(batch) {
        let per_target = inputs.len() / wanted.len();
        let outputs = outputs(spec, weights, number, inputs);
        let mut slopes = Vec::new();
        for (outputs, wanted) in outputs.chunks(per_target).zip(wanted) {
            let residual = outputs.iter().sum::<f64>() / per_target as f64 - wanted;
            let weight = branch.weight / (inputs.len() / per_target) as f64;
            loss += weight * residual * residual;
            slopes.extend(std::iter::repeat_n(2.0 * weight * residual / per_target as f64, per_target));
        }
        let (weight, _) = head(spec, weights, branch);
        let parts = in_parallel(inputs.len(), |at| {
            let hidden = encode(weights, &branch.name, spec.shape, &inputs[at]);
            let by_features: Vec<f64> = weight.iter().map(|weight| slopes[at] * weight).collect();
            let by_weight: Vec<f64> = hidden.features.iter().map(|feature| slopes[at] * feature).collect();
            (by_weight, encode_back(weights, &branch.name, spec.shape, hidden, &by_features))
        });
        let name = &spec.heads[branch.head];
        for ((by_weight, by_tensors), slope) in parts.into_iter().zip(slopes) {
            add(&format!("{name}.weight"), &by_weight);
            if spec.head_bias {
                add(&format!("{name}.bias"), &[slope]);
            }
            for ((tensor, _), values) in spec.shape.tensors().iter().zip(by_tensors) {
                add(&format!("{}.{tensor}", branch.name), &values);
            }
        }
    }
    (loss, sums)
}

/// Moments of all tensors, and how many steps were made.
pub struct Moments(Vec<(Vec<f64>, Vec<f64>)>, i32);

impl Moments {
    /// At rest.
    pub fn new(weights: &Tensors) -> Self {
        Self(weights.iter().map(|(_, values)| (vec![0.0; values.len()], vec![0.0; values.len()])).collect(), 0)
    }

    /// One step.
    pub fn step(&mut self, adam: Adam, weights: &mut Tensors, gradients: &Tensors) {
        self.1 += 1;
        let Adam { learning_rate, betas: (beta1, beta2), epsilon, weight_decay } = adam;
        let step_size = learning_rate / (1.0 - beta1.powi(self.1));
        let root = (1.0 - beta2.powi(self.1)).sqrt();
        for (((_, weights), (_, gradients)), (first, second)) in weights.iter_mut().zip(gradients).zip(&mut self.0) {
            for (((weight, gradient), first), second) in weights.iter_mut().zip(gradients).zip(first).zip(second) {
                *first = beta1 * *first + (1.0 - beta1) * gradient;
                *second = beta2 * *second + (1.0 - beta2) * gradient * gradient;
                *weight -= learning_rate * weight_decay * *weight;
                *weight -= step_size * *first / (second.sqrt() / root + epsilon);
            }
        }
    }
}
