//! One input through the two convolutions and back: the buffers, and the order in which the kernels fill them.

use super::{
    super::EncoderShape,
    dispatch::{self, InstructionSet, PIXELS},
    kernels::{FEATURES, Strided, WindowMask},
};

/// Windows whose output gradients are spread at once: three rows of them, with the input they see, stay in the
/// first-level cache.
const STRIP: usize = 12;

/// Weights of the two convolutions, as the kernels read them.
#[derive(Clone, Copy)]
pub(super) struct Convolutions<'a> {
    pub(super) set: InstructionSet,
    pub(super) shape: EncoderShape,
    /// [channels][3][3][32]
    pub(super) weight1: &'a [f32],
    pub(super) bias1: &'a [f32],
    /// [32][3][3][32], input channel first
    pub(super) weight2: &'a [f32],
    /// [3][3][out][in]
    pub(super) weight2_transposed: &'a [f32],
    pub(super) bias2: &'a [f32],
}

/// What the way back needs to know of the way there.
pub(super) struct Activations {
    pool1: Vec<f32>,
    mask1: Vec<WindowMask>,
    /// The input of the projection, [height][width][32].
    pub(super) pool2: Vec<f32>,
    mask2: Vec<WindowMask>,
}

impl Activations {
    pub(super) fn new(shape: &EncoderShape) -> Self {
        let ((height1, width1), (height2, width2)) = (shape.pool1(), shape.pool2());
        Self {
            pool1: vec![0.0; height1 * width1 * FEATURES],
            mask1: vec![[0; 9]; height1 * width1],
            pool2: vec![0.0; height2 * width2 * FEATURES],
            mask2: vec![[0; 9]; height2 * width2],
        }
    }
}

/// Gradients of the convolutions' parameters from one input.
pub(super) struct ConvolutionGradients {
    pub(super) weight1: Vec<f32>,
    pub(super) bias1: Vec<f32>,
    pub(super) weight2: Vec<f32>,
    pub(super) bias2: Vec<f32>,
}

impl ConvolutionGradients {
    pub(super) fn new(shape: &EncoderShape) -> Self {
        Self {
            weight1: vec![0.0; shape.channels * 9 * FEATURES],
            bias1: vec![0.0; FEATURES],
            weight2: vec![0.0; FEATURES * 9 * FEATURES],
            bias2: vec![0.0; FEATURES],
        }
    }

    fn clear(&mut self) {
        for values in [&mut self.weight1, &mut self.bias1, &mut self.weight2, &mut self.bias2] {
            values.fill(0.0);
        }
    }
}

/// Working memory of one thread on the way back.
pub(super) struct Scratch {
    /// Gradient by pool2.
    pub(super) by_pool2: Vec<f32>,
    /// Gradient by the second convolution's output, two zero rows and columns around it.
    spread2: Vec<f32>,
    /// Gradient by pool1, rows padded to a multiple of [`PIXELS`].
    by_pool1: Vec<f32>,
    /// Gradient by a strip of the first convolution's output.
    spread1: Vec<f32>,
}

/// Floats from one row of `spread2` to the next, and of `by_pool1`.
fn row_lengths(shape: &EncoderShape) -> (usize, usize) {
    let padded = shape.pool1().1.next_multiple_of(PIXELS);
    ((padded + 2) * FEATURES, padded * FEATURES)
}

impl Scratch {
    pub(super) fn new(shape: &EncoderShape) -> Self {
        let ((height1, _), (height2, width2)) = (shape.pool1(), shape.pool2());
        let (spread_row, by_pool1_row) = row_lengths(shape);
        Self {
            by_pool2: vec![0.0; height2 * width2 * FEATURES],
            spread2: vec![0.0; (3 * height2 + 4) * spread_row],
            by_pool1: vec![0.0; height1 * by_pool1_row],
            spread1: vec![0.0; 3 * 3 * STRIP * FEATURES],
        }
    }
}

