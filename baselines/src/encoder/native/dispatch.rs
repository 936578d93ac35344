//! One entry per kernel: picks the instruction set that the processor has.

#![expect(clippy::too_many_arguments, reason = "kernels take plain pointers and extents; the buffers are in `layers`")]

use std::{env, sync::OnceLock};

#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};
use super::{
    kernels::{self, Strided, WindowMask},
    lanes::Portable,
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
            let asked = env::var("BATLINET_INSTRUCTIONS").ok();
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
    ($name:ident [$($wide:expr)?] [$($narrow:expr)?] ($($argument:ident: $type:ty),* $(,)?)) => {
        /// See the kernel of this name.
        ///
        /// # Safety
        /// As in [`kernels`]; `set` must be available.
        pub(super) unsafe fn $name(set: InstructionSet, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f")]
            unsafe fn avx512($($argument: $type),*) {
                unsafe { kernels::$name::<Avx512, $($wide)?>($($argument),*) }
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2($($argument: $type),*) {
                unsafe { kernels::$name::<Avx2, $($narrow)?>($($argument),*) }
            }

            unsafe {
                match set {
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx512 => avx512($($argument),*),
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx2 => avx2($($argument),*),
                    _ => kernels::$name::<Portable, $($narrow)?>($($argument),*),
                }
            }
        }
    };
}

/// Neighbouring pixels that [`input_gradient`] works on at once, at most: its rows are padded to a multiple.
pub(super) const PIXELS: usize = 12;

kernel!(convolve_pool [3] [1] (
    input: Strided,
    weights: *const f32,
    bias: *const f32,
    height: usize,
    width: usize,
    pooled: *mut f32,
    masks: *mut WindowMask,
));

kernel!(unpool [] [] (
    by_pooled: *const f32,
    masks: *const WindowMask,
    count: usize,
    spread: *mut f32,
    spread_row: usize,
    bias_gradient: *mut f32,
));

kernel!(weight_gradient [3] [1] (
    input: Strided,
    spread: *const f32,
    spread_row: usize,
    width: usize,
    gradient: *mut f32,
));

kernel!(input_gradient [12] [3] (
    spread: *const f32,
    spread_row: usize,
    weights: *const f32,
    width: usize,
    by_input: *mut f32,
));

kernel!(projection_gradient [] [] (
    inputs: &[*const f32],
    by_output: *const f32,
    first: usize,
    count: usize,
    gradient: *mut f32,
));

kernel!(projection_input_gradient [] [] (
    by_output: *const f32,
    transposed: *const f32,
    terms: usize,
    by_input: *mut f32,
));

kernel!(project [8] [2] (
    inputs: &[*const f32],
    weights: *const f32,
    bias: *const f32,
    terms: usize,
    outputs: *mut f32,
));
