//! What to write where a reader of YAML says what it expected.

use cells::quote::shown;
use cells::suggest::did_you_mean;

/// Serde's sentence about an unknown key, with the nearest of those it expected.
pub(super) fn with_hint(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let is_unknown = message.contains("unknown field") || message.contains("unknown variant");
    let hint = match quoted.next().filter(|_| is_unknown) {
        Some(wrong) => {
            let known: Vec<&str> = quoted.collect();
            did_you_mean(wrong, known.iter().copied())
        }
        None => String::new(),
    };
    format!("{}{hint}{}", shown(message, 400), of_numbers(message))
}

/// What to write where serde met a text, or too many numbers, in the place of one: the end of a sentence.
fn of_numbers(message: &str) -> String {
    let text = message.split_once("invalid type: string \"").and_then(|(_, rest)| rest.split('"').next());
    let wants_number = message.contains("expected f64");
    match text {
        Some(text) if wants_number && text.replacen(',', ".", 1).parse::<f64>().is_ok() => {
            format!("; write a decimal point: {}", text.replacen(',', ".", 1))
        }
        Some(text) if wants_number && text.starts_with(|letter: char| letter.is_ascii_digit()) => {
            let number: String =
                text.chars().take_while(|letter| letter.is_ascii_digit() || ".,".contains(*letter)).collect();
            format!("; write the number alone, without its unit: {}", number.replacen(',', ".", 1))
        }
        Some(_) if message.contains("expected a boolean") => "; write true or false".to_owned(),
        _ if message.contains("voltage_limits") && message.contains("invalid length") => {
            "; write two numbers with decimal points, such as [2.0, 3.6]".to_owned()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::cycler::declaration::parse;

    #[test]
    fn decimal_commas_and_units_are_called_what_they_are() {
        let fault = |nominal: &str, limits: &str| {
            let text = format!(
                "cells:\n- id: a\n  files: [a.csv]\n  cathode: LFP\n  nominal_capacity: {nominal}\n  voltage_limits: {limits}\n"
            );
            parse(&text).err()
        };
        assert_eq!(fault("1.1", "[2.0, 3.6]"), None);
        let said = fault("1,1", "[2.0, 3.6]").unwrap();
        assert!(said.ends_with("; write a decimal point: 1.1") && said.contains("line 5"), "{said}");
        let said = fault("1.1 Ah", "[2.0, 3.6]").unwrap();
        assert!(said.ends_with("without its unit: 1.1"), "{said}");
        let said = parse("cells:\n- id: a\n  alive: yes\n").unwrap_err();
        assert!(said.contains("line 3") && said.ends_with("; write true or false"), "{said}");
        for limits in ["[2,0, 3,6]", "[2.0]", "[\"2,0\", \"3,6\"]"] {
            let said = fault("1.1", limits).unwrap();
            assert!(said.contains("; write "), "{limits}: {said}");
        }
    }
}
