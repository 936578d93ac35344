//! What a figure shows, apart from how it is drawn.

/// One panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Name of its file, without ending.
    pub slug: String,
    /// What is shown, on what, and whether the cells are real or virtual.
    pub title: String,
    /// What a reader has to know, for below the figure.
    pub caption: String,
    /// Horizontal.
    pub x: Axis,
    /// Vertical.
    pub y: Axis,
    /// Drawn in this order, the last on top.
    pub series: Vec<Series>,
    /// Whether to draw the line on which both coordinates are equal.
    pub diagonal: bool,
}

impl Figure {
    /// Whether there is anything to see.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|series| series.points.is_empty())
    }
}

/// One direction of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it shows, with the unit.
    pub label: String,
    /// How values lie along it.
    pub scale: Scale,
    /// Ends of the axis, where values do not give them.
    pub limits: Option<(f64, f64)>,
}

impl Axis {
    /// An axis whose ends follow from the values.
    pub fn new(label: impl Into<String>, scale: Scale) -> Self {
        Self { label: label.into(), scale, limits: None }
    }
}

/// How values lie along an axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// Evenly, from zero on.
    FromZero,
    /// Evenly, around the values.
    Linear,
    /// By their binary logarithm.
    Log2,
    /// By their decimal logarithm.
    Log10,
    /// The values are positions in this list of names; on the vertical axis the first is on top.
    Names(Vec<String>),
}

/// Points that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// As in the legend; without one it is not there.
    pub name: String,
    /// Name of the model whose values these are; empty where an axis has the models, or there is none.
    pub model: String,
    /// How it is drawn.
    pub look: Look,
    /// In the order in which a line joins them.
    pub points: Vec<Point>,
    /// Ids of the cells whose values these are, one per point; empty where the points are of many cells.
    pub cells: Vec<String>,
}

impl Series {
    /// Points of no model or cell in particular.
    pub fn new(name: impl Into<String>, look: Look, points: Vec<Point>) -> Self {
        Self { name: name.into(), model: String::new(), look, points, cells: Vec::new() }
    }

    /// The same, of this model.
    #[must_use]
    pub fn of(self, model: impl Into<String>) -> Self {
        Self { model: model.into(), ..self }
    }
}

/// One value with its spread, if it has one. The spread lies along the vertical axis, or along the horizontal one where
/// the vertical one has names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Horizontal.
    pub x: f64,
    /// Vertical.
    pub y: f64,
    /// Lower and upper end.
    pub spread: Option<(f64, f64)>,
}

impl Point {
    /// Without a spread.
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y, spread: None }
    }
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
    /// Upright bars from zero, this wide in units of the horizontal axis.
    Bars(Shade, f64),
    /// Markers alone.
    Points(Marker),
    /// Markers joined by a line.
    Joined(Marker, Dash),
    /// A line alone.
    Line(Dash),
    /// A dashed level at each value, this wide in units of the horizontal axis.
    Levels(f64),
}

/// What tells bars apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shade {
    /// Dark grey.
    Dark,
    /// Grey.
    Medium,
    /// Light grey.
    Pale,
    /// White with a black outline.
    Light,
}

/// What tells points apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// Filled circle.
    Disc,
    /// Open circle.
    Ring,
    /// Filled square.
    Square,
    /// Open square.
    OpenSquare,
    /// Filled triangle.
    Triangle,
    /// Open triangle.
    OpenTriangle,
    /// Filled diamond.
    Diamond,
    /// Open diamond.
    OpenDiamond,
    /// A saltire.
    Cross,
    /// A short stroke across the direction of the spread.
    Tick,
}

impl Marker {
    /// The same shape without filling, for published values.
    pub fn hollow(self) -> Self {
        match self {
            Self::Disc => Self::Ring,
            Self::Square => Self::OpenSquare,
            Self::Triangle => Self::OpenTriangle,
            Self::Diamond => Self::OpenDiamond,
            open => open,
        }
    }
}

/// What tells lines apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Unbroken.
    Solid,
    /// Long strokes.
    Dashed,
    /// Dots.
    Dotted,
}
