//! The inner loops, written once over [`Lanes`].
//!
//! All arrays keep the 32 channels of a pixel together, so that two vectors hold a pixel. Each kernel keeps a block of
//! results in registers while it runs through the taps: `ROWS` (1 or 3) rows of a 3×3 block, or `SAMPLES` vectors,
//! as many as the registers of the instruction set hold. [`super::winograd`] has those of the second convolution.
//!
//! # Safety
//! Common to all: the processor has the instructions of `V`, and the pointers are valid for the extents that the
//! arguments describe. The callers in [`super::layers`] own the buffers and derive the extents from one
//! [`EncoderShape`](super::super::EncoderShape).

#![expect(
    clippy::needless_range_loop,
    reason = "the compiler unrolls loops over constant ranges and keeps the arrays in registers; iterators hide that"
)]

use super::lanes::Lanes;

/// Channels of every hidden layer on this engine: two vectors.
pub(super) const FEATURES: usize = 32;

/// One pooling window: nine pixels, each with a bit per channel that is set where the ReLU let it through.
pub(super) type WindowMask = [u32; 9];

/// Where the input of the first convolution lies: pixel (y, x) of a channel is at channel × `plane` + y × `row` + x.
#[derive(Clone, Copy)]
pub(super) struct Planes<'a> {
    pub(super) data: *const f32,
    /// The channels that are not zero throughout; the others add nothing to outputs or gradients.
    pub(super) channels: &'a [usize],
    pub(super) plane: usize,
    pub(super) row: usize,
}

impl Planes<'_> {
    #[inline(always)]
    unsafe fn at(&self, channel: usize, row: usize, column: usize) -> *const f32 {
        unsafe { self.data.add(channel * self.plane + row * self.row + column) }
    }
}

/// 3×3 convolution, ReLU and 3×3 average pooling in one pass: the activations never leave the registers.
///
/// `weights` is [channels][3][3][32], `pooled` and `masks` are [height][width] windows.
#[inline(always)]
pub(super) unsafe fn convolve_pool<V: Lanes, const ROWS: usize>(
    input: Planes<'_>,
    weights: *const f32,
    bias: *const f32,
    height: usize,
    width: usize,
    pooled: *mut f32,
    masks: *mut WindowMask,
) {
    unsafe {
        let bias = [V::load(bias), V::load(bias.add(16))];
        for y in 0..height {
            for x in 0..width {
                let mut sum = [V::zero(); 2];
                let mut mask = [0_u32; 9];
                for first_row in (0..3).step_by(ROWS) {
                    let mut block = [[bias; 3]; ROWS];
                    for &channel in input.channels {
                        for ky in 0..3 {
                            let taps = weights.add((channel * 9 + ky * 3) * FEATURES);
                            for kx in 0..3 {
                                let weight = [V::load(taps.add(kx * 32)), V::load(taps.add(kx * 32 + 16))];
                                for row in 0..ROWS {
                                    for column in 0..3 {
                                        let pixel = V::splat(input.at(
                                            channel,
                                            3 * y + first_row + row + ky,
                                            3 * x + column + kx,
                                        ));
                                        for half in 0..2 {
                                            block[row][column][half] =
                                                block[row][column][half].add_product(pixel, weight[half]);
                                        }
                                    }
                                }
                            }
                        }
                    }
                    for row in 0..ROWS {
                        for column in 0..3 {
                            let [low, high] = block[row][column];
                            let (low_mask, high_mask) = (low.positive(), high.positive());
                            mask[(first_row + row) * 3 + column] = u32::from(low_mask) | u32::from(high_mask) << 16;
                            sum[0] = sum[0].add(low.keep(low_mask));
                            sum[1] = sum[1].add(high.keep(high_mask));
                        }
                    }
                }
                let window = y * width + x;
                sum[0].scale(1.0 / 9.0).store(pooled.add(window * FEATURES));
                sum[1].scale(1.0 / 9.0).store(pooled.add(window * FEATURES + 16));
                *masks.add(window) = mask;
            }
        }
    }
}

