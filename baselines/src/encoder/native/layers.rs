//! One input through the two convolutions and back: the buffers, and the order in which the kernels fill them.

use super::{
    super::EncoderShape,
    dispatch::{self, InstructionSet},
    kernels::{FEATURES, Planes, WindowMask},
    winograd::{BLOCK, PATCHES, Patches},
};

/// Windows whose output gradients are spread at once: three rows of them, with the input they see, stay in the
/// first-level cache.
const STRIP: usize = 12;

/// Weights of the two convolutions, as the kernels read them.
#[derive(Clone, Copy)]
pub(super) struct Convolutions<'a> {
    pub(super) set: InstructionSet,
    pub(super) shape: EncoderShape,
    /// `[channels][3][3][32]`
    pub(super) weight1: &'a [f32],
    pub(super) bias1: &'a [f32],
    /// In transformed space ([`super::winograd`]): `[25][in][out]`
    pub(super) weight2: &'a [f32],
    /// `[25][out][in]`
    pub(super) weight2_transposed: &'a [f32],
    pub(super) bias2: &'a [f32],
}

/// What the way back needs to know of the way there.
pub(super) struct Activations {
    /// Channels of the input that are not zero throughout.
    channels: Vec<usize>,
    pool1: Vec<f32>,
    mask1: Vec<WindowMask>,
    /// A bit for each channel of pool1 that is not zero throughout a block of the second pooling's windows.
    heard: Vec<u32>,
    /// The input of the projection, `[height][width][32]`.
    pub(super) pool2: Vec<f32>,
    mask2: Vec<WindowMask>,
}

impl Activations {
    pub(super) fn new(shape: &EncoderShape) -> Self {
        let ((height1, width1), (height2, width2)) = (shape.pool1(), shape.pool2());
        Self {
            channels: Vec::with_capacity(shape.channels),
            pool1: vec![0.0; height1 * width1 * FEATURES],
            mask1: vec![[0; 9]; height1 * width1],
            heard: Vec::with_capacity((height2 * width2).div_ceil(PATCHES)),
            pool2: vec![0.0; height2 * width2 * FEATURES],
            mask2: vec![[0; 9]; height2 * width2],
        }
    }
}

/// Gradients from one input.
pub(super) struct Gradients {
    /// By pool2, where the convolutions' way back begins.
    pub(super) by_pool2: Vec<f32>,
    pub(super) weight1: Vec<f32>,
    pub(super) bias1: Vec<f32>,
    pub(super) weight2: Vec<f32>,
    pub(super) bias2: Vec<f32>,
}

impl Gradients {
    pub(super) fn new(shape: &EncoderShape) -> Self {
        let (height2, width2) = shape.pool2();
        Self {
            by_pool2: vec![0.0; height2 * width2 * FEATURES],
            weight1: vec![0.0; shape.channels * 9 * FEATURES],
            bias1: vec![0.0; FEATURES],
            weight2: vec![0.0; FEATURES * 9 * FEATURES],
            bias2: vec![0.0; FEATURES],
        }
    }

    fn clear_parameters(&mut self) {
        for values in [&mut self.weight1, &mut self.bias1, &mut self.weight2, &mut self.bias2] {
            values.fill(0.0);
        }
    }
}

/// Working memory of one thread.
pub(super) struct Scratch {
    /// Gradient by pool1.
    by_pool1: Vec<f32>,
    /// Gradient by a strip of the first convolution's output.
    spread1: Vec<f32>,
    /// Gradient by a block of the second convolution's output.
    spread2: Vec<f32>,
    /// A block in transformed space before and after the product with the weights.
    block: Vec<f32>,
    product: Vec<f32>,
    /// The channels that are not zero throughout a block.
    channels: Vec<usize>,
}

impl Scratch {
    pub(super) fn new(shape: &EncoderShape) -> Self {
        let (height1, width1) = shape.pool1();
        Self {
            by_pool1: vec![0.0; height1 * width1 * FEATURES],
            spread1: vec![0.0; 3 * 3 * STRIP * FEATURES],
            spread2: vec![0.0; PATCHES * 9 * FEATURES],
            block: vec![0.0; BLOCK],
            product: vec![0.0; BLOCK],
            channels: Vec::with_capacity(FEATURES),
        }
    }
}

/// The channels whose bit is set.
fn list(bits: u32, channels: &mut Vec<usize>) {
    channels.clear();
    channels.extend((0..FEATURES).filter(|channel| bits & 1 << channel != 0));
}

