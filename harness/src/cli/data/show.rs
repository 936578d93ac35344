//! `batlinet data show`.

use cells::cell::{Cell, LifeRecord, Origin};
use cells::count::ah;
use cells::datasets;
use cells::label::{Crossing, LabelRule, Unreached, Verdict};
use cells::notes::Notes;

/// What is known of a cell, one line each.
pub(super) fn render(cell: &Cell, fingerprint: &str, notes: &Notes) -> String {
    let info = cell.info();
    let origin = match info.origin {
        Origin::Real => "real, measured",
        Origin::Virtual => "VIRTUAL, simulated by the built-in lab",
    };
    let published = datasets::find(&info.dataset);
    let known = |text: &str| if text.is_empty() { "not known".to_owned() } else { text.to_owned() };
    let (low, high) = info.voltage_limits;
    let lines = [
        ("cell", info.id.clone()),
        ("dataset", info.dataset.to_string()),
        (
            "publication",
            published
                .map_or("none, a cell of your own".to_owned(), |set| format!("{} ({})", set.citation, set.licence)),
        ),
        ("origin", origin.to_owned()),
        ("chemistry", format!("{} / {}", info.chemistry.cathode, info.chemistry.anode)),
        ("form factor", known(info.form_factor.as_deref().unwrap_or_default())),
        ("nominal", format!("{} Ah", info.nominal_capacity)),
        ("voltage", format!("{low} to {high} V")),
        ("ambient", info.ambient_temperature.map_or(known(""), |temperature| format!("{temperature} °C"))),
        ("charge", known(&info.protocol.charge)),
        ("discharge", known(&info.protocol.discharge)),
        ("cycles", cycles(cell)),
        ("halves", if cell.has_charge() { "charge and discharge" } else { "discharge only" }.to_owned()),
        ("also", also(cell)),
        ("capacity", capacities(cell)),
        ("life", life(cell)),
        ("to 90 %", crossings(cell, 0.9)),
        ("to 80 %", crossings(cell, 0.8)),
        ("fingerprint", fingerprint.to_owned()),
    ];
    let published = if notes.is_published { ", as published" } else { "" };
    let doubts = notes.doubts.iter().flatten().map(|doubt| ("doubtful", format!("{doubt}{published}")));
    let living = notes.alive.then(|| ("lives", "its test goes on: no life to train or test on yet".to_owned()));
    let guessed = notes.guessed.iter().map(|guessed| ("unsure", guessed.clone()));
    let repairs = notes.repairs.iter().map(|repair| ("repaired", repair.clone()));
    let said = lines.into_iter().chain(living).chain(doubts).chain(guessed).chain(repairs);
    said.map(|(name, value)| format!("{name:12}{value}\n")).collect()
}

fn cycles(cell: &Cell) -> String {
    let (Some(first), Some(last)) = (cell.cycles().first(), cell.cycles().last()) else { return "none".to_owned() };
    let samples: usize = cell.cycles().iter().map(|cycle| cycle.len()).sum();
    format!("{} in detail, numbered {} to {}; {samples} samples", cell.cycles().len(), first.number, last.number)
}

