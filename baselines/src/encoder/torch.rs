//! The encoder on libtorch: CPU or CUDA, gradients by autograd.

use tch::{Device, Kind, Tensor};

use super::{Encoder, EncoderShape};
use crate::{
    model::ModelError,
    optimiser::AdamParameters,
    torch_network::{LayerShape, Layers},
    weights::Weights,
};

/// An [`Encoder`] whose weights are libtorch tensors.
pub struct TorchEncoder {
    shape: EncoderShape,
    device: Device,
    layers: Layers,
}

impl TorchEncoder {
    /// Copies `weights` to `device`.
    ///
    /// # Errors
    /// [`ModelError::Weights`] if they do not fit `shape`.
    pub fn new(
        shape: EncoderShape,
        weights: &Weights,
        optimiser: AdamParameters,
        device: Device,
    ) -> Result<Self, ModelError> {
        let layers = Layers::new(&shape.parameters().map(LayerShape::from), weights, optimiser, device)?;
        Ok(Self { shape, device, layers })
    }

    fn forward(&self, inputs: &[f32]) -> Result<Tensor, ModelError> {
        let EncoderShape { channels, height, width, features } = self.shape;
        let count = inputs.len() / self.shape.input_len();
        let size = [count as i64, channels as i64, height as i64, width as i64];
        let input = Tensor::from_slice(inputs).f_view(size)?.f_to_device(self.device)?;
        let [weight1, bias1, weight2, bias2, weight3, bias3] = self.layers.parameters() else {
            unreachable!("EncoderShape::parameters lists six tensors")
        };
        let hidden = pool(&convolve(&input, weight1, bias1)?)?;
        let hidden = pool(&convolve(&hidden, weight2, bias2)?)?;
        Ok(convolve(&hidden, weight3, bias3)?.f_view([count as i64, features as i64])?)
    }
}

fn convolve(input: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor, ModelError> {
    Ok(input.f_conv2d(weight, Some(bias), [1, 1], [0, 0], [1, 1], 1)?.f_relu()?)
}

fn pool(input: &Tensor) -> Result<Tensor, ModelError> {
    Ok(input.f_avg_pool2d([3, 3], [3, 3], [0, 0], false, true, None)?)
}

fn to_vec(tensor: &Tensor) -> Result<Vec<f32>, ModelError> {
    let flat = tensor.detach().f_to_device(Device::Cpu)?.f_contiguous()?.f_view([-1])?;
    Ok(Vec::try_from(flat)?)
}

impl Encoder for TorchEncoder {
    fn shape(&self) -> EncoderShape {
        self.shape
    }

    fn encode(&self, inputs: &[f32]) -> Result<Vec<f32>, ModelError> {
        tch::no_grad(|| to_vec(&self.forward(inputs)?))
    }

    fn accumulate(&mut self, inputs: &[f32], gradient: &mut dyn FnMut(&[f32], &mut [f32])) -> Result<(), ModelError> {
        let output = self.forward(inputs)?;
        let features = to_vec(&output)?;
        let mut derivative = vec![0.0; features.len()];
        gradient(&features, &mut derivative);
        let derivative = Tensor::from_slice(&derivative).f_to_device(self.device)?.f_view_as(&output)?;
        // the derivative of Σ features × constant is that constant: autograd then carries it to the weights
        (output * derivative).f_sum(Kind::Float)?.f_backward()?;
        Ok(())
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.layers.set_learning_rate(learning_rate);
    }

    fn step(&mut self) {
        self.layers.step();
    }

    fn gradients(&self) -> Weights {
        self.layers.gradients()
    }

    fn weights(&self) -> Weights {
        self.layers.weights()
    }
}
