//! What keeps cells on one side of a split: a protocol, a batch, a dataset, or being one cell under two names.

use std::collections::HashMap;

use crate::cell::CellInfo;

/// What must not be on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Nothing but the cell itself.
    Random,
    /// Cells that were cycled alike: dataset, charge, discharge and temperature.
    Protocol,
    /// Cells whose ids differ in their last number only, see [`batch`].
    Batch,
    /// Cells that were published, or belong, together.
    Dataset,
}

/// A cell that is to be split, with what holds it together with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// Cells of one group stay on one side.
    pub group: String,
}

/// The cells with their groups.
pub fn members(cells: &[CellInfo], by: By) -> Vec<Member> {
    cells.iter().map(|info| Member { id: info.id.clone(), group: group(info, by) }).collect()
}

pub(super) fn group(info: &CellInfo, by: By) -> String {
    match by {
        By::Random => info.id.clone(),
        By::Dataset => info.dataset.name().to_owned(),
        By::Batch => batch(&info.id).unwrap_or(info.dataset.name()).to_owned(),
        By::Protocol => {
            let temperature = info.ambient_temperature.map_or("unknown".to_owned(), |value| value.to_string());
            let protocol = &info.protocol;
            format!("{} {} / {} / {temperature} °C", info.dataset, protocol.charge, protocol.discharge)
        }
    }
}

/// The id without its last number and the letters and marks before that: `MATR_b1` of `MATR_b1c0`, `HUST_1` of `HUST_1-3`. Where
/// nothing that has a number is left, without the marks alone: `RWTH` of `RWTH_002`, `cell-A` of `cell-A-1`. `None` of an id without a
/// name before its number: such cells are one batch, their dataset.
pub fn batch(id: &str) -> Option<&str> {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let named = id.trim_end_matches(|letter| !is_digit(letter)).trim_end_matches(is_digit);
    let numbered = named.trim_end_matches(|letter| !is_digit(letter));
    let marked = named.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    [numbered, marked].into_iter().find(|batch| !batch.is_empty())
}

/// Joins the groups of cells that hold the same measurements, given as (id, hash of its measurements).
pub fn keep_together(members: &mut [Member], measurements: &[(String, String)]) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (id, hash) in measurements {
        let Some(place) = members.iter().position(|member| member.id == *id) else { continue };
        match first.get(hash.as_str()) {
            None => {
                first.insert(hash, place);
            }
            Some(&twin) => {
                let (from, to) = (members[place].group.clone(), members[twin].group.clone());
                members
                    .iter_mut()
                    .filter(|member| member.group == from)
                    .for_each(|member| member.group.clone_from(&to));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::info;

    #[test]
    fn a_batch_is_the_id_without_its_last_number() {
        assert_eq!(batch("MATR_b1c0"), Some("MATR_b1"));
        assert_eq!(batch("HUST_1-3"), Some("HUST_1"));
        assert_eq!(batch("CALCE_CS2_33"), Some("CALCE_CS2"));
        assert_eq!(batch("OX_1_cell2 (b)"), Some("OX_1"));
        assert_eq!(batch("RWTH_002"), Some("RWTH"));
        assert_eq!(batch("cell-A-1"), Some("cell-A"));
        assert_eq!(batch("lotA_c12"), Some("lotA_c"));
        assert_eq!([batch("cell"), batch("12")], [None; 2]);
    }

    #[test]
    fn a_group_is_what_its_cells_share() {
        let mut cells = [info("MATR_b1c0"), info("MATR_b1c1"), info("MATR_b2c0"), info("cell")];
        "6C".clone_into(&mut cells[1].protocol.charge);
        "2C".clone_into(&mut cells[2].protocol.discharge);
        cells[3].ambient_temperature = None;
        let groups = |by: By| members(&cells, by).into_iter().map(|member| member.group).collect::<Vec<_>>();
        let ids = ["MATR_b1c0", "MATR_b1c1", "MATR_b2c0", "cell"];
        assert_eq!(members(&cells, By::Dataset).iter().map(|member| &member.id).collect::<Vec<_>>(), ids);
        assert_eq!(groups(By::Random), ids);
        let dataset = cells[0].dataset.name();
        assert_eq!(groups(By::Dataset), [dataset; 4]);
        assert_eq!(groups(By::Batch), ["MATR_b1", "MATR_b1", "MATR_b2", dataset]);
        let unlike: std::collections::BTreeSet<String> = groups(By::Protocol).into_iter().collect();
        assert_eq!(unlike.len(), 4, "charge, discharge and temperature each make another: {unlike:?}");
    }

    #[test]
    fn one_cell_under_two_names_joins_whole_groups() {
        let member = |id: &str, group: &str| Member { id: id.to_owned(), group: group.to_owned() };
        let mut cells = [member("a", "1"), member("b", "2"), member("c", "2"), member("d", "3")];
        let hashes =
            [("a", "x"), ("b", "x"), ("c", "y"), ("d", "z")].map(|(id, hash)| (id.to_owned(), hash.to_owned()));
        keep_together(&mut cells, &hashes);
        assert_eq!(cells.map(|cell| cell.group), ["1", "1", "1", "3"]);
    }
}
