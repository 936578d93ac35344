//! Decimal numbers as tables have them, read eight digits at a time.
//!
//! `12`, `-0.25` and `1.5e-05` are read here, if they have few enough digits, and to the last bit as `str::parse` would read
//! them. That is what anything else is left to: more digits, large and tiny numbers, and one in some hundred that lies so
//! close to the middle of two neighbours that 64 bits do not tell which is nearer.

/// Digits after the point of the shortest numbers; 5^27 is the last power of 5 with less than 64 bits.
const MOST_DECIMALS: usize = 27;

/// As many digits always have less than 64 bits.
const MOST_DIGITS: usize = 19;

const TEN: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// 5^k has `bits` bits, and `reciprocal` is 2^(63 + bits) / 5^k rounded down, which has 64 bits.
#[derive(Clone, Copy)]
struct Power {
    reciprocal: u64,
    bits: i32,
}

const FIVE: [Power; MOST_DECIMALS + 1] = {
    let mut table = [Power { reciprocal: 0, bits: 1 }; MOST_DECIMALS + 1];
    let mut power = 1_u64;
    let mut k = 1;
    while k <= MOST_DECIMALS {
        power *= 5;
        let bits = u64::BITS - power.leading_zeros();
        table[k] = Power { reciprocal: ((1_u128 << (63 + bits)) / power as u128) as u64, bits: bits as i32 };
        k += 1;
    }
    table
};

/// The number that begins at `start`, and where it ends.
#[inline]
pub(super) fn read(text: &[u8], start: usize) -> Option<(f64, usize)> {
    let negative = *text.get(start)? == b'-';
    let whole = start + usize::from(negative);
    // mostly one digit or few: one by one, so that the processor need not know where they end to look further
    let (mut mantissa, mut end) = (0_u64, whole);
    while let Some(digit @ 0..=9) = text.get(end).map(|byte| byte.wrapping_sub(b'0')) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
        end += 1;
    }
    let mut count = end - whole;
    if count > MOST_DIGITS {
        return None;
    }
    let mut decimals = 0;
    if text.get(end) == Some(&b'.') {
        let point = end;
        (mantissa, end) = digits(text, point + 1, mantissa)?;
        decimals = end - point - 1;
        count += decimals;
    }
    if count == 0 {
        return None;
    }
    if let Some(b'e' | b'E') = text.get(end) {
        // a positive power of ten is rare, and left to others
        if text.get(end + 1) != Some(&b'-') {
            return None;
        }
        let (exponent, after) = digits(text, end + 2, 0)?;
        if after == end + 2 || exponent > MOST_DECIMALS as u64 {
            return None;
        }
        decimals += exponent as usize;
        end = after;
    }
    let value = quotient(mantissa, decimals)?;
    Some((if negative { -value } else { value }, end))
}

/// Appends the digits at `at` to `number`; with it, where they end. None when they are too many.
#[inline]
fn digits(text: &[u8], mut at: usize, mut number: u64) -> Option<(u64, usize)> {
    loop {
        let eight = u64::from_le_bytes(*text.get(at..)?.first_chunk()?) ^ 0x3030_3030_3030_3030;
        // a byte that was no digit has a bit in its upper half, now or with 6 added; what is carried only reaches later ones
        let others = (eight.wrapping_add(0x0606_0606_0606_0606) | eight) & 0xf0f0_f0f0_f0f0_f0f0;
        if others == 0 {
            number = number.checked_mul(TEN[8])?.checked_add(value_of_eight(eight))?;
            at += 8;
            continue;
        }
        let found = others.trailing_zeros() as usize / 8;
        if found > 0 {
            // zeros in front of those that are digits
            let last = value_of_eight(eight << (64 - 8 * found));
            number = number.checked_mul(TEN[found])?.checked_add(last)?;
        }
        return Some((number, at + found));
    }
}

/// The value of eight digits, the first in the lowest byte: of pairs, then of fours, then of all.
fn value_of_eight(digits: u64) -> u64 {
    const EVERY_FOURTH: u64 = 0x0000_00ff_0000_00ff;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let first = (pairs & EVERY_FOURTH).wrapping_mul(100 + (1_000_000 << 32));
    let second = ((pairs >> 16) & EVERY_FOURTH).wrapping_mul(1 + (10_000 << 32));
    first.wrapping_add(second) >> 32
}

