//! Maps on a card, uploaded once and used by any number of networks.

use std::sync::Arc;

use crate::{
    error::CudaError,
    machine::{Machine, Memory},
    spec::Shape,
};

/// Maps of some cells, [cells, channels, height, width], on one machine.
pub struct Maps {
    pub(crate) memory: Memory,
    shape: Shape,
    /// Per cell and channel, the largest absolute value.
    largest: Vec<f32>,
}

impl Maps {
    /// Uploads maps, one after the other in `values`.
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`]; [`CudaError::Value`] for one that is not a number, or whose differences would be none.
    ///
    /// # Panics
    /// If `values` is not a number of whole maps.
    pub fn new(machine: &Arc<dyn Machine>, shape: Shape, values: &[f32]) -> Result<Arc<Self>, CudaError> {
        assert!(values.len().is_multiple_of(shape.len()), "whole maps of {shape:?}");
        // the differences of two such are numbers, and the scale of a channel has room for them
        if let Some(at) = values.iter().position(|value| value.is_nan() || value.abs() > f32::MAX / 4.0) {
            let (row, cell) = (at % shape.len() / shape.width, at / shape.len());
            let (channel, cycle) = (row / shape.height, row % shape.height);
            return Err(CudaError::Value { value: values[at], cell, channel, cycle });
        }
        let memory = Memory::of(machine, values, "maps")?;
        let of_channel = |values: &[f32]| values.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        let largest = values.chunks_exact(shape.height * shape.width).map(of_channel).collect();
        Ok(Arc::new(Self { memory, shape, largest }))
    }

    /// Of each of them.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// How many there are.
    pub fn cells(&self) -> usize {
        self.largest.len() / self.shape.channels
    }

    /// The largest absolute value of each channel of a cell.
    pub(crate) fn largest_of(&self, cell: usize) -> &[f32] {
        &self.largest[cell * self.shape.channels..][..self.shape.channels]
    }

    /// The same of all cells.
    pub(crate) fn largest(&self) -> Vec<f32> {
        let mut all = vec![0.0_f32; self.shape.channels];
        for cell in self.largest.chunks_exact(self.shape.channels) {
            all.iter_mut().zip(cell).for_each(|(all, &one)| *all = all.max(one));
        }
        all
    }
}

/// Channels that the convolutions have a place for.
pub(crate) const PLACES: usize = 8;

/// Powers of two by which channels are multiplied whose absolute values are at most `bounds`: as large as half precision
/// allows with a bit to spare, so that its second number is exact, too.
pub(crate) fn scale(bounds: impl IntoIterator<Item = f32>) -> [f32; PLACES] {
    let mut scale = [1.0; PLACES];
    for (scale, bound) in scale.iter_mut().zip(bounds) {
        if bound > 0.0 && bound.is_finite() {
            *scale = f32::exp2((32768.0 / bound).log2().floor().clamp(-100.0, 100.0));
        }
        // log2 is rounded
        while *scale * bound > 32768.0 && *scale > f32::MIN_POSITIVE {
            *scale /= 2.0;
        }
    }
    scale
}

/// The same, with exponents rounded down to multiples of 8: most cells are scaled alike, and what is lost of 22 bits is below the
/// channel's largest value by more than these.
pub(crate) fn coarse(scale: [f32; PLACES]) -> [f32; PLACES] {
    scale.map(|scale| f32::exp2((scale.log2() / 8.0).floor() * 8.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{Launch, Limits, Node, Recorded};

    #[test]
    fn values_that_are_no_numbers_are_refused_by_their_place() {
        struct Nowhere;
        impl Machine for Nowhere {
            fn allocate(&self, _bytes: usize, what: &str) -> Result<u64, CudaError> {
                Err(CudaError::Driver { what: what.to_owned(), reason: "there is no memory".to_owned() })
            }
            fn free(&self, _address: u64) {}
            fn upload(&self, _address: u64, _bytes: &[u8]) -> Result<(), CudaError> {
                Ok(())
            }
            fn download(&self, _address: u64, _bytes: &mut [u8]) -> Result<(), CudaError> {
                Ok(())
            }
            fn run(&self, _launches: &[Launch]) -> Result<(), CudaError> {
                Ok(())
            }
            fn record(&self, _nodes: Vec<Node>) -> Result<Box<dyn Recorded>, CudaError> {
                Err(CudaError::NoCard)
            }
            fn finish(&self) -> Result<(), CudaError> {
                Ok(())
            }
            fn limits(&self) -> Limits {
                Limits { shared_per_block: 0, blocks: 1, portion: 1 }
            }
        }
        let machine: Arc<dyn Machine> = Arc::new(Nowhere);
        let shape = Shape { channels: 2, height: 3, width: 4 };
        for value in [f32::NAN, f32::INFINITY, -3e38] {
            let mut values = vec![1.0; 2 * shape.len()];
            // cell 1, channel 1, cycle 2
            values[shape.len() + 12 + 2 * 4 + 3] = value;
            let text = Maps::new(&machine, shape, &values).err().unwrap().to_string();
            assert!(text.contains("cell number 1 (from 0)") && text.contains("channel 1, cycle 2"), "{text}");
        }
        let error = Maps::new(&machine, shape, &vec![-8e37; shape.len()]).err().unwrap();
        assert!(matches!(error, CudaError::Driver { .. }), "that goes up: {error}");
    }

    #[test]
    fn channels_are_scaled_by_powers_of_two_to_just_below_the_limit() {
        let bounds = [1.0, 32768.0, 32769.0, 3e-4, 0.0, f32::INFINITY];
        let scales = scale(bounds);
        assert_eq!(scales[..3], [32768.0, 1.0, 0.5]);
        for (scale, bound) in scales.into_iter().zip(bounds).filter(|(_, bound)| bound.is_finite() && *bound > 0.0) {
            assert_eq!(scale.log2().fract(), 0.0);
            assert!((16384.0..=32768.0).contains(&(scale * bound)), "{bound} × {scale}");
        }
        assert_eq!(scales[4], 1.0);
        let expected = [256.0, 1.0, 1.0 / 256.0];
        assert_eq!(coarse(scales)[..3], expected);
        for (coarse, scale) in coarse(scales).into_iter().zip(scales) {
            assert!((1.0..=128.0).contains(&(scale / coarse)), "{scale}, {coarse}");
        }
        assert_eq!(scales[6..], [1.0, 1.0]);
    }
}
