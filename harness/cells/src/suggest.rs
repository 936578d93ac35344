//! "Did you mean": the known name that a wrong one was probably meant for.

/// The known name nearest to `name`: by letters added, dropped, changed or swapped, as many as its length excuses; else
/// one that begins with `name`.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let near = known
        .clone()
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(12) / 4);
    let longer = || known.into_iter().find(|candidate| candidate.len() > 2 && candidate.starts_with(name));
    near.map(|(_, near)| near).or_else(longer)
}

/// `, did you mean 'MATR_b1c0'?`, or nothing where no known name is near: the end of a sentence.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    nearest(name, known).map_or_else(String::new, |near| format!(", did you mean '{near}'?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_another_name_finds_none() {
        let known = ["MATR_b1c0", "MATR_b2c10", "RWTH_002", "SNL_18650_LFP_25C_0-100_0.5-1C_a"];
        assert_eq!(nearest("matr_b1c0", known), Some("MATR_b1c0"));
        assert_eq!(nearest("MART_b2c10", known), Some("MATR_b2c10"));
        assert_eq!(nearest("SNL_18650_LFP", known), Some(known[3]));
        assert_eq!(nearest("HUST_1-1", known), None);
        assert_eq!(did_you_mean("RWTH_2", known), ", did you mean 'RWTH_002'?");
        assert_eq!(did_you_mean("x", []), "");
    }
}
