//! Markers, bars and lines, in pixels.

use plotters::{
    element::{
        Circle, DashedPathElement, DynElement, EmptyElement, IntoDynElement as _, PathElement, Polygon, Rectangle,
    },
    prelude::{BLACK, DrawingBackend, WHITE},
    style::{Color as _, RGBColor, ShapeStyle},
};

use super::plot::{Dash, Look, Marker, Shade};

/// Right and down from the upper left corner.
type Pixel = (i32, i32);

const RADIUS: i32 = 4;
// all lighter than the whiskers that lie on them
const DARK_GREY: RGBColor = RGBColor(115, 115, 115);
const GREY: RGBColor = RGBColor(170, 170, 170);
const LIGHT_GREY: RGBColor = RGBColor(220, 220, 220);

/// Black, of this width.
pub(super) fn stroke(width: u32) -> ShapeStyle {
    BLACK.stroke_width(width)
}

/// A marker around a point given in any coordinates; `is_sideways` where spreads lie along the horizontal axis.
pub(super) fn mark<'a, C, B>(at: C, marker: Marker, is_sideways: bool) -> DynElement<'a, B, C>
where
    C: Clone + 'a,
    B: DrawingBackend + 'a,
{
    let r = RADIUS;
    let is_hollow = marker == marker.hollow();
    let filling = if is_hollow { WHITE.filled() } else { BLACK.filled() };
    let here = EmptyElement::at(at);
    let outlined = |corners: &[Pixel]| {
        let around: Vec<Pixel> = corners.iter().chain(corners.first()).copied().collect();
        (Polygon::new(corners, filling), PathElement::new(around, stroke(1)))
    };
    let (inside, outline) = match marker {
        Marker::Disc | Marker::Ring => {
            return (here + Circle::new((0, 0), r, filling) + Circle::new((0, 0), r, stroke(1))).into_dyn();
        }
        Marker::Cross => {
            let strokes = [[(-r, -r), (r, r)], [(-r, r), (r, -r)]].map(|ends| PathElement::new(ends, stroke(1)));
            let [falling, rising] = strokes;
            return (here + falling + rising).into_dyn();
        }
        Marker::Tick => {
            let ends = if is_sideways { [(0, -r), (0, r)] } else { [(-r, 0), (r, 0)] };
            return (here + PathElement::new(ends, stroke(1))).into_dyn();
        }
        Marker::Square | Marker::OpenSquare => outlined(&[(-r, -r), (r, -r), (r, r), (-r, r)]),
        Marker::Triangle | Marker::OpenTriangle => outlined(&[(-r, r), (r, r), (0, -r)]),
        Marker::Diamond | Marker::OpenDiamond => outlined(&[(-r - 1, 0), (0, -r - 1), (r + 1, 0), (0, r + 1)]),
    };
    (here + inside + outline).into_dyn()
}

/// A line through points given in any coordinates.
pub(super) fn line<'a, C, B>(points: Vec<C>, dash: Dash) -> DynElement<'a, B, C>
where
    C: Clone + 'a,
    B: DrawingBackend + 'a,
{
    match dash {
        Dash::Solid => PathElement::new(points, stroke(1)).into_dyn(),
        Dash::Dashed => DashedPathElement::new(points, 6, 4, stroke(1)).into_dyn(),
        Dash::Dotted => DashedPathElement::new(points, 2, 3, stroke(2)).into_dyn(),
    }
}

/// Filling of a bar.
pub(super) fn filling(shade: Shade) -> ShapeStyle {
    match shade {
        Shade::Dark => DARK_GREY.filled(),
        Shade::Medium => GREY.filled(),
        Shade::Pale => LIGHT_GREY.filled(),
        Shade::Light => WHITE.filled(),
    }
}

/// What stands in the legend beside the name of a series; `at` is its middle.
pub(super) fn sample<'a, B: DrawingBackend + 'a>(
    look: Look,
    at: Pixel,
    is_sideways: bool,
) -> Vec<DynElement<'a, B, Pixel>> {
    let (x, y) = at;
    let dashes = |dash| line(vec![(x - 14, y), (x + 14, y)], dash);
    match look {
        Look::Bars(shade, _) => {
            let corners = [(x - 9, y - 6), (x + 9, y + 6)];
            vec![Rectangle::new(corners, filling(shade)).into_dyn(), Rectangle::new(corners, stroke(1)).into_dyn()]
        }
        Look::Points(marker) => vec![mark(at, marker, is_sideways)],
        Look::Joined(marker, dash) => vec![dashes(dash), mark(at, marker, is_sideways)],
        Look::Line(dash) => vec![dashes(dash)],
        Look::Levels(_) => vec![dashes(Dash::Dashed)],
    }
}
