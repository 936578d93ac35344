//! What a network on a card is made of.

use crate::error::CudaError;

/// Channels of every hidden layer, and the length of the feature vector: the kernels know this number only.
pub const FEATURES: usize = 32;

/// The dimensions of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Channels.
    pub channels: usize,
    /// Rows: cycles.
    pub height: usize,
    /// Columns: grid points.
    pub width: usize,
}

impl Shape {
    /// Scalars of a map.
    pub fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Whether a map has no scalars.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows of all channels.
    pub fn rows(&self) -> usize {
        self.channels * self.height
    }

    /// Height and width after the first pooling.
    pub fn pool1(&self) -> (usize, usize) {
        ((self.height - 2) / 3, (self.width - 2) / 3)
    }

    /// Height and width after the second pooling.
    pub fn pool2(&self) -> (usize, usize) {
        let (height, width) = self.pool1();
        ((height - 2) / 3, (width - 2) / 3)
    }

    /// Inputs of the projection.
    pub fn projected(&self) -> usize {
        let (height, width) = self.pool2();
        height * width * FEATURES
    }

    /// Name and dimensions of every tensor of an encoder, in order.
    pub fn tensors(&self) -> [(&'static str, Vec<usize>); 6] {
        let (height, width) = self.pool2();
        [
            ("conv1.weight", vec![FEATURES, self.channels, 3, 3]),
            ("conv1.bias", vec![FEATURES]),
            ("conv2.weight", vec![FEATURES, FEATURES, 3, 3]),
            ("conv2.bias", vec![FEATURES]),
            ("projection.weight", vec![FEATURES, FEATURES, height, width]),
            ("projection.bias", vec![FEATURES]),
        ]
    }
}

/// How exactly the convolutions multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Operands as two half-precision numbers each: as exact as single precision.
    Exact,
    /// Operands rounded to half precision; sums in single precision.
    Fast,
}

impl Precision {
    /// `exact` or `fast`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Fast => "fast",
        }
    }
}

/// How a difference is cleaned before outlying cycles are zeroed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Edges are smoothed and glitches zeroed (method §5), with the authors' limits.
    Standard {
        /// Grid points to either side of a jump that may be a glitch.
        glitch_width: usize,
        /// Whether the last grid point is followed by the first.
        glitch_wrap: bool,
    },
    /// Not at all.
    Nothing,
    /// What is larger than this is zeroed.
    Limit(f32),
    /// Values far from the running median of their row are replaced by it (method §6.7).
    Hampel,
}

/// Which cycles of a difference are zeroed as outlying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CycleFilter {
    /// None.
    Off,
    /// In each channel those whose largest absolute value or mean is unlike the others' (method §5.3).
    PerChannel,
    /// In all channels those whose mean absolute value is unlike the others' (method §6.7).
    WholeCycle,
}

/// How a branch's differences are cleaned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cleaning {
    /// First this.
    pub rule: Rule,
    /// Then this.
    pub filter: CycleFilter,
}

/// What a branch sees of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// Its map as it was given: the CNN's, or differences that the CPU has cleaned.
    Map,
    /// Its map minus its own cycle at this position.
    ToBase(usize, Cleaning),
    /// Its map minus that of a reference.
    ToReference {
        /// Of the difference.
        cleaning: Cleaning,
        /// Whether the filter of `cleaning` zeroes cycles of the cell's map before the difference, too.
        filter_target: bool,
    },
}

impl Input {
    /// Whether a cell is seen once per reference.
    pub fn has_references(&self) -> bool {
        matches!(self, Self::ToReference { .. })
    }

    /// How its differences are cleaned, if they are made on the card.
    pub fn cleaning(&self) -> Option<Cleaning> {
        match *self {
            Self::Map => None,
            Self::ToBase(_, cleaning) | Self::ToReference { cleaning, .. } => Some(cleaning),
        }
    }
}

/// An encoder and which head reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Its tensors are named `{name}.conv1.weight` ….
    pub name: String,
    /// What it sees.
    pub input: Input,
    /// Position in [`Spec::heads`].
    pub head: usize,
    /// Weight of its squared error in the loss.
    pub weight: f64,
}

/// Adam (weight decay 0) or AdamW; see `baselines::optimiser`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Step size.
    pub learning_rate: f64,
    /// Decay rates of both moments.
    pub betas: (f64, f64),
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Decoupled decay.
    pub weight_decay: f64,
}

impl Adam {
    /// Step size and root of the second correction of step number `step`, from 1.
    pub(crate) fn corrections(&self, step: i32) -> (f32, f32) {
        let (beta1, beta2) = self.betas;
        let step_size = self.learning_rate / (1.0 - beta1.powi(step));
        (step_size as f32, (1.0 - beta2.powi(step)).sqrt() as f32)
    }
}

/// A network: branches that end in heads, and how it is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Of a map.
    pub shape: Shape,
    /// In the order of their tensors.
    pub branches: Vec<Branch>,
    /// Names of the linear layers; branches of the same position share one.
    pub heads: Vec<String>,
    /// Whether they have a bias.
    pub head_bias: bool,
    /// Of all tensors.
    pub optimiser: Adam,
    /// Of the convolutions.
    pub precision: Precision,
    /// A network whose outputs are all smaller than this in a batch has collapsed; with 0 none has.
    pub collapsed: f32,
}

impl Spec {
    /// Name and dimensions of every tensor, in order.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let of_branch = |branch: &Branch| {
            self.shape.tensors().map(|(name, dimensions)| (format!("{}.{name}", branch.name), dimensions))
        };
        let of_head = |head: &String| {
            let bias = self.head_bias.then(|| (format!("{head}.bias"), vec![1]));
            std::iter::once((format!("{head}.weight"), vec![1, FEATURES])).chain(bias)
        };
        self.branches.iter().flat_map(of_branch).chain(self.heads.iter().flat_map(of_head)).collect()
    }

    /// Whether there are kernels for this network, whatever the card.
    ///
    /// # Errors
    /// [`CudaError::Unsupported`] says for what there are none.
    pub fn check(&self) -> Result<(), CudaError> {
        let Shape { channels, height, width } = self.shape;
        let refused = |what: String| Err(CudaError::Unsupported(what));
        if !(1..=8).contains(&channels) {
            return refused(format!("maps of {channels} channels (1 to 8)"));
        }
        if !(17..=1024).contains(&height) {
            return refused(format!("maps of {height} cycles (17 to 1024)"));
        }
        if width < 18 || !width.is_multiple_of(2) {
            return refused(format!("maps of {width} grid points (an even number from 18 on)"));
        }
        let mut rules = self.branches.iter().filter_map(|branch| branch.input.cleaning()).map(|cleaning| cleaning.rule);
        if rules.any(|rule| rule == Rule::Hampel) && !(51..=4096).contains(&width) {
            return refused(format!("a Hampel filter on {width} grid points (51 to 4096)"));
        }
        for branch in &self.branches {
            if let Input::ToBase(base, _) = branch.input
                && base >= height
            {
                return refused(format!("base cycle {base} of {height} cycles"));
            }
        }
        Ok(())
    }
}
