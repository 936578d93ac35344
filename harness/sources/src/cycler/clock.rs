//! Times that are written with colons: `26:10:00.5`, `0d 00:01:0.88`, `1-02:03:04`, `1 day, 02:03:04`.

/// Seconds of a duration of days, hours, minutes and seconds; none where it is written otherwise.
pub(super) fn seconds(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let (days, rest) = days(text)?;
    let parts: Vec<&str> = rest.split(':').collect();
    let [hours, minutes, seconds] = parts[..] else { return None };
    let hours: u32 = hours.trim().parse().ok()?;
    let minutes: u32 = minutes.trim().parse().ok()?;
    let seconds = seconds.trim();
    if minutes >= 60 || seconds.starts_with(['-', '+']) {
        return None;
    }
    let seconds: f64 = seconds.parse().ok()?;
    // 60 and a little is what rounding makes of 59.9999999
    if !(0.0..61.0).contains(&seconds) {
        return None;
    }
    Some(f64::from(days) * 86_400.0 + f64::from(hours) * 3600.0 + f64::from(minutes) * 60.0 + seconds)
}

/// The days before a time of hours, and that time: `2d 1:00:00`, `2-1:00:00`, `2 1:00:00`, `2.01:00:00`, `2 days 1:00:00`.
fn days(text: &str) -> Option<(u32, &str)> {
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let (number, rest) = text.split_at(digits);
    if rest.starts_with(':') {
        return Some((0, text));
    }
    let word = rest.trim_start();
    let after = ["days", "day", "d"].iter().find_map(|name| word.strip_prefix(name));
    let after = after.map(|rest| rest.trim_start_matches(',')).or_else(|| rest.strip_prefix([' ', '-', '.']))?;
    Some((number.parse().ok()?, after.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds() {
        for (text, expected) in [
            ("00:00:05", Some(5.0)),
            ("26:10:00.5", Some(94_200.5)),
            ("  0d 00:01:0.25", Some(60.25)),
            ("2d 01:00:00", Some(176_400.0)),
            ("2d01:00:00", Some(176_400.0)),
            ("1-02:03:04", Some(93_784.0)),
            ("0 00:00:00.000", Some(0.0)),
            ("1 02:03:04", Some(93_784.0)),
            ("1.02:03:04.5", Some(93_784.5)),
            ("1 day, 2:03:04", Some(93_784.0)),
            ("1 days 02:03:04", Some(93_784.0)),
            ("00:61:00", None),
            ("5", None),
            ("", None),
            ("d 1:00:00", None),
            ("2022-05-18 16:27:52", None),
            ("18.05.2022 16:27:52", None),
            ("5/18/2022 16:27:52", None),
            ("-1:00:00", None),
        ] {
            assert_eq!(seconds(text.as_bytes()), expected, "{text}");
        }
    }
}
