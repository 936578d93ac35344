//! Differences of maps as convolutions read them, and which of their rows are dropped.

use super::{Kernels, launch};
use crate::{
    machine::{Argument, Launch, Memory},
    network::Source,
    spec::{Cleaning, CycleFilter, Input, Rule, Shape},
    workspace::Inputs,
};

impl Kernels {
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
    /// for inputs that are not made in one go, as the [`Workspace`](crate::workspace::Workspace) has it.
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
}
