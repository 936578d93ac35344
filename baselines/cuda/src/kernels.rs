//! The kernels' names, grids and arguments, as `kernels/README.md` has them.

use std::io::Read as _;

use crate::{
    error::CudaError,
    machine::{Argument, Launch, Limits, Memory},
    network::Source,
    spec::{Adam, Cleaning, CycleFilter, FEATURES, Input, Precision, Rule, Shape},
    workspace::{Encoder, HeadTraining, Inputs, Seen, Workspace},
};

/// The kernels in the driver's assembly, which it compiles for its card.
///
/// # Panics
/// If the file in this program is not what `scripts/cuda_kernels.sh` makes, which a test sees (so for all of them).
pub(crate) fn ptx() -> String {
    String::from_utf8(unpacked(include_bytes!("../kernels/batlinet.ptx.gz"))).expect("kernels are text")
}

/// The kernels as machine code of this architecture, if they have been compiled for it.
pub(crate) fn compiled_for(architecture: (i32, i32)) -> Option<Vec<u8>> {
    (architecture == (9, 0)).then(|| unpacked(include_bytes!("../kernels/batlinet.sm_90.cubin.gz")))
}

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).expect("kernels are whole");
    bytes
}

/// The CUDA version that a driver needs for this assembly, by the version of its language.
pub(crate) fn driver_for(ptx: &str) -> Option<(i32, i32)> {
    let version = ptx.lines().find_map(|line| line.trim().strip_prefix(".version "))?;
    let (major, minor) = version.trim().split_once('.')?;
    match (major.parse().ok()?, minor.parse().ok()?) {
        (7, minor) => Some((11, minor)),
        (8, minor) if minor <= 5 => Some((12, minor)),
        (8, minor) => Some((12, minor + 1)),
        (major, minor) => Some((major + 4, minor)),
    }
}

/// Pooled columns of a block of the first convolution.
const COLUMNS1: usize = 112;
/// Inputs of the projection that a block adds up.
const SLICE: usize = 320;

/// Launches for maps of one shape.
#[derive(Clone, Debug)]
pub(crate) struct Kernels {
    pub(crate) shape: Shape,
    pub(crate) precision: Precision,
    limits: Limits,
}

fn launch<const N: usize>(
    kernel: impl Into<String>,
    grid: [usize; 3],
    threads: usize,
    shared: usize,
    arguments: [Argument; N],
) -> Launch {
    let word = |value: usize| u32::try_from(value).expect("grids are small");
    Launch {
        kernel: kernel.into(),
        grid: grid.map(word),
        threads: word(threads),
        shared: word(shared),
        arguments: arguments.into(),
    }
}

/// Arguments of whatever type.
macro_rules! arguments {
    ($($argument:expr),* $(,)?) => { [$(Argument::from($argument)),*] };
}

const NONE: Argument = Argument::Address(0);

impl Kernels {
    /// For maps of this shape, on a machine of these limits.
    pub(crate) fn new(shape: Shape, precision: Precision, limits: Limits) -> Result<Self, CudaError> {
        let kernels = Self { shape, precision, limits };
        let most = match precision {
            Precision::Fast => 100_480,
            Precision::Exact => 100_864,
        };
        let cleaning = kernels.cleaning_shared();
        if limits.shared_per_block < most.max(cleaning as u32) {
            return Err(CudaError::Unsupported(format!(
                "maps of {} channels and {} cycles on a card with {} KiB of shared memory in a block",
                shape.channels,
                shape.height,
                limits.shared_per_block >> 10
            )));
        }
        Ok(kernels)
    }

