//! The inner loops, written once over [`Lanes`].
//!
//! All arrays keep the 32 channels of a pixel together, so that two vectors hold a pixel. Each kernel keeps a block of
//! results in registers while it runs through the taps, as many as the registers of the instruction set hold: of a 3×3
//! block all rows and both halves of the channels at once, or (not `WIDE`) two rows, then one, of a half; or `SAMPLES`
//! vectors. [`super::winograd`] has those of the second convolution.
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
/// `weights` is `[channels][3][3][32]`, `pooled` and `masks` are `[height][width]` windows.
#[inline(always)]
pub(super) unsafe fn convolve_pool<V: Lanes, const WIDE: bool>(
    input: Planes<'_>,
    weights: *const f32,
    bias: *const f32,
    height: usize,
    width: usize,
    pooled: *mut f32,
    masks: *mut WindowMask,
) {
    unsafe {
        for y in 0..height {
            for x in 0..width {
                let window = Window { input, y: 3 * y, x: 3 * x };
                let place = y * width + x;
                let mut mask = [0; 9];
                let mut sum = [V::zero(); 2];
                if WIDE {
                    window.convolve_rectify::<V, 3, 2>(weights, bias, 0, 0, &mut sum, &mut mask);
                } else {
                    for half in 0..2 {
                        let sum = std::array::from_mut(&mut sum[half]);
                        window.convolve_rectify::<V, 2, 1>(weights, bias, 0, half, sum, &mut mask);
                        window.convolve_rectify::<V, 1, 1>(weights, bias, 2, half, sum, &mut mask);
                    }
                }
                for half in 0..2 {
                    sum[half].scale(1.0 / 9.0).store(pooled.add(place * FEATURES + 16 * half));
                }
                *masks.add(place) = mask;
            }
        }
    }
}

/// A pooling window of the first convolution: its first input pixel.
struct Window<'a> {
    input: Planes<'a>,
    y: usize,
    x: usize,
}

