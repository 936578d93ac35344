//! The same mathematics, plainly and in double precision.

/// Numbers that look random, from −1 to 1.
pub(crate) fn noise(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count + 8).map(|_| next()).skip(8).collect()
}

pub(crate) fn in_double(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// A map of 32 or fewer channels: value (c, y, x).
#[derive(Clone)]
pub(crate) struct Planes {
    pub(crate) size: (usize, usize, usize),
    pub(crate) values: Vec<f64>,
}

impl Planes {
    pub(crate) fn new(size: (usize, usize, usize), values: Vec<f64>) -> Self {
        assert_eq!(values.len(), size.0 * size.1 * size.2);
        Self { size, values }
    }

    fn zeros(size: (usize, usize, usize)) -> Self {
        Self::new(size, vec![0.0; size.0 * size.1 * size.2])
    }

    pub(crate) fn at(&self, c: usize, y: usize, x: usize) -> usize {
        (c * self.size.1 + y) * self.size.2 + x
    }

    /// In the order row, column, channel.
    pub(crate) fn pixels(&self) -> Vec<f64> {
        let (channels, height, width) = self.size;
        let mut out = Vec::with_capacity(self.values.len());
        for y in 0..height {
            for x in 0..width {
                out.extend((0..channels).map(|c| self.values[self.at(c, y, x)]));
            }
        }
        out
    }
}

/// What a block of convolution, ReLU and average pooling saw and made.
pub(crate) struct Block {
    input: Planes,
    before: Planes,
    pub(crate) pooled: Planes,
}

impl Block {
    /// `weights` [32][channels][3][3].
    pub(crate) fn forward(input: Planes, weights: &[f64], bias: &[f64]) -> Self {
        let (channels, height, width) = input.size;
        let (h, w) = ((height - 2) / 3, (width - 2) / 3);
        let (mut before, mut pooled) = (Planes::zeros((32, 3 * h, 3 * w)), Planes::zeros((32, h, w)));
        for o in 0..32 {
            for y in 0..3 * h {
                for x in 0..3 * w {
                    let mut sum = bias[o];
                    for c in 0..channels {
                        for tap in 0..9 {
                            sum += weights[(o * channels + c) * 9 + tap]
                                * input.values[input.at(c, y + tap / 3, x + tap % 3)];
                        }
                    }
                    let (to, from) = (pooled.at(o, y / 3, x / 3), before.at(o, y, x));
                    before.values[from] = sum;
                    pooled.values[to] += sum.max(0.0) / 9.0;
                }
            }
        }
        Self { input, before, pooled }
    }

    /// The derivatives by input, weights and bias, from that by the pooled values.
    pub(crate) fn backward(&self, by_pooled: &Planes, weights: &[f64]) -> (Planes, Vec<f64>, Vec<f64>) {
        let channels = self.input.size.0;
        let (_, height, width) = self.before.size;
        let (mut by_input, mut by_weights, mut by_bias) =
            (Planes::zeros(self.input.size), vec![0.0; weights.len()], vec![0.0; 32]);
        for o in 0..32 {
            for y in 0..height {
                for x in 0..width {
                    if self.before.values[self.before.at(o, y, x)] <= 0.0 {
                        continue;
                    }
                    let d = by_pooled.values[by_pooled.at(o, y / 3, x / 3)] / 9.0;
                    by_bias[o] += d;
                    for c in 0..channels {
                        for tap in 0..9 {
                            let at = self.input.at(c, y + tap / 3, x + tap % 3);
                            by_weights[(o * channels + c) * 9 + tap] += d * self.input.values[at];
                            by_input.values[at] += d * weights[(o * channels + c) * 9 + tap];
                        }
                    }
                }
            }
        }
        (by_input, by_weights, by_bias)
    }
}

pub(crate) fn lower_median(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted[(sorted.len() - 1) / 2]
}

pub(crate) fn deviation(values: &[f32]) -> f32 {
    let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt() as f32
}

/// Standard cleaning of a row, one whole operation after another (method §5).
pub(crate) fn standard(row: &mut [f32], glitch_width: usize, wrap: bool) {
    let (length, edge) = (row.len(), row.len().min(50));
    for begin in [0, length - edge] {
        let edge = &mut row[begin..begin + edge];
        let median = lower_median(edge);
        let distances: Vec<f32> = edge.iter().map(|value| (value - median).abs()).collect();
        let limit = 3.0 * deviation(&distances);
        edge.iter_mut().zip(distances).filter(|(_, distance)| *distance > limit).for_each(|(value, _)| *value = 0.0);
    }
    let mut steps: Vec<f32> = (0..length).map(|w| (row[(w + 1) % length] - row[w]).abs()).collect();
    if !wrap {
        steps[length - 1] = 0.0;
    }
    let limit = 3.0 * deviation(&steps);
    let glitch = |w: usize| {
        let after = (0..=glitch_width).any(|k| steps[(w + (k / length + 2) * length - k - 1) % length] > limit);
        after && (0..=glitch_width).any(|k| steps[(w + k) % length] > limit)
    };
    let marked: Vec<bool> = (0..length).map(glitch).collect();
    row.iter_mut().zip(marked).filter(|(_, marked)| *marked).for_each(|(value, _)| *value = 0.0);
}

/// Hampel filter of a row (method §6.7).
pub(crate) fn hampel(row: &mut [f32]) {
    let original = row.to_vec();
    for (w, value) in row.iter_mut().enumerate() {
        let centre = w.clamp(25, original.len() - 26);
        let window = &original[centre - 25..=centre + 25];
        let median = lower_median(window);
        let distances: Vec<f32> = window.iter().map(|x| (x - median).abs()).collect();
        if (*value - median).abs() > 1.4826 * lower_median(&distances) * 3.0 {
            *value = median;
        }
    }
}

/// Cycles of a channel unlike the others, by their rows.
pub(crate) fn outlying(rows: &[&[f32]]) -> Vec<bool> {
    let largest = |row: &&[f32]| row.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    let mean = |row: &&[f32]| (row.iter().map(|&value| f64::from(value)).sum::<f64>() / row.len() as f64) as f32;
    let mut marks = vec![false; rows.len()];
    for values in [rows.iter().map(largest).collect::<Vec<_>>(), rows.iter().map(mean).collect()] {
        let median = lower_median(&values);
        let distances: Vec<f32> = values.iter().map(|value| (value - median).abs()).collect();
        let limit = 5.0 * deviation(&distances);
        marks.iter_mut().zip(distances).for_each(|(mark, distance)| *mark |= distance > limit);
    }
    marks
}

/// A half as a number.
pub(crate) fn half(bits: u16) -> f64 {
    let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let size = match exponent {
        0 => mantissa * 2_f64.powi(-24),
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

/// What `count` numbers in one or two halves are; the low ones lie `low` further on.
pub(crate) fn halves(bits: &[u16], count: usize, low: usize, has_low: bool) -> Vec<f64> {
    (0..count).map(|k| half(bits[k]) + if has_low { half(bits[low + k]) } else { 0.0 }).collect()
}

/// Norm of the difference over the norm.
pub(crate) fn error(ours: &[f64], exact: &[f64]) -> f64 {
    assert_eq!(ours.len(), exact.len());
    let squares: f64 = ours.iter().zip(exact).map(|(ours, exact)| (ours - exact).powi(2)).sum();
    let norm: f64 = exact.iter().map(|value| value * value).sum();
    (squares / norm.max(1e-300)).sqrt()
}
