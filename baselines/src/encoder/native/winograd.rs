//! The inner loops of a 3×3 convolution between 32 channels by Winograd's minimal filtering, F(3×3, 3×3).
//!
//! A pooling window's nine outputs come from a patch of 5×5 inputs. In transformed space the convolution is one product
//! of 32×32 matrices at each of 25 points, where the plain sum takes 81: Y = Aᵀ [Σ_c (G w Gᵀ) ⊙ (Bᵀ x B)] A (Lavin & Gray
//! 2016), and so is its gradient by the inputs: dx = B [(G w Gᵀ) ⊙ (A dY Aᵀ)] Bᵀ. The matrices are those of the points 0, 1,
//! −1, 2 and ∞. The gradient by the weights is summed plainly: where it is zero it must be exactly zero, since Adam
//! makes a full step of whatever rounding leaves there.
//!
//! Patches are worked on in blocks of at most [`PATCHES`], laid out `[25][PATCHES][32]` in transformed space. Curves are
//! smooth, so that a ReLU often silences a channel in a whole block. Such channels add nothing, and are left out.
//!
//! # Safety
//! As in [`super::kernels`].

#![expect(
    clippy::needless_range_loop,
    reason = "the compiler unrolls loops over constant ranges and keeps the arrays in registers; iterators hide that"
)]

use super::{
    kernels::{FEATURES, Strip, StripLayout, WindowMask, add_tap_gradient, load},
    lanes::Lanes,
};

/// Side of a patch of inputs, and points of the transform along an axis.
pub(super) const SIDE: usize = 5;
/// Points of the transform in both axes.
pub(super) const POINTS: usize = SIDE * SIDE;
/// Patches of a block, whose pixels then stay in the first-level cache. A multiple of the patches that [`multiply`] holds
/// in registers.
pub(super) const PATCHES: usize = 12;
/// Floats of a block.
pub(super) const BLOCK: usize = POINTS * PATCHES * FEATURES;
/// Floats of weights in transformed space.
pub(super) const WEIGHTS: usize = POINTS * FEATURES * FEATURES;

/// What a kernel's three taps weigh at each point.
const G: [[f64; 3]; SIDE] = [
    [1.0 / 2.0, 0.0, 0.0],
    [-1.0 / 2.0, -1.0 / 2.0, -1.0 / 2.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 6.0, 1.0 / 3.0, 2.0 / 3.0],
    [0.0, 0.0, 1.0],
];

/// `packed` (`[in][3][3][out]`) to `[25][in][out]`.
pub(super) fn transform_weights(packed: &[f32], transformed: &mut [f32]) {
    for pair in 0..FEATURES * FEATURES {
        let (input, output) = (pair / FEATURES, pair % FEATURES);
        for point in 0..POINTS {
            let (by_row, by_column) = (&G[point / SIDE], &G[point % SIDE]);
            let weight = |tap: usize| f64::from(packed[(input * 9 + tap) * FEATURES + output]);
            let sum: f64 = (0..9).map(|tap| by_row[tap / 3] * by_column[tap % 3] * weight(tap)).sum();
            transformed[point * FEATURES * FEATURES + pair] = sum as f32;
        }
    }
}

/// Bᵀ x
#[inline(always)]
unsafe fn input_points<V: Lanes>(x: [V; 5]) -> [V; 5] {
    unsafe {
        let outer = x[3].subtract(x[1]);
        let inner = x[3].subtract(x[2]);
        [
            outer.add_scaled(2.0, x[0].subtract(x[2])),
            inner.add_scaled(-2.0, x[1]),
            inner.add_scaled(2.0, x[1].subtract(x[2])),
            outer,
            x[4].subtract(x[2]).add_scaled(-2.0, outer),
        ]
    }
}

/// B t
#[inline(always)]
unsafe fn input_gradient<V: Lanes>(t: [V; 5]) -> [V; 5] {
    unsafe {
        let difference = t[2].subtract(t[1]);
        let sum = t[2].add(t[1]);
        // 2 t₄ − t₃
        let last = V::zero().subtract(t[3]).add_scaled(2.0, t[4]);
        [
            t[0].scale(2.0),
            last.subtract(t[0]).add_scaled(2.0, difference),
            V::zero().subtract(sum).add_scaled(-2.0, t[0].add(t[2])).subtract(t[4]),
            t[0].add(sum).subtract(last),
            t[4],
        ]
    }
}

/// Aᵀ m
#[inline(always)]
unsafe fn outputs<V: Lanes>(m: [V; 5]) -> [V; 3] {
    unsafe {
        let (sum, difference) = (m[1].add(m[2]), m[1].subtract(m[2]));
        [m[0].add(sum).add(m[3]), difference.add_scaled(2.0, m[3]), sum.add_scaled(4.0, m[3]).add(m[4])]
    }
}

