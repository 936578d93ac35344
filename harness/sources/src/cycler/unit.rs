//! Units that cyclers write, and what to multiply by to have s, V, A, Ah and °C.

/// What a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    /// In s here.
    Time,
    /// In V.
    Voltage,
    /// In A.
    Current,
    /// In Ah.
    Capacity,
    /// In °C.
    Temperature,
}

/// Which part comes first in dates like `3/1/2024` and `24/3/1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateOrder {
    /// As in most of the world.
    DayMonthYear,
    /// As in the United States.
    MonthDayYear,
    /// As in East Asia, where the year has two digits.
    YearMonthDay,
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As numbers.
    Number,
    /// Like `26:10:00.5`.
    Clock,
    /// As dates with a time of day, perhaps with the order of day and month.
    Date(Option<DateOrder>),
}

/// A unit of a column: ours = value · `factor` + `offset`, or a time of day, or a date.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unit {
    /// As it is written in `cells.yaml`.
    pub name: &'static str,
    /// Of ours in one of it.
    pub factor: f64,
    /// Of ours at its zero.
    pub offset: f64,
    /// How values are written.
    pub form: Form,
}

const fn unit(name: &'static str, factor: f64) -> Unit {
    Unit { name, factor, offset: 0.0, form: Form::Number }
}

/// A time of day or a duration with colons.
pub(super) const CLOCK: Unit = Unit { form: Form::Clock, ..unit("h:min:s", 1.0) };

const fn date(order: Option<DateOrder>) -> Unit {
    Unit { form: Form::Date(order), ..unit("date", 1.0) }
}

impl Quantity {
    /// The names of its units, for a person.
    pub(super) fn units(self) -> &'static str {
        match self {
            Self::Time => "s, ms, min, h, d, h:min:s, date, dd/mm/yyyy, mm/dd/yyyy, yy/mm/dd",
            Self::Voltage => "V, mV",
            Self::Current => "A, mA, uA",
            Self::Capacity => "Ah, mAh, uAh, C",
            Self::Temperature => "degC, K, degF",
        }
    }

    /// The unit that is written so; none where it is none of this quantity.
    pub(super) fn unit(self, text: &str) -> Option<Unit> {
        let text = text.trim().replace(['µ', 'μ'], "u").replace('℃', "degC").replace('℉', "degF");
        let plain: String = text.chars().filter(|letter| letter.is_alphanumeric()).collect();
        // m is thousandth and M million: only the words are free in their case
        let word = plain.to_lowercase();
        if self == Self::Time && word.contains("yy") {
            return Some(date(match word.find("yy") {
                _ if word.starts_with("dd") => Some(DateOrder::DayMonthYear),
                Some(0) if !word.starts_with("yyyy") => Some(DateOrder::YearMonthDay),
                Some(1..) => Some(DateOrder::MonthDayYear),
                _ => None,
            }));
        }
        if self == Self::Time && text.contains(':') {
            return Some(CLOCK);
        }
        Some(match (self, &word[..]) {
            (Self::Time, "s" | "sec" | "secs" | "second" | "seconds") => unit("s", 1.0),
            (Self::Time, "ms" | "msec" | "millisecond" | "milliseconds") => unit("ms", 1e-3),
            (Self::Time, "m" | "min" | "mins" | "minute" | "minutes") => unit("min", 60.0),
            (Self::Time, "h" | "hr" | "hrs" | "hour" | "hours") => unit("h", 3600.0),
            (Self::Time, "d" | "day" | "days") => unit("d", 86_400.0),
            (Self::Time, "hms" | "hhmmss" | "clock") => CLOCK,
            (Self::Time, "date" | "datetime" | "timestamp") => date(None),
            (Self::Voltage, "v" | "volt" | "volts" | "vvsref") => unit("V", 1.0),
            (Self::Voltage, "mv" | "millivolt" | "millivolts") if !plain.starts_with('M') => unit("mV", 1e-3),
            (Self::Current, "a" | "amp" | "amps" | "ampere" | "amperes") => unit("A", 1.0),
            (Self::Current, "ma" | "milliampere" | "milliamps") if !plain.starts_with('M') => unit("mA", 1e-3),
            (Self::Current, "ua" | "microampere") => unit("uA", 1e-6),
            (Self::Capacity, "ah" | "ahr" | "amphr" | "amphour" | "amperehour" | "amperehours") => unit("Ah", 1.0),
            (Self::Capacity, "mah" | "mahr" | "milliamperehour") if !plain.starts_with('M') => unit("mAh", 1e-3),
            (Self::Capacity, "uah" | "microamperehour") => unit("uAh", 1e-6),
            (Self::Capacity, "c" | "coulomb" | "as") => unit("C", 1.0 / 3600.0),
            (Self::Temperature, "c" | "degc" | "celsius" | "degreecelsius" | "degreescelsius") => unit("degC", 1.0),
            (Self::Temperature, "k" | "kelvin") => Unit { offset: -273.15, ..unit("K", 1.0) },
            (Self::Temperature, "f" | "degf" | "fahrenheit") => {
                Unit { offset: -160.0 / 9.0, ..unit("degF", 5.0 / 9.0) }
            }
            // a degree sign that another encoding spoiled
            (Self::Temperature, _) if word.ends_with('c') && text.chars().count() <= 4 => unit("degC", 1.0),
            _ => return None,
        })
    }
}

