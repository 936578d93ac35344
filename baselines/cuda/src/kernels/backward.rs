//! From outputs to gradients, and a step along them.

use super::{Kernels, NONE, launch};
use crate::{
    machine::{Argument, Launch, Memory},
    spec::Adam,
    workspace::{Encoder, HeadTraining, Seen, Workspace},
};

impl Kernels {
    /// Loss and its derivatives by what the last ReLU gets and by the head's weights.
    pub(crate) fn head(&self, encoder: &Encoder<'_>, at: &Workspace, head: &HeadTraining<'_>) -> Launch {
        let HeadTraining { wanted, targets, per_target, weight, losses, counter, adds_to_head, adds_to_loss } = *head;
        let back = at.back.as_ref().expect("a workspace for training");
        let [by_weight, by_bias] = encoder.head_gradients;
        launch(
            "head",
            [1, 1, 1],
            1024,
            8 * targets + 4 * (targets * per_target).next_multiple_of(4) + 4224,
            arguments![
                &at.z,
                encoder.head[0],
                encoder.head[1],
                wanted,
                targets,
                per_target,
                weight,
                encoder.maxima,
                encoder.scales,
                &back.dz,
                &back.outputs,
                by_weight,
                by_bias,
                i32::from(adds_to_head),
                losses,
                counter,
                i32::from(adds_to_loss),
                // who trains looks at the largest output
                0.0_f32,
                NONE
            ],
        )
    }

    /// From there to the gradients of the encoder; added to those that are there, for another part of a batch.
    ///
    /// First what leads to the second pooling; then, side by side, the gradients of the projection, which do not even wait
    /// for that, of the second and of the first convolution.
    pub(crate) fn backward(
        &self,
        encoder: &Encoder<'_>,
        seen: &Seen<'_>,
        at: &Workspace,
        images: usize,
        adds: bool,
    ) -> [Vec<Launch>; 4] {
        let back = at.back.as_ref().expect("a workspace for training");
        let [by_w1, by_b1, by_w2, by_b2, by_w3, by_b3] = encoder.gradients;
        let w3 = encoder.weights[4];
        let (kind, channels, adds) = (self.kind(), self.channels(), i32::from(adds));
        let (height1, width1) = self.shape.pool1();
        let projected = self.shape.projected();
        let (blocks1, blocks2) = self.blocks();
        let (shared2, rows, shared_x) = if self.is_exact() { (88_064, 8, 100_864) } else { (100_480, 16, 76_032) };
        let (grid1, shared1) = if self.is_exact() { ([blocks1, 2, 1], 86_656) } else { ([blocks1, 1, 1], 75_904) };
        let back_to_second = vec![launch(
            format!("back_{kind}"),
            [projected.div_ceil(512), images.div_ceil(32), 1],
            256,
            4096,
            arguments![&back.dz, w3, encoder.scales, &back.d2, images, projected],
        )];
        let of_projection = vec![launch(
            "grad3",
            [projected.div_ceil(128), 1, 1],
            128,
            8192,
            arguments![&back.dz, &at.pooled2, by_w3, by_b3, images, projected, adds],
        )];
        let of_second = vec![
            launch(
                format!("grad2w_{kind}"),
                [blocks2, 1, 1],
                288,
                shared2,
                arguments![&at.pooled1, &back.d2, &back.bits2, &back.partial2, self.sizes(), images],
            ),
            launch(
                "reduce2",
                [289, 1, 1],
                256,
                1024,
                arguments![&back.partial2, blocks2, encoder.scales, by_w2, by_b2, adds],
            ),
        ];
        let of_first = vec![
            launch(
                format!("grad2x_{kind}"),
                [width1.div_ceil(48), height1.div_ceil(rows), images],
                256,
                shared_x,
                arguments![&back.d2, &back.bits2, encoder.fragments, encoder.scales, &back.d1, self.sizes()],
            ),
            launch(
                format!("grad1_{kind}_{channels}"),
                grid1,
                224,
                shared1,
                arguments![
                    &seen.inputs.x,
                    seen.planes,
                    seen.which,
                    seen.drop,
                    &back.d1,
                    &back.bits1,
                    &back.partial1,
                    self.sizes(),
                    images
                ],
            ),
            launch(
                "reduce1",
                [80, 1, 1],
                256,
                1024,
                arguments![
                    &back.partial1,
                    blocks1,
                    encoder.input_scale,
                    encoder.scales,
                    by_w1,
                    by_b1,
                    self.shape.channels,
                    adds
                ],
            ),
        ];
        [back_to_second, of_projection, of_second, of_first]
    }

    /// To the next step: its record out of the table, which kernels read; `counter` counts steps.
    pub(crate) fn take_step(&self, [table, counter, now]: [&Memory; 3], bytes: usize) -> Launch {
        launch("take_step", [1, 1, 1], 256, 0, arguments![table, counter, now, bytes / 4])
    }

    /// One step of the optimiser on `count` numbers: weights, gradients, moments.
    pub(crate) fn adamw(
        &self,
        adam: Adam,
        count: usize,
        [weights, gradients, first, second]: [&Memory; 4],
        corrections: &Memory,
    ) -> Launch {
        let Adam { learning_rate, betas: (beta1, beta2), epsilon, weight_decay } = adam;
        launch(
            "adamw",
            [count.div_ceil(1024), 1, 1],
            256,
            0,
            arguments![
                weights,
                gradients,
                first,
                second,
                count,
                corrections,
                (1.0 - learning_rate * weight_decay) as f32,
                beta1 as f32,
                (1.0 - beta1) as f32,
                beta2 as f32,
                (1.0 - beta2) as f32,
                epsilon as f32,
                NONE
            ],
        )
    }
}