impl Convolutions<'_> {
    fn first_input(&self, input: &[f32]) -> Strided {
        let EncoderShape { channels, height, width, .. } = self.shape;
        assert_eq!(input.len(), channels * height * width, "an input has channels × height × width values");
        Strided { data: input.as_ptr(), channels, channel: height * width, row: width, column: 1 }
    }

    fn second_input(&self, pool1: &[f32]) -> Strided {
        let width = self.shape.pool1().1;
        Strided { data: pool1.as_ptr(), channels: FEATURES, channel: 1, row: width * FEATURES, column: FEATURES }
    }

    /// Fills `activations` from one input.
    pub(super) fn forward(&self, input: &[f32], activations: &mut Activations) {
        let ((height1, width1), (height2, width2)) = (self.shape.pool1(), self.shape.pool2());
        let Activations { pool1, mask1, pool2, mask2 } = activations;
        // SAFETY: windows 0..height × 0..width of a layer read pixels up to 3 × height + 2, 3 × width + 2, which the
        // shape derives from the size of that layer's input; buffers were made for the same shape; the set is
        // available, since only `InstructionSet::available` makes one that is used here.
        unsafe {
            dispatch::convolve_pool(
                self.set,
                self.first_input(input),
                self.weight1.as_ptr(),
                self.bias1.as_ptr(),
                height1,
                width1,
                pool1.as_mut_ptr(),
                mask1.as_mut_ptr(),
            );
            dispatch::convolve_pool(
                self.set,
                self.second_input(pool1),
                self.weight2.as_ptr(),
                self.bias2.as_ptr(),
                height2,
                width2,
                pool2.as_mut_ptr(),
                mask2.as_mut_ptr(),
            );
        }
    }

    /// The gradients of the parameters, given `scratch.by_pool2` and what [`Convolutions::forward`] left of this input.
    pub(super) fn backward(
        &self,
        input: &[f32],
        activations: &Activations,
        scratch: &mut Scratch,
        gradients: &mut ConvolutionGradients,
    ) {
        gradients.clear();
        self.backward_second(activations, scratch, gradients);
        self.backward_first(input, activations, scratch, gradients);
    }

    fn backward_second(&self, activations: &Activations, scratch: &mut Scratch, gradients: &mut ConvolutionGradients) {
        let ((_, width1), (height2, width2)) = (self.shape.pool1(), self.shape.pool2());
        let (spread_row, by_pool1_row) = row_lengths(&self.shape);
        let input = self.second_input(&activations.pool1);
        // row 0, column 0 of the second convolution's output
        let origin = 2 * spread_row + 2 * FEATURES;
        for y in 0..height2 {
            // SAFETY: `spread2` has 3 × height2 rows from `origin` on, each with room for 3 × width2 pixels; see
            // `forward` for the rest.
            unsafe {
                let rows = scratch.spread2.as_mut_ptr().add(origin + 3 * y * spread_row);
                dispatch::unpool(
                    self.set,
                    scratch.by_pool2.as_ptr().add(y * width2 * FEATURES),
                    activations.mask2.as_ptr().add(y * width2),
                    width2,
                    rows,
                    spread_row,
                    gradients.bias2.as_mut_ptr(),
                );
                for first in (0..width2).step_by(STRIP) {
                    let count = STRIP.min(width2 - first);
                    let seen = Strided { data: input.data.add(3 * y * input.row + 3 * first * input.column), ..input };
                    let spread = rows.add(3 * first * FEATURES);
                    let gradient = gradients.weight2.as_mut_ptr();
                    dispatch::weight_gradient(self.set, seen, spread, spread_row, 3 * count, gradient);
                }
            }
        }
        let padded = width1.next_multiple_of(PIXELS);
        for (y, row) in scratch.by_pool1.chunks_exact_mut(by_pool1_row).enumerate() {
            if y >= 3 * height2 + 2 {
                // rows that the pooling dropped
                row.fill(0.0);
                continue;
            }
            // SAFETY: rows y - 2 to y of the output lie within the two rows of zeros around it; a row has two columns
            // of zeros before and `padded` columns after its origin.
            unsafe {
                let spread = scratch.spread2.as_ptr().add(origin + y * spread_row);
                let weights = self.weight2_transposed.as_ptr();
                dispatch::input_gradient(self.set, spread, spread_row, weights, padded, row.as_mut_ptr());
            }
        }
    }

    fn backward_first(
        &self,
        input: &[f32],
        activations: &Activations,
        scratch: &mut Scratch,
        gradients: &mut ConvolutionGradients,
    ) {
        let (height1, width1) = self.shape.pool1();
        let (_, by_pool1_row) = row_lengths(&self.shape);
        let input = self.first_input(input);
        let spread_row = 3 * STRIP * FEATURES;
        for y in 0..height1 {
            for first in (0..width1).step_by(STRIP) {
                let count = STRIP.min(width1 - first);
                // SAFETY: the strip holds three rows of 3 × STRIP pixels; see `forward` for the rest.
                unsafe {
                    dispatch::unpool(
                        self.set,
                        scratch.by_pool1.as_ptr().add(y * by_pool1_row + first * FEATURES),
                        activations.mask1.as_ptr().add(y * width1 + first),
                        count,
                        scratch.spread1.as_mut_ptr(),
                        spread_row,
                        gradients.bias1.as_mut_ptr(),
                    );
                    let seen = Strided { data: input.data.add(3 * y * input.row + 3 * first * input.column), ..input };
                    let spread = scratch.spread1.as_ptr();
                    let gradient = gradients.weight1.as_mut_ptr();
                    dispatch::weight_gradient(self.set, seen, spread, spread_row, 3 * count, gradient);
                }
            }
        }
    }
}
