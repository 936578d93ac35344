//! Decimal numbers as tables have them, in the middle of a line.
//!
//! `fast-float2` rounds as `str::parse` does and tells where a number ends. What begins as no plain number does (`+1`, `nan`) and
//! what is too large for one is left to who asks.

/// The number that begins at `start`, and where it ends.
#[inline]
pub(super) fn read(text: &[u8], start: usize) -> Option<(f64, usize)> {
    let rest = text.get(start..)?;
    match rest {
        [b'0'..=b'9' | b'.', ..] | [b'-', b'0'..=b'9' | b'.', ..] => {}
        _ => return None,
    }
    let (value, length) = fast_float2::parse_partial::<f64, _>(rest).ok()?;
    value.is_finite().then_some((value, start + length))
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;

    /// Compares with the standard library, bit for bit; whether the number was read here.
    fn agrees(text: &str) -> bool {
        let padded = format!("{text},,,,,,,,");
        let Some((value, end)) = read(padded.as_bytes(), 0) else { return false };
        assert_eq!(end, text.len(), "{text}");
        assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        true
    }

    #[test]
    fn what_is_read_here_is_what_the_standard_library_reads() {
        let mut random = numerics::Streams::new("decimal tests").stream("numbers");
        for _ in 0..200_000 {
            let digits = random.random_range(1..=19);
            let mantissa = random.random_range(0..10_u64.pow(digits));
            let decimals = random.random_range(0..=27);
            let sign = if random.random() { "-" } else { "" };
            assert!(agrees(&format!("{sign}{mantissa}e-{decimals}")));
            let value = mantissa as f64 / 10_f64.powi(random.random_range(0..22));
            assert!(agrees(&format!("{value}")));
            assert!(agrees(&format!("{value:.6}")));
            assert!(agrees(&format!("{value:e}")));
        }
    }

    #[test]
    fn halves_and_their_neighbours_are_rounded_to_even() {
        // between 2^53 and 2^54 every odd number lies in the middle of two doubles
        for odd in ((1_u64 << 53) + 1..).step_by(2).take(1000) {
            for number in [odd - 1, odd, odd + 1] {
                assert!(agrees(&number.to_string()));
                assert!(agrees(&format!("{number}.0")));
                assert!(agrees(&format!("{number}0e-1")));
                assert!(agrees(&format!("{}e-3", number * 1000 + 1)));
            }
        }
    }

    #[test]
    fn plain_numbers_are_read_and_nothing_else_is() {
        for text in [
            "0",
            "-0",
            "0.0",
            "7",
            "-0.25",
            "3.",
            ".5",
            "1e-5",
            "1e5",
            "1.5E-05",
            "0.000000012345678901234567",
            "1e-28",
            "0.0000000000000000000000000001",
            "99999999999999999999",
        ] {
            assert!(agrees(text), "{text}");
        }
        for text in ["", "-", ".", "+1", "e-5", "nan", "inf", "-inf", "1e400"] {
            assert_eq!(read(format!("{text},,,,,,,,").as_bytes(), 0), None, "{text}");
        }
        for (text, length) in [("2013-01-01", 4), ("1.2.3", 3), ("12 ", 2), ("0x1F", 1), ("1e", 1), ("1e-", 1)] {
            let (_, end) = read(format!("{text},,,,,,,,").as_bytes(), 0).unwrap();
            assert_eq!(end, length, "{text}");
        }
    }

    #[test]
    fn every_byte_that_is_no_digit_ends_a_number() {
        for other in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit() && *byte != b'.') {
            for place in 1..20 {
                let mut text = [b'1'; 40];
                text[place] = other;
                // an exponent of many digits
                if matches!(other, b'e' | b'E') {
                    continue;
                }
                let (number, end) = read(&text, 0).unwrap();
                assert_eq!((number, end), (((10_u64.pow(place as u32) - 1) / 9) as f64, place), "{other}");
            }
        }
    }
}
