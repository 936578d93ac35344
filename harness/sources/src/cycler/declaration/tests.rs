//! What a declaration may not say.

use super::*;

#[test]
fn a_life_and_a_temperature_that_cannot_be_are_refused() {
    let of = |more: &str| {
        parse(&format!(
            "cells:\n- id: x\n  files: [a]\n  cathode: LFP\n  nominal_capacity: 1\n  voltage_limits: [2, 3]\n  {more}\n"
        ))
    };
    for (more, words) in [
        ("life: 1000000000", "line 2, cell x: life: 1000000000 cycles are more than any test has"),
        ("life: .nan", "life: NaN cycles"),
        ("temperature: .nan", "line 2, cell x: temperature: NaN °C is no number"),
        ("temperature: -.inf", "temperature: -inf °C is no number"),
    ] {
        let said = of(more).unwrap_err();
        assert!(said.contains(words), "{said}");
    }
    assert!(of("life: 100000").is_ok() && of("temperature: -20").is_ok());
}

#[test]
fn names_are_as_long_as_those_of_files_may_be() {
    let of = |length: usize| {
        let id = "x".repeat(length);
        parse(&format!(
            "cells:\n- id: {id}\n  files: [a]\n  cathode: LFP\n  nominal_capacity: 1\n  voltage_limits: [2, 3]\n"
        ))
    };
    assert!(of(100).is_ok());
    let said = of(101).unwrap_err();
    assert!(said.contains("100 letters at most") && said.contains("this one has 101"), "{said}");
}
