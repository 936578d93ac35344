//! The kernels' names, grids and arguments, as `kernels/README.md` has them.
//!
//! * `assembly`, the kernels as the driver gets them
//! * `input`, differences of maps, made and cleaned
//! * `forward`, from inputs to outputs
//! * `backward`, from outputs to gradients, and a step along them

/// Arguments of whatever type.
macro_rules! arguments {
    ($($argument:expr),* $(,)?) => { [$(Argument::from($argument)),*] };
}

mod assembly;
mod backward;
mod forward;
mod input;

use crate::{
    error::CudaError,
    machine::{Argument, Launch, Limits},
    spec::{Precision, Shape},
};

pub(crate) use assembly::{compiled_for, driver_for, ptx};

/// Inputs of the projection that a block adds up.
const SLICE: usize = 320;

/// Launches for maps of one shape.
#[derive(Clone, Debug)]
pub(crate) struct Kernels {
    pub(crate) shape: Shape,
    pub(crate) precision: Precision,
    limits: Limits,
}

fn launch<const N: usize>(
    kernel: impl Into<String>,
    grid: [usize; 3],
    threads: usize,
    shared: usize,
    arguments: [Argument; N],
) -> Launch {
    let word = |value: usize| u32::try_from(value).expect("grids are small");
    Launch {
        kernel: kernel.into(),
        grid: grid.map(word),
        threads: word(threads),
        shared: word(shared),
        arguments: arguments.into(),
    }
}

const NONE: Argument = Argument::Address(0);

impl Kernels {
    /// For maps of this shape, on a machine of these limits.
    pub(crate) fn new(shape: Shape, precision: Precision, limits: Limits) -> Result<Self, CudaError> {
        let kernels = Self { shape, precision, limits };
        let most = match precision {
            Precision::Fast => 100_480,
            Precision::Exact => 100_864,
        };
        let cleaning = kernels.cleaning_shared();
        if limits.shared_per_block < most.max(cleaning as u32) {
            return Err(CudaError::Unsupported(format!(
                "maps of {} channels and {} cycles on a card with {} KiB of shared memory in a block",
                shape.channels,
                shape.height,
                limits.shared_per_block >> 10
            )));
        }
        Ok(kernels)
    }

    /// What the kernels of this precision are called by.
    fn kind(&self) -> &'static str {
        self.precision.name()
    }

    /// Half-precision numbers per operand.
    pub(crate) fn halves(&self) -> usize {
        match self.precision {
            Precision::Fast => 1,
            Precision::Exact => 2,
        }
    }

    fn is_exact(&self) -> bool {
        self.precision == Precision::Exact
    }

    /// Of the convolutions' weights by the channels that they read.
    fn channels(&self) -> &'static str {
        match self.shape.channels {
            1 | 2 => "c2",
            _ => "c8",
        }
    }

    /// The kernels' `Shape`.
    fn sizes(&self) -> [i32; 7] {
        let Shape { channels, height, width } = self.shape;
        let ((height1, width1), (height2, width2)) = (self.shape.pool1(), self.shape.pool2());
        [channels, height, width, height1, width1, height2, width2].map(|size| size as i32)
    }

    fn cleaning_shared(&self) -> usize {
        4 * self.shape.width * self.shape.channels
    }

    /// Slices of the projection's sums.
    pub(crate) fn slices(&self) -> usize {
        self.shape.projected().div_ceil(SLICE)
    }

    /// Most inputs that go through an encoder together.
    pub(crate) fn portion(&self) -> usize {
        self.limits.portion
    }

    /// Blocks that add up gradients: of the first convolution, of the second.
    pub(crate) fn blocks(&self) -> (usize, usize) {
        let blocks = self.limits.blocks as usize;
        (if self.is_exact() { blocks } else { 2 * blocks }, 2 * blocks)
    }
}