/// mantissa / 10^decimals, rounded to nearest; none where that takes more than 64 bits to tell.
///
/// The mantissa, shifted to 64 bits, times the reciprocal of 5^decimals gives the upper 64 bits of the quotient, or up to 2
/// of their last place less than it.
#[inline]
fn quotient(mantissa: u64, decimals: usize) -> Option<f64> {
    if decimals == 0 || mantissa == 0 {
        return Some(mantissa as f64);
    }
    let &Power { reciprocal, bits } = FIVE.get(decimals)?;
    let shift = mantissa.leading_zeros();
    let upper = ((u128::from(mantissa << shift) * u128::from(reciprocal)) >> 64) as u64;
    // a double has 53 of the 63 or 64 bits
    let dropped = 11 - upper.leading_zeros();
    let rest = upper & ((1 << dropped) - 1);
    let half = 1 << (dropped - 1);
    if rest == half || rest == half - 1 {
        return None;
    }
    let kept = (upper >> dropped) + u64::from(rest > half);
    let exponent = dropped as i32 + 1 - shift as i32 - decimals as i32 - bits;
    // 2^exponent is far from the smallest double, so that the product is exact
    Some(kept as i64 as f64 * f64::from_bits(((1023 + exponent) as u64) << 52))
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
        let mut read_here = 0;
        const COUNT: usize = 200_000;
        for _ in 0..COUNT {
            let digits = random.random_range(1..=19);
            let mantissa = random.random_range(0..10_u64.pow(digits));
            let decimals = random.random_range(0..=MOST_DECIMALS);
            let sign = if random.random() { "-" } else { "" };
            read_here += usize::from(agrees(&format!("{sign}{mantissa}e-{decimals}")));
            let value = mantissa as f64 / 10_f64.powi(random.random_range(0..22));
            agrees(&format!("{value}"));
            agrees(&format!("{value:.6}"));
            agrees(&format!("{value:e}"));
        }
        assert!(read_here > COUNT * 98 / 100, "{read_here} of {COUNT}");
    }

    #[test]
    fn halves_and_their_neighbours_are_rounded_to_even() {
        // between 2^53 and 2^54 every odd number lies in the middle of two doubles
        for odd in ((1_u64 << 53) + 1..).step_by(2).take(1000) {
            for number in [odd - 1, odd, odd + 1] {
                agrees(&number.to_string());
                agrees(&format!("{number}.0"));
                agrees(&format!("{number}0e-1"));
                agrees(&format!("{}e-3", number * 1000 + 1));
            }
        }
    }

    #[test]
    fn plain_numbers_are_read_and_nothing_else_is() {
        for text in ["0", "-0", "0.0", "7", "-0.25", "3.", ".5", "1e-5", "1.5E-05", "0.000000012345678901234567"] {
            assert!(agrees(text), "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "+1",
            "e-5",
            "1e",
            "1e-",
            "1e5",
            "nan",
            "inf",
            "1e-28",
            "0.0000000000000000000000000001",
            "99999999999999999999",
        ] {
            assert_eq!(read(format!("{text},,,,,,,,").as_bytes(), 0), None, "{text}");
        }
        for (text, length) in [("2013-01-01", 4), ("1.2.3", 3), ("12 ", 2), ("0x1F", 1)] {
            let (_, end) = read(format!("{text},,,,,,,,").as_bytes(), 0).unwrap();
            assert_eq!(end, length, "{text}");
        }
        assert_eq!(read(b"1.5", 0), None, "eight bytes must follow");
    }

    #[test]
    fn every_byte_that_is_no_digit_ends_a_number() {
        for other in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit()) {
            for place in 1..20 {
                let mut text = [b'1'; 40];
                text[place] = other;
                let (number, end) = digits(&text, 0, 0).unwrap();
                assert_eq!((number, end), ((10_u64.pow(place as u32) - 1) / 9, place), "{other}");
            }
        }
    }
}
