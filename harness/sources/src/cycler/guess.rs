//! Guesses about a table of no known program, for a draft; never for an import.

use std::fmt::Write as _;

use super::heading::Heading;
use super::role::Role;

/// What stands beside a unit that was guessed.
pub(super) const UNSURE: &str = "A GUESS: the heading has no unit, confirm";

/// A mapping that was guessed.
pub(super) struct Guess {
    /// Lines of YAML; `SIGN` stands for that of the current.
    pub yaml: String,
}

/// A mapping, where time, voltage and current can be told from the headings.
pub(super) fn mapping(headings: &[Heading]) -> Option<Guess> {
    let mut taken: Vec<usize> = Vec::new();
    let mut yaml = String::new();
    for role in Role::ALL {
        let find = |is: &dyn Fn(&str) -> bool| {
            headings.iter().enumerate().position(|(k, heading)| !taken.contains(&k) && is(&heading.key))
        };
        let of_test = || find(&|key| is_of_test(role, key));
        let of_date = || find(&|key| role == Role::Time && is_date(key));
        let place = of_test().or_else(|| find(&|key| is_like(role, key))).or_else(of_date);
        let required = matches!(role, Role::Time | Role::Voltage | Role::Current);
        let Some(place) = place else {
            if required {
                return None;
            }
            continue;
        };
        if matches!(role, Role::Capacity | Role::State) {
            continue;
        }
        taken.push(place);
        let heading = &headings[place];
        let column = serde_json::to_string(&heading.text).unwrap_or_default();
        let name = role.name();
        let _ = match role.quantity() {
            None => writeln!(yaml, "    {name}: {{column: {column}}}  # by its name"),
            Some(quantity) => {
                let (unit, why) = match heading.unit_of(quantity) {
                    _ if role == Role::Time && is_date(&heading.key) => {
                        ("date", "a date, since no time of the test is there")
                    }
                    Ok(Some(unit)) => (unit.name, "as the heading says"),
                    _ => (usual(role), UNSURE),
                };
                let sign = if role == Role::Current { ", charge: SIGN" } else { "" };
                writeln!(yaml, "    {name}: {{column: {column}, unit: {}{sign}}}  # {why}", quoted(unit))
            }
        };
    }
    Some(Guess { yaml })
}

fn quoted(unit: &str) -> String {
    if unit.contains(':') { format!("\"{unit}\"") } else { unit.to_owned() }
}

fn usual(role: Role) -> &'static str {
    match role {
        Role::Time => "s",
        Role::Voltage => "V",
        Role::Current => "A",
        Role::Temperature => "degC",
        _ => "Ah",
    }
}

/// Whether a time is that of the whole test, which goes before others.
fn is_of_test(role: Role, key: &str) -> bool {
    let words = ["test", "total", "run", "elapsed", "cumul", "programmdauer", "gesamt", "总", "总时间", "测试"];
    role == Role::Time
        && is_like(role, key)
        && words.iter().any(|word| key.contains(word))
        && !["step", "schritt"].iter().any(|word| key.contains(word))
}

fn is_date(key: &str) -> bool {
    ["date", "datum", "fecha", "stamp", "absolut", "realtime", "日期"].iter().any(|word| key.contains(word))
}

/// Parts of words for a time.
const TIMES: [&str; 9] = ["time", "zeit", "dauer", "temps", "tiempo", "tempo", "时间", "時間", "시간"];

fn is_like(role: Role, key: &str) -> bool {
    let has = |word: &str| key.contains(word);
    let is = |words: &[&str]| words.contains(&key);
    let is_derived = has("dt") && has("dv")
        || has("energy")
        || has("power")
        || (has("step") || has("schritt")) && role == Role::Time;
    if is_derived {
        return false;
    }
    match role {
        Role::Time => (TIMES.into_iter().any(has) || is(&["t", "ts", "seconds", "s"])) && !is_date(key),
        Role::Voltage => {
            let words = ["volt", "potential", "spannung", "tensi", "tensã", "电压", "電壓", "電圧", "전압"];
            words.into_iter().any(has) || is(&["v", "u", "e", "ecell", "ewe", "vf", "vcell", "ucell"])
        }
        Role::Current => {
            let words = ["current", "strom", "courant", "corrient", "corrente", "amps", "电流", "電流", "전류"];
            (words.into_iter().any(has) || is(&["i", "im", "icell", "ia"])) && !has("currentcycle")
        }
        Role::ChargeCapacity => {
            (has("charge")
                || has("charging")
                || has("chg")
                || has("lad")
                || has("充电")
                || is(&["qc", "qcharge", "qchg"]))
                && !has("dis")
                && !has("dch")
                && !has("entlad")
                && (has("cap") || has("ah") || has("q") || has("kap") || has("容量"))
        }
        Role::DischargeCapacity => {
            (has("discharge")
                || has("discharging")
                || has("dchg")
                || has("dischg")
                || has("entlad")
                || has("放电")
                || is(&["qd", "ahela"]))
                && (has("cap") || has("ah") || has("q") || has("kap") || has("容量"))
        }
        Role::Cycle => has("cyc") || has("zykl") || has("cicl") || has("循环") || has("循環"),
        Role::Step => {
            let words = ["step", "schritt", "工步", "步骤", "步次"];
            words.into_iter().any(has) && !TIMES.into_iter().any(has)
        }
        Role::Temperature => has("temp") && !has("temps") && !has("tempo") || has("温度") || is(&["t1", "tcell"]),
        Role::Capacity | Role::State => false,
    }
}
