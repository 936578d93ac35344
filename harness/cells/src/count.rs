//! Counts in sentences, whose nouns and verbs go with them.

/// `1 cell`, `3 cells`: a count and its noun.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// `1 cell is` and `3 cells are`: a count, its noun, and the verb of one or of several.
pub fn counted_with(count: usize, noun: &str, verbs: [&str; 2]) -> String {
    format!("{} {}", counted(count, noun), verb(count, verbs))
}

/// The verb of one or of several.
pub fn verb(count: usize, [one, several]: [&str; 2]) -> &str {
    if count == 1 { one } else { several }
}

/// `once`, `3 times`.
pub fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// A measured number in so many digits that count, without those that arithmetic leaves: `1999.54`, never `1999.5400000000002`.
pub fn short(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let decimals = (digits - 1 - value.abs().log10().floor() as i32).clamp(0, 15) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A capacity in Ah as it is told: with four decimals, or three digits that count where these are more, as of coin cells.
pub fn ah(capacity: f64) -> String {
    let magnitude = capacity.abs().log10();
    let decimals = if magnitude.is_finite() { (2 - magnitude.floor() as i32).clamp(4, 15) } else { 4 };
    format!("{capacity:.*}", decimals as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacities_have_three_digits_however_small_the_cell() {
        for (capacity, text) in [
            (1.08, "1.0800"),
            (0.0, "0.0000"),
            (0.05, "0.0500"),
            (0.001_1, "0.00110"),
            (1.2345e-5, "0.0000123"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(ah(capacity), text);
        }
    }

    #[test]
    fn numbers_are_told_without_what_arithmetic_leaves() {
        for (value, text) in [
            (1_999.540_000_000_000_2, "1999.54"),
            (9.9, "9.9"),
            (-0.1 - 0.2, "-0.3"),
            (0.0, "0"),
            (3_600.0, "3600"),
            (1_234_567.0, "1234567"),
            (1.234_567_8e-5, "0.0000123457"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(short(value, 6), text, "{value}");
        }
    }

    #[test]
    fn nouns_and_verbs_go_with_their_count() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "real cell")), ["0 real cells", "1 real cell", "2 real cells"]);
        assert_eq!(
            [0, 1, 2].map(|count| counted_with(count, "cell", ["is", "are"])),
            ["0 cells are", "1 cell is", "2 cells are"]
        );
        assert_eq!([1, 2].map(times), ["once", "2 times"]);
    }
}