impl Quantity {
    /// Whether a text is a unit of any quantity, to the letter.
    pub(super) fn is_any(text: &str) -> bool {
        let short = ["s", "ms", "min", "h", "V", "mV", "A", "mA", "Ah", "mAh", "°C", "degC", "K"];
        short.contains(&text) || text.starts_with("V vs")
    }
}

impl Unit {
    /// A value of ours in it.
    pub(super) fn in_own(self, value: f64) -> f64 {
        (value - self.offset) / self.factor
    }

    /// The value in ours.
    pub(super) fn to_ours(self, value: f64) -> f64 {
        // what is already ours stays what it is to the last bit
        if self.offset == 0.0 { value * self.factor } else { value * self.factor + self.offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_known_in_the_ways_that_cyclers_write_them() {
        let ours = |quantity: Quantity, text: &str| quantity.unit(text).map(|unit| unit.to_ours(2.0));
        assert_eq!(ours(Quantity::Time, "Seconds"), Some(2.0));
        assert_eq!(ours(Quantity::Time, "Min"), Some(120.0));
        assert_eq!(ours(Quantity::Current, "mA"), Some(0.002));
        assert_eq!(ours(Quantity::Current, "MA"), None);
        assert_eq!(ours(Quantity::Capacity, "mA.h"), Some(0.002));
        assert_eq!(ours(Quantity::Capacity, "A·h"), Some(2.0));
        assert_eq!(ours(Quantity::Capacity, "Wh"), None);
        assert_eq!(ours(Quantity::Temperature, "\u{fffd}C"), Some(2.0));
        assert!((ours(Quantity::Temperature, "degF").unwrap() + 16.666_666).abs() < 1e-4);
        assert_eq!(Quantity::Time.unit("h:min:s.ms"), Some(CLOCK));
        let order = |text: &str| Quantity::Time.unit(text).map(|unit| unit.form);
        assert_eq!(order("date"), Some(Form::Date(None)));
        assert_eq!(order("yyyy-mm-dd hh:mm:ss"), Some(Form::Date(None)));
        assert_eq!(order("yy/mm/dd hh:mm"), Some(Form::Date(Some(DateOrder::YearMonthDay))));
        assert_eq!(order("dd/mm/yyyy"), Some(Form::Date(Some(DateOrder::DayMonthYear))));
        assert_eq!(order("MM/DD/YYYY hh:mm"), Some(Form::Date(Some(DateOrder::MonthDayYear))));
        assert_eq!(ours(Quantity::Temperature, "℃"), Some(2.0));
    }
}