impl Convolutions<'_> {
    fn first_input<'a>(&self, input: &[f32], channels: &'a [usize]) -> Planes<'a> {
        let EncoderShape { channels: count, height, width, .. } = self.shape;
        assert_eq!(input.len(), count * height * width, "an input has channels × height × width values");
        Planes { data: input.as_ptr(), channels, plane: height * width, row: width }
    }

    fn patches(&self) -> Patches {
        Patches { row: self.shape.pool1().1 * FEATURES, windows: self.shape.pool2().1 }
    }

    /// The windows of the second pooling in blocks: the first of each, and how many there are.
    fn blocks(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (height2, width2) = self.shape.pool2();
        let windows = height2 * width2;
        (0..windows).step_by(PATCHES).map(move |first| (first, PATCHES.min(windows - first)))
    }

    /// Fills `activations` from one input.
    pub(super) fn forward(&self, input: &[f32], scratch: &mut Scratch, activations: &mut Activations) {
        let (height1, width1) = self.shape.pool1();
        let Activations { channels, pool1, mask1, heard, pool2, mask2 } = activations;
        heard.clear();
        let planes = input.chunks_exact(self.shape.height * self.shape.width).enumerate();
        channels.clear();
        channels
            .extend(planes.filter(|(_, plane)| plane.iter().any(|value| *value != 0.0)).map(|(channel, _)| channel));
        // SAFETY: windows 0..height × 0..width of a layer read pixels up to 3 × height + 2, 3 × width + 2, which the
        // shape derives from the size of that layer's input; buffers were made for the same shape, and blocks hold
        // `PATCHES` windows; the set is available, since only `InstructionSet::available` makes one that is used here.
        unsafe {
            dispatch::convolve_pool(
                self.set,
                self.first_input(input, channels),
                self.weight1.as_ptr(),
                self.bias1.as_ptr(),
                height1,
                width1,
                pool1.as_mut_ptr(),
                mask1.as_mut_ptr(),
            );
            let (block, product) = (scratch.block.as_mut_ptr(), scratch.product.as_mut_ptr());
            for (first, count) in self.blocks() {
                let windows = (first, count);
                let above_zero = dispatch::transform_inputs(self.set, pool1.as_ptr(), self.patches(), windows, block);
                heard.push(above_zero);
                list(above_zero, &mut scratch.channels);
                dispatch::multiply(self.set, block, &scratch.channels, self.weight2.as_ptr(), count, product);
                let (pooled, masks) = (pool2.as_mut_ptr().add(first * FEATURES), mask2.as_mut_ptr().add(first));
                dispatch::pool_outputs(self.set, product, self.bias2.as_ptr(), count, pooled, masks);
            }
        }
    }

    /// The gradients of the parameters, given `gradients.by_pool2` and what [`Convolutions::forward`] left of this input.
    pub(super) fn backward(
        &self,
        input: &[f32],
        activations: &Activations,
        scratch: &mut Scratch,
        gradients: &mut Gradients,
    ) {
        gradients.clear_parameters();
        self.backward_second(activations, scratch, gradients);
        self.backward_first(input, activations, scratch, gradients);
    }

    fn backward_second(&self, activations: &Activations, scratch: &mut Scratch, gradients: &mut Gradients) {
        scratch.by_pool1.fill(0.0);
        let (block, product) = (scratch.block.as_mut_ptr(), scratch.product.as_mut_ptr());
        let spread = scratch.spread2.as_mut_ptr();
        for ((first, count), &heard) in self.blocks().zip(&activations.heard) {
            let windows = (first, count);
            // SAFETY: as in `forward`; `by_pool1` is as large as pool1.
            unsafe {
                let passed = dispatch::unpool_outputs(
                    self.set,
                    gradients.by_pool2.as_ptr().add(first * FEATURES),
                    activations.mask2.as_ptr().add(first),
                    count,
                    spread,
                    block,
                    gradients.bias2.as_mut_ptr(),
                );
                list(heard, &mut scratch.channels);
                let (pool1, gradient) = (activations.pool1.as_ptr(), gradients.weight2.as_mut_ptr());
                let (set, patches, channels) = (self.set, self.patches(), &mut scratch.channels);
                dispatch::add_weight_gradient(set, pool1, patches, windows, channels, spread, gradient);
                list(passed, channels);
                dispatch::multiply(set, block, channels, self.weight2_transposed.as_ptr(), count, product);
                dispatch::add_input_gradient(set, product, patches, windows, scratch.by_pool1.as_mut_ptr());
            }
        }
    }

    fn backward_first(
        &self,
        input: &[f32],
        activations: &Activations,
        scratch: &mut Scratch,
        gradients: &mut Gradients,
    ) {
        let (height1, width1) = self.shape.pool1();
        let input = self.first_input(input, &activations.channels);
        let spread_row = 3 * STRIP * FEATURES;
        for y in 0..height1 {
            for first in (0..width1).step_by(STRIP) {
                let count = STRIP.min(width1 - first);
                // SAFETY: the strip holds three rows of 3 × STRIP pixels; see `forward` for the rest.
                unsafe {
                    dispatch::unpool(
                        self.set,
                        scratch.by_pool1.as_ptr().add((y * width1 + first) * FEATURES),
                        activations.mask1.as_ptr().add(y * width1 + first),
                        count,
                        scratch.spread1.as_mut_ptr(),
                        spread_row,
                        gradients.bias1.as_mut_ptr(),
                    );
                    let seen = Planes { data: input.data.add(3 * y * input.row + 3 * first), ..input };
                    let spread = scratch.spread1.as_ptr();
                    let gradient = gradients.weight1.as_mut_ptr();
                    dispatch::weight_gradient(self.set, seen, spread, spread_row, 3 * count, gradient);
                }
            }
        }
    }
}
