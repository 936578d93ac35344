//! What bundles answer: for every model, what `run` answers.

use bundle::{Answer, Bundle, Error, Folds, Status};
use cells::cell::{Cell, LifeRecord};
use cells::source::CellSource as _;

use crate::made::{Made, TRAIN, WORKPLACE, ids};

fn test_cells() -> Vec<String> {
    ids()[TRAIN..].to_vec()
}

#[test]
fn every_model_answers_from_its_file_what_its_run_answered() {
    let made = Made::new();
    let record = made.run();
    let mut count = 0;
    for run in &made.plan.runs {
        let label = made.plan.experiment().models[run.entry].label();
        let bundle = made.bundle(&label, Folds::Count(3)).unwrap();
        assert_eq!((&bundle.description.key, bundle.description.seed), (&run.key, run.seed));
        let path = made.path(&format!("{label}.blm"));
        bundle.write(&path).unwrap();
        let read = Bundle::read(&path).unwrap();
        assert_eq!(read.description, bundle.description, "{label}");
        assert_eq!(read.train.features, bundle.train.features, "{label}");
        let answers = read.predict(&made.source, &test_cells(), WORKPLACE).unwrap();
        let record = record(&run.key);
        assert_eq!(answers.len(), record.predictions.len(), "{label}");
        for (answer, row) in answers.iter().zip(&record.predictions) {
            assert_eq!(answer.cell_id, row.cell);
            assert_eq!(answer.life.unwrap().to_bits(), row.predicted.to_bits(), "{label}, {}", row.cell);
            let (low, high) = (answer.low.unwrap(), answer.high.unwrap());
            assert!(0.0 < low && low <= row.predicted && row.predicted <= high, "{label}: {low} to {high}");
            assert_eq!(answer.reference_low.is_some(), label.starts_with("batlinet"), "{label}");
            assert!(answer.reference_low <= answer.reference_high);
        }
        // without the file, with as many folds as cells it is the jackknife+: no answer changes
        assert_eq!(bundle.predict(&made.source, &test_cells(), WORKPLACE).unwrap(), answers, "{label}");
        count += 1;
    }
    assert_eq!(count, 15);
}

#[test]
fn a_model_that_knows_how_unsure_it_is_has_intervals_of_its_own_width() {
    let made = Made::new();
    let bundle = made.bundle("additive_gp", Folds::Count(4)).unwrap();
    let plain = made.bundle("discharge", Folds::Count(4)).unwrap();
    let residuals = |bundle: &Bundle| bundle.calibration.as_ref().unwrap().residuals.clone();
    // of standardised residuals the middle is about one, whatever the unit; of ln life it is far less
    let middle = |mut of: Vec<f64>| {
        of.sort_by(f64::total_cmp);
        of[of.len() / 2]
    };
    let (standardised, of_life) = (middle(residuals(&bundle)), middle(residuals(&plain)));
    assert!(standardised > 0.1 && standardised < 10.0, "{standardised} {of_life}");
    let answers = bundle.predict(&made.source, &test_cells(), WORKPLACE).unwrap();
    let widths: Vec<f64> = answers.iter().map(|answer| (answer.high.unwrap() / answer.low.unwrap()).ln()).collect();
    assert!(widths.windows(2).any(|pair| (pair[0] - pair[1]).abs() > 1e-6), "{widths:?}");
}

#[test]
fn the_interval_is_made_of_models_that_have_not_seen_a_fold() {
    let made = Made::new();
    // of the training mean, the folds' answers are geometric means of the others' lives
    let bundle = made.bundle("mean", Folds::Count(TRAIN)).unwrap();
    let lives = &bundle.train.lives;
    let without = |cell: usize| {
        let others = lives.iter().enumerate().filter(|(other, _)| *other != cell);
        others.map(|(_, life)| life.ln()).sum::<f64>() / (TRAIN - 1) as f64
    };
    let mut low: Vec<f64> = (0..TRAIN).map(|cell| without(cell) - (lives[cell].ln() - without(cell)).abs()).collect();
    let mut high: Vec<f64> = (0..TRAIN).map(|cell| without(cell) + (lives[cell].ln() - without(cell)).abs()).collect();
    low.sort_by(f64::total_cmp);
    high.sort_by(f64::total_cmp);
    let answer = bundle.predict(&made.source, &test_cells()[..1], WORKPLACE).unwrap().remove(0);
    // ⌊0.1 · 13⌋ = 1: the extremes
    assert!(
        (answer.low.unwrap().ln() - low[0]).abs() < 1e-9 && (answer.high.unwrap().ln() - high[TRAIN - 1]).abs() < 1e-9
    );
    assert!(matches!(made.bundle("mean", Folds::Count(TRAIN + 1)), Err(Error::Folds { .. })));
}

/// The cells of the lab, changed.
struct Changed<'a, F>(&'a Made, F);

impl<F: Fn(Cell) -> Cell + Sync> cells::source::CellSource for Changed<'_, F> {
    fn origin(&self) -> cells::cell::Origin {
        self.0.source.origin()
    }

    fn ids(&self) -> Vec<String> {
        self.0.source.ids()
    }

    fn cell(&self, id: &str, cycles: usize) -> Result<Cell, cells::Error> {
        self.0.source.cell(id, cycles).map(&self.1)
    }

    fn fingerprint(&self, id: &str) -> Result<String, cells::Error> {
        self.0.source.fingerprint(id)
    }
}

