//! Makes splits: groups are drawn, by a seed or by time, and stay whole.
//!
//! Groups stand in the order of a hash of the seed and their name. So the order of the list does not matter, and a group that is
//! added changes no other's place.

use std::collections::{BTreeMap, BTreeSet};

use super::{Member, Split};
use crate::{Error, count::counted_with};

fn refused(what: String) -> Error {
    Error::Declared { table: "split".to_owned(), what }
}

/// The groups as places in `members`, in the order that the seed draws.
fn drawn(members: &[Member], seed: u64) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, member) in members.iter().enumerate() {
        groups.entry(&member.group).or_default().push(place);
    }
    let mut groups: Vec<([u8; 32], Vec<usize>)> = groups
        .into_iter()
        .map(|(name, places)| {
            let mut hash = blake3::Hasher::new();
            hash.update(b"split").update(&seed.to_le_bytes()).update(name.as_bytes());
            (*hash.finalize().as_bytes(), places)
        })
        .collect();
    groups.sort_unstable();
    groups.into_iter().map(|(_, places)| places).collect()
}

/// The cells at the places that are marked test, the others train; each part in the order of ids.
fn parted(members: &[Member], is_test: &[bool]) -> Result<Split, Error> {
    let part = |wanted: bool| {
        let of = members.iter().zip(is_test).filter(|(_, test)| **test == wanted);
        let mut ids: Vec<String> = of.map(|(member, _)| member.id.clone()).collect();
        ids.sort_unstable();
        ids
    };
    let split = Split { train: part(false), test: part(true) };
    let groups: BTreeSet<&str> = members.iter().map(|member| member.group.as_str()).collect();
    if let (1, Some(group)) = (groups.len(), groups.first()) {
        let all = counted_with(members.len(), "cell", ["is", "are"]);
        return Err(refused(format!(
            "{all} of one group, {group}, so that one side would have none; part them by something else, or name more cells (what is one \
             test, or a copy of it, is one group)"
        )));
    }
    if split.train.is_empty() || split.test.is_empty() {
        return Err(refused(format!(
            "{} cells in these groups cannot be parted so that both sides have some; take another share or a finer grouping",
            members.len()
        )));
    }
    Ok(split)
}

/// How many of so many cells are to be tested on.
fn wanted(members: &[Member], share: f64) -> Result<f64, Error> {
    if !(share > 0.0 && share < 1.0) {
        return Err(refused(format!("a share of test cells of {share}; give one between 0 and 1, such as 0.3")));
    }
    Ok(share * members.len() as f64)
}

/// Takes groups in order while the number of test cells comes nearer to what is wanted; one on each side at least.
fn take(members: &[Member], groups: &[Vec<usize>], wanted: f64) -> Result<Split, Error> {
    let mut is_test = vec![false; members.len()];
    let mut taken = 0;
    for (position, group) in groups.iter().enumerate() {
        let nearer = ((taken + group.len()) as f64 - wanted).abs() < (taken as f64 - wanted).abs();
        let is_rest = position + 1 == groups.len();
        if taken > 0 && !nearer || is_rest {
            break;
        }
        group.iter().for_each(|&place| is_test[place] = true);
        taken += group.len();
    }
    parted(members, &is_test)
}

/// Draws whole groups until about `share` of the cells are for testing.
///
/// # Errors
/// [`Error::Declared`]: a share that is none, fewer than two groups.
pub fn draw(members: &[Member], share: f64, seed: u64) -> Result<Split, Error> {
    take(members, &drawn(members, seed), wanted(members, share)?)
}

/// Tests on the cells that began last, about `share` of them; those that began at the same time stay together. `starts` has the
/// beginning of each member, as text that sorts by time.
///
/// # Errors
/// As [`draw`].
///
/// # Panics
/// If there are not as many starts as members.
pub fn latest(members: &[Member], starts: &[String], share: f64) -> Result<Split, Error> {
    assert_eq!(members.len(), starts.len());
    let mut moments: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, start) in starts.iter().enumerate() {
        moments.entry(start).or_default().push(place);
    }
    let groups: Vec<Vec<usize>> = moments.into_values().rev().collect();
    take(members, &groups, wanted(members, share)?)
}

