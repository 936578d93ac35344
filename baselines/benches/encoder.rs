//! The encoder at the paper's size, on each engine and instruction set, and the processor's own limit beside it.
//!
//! Throughput is in floating-point operations of the plain sums: compare with `peak`. Our kernels need fewer for the second
//! convolution, so they may come out above what the processor can do.

use std::{hint::black_box, time::Duration};

use baselines::{
    Streams,
    encoder::{Encoder, EncoderShape, InstructionSet, NativeEncoder, TorchEncoder},
    optimiser::AdamParameters,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Inputs per call, as in training.
const COUNT: usize = 16;

fn engines(shape: EncoderShape) -> Vec<(String, Box<dyn Encoder>)> {
    let weights = shape.initial(&mut Streams::new("bench").stream("init"));
    let optimiser = AdamParameters::adamw(1e-3, 0.01);
    let native = |set: InstructionSet| {
        let engine = NativeEncoder::new(shape, &weights, optimiser, 1, set).expect("the weights fit");
        (set.name().to_owned(), Box::new(engine) as Box<dyn Encoder>)
    };
    let mut engines: Vec<_> = InstructionSet::available().into_iter().map(native).collect();
    let torch = TorchEncoder::new(shape, &weights, optimiser, tch::Device::Cpu).expect("the weights fit");
    engines.push(("torch".to_owned(), Box::new(torch)));
    engines
}

fn encoder(criterion: &mut Criterion) {
    tch::set_num_threads(1);
    for channels in [2, 6] {
        let shape = EncoderShape::new(channels, 100, 1000, 32).expect("the paper's size");
        let inputs: Vec<f32> = (0..COUNT * shape.input_len()).map(|k| (0.01 * (k % 1013) as f32).sin()).collect();
        let mut group = criterion.benchmark_group(format!("encoder_{channels}_channels"));
        group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
        for (name, mut engine) in engines(shape) {
            group.throughput(Throughput::Elements((COUNT * shape.forward_flop()) as u64));
            group.bench_function(format!("forward/{name}"), |bencher| bencher.iter(|| engine.encode(&inputs)));
            group.throughput(Throughput::Elements(COUNT as u64));
            group.bench_function(format!("forward_backward/{name}"), |bencher| {
                bencher.iter(|| engine.accumulate(&inputs, &mut |_, slopes| slopes.fill(1.0)));
            });
        }
        group.finish();
    }
}

/// Fused multiply-adds by a factor, which comes from outside so that nothing is computed beforehand.
type Chains = fn(f32) -> f32;

/// Chains of fused multiply-adds that never leave the registers: no kernel can be faster.
#[cfg(target_arch = "x86_64")]
mod limit {
    use std::arch::x86_64::*;

    use super::Chains;

    const CHAINS: usize = 16;
    const STEPS: usize = 100_000;

    /// Floating-point operations of one call, and the call, for the widest registers there are.
    pub(crate) fn multiply_adds() -> Option<(u64, Chains)> {
        let flop = |lanes: usize| (2 * lanes * CHAINS * STEPS) as u64;
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has these instructions
            Some((flop(16), |factor| unsafe { wide(factor) }))
        } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the processor has these instructions
            Some((flop(8), |factor| unsafe { narrow(factor) }))
        } else {
            None
        }
    }

    #[target_feature(enable = "avx512f")]
    fn wide(factor: f32) -> f32 {
        let (factor, small) = (_mm512_set1_ps(factor), _mm512_set1_ps(1e-3));
        let mut sums = [_mm512_set1_ps(0.5); CHAINS];
        for _ in 0..STEPS {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(*sum, factor, small);
            }
        }
        sums.into_iter().map(|sum| _mm512_reduce_add_ps(sum)).sum()
    }

    #[target_feature(enable = "avx2,fma")]
    fn narrow(factor: f32) -> f32 {
        let (factor, small) = (_mm256_set1_ps(factor), _mm256_set1_ps(1e-3));
        let mut sums = [_mm256_set1_ps(0.5); CHAINS];
        for _ in 0..STEPS {
            for sum in &mut sums {
                *sum = _mm256_fmadd_ps(*sum, factor, small);
            }
        }
        sums.into_iter().map(|sum| _mm256_cvtss_f32(sum)).sum()
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod limit {
    pub(crate) fn multiply_adds() -> Option<(u64, super::Chains)> {
        None
    }
}

fn peak(criterion: &mut Criterion) {
    let Some((flop, multiply_adds)) = limit::multiply_adds() else { return };
    let mut group = criterion.benchmark_group("peak");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(flop));
    group.bench_function("multiply_add", |bencher| bencher.iter(|| multiply_adds(black_box(0.999))));
    group.finish();
}

criterion_group!(benches, peak, encoder);
criterion_main!(benches);
