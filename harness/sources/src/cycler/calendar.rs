//! Times that are written as dates: `2024-03-01 14:30:00.5`, `01.03.2024 14:30:00`, `3/1/2024 2:30 PM`, `01-Mar-24 14:30:00`.

use super::unit::DateOrder;

/// Seconds since 1970 that a text can be: with the day before the month, behind it, and with a year of two digits first. Where it cannot be
/// one of them, that is NaN; where no year of two digits can come first, it is as with the day first.
pub(super) type Moments = [f64; 3];

/// What a text can be.
pub(super) fn seconds(text: &str) -> Option<Moments> {
    let (text, ahead) = without_zone(text.trim());
    Some(local(text)?.map(|seconds| seconds - ahead))
}

/// A text without the zone behind its time of day, and by how many s clocks are ahead there: `14:30:00+01:00`, `14:30:00 -0500`, `Z`, `UTC`.
fn without_zone(text: &str) -> (&str, f64) {
    for name in ["Z", "z", "UTC", "GMT"] {
        if let Some(text) = text.strip_suffix(name) {
            return (text.trim_end(), 0.0);
        }
    }
    let zone = || {
        // a date has such signs, too
        let clock = text.find(':')?;
        let place = clock + text[clock..].find(['+', '-'])?;
        let (local, zone) = text.split_at(place);
        let digits: String = zone[1..].chars().filter(|letter| *letter != ':').collect();
        let is_one = [2, 4].contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = |text: &str| text.parse::<f64>().ok();
        let (hours, minutes) = is_one.then(|| digits.split_at(2))?;
        let ahead = 3600.0 * number(hours)? + 60.0 * if minutes.is_empty() { 0.0 } else { number(minutes)? };
        Some((local.trim_end(), if zone.starts_with('-') { -ahead } else { ahead }))
    };
    zone().unwrap_or((text, 0.0))
}

/// As [`seconds`], of a text without a zone.
fn local(text: &str) -> Option<Moments> {
    let (date, time) = text.split_once([' ', 'T', '\u{a0}']).unwrap_or((text, "0:00:00"));
    let of_day = of_day(time.trim())?;
    let mark = date.chars().find(|letter| ['-', '/', '.'].contains(letter))?;
    let parts: Vec<&str> = date.split(mark).collect();
    let [first, second, third] = parts[..] else { return None };
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
    // `2.006.2171` is a number whose thousands stand apart
    if second.len() > 2 && number(second).is_some() || first.len() > 2 && first.len() != 4 {
        return None;
    }
    let all = |days: [Option<f64>; 3]| {
        let moments = days.map(|day| day.map_or(f64::NAN, |day| day * 86_400.0 + of_day));
        moments.iter().any(|moment| moment.is_finite()).then_some(moments)
    };
    if first.len() == 4 {
        let day = day_number(number(first)?, number(second)?, number(third)?);
        return all([day; 3]);
    }
    let year = match (number(third)?, third.len()) {
        (year, 4) => year,
        (year, 2) => 2000 + year,
        _ => return None,
    };
    if let Some(month) = month_named(second) {
        return all([day_number(year, month, number(first)?); 3]);
    }
    let (first_text, first, second) = (first, number(first)?, number(second)?);
    let day_first = day_number(year, second, first);
    // nobody writes the month first before points
    let month_first = if mark == '.' { day_first } else { day_number(year, first, second) };
    let year_first = match (first_text.len(), third.len()) {
        (2, 2) if mark != '.' => day_number(2000 + first, second, year - 2000),
        _ => day_first,
    };
    all([day_first, month_first, year_first])
}

/// Seconds since 1970 of the days since the last of 1899 that spreadsheets count; none of a number that is none of our time.
pub(super) fn of_spreadsheet(days: f64) -> Option<f64> {
    (25_569.0..110_000.0).contains(&days).then(|| ((days - 25_569.0) * 86_400.0 * 1e3).round() / 1e3)
}

/// Seconds since midnight.
fn of_day(text: &str) -> Option<f64> {
    let upper = text.to_uppercase();
    let (clock, afternoon) = match (upper.strip_suffix("PM"), upper.strip_suffix("AM")) {
        (Some(clock), _) => (clock, Some(true)),
        (_, Some(clock)) => (clock, Some(false)),
        _ => (&upper[..], None),
    };
    let clock = clock.trim();
    let parts: Vec<f64> = clock.split(':').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes] => (hours, minutes, 0.0),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let hours = match afternoon {
        Some(is_after) => hours % 12.0 + if is_after { 12.0 } else { 0.0 },
        None => hours,
    };
    let is_one = (0.0..24.0).contains(&hours) && (0.0..60.0).contains(&minutes) && (0.0..61.0).contains(&seconds);
    is_one.then_some(3600.0 * hours + 60.0 * minutes + seconds)
}

