//! The native engine against libtorch: values, gradients, steps; and its independence of the number of threads.

use baselines::{
    Streams, Weights,
    encoder::{Encoder, EncoderShape, InstructionSet, NativeEncoder, TorchEncoder},
    optimiser::AdamParameters,
};
use rand::RngExt as _;

const SHAPES: [(usize, usize, usize); 4] = [(1, 20, 100), (2, 33, 61), (6, 17, 17), (3, 44, 130)];

/// Those that are here; what is not is said.
fn instruction_sets() -> Vec<InstructionSet> {
    let available = InstructionSet::available();
    for set in [InstructionSet::Avx512, InstructionSet::Avx2].into_iter().filter(|set| !available.contains(set)) {
        testing::skip(&format!("in part: this processor has no {}", set.name()));
    }
    available
}

fn optimiser() -> AdamParameters {
    AdamParameters::adamw(1e-3, 0.01)
}

fn inputs(shape: &EncoderShape, count: usize) -> Vec<f32> {
    let mut random = Streams::new("inputs").stream("test");
    (0..count * shape.input_len()).map(|_| random.random_range(-1.0..1.0)).collect()
}

/// Slopes that differ between samples and features.
fn slopes(features: &[f32], slopes: &mut [f32]) {
    for (position, (slope, feature)) in slopes.iter_mut().zip(features).enumerate() {
        *slope = (position as f32 * 0.7).sin() + feature;
    }
}

/// How far gradients may be from libtorch's: those of biases are sums over pixels that nearly cancel, in either engine, and libtorch adds
/// them in another order on another processor.
const NEAR: f64 = 2e-5;

/// The largest difference, relative to the largest value of a tensor.
fn difference(ours: &Weights, theirs: &Weights) -> f64 {
    let of_tensor = |(ours, theirs): (&Vec<f32>, &Vec<f32>)| {
        let largest = theirs.iter().fold(1e-12_f32, |largest, value| largest.max(value.abs()));
        let difference = ours.iter().zip(theirs).fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
        f64::from(difference / largest)
    };
    assert_eq!(ours.0.len(), theirs.0.len());
    ours.0.iter().zip(&theirs.0).map(|(a, b)| of_tensor((&a.values, &b.values))).fold(0.0, f64::max)
}

fn both(shape: EncoderShape, set: InstructionSet, threads: usize) -> (NativeEncoder, TorchEncoder) {
    let weights = shape.initial(&mut Streams::new("engines").stream("init"));
    let native = NativeEncoder::new(shape, &weights, optimiser(), threads, set).unwrap();
    let torch = TorchEncoder::new(shape, &weights, optimiser(), tch::Device::Cpu).unwrap();
    (native, torch)
}

fn shapes() -> impl Iterator<Item = EncoderShape> {
    SHAPES.iter().map(|&(channels, height, width)| EncoderShape::new(channels, height, width, 32).unwrap())
}

#[test]
fn values_and_gradients_agree_with_libtorch() {
    for set in instruction_sets() {
        for shape in shapes() {
            let (mut native, mut torch) = both(shape, set, 2);
            let inputs = inputs(&shape, 11);
            let (ours, theirs) = (native.encode(&inputs).unwrap(), torch.encode(&inputs).unwrap());
            for (a, b) in ours.iter().zip(&theirs) {
                assert!((a - b).abs() <= 1e-5 * b.abs().max(0.1), "{set:?} {shape:?}: {a} {b}");
            }
            assert!(ours.iter().any(|value| *value > 0.0) && ours.contains(&0.0), "the last ReLU is exercised");
            for _ in 0..2 {
                native.accumulate(&inputs, &mut slopes).unwrap();
                torch.accumulate(&inputs, &mut slopes).unwrap();
            }
            let worst = difference(&native.gradients(), &torch.gradients());
            assert!(worst < NEAR, "{set:?} {shape:?}: {worst}");
        }
    }
}

