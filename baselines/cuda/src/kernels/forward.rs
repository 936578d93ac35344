//! From inputs to features and outputs.

use super::{Kernels, NONE, launch};
use crate::{
    machine::{Argument, Launch, Memory},
    spec::{FEATURES, Precision},
    workspace::{Encoder, Seen, Workspace},
};

/// Pooled columns of a block of the first convolution.
const COLUMNS1: usize = 112;
impl Kernels {
    /// Numbers of an encoder's weights in the order of the convolutions.
    pub(crate) fn fragments(&self) -> usize {
        self.halves() * (5 + 18 + 18) * 256
    }

    /// An encoder's weights, which have changed, in the order of the convolutions.
    pub(crate) fn pack(&self, encoder: &Encoder<'_>) -> Vec<Launch> {
        let [w1, b1, w2, _, w3, _] = encoder.weights;
        let (scale, channels) = (encoder.input_scale, self.shape.channels);
        let count = FEATURES * self.shape.projected();
        vec![
            launch("largest", [128, 1, 1], 256, 32, arguments![w3, count, encoder.maxima]),
            launch("scales_of", [1, 1, 1], 1024, 4608, arguments![w1, b1, w2, scale, encoder.scales, channels]),
            launch(
                format!("fragments_{}", self.kind()),
                [41, 1, 1],
                256,
                0,
                arguments![w1, w2, scale, encoder.scales, encoder.fragments, channels],
            ),
        ]
    }

    /// From inputs to what the last ReLU gets.
    pub(crate) fn forward(&self, encoder: &Encoder<'_>, seen: &Seen<'_>, at: &Workspace, images: usize) -> Vec<Launch> {
        let [_, b1, _, b2, w3, b3] = encoder.weights;
        let ((height1, width1), (height2, width2)) = (self.shape.pool1(), self.shape.pool2());
        let (kind, channels) = (self.kind(), self.channels());
        let (bits1, bits2) = match &at.back {
            None => (NONE, NONE),
            Some(back) => ((&back.bits1).into(), (&back.bits2).into()),
        };
        let bits = if at.back.is_some() { "_bits" } else { "" };
        let (rows1, shared1) = if self.is_exact() { (2, 96_832) } else { (4, 80_896) };
        let (small, rows2, shared2) = match self.precision {
            Precision::Fast => ("", 5, 72_832),
            Precision::Exact if self.limits.shared_per_block < 108_800 => ("_small", 4, 89_600),
            Precision::Exact => ("", 5, 108_800),
        };
        let (slices, projected) = (self.slices(), self.shape.projected());
        vec![
            launch(
                format!("conv1_{kind}_{channels}{bits}"),
                [width1.div_ceil(COLUMNS1), height1.div_ceil(rows1), images],
                224,
                shared1,
                arguments![
                    &seen.inputs.x,
                    seen.planes,
                    seen.which,
                    seen.drop,
                    encoder.fragments,
                    b1,
                    encoder.scales,
                    &at.pooled1,
                    bits1,
                    self.sizes()
                ],
            ),
            launch(
                format!("conv2_{kind}{small}{bits}"),
                [width2.div_ceil(16), height2.div_ceil(rows2), images],
                32 * rows2,
                shared2,
                arguments![&at.pooled1, encoder.fragments, b2, encoder.scales, &at.pooled2, bits2, self.sizes()],
            ),
            launch(
                "project",
                [slices, images.div_ceil(32), 1],
                256,
                17_408,
                arguments![&at.pooled2, w3, &at.slices, images, projected],
            ),
            launch(
                "project_sum",
                [(images * FEATURES).div_ceil(256), 1, 1],
                256,
                0,
                arguments![&at.slices, b3, &at.z, images, slices],
            ),
        ]
    }

    /// Outputs from what the last ReLU gets.
    pub(crate) fn answers(
        &self,
        encoder: &Encoder<'_>,
        at: &Workspace,
        (outputs, first): (&Memory, usize),
        images: usize,
    ) -> Launch {
        let arguments = arguments![&at.z, encoder.head[0], encoder.head[1], outputs.at(4 * first), images];
        launch("answers", [images.div_ceil(8), 1, 1], 256, 0, arguments)
    }
}