/// Carries the gradient of one row of `count` windows back through pooling and ReLU: `spread` gets three rows of
/// 3 × count pixels, `spread_row` floats apart, and `bias_gradient` their sum.
#[inline(always)]
pub(super) unsafe fn unpool<V: Lanes>(
    by_pooled: *const f32,
    masks: *const WindowMask,
    count: usize,
    spread: *mut f32,
    spread_row: usize,
    bias_gradient: *mut f32,
) {
    unsafe {
        // sums of sums: the error of one long sum in single precision would show
        let mut sum = [V::zero(); 2];
        for window in 0..count {
            let by_window = by_pooled.add(window * FEATURES);
            let share = [V::load(by_window).scale(1.0 / 9.0), V::load(by_window.add(16)).scale(1.0 / 9.0)];
            let mask = &*masks.add(window);
            for row in 0..3 {
                for column in 0..3 {
                    let bits = mask[row * 3 + column];
                    let kept = [share[0].keep(bits as u16), share[1].keep((bits >> 16) as u16)];
                    let pixel = spread.add(row * spread_row + (3 * window + column) * FEATURES);
                    for half in 0..2 {
                        kept[half].store(pixel.add(16 * half));
                        sum[half] = sum[half].add(kept[half]);
                    }
                }
            }
        }
        for half in 0..2 {
            let total = bias_gradient.add(16 * half);
            V::load(total).add(sum[half]).store(total);
        }
    }
}

/// Adds the gradient of convolution weights, [channels][3][3][32], over three rows of `width` output pixels whose
/// gradients are in `spread`. `input` begins at the first input pixel of the first of them.
#[inline(always)]
pub(super) unsafe fn weight_gradient<V: Lanes, const ROWS: usize>(
    input: Planes<'_>,
    spread: *const f32,
    spread_row: usize,
    width: usize,
    gradient: *mut f32,
) {
    unsafe {
        for &channel in input.channels {
            for first_tap in (0..3).step_by(ROWS) {
                let taps = gradient.add((channel * 9 + first_tap * 3) * FEATURES);
                let mut sums = [[[V::zero(); 2]; 3]; ROWS];
                for row in 0..3 {
                    for column in 0..width {
                        let pixel = spread.add(row * spread_row + column * FEATURES);
                        let slope = [V::load(pixel), V::load(pixel.add(16))];
                        for ky in 0..ROWS {
                            for kx in 0..3 {
                                let value = V::splat(input.at(channel, row + first_tap + ky, column + kx));
                                for half in 0..2 {
                                    sums[ky][kx][half] = sums[ky][kx][half].add_product(value, slope[half]);
                                }
                            }
                        }
                    }
                }
                for ky in 0..ROWS {
                    for kx in 0..3 {
                        for half in 0..2 {
                            let tap = taps.add((ky * 3 + kx) * FEATURES + 16 * half);
                            V::load(tap).add(sums[ky][kx][half]).store(tap);
                        }
                    }
                }
            }
        }
    }
}

/// The projection of each input (`terms` values): outputs[s] = bias + Σ_k inputs[s][k] × weights[k], where `outputs` is
/// [samples][32]. `SAMPLES` of them share each weight that is loaded.
#[inline(always)]
pub(super) unsafe fn project<V: Lanes, const SAMPLES: usize>(
    inputs: &[*const f32],
    weights: *const f32,
    bias: *const f32,
    terms: usize,
    outputs: *mut f32,
) {
    unsafe {
        let mut done = 0;
        while inputs.len() - done >= SAMPLES {
            project_block::<V, SAMPLES>(inputs, weights, bias, terms, done, outputs);
            done += SAMPLES;
        }
        for sample in done..inputs.len() {
            project_block::<V, 1>(inputs, weights, bias, terms, sample, outputs);
        }
    }
}

