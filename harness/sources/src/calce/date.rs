//! The date in the name of a file.

/// Year as written (two digits or four), month, day.
pub(super) type Date = (u32, u32, u32);

/// Reads `CS2_35_10_15_10.xlsx` as the 15th of October 10: after cell and number come month, day (perhaps with a `B`)
/// and year. `CX2_32` also has the date in front.
pub(super) fn of(file_name: &str) -> Option<Date> {
    let upper = file_name.to_ascii_uppercase();
    let stem = upper.rsplit_once('.').map_or(&upper[..], |(stem, _)| stem);
    let parts: Vec<&str> = stem.split('_').collect();
    after_the_cell(&parts).or_else(|| before_the_cell(&parts))
}

/// The same with the whole year, so that files of one cell are in order however each writes it.
pub(super) fn of_this_age((year, month, day): Date) -> Date {
    (if year < 100 { 2000 + year } else { year }, month, day)
}

fn after_the_cell(parts: &[&str]) -> Option<Date> {
    parts.windows(5).find_map(|window| {
        let [cell, number, month, day, year] = window else { return None };
        let series = cell.strip_suffix('2').unwrap_or(cell);
        if !(series.ends_with("CS") || series.ends_with("CX")) {
            return None;
        }
        whole(number)?;
        Some((leading(year)?, whole(month)?, whole(day.strip_suffix('B').unwrap_or(day))?))
    })
}

fn before_the_cell(parts: &[&str]) -> Option<Date> {
    parts.windows(5).find_map(|window| match window {
        [month, day, year, "CX2", rest] if rest.starts_with("32") => {
            let digits = month.len() - month.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            Some((whole(year)?, whole(&month[month.len() - digits..])?, whole(day)?))
        }
        _ => None,
    })
}

fn whole(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn leading(text: &str) -> Option<u32> {
    whole(&text[..text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_found_in_every_kind_of_name() {
        assert_eq!(of("CS2_35_10_15_10.xlsx"), Some((10, 10, 15)));
        assert_eq!(of("cx2_16_8_17_10b.xls"), Some((10, 8, 17)));
        assert_eq!(of("CX2_34_8_16B_10.xlsx"), Some((10, 8, 16)));
        assert_eq!(of("CS_8_1_2_2011.txt"), Some((2011, 1, 2)));
        assert_eq!(of("7_2_10_CX2_32.xlsx"), Some((10, 7, 2)));
        for name in ["Book1.xlsx", "CS2_35.xlsx", "CS2_35_a_15_10.xlsx", "", "é_é_é_CX2_32.xlsx", "1_2_3_CX2_31.xls"]
        {
            assert_eq!(of(name), None, "{name}");
        }
        let whole = |name| of(name).map(of_this_age);
        assert!(whole("CS2_35_12_20_2010.xlsx") < whole("CS2_35_1_10_11.xlsx"));
        assert!(whole("CS2_35_1_10_11 (1).xlsx") == whole("CS2_35_1_10_2011.xlsx"));
        assert!(of("CS2_35_12_23_10.xlsx") < of("CS2_35_1_10_11.xlsx"));
    }
}