/// Parts the cells into `count` folds of whole groups, about equally large, and tests on each in turn.
///
/// # Errors
/// [`Error::Declared`]: fewer than two folds, fewer groups than folds.
pub fn folds(members: &[Member], count: usize, seed: u64) -> Result<Vec<Split>, Error> {
    let mut groups = drawn(members, seed);
    if count < 2 || groups.len() < count {
        return Err(refused(format!(
            "{count} folds of {} groups; take at least 2 and no more than there are groups",
            groups.len()
        )));
    }
    // the largest first, each to the smallest fold so far; groups of one size keep the order that was drawn
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut sizes = vec![0; count];
    let mut fold_of = vec![0; members.len()];
    for group in groups {
        let smallest = (0..count).min_by_key(|&fold| sizes[fold]).unwrap_or(0);
        sizes[smallest] += group.len();
        group.into_iter().for_each(|place| fold_of[place] = smallest);
    }
    (0..count).map(|fold| parted(members, &fold_of.iter().map(|&of| of == fold).collect::<Vec<_>>())).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn members(cells: usize, group_of: impl Fn(usize) -> usize) -> Vec<Member> {
        (0..cells).map(|place| Member { id: format!("c{place:02}"), group: format!("g{}", group_of(place)) }).collect()
    }

    fn groups(members: &[Member], ids: &[String]) -> BTreeSet<String> {
        members.iter().filter(|member| ids.contains(&member.id)).map(|member| member.group.clone()).collect()
    }

    #[test]
    fn every_cell_is_on_one_side_and_no_group_on_both() {
        for seed in 0..20 {
            for per_group in 1..6 {
                let cells = members(30, |place| place / per_group);
                let split = draw(&cells, 0.3, seed).unwrap();
                assert_eq!(split.train.len() + split.test.len(), 30);
                assert!(groups(&cells, &split.train).is_disjoint(&groups(&cells, &split.test)));
                assert!(split.test.len().abs_diff(9) <= per_group / 2 + 1, "{}", split.test.len());
            }
        }
    }

    #[test]
    fn a_seed_gives_one_split_whatever_the_order_of_the_list() {
        let cells = members(30, |place| place);
        let turned: Vec<Member> = cells.iter().rev().cloned().collect();
        assert_eq!(draw(&cells, 0.3, 7).unwrap(), draw(&turned, 0.3, 7).unwrap());
        assert_ne!(draw(&cells, 0.3, 7).unwrap(), draw(&cells, 0.3, 8).unwrap());
    }

    #[test]
    fn folds_test_every_cell_once_and_are_of_like_size() {
        let cells = members(31, |place| place / 2);
        let folds = folds(&cells, 4, 3).unwrap();
        let mut tested: Vec<String> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
        tested.sort_unstable();
        assert_eq!(tested, cells.iter().map(|cell| cell.id.clone()).collect::<Vec<_>>());
        for fold in &folds {
            assert!(groups(&cells, &fold.train).is_disjoint(&groups(&cells, &fold.test)));
            assert!((6..=9).contains(&fold.test.len()), "{}", fold.test.len());
        }
    }

    #[test]
    fn the_latest_cells_are_tested_on_and_those_of_one_day_stay_together() {
        let cells = members(5, |place| place);
        let starts = ["2024-03-01", "2023-01-01", "2024-03-01", "2023-06-01", "2023-02-01"].map(str::to_owned);
        let split = latest(&cells, &starts, 0.3).unwrap();
        assert_eq!(split.test, ["c00", "c02"]);
    }

    #[test]
    fn groups_are_taken_while_they_bring_the_share_nearer() {
        // cells per day, from the latest on, and the share that is wanted
        for (days, share, tested) in [
            (vec![2, 2, 2, 4], 0.4, 4),
            (vec![1, 2, 1], 0.5, 1), // 3 are as far from 2 as 1 is
            (vec![1, 3, 6], 0.3, 4),
            (vec![3, 1, 6], 0.05, 3), // one at least
            (vec![3, 1], 0.9, 3),     // and one is left
            (vec![1, 1, 1, 1, 6], 0.3, 3),
        ] {
            let day_of: Vec<String> =
                days.iter().enumerate().flat_map(|(day, &cells)| vec![format!("day {}", 9 - day); cells]).collect();
            let split = latest(&members(day_of.len(), |place| place), &day_of, share).unwrap();
            assert_eq!((split.test.len(), split.train.len()), (tested, day_of.len() - tested), "{days:?}, {share}");
        }
    }

    #[test]
    fn the_largest_groups_are_dealt_first() {
        for seed in 0..20 {
            let cells = members(12, |place| [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2][place]);
            assert!(folds(&cells, 2, seed).unwrap().iter().all(|fold| fold.test.len() == 6), "seed {seed}");
            // as many folds as groups: each is left out once
            let folds = folds(&cells, 3, seed).unwrap();
            assert!(folds.iter().all(|fold| groups(&cells, &fold.test).len() == 1), "seed {seed}");
        }
    }

    #[test]
    fn what_cannot_be_parted_is_refused() {
        let one = members(4, |_| 0);
        assert!(draw(&one, 0.5, 0).unwrap_err().to_string().contains("of one group"));
        for share in [-0.5, 0.0, 1.0, 30.0, f64::NAN] {
            let said = draw(&members(4, |place| place), share, 0).unwrap_err().to_string();
            assert!(said.contains("between 0 and 1"), "{said}");
        }
        assert!(folds(&members(4, |place| place), 1, 0).unwrap_err().to_string().contains("1 folds of 4 groups"));
        assert!(folds(&one, 2, 0).unwrap_err().to_string().contains("2 folds of 1 groups"));
        assert!(draw(&[], 0.5, 0).is_err());
    }
}
