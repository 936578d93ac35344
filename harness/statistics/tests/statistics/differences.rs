//! Identities that hold for any predictions.

use ndarray::Array2;
use statistics::{
    Bootstrap, Difference, Error, Family, Judgement, Measure, Method, Predictions, Unclear, Verdict, breakdown,
    difference, fewest_cells, holm, interval, life_terciles,
};

const CELLS: usize = 30;

/// Errors of some size by formula, other ones for every seed.
fn predictions(seeds: u64, scale: f64) -> Predictions {
    let observed: Vec<f64> = (0..CELLS).map(|cell| 400.0 + 37.0 * cell as f64).collect();
    let error = |seed: usize, cell: usize| {
        let own = ((cell * 29 + 7) % 31) as f64 - 15.0;
        scale * (own + ((cell * 13 + seed * 17) % 11) as f64 - 5.0)
    };
    let predicted = Array2::from_shape_fn((seeds as usize, CELLS), |(seed, cell)| observed[cell] + error(seed, cell));
    let names = (0..CELLS).map(|cell| format!("{cell:02}")).collect();
    Predictions::new(names, observed, (0..seeds).collect(), predicted).unwrap()
}

fn compared(a: &Predictions, b: &Predictions, measure: Measure) -> Difference {
    difference(a, b, measure, &Bootstrap::default()).unwrap()
}

#[test]
fn the_other_way_round_everything_turns_its_sign() {
    let (a, b) = (predictions(4, 1.0), predictions(4, 1.6));
    for measure in Measure::ALL {
        let (there, back) = (compared(&a, &b, measure), compared(&b, &a, measure));
        let is_close = |one: f64, other: f64| (one - other).abs() < 1e-9 * (1.0 + one.abs());
        assert!(is_close(there.difference, -back.difference), "{there:?}");
        assert!(is_close(there.low, -back.high) && is_close(there.high, -back.low), "{there:?} {back:?}");
        assert!(is_close(there.probability_better, 1.0 - back.probability_better), "{there:?}");
        assert!(is_close(there.detectable(1), back.detectable(1)) && there.p_value == back.p_value, "{there:?}");
        assert!(is_close(there.a, a.estimate(measure)) && is_close(there.b, b.estimate(measure)), "{there:?}");
    }
}

#[test]
fn what_is_the_same_is_equal_and_nothing_else_is_without_a_tolerance() {
    let a = predictions(4, 1.0);
    for measure in Measure::ALL {
        let same = compared(&a, &a, measure);
        assert_eq!((same.difference, same.low, same.high, same.p_value, same.detectable(1)), (0.0, 0.0, 0.0, 1.0, 0.0));
        assert_eq!(Verdict::of(&same, 0.0, 1.0), Verdict::Equal);
    }
    let near = compared(&a, &predictions(4, 1.000_001), Measure::Rmse);
    assert_ne!(Verdict::of(&near, 0.0, 1.0), Verdict::Equal);
    assert_eq!(Verdict::of(&near, 0.1, 1.0), Verdict::Equal);
}

#[test]
fn rounding_makes_no_difference() {
    let a = predictions(1, 1.0);
    let again = a.predicted().row(0).mapv(|life| life.ln().exp());
    let twice = Array2::from_shape_fn((2, CELLS), |(_, cell)| again[cell]);
    let b = Predictions::new(a.cells().to_vec(), a.observed().to_vec(), vec![0, 1], twice).unwrap();
    assert_ne!(a.predicted().row(0), b.predicted().row(0));
    for (a, b) in [(&a, &b), (&b, &a)] {
        let found = compared(a, b, Measure::Rmse);
        assert_eq!(Verdict::of(&found, 0.0, 1.0), Verdict::Equal);
        assert_eq!((found.probability_better, found.p_value), (0.5, 1.0));
    }
}

