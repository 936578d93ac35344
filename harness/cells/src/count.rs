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

#[cfg(test)]
mod tests {
    use super::*;

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