/// A y
#[inline(always)]
unsafe fn output_points<V: Lanes>(y: [V; 3]) -> [V; 5] {
    unsafe {
        let outer = y[0].add(y[2]);
        [y[0], outer.add(y[1]), outer.subtract(y[1]), y[0].add_scaled(2.0, y[1]).add_scaled(4.0, y[2]), y[2]]
    }
}

/// A 1-D transform along both axes of a square.
macro_rules! both_axes {
    ($transform:ident, $square:expr, $from:literal, $to:literal) => {{
        let square = $square;
        let mut rows = [[V::zero(); $to]; $from];
        for row in 0..$from {
            rows[row] = $transform(square[row]);
        }
        let mut both = [[V::zero(); $to]; $to];
        for column in 0..$to {
            let mut line = [V::zero(); $from];
            for row in 0..$from {
                line[row] = rows[row][column];
            }
            let line = $transform(line);
            for row in 0..$to {
                both[row][column] = line[row];
            }
        }
        both
    }};
}

/// Where patches lie in an array `[height][width][32]`: the patch of a window begins three rows and columns after that of
/// the window before. Windows are counted row by row, `windows` to a row.
#[derive(Clone, Copy)]
pub(super) struct Patches {
    /// Floats from one row to the next.
    pub(super) row: usize,
    pub(super) windows: usize,
}

impl Patches {
    /// Floats from the beginning of the array to the patch of `window`.
    #[inline(always)]
    fn offset(&self, window: usize) -> usize {
        3 * (window / self.windows) * self.row + 3 * (window % self.windows) * FEATURES
    }
}

/// Transforms the patches of `count` windows from `first` on: Bᵀ x B to `block`. Returns a bit for each channel that is
/// above zero (or NaN) anywhere in them; the inputs are outputs of a ReLU.
#[inline(always)]
pub(super) unsafe fn transform_inputs<V: Lanes>(
    inputs: *const f32,
    patches: Patches,
    (first, count): (usize, usize),
    block: *mut f32,
) -> u32 {
    unsafe {
        let mut sums = [V::zero(); 2];
        for place in 0..count {
            let patch = inputs.add(patches.offset(first + place));
            for half in 0..2 {
                let mut square = [[V::zero(); 5]; 5];
                for row in 0..5 {
                    for column in 0..5 {
                        square[row][column] = V::load(patch.add(row * patches.row + column * FEATURES + 16 * half));
                        sums[half] = sums[half].add(square[row][column]);
                    }
                }
                store_points(both_axes!(input_points, square, 5, 5), block.add(place * FEATURES + 16 * half));
            }
        }
        u32::from(sums[0].positive()) | u32::from(sums[1].positive()) << 16
    }
}

#[inline(always)]
unsafe fn store_points<V: Lanes>(square: [[V; 5]; 5], block: *mut f32) {
    unsafe {
        for row in 0..5 {
            for column in 0..5 {
                square[row][column].store(block.add((row * SIDE + column) * PATCHES * FEATURES));
            }
        }
    }
}

#[inline(always)]
unsafe fn load_points<V: Lanes>(block: *const f32) -> [[V; 5]; 5] {
    unsafe {
        let mut square = [[V::zero(); 5]; 5];
        for row in 0..5 {
            for column in 0..5 {
                square[row][column] = V::load(block.add((row * SIDE + column) * PATCHES * FEATURES));
            }
        }
        square
    }
}

/// At every point the product of a block, `[count][32]`, and `weights`, `[32][32]`, to `product`, over the `channels` of the
/// block that are not zero. `HELD` patches share each weight that is loaded, of `HALVES` of the outputs at once; their
/// number is rounded up to a multiple.
#[inline(always)]
pub(super) unsafe fn multiply<V: Lanes, const HELD: usize, const HALVES: usize>(
    block: *const f32,
    channels: &[usize],
    weights: *const f32,
    count: usize,
    product: *mut f32,
) {
    const { assert!(PATCHES.is_multiple_of(HELD), "a block has room for rounding up") };
    unsafe {
        for point in 0..POINTS {
            for first_half in (0..2).step_by(HALVES) {
                let weights = weights.add(point * FEATURES * FEATURES + 16 * first_half);
                for first in (0..count).step_by(HELD) {
                    let begin = (point * PATCHES + first) * FEATURES;
                    let mut sums = [[V::zero(); HALVES]; HELD];
                    for &channel in channels {
                        let weight = load::<V, HALVES>(weights.add(channel * FEATURES));
                        for patch in 0..HELD {
                            let value = V::splat(block.add(begin + patch * FEATURES + channel));
                            for half in 0..HALVES {
                                sums[patch][half] = sums[patch][half].add_product(value, weight[half]);
                            }
                        }
                    }
                    for patch in 0..HELD {
                        for half in 0..HALVES {
                            let output = begin + patch * FEATURES + 16 * (first_half + half);
                            sums[patch][half].store(product.add(output));
                        }
                    }
                }
            }
        }
    }
}