#[test]
fn an_interval_around_what_one_cell_makes_has_its_size() {
    let a = predictions(1, 1.0);
    let mut other = a.predicted().clone();
    other[(0, 7)] += 3.0;
    let b = Predictions::new(a.cells().to_vec(), a.observed().to_vec(), vec![0], other).unwrap();
    for measure in [Measure::Rmse, Measure::Mae, Measure::Mape] {
        let found = compared(&a, &b, measure);
        let size = found.difference.abs();
        assert!(found.low.abs() <= 10.0 * size && found.high.abs() <= 10.0 * size, "{found:?}");
        assert_eq!(Verdict::of(&found, 0.0, 1.0), Verdict::CannotTell, "{found:?}");
    }
}

#[test]
fn an_interval_around_what_one_seed_makes_has_its_size() {
    let a = predictions(4, 1.0);
    for by in [1e-8, 1e-2] {
        let mut predicted = a.predicted().to_owned();
        predicted.row_mut(2).iter_mut().for_each(|life| *life *= 1.0 + by);
        let b = Predictions::new(a.cells().to_vec(), a.observed().to_vec(), a.seeds().to_vec(), predicted).unwrap();
        let found = compared(&a, &b, Measure::Rmse);
        // a seed of four counts twice or less in all but a few draws, and its error moves by no more than its lives
        assert!(found.difference != 0.0 && found.high - found.low < by * 1500.0, "{found:?}");
        assert_eq!(Verdict::of(&found, by * 1500.0, found.p_value), Verdict::Equal);
    }
}

#[test]
fn a_verdict_needs_interval_family_and_seeds() {
    let (a, b) = (predictions(4, 1.0), predictions(4, 2.0));
    let found = compared(&a, &b, Measure::Mae);
    assert!(found.low > 0.0 && found.p_value < 0.01, "{found:?}");
    assert_eq!(Verdict::of(&found, 0.0, found.p_value), Verdict::Worse);
    assert_eq!(Verdict::of(&compared(&b, &a, Measure::Mae), 0.0, found.p_value), Verdict::Better);
    assert_eq!(Verdict::of(&found, 0.0, 0.2), Verdict::CannotTell);
    assert_eq!(Verdict::of(&found, found.difference, found.p_value), Verdict::CannotTell);
    assert_eq!(Verdict::of(&found, 10.0 * found.high, found.p_value), Verdict::Equal);
    // more cells within 10 % is better
    let shares = compared(&predictions(4, 20.0), &a, Measure::Within10);
    assert_eq!(Verdict::of(&shares, 0.0, shares.p_value), Verdict::Better);
    // one seed of a model that draws says nothing; of one that does not, everything
    let single = predictions(1, 2.0);
    let one = compared(&a, &single, Measure::Mae);
    assert_eq!((one.shows_seeds, Verdict::of(&one, 0.0, 0.0)), (false, Verdict::CannotTell));
    let fixed = compared(&a, &single.of_a_model_without_draws(), Measure::Mae);
    assert_eq!((fixed.shows_seeds, Verdict::of(&fixed, 0.0, 0.0)), (true, Verdict::Worse));
}

#[test]
fn a_larger_level_is_wider_and_the_same_stream_gives_the_same_interval() {
    let a = predictions(8, 1.0);
    for method in [Method::Percentile, Method::BiasCorrected, Method::Studentised, Method::Symmetric] {
        let of = |level| {
            interval(&a, Measure::Rmse, &Bootstrap { level, method: Some(method), ..Bootstrap::default() }).unwrap()
        };
        let (narrow, wide) = (of(0.8), of(0.99));
        assert!(wide.low < narrow.low && narrow.low < narrow.estimate, "{method:?} {narrow:?} {wide:?}");
        assert!(narrow.estimate < narrow.high && narrow.high < wide.high, "{method:?} {narrow:?} {wide:?}");
        assert_eq!(of(0.8), narrow);
    }
    let refused = |bootstrap| interval(&a, Measure::Rmse, &bootstrap).unwrap_err();
    assert_eq!(refused(Bootstrap { level: 1.0, ..Bootstrap::default() }), Error::Level(1.0));
    assert_eq!(refused(Bootstrap { draws: 3, ..Bootstrap::default() }), Error::Draws(3));
}

