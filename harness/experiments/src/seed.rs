//! Seeds of runs, and the random streams that follow from them.

use baselines::Streams;

/// Seeds as given to `--seeds`: `8` means 0 to 7, `3,5` means these two, `3,` means this one.
///
/// # Errors
/// A sentence that says what is expected.
pub fn parse(text: &str) -> Result<Vec<u64>, String> {
    let number = |text: &str| {
        text.trim().parse::<u64>().map_err(|_| {
            format!("'{text}' is no seed: give a count such as 8 (seeds 0 to 7) or a list such as 0,3 (or 3, for one)")
        })
    };
    let seeds: Vec<u64> = if text.contains(',') {
        text.split(',').filter(|part| !part.trim().is_empty()).map(number).collect::<Result<_, _>>()?
    } else {
        let count = number(text)?;
        if count > 10_000 {
            return Err(format!("{count} seeds are too many; for the one seed {count} write {count},"));
        }
        (0..count).collect()
    };
    match seeds.iter().enumerate().find(|(index, seed)| seeds[..*index].contains(seed)) {
        _ if seeds.is_empty() => Err("no seed is given (0 is a count; for seed 0 alone write 1)".to_owned()),
        Some((_, seed)) => Err(format!("seed {seed} is given twice")),
        None => Ok(seeds),
    }
}

/// The random streams of a run.
///
/// They depend on the model's name and the seed only: so the variants of a model start from the same weights and see
/// the same order of cells, and differences between them are differences of the variants.
pub fn streams(model: &str, seed: u64) -> Streams {
    Streams::new(format!("{model} seed {seed}"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_count_and_a_list_are_told_apart() {
        assert_eq!(parse("3").unwrap(), [0, 1, 2]);
        assert_eq!(parse("3,").unwrap(), [3]);
        assert_eq!(parse("0, 2,5").unwrap(), [0, 2, 5]);
        for (text, words) in
            [("0", "no seed is given"), (",", "no seed is given"), ("1,1", "given twice"), ("-1", "'-1' is no seed")]
        {
            assert!(parse(text).unwrap_err().contains(words), "{text}");
        }
    }
}
