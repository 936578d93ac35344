//! One entry per kernel: picks the instruction set that the processor has.

#![expect(clippy::too_many_arguments, reason = "kernels take plain pointers and extents; the buffers are in `layers`")]

use std::{env, sync::OnceLock};

#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};
use super::{
    kernels::{self, Planes, WindowMask},
    lanes::Portable,
    winograd::{self, Patches},
};

/// Instruction sets with kernels of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// Whatever the compiler makes of plain loops.
    Portable,
    /// AVX2 with fused multiply-add.
    Avx2,
    /// AVX-512 F.
    Avx512,
}

/// Environment variable that asks for an instruction set by its name.
pub(in crate::encoder) const INSTRUCTIONS_VARIABLE: &str = "BATLINET_INSTRUCTIONS";

impl InstructionSet {
    /// Those that this processor has, the fastest first.
    pub fn available() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                sets.push(Self::Avx512);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                sets.push(Self::Avx2);
            }
        }
        sets.push(Self::Portable);
        sets
    }

    /// The one in use: the fastest that the processor has, or the one that the environment variable
    /// `BATLINET_INSTRUCTIONS` (`avx512`, `avx2`, `portable`) asks for, if the processor has it.
    pub fn in_use() -> Self {
        static CHOICE: OnceLock<InstructionSet> = OnceLock::new();
        *CHOICE.get_or_init(|| {
            let available = Self::available();
            let asked = env::var(INSTRUCTIONS_VARIABLE).ok();
            let wanted = available.iter().copied().find(|set| asked.as_deref() == Some(set.name()));
            wanted.unwrap_or(available[0])
        })
    }

    /// As the environment variable spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

/// Gives `$name` a version per instruction set, each compiled for it, and a function that chooses.
macro_rules! kernel {
    ($module:ident::$name:ident [$($wide:expr),*] [$($narrow:expr),*] ($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)?) => {
        /// See the kernel of this name.
        ///
        /// # Safety
        /// As in [`kernels`]; `set` must be available.
        pub(super) unsafe fn $name(set: InstructionSet, $($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f")]
            unsafe fn avx512($($argument: $type),*) $(-> $result)? {
                unsafe { $module::$name::<Avx512, $($wide),*>($($argument),*) }
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2($($argument: $type),*) $(-> $result)? {
                unsafe { $module::$name::<Avx2, $($narrow),*>($($argument),*) }
            }

            unsafe {
                match set {
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx512 => avx512($($argument),*),
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx2 => avx2($($argument),*),
                    _ => $module::$name::<Portable, $($narrow),*>($($argument),*),
                }
            }
        }
    };
}

kernel!(kernels::convolve_pool [true] [false] (
    input: Planes<'_>,
    weights: *const f32,
    bias: *const f32,
    height: usize,
    width: usize,
    pooled: *mut f32,
    masks: *mut WindowMask,
));

kernel!(kernels::unpool [] [] (
    by_pooled: *const f32,
    masks: *const WindowMask,
    count: usize,
    spread: *mut f32,
    spread_row: usize,
    bias_gradient: *mut f32,
));

kernel!(kernels::weight_gradient [true] [false] (
    input: Planes<'_>,
    spread: *const f32,
    spread_row: usize,
    width: usize,
    gradient: *mut f32,
));

kernel!(winograd::transform_inputs [] [] (
    inputs: *const f32,
    patches: Patches,
    windows: (usize, usize),
    block: *mut f32,
) -> u32);

kernel!(winograd::multiply [6, 2] [6, 1] (
    block: *const f32,
    channels: &[usize],
    weights: *const f32,
    count: usize,
    product: *mut f32,
));

kernel!(winograd::add_weight_gradient [true] [false] (
    inputs: *const f32,
    patches: Patches,
    windows: (usize, usize),
    channels: &[usize],
    spread: *const f32,
    gradient: *mut f32,
));

kernel!(winograd::pool_outputs [] [] (
    block: *const f32,
    bias: *const f32,
    count: usize,
    pooled: *mut f32,
    masks: *mut WindowMask,
));

kernel!(winograd::unpool_outputs [] [] (
    by_pooled: *const f32,
    masks: *const WindowMask,
    count: usize,
    spread: *mut f32,
    block: *mut f32,
    bias_gradient: *mut f32,
) -> u32);

kernel!(winograd::add_input_gradient [] [] (
    block: *const f32,
    patches: Patches,
    windows: (usize, usize),
    by_inputs: *mut f32,
));

kernel!(kernels::projection_gradient [] [] (
    inputs: &[*const f32],
    by_output: *const f32,
    first: usize,
    count: usize,
    gradient: *mut f32,
));

kernel!(kernels::projection_input_gradient [8] [2] (
    by_outputs: *const f32,
    transposed: *const f32,
    terms: usize,
    by_inputs: &[*mut f32],
));

kernel!(kernels::project [8] [2] (
    inputs: &[*const f32],
    weights: *const f32,
    bias: *const f32,
    terms: usize,
    outputs: *mut f32,
));
