//! Loops compiled for wider registers than every processor has.

/// The widest registers of this processor that loops are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registers {
    /// 512 bits, with F, BW, DQ and VL.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 256 bits.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Those that every processor of the target has.
    Baseline,
}

impl Registers {
    /// Of this processor.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if has_avx512() {
                return Self::Avx512;
            }
            if is_x86_feature_detected!("avx2") {
                return Self::Avx2;
            }
        }
        Self::Baseline
    }

    /// Does `work`, compiled once for each kind of registers. The closure, and what it calls that is to be compiled so, must
    /// be `#[inline(always)]`. The operations and their order are the same for all, so that results do not depend on the
    /// machine: none of these instructions adds and multiplies in one step.
    ///
    /// # Panics
    /// If this processor does not have the registers.
    #[inline(always)]
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                assert!(has_avx512(), "this processor has no such registers");
                // SAFETY: found just now
                unsafe { avx512(work) }
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                assert!(is_x86_feature_detected!("avx2"), "this processor has no such registers");
                // SAFETY: found just now
                unsafe { avx2(work) }
            }
            Self::Baseline => work(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn avx512<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_once_and_alike_whatever_the_registers() {
        let values: Vec<f64> = (0..1000).map(|k| f64::from(k).sin()).collect();
        let mut sums = Vec::new();
        for registers in [Registers::detect(), Registers::Baseline] {
            let mut times = 0;
            let sum: f64 = registers.run(
                #[inline(always)]
                || {
                    times += 1;
                    values.iter().map(|value| value * 1.1 + 0.3).sum()
                },
            );
            assert_eq!(times, 1);
            sums.push(sum.to_bits());
        }
        assert_eq!(sums[0], sums[1]);
    }
}
