//! Time to build the features of one cell with 100 cycles of 245 samples.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use features::feature::{CapacityMap, FeatureSpec, Severson, VoltageCapacity};
use serde_json::json;

use testing::formula as synthetic;

fn features(criterion: &mut Criterion) {
    let cell = synthetic::cell(100);
    let severson = json!({"severson": {"statistics": Severson::FULL}});
    let features = [
        ("feature/capacity_map", FeatureSpec::CapacityMap(CapacityMap::default())),
        ("feature/voltage_capacity", FeatureSpec::VoltageCapacity(VoltageCapacity::default())),
        ("feature/severson_full", serde_json::from_value(severson).expect("a sound declaration")),
    ];
    for (name, spec) in features {
        let mut extractor = spec.extractor();
        let mut out = vec![0.0; spec.shape().iter().product()];
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| extractor.extract(black_box(&cell), &mut out).expect("a whole cell"));
        });
    }
}

criterion_group!(benches, features);
criterion_main!(benches);