impl Window<'_> {
    /// Convolution and ReLU of `ROWS` rows and `HALVES` of the channels; adds the pixels to `sum`, and their bits to `mask`.
    #[inline(always)]
    unsafe fn convolve_rectify<V: Lanes, const ROWS: usize, const HALVES: usize>(
        &self,
        weights: *const f32,
        bias: *const f32,
        first_row: usize,
        first_half: usize,
        sum: &mut [V; HALVES],
        mask: &mut WindowMask,
    ) {
        unsafe {
            let bias = load::<V, HALVES>(bias.add(16 * first_half));
            let mut block = [[bias; 3]; ROWS];
            for &channel in self.input.channels {
                for ky in 0..3 {
                    let taps = weights.add((channel * 9 + ky * 3) * FEATURES + 16 * first_half);
                    for kx in 0..3 {
                        let weight = load::<V, HALVES>(taps.add(kx * FEATURES));
                        for row in 0..ROWS {
                            for column in 0..3 {
                                let (y, x) = (self.y + first_row + row + ky, self.x + column + kx);
                                let pixel = V::splat(self.input.at(channel, y, x));
                                for half in 0..HALVES {
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
                    for half in 0..HALVES {
                        let pixel = block[row][column][half];
                        let positive = pixel.positive();
                        mask[(first_row + row) * 3 + column] |= u32::from(positive) << (16 * (first_half + half));
                        sum[half] = sum[half].add(pixel.keep(positive));
                    }
                }
            }
        }
    }
}

/// Neighbouring vectors.
#[inline(always)]
pub(super) unsafe fn load<V: Lanes, const HALVES: usize>(source: *const f32) -> [V; HALVES] {
    unsafe {
        let mut vectors = [V::zero(); HALVES];
        for half in 0..HALVES {
            vectors[half] = V::load(source.add(16 * half));
        }
        vectors
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

/// Adds the gradient of convolution weights, `[channels][3][3][32]`, over three rows of `width` output pixels whose
/// gradients are in `spread`. `input` begins at the first input pixel of the first of them.
#[inline(always)]
pub(super) unsafe fn weight_gradient<V: Lanes, const WIDE: bool>(
    input: Planes<'_>,
    spread: *const f32,
    spread_row: usize,
    width: usize,
    gradient: *mut f32,
) {
    unsafe {
        for &channel in input.channels {
            let strip = Strip { input: input.at(channel, 0, 0), spread, width };
            let layout = StripLayout { row: input.row, column: 1, spread_row };
            add_tap_gradient::<V, WIDE>(std::iter::once(strip), layout, gradient.add(channel * 9 * FEATURES));
        }
    }
}

/// Three rows of `width` output pixels, whose gradients are at `spread`, and what they see of an input channel.
#[derive(Clone, Copy)]
pub(super) struct Strip {
    pub(super) input: *const f32,
    pub(super) spread: *const f32,
    pub(super) width: usize,
}

/// How many floats rows and columns of a [`Strip`] are apart; columns of its gradients are [`FEATURES`].
#[derive(Clone, Copy)]
pub(super) struct StripLayout {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) spread_row: usize,
}

/// Adds the gradient of the weights of a channel, `[3][3][32]`, over all strips.
#[inline(always)]
pub(super) unsafe fn add_tap_gradient<V: Lanes, const WIDE: bool>(
    strips: impl Iterator<Item = Strip> + Clone,
    layout: StripLayout,
    gradient: *mut f32,
) {
    unsafe {
        if WIDE {
            add_tap_rows::<V, 3, 2>(strips, layout, 0, 0, gradient);
        } else {
            for half in 0..2 {
                add_tap_rows::<V, 2, 1>(strips.clone(), layout, 0, half, gradient);
                add_tap_rows::<V, 1, 1>(strips.clone(), layout, 2, half, gradient);
            }
        }
    }
}

/// [`add_tap_gradient`] of `ROWS` rows of taps and `HALVES` of the outputs.
#[inline(always)]
unsafe fn add_tap_rows<V: Lanes, const ROWS: usize, const HALVES: usize>(
    strips: impl Iterator<Item = Strip>,
    layout: StripLayout,
    first_tap: usize,
    first_half: usize,
    gradient: *mut f32,
) {
    unsafe {
        let mut sums = [[[V::zero(); HALVES]; 3]; ROWS];
        for Strip { input, spread, width } in strips {
            for row in 0..3 {
                for column in 0..width {
                    let pixel = row * layout.spread_row + column * FEATURES + 16 * first_half;
                    let slope = load::<V, HALVES>(spread.add(pixel));
                    for ky in 0..ROWS {
                        for kx in 0..3 {
                            let (y, x) = (row + first_tap + ky, column + kx);
                            let value = V::splat(input.add(y * layout.row + x * layout.column));
                            for half in 0..HALVES {
                                sums[ky][kx][half] = sums[ky][kx][half].add_product(value, slope[half]);
                            }
                        }
                    }
                }
            }
        }
        for ky in 0..ROWS {
            for kx in 0..3 {
                for half in 0..HALVES {
                    let tap = gradient.add(((first_tap + ky) * 3 + kx) * FEATURES + 16 * (first_half + half));
                    V::load(tap).add(sums[ky][kx][half]).store(tap);
                }
            }
        }
    }
}

/// The projection of each input (`terms` values): `outputs[s]` = bias + Σ_k `inputs[s][k]` × `weights[k]`, where `outputs` is
/// `[samples][32]`. `SAMPLES` of them share each weight that is loaded.
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
/// `gradient[k]` += Σ_s `inputs[s][k]` × `by_output[s]`, samples in order.
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

/// Gradient by the projection's inputs: `by_inputs[s][k]` = Σ_c `by_outputs[s][c]` × `weights[k][c]`, for `terms` (a multiple of
/// 32) terms; `transposed` is `[32][terms]`. `SAMPLES` of them share each weight that is loaded.
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
