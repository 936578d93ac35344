//! Names of the folds of a cross-validation, by which they are known to belong together.

/// Between the name of a cross-validation and the number of a fold.
const FOLD: &str = "-fold-";

/// `mine-fold-3`: the name of a fold, the first of which is 1.
pub fn fold_name(family: &str, number: usize) -> String {
    format!("{family}{FOLD}{number}")
}

/// `mine` of `mine-fold-3`; `None` of what is no fold.
pub fn family_of_fold(name: &str) -> Option<&str> {
    let (family, number) = name.rsplit_once(FOLD)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !family.is_empty()).then_some(family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fold_belongs_to_its_family_and_a_name_that_looks_like_one_to_none() {
        assert_eq!(family_of_fold(&fold_name("mine", 12)), Some("mine"));
        assert_eq!(family_of_fold("a-fold-1-fold-2"), Some("a-fold-1"));
        for other in ["mine", "my-fold-test", "mine-fold-", "-fold-3", "mine-fold-3b"] {
            assert_eq!(family_of_fold(other), None, "{other}");
        }
    }
}