fn also(cell: &Cell) -> String {
    let cycles = cell.cycles();
    let present = [
        ("time", cycles.iter().any(|cycle| cycle.time.is_some())),
        ("temperature", cycles.iter().any(|cycle| cycle.temperature.is_some())),
        ("internal resistance", cycles.iter().any(|cycle| cycle.internal_resistance.is_some())),
        ("stored Q(V) curves", cycles.iter().any(|cycle| cycle.qdlin.is_some())),
        ("capacities as stated", cycles.iter().any(|cycle| cycle.stated_capacity.is_some())),
    ];
    let names: Vec<&str> = present.into_iter().filter(|(_, present)| *present).map(|(name, _)| name).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn capacities(cell: &Cell) -> String {
    let (Some(first), Some(last)) = (cell.cycles().first(), cell.cycles().last()) else { return "none".to_owned() };
    format!(
        "{} Ah in cycle {}, {} Ah in cycle {}",
        ah(first.discharged()),
        first.number,
        ah(last.discharged()),
        last.number
    )
}

fn life(cell: &Cell) -> String {
    match cell.life() {
        LifeRecord::Published { cycle_life, end_of_life } => {
            format!("{cycle_life} cycles to {} % of nominal, as published", end_of_life * 100.0)
        }
        LifeRecord::Capacity(capacity) => {
            let last = capacity.last().copied().unwrap_or_default();
            let share = 100.0 * last / cell.info().nominal_capacity;
            let left_out = match cell.left_out().len() {
                0 => String::new(),
                left_out => format!("; {left_out} more were dropped as outliers"),
            };
            format!(
                "{} cycles on record, the last with {last} Ah ({share:.1} % of nominal){left_out}",
                capacity.len(),
                last = ah(last)
            )
        }
    }
}

/// The least capacity of a record that never comes down to the end of life, over nominal.
fn ends_near(cell: &Cell, end_of_life: f64) -> Option<f64> {
    let LifeRecord::Capacity(capacity) = cell.life() else { return None };
    let nominal = cell.info().nominal_capacity;
    let least = capacity.iter().copied().fold(f64::INFINITY, f64::min) / nominal;
    (least.is_finite() && least > end_of_life).then_some(least)
}

/// The label of the cell by the rules that an experiment file can choose.
fn crossings(cell: &Cell, end_of_life: f64) -> String {
    let by = |crossing| {
        let rule = LabelRule { unreached: Unreached::Drop, crossing, minimum: 0, ..LabelRule::to(end_of_life) };
        rule.judge(cell)
    };
    let said = match (by(Crossing::First), by(Crossing::Persistent)) {
        (Err(_), _) | (_, Err(_)) => "not published".to_owned(),
        (Ok(Verdict::Removed(reason)), _) => {
            format!("{reason}; by `unreached: pad` it is the number of cycles plus 2")
        }
        (Ok(Verdict::Life(first)), Ok(Verdict::Life(last))) if first == last => {
            format!("life of {} cycles", first.cycles)
        }
        (Ok(Verdict::Life(first)), Ok(Verdict::Life(last))) => {
            format!("life of {} cycles by the first crossing, of {} by the persistent one", first.cycles, last.cycles)
        }
        (Ok(Verdict::Life(first)), Ok(Verdict::Removed(_))) => {
            format!("life of {} cycles by the first crossing, after which it recovers for good", first.cycles)
        }
    };
    let near = ends_near(cell, end_of_life).filter(|_| said.starts_with("life")).map_or_else(String::new, |share| {
        format!(", which its record ends before, at {:.1} %: near enough to count as its end", 100.0 * share)
    });
    let said = format!("{said}{near}");
    LabelRule::to(end_of_life).uncounted(cell).map_or(said.clone(), |uncounted| format!("{said}: {uncounted}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cells::made_up::{discharge_cycle, info};

    #[test]
    fn a_cell_in_words() {
        let cycles = vec![discharge_cycle(2, 1.08), discharge_cycle(3, 1.0)];
        let cell = Cell::new(info("MATR_b1c0"), cycles, LifeRecord::Capacity(vec![1.08, 1.0, 0.88])).unwrap();
        let text = render(&cell, "abc", &Notes::default());
        for line in [
            "cell        MATR_b1c0",
            "origin      VIRTUAL, simulated by the built-in lab",
            "chemistry   LFP / graphite",
            "cycles      2 in detail, numbered 2 to 3; 6 samples",
            "halves      discharge only",
            "also        nothing",
            "capacity    1.0800 Ah in cycle 2, 1.0000 Ah in cycle 3",
            "life        3 cycles on record, the last with 0.8800 Ah (80.0 % of nominal)",
            "to 90 %     life of 4 cycles",
            "to 80 %     life of 4 cycles",
            "fingerprint abc",
        ] {
            assert!(text.lines().any(|found| found == line), "no line \"{line}\" in\n{text}");
        }
        let published = LifeRecord::Published { cycle_life: 1852.0, end_of_life: 0.8 };
        let cell = Cell::new(info("MATR_b1c0"), vec![], published).unwrap();
        let text = render(&cell, "abc", &Notes::default());
        assert!(text.contains("1852 cycles to 80 % of nominal, as published"), "{text}");
        assert!(text.contains("cycles      none"), "{text}");
        assert!(
            text.contains("to 90 %     not published") && text.contains("to 80 %     life of 1852 cycles"),
            "{text}"
        );
        let dips = [1.08, 0.87, 1.0].into_iter().chain([0.9; 200]).chain([0.8; 3]).collect();
        let text = render(
            &Cell::new(info("MATR_b1c0"), vec![], LifeRecord::Capacity(dips)).unwrap(),
            "abc",
            &Notes::default(),
        );
        let line = "to 80 %     life of 3 cycles by the first crossing, of 205 by the persistent one";
        assert!(text.contains(line), "{text}");
        let to_80 = |last: f64| {
            let capacity = [vec![1.0; 200], vec![last]].concat();
            render(
                &Cell::new(info("MATR_b1c0"), vec![], LifeRecord::Capacity(capacity)).unwrap(),
                "abc",
                &Notes::default(),
            )
        };
        let text = to_80(0.881);
        let line = "to 80 %     life of 203 cycles, which its record ends before, at 80.1 %: near enough to count as its end\n";
        assert!(text.contains(line), "{text}");
        let text = to_80(0.935);
        assert!(text.contains("to 80 %     at 0.85 of nominal capacity after all 201 cycles"), "{text}");
    }
}
