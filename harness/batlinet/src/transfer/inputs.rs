//! What the networks see: differences of capacity maps, without what is out of proportion.

use baselines::encoder::EncoderShape;

/// Capacity maps of some cells, [cells, channels, cycles, grid points], row-major, and their lives.
#[derive(Clone, Copy)]
pub struct MapsAndLives<'a> {
    /// One map after the other.
    pub maps: &'a [f32],
    /// In cycles, one per map.
    pub lives: &'a [f64],
}

/// Makes the differences.
#[derive(Clone, Copy, Debug)]
pub struct Differences {
    /// Of a map.
    pub shape: EncoderShape,
    /// Position of the cycle that a map is compared with.
    pub base: usize,
    /// What is larger than this is zeroed: the resistance channel exceeds the others a thousandfold where no current
    /// flows.
    pub limit: f32,
}

impl Differences {
    /// The map of `cell` minus its own base cycle.
    pub fn to_base(&self, maps: &[f32], cell: usize, difference: &mut [f32]) {
        let EncoderShape { height, width, .. } = self.shape;
        let channels = self.map(maps, cell).chunks_exact(height * width);
        for (channel, difference) in channels.zip(difference.chunks_exact_mut(height * width)) {
            let base = &channel[self.base * width..][..width];
            for (cycle, difference) in channel.chunks_exact(width).zip(difference.chunks_exact_mut(width)) {
                self.subtract(cycle, base, difference);
            }
        }
    }

    /// The map of `cell` minus that of another cell.
    pub fn between(&self, (maps, cell): (&[f32], usize), (others, other): (&[f32], usize), difference: &mut [f32]) {
        self.subtract(self.map(maps, cell), self.map(others, other), difference);
    }

    fn map<'a>(&self, maps: &'a [f32], cell: usize) -> &'a [f32] {
        let length = self.shape.input_len();
        &maps[cell * length..][..length]
    }

    fn subtract(&self, values: &[f32], others: &[f32], difference: &mut [f32]) {
        for ((difference, value), other) in difference.iter_mut().zip(values).zip(others) {
            let exact = value - other;
            *difference = if exact.abs() > self.limit { 0.0 } else { exact };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_compared_with_its_base_cycle_or_another_map_and_outsize_values_are_zeroed() {
        let shape = EncoderShape::new(2, 17, 17, 4).unwrap();
        let length = shape.input_len();
        let maps: Vec<f32> = (0..2 * length).map(|k| (k * k % 101) as f32 * 0.25).collect();
        let differences = Differences { shape, base: 3, limit: 10.0 };
        let limited = |value: f32| if value.abs() > 10.0 { 0.0 } else { value };
        let mut found = vec![f32::NAN; length];
        differences.to_base(&maps, 1, &mut found);
        let at = |cell: usize, channel: usize, cycle: usize, point: usize| {
            maps[((cell * 2 + channel) * 17 + cycle) * 17 + point]
        };
        let index = |position: usize| (position / 289, position / 17 % 17, position % 17);
        for (position, &value) in found.iter().enumerate() {
            let (channel, cycle, point) = index(position);
            assert_eq!(value, limited(at(1, channel, cycle, point) - at(1, channel, 3, point)));
        }
        assert!(found.iter().any(|&value| value.abs() > 9.0));
        differences.between((&maps, 1), (&maps, 0), &mut found);
        for (position, &value) in found.iter().enumerate() {
            let (channel, cycle, point) = index(position);
            assert_eq!(value, limited(at(1, channel, cycle, point) - at(0, channel, cycle, point)));
        }
    }
}