fn month_named(text: &str) -> Option<u32> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start: String = text.to_lowercase().chars().take(3).collect();
    (1..).zip(NAMES).find(|(_, name)| *name == start).map(|(month, _)| month)
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
fn day_number(year: u32, month: u32, day: u32) -> Option<f64> {
    const LENGTHS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let is_leap = |year: u32| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = |month: u32| LENGTHS[month as usize - 1] + u32::from(month == 2 && is_leap(year));
    if !(1970..2200).contains(&year) || !(1..=12).contains(&month) || !(1..=length(month)).contains(&day) {
        return None;
    }
    let years: u32 = (1970..year).map(|year| 365 + u32::from(is_leap(year))).sum();
    let months: u32 = (1..month).map(length).sum();
    Some(f64::from(years + months + day - 1))
}

/// s between two dates that no test rests for: as long as this, the year has been taken for a day.
const LONGEST_REST: f64 = 300.0 * 86_400.0;

/// The dates of a column, of which not every one says whether its day, its month or its year comes first.
#[derive(Debug, Default)]
pub(super) struct Dates {
    day_first: Vec<f64>,
    /// With the month and with the year first; as long as one of them is as with the day first, it is empty.
    others: [Vec<f64>; 2],
}

impl Dates {
    /// Adds the next one, as [`seconds`] has it.
    pub(super) fn push(&mut self, [day_first, others @ ..]: Moments) {
        for (known, other) in self.others.iter_mut().zip(others) {
            let is_other = day_first.to_bits() != other.to_bits();
            if known.is_empty() && is_other {
                known.clone_from(&self.day_first);
            }
            if !known.is_empty() || is_other {
                known.push(other);
            }
        }
        self.day_first.push(day_first);
    }

    /// All of them, in s since 1970: in the order that is stated, or that alone can be or alone runs forward.
    ///
    /// # Errors
    /// A fragment: whether the day, the month or the year comes first is not known.
    pub(super) fn settle(self, stated: Option<DateOrder>) -> Result<Vec<f64>, String> {
        let Self { day_first, others: [month_first, year_first] } = self;
        let or_day = |times: Vec<f64>| if times.is_empty() { day_first.clone() } else { times };
        let times = match stated {
            Some(DateOrder::DayMonthYear) => day_first,
            Some(DateOrder::MonthDayYear) => or_day(month_first),
            Some(DateOrder::YearMonthDay) => or_day(year_first),
            None => {
                let first = day_first.clone();
                let is_year_alone = !can_be(&first) && (month_first.is_empty() || !can_be(&month_first));
                let settled = day_or_month(day_first, month_first);
                if year_first.is_empty()
                    || !runs(&year_first)
                    || settled.as_ref().is_ok_and(|times| is_continuous(times))
                {
                    settled?
                } else if is_year_alone {
                    year_first
                } else if since(&first) == since(&year_first) {
                    first
                } else if settled.as_ref().is_ok_and(|times| can_be(times)) && is_continuous(&year_first) {
                    return Err("its dates go on by a year and more at a time with the day or the month first, and not with the year: write \
                                `mapping: {time: {column: …, unit: yy/mm/dd}}`, or dd/mm/yyyy or mm/dd/yyyy"
                        .to_owned());
                } else if settled.is_err() && is_continuous(&year_first) {
                    return Err(format!("{UNKNOWN}, or yy/mm/dd"));
                } else {
                    settled?
                }
            }
        };
        if can_be(&times) {
            Ok(times)
        } else {
            Err("not all of its dates have day, month and year in the order stated".to_owned())
        }
    }
}

const UNKNOWN: &str = "whether the day or the month comes first in its dates is not known; write \
                       `mapping: {time: {column: …, unit: dd/mm/yyyy}}` or mm/dd/yyyy";

/// That of two which alone can be or alone runs forward.
fn day_or_month(day_first: Vec<f64>, month_first: Vec<f64>) -> Result<Vec<f64>, String> {
    if month_first.is_empty() {
        return Ok(day_first);
    }
    match [&day_first, &month_first].map(|times| (can_be(times), runs(times))) {
        [(true, _), (false, _)] | [(true, true), (true, false)] => Ok(day_first),
        [(false, _), (true, _)] | [(true, false), (true, true)] => Ok(month_first),
        // within a day both say the same but for where it lies
        _ if since(&day_first) == since(&month_first) => Ok(day_first),
        _ => Err(UNKNOWN.to_owned()),
    }
}