/// Adds the gradient of the weights, `[in][3][3][out]`, over `count` windows from `first` on, for the `channels` of the inputs
/// that are not zero. `spread` has the gradients of the windows' outputs, `[count][3][3][32]`.
#[inline(always)]
pub(super) unsafe fn add_weight_gradient<V: Lanes, const WIDE: bool>(
    inputs: *const f32,
    patches: Patches,
    (first, count): (usize, usize),
    channels: &[usize],
    spread: *const f32,
    gradient: *mut f32,
) {
    unsafe {
        let layout = StripLayout { row: patches.row, column: FEATURES, spread_row: 3 * FEATURES };
        let mut windows = [Strip { input: inputs, spread, width: 3 }; PATCHES];
        for place in 0..count {
            windows[place].input = inputs.add(patches.offset(first + place));
            windows[place].spread = spread.add(place * 9 * FEATURES);
        }
        for &channel in channels {
            // the width again, so that the compiler knows it
            let of_channel = |window: &Strip| Strip { input: window.input.add(channel), width: 3, ..*window };
            let strips = windows[..count].iter().map(of_channel);
            add_tap_gradient::<V, WIDE>(strips, layout, gradient.add(channel * 9 * FEATURES));
        }
    }
}

/// Aᵀ m A of `count` windows, then bias, ReLU and average: `pooled` is `[windows][32]`.
#[inline(always)]
pub(super) unsafe fn pool_outputs<V: Lanes>(
    block: *const f32,
    bias: *const f32,
    count: usize,
    pooled: *mut f32,
    masks: *mut WindowMask,
) {
    unsafe {
        for window in 0..count {
            let mut mask = [0_u32; 9];
            for half in [0, 16] {
                let bias = V::load(bias.add(half));
                let square = load_points::<V>(block.add(window * FEATURES + half));
                let pixels = both_axes!(outputs, square, 5, 3);
                let mut sum = V::zero();
                for row in 0..3 {
                    for column in 0..3 {
                        let value = pixels[row][column].add(bias);
                        let positive = value.positive();
                        mask[row * 3 + column] |= u32::from(positive) << half;
                        sum = sum.add(value.keep(positive));
                    }
                }
                sum.scale(1.0 / 9.0).store(pooled.add(window * FEATURES + half));
            }
            *masks.add(window) = mask;
        }
    }
}

/// Carries the gradient of `count` windows back through pooling and ReLU: dY to `spread`, `[count][3][3][32]`, its transform
/// A dY Aᵀ to `block`, its sum added to `bias_gradient`. Returns a bit for each channel that any ReLU let through.
#[inline(always)]
pub(super) unsafe fn unpool_outputs<V: Lanes>(
    by_pooled: *const f32,
    masks: *const WindowMask,
    count: usize,
    spread: *mut f32,
    block: *mut f32,
    bias_gradient: *mut f32,
) -> u32 {
    unsafe {
        let mut channels = 0;
        for half in [0, 16] {
            let mut sum = V::zero();
            for window in 0..count {
                let share = V::load(by_pooled.add(window * FEATURES + half)).scale(1.0 / 9.0);
                let mask = &*masks.add(window);
                let mut pixels = [[V::zero(); 3]; 3];
                for row in 0..3 {
                    for column in 0..3 {
                        let bits = mask[row * 3 + column];
                        channels |= bits;
                        pixels[row][column] = share.keep((bits >> half) as u16);
                        pixels[row][column].store(spread.add((window * 9 + row * 3 + column) * FEATURES + half));
                        sum = sum.add(pixels[row][column]);
                    }
                }
                store_points(both_axes!(output_points, pixels, 3, 5), block.add(window * FEATURES + half));
            }
            V::load(bias_gradient.add(half)).add(sum).store(bias_gradient.add(half));
        }
        channels
    }
}

/// Adds B t Bᵀ of `count` windows from `first` on to the gradient by the inputs.
#[inline(always)]
pub(super) unsafe fn add_input_gradient<V: Lanes>(
    block: *const f32,
    patches: Patches,
    (first, count): (usize, usize),
    by_inputs: *mut f32,
) {
    unsafe {
        for place in 0..count {
            let patch = by_inputs.add(patches.offset(first + place));
            for half in [0, 16] {
                let square = load_points::<V>(block.add(place * FEATURES + half));
                let slopes = both_axes!(input_gradient, square, 5, 5);
                for row in 0..5 {
                    for column in 0..5 {
                        let pixel = patch.add(row * patches.row + column * FEATURES + half);
                        V::load(pixel).add(slopes[row][column]).store(pixel);
                    }
                }
            }
        }
    }
}
