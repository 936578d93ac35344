//! What the benchmark says of the labels of its scenarios.

use std::collections::HashSet;

use super::LabelRule;

/// What the authors' labels of a scenario are (method §2.4): cells with a life, and their range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labels {
    scenario: &'static str,
    /// The file of its split.
    split: &'static str,
    end_of_life: f64,
    /// Training cells with a life.
    pub train: usize,
    /// Test cells with a life.
    pub test: usize,
    /// Shortest life.
    pub shortest: f64,
    /// Longest life.
    pub longest: f64,
}

const LABELS: [Labels; 5] = [
    labels("MATR-1", include_str!("../../../../experiments/splits/matr-1.csv"), 0.8, [41, 42], [300.0, 2237.0]),
    labels("MATR-2", include_str!("../../../../experiments/splits/matr-2.csv"), 0.8, [41, 40], [300.0, 2160.0]),
    labels("HUST", include_str!("../../../../experiments/splits/hust.csv"), 0.8, [55, 22], [1144.0, 2691.0]),
    labels("MIX-100", include_str!("../../../../experiments/splits/mix-100.csv"), 0.8, [205, 137], [148.0, 2691.0]),
    labels("MIX-20", include_str!("../../../../experiments/splits/mix-20.csv"), 0.9, [207, 147], [104.0, 2323.0]),
];

const fn labels(
    scenario: &'static str,
    split: &'static str,
    end_of_life: f64,
    cells: [usize; 2],
    lives: [f64; 2],
) -> Labels {
    let ([train, test], [shortest, longest]) = (cells, lives);
    Labels { scenario, split, end_of_life, train, test, shortest, longest }
}

/// The authors' labels of a scenario, if it is one of theirs.
pub fn of_scenario(scenario: &str) -> Option<Labels> {
    LABELS.into_iter().find(|labels| labels.scenario == scenario)
}

/// The cells of which the published errors of a scenario are, if it is one of the benchmark's; more than [`Labels::test`], since some
/// have no life.
pub fn tests_of(scenario: &str) -> Option<HashSet<&'static str>> {
    let lines = of_scenario(scenario)?.split.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    Some(lines.filter(|fields| fields[1] == "test").map(|fields| fields[0]).collect())
}

/// Whether a scenario is one of the benchmark's, or CLO, whose real curves are asked of the same models.
pub fn is_of_paper(scenario: &str) -> bool {
    scenario == "CLO" || of_scenario(scenario).is_some()
}

/// The names of all scenarios of the benchmark.
pub fn scenarios() -> impl Iterator<Item = &'static str> {
    LABELS.iter().map(|labels| labels.scenario)
}

/// Those labels, if these are to be made by their rule.
pub fn by_rule(scenario: &str, rule: &LabelRule) -> Option<Labels> {
    let theirs = of_scenario(scenario)?;
    (*rule == LabelRule::to(theirs.end_of_life)).then_some(theirs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_of_the_method_is_found_by_its_name() {
        assert_eq!(scenarios().collect::<Vec<_>>(), ["MATR-1", "MATR-2", "HUST", "MIX-100", "MIX-20"]);
        let hust = of_scenario("HUST").unwrap();
        assert_eq!((hust.train, hust.test, hust.shortest, hust.longest), (55, 22, 1144.0, 2691.0));
        assert_eq!(of_scenario("hust"), None);
    }

    #[test]
    fn the_tests_of_a_scenario_are_published_cells_and_at_least_as_many_as_have_a_life() {
        for scenario in scenarios() {
            let tests = tests_of(scenario).unwrap();
            assert!(tests.len() >= of_scenario(scenario).unwrap().test, "{scenario}: {}", tests.len());
            assert!(tests.iter().all(|id| crate::catalogue::find(id).is_some()), "{scenario}");
        }
        assert_eq!(tests_of("CLO"), None);
    }

    #[test]
    fn labels_by_another_rule_are_not_compared() {
        assert_eq!(by_rule("MIX-20", &LabelRule::to(0.9)).unwrap().train, 207);
        assert_eq!(by_rule("MIX-20", &LabelRule::default()), None);
        assert_eq!(by_rule("elsewhere", &LabelRule::default()), None);
    }
}
