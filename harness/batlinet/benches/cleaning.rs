//! Time to build one cleaned input of BatLiNet: 6 channels × 100 cycles × 1000 grid points.

use std::hint::black_box;

use batlinet::{
    BatLiNetParameters,
    cleaning::{BranchCleaner, Cleaner, Cleaning, CleaningParameters, CleaningRules},
};
use criterion::{Criterion, criterion_group, criterion_main};
use features::feature::{CapacityMap, FeatureSpec};

use testing::formula as synthetic;

fn cleaning(criterion: &mut Criterion) {
    let map = |cycles| {
        let spec = FeatureSpec::CapacityMap(CapacityMap::default());
        let array = spec.extract(&synthetic::cell(cycles)).expect("a whole cell");
        array.into_raw_vec_and_offset().0
    };
    let target = map(100);
    // as between two cells: another fade, and a few samples out of place
    let mut reference: Vec<f32> = target.iter().map(|value| value * 0.98).collect();
    reference.iter_mut().step_by(977).for_each(|value| *value += 0.3);
    let mut out = vec![0.0; target.len()];
    let mut outlying = vec![false; 6 * 100];
    let mut cleaner = Cleaner::new(CleaningParameters::default(), 6, 100, 1000);
    criterion.bench_function("clean/inter_pair", |bencher| {
        bencher.iter(|| {
            cleaner.outlying_cycles(black_box(&target), &mut outlying);
            cleaner.inter(&target, &outlying, black_box(&reference), &mut out);
        });
    });
    criterion.bench_function("clean/intra", |bencher| {
        bencher.iter(|| cleaner.intra(black_box(&target), 9, &mut out));
    });
    let rules = CleaningRules { intra: Cleaning::Hampel, ..BatLiNetParameters::default().cleaning() };
    let mut cleaner = BranchCleaner::new(rules, 6, 100, 1000);
    criterion.bench_function("clean/intra_hampel", |bencher| {
        bencher.iter(|| cleaner.intra(black_box(&target), 9, &mut out));
    });
}

criterion_group!(benches, cleaning);
criterion_main!(benches);
