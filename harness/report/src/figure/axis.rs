//! Places and ticks along an axis.
//!
//! A value's *place* is the value itself, its logarithm, or its position in a list of names; places lie evenly on paper.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::plot::{Axis, Scale};
use statistics::median;

/// An axis with its ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruler {
    scale: Scale,
    /// Places of both ends.
    pub ends: (f64, f64),
    /// Places of the ticks.
    pub ticks: Vec<f64>,
}

impl Ruler {
    /// The axis for these values.
    pub fn new(axis: &Axis, values: &[f64]) -> Self {
        let scale = axis.scale.clone();
        let usable = |value: &f64| value.is_finite() && (!is_logarithmic(&scale) || *value > 0.0);
        let values: Vec<f64> = values.iter().copied().filter(usable).collect();
        let ends = match (&scale, axis.limits) {
            (Scale::Names(names), _) => (-0.5, names.len().max(1) as f64 - 0.5),
            (_, Some((low, high))) => (place(&scale, low), place(&scale, high)),
            (_, None) => around(&scale, &values),
        };
        let ticks = match &scale {
            Scale::Names(names) => (0..names.len()).map(|position| position as f64).collect(),
            Scale::FromZero | Scale::Linear => round_numbers(ends),
            Scale::Log2 => whole_numbers(ends),
            Scale::Log10 => decades(ends),
        };
        Self { scale, ends, ticks }
    }

    /// Where the value lies, cut at the ends of the axis.
    pub fn place(&self, value: f64) -> f64 {
        place(&self.scale, value).clamp(self.ends.0, self.ends.1)
    }

    /// Whether the value lies beyond the ends.
    pub fn is_beyond(&self, value: f64) -> bool {
        let place = place(&self.scale, value);
        place > self.ends.1 || place < self.ends.0
    }

    /// What stands beside the tick at this place.
    pub fn text(&self, place: f64) -> String {
        match &self.scale {
            Scale::Names(names) => names.get(place.round() as usize).cloned().unwrap_or_default(),
            Scale::FromZero | Scale::Linear => short(place),
            Scale::Log2 => short(place.exp2()),
            Scale::Log10 => short(10f64.powf(place)),
        }
    }
}

/// plotters measures in places.
impl Ranged for Ruler {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, place: &f64, (first, last): (i32, i32)) -> i32 {
        let share = (place - self.ends.0) / (self.ends.1 - self.ends.0);
        // pixels count downwards, so that a vertical axis runs from its last pixel up; names are read from the top
        let is_upright = last < first;
        let share = if is_upright && matches!(self.scale, Scale::Names(_)) { 1.0 - share } else { share };
        first + (share * f64::from(last - first)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.ends.0..self.ends.1
    }
}

impl ValueFormatter<f64> for Ruler {
    fn format(place: &f64) -> String {
        place.to_string()
    }

    fn format_ext(&self, place: &f64) -> String {
        self.text(*place)
    }
}

/// A number in few characters.
pub fn short(value: f64) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded.abs() >= 1e5 { format!("{rounded:.1e}").replace(".0e", "e") } else { rounded.to_string() }
}

fn is_logarithmic(scale: &Scale) -> bool {
    matches!(scale, Scale::Log2 | Scale::Log10)
}

fn place(scale: &Scale, value: f64) -> f64 {
    // nothing lies on a logarithmic axis at or below zero; such ends of spreads are cut at the edge
    let positive = value.max(f64::MIN_POSITIVE);
    match scale {
        Scale::FromZero | Scale::Linear | Scale::Names(_) => value,
        Scale::Log2 => positive.log2(),
        Scale::Log10 => positive.log10(),
    }
}

/// Ends with some room around the values; one runaway among them is left outside, so that the others stay legible.
fn around(scale: &Scale, values: &[f64]) -> (f64, f64) {
    let ordinary = match scale {
        Scale::FromZero => 5.0 * median(values).unwrap_or(f64::INFINITY),
        _ => f64::INFINITY,
    };
    let places = || values.iter().map(|&value| place(scale, value.min(ordinary)));
    let (low, high) = (places().fold(f64::INFINITY, f64::min), places().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        return (0.0, 1.0);
    }
    if *scale == Scale::FromZero {
        return (0.0, if high > 0.0 { 1.08 * high } else { 1.0 });
    }
    let room = if high > low { 0.06 * (high - low) } else { 0.05 * high.abs().max(1.0) };
    (low - room, high + room)
}

