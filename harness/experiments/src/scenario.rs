//! Names of scenarios, by which published numbers are looked up: a slip must not lose them in silence.

use cells::{label::published, suggest::nearest};

/// Chemistries to which transfers are published; a transfer's scenario is one of them.
const TARGETS: [&str; 3] = ["NCA", "LCO", "NMC"];

/// Looks at a name. A published one is right, and so is one that is like none of them.
///
/// A name is refused that differs from a published one in nothing but case, signs and spaces, or in a letter while its
/// digits are the same (`MART-1`). One that is near in another way, as `MATR-3` is, may be meant so: it gets a note.
/// Chemistries are short, so of these only the same letters in another order are a slip (`NCM`).
///
/// # Errors
/// The sentence of the refusal.
pub(super) fn check(scenario: &str, is_transfer: bool) -> Result<Option<String>, String> {
    let known: Vec<&str> = if is_transfer { TARGETS.to_vec() } else { published::scenarios().collect() };
    if known.contains(&scenario) {
        return Ok(None);
    }
    if scenario.trim().is_empty() {
        return Err(
            "scenario is empty: give the name by which published numbers are looked up, or one of your own".to_owned()
        );
    }
    let is_slip = |known: &&&str| if is_transfer { same_letters(scenario, known) } else { is_slip(scenario, known) };
    if let Some(meant) = known.iter().find(is_slip) {
        return Err(format!(
            "scenario '{scenario}' is nearly '{meant}', by which numbers are published, and would not find them: did you mean \
             '{meant}'? A scenario of your own needs a name that is less like it"
        ));
    }
    Ok(nearest(scenario, known.iter().copied()).map(|near| {
        format!(
            "scenario {scenario} is none of those with published numbers, so none will stand beside it; did you mean '{near}'?"
        )
    }))
}

fn is_slip(name: &str, known: &str) -> bool {
    let (name, known) = (plain(name), plain(known));
    let part =
        |text: &str, is_digit: bool| -> String { text.chars().filter(|c| c.is_ascii_digit() == is_digit).collect() };
    part(&name, true) == part(&known, true)
        && strsim::damerau_levenshtein(&part(&name, false), &part(&known, false)) <= 1
}

fn same_letters(name: &str, known: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = plain(text).chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(name) == sorted(known)
}

/// Small letters and digits only.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_refused_and_names_of_ones_own_are_not() {
        for known in published::scenarios() {
            assert_eq!(check(known, false), Ok(None));
            let mut swapped: Vec<char> = known.chars().collect();
            swapped.swap(1, 2);
            let swapped: String = swapped.into_iter().collect();
            let slips =
                [known.to_lowercase(), known.replace('-', "_"), format!("{known} "), format!("X{known}"), swapped];
            for slip in slips.iter().filter(|slip| *slip != known) {
                let message = check(slip, false).unwrap_err();
                assert!(message.contains(&format!("did you mean '{known}'?")), "{slip}: {message}");
            }
        }
        assert!(check("MATR 1", false).unwrap_err().contains("'MATR-1'"));
        for own in ["my-lab", "CLO", "SMALL", "Stanford-1", "2024-12"] {
            assert_eq!(check(own, false), Ok(None), "{own}");
        }
        for near in ["MATR-3", "MIX-50", "MATR"] {
            assert!(check(near, false).unwrap().unwrap().contains("did you mean 'M"), "{near}");
        }
        assert!(check("", false).unwrap_err().contains("scenario is empty"));
    }

    #[test]
    fn a_transfer_names_a_chemistry() {
        assert_eq!(check("NCA", true), Ok(None));
        assert!(check("NCM", true).unwrap_err().contains("did you mean 'NMC'?"));
        assert!(check("lco", true).is_err());
        assert!(check("LMO", true).unwrap().is_some(), "a chemistry of its own may be meant");
        assert_eq!(check("LFP-graphite", true), Ok(None));
    }
}