#[test]
fn errors_in_other_units_have_intervals_in_other_units() {
    // twice the error is twice the interval: the studentised interval of a logarithm moves with its scale
    let bootstrap = Bootstrap::default();
    for measure in [Measure::Rmse, Measure::Mae] {
        let of = |scale| interval(&predictions(4, scale), measure, &bootstrap).unwrap();
        let (one, two) = (of(1.0), of(2.0));
        assert!((two.low - 2.0 * one.low).abs() < 1e-9 && (two.high - 2.0 * one.high).abs() < 1e-9, "{one:?} {two:?}");
    }
}

#[test]
fn parts_add_up_to_the_whole() {
    let a = predictions(4, 1.0);
    let groups = life_terciles(a.observed());
    let parts = breakdown(&a, &groups, Measure::Mae, &Bootstrap::default()).unwrap();
    assert_eq!(parts.iter().map(|part| part.group.as_str()).collect::<Vec<_>>(), ["long", "middle", "short"]);
    assert_eq!(parts.iter().map(|part| part.cells).sum::<usize>(), CELLS);
    assert!((parts.iter().map(|part| part.share).sum::<f64>() - 1.0).abs() < 1e-12);
    let mean = parts.iter().map(|part| part.estimate * part.cells as f64).sum::<f64>() / CELLS as f64;
    assert!((mean - a.estimate(Measure::Mae)).abs() < 1e-9);
    assert!(parts.iter().all(|part| part.interval.is_some()));
    // one cell has no interval
    let alone: Vec<&str> = (0..CELLS).map(|cell| if cell == 3 { "alone" } else { "others" }).collect();
    let parts = breakdown(&a, &alone, Measure::Mae, &Bootstrap::default()).unwrap();
    let found: Vec<_> = parts.iter().map(|part| (part.cells, part.interval.is_some())).collect();
    assert_eq!(found, [(1, false), (CELLS - 1, true)]);
    let refused = breakdown(&a, &["one"], Measure::Mae, &Bootstrap::default()).unwrap_err();
    assert_eq!(refused, Error::Groups { groups: 1, cells: CELLS });
}

#[test]
fn other_cells_are_not_compared() {
    let a = predictions(2, 1.0);
    let names = |from: usize| (from..from + CELLS).map(|cell| format!("{cell:02}")).collect();
    let other = |from| Predictions::new(names(from), a.observed().to_vec(), vec![0, 1], a.predicted().clone()).unwrap();
    let refused = |b: &Predictions| difference(&a, b, Measure::Rmse, &Bootstrap::default()).unwrap_err();
    assert!(matches!(refused(&other(1)), Error::OtherCells { only_a: 1, only_b: 1, .. }));
    assert_eq!(refused(&other(50)), Error::NoCommonCell);
}

#[test]
fn below_so_few_cells_no_difference_passes_the_test_and_from_there_on_the_largest_does() {
    let made = |cells: usize, error: f64| {
        let observed: Vec<f64> = (0..cells).map(|cell| 400.0 + 37.0 * cell as f64).collect();
        let names = (0..cells).map(|cell| format!("{cell:02}")).collect();
        let size = |cell: usize| error * (1.0 + 0.1 * cell as f64);
        let predicted =
            Array2::from_shape_fn((2, cells), |(seed, cell)| observed[cell] + size(cell) * (1.0 + 0.01 * seed as f64));
        Predictions::new(names, observed, vec![0, 1], predicted).unwrap()
    };
    for comparisons in [1, 2, 7] {
        let needed = fewest_cells(comparisons, 0.95);
        for cells in [needed - 1, needed] {
            let found = compared(&made(cells, 100.0), &made(cells, 1.0), Measure::Rmse);
            // the smallest p among others that are as small
            let adjusted = holm(&vec![found.p_value; comparisons])[0];
            assert_eq!(adjusted <= 0.05, cells >= needed, "{comparisons} comparisons, {cells} cells: p = {adjusted}");
            assert_eq!(found.detectable(1).is_finite(), cells >= fewest_cells(1, 0.95));
        }
    }
}

