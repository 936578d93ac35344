//! A record against itself, on made-up cells.

use crate::cell::{Cell, CellInfo, Cycle, LifeRecord, Origin};
use crate::made_up::info;
use crate::physics::doubts;

/// A discharge of so many Ah in 100 samples.
fn discharge(number: u32, capacity: f64) -> Cycle {
    let at = |sample: i32| f64::from(sample) / 99.0;
    Cycle {
        number,
        voltage: (0..100).map(|sample| 3.4 - 1.4 * at(sample).powi(9)).collect(),
        current: vec![-1.0; 100],
        discharge_capacity: (0..100).map(|sample| capacity * at(sample)).collect(),
        time: Some((0..100).map(|sample| 3600.0 * capacity * at(sample)).collect()),
        ..Cycle::default()
    }
}

fn cell(info: CellInfo, cycles: Vec<Cycle>) -> Cell {
    let capacities = cycles.iter().map(Cycle::discharged).collect();
    Cell::new(info, cycles, LifeRecord::Capacity(capacities)).unwrap()
}

/// What is said of a cell of 1 Ah that gives these capacities.
fn said(capacities: &[f64], life: Option<f64>) -> String {
    let cycles = (1..).zip(capacities).map(|(number, capacity)| discharge(number, *capacity)).collect();
    let mut info = CellInfo { published_life: life, ..info("mine") };
    info.nominal_capacity = 1.0;
    doubts(&cell(info, cycles)).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// A fade to 60 % within 40 cycles, to 80 % with the 21st.
fn fade() -> Vec<f64> {
    (0..40).map(|place| 1.0 - 0.01 * f64::from(place)).collect()
}

#[test]
fn a_cycle_that_does_not_go_with_its_neighbours_is_said() {
    assert_eq!(said(&fade(), None), "");
    for (place, given) in [(10, 0.0), (10, 0.6), (0, 0.5), (37, 0.3)] {
        let mut capacities = fade();
        capacities[place] = given;
        let said = said(&capacities, None);
        assert!(said.contains(&format!("cycle {}: it gives {given:.4} Ah", place + 1)), "{place}: {said}");
    }
    let mut capacities = fade();
    capacities[39] = 0.2;
    assert!(said(&capacities, None).contains("cycle 40: the last cycle gives 0.2000 Ah"));
    // a knee is none
    let knee: Vec<f64> =
        (0..40).map(|place| 1.0 - 1e-4 * f64::from(place) - 0.5 * (f64::from(place) / 39.0).powi(6)).collect();
    assert_eq!(said(&knee, None), "");
}

#[test]
fn parts_in_another_order_raise_the_capacity_for_good() {
    let mut capacities = fade();
    capacities.rotate_left(20);
    assert!(said(&capacities, None).contains("cycle 21: the capacity rises from 0.6300 to 0.9800 Ah"));
}

#[test]
fn a_capacity_that_falls_for_good_in_one_step_is_said() {
    let mut capacities = fade();
    capacities[15..].iter_mut().for_each(|capacity| *capacity -= 0.2);
    assert!(said(&capacities, None).contains("cycle 16: the capacity falls from 0.8800 to 0.6300 Ah in one step"));
    // two half discharges before it was stored
    let mut capacities = fade()[..16].to_vec();
    capacities[14..].fill(0.5);
    assert!(said(&capacities, None).contains("cycle 15: the capacity falls from 0.8900 to 0.5000 Ah"));
}

#[test]
fn cycles_that_are_copies_of_others_are_said() {
    let mut cycles: Vec<Cycle> = (1..).zip(fade()).map(|(number, capacity)| discharge(number, capacity)).collect();
    let copy = cycles[10..15].to_vec();
    cycles.splice(15..15, copy);
    (1..).zip(&mut cycles).for_each(|(number, cycle)| cycle.number = number);
    let info = CellInfo { nominal_capacity: 1.0, origin: Origin::Real, ..info("mine") };
    let said = doubts(&cell(info, cycles)).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    assert!(said.contains("cycle 16 (and so 5 of 45 cycles): it is cycle 11 again, to the last digit"), "{said}");
}

#[test]
fn a_nominal_capacity_that_is_another_cells_is_said() {
    let scaled = |factor: f64| said(&fade().iter().map(|capacity| factor * capacity).collect::<Vec<f64>>(), None);
    for factor in [0.9, 1.0, 1.1] {
        assert_eq!(scaled(factor), "", "{factor}");
    }
    assert!(scaled(0.7).contains("dead from its first cycles on"));
    assert!(scaled(0.84).contains("near the end of its life"));
    assert!(scaled(1.25).contains("too long"));
}

#[test]
fn a_life_that_the_record_contradicts_is_said() {
    for (life, words) in [
        (Some(12.0), "comes to 80 % of the nominal capacity after 22 cycles only"),
        (Some(50.0), "is at 80 % of the nominal capacity after 22 cycles"),
    ] {
        assert!(said(&fade(), life).contains(words), "{}", said(&fade(), life));
    }
    let short = &fade()[..15];
    assert!(said(short, Some(8.0)).contains("goes on for 15 cycles, to 86 %"));
    for (capacities, life) in [(&fade()[..], 22.0), (&fade()[..], 20.0), (short, 22.0), (short, 500.0)] {
        assert_eq!(said(capacities, Some(life)), "", "{life}");
    }
}

#[test]
fn samples_that_are_missing_in_a_discharge_are_said() {
    let with = |damage: fn(usize) -> bool, id: &str| {
        let cycles = (1..=20).map(|number| {
            let mut cycle = discharge(number, 1.0 - 1e-6 * f64::from(number));
            if number == 7 {
                let mut place = 0..100;
                let series = [&mut cycle.voltage, &mut cycle.current, &mut cycle.discharge_capacity];
                let kept: Vec<bool> = place.by_ref().map(damage).collect();
                for values in series.into_iter().chain(cycle.time.as_mut()) {
                    let mut kept = kept.iter();
                    values.retain(|_| kept.next() == Some(&true));
                }
            }
            cycle
        });
        let info = CellInfo { nominal_capacity: 1.0, origin: Origin::Real, ..info(id) };
        doubts(&cell(info, cycles.collect())).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(with(|_| true, "mine"), "");
    assert_eq!(with(|place| !(30..45).contains(&place), "mine"), "");
    assert!(
        with(|place| !(30..60).contains(&place), "mine").contains("cycle 7: 0.3131 Ah of its discharge lie between")
    );
    assert!(with(|place| place % 8 == 0, "mine").contains("cycle 7: its discharge has 13 samples"));
    assert_eq!(with(|place| !(30..60).contains(&place), "MATR_b1c0"), "");
}

/// What is said of a cell of 1 Ah whose cycles are changed.
fn changed(capacities: &[f64], info: CellInfo, change: impl Fn(&mut Cycle)) -> String {
    let cycles = (1..).zip(capacities).map(|(number, capacity)| {
        let mut cycle = discharge(number, *capacity);
        change(&mut cycle);
        cycle
    });
    let info = CellInfo { nominal_capacity: 1.0, origin: Origin::Real, ..info };
    doubts(&cell(info, cycles.collect())).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[test]
fn counters_that_are_near_the_current_and_not_it_are_said() {
    let said = |change: fn(f64) -> f64| {
        changed(&fade(), info("mine"), |cycle| {
            cycle.discharge_capacity.iter_mut().for_each(|value| *value = change(*value));
        })
    };
    assert_eq!(said(|value| 1.02 * value), "");
    assert!(said(|value| 1.05 * value).contains("(+5.0 %): one of the two is scaled wrongly"));
    assert!(said(|value| 0.95 * value).contains("(-5.0 %)"));
    assert_eq!(said(|value| (value * 200.0).round() / 200.0), "");
    assert!(said(|value| (value * 20.0).round() / 20.0).contains("moves by 0.05"));
    assert!(said(|value| value.min(0.8)).contains("the counter of discharge stays at 0.8000 Ah while 0.19"));
}

#[test]
fn a_step_down_that_cycles_between_two_files_would_make_is_said() {
    let slow = |from: u32, cycles: u32| (from..from + cycles).map(|place| 1.0 - 1e-3 * f64::from(place));
    let whole: Vec<f64> = slow(0, 100).collect();
    assert_eq!(said(&whole, None), "");
    let lacking: Vec<f64> = slow(0, 40).chain(slow(80, 40)).collect();
    assert!(
        said(&lacking, None).contains("cycle 41: the capacity falls from 0.9630 to 0.9180 Ah at once and stays there")
    );
}

#[test]
fn limits_cathodes_and_samples_that_are_another_cells_are_said() {
    let of = |cathode: &str, limits: (f64, f64), charge_to: f64| {
        let mut info = CellInfo { voltage_limits: limits, ..info("mine") };
        info.chemistry.cathode = cathode.to_owned().into();
        changed(&fade(), info, |cycle| {
            // a charge before the discharge
            let up = (0..100).map(|sample| 3.0 + (charge_to - 3.0) * f64::from(sample) / 99.0);
            let charged = cycle.discharged();
            let times = 3600.0 * charged;
            cycle.voltage.splice(0..0, up);
            cycle.current.splice(0..0, [1.0; 100]);
            cycle.charge_capacity =
                Some((0..100).map(|sample| charged * f64::from(sample) / 99.0).chain([charged; 100]).collect());
            cycle.discharge_capacity.splice(0..0, [0.0; 100]);
            let time = cycle.time.take().unwrap();
            let before = (0..100).map(|sample| times * f64::from(sample) / 100.0);
            cycle.time = Some(before.chain(time.iter().map(|time| times + time)).collect());
        })
    };
    assert_eq!(of("LFP", (2.0, 3.5), 3.6), "");
    assert_eq!(of("NMC", (2.0, 4.2), 4.2), "");
    assert!(of("NMC", (2.0, 4.1), 4.2).contains("pass the upper limit of 4.1 V, by 100 mV"));
    assert!(of("NMC", (2.1, 4.2), 4.2).contains("pass the lower limit of 2.1 V, by 100 mV"));
    assert!(of("NMC", (2.0, 4.4), 4.2).contains("never come near the limit of 4.4 V"));
    assert!(of("LFP", (2.0, 4.2), 4.2).contains("where no LFP cell is charged to"));
    assert!(of("nmc-lco", (2.0, 3.6), 3.6).contains("where a cell of nmc-lco has given next to nothing"));
    assert_eq!(of("LNMO", (2.0, 3.6), 3.6), "");
}

#[test]
fn a_sample_that_no_cell_has_is_said() {
    let stray = |value: f64| {
        changed(&fade(), info("mine"), |cycle| {
            if cycle.number == 9 {
                cycle.voltage[50] = value;
            }
        })
    };
    assert_eq!(stray(3.4), "");
    for value in [-0.5, 1e300, 9.0] {
        assert!(stray(value).contains("cycle 9: a sample of "), "{}", stray(value));
    }
}

#[test]
fn samples_that_are_missing_where_a_discharge_changes_its_rate_explain_a_current() {
    // in two stages, one after the other; what the current between two samples was nobody knows where samples lack
    let staged = |number: u32, currents: [f64; 2], missing: std::ops::Range<usize>| {
        let mut cycle = discharge(number, 1.0);
        let mut time = 0.0;
        let current = |sample: usize| currents[usize::from(sample >= 40)];
        let times: Vec<f64> = (0..100)
            .map(|sample| {
                time += if sample == 0 { 0.0 } else { 3600.0 / 99.0 / current(sample) };
                time
            })
            .collect();
        cycle.current = (0..100).map(|sample| -current(sample)).collect();
        cycle.time = Some(times);
        for series in [&mut cycle.voltage, &mut cycle.current, &mut cycle.discharge_capacity]
            .into_iter()
            .chain(cycle.time.as_mut())
        {
            series.drain(missing.clone());
        }
        cycle
    };
    for currents in [[5.0, 1.0], [1.0, 5.0], [3.0, 1.0]] {
        let cycles = |missing: std::ops::Range<usize>| -> Vec<Cycle> {
            (1..41).map(|number| staged(number, currents, if number == 20 { missing.clone() } else { 0..0 })).collect()
        };
        let mut info = info("mine");
        info.nominal_capacity = 1.0;
        let said = |missing| doubts(&cell(info.clone(), cycles(missing)));
        assert_eq!(said(0..0), []);
        assert_eq!(said(30..50), [], "{currents:?}");
        assert_eq!(said(37..55), [], "{currents:?}");
        // a current that no gap explains
        let mut other = cycles(0..0);
        other[19].current.iter_mut().for_each(|current| *current *= 1.4);
        assert!(!doubts(&cell(info.clone(), other)).is_empty());
    }
}

/// What is said of 60 cycles with so many samples of discharge each, of which some are changed.
fn coarse(samples: usize, change: impl Fn(usize, &mut Cycle)) -> String {
    let cycles = (0..60_u32).map(|place| {
        let fine = discharge(place + 1, 1.0 - 1e-3 * f64::from(place));
        let every = 99 / (samples - 1);
        let thin = |values: &Vec<f64>| values.iter().copied().step_by(every).collect::<Vec<f64>>();
        let mut cycle = Cycle {
            voltage: thin(&fine.voltage),
            current: thin(&fine.current),
            discharge_capacity: thin(&fine.discharge_capacity),
            time: fine.time.as_ref().map(thin),
            ..fine
        };
        change(place as usize, &mut cycle);
        cycle
    });
    let info = CellInfo { nominal_capacity: 1.0, origin: Origin::Real, ..info("mine") };
    doubts(&cell(info, cycles.collect())).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[test]
fn counters_of_few_samples_are_held_against_a_steady_current() {
    for samples in [10, 34] {
        assert_eq!(coarse(samples, |_, _| ()), "");
        let drifting = coarse(samples, |place, cycle| {
            cycle.discharge_capacity.iter_mut().for_each(|value| *value *= 1.0 + 0.08 * place as f64 / 59.0);
        });
        assert!(drifting.contains("one of the two"), "{samples}: {drifting}");
        let off = coarse(samples, |_, cycle| cycle.current.iter_mut().for_each(|value| *value *= 1.12));
        assert!(off.contains("(-10.7 %): one of the two is scaled wrongly"), "{samples}: {off}");
    }
    // a current that falls between samples, as at a held voltage, leaves its integral open
    let falling = coarse(10, |_, cycle| {
        let count = cycle.current.len() as f64;
        cycle.current.iter_mut().enumerate().for_each(|(k, value)| *value = -2.5 * (1.0 - k as f64 / count).powi(2));
    });
    assert!(!falling.contains("one of the two"), "{falling}");
}

/// A charge and a discharge under 1 A, both with the sign of the current.
fn both_halves(number: u32, sign: f64) -> Cycle {
    let down = discharge(number, 1.0 - 1e-4 * f64::from(number));
    let given = down.discharged();
    let time: Vec<f64> = down.time.clone().unwrap();
    Cycle {
        number,
        voltage: down.voltage.iter().rev().chain(&down.voltage).copied().collect(),
        current: (0..200).map(|k| if k < 100 { sign } else { -sign }).collect(),
        charge_capacity: Some((0..200).map(|k| given * f64::from(k.min(99)) / 99.0).collect()),
        discharge_capacity: (0..200).map(|k| given * f64::from((k - 100).max(0)) / 99.0).collect(),
        time: Some(time.iter().copied().chain(time.iter().map(|time| 3600.0 * given + 10.0 + time)).collect()),
        ..Cycle::default()
    }
}

#[test]
fn one_whole_cycle_with_a_turned_sign_is_said() {
    let said = |turned: &[u32], id: &str| {
        let cycles = (1..41).map(|number| both_halves(number, if turned.contains(&number) { -1.0 } else { 1.0 }));
        let info = CellInfo { nominal_capacity: 1.0, origin: Origin::Real, ..info(id) };
        doubts(&cell(info, cycles.collect())).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    assert!(!said(&[], "mine").contains("sign"));
    let one = said(&[20], "mine");
    assert!(one.contains("cycle 20: the voltage falls while the current is positive"), "{one}");
    assert!(one.contains("in this cycle only"), "{one}");
    assert!(said(&[20, 21], "mine").contains("cycle 20 (and so 2 of 40 cycles): the voltage falls"));
    assert!(!said(&[20], "MATR_b1c0").contains("in this cycle only"));
}

#[test]
fn a_capacity_that_rises_for_good_is_said_and_one_that_is_won_back_is_not() {
    let fade = |place: usize| 1.0 - 5e-4 * place as f64 + 1e-4 * (place % 3) as f64;
    let with = |change: &dyn Fn(usize) -> f64| {
        said(&(0..150).map(|place| fade(place) + change(place)).collect::<Vec<f64>>(), None)
    };
    assert_eq!(with(&|_| 0.0), "");
    let risen = with(&|place| if place >= 70 { 0.05 } else { 0.0 });
    assert!(
        risen.contains("cycle 71: the capacity rises from 0.96") && risen.contains("at once and stays there"),
        "{risen}"
    );
    // what a rest wins back goes in some tens of cycles
    let won = with(&|place| if place >= 70 { 0.06 * (-(place as f64 - 70.0) / 15.0).exp() } else { 0.0 });
    assert_eq!(won, "");
}

#[test]
fn a_voltage_that_stands_still_in_discharge_is_said() {
    let of = |frozen: bool| {
        let cycles = (1..21).map(|number| {
            let mut cycle = both_halves(number, 1.0);
            if frozen {
                cycle.voltage[100..].fill(3.4);
            }
            cycle
        });
        let info = CellInfo { nominal_capacity: 1.0, origin: Origin::Real, ..info("mine") };
        doubts(&cell(info, cycles.collect())).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    assert!(!of(false).contains("was not measured"));
    let said = of(true);
    assert!(said.contains("cycle 1 (and so 20 of 20 cycles): the voltage stays within 0.0 mV"), "{said}");
    assert!(said.contains("was not measured in discharge"), "{said}");
}
