//! The dimensions of the encoder, from its input to its feature vector.

use crate::{
    model::ModelError,
    random::ChaCha8Rng,
    weights::{NamedTensor, Weights},
};

/// Side of the square convolution kernels and pooling windows.
const KERNEL: usize = 3;

/// What the encoder maps: a (channels, height, width) array to `features` numbers.
///
/// convolution 3×3 → ReLU → average pool 3×3 → convolution 3×3 → ReLU → average pool 3×3 → convolution over all that
/// is left → ReLU. Nothing is padded; pooling drops the remainder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderShape {
    /// Input channels.
    pub channels: usize,
    /// Input rows: cycles.
    pub height: usize,
    /// Input columns: points of the capacity or voltage grid.
    pub width: usize,
    /// Channels of every hidden layer, and the length of the feature vector.
    pub features: usize,
}

impl EncoderShape {
    /// Checks that something is left after the second pooling.
    ///
    /// # Errors
    /// [`ModelError::Shape`] for an input below 17 × 17.
    pub fn new(channels: usize, height: usize, width: usize, features: usize) -> Result<Self, ModelError> {
        const LEAST: usize = KERNEL * (2 * KERNEL - 1) + KERNEL - 1;
        if channels == 0 || height < LEAST || width < LEAST {
            return Err(ModelError::Shape {
                expected: format!("[samples, channels ≥ 1, cycles ≥ {LEAST}, grid points ≥ {LEAST}]"),
                got: vec![channels, height, width],
            });
        }
        if features == 0 {
            return Err(ModelError::Hyperparameter {
                name: "channels",
                value: "0".to_owned(),
                reason: "the encoder needs at least one hidden channel".to_owned(),
            });
        }
        Ok(Self { channels, height, width, features })
    }

    /// Scalars of one input.
    pub fn input_len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Height and width after the first pooling.
    pub fn pool1(&self) -> (usize, usize) {
        ((self.height - 2) / 3, (self.width - 2) / 3)
    }

    /// Height and width after the second pooling: the kernel of the projection.
    pub fn pool2(&self) -> (usize, usize) {
        let (height, width) = self.pool1();
        ((height - 2) / 3, (width - 2) / 3)
    }

    /// Name, dimensions and fan-in of every parameter tensor, in order.
    pub fn parameters(&self) -> [(&'static str, Vec<usize>, usize); 6] {
        let (channels, features) = (self.channels, self.features);
        let (height, width) = self.pool2();
        let fans = [channels * 9, features * 9, features * height * width];
        [
            ("conv1.weight", vec![features, channels, 3, 3], fans[0]),
            ("conv1.bias", vec![features], fans[0]),
            ("conv2.weight", vec![features, features, 3, 3], fans[1]),
            ("conv2.bias", vec![features], fans[1]),
            ("projection.weight", vec![features, features, height, width], fans[2]),
            ("projection.bias", vec![features], fans[2]),
        ]
    }

    /// Initial weights, with PyTorch's default distribution.
    pub fn initial(&self, random: &mut ChaCha8Rng) -> Weights {
        let draw =
            |(name, shape, fan_in): (&str, Vec<usize>, usize)| NamedTensor::uniform(name, &shape, fan_in, random);
        Weights(self.parameters().into_iter().map(draw).collect())
    }

    /// Floating-point operations of one forward pass by plain sums (a multiply and an add count as two), for benches.
    pub fn forward_flop(&self) -> usize {
        let (height1, width1) = self.pool1();
        let (height2, width2) = self.pool2();
        let conv1 = (self.height - 2) * (self.width - 2) * self.features * self.channels * 9;
        let conv2 = (height1 - 2) * (width1 - 2) * self.features * self.features * 9;
        let projection = height2 * width2 * self.features * self.features;
        2 * (conv1 + conv2 + projection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    #[test]
    fn sizes_and_parameter_counts_are_those_of_the_paper() {
        let count = |channels, height| {
            let shape = EncoderShape::new(channels, height, 1000, 32).unwrap();
            shape.initial(&mut Streams::new("a").stream("init")).parameter_count()
        };
        assert_eq!(count(6, 100), 1_137_440);
        assert_eq!(count(6, 20), 123_680);
        // the CNN baseline adds 32 weights and a bias
        assert_eq!(count(1, 100) + 33, 1_136_033);
        assert_eq!(count(1, 20) + 33, 122_273);
        let shape = EncoderShape::new(6, 100, 1000, 32).unwrap();
        assert_eq!((shape.pool1(), shape.pool2()), ((32, 332), (10, 110)));
        assert!((shape.forward_flop() as f64 - 0.523e9).abs() < 0.01e9);
    }

    #[test]
    fn the_least_input_leaves_one_number() {
        let shape = EncoderShape::new(1, 17, 17, 4).unwrap();
        assert_eq!(shape.pool2(), (1, 1));
        assert!(EncoderShape::new(1, 16, 17, 4).is_err());
        assert!(EncoderShape::new(1, 17, 16, 4).is_err());
    }
}
