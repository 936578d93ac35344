//! Zeroes short stretches of a row that a jump leads into and another leads out of.

use super::CleaningParameters;
use super::outlier::{deviation, total};

/// f64 sums that run side by side; also the width in which hits are looked for.
const LANES: usize = 16;

/// Removes glitches from rows of one length, taken as circular.
///
/// With d_w = |x_(w+1) − x_w|, a jump is a d_w over `threshold` standard deviations (n − 1) of d. The authors mark the
/// element after each jump and the `width` elements to its right, then the element before each jump and the `width`
/// elements to its left, and zero what is marked twice. Between two neighbouring jumps at a and b that is the part of
/// (a, b] that is at most `width` + 1 from a and at most `width` from b; so jumps are enough, and nothing is dilated.
#[derive(Clone, Debug)]
pub(super) struct GlitchRemover {
    width: usize,
    threshold: f32,
    wrap: bool,
    /// d, filled up with zeros to a multiple of [`LANES`].
    jumps: Vec<f32>,
}

impl GlitchRemover {
    pub(super) fn new(row_length: usize, parameters: &CleaningParameters) -> Self {
        Self {
            width: parameters.glitch_width,
            threshold: parameters.glitch_threshold,
            wrap: parameters.glitch_wrap,
            jumps: vec![0.0; row_length.next_multiple_of(LANES)],
        }
    }

    #[inline(always)]
    pub(super) fn clean(&mut self, row: &mut [f32]) {
        let length = row.len();
        let jumps = &mut self.jumps[..];
        for (jump, (left, right)) in jumps.iter_mut().zip(row.iter().zip(&row[1..])) {
            *jump = (right - left).abs();
        }
        jumps[length - 1] = if self.wrap { (row[0] - row[length - 1]).abs() } else { 0.0 };

        let (chunks, _) = jumps.as_chunks::<LANES>();
        let (mut sums, mut squares) = ([0.0_f64; LANES], [0.0_f64; LANES]);
        for chunk in chunks {
            for lane in 0..LANES {
                let jump = f64::from(chunk[lane]);
                sums[lane] += jump;
                squares[lane] += jump * jump;
            }
        }
        let limit = self.threshold * deviation(total(sums), total(squares), length);

        let (mut first, mut last) = (None, 0);
        for (k, chunk) in chunks.iter().enumerate() {
            if !chunk.iter().fold(false, |any, &jump| any | (jump > limit)) {
                continue;
            }
            for (lane, &jump) in chunk.iter().enumerate() {
                if jump > limit {
                    let here = k * LANES + lane;
                    match first {
                        None => first = Some(here),
                        Some(_) => {
                            let (from, to) = between(last, here, self.width);
                            if from <= to {
                                row[from..=to].fill(0.0);
                            }
                        }
                    }
                    last = here;
                }
            }
        }
        if let Some(first) = first {
            // from the last jump round to the first
            let (from, to) = between(last, first + length, self.width);
            (from..=to).for_each(|w| row[w % length] = 0.0);
        }
    }
}

/// First and last element to zero between neighbouring jumps; none if the first is greater.
#[inline(always)]
fn between(jump: usize, next: usize, width: usize) -> (usize, usize) {
    ((jump + 1).max(next.saturating_sub(width)), next.min(jump + 1 + width))
}
