//! Memory that inputs pass through on their way to outputs and back.

use std::sync::Arc;

use crate::{
    error::CudaError,
    kernels::Kernels,
    machine::{Argument, Machine, Memory},
    spec::FEATURES,
};

/// Memory for some inputs at once; see `kernels/README.md` for what each holds.
pub(crate) struct Workspace {
    images: usize,
    /// None where inputs are kept elsewhere.
    pub(crate) inputs: Option<Inputs>,
    pub(crate) pooled1: Memory,
    pub(crate) pooled2: Memory,
    pub(crate) slices: Memory,
    pub(crate) z: Memory,
    /// Inputs as maps lie, before and after a Hampel filter, where they are not made in one go.
    pub(crate) planar: Option<(Memory, Memory)>,
    /// For the way back.
    pub(crate) back: Option<Back>,
}

/// Memory that only training needs.
pub(crate) struct Back {
    pub(crate) bits1: Memory,
    pub(crate) bits2: Memory,
    pub(crate) outputs: Memory,
    pub(crate) dz: Memory,
    pub(crate) d2: Memory,
    pub(crate) d1: Memory,
    pub(crate) partial1: Memory,
    pub(crate) partial2: Memory,
}

impl Workspace {
    /// For at most so many inputs, and `per_target` of them at least; fewer if they would be many.
    pub(crate) fn new(
        machine: &Arc<dyn Machine>,
        kernels: &Kernels,
        (images, per_target): (usize, usize),
        (needs_inputs, needs_planar): (bool, bool),
        trains: bool,
    ) -> Result<Self, CudaError> {
        let images = images.min(kernels.portion().max(per_target)).max(1);
        let (shape, halves) = (kernels.shape, kernels.halves());
        let ((height1, width1), (height2, width2)) = (shape.pool1(), shape.pool2());
        let take = |bytes: usize| Memory::new(machine, images * bytes, "hidden layers");
        let pooled1 = halves * height1 * width1 * FEATURES * 2;
        let back = || -> Result<Back, CudaError> {
            let (blocks1, blocks2) = kernels.blocks();
            let partial = |rows: usize| Memory::new(machine, rows * FEATURES * 4, "gradients");
            Ok(Back {
                bits1: take(height1 * 7 * width1.div_ceil(112) * 9 * 32 * 2)?,
                bits2: take(height2 * width2.div_ceil(16) * 9 * 32 * 2)?,
                outputs: take(4)?,
                dz: take(FEATURES * 4)?,
                d2: take(halves * height2 * width2 * FEATURES * 2)?,
                d1: take(pooled1)?,
                partial1: partial(blocks1 * 80)?,
                partial2: partial(blocks2 * 289)?,
            })
        };
        let planar = || -> Result<_, CudaError> { Ok((take(shape.len() * 4)?, take(shape.len() * 4)?)) };
        Ok(Self {
            images,
            inputs: needs_inputs.then(|| Inputs::new(machine, kernels, images)).transpose()?,
            pooled1: take(pooled1)?,
            pooled2: take(shape.projected() * 4)?,
            slices: take(kernels.slices() * FEATURES * 4)?,
            z: take(FEATURES * 4)?,
            planar: needs_planar.then(planar).transpose()?,
            back: trains.then(back).transpose()?,
        })
    }

    /// Whether it would be made anew like this for so many inputs.
    pub(crate) fn serves(&self, kernels: &Kernels, images: usize, needs_planar: bool) -> bool {
        self.images >= images.min(kernels.portion()) && (self.planar.is_some() || !needs_planar)
    }

    /// Most inputs at once.
    pub(crate) fn images(&self) -> usize {
        self.images
    }
}

/// Where an encoder and its head lie.
pub(crate) struct Encoder<'a> {
    /// In the order of [`Shape::tensors`](crate::spec::Shape::tensors).
    pub(crate) weights: [Argument; 6],
    pub(crate) gradients: [Argument; 6],
    /// Weight and bias; no address for none.
    pub(crate) head: [Argument; 2],
    pub(crate) head_gradients: [Argument; 2],
    pub(crate) fragments: &'a Memory,
    pub(crate) scales: &'a Memory,
    pub(crate) maxima: &'a Memory,
    /// Powers of two of the inputs' channels.
    pub(crate) input_scale: &'a Memory,
}

/// Inputs as the convolutions read them, and which of their rows are dropped.
pub(crate) struct Inputs {
    pub(crate) x: Memory,
    pub(crate) stats: Memory,
    pub(crate) drop: Memory,
}

impl Inputs {
    /// A place for so many.
    pub(crate) fn new(machine: &Arc<dyn Machine>, kernels: &Kernels, images: usize) -> Result<Self, CudaError> {
        let take = |bytes: usize| Memory::new(machine, images * bytes, "inputs");
        let rows = kernels.shape.rows();
        Ok(Self { x: take(Self::bytes(kernels))?, stats: take(3 * rows * 4)?, drop: take(rows)? })
    }

    /// Of one of them.
    pub(crate) fn bytes(kernels: &Kernels) -> usize {
        kernels.halves() * kernels.shape.height * kernels.shape.width * 8 * 2
    }
}

/// The inputs that convolutions see.
pub(crate) struct Seen<'a> {
    pub(crate) inputs: &'a Inputs,
    /// How many lie there.
    pub(crate) planes: usize,
    /// Which of them are seen, one after the other; no address for all.
    pub(crate) which: Argument,
    /// [`Inputs::drop`], if any rows are dropped.
    pub(crate) drop: Option<&'a Memory>,
}

/// What the head needs to know of a part of a batch.
#[derive(Clone, Copy)]
pub(crate) struct HeadTraining<'a> {
    /// What the mean of each target's outputs should be.
    pub(crate) wanted: Argument,
    pub(crate) targets: usize,
    pub(crate) per_target: usize,
    /// Of each square in the loss.
    pub(crate) weight: f64,
    pub(crate) losses: &'a Memory,
    /// Of steps.
    pub(crate) counter: &'a Memory,
    /// Whether another part of the batch, or branch, has left its gradients there.
    pub(crate) adds_to_head: bool,
    /// Likewise its loss.
    pub(crate) adds_to_loss: bool,
}
