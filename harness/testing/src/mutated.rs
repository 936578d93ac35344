//! Damaged inputs for readers that no fuzzer is built around: the same ones on every day.

/// What readers of text and numbers stumble over.
const PIECES: [&str; 24] = [
    "0",
    "-1",
    "1e309",
    "-0.0",
    "18446744073709551616",
    ".nan",
    ".inf",
    "null",
    "true",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "<<: *a",
    "!!binary ",
    "\t",
    "\0",
    "\"",
    "|\n",
    "\u{feff}\u{e9}",
];

/// A generator of numbers (splitmix64).
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }
}

/// `count` inputs, each one of the seeds with one to four damages: bits turned, stretches gone, doubled, or from another seed, numbers
/// and marks in the place of others, ends cut off. A hundred times as many where `BATLINET_TORTURE` is set.
///
/// # Panics
/// Without a seed.
pub fn mutated(seeds: &[Vec<u8>], count: usize) -> impl Iterator<Item = Vec<u8>> + '_ {
    assert!(!seeds.is_empty(), "inputs are made of seeds");
    let count = count * if std::env::var_os("BATLINET_TORTURE").is_some() { 100 } else { 1 };
    let mut draw = Draw(7);
    (0..count).map(move |_| {
        let mut bytes = seeds[draw.below(seeds.len())].clone();
        for _ in 0..=draw.below(4) {
            damage(&mut bytes, seeds, &mut draw);
        }
        bytes
    })
}

fn damage(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], draw: &mut Draw) {
    let from = draw.below(bytes.len());
    let to = (from + 1 + draw.below(40)).min(bytes.len());
    let piece = PIECES[draw.below(PIECES.len())].bytes();
    match draw.below(8) {
        0 if !bytes.is_empty() => bytes[from] ^= 1 << draw.below(8),
        1 => drop(bytes.drain(from..to)),
        2 => {
            let stretch = bytes[from..to].to_vec();
            drop(bytes.splice(from..from, stretch));
        }
        3 => {
            let other = &seeds[draw.below(seeds.len())];
            let begin = draw.below(other.len());
            let stretch = other[begin..(begin + 80).min(other.len())].to_vec();
            drop(bytes.splice(from..to, stretch));
        }
        4 => bytes.truncate(from),
        5 => drop(bytes.splice(from..from, piece)),
        // a number, whole
        _ => {
            let is_digit = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
            let Some(begin) = bytes[from..].iter().position(is_digit).map(|place| from + place) else { return };
            let length = bytes[begin..].iter().take_while(|byte| is_digit(byte)).count();
            drop(bytes.splice(begin..begin + length, piece));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_the_same_on_every_day_and_mostly_damaged() {
        let seeds = [b"a: 1\nb: 2.5\n".to_vec(), Vec::new()];
        let one: Vec<Vec<u8>> = mutated(&seeds, 50).take(50).collect();
        assert_eq!(one, mutated(&seeds, 50).take(50).collect::<Vec<_>>());
        assert!(one.iter().filter(|input| !seeds.contains(input)).count() > 25);
    }
}