    /// What the kernels of this precision are called by.
    fn kind(&self) -> &'static str {
        self.precision.name()
    }

    /// Half-precision numbers per operand.
    pub(crate) fn halves(&self) -> usize {
        match self.precision {
            Precision::Fast => 1,
            Precision::Exact => 2,
        }
    }

    fn is_exact(&self) -> bool {
        self.precision == Precision::Exact
    }

    /// Of the convolutions' weights by the channels that they read.
    fn channels(&self) -> &'static str {
        match self.shape.channels {
            1 | 2 => "c2",
            _ => "c8",
        }
    }

    /// The kernels' `Shape`.
    fn sizes(&self) -> [i32; 7] {
        let Shape { channels, height, width } = self.shape;
        let ((height1, width1), (height2, width2)) = (self.shape.pool1(), self.shape.pool2());
        [channels, height, width, height1, width1, height2, width2].map(|size| size as i32)
    }

    fn cleaning_shared(&self) -> usize {
        4 * self.shape.width * self.shape.channels
    }

    /// Slices of the projection's sums.
    pub(crate) fn slices(&self) -> usize {
        self.shape.projected().div_ceil(SLICE)
    }

    /// Most inputs that go through an encoder together.
    pub(crate) fn portion(&self) -> usize {
        self.limits.portion
    }

    /// Blocks that add up gradients: of the first convolution, of the second.
    pub(crate) fn blocks(&self) -> (usize, usize) {
        let blocks = self.limits.blocks as usize;
        (if self.is_exact() { blocks } else { 2 * blocks }, 2 * blocks)
    }

    // --- inputs ------------------------------------------------------------------------------------------------------

    fn row_stats(&self, values: &Memory, stats: &Memory, rows: usize) -> Launch {
        launch("row_stats", [rows.div_ceil(4), 1, 1], 128, 0, arguments![values, stats, rows, self.shape.width])
    }

    /// From the statistics of rows, which of them are dropped.
    fn filter(&self, filter: CycleFilter, stats: &Memory, dropped: &Memory, maps: usize) -> Option<Launch> {
        let Shape { channels, height, .. } = self.shape;
        let rows = maps * self.shape.rows();
        match filter {
            CycleFilter::Off => None,
            CycleFilter::PerChannel => {
                let arguments = arguments![stats, dropped, rows, height];
                Some(launch("outliers", [rows / height, 1, 1], 128, 4 * height + 32, arguments))
            }
            CycleFilter::WholeCycle => {
                let arguments = arguments![stats, dropped, channels, height, rows];
                Some(launch("whole_cycles", [maps, 1, 1], 128, 4 * height + 32, arguments))
            }
        }
    }

    /// Which rows of whole maps are dropped.
    pub(crate) fn outlying(
        &self,
        maps: &Memory,
        count: usize,
        filter: CycleFilter,
        (stats, dropped): (&Memory, &Memory),
    ) -> Vec<Launch> {
        let stats_of = self.row_stats(maps, stats, count * self.shape.rows());
        std::iter::once(stats_of).chain(self.filter(filter, stats, dropped, count)).collect()
    }

    /// The inputs of `images` pairs, which begin at `pairs`, and which of their rows are dropped, to a place; `planar` is
    /// for inputs that are not made in one go, as the [`Workspace`] has it.
    pub(crate) fn input(
        &self,
        source: &Source,
        input: Input,
        pairs: Argument,
        (to, planar): (&Inputs, Option<&(Memory, Memory)>),
        images: usize,
    ) -> Vec<Launch> {
        let Shape { channels, height, width } = self.shape;
        let nothing = Cleaning { rule: Rule::Nothing, filter: CycleFilter::Off };
        let (references, base, cleaning) = match input {
            Input::Map => (None, -1, nothing),
            Input::ToBase(base, cleaning) => (Some(&source.cells), base as i32, cleaning),
            Input::ToReference { cleaning, .. } => (Some(&source.references), -1, cleaning),
        };
        let (cells, references) = (&source.cells.memory, references.map(|maps| &maps.memory));
        let dropped = source.dropped.as_ref();
        let limit = match cleaning.rule {
            Rule::Limit(limit) => limit,
            _ => f32::INFINITY,
        };
        let mut launches = Vec::new();
        if self.is_made_in_one_go(cleaning.rule) {
            let (rule, glitch_width, wrap) = match cleaning.rule {
                Rule::Standard { glitch_width, glitch_wrap } => (1, glitch_width, i32::from(glitch_wrap)),
                _ => (0, 0, 0),
            };
            launches.push(launch(
                format!("clean_{}", self.kind()),
                [images * height, 1, 1],
                32 * channels,
                self.cleaning_shared(),
                arguments![
                    cells,
                    references,
                    dropped,
                    pairs,
                    &source.scale,
                    &to.x,
                    &to.stats,
                    self.sizes(),
                    images,
                    base,
                    rule,
                    glitch_width,
                    wrap,
                    limit
                ],
            ));
        } else {
            let (planar, filtered) = planar.expect("a workspace for this input");
            let rows = images * self.shape.rows();
            launches.push(launch(
                "difference",
                [rows.div_ceil(4), 1, 1],
                128,
                0,
                arguments![cells, references, dropped, pairs, planar, self.sizes(), images, base, limit],
            ));
            let made = match cleaning.rule {
                Rule::Nothing | Rule::Limit(_) => planar,
                Rule::Hampel => {
                    let arguments = arguments![planar, filtered, rows, width];
                    launches.push(launch("hampel", [rows, 1, 1], 256, 4 * width, arguments));
                    filtered
                }
                Rule::Standard { glitch_width, glitch_wrap } => {
                    let arguments = arguments![planar, filtered, rows, width, glitch_width, i32::from(glitch_wrap)];
                    launches.push(launch("standard", [rows, 1, 1], 128, 4 * width + 32, arguments));
                    filtered
                }
            };
            if cleaning.filter != CycleFilter::Off {
                launches.push(self.row_stats(made, &to.stats, rows));
            }
            launches.push(launch(
                format!("pack_{}", self.kind()),
                [images * height, 1, 1],
                128,
                4 * width * channels,
                arguments![made, &source.scale, &to.x, self.sizes(), images],
            ));
        }
        launches.extend(self.filter(cleaning.filter, &to.stats, &to.drop, images));
        launches
    }

    /// Whether one kernel makes inputs by this rule; otherwise there is one for each thing to do.
    fn is_made_in_one_go(&self, rule: Rule) -> bool {
        let knows_rule = match rule {
            Rule::Nothing | Rule::Limit(_) => true,
            Rule::Standard { glitch_width, .. } => glitch_width <= 31,
            Rule::Hampel => false,
        };
        self.shape.width == 1000 && knows_rule
    }

    /// Whether inputs of this kind lie as maps do before they are what convolutions read.
    pub(crate) fn needs_planar(&self, input: Input) -> bool {
        !self.is_made_in_one_go(input.cleaning().map_or(Rule::Nothing, |cleaning| cleaning.rule))
    }

    // --- forward -----------------------------------------------------------------------------------------------------

    /// Numbers of an encoder's weights in the order of the convolutions.
    pub(crate) fn fragments(&self) -> usize {
        self.halves() * (5 + 18 + 18) * 256
    }

    /// An encoder's weights, which have changed, in the order of the convolutions.
    pub(crate) fn pack(&self, encoder: &Encoder<'_>) -> Vec<Launch> {
        let [w1, b1, w2, _, w3, _] = encoder.weights;
        let (scale, channels) = (encoder.input_scale, self.shape.channels);
        let count = FEATURES * self.shape.projected();
        vec![
            launch("largest", [128, 1, 1], 256, 32, arguments![w3, count, encoder.maxima]),
            launch("scales_of", [1, 1, 1], 1024, 4608, arguments![w1, b1, w2, scale, encoder.scales, channels]),
            launch(
                format!("fragments_{}", self.kind()),
                [41, 1, 1],
                256,
                0,
                arguments![w1, w2, scale, encoder.scales, encoder.fragments, channels],
            ),
        ]
    }

    /// From inputs to what the last ReLU gets.
    pub(crate) fn forward(&self, encoder: &Encoder<'_>, seen: &Seen<'_>, at: &Workspace, images: usize) -> Vec<Launch> {
        let [_, b1, _, b2, w3, b3] = encoder.weights;
        let ((height1, width1), (height2, width2)) = (self.shape.pool1(), self.shape.pool2());
        let (kind, channels) = (self.kind(), self.channels());
        let (bits1, bits2) = match &at.back {
            None => (NONE, NONE),
            Some(back) => ((&back.bits1).into(), (&back.bits2).into()),
        };
        let bits = if at.back.is_some() { "_bits" } else { "" };
        let (rows1, shared1) = if self.is_exact() { (2, 96_832) } else { (4, 80_896) };
        let (small, rows2, shared2) = match self.precision {
            Precision::Fast => ("", 5, 72_832),
            Precision::Exact if self.limits.shared_per_block < 108_800 => ("_small", 4, 89_600),
            Precision::Exact => ("", 5, 108_800),
        };
        let (slices, projected) = (self.slices(), self.shape.projected());
        vec![
            launch(
                format!("conv1_{kind}_{channels}{bits}"),
                [width1.div_ceil(COLUMNS1), height1.div_ceil(rows1), images],
                224,
                shared1,
                arguments![
                    &seen.inputs.x,
                    seen.planes,
                    seen.which,
                    seen.drop,
                    encoder.fragments,
                    b1,
                    encoder.scales,
                    &at.pooled1,
                    bits1,
                    self.sizes()
                ],
            ),
            launch(
                format!("conv2_{kind}{small}{bits}"),
                [width2.div_ceil(16), height2.div_ceil(rows2), images],
                32 * rows2,
                shared2,
                arguments![&at.pooled1, encoder.fragments, b2, encoder.scales, &at.pooled2, bits2, self.sizes()],
            ),
            launch(
                "project",
                [slices, images.div_ceil(32), 1],
                256,
                17_408,
                arguments![&at.pooled2, w3, &at.slices, images, projected],
            ),
            launch(
                "project_sum",
                [(images * FEATURES).div_ceil(256), 1, 1],
                256,
                0,
                arguments![&at.slices, b3, &at.z, images, slices],
            ),
        ]
    }

    /// Outputs from what the last ReLU gets.
    pub(crate) fn answers(
        &self,
        encoder: &Encoder<'_>,
        at: &Workspace,
        (outputs, first): (&Memory, usize),
        images: usize,
    ) -> Launch {
        let arguments = arguments![&at.z, encoder.head[0], encoder.head[1], outputs.at(4 * first), images];
        launch("answers", [images.div_ceil(8), 1, 1], 256, 0, arguments)
    }

    // --- backward ----------------------------------------------------------------------------------------------------

    /// Loss and its derivatives by what the last ReLU gets and by the head's weights.
    pub(crate) fn head(&self, encoder: &Encoder<'_>, at: &Workspace, head: &HeadTraining<'_>) -> Launch {
        let HeadTraining { wanted, targets, per_target, weight, losses, counter, adds_to_head, adds_to_loss } = *head;
        let back = at.back.as_ref().expect("a workspace for training");
        let [by_weight, by_bias] = encoder.head_gradients;
        launch(
            "head",
            [1, 1, 1],
            1024,
            8 * targets + 4 * (targets * per_target).next_multiple_of(4) + 4224,
            arguments![
                &at.z,
                encoder.head[0],
                encoder.head[1],
                wanted,
                targets,
                per_target,
                weight,
                encoder.maxima,
                encoder.scales,
                &back.dz,
                &back.outputs,
                by_weight,
                by_bias,
                i32::from(adds_to_head),
                losses,
                counter,
                i32::from(adds_to_loss),
                // who trains looks at the largest output
                0.0_f32,
                NONE
            ],
        )
    }

    /// From there to the gradients of the encoder; added to those that are there, for another part of a batch.
    ///
    /// First what leads to the second pooling; then, side by side, the gradients of the projection, which do not even wait
    /// for that, of the second and of the first convolution.
    pub(crate) fn backward(
        &self,
        encoder: &Encoder<'_>,
        seen: &Seen<'_>,
        at: &Workspace,
        images: usize,
        adds: bool,
    ) -> [Vec<Launch>; 4] {
        let back = at.back.as_ref().expect("a workspace for training");
        let [by_w1, by_b1, by_w2, by_b2, by_w3, by_b3] = encoder.gradients;
        let w3 = encoder.weights[4];
        let (kind, channels, adds) = (self.kind(), self.channels(), i32::from(adds));
        let (height1, width1) = self.shape.pool1();
        let projected = self.shape.projected();
        let (blocks1, blocks2) = self.blocks();
        let (shared2, rows, shared_x) = if self.is_exact() { (88_064, 8, 100_864) } else { (100_480, 16, 76_032) };
        let (grid1, shared1) = if self.is_exact() { ([blocks1, 2, 1], 86_656) } else { ([blocks1, 1, 1], 75_904) };
        let back_to_second = vec![launch(
            format!("back_{kind}"),
            [projected.div_ceil(512), images.div_ceil(32), 1],
            256,
            4096,
            arguments![&back.dz, w3, encoder.scales, &back.d2, images, projected],
        )];
        let of_projection = vec![launch(
            "grad3",
            [projected.div_ceil(128), 1, 1],
            128,
            8192,
            arguments![&back.dz, &at.pooled2, by_w3, by_b3, images, projected, adds],
        )];
        let of_second = vec![
            launch(
                format!("grad2w_{kind}"),
                [blocks2, 1, 1],
                288,
                shared2,
                arguments![&at.pooled1, &back.d2, &back.bits2, &back.partial2, self.sizes(), images],
            ),
            launch(
                "reduce2",
                [289, 1, 1],
                256,
                1024,
                arguments![&back.partial2, blocks2, encoder.scales, by_w2, by_b2, adds],
            ),
        ];
        let of_first = vec![
            launch(
                format!("grad2x_{kind}"),
                [width1.div_ceil(48), height1.div_ceil(rows), images],
                256,
                shared_x,
                arguments![&back.d2, &back.bits2, encoder.fragments, encoder.scales, &back.d1, self.sizes()],
            ),
            launch(
                format!("grad1_{kind}_{channels}"),
                grid1,
                224,
                shared1,
                arguments![
                    &seen.inputs.x,
                    seen.planes,
                    seen.which,
                    seen.drop,
                    &back.d1,
                    &back.bits1,
                    &back.partial1,
                    self.sizes(),
                    images
                ],
            ),
            launch(
                "reduce1",
                [80, 1, 1],
                256,
                1024,
                arguments![
                    &back.partial1,
                    blocks1,
                    encoder.input_scale,
                    encoder.scales,
                    by_w1,
                    by_b1,
                    self.shape.channels,
                    adds
                ],
            ),
        ];
        [back_to_second, of_projection, of_second, of_first]
    }

    // --- step --------------------------------------------------------------------------------------------------------

    /// To the next step: its record out of the table, which kernels read; `counter` counts steps.
    pub(crate) fn take_step(&self, [table, counter, now]: [&Memory; 3], bytes: usize) -> Launch {
        launch("take_step", [1, 1, 1], 256, 0, arguments![table, counter, now, bytes / 4])
    }

    /// One step of the optimiser on `count` numbers: weights, gradients, moments.
    pub(crate) fn adamw(
        &self,
        adam: Adam,
        count: usize,
        [weights, gradients, first, second]: [&Memory; 4],
        corrections: &Memory,
    ) -> Launch {
        let Adam { learning_rate, betas: (beta1, beta2), epsilon, weight_decay } = adam;
        launch(
            "adamw",
            [count.div_ceil(1024), 1, 1],
            256,
            0,
            arguments![
                weights,
                gradients,
                first,
                second,
                count,
                corrections,
                (1.0 - learning_rate * weight_decay) as f32,
                beta1 as f32,
                (1.0 - beta1) as f32,
                beta2 as f32,
                (1.0 - beta2) as f32,
                epsilon as f32,
                NONE
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_in_this_program_are_whole() {
        let ptx = ptx();
        assert!(driver_for(&ptx).is_some_and(|version| version >= (11, 0)));
        for kernel in ["take_step", "clean_exact", "conv1_fast_c2_bits", "conv2_exact_small", "grad1_exact_c8", "adamw"]
        {
            assert!(ptx.contains(&format!(".entry {kernel}(")), "{kernel}");
        }
        assert!(compiled_for((9, 0)).is_some_and(|image| image.starts_with(b"\x7fELF")));
        assert_eq!(compiled_for((8, 0)), None);
    }

    #[test]
    fn the_driver_for_an_assembly_is_that_of_its_version() {
        let needed = |version| driver_for(&format!("// made by\n\n.version {version}\n.target sm_80\n"));
        assert_eq!(needed("7.8"), Some((11, 8)));
        assert_eq!(needed("8.5"), Some((12, 5)));
        assert_eq!(needed("8.7"), Some((12, 8)));
        assert_eq!(needed("9.0"), Some((13, 0)));
        assert_eq!(driver_for("nothing"), None);
    }
}