/// Multiples of 1, 2 or 5 times a power of ten, about six of them.
fn round_numbers((low, high): (f64, f64)) -> Vec<f64> {
    let rough = (high - low) / 6.0;
    // there are no round numbers between numbers that are next to one another, or so far apart that their distance is none
    if !rough.is_normal() || !(high / rough).is_finite() || (high / rough).abs().max((low / rough).abs()) > 1e12 {
        return [low, high].into_iter().filter(|end| end.is_finite()).collect();
    }
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|multiple| multiple as f64 * step).collect()
}

fn whole_numbers((low, high): (f64, f64)) -> Vec<f64> {
    let step = (((high - low) / 16.0).ceil() as usize).max(1);
    (low.ceil() as i64..=high.floor() as i64).step_by(step).map(|place| place as f64).collect()
}

/// Powers of ten, with 2 and 5 times them while there is room.
fn decades((low, high): (f64, f64)) -> Vec<f64> {
    let factors: &[f64] = if high - low > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let skipped = (((high - low) / 8.0).ceil() as usize).max(1);
    let ticks: Vec<f64> = (low.floor() as i64..=high.ceil() as i64)
        .step_by(skipped)
        .flat_map(|decade| factors.iter().map(move |factor| decade as f64 + factor.log10()))
        .filter(|place| (low..=high).contains(place))
        .collect();
    if ticks.len() > 1 {
        return ticks;
    }
    // less than a decade: evenly spaced round numbers
    round_numbers((10f64.powf(low), 10f64.powf(high))).into_iter().map(f64::log10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(scale: Scale, values: &[f64]) -> Vec<String> {
        let ruler = Ruler::new(&Axis::new("", scale), values);
        ruler.ticks.iter().map(|tick| ruler.text(*tick)).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(texts(Scale::FromZero, &[100.0, 290.0]), ["0", "100", "200", "300"]);
        assert_eq!(texts(Scale::Linear, &[63.0, 66.5]), ["63", "64", "65", "66"]);
        assert_eq!(texts(Scale::Log2, &[1.0, 64.0]), ["1", "2", "4", "8", "16", "32", "64"]);
        assert_eq!(texts(Scale::Log10, &[20.0, 900.0]), ["20", "50", "100", "200", "500", "1000"]);
        assert_eq!(texts(Scale::Log10, &[20.0, 3e7])[..3], ["10", "100", "1000"]);
        assert_eq!(texts(Scale::Names(vec!["a".to_owned(), "b".to_owned()]), &[]), ["a", "b"]);
    }

    #[test]
    fn ends_hold_all_values_but_a_runaway() {
        let ends = |scale, values: &[f64]| Ruler::new(&Axis::new("", scale), values).ends;
        assert_eq!(ends(Scale::FromZero, &[50.0, 100.0]), (0.0, 108.0));
        assert_eq!(ends(Scale::FromZero, &[10.0, 12.0, 11.0, 1e9]), (0.0, 1.08 * 57.5));
        let ruler = Ruler::new(&Axis::new("", Scale::FromZero), &[10.0, 12.0, 11.0, 1e9]);
        assert!(ruler.is_beyond(1e9) && !ruler.is_beyond(12.0) && ruler.place(1e9) == ruler.ends.1);
        let (low, high) = ends(Scale::Linear, &[7.0]);
        assert!(low < 7.0 && 7.0 < high);
    }

    #[test]
    fn no_values_senseless_values_and_equal_values_still_give_an_axis() {
        for scale in [Scale::FromZero, Scale::Linear, Scale::Log2, Scale::Log10, Scale::Names(vec![])] {
            for values in [&[][..], &[f64::NAN, f64::INFINITY], &[0.0], &[-3.0], &[5.0, 5.0], &[1e-300, 1e300]] {
                let ruler = Ruler::new(&Axis::new("", scale.clone()), values);
                assert!(ruler.ends.0 < ruler.ends.1 && ruler.ticks.len() < 40, "{scale:?} {values:?}");
                assert!(ruler.place(f64::MAX).is_finite() && ruler.place(-1.0).is_finite());
            }
        }
    }
}