fn can_be(times: &[f64]) -> bool {
    times.iter().all(|time| time.is_finite())
}

fn runs(times: &[f64]) -> bool {
    can_be(times) && times.windows(2).all(|pair| pair[1] >= pair[0])
}

fn is_continuous(times: &[f64]) -> bool {
    runs(times) && times.windows(2).all(|pair| pair[1] - pair[0] < LONGEST_REST)
}

fn since(times: &[f64]) -> Vec<f64> {
    times.iter().map(|time| time - times[0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_seconds_since_1970() {
        let first_of_march = 1_709_303_400.0;
        for text in [
            "2024-03-01 14:30:00",
            "2024-03-01T14:30:00Z",
            "2024/3/1 14:30",
            "01.03.2024 14:30:00.0",
            "1-Mar-24 2:30:00 PM",
            "2024-03-01T15:30:00.000+01:00",
            "2024-03-01 09:30:00 -0500",
            "2024-03-01 20:00+05:30",
            "2024-03-01 14:30:00 UTC",
            "01.03.2024 15:30:00+01",
        ] {
            assert_eq!(seconds(text), Some([first_of_march; 3]), "{text}");
        }
        let [day_first, month_first, _] = seconds("03/01/2024 02:30 pm").unwrap();
        assert_eq!((day_first, month_first), (first_of_march - 58.0 * 86_400.0, first_of_march));
        assert!(seconds("3/25/2024 0:00").unwrap()[0].is_nan());
        assert_eq!(seconds("29.02.2024"), Some([19_782.0 * 86_400.0; 3]));
        for text in [
            "",
            "29.02.2023",
            "14:30:00",
            "45000.5",
            "1,5",
            "2024-13-01 0:00",
            "1.2.3.4",
            "2.006.2171",
            "2024-03-01 25:00:00",
            "2024-03-01 14:30:00+1:00:00",
            "2024-03-01 14:30:00+CET",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn day_and_month_are_told_apart_by_what_can_be_and_by_what_runs_forward() {
        let settled = |texts: &[&str], stated| {
            let mut dates = Dates::default();
            texts.iter().for_each(|text| dates.push(seconds(text).unwrap()));
            dates.settle(stated).map(|times| times.iter().map(|time| (time - times[0]) / 86_400.0).collect::<Vec<_>>())
        };
        assert_eq!(settled(&["1/2/2024 0:00", "13/2/2024 0:00"], None), Ok(vec![0.0, 12.0]));
        assert_eq!(settled(&["2/1/2024 0:00", "2/13/2024 0:00"], None), Ok(vec![0.0, 12.0]));
        assert_eq!(settled(&["11/1/2024 0:00", "12/1/2024 0:00", "1/2/2024 0:00"], None), Ok(vec![0.0, 1.0, 21.0]));
        assert_eq!(settled(&["1/2/2024 0:00", "1/2/2024 12:00"], None), Ok(vec![0.0, 0.5]));
        let unclear = ["1/2/2024 0:00", "2/2/2024 0:00", "3/2/2024 0:00"];
        assert!(settled(&unclear, None).unwrap_err().contains("whether the day or the month comes first"));
        assert_eq!(settled(&unclear, Some(DateOrder::DayMonthYear)), Ok(vec![0.0, 1.0, 2.0]));
        assert_eq!(settled(&unclear, Some(DateOrder::MonthDayYear)), Ok(vec![0.0, 31.0, 60.0]));
        assert!(settled(&["13/2/2024", "2/13/2024"], None).is_err());
        // a year of two digits
        let ours = ["24/01/30 0:00", "24/01/31 0:00", "24/02/01 0:00"];
        assert!(settled(&ours[..2], None).unwrap_err().contains("unit: yy/mm/dd"));
        assert!(settled(&ours, None).unwrap_err().contains("yy/mm/dd"));
        assert_eq!(settled(&ours, Some(DateOrder::YearMonthDay)), Ok(vec![0.0, 1.0, 2.0]));
        assert_eq!(settled(&["32/01/30 0:00", "32/01/31 0:00"], None), Ok(vec![0.0, 1.0]));
        assert_eq!(settled(&["30/01/24 0:00", "31/01/24 0:00", "01/02/24 0:00"], None), Ok(vec![0.0, 1.0, 2.0]));
        assert_eq!(settled(&["24/01/03 0:00", "24/01/03 12:00"], None), Ok(vec![0.0, 0.5]));
        assert_eq!(settled(&["2024-01-01 0:00", "1/2/2024 0:00", "13/2/2024 0:00"], None), Ok(vec![0.0, 31.0, 43.0]));
    }
}
