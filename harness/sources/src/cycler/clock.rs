//! Times that are written with colons: `26:10:00.5`, `0d 00:01:0.88`, `1-02:03:04`.

/// Seconds of a duration of days, hours, minutes and seconds; none where it is written otherwise.
pub(super) fn seconds(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let (days, rest) = match text.split_once(['d', '-']) {
        Some((days, rest)) if !days.trim().is_empty() => (days.trim().parse::<u32>().ok()?, rest.trim()),
        _ => (0, text),
    };
    let parts: Vec<&str> = rest.split(':').collect();
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes, seconds] => (hours.trim().parse::<u32>().ok()?, minutes.trim(), seconds.trim()),
        _ => return None,
    };
    let minutes: u32 = minutes.parse().ok()?;
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
            ("1-02:03:04", Some(93_784.0)),
            ("00:61:00", None),
            ("5", None),
            ("2022-05-18 16:27:52", None),
            ("-1:00:00", None),
        ] {
            assert_eq!(seconds(text.as_bytes()), expected, "{text}");
        }
    }
}
