//! Days as dates.

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
pub(super) fn date(day: u32) -> (u32, u32, u32) {
    // eras of 400 years that begin on the 1st of March, so that the leap day is the last day of its year
    let day = day + 719_468;
    let era = day / 146_097;
    let day_of_era = day % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = 400 * era + year_of_era + u32::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// `2014-03-05 04:05:06.123456`, so many microseconds after 1970.
pub(super) fn stamp(microseconds: u64) -> String {
    let (seconds, fraction) = (microseconds / 1_000_000, microseconds % 1_000_000);
    let (day, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(u32::try_from(day).unwrap_or(u32::MAX / 2));
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{fraction:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days_have_their_dates() {
        for (day, expected) in [
            (0, (1970, 1, 1)),
            (58, (1970, 2, 28)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (14_838, (2010, 8, 17)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(date(day), expected);
        }
        assert_eq!(stamp(1_282_003_200_000_001), "2010-08-17 00:00:00.000001");
        assert_eq!(stamp(86_399_999_999), "1970-01-01 23:59:59.999999");
    }

    #[test]
    fn every_day_is_the_day_after_the_one_before() {
        for day in 1..60_000 {
            let ((y, m, d), (year, month, date)) = (date(day - 1), date(day));
            let next = (year, month, date) == (y, m, d + 1);
            let next_month = (year, month, date) == (y, m + 1, 1) && d >= 28;
            assert!(next || next_month || ((m, d) == (12, 31) && (year, month, date) == (y + 1, 1, 1)), "day {day}");
        }
    }
}