fn of_changed(made: &Made, bundle: &Bundle, change: impl Fn(Cell) -> Cell + Sync) -> Answer {
    bundle.predict(&Changed(made, change), &test_cells()[..1], WORKPLACE).unwrap().remove(0)
}

/// The first cycles only, all that is on record.
fn cut(cell: Cell, cycles: usize) -> Cell {
    let capacity = cell.recorded().unwrap()[..cycles].to_vec();
    let held = cell.cycles()[..cycles.min(cell.cycles().len())].to_vec();
    Cell::new(cell.info().clone(), held, LifeRecord::Capacity(capacity)).unwrap()
}

#[test]
fn a_cell_is_answered_by_how_far_it_has_lived() {
    let made = Made::new();
    let bundle = made.bundle("ridge", Folds::None).unwrap();
    let whole = of_changed(&made, &bundle, |cell| cell);
    assert_eq!((whole.status, whole.remaining, whole.cycles_needed), (Status::Ended, None, 10));
    let living = of_changed(&made, &bundle, |cell| cut(cell, 60));
    assert_eq!((living.status, living.life, living.cycles_seen), (Status::Ok, whole.life, 60));
    assert_eq!(living.remaining, Some((whole.life.unwrap() - 60.0).max(0.0)));
    assert!(living.low.is_none() && living.warnings.iter().any(|warning| warning.contains("not calibrated")));
    let short = of_changed(&made, &bundle, |cell| cut(cell, 7));
    assert_eq!((short.status, short.life, short.cycles_seen), (Status::TooFewCycles, None, 7));
    assert!(short.warnings[0].contains("3 more are needed"), "{:?}", short.warnings);
}

#[test]
fn a_training_cell_under_another_id_is_known_again() {
    let made = Made::new();
    let bundle = made.bundle("ridge", Folds::None).unwrap();
    let path = made.path("ridge.blm");
    bundle.write(&path).unwrap();
    let read = Bundle::read(&path).unwrap();
    assert!(read == bundle && read.portraits.len() == TRAIN);
    let trained = &ids()[4];
    // in fewer digits, and of half its length
    let twin = |asked: Cell| {
        let cell = made.source.cell(trained, 40).unwrap();
        let mut cycles = cell.cycles().to_vec();
        let voltages = cycles.iter_mut().flat_map(|cycle| &mut cycle.voltage);
        voltages.for_each(|voltage| *voltage = (*voltage * 1e3).round() / 1e3);
        let life = LifeRecord::Capacity(cycles.iter().map(cells::cell::Cycle::discharged).collect());
        Cell::new(asked.info().clone(), cycles, life).unwrap()
    };
    let said = of_changed(&made, &read, twin).warnings;
    assert!(said[0].starts_with(&format!("it is the training cell {trained}: its capacities and curves")), "{said:?}");
    let plain = of_changed(&made, &read, |cell| cell).warnings;
    assert!(!plain.iter().any(|warning| warning.contains("is the training cell")), "{plain:?}");
    // bundles of older programs have none
    let older = Bundle { portraits: Vec::new(), ..bundle };
    older.write(&path).unwrap();
    assert!(Bundle::read(&path).unwrap() == older);
}

#[test]
fn what_lies_outside_is_said() {
    let made = Made::new();
    let bundle = made.bundle("ridge", Folds::None).unwrap();
    let warnings = |change: fn(Cell) -> Cell| of_changed(&made, &bundle, change).warnings.join("; ");
    let described = |cell: Cell, change: fn(&mut cells::cell::CellInfo)| {
        let mut info = cell.info().clone();
        change(&mut info);
        Cell::new(info, cell.cycles().to_vec(), cell.life().clone()).unwrap()
    };
    let other = Changed(&made, move |cell| described(cell, |info| info.ambient_temperature = Some(-10.0)));
    let cold = bundle.predict(&other, &test_cells()[..1], WORKPLACE).unwrap();
    assert!(cold[0].warnings.join("; ").contains("its temperature is -10 °C"), "{:?}", cold[0].warnings);
    assert!(warnings(|cell| cell.with_nominal_capacity(3.0).unwrap()).contains("its nominal capacity is 3 Ah"));
    let distant = warnings(|cell| {
        let mut cycles = cell.cycles().to_vec();
        for cycle in &mut cycles[5..] {
            cycle.discharge_capacity.iter_mut().for_each(|capacity| *capacity *= 0.7);
        }
        Cell::new(cell.info().clone(), cycles, cell.life().clone()).unwrap()
    });
    assert!(distant.contains("farther from the nearest training cell than 99 % of these"), "{distant}");
    let trained = bundle.predict(&made.source, &ids()[..1], WORKPLACE).unwrap();
    assert!(trained[0].warnings.join("; ").contains("a training cell has this id"), "{:?}", trained[0].warnings);
    let lost = bundle.predict(&made.source, &["MATR_b9c9".to_owned()], WORKPLACE).unwrap();
    assert_eq!((lost[0].status, lost[0].life), (Status::Failed, None));
    assert!(lost[0].warnings[0].contains("MATR_b9c9"), "{:?}", lost[0].warnings);
}