/// What is zero throughout is left out by our kernels: a plane of the input, and channels that the first ReLU silences.
#[test]
fn what_is_zero_adds_nothing() {
    for set in instruction_sets() {
        for shape in shapes().filter(|shape| shape.channels > 1) {
            let mut weights = shape.initial(&mut Streams::new("silence").stream("init"));
            let silent = [0, 3, 15, 16, 31];
            silent.iter().for_each(|&channel| weights.0[1].values[channel] = -1e3);
            let mut native = NativeEncoder::new(shape, &weights, optimiser(), 2, set).unwrap();
            let mut torch = TorchEncoder::new(shape, &weights, optimiser(), tch::Device::Cpu).unwrap();
            let plane = shape.height * shape.width;
            let mut inputs = inputs(&shape, 5);
            // of the second input the last plane, of all others the first
            for (sample, input) in inputs.chunks_exact_mut(shape.input_len()).enumerate() {
                let zero = if sample == 1 { shape.channels - 1 } else { 0 };
                input[zero * plane..][..plane].fill(0.0);
            }
            native.accumulate(&inputs, &mut slopes).unwrap();
            torch.accumulate(&inputs, &mut slopes).unwrap();
            let ours = native.gradients();
            let worst = difference(&ours, &torch.gradients());
            assert!(worst < NEAR, "{set:?} {shape:?}: {worst}");
            // Adam makes a full step of the smallest gradient, so that what is zero has to be exactly zero
            for output in 0..32 {
                for input in silent {
                    let taps = &ours.0[2].values[(output * 32 + input) * 9..][..9];
                    assert!(taps.iter().all(|slope| *slope == 0.0), "{set:?} {shape:?}: {input} to {output}: {taps:?}");
                }
            }
        }
    }
}

#[test]
fn weights_stay_together_over_ten_steps() {
    for shape in shapes() {
        let (mut native, mut torch) = both(shape, InstructionSet::in_use(), 1);
        assert_eq!(native.weights(), torch.weights());
        let inputs = inputs(&shape, 5);
        for _ in 0..10 {
            native.accumulate(&inputs, &mut slopes).unwrap();
            torch.accumulate(&inputs, &mut slopes).unwrap();
            native.step();
            torch.step();
        }
        assert!(native.gradients().0.iter().all(|tensor| tensor.values.iter().all(|value| *value == 0.0)));
        // Adam divides by the gradient's own size, which magnifies rounding where a gradient is nearly zero
        let worst = difference(&native.weights(), &torch.weights());
        assert!(worst < 1e-3, "{shape:?}: {worst}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for shape in shapes() {
        let run = |threads| {
            let (mut native, _) = both(shape, InstructionSet::in_use(), threads);
            let inputs = inputs(&shape, 7);
            for _ in 0..3 {
                native.accumulate(&inputs, &mut slopes).unwrap();
                native.step();
            }
            (native.weights(), native.encode(&inputs).unwrap())
        };
        assert_eq!(run(1), run(2));
        assert_eq!(run(1), run(5));
        assert_eq!(run(1), run(16), "more threads than inputs");
    }
}

#[test]
fn a_nan_in_the_weights_reaches_the_features() {
    let shape = EncoderShape::new(1, 20, 100, 32).unwrap();
    for tensor in 0..6 {
        let mut weights = shape.initial(&mut Streams::new("nan").stream("init"));
        let (mut native, _) = both(shape, InstructionSet::in_use(), 1);
        native.accumulate(&inputs(&shape, 1), &mut |_, slopes| slopes.fill(f32::NAN)).unwrap();
        native.step();
        let features = native.encode(&inputs(&shape, 1)).unwrap();
        assert!(features.iter().any(|value| value.is_nan()), "a step along NaN must show");
        weights.0[tensor].values[0] = f32::NAN;
        let refused = NativeEncoder::new(shape, &weights, optimiser(), 1, InstructionSet::in_use());
        assert!(refused.is_err(), "weights that are not finite are not accepted");
    }
}