#[test]
fn of_too_few_cells_nothing_is_equal_but_the_same() {
    let made = |cells: usize, size: f64| {
        let names = (0..cells).map(|cell| format!("c{cell}")).collect();
        let observed: Vec<f64> = (0..cells).map(|cell| 500.0 + 10.0 * cell as f64).collect();
        let predicted =
            Array2::from_shape_fn((1, cells), |(_, cell)| observed[cell] + size * (1.0 + cell as f64 % 3.0));
        Predictions::new(names, observed, vec![0], predicted).unwrap().of_a_model_without_draws()
    };
    for (cells, expected) in [(2, Verdict::CannotTell), (5, Verdict::CannotTell), (6, Verdict::Equal)] {
        let found = compared(&made(cells, 10.0), &made(cells, 10.1), Measure::Rmse);
        assert_eq!(Verdict::of(&found, 100.0, found.p_value), expected, "{cells} cells");
        let told = Judgement::new(found.clone(), 100.0, found.p_value, 1, 0);
        let unclear = told.unclear.map(|unclear| unclear.to_string()).unwrap_or_default();
        assert_eq!(unclear.ends_with("however large: it takes 6"), expected == Verdict::CannotTell, "{unclear}");
    }
    let same = compared(&made(2, 10.0), &made(2, 10.0), Measure::Rmse);
    assert_eq!(Verdict::of(&same, 0.0, 1.0), Verdict::Equal);
}

#[test]
fn of_a_family_what_is_the_same_is_no_test_and_each_judgement_says_what_it_lacks() {
    let (a, b, c) = (predictions(4, 1.0), predictions(4, 1.6), predictions(4, 1.02));
    let differences =
        [compared(&a, &b, Measure::Rmse), compared(&a, &a, Measure::Rmse), compared(&a, &c, Measure::Rmse)];
    let family = Family::of(differences.iter());
    assert_eq!((family.comparisons, family.adjusted[1]), (2, 1.0));
    let alone = holm(&[differences[0].p_value, differences[2].p_value]);
    assert_eq!([family.adjusted[0], family.adjusted[2]], alone[..]);
    let told = |place: usize, adjusted: f64, tolerance: f64, failed: usize| {
        Judgement::new(differences[place].clone(), tolerance, adjusted, family.comparisons, failed)
    };
    let clear = told(0, family.adjusted[0], 0.0, 0);
    assert_eq!((clear.verdict, clear.unclear), (Verdict::Worse, None));
    assert!(clear.detectable().is_some_and(|least| least < differences[0].difference));
    let failed = told(0, family.adjusted[0], 0.0, 2);
    assert_eq!((failed.verdict, failed.detectable()), (Verdict::CannotTell, None));
    assert_eq!(failed.unclear.unwrap().to_string(), "2 runs have no numbers");
    assert_eq!(told(0, 0.2, 0.0, 0).unclear, Some(Unclear::MayBeChance { p: 0.2, family: 2, most: 1.0 - 0.95 }));
    assert_eq!(told(0, 0.0, differences[0].low + 0.1, 0).unclear, Some(Unclear::AcrossTolerance));
    // what runs share nothing with is told by nobody
    let one = compared(&predictions(1, 1.0), &predictions(1, 1.6), Measure::Rmse);
    let told = Judgement::new(one, 0.0, 0.0, 1, 0);
    assert_eq!((told.unclear, told.detectable()), (Some(Unclear::OneSeed), None));
}

#[test]
fn more_comparisons_take_larger_differences() {
    let found = compared(&predictions(4, 1.0), &predictions(4, 1.6), Measure::Rmse);
    let among: Vec<f64> = [1, 2, 12, 42, 500].map(|family| found.detectable(family)).to_vec();
    assert!(among.is_sorted() && among[4] > 1.2 * among[0] && among[4] < 3.0 * among[0], "{among:?}");
    // of 30 cells, more than 2²⁹ · 0.05 comparisons are too many, whatever the difference
    assert_eq!(found.detectable(30_000_000), f64::INFINITY);
}