#[inline(always)]
unsafe fn project_block<V: Lanes, const SAMPLES: usize>(
    inputs: &[*const f32],
    weights: *const f32,
    bias: *const f32,
    terms: usize,
    first: usize,
    outputs: *mut f32,
) {
    unsafe {
        let mut sums = [[V::load(bias), V::load(bias.add(16))]; SAMPLES];
        for term in 0..terms {
            let weight = [V::load(weights.add(term * FEATURES)), V::load(weights.add(term * FEATURES + 16))];
            for sample in 0..SAMPLES {
                let value = V::splat(inputs.get_unchecked(first + sample).add(term));
                for half in 0..2 {
                    sums[sample][half] = sums[sample][half].add_product(value, weight[half]);
                }
            }
        }
        for sample in 0..SAMPLES {
            for half in 0..2 {
                sums[sample][half].store(outputs.add((first + sample) * FEATURES + 16 * half));
            }
        }
    }
}

/// Adds the gradient of the projection's weights for `count` terms from `first` on, which `gradient` points at:
/// gradient[k] += Σ_s inputs[s][k] × by_output[s], samples in order.
#[inline(always)]
pub(super) unsafe fn projection_gradient<V: Lanes>(
    inputs: &[*const f32],
    by_output: *const f32,
    first: usize,
    count: usize,
    gradient: *mut f32,
) {
    unsafe {
        for term in 0..count {
            let row = gradient.add(term * FEATURES);
            let mut sums = [V::load(row), V::load(row.add(16))];
            for (sample, input) in inputs.iter().enumerate() {
                let value = V::splat(input.add(first + term));
                for half in 0..2 {
                    let slope = V::load(by_output.add(sample * FEATURES + 16 * half));
                    sums[half] = sums[half].add_product(value, slope);
                }
            }
            sums[0].store(row);
            sums[1].store(row.add(16));
        }
    }
}

/// Gradient by the projection's inputs: by_inputs[s][k] = Σ_c by_outputs[s][c] × weights[k][c], for `terms` (a multiple of 32)
/// terms; `transposed` is [32][terms]. `SAMPLES` of them share each weight that is loaded.
#[inline(always)]
pub(super) unsafe fn projection_input_gradient<V: Lanes, const SAMPLES: usize>(
    by_outputs: *const f32,
    transposed: *const f32,
    terms: usize,
    by_inputs: &[*mut f32],
) {
    unsafe {
        let whole = by_inputs.len() - by_inputs.len() % SAMPLES;
        for first in (0..terms).step_by(32) {
            let weights = transposed.add(first);
            for sample in (0..whole).step_by(SAMPLES) {
                let (slopes, targets) = (by_outputs.add(sample * FEATURES), &by_inputs[sample..]);
                projection_input_gradient_block::<V, SAMPLES>(slopes, weights, terms, first, targets);
            }
            for sample in whole..by_inputs.len() {
                let (slopes, targets) = (by_outputs.add(sample * FEATURES), &by_inputs[sample..]);
                projection_input_gradient_block::<V, 1>(slopes, weights, terms, first, targets);
            }
        }
    }
}

#[inline(always)]
unsafe fn projection_input_gradient_block<V: Lanes, const SAMPLES: usize>(
    by_outputs: *const f32,
    weights: *const f32,
    terms: usize,
    first: usize,
    by_inputs: &[*mut f32],
) {
    unsafe {
        let mut sums = [[V::zero(); 2]; SAMPLES];
        for channel in 0..FEATURES {
            let weight = weights.add(channel * terms);
            let weight = [V::load(weight), V::load(weight.add(16))];
            for sample in 0..SAMPLES {
                let slope = V::splat(by_outputs.add(sample * FEATURES + channel));
                for half in 0..2 {
                    sums[sample][half] = sums[sample][half].add_product(slope, weight[half]);
                }
            }
        }
        for sample in 0..SAMPLES {
            for half in 0..2 {
                sums[sample][half].store(by_inputs.get_unchecked(sample).add(first + 16 * half));
            }
        }
    }
}
