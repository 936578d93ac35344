//! Sixteen f32 at once, on whatever the processor has.

/// A vector of sixteen f32.
///
/// # Safety
/// Every method may only be called on a processor that has the instructions of the implementing type; pointers must be
/// valid for sixteen f32 (or one, for [`Lanes::splat`]).
pub(super) trait Lanes: Copy {
    unsafe fn zero() -> Self;
    /// The value at `source` in every lane.
    unsafe fn splat(source: *const f32) -> Self;
    unsafe fn load(source: *const f32) -> Self;
    unsafe fn store(self, target: *mut f32);
    /// self + a × b
    unsafe fn add_product(self, a: Self, b: Self) -> Self;
    /// self + factor × other
    unsafe fn add_scaled(self, factor: f32, other: Self) -> Self;
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn subtract(self, other: Self) -> Self;
    unsafe fn scale(self, factor: f32) -> Self;
    /// Bit i is set where lane i is above zero or NaN: what a ReLU lets through, so that a NaN shows in the loss.
    unsafe fn positive(self) -> u16;
    /// The lanes whose bit is set, zero elsewhere.
    unsafe fn keep(self, mask: u16) -> Self;
}

/// Plain arrays, for processors without the instructions below; compilers vectorise them as far as they can.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; 16]);

impl Lanes for Portable {
    #[inline(always)]
    unsafe fn zero() -> Self {
        Self([0.0; 16])
    }

    #[inline(always)]
    unsafe fn splat(source: *const f32) -> Self {
        Self([unsafe { *source }; 16])
    }

    #[inline(always)]
    unsafe fn load(source: *const f32) -> Self {
        Self(unsafe { source.cast::<[f32; 16]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, target: *mut f32) {
        unsafe { target.cast::<[f32; 16]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn add_product(mut self, a: Self, b: Self) -> Self {
        for lane in 0..16 {
            self.0[lane] += a.0[lane] * b.0[lane];
        }
        self
    }

    #[inline(always)]
    unsafe fn add_scaled(mut self, factor: f32, other: Self) -> Self {
        for lane in 0..16 {
            self.0[lane] += factor * other.0[lane];
        }
        self
    }

    #[inline(always)]
    unsafe fn add(mut self, other: Self) -> Self {
        for lane in 0..16 {
            self.0[lane] += other.0[lane];
        }
        self
    }

    #[inline(always)]
    unsafe fn subtract(mut self, other: Self) -> Self {
        for lane in 0..16 {
            self.0[lane] -= other.0[lane];
        }
        self
    }

    #[inline(always)]
    unsafe fn scale(self, factor: f32) -> Self {
        Self(self.0.map(|value| value * factor))
    }

    #[inline(always)]
    unsafe fn positive(self) -> u16 {
        self.0
            .iter()
            .enumerate()
            .fold(0, |mask, (lane, &value)| mask | u16::from(value > 0.0 || value.is_nan()) << lane)
    }

    #[inline(always)]
    unsafe fn keep(mut self, mask: u16) -> Self {
        for lane in 0..16 {
            if mask & (1 << lane) == 0 {
                self.0[lane] = 0.0;
            }
        }
        self
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Lanes;

    /// One 512-bit register.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512(__m512);

    impl Lanes for Avx512 {
        #[inline(always)]
        unsafe fn zero() -> Self {
            Self(unsafe { _mm512_setzero_ps() })
        }

        #[inline(always)]
        unsafe fn splat(source: *const f32) -> Self {
            Self(unsafe { _mm512_set1_ps(*source) })
        }

        #[inline(always)]
        unsafe fn load(source: *const f32) -> Self {
            Self(unsafe { _mm512_loadu_ps(source) })
        }

        #[inline(always)]
        unsafe fn store(self, target: *mut f32) {
            unsafe { _mm512_storeu_ps(target, self.0) }
        }

        #[inline(always)]
        unsafe fn add_product(self, a: Self, b: Self) -> Self {
            Self(unsafe { _mm512_fmadd_ps(a.0, b.0, self.0) })
        }

        #[inline(always)]
        unsafe fn add_scaled(self, factor: f32, other: Self) -> Self {
            Self(unsafe { _mm512_fmadd_ps(_mm512_set1_ps(factor), other.0, self.0) })
        }

        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            Self(unsafe { _mm512_add_ps(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn subtract(self, other: Self) -> Self {
            Self(unsafe { _mm512_sub_ps(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn scale(self, factor: f32) -> Self {
            Self(unsafe { _mm512_mul_ps(self.0, _mm512_set1_ps(factor)) })
        }

        #[inline(always)]
        unsafe fn positive(self) -> u16 {
            unsafe { _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(self.0, _mm512_setzero_ps()) }
        }

        #[inline(always)]
        unsafe fn keep(self, mask: u16) -> Self {
            Self(unsafe { _mm512_maskz_mov_ps(mask, self.0) })
        }
    }

    /// Two 256-bit registers.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(__m256, __m256);

    impl Lanes for Avx2 {
        #[inline(always)]
        unsafe fn zero() -> Self {
            unsafe { Self(_mm256_setzero_ps(), _mm256_setzero_ps()) }
        }

        #[inline(always)]
        unsafe fn splat(source: *const f32) -> Self {
            let value = unsafe { _mm256_broadcast_ss(&*source) };
            Self(value, value)
        }

        #[inline(always)]
        unsafe fn load(source: *const f32) -> Self {
            unsafe { Self(_mm256_loadu_ps(source), _mm256_loadu_ps(source.add(8))) }
        }

        #[inline(always)]
        unsafe fn store(self, target: *mut f32) {
            unsafe {
                _mm256_storeu_ps(target, self.0);
                _mm256_storeu_ps(target.add(8), self.1);
            }
        }

        #[inline(always)]
        unsafe fn add_product(self, a: Self, b: Self) -> Self {
            unsafe { Self(_mm256_fmadd_ps(a.0, b.0, self.0), _mm256_fmadd_ps(a.1, b.1, self.1)) }
        }

        #[inline(always)]
        unsafe fn add_scaled(self, factor: f32, other: Self) -> Self {
            unsafe {
                let factor = _mm256_set1_ps(factor);
                Self(_mm256_fmadd_ps(factor, other.0, self.0), _mm256_fmadd_ps(factor, other.1, self.1))
            }
        }

        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            unsafe { Self(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
        }

        #[inline(always)]
        unsafe fn subtract(self, other: Self) -> Self {
            unsafe { Self(_mm256_sub_ps(self.0, other.0), _mm256_sub_ps(self.1, other.1)) }
        }

        #[inline(always)]
        unsafe fn scale(self, factor: f32) -> Self {
            unsafe {
                let factor = _mm256_set1_ps(factor);
                Self(_mm256_mul_ps(self.0, factor), _mm256_mul_ps(self.1, factor))
            }
        }

        #[inline(always)]
        unsafe fn positive(self) -> u16 {
            unsafe {
                let zero = _mm256_setzero_ps();
                let low = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NLE_UQ>(self.0, zero));
                let high = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NLE_UQ>(self.1, zero));
                (low | high << 8) as u16
            }
        }

        #[inline(always)]
        unsafe fn keep(self, mask: u16) -> Self {
            unsafe {
                let bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
                let half = |value, mask: u16| {
                    let set = _mm256_and_si256(_mm256_set1_epi32(i32::from(mask)), bits);
                    _mm256_and_ps(value, _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, bits)))
                };
                Self(half(self.0, mask & 0xff), half(self.1, mask >> 8))
            }
        }
    }
}
