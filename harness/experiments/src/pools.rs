//! Which cells are source, target and test cells of a transfer.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use batlinet::transfer::Preset;
use numerics::Streams;
use rand::Rng as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Error;
use cells::listing::{self, Line};
use cells::quote::shown;
use cells::split::Split;

/// The chemistry that the paper's text transfers from.
const SOURCE: &str = "LFP";

/// Cells by chemistry, as a file lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pools {
    file: PathBuf,
    /// Per chemistry the ids, in the order of the file.
    cells: BTreeMap<String, Vec<String>>,
    /// Per id the line.
    lines: BTreeMap<String, usize>,
}

impl Pools {
    /// Reads a CSV file with the columns `cell_id` and `pool`; other columns are ignored.
    ///
    /// # Errors
    /// [`Error::Pools`] names the file and line: an unreadable file, a missing column, an empty field, an id that
    /// occurs twice.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let broken = |what: String| Error::Pools { file: path.to_owned(), what };
        let mut pools = Self { file: path.to_owned(), cells: BTreeMap::new(), lines: BTreeMap::new() };
        let lines = listing::read(path, ["cell_id", "pool"]).map_err(broken)?;
        for Line { number: line, fields: [cell_id, pool] } in lines {
            if cell_id.is_empty() || pool.is_empty() {
                return Err(broken(format!("line {line} needs a cell id and a pool")));
            }
            if let Some(first) = pools.lines.insert(cell_id.clone(), line) {
                let cell_id = shown(cell_id, 80);
                return Err(broken(format!("cell {cell_id} is on line {first} and on line {line}; keep one of them")));
            }
            pools.cells.entry(pool).or_default().push(cell_id);
        }
        Ok(pools)
    }

    /// The first of these cells that `available` (sorted) lacks, as `FILE:LINE`, for an error.
    pub fn place_of_first_missing(&self, available: &[String]) -> Option<String> {
        let missing = |(id, line): (&String, &usize)| available.binary_search(id).is_err().then_some(*line);
        let line = self.lines.iter().filter_map(missing).min()?;
        Some(format!("{}:{line}", self.file.display()))
    }
}

/// How cells are drawn for a transfer, as declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-source" = "8"))]
pub struct Draw {
    /// Pool whose lives are predicted.
    pub target: String,
    /// Whose account of the study is followed.
    #[serde(default)]
    pub preset: Preset,
    /// Numbers of target cells to learn from.
    pub cells: Vec<usize>,
    /// Target cells that test, the same for every number and seed. In the preset `code`, all that are not learned from.
    pub test_cells: Option<usize>,
    /// Takes only so many source cells, for a quick look.
    pub source_cells: Option<usize>,
}

impl Draw {
    /// Whether the numbers have a meaning.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub fn check(&self) -> Result<(), String> {
        if self.cells.is_empty() || self.cells.contains(&0) {
            return Err("transfer.cells: give numbers of target cells to learn from, each at least 1".to_owned());
        }
        if let Some((_, twice)) = self.cells.iter().enumerate().find(|(index, n)| self.cells[..*index].contains(n)) {
            return Err(format!("transfer.cells: {twice} is given twice"));
        }
        match (self.preset, self.test_cells) {
            (Preset::Paper, None | Some(0)) => {
                Err("transfer.test_cells: preset paper needs the number of target cells that test".to_owned())
            }
            (Preset::Code, Some(_)) => {
                Err("transfer.test_cells: preset code tests on all cells that it does not learn from; leave it out"
                    .to_owned())
            }
            _ if self.source_cells.is_some_and(|count| count < 2) => {
                Err("transfer.source_cells: at least 2 source cells are needed".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The source cells as training part and all target cells as test part, each sorted.
    ///
    /// # Errors
    /// [`Error::Pools`] names the pool and what is wanted of it: a pool that the file does not have, or one with too
    /// few cells.
    pub fn pools(&self, pools: &Pools) -> Result<Split, Error> {
        let broken = |what: String| Error::Pools { file: pools.file.clone(), what };
        let target = self.pool(pools, &self.target).map_err(broken)?;
        let source = match self.preset {
            Preset::Paper if self.target == SOURCE => {
                return Err(broken(format!("target {SOURCE} is the source of preset paper; choose another")));
            }
            Preset::Paper => self.pool(pools, SOURCE).map_err(broken)?,
            Preset::Code => {
                let others = pools.cells.iter().filter(|(name, _)| **name != self.target);
                sorted(others.flat_map(|(_, ids)| ids))
            }
        };
        let test = self.test_cells.unwrap_or(1);
        if let Some(most) = self.cells.iter().max().filter(|&&most| most + test > target.len()) {
            return Err(broken(format!(
                "target {} has {} cells, of which {test} must be left for testing: {} at most can be learned from, {most} \
                 are wanted",
                self.target,
                target.len(),
                target.len().saturating_sub(test)
            )));
        }
        let mut source = source;
        if let Some(count) = self.source_cells {
            if count > source.len() {
                return Err(broken(format!("{count} source cells are wanted, {} are there", source.len())));
            }
            self.shuffle(&mut source, "source-cells");
            source.truncate(count);
            source.sort();
        }
        Ok(Split { train: source, test: target })
    }

    /// The target cells of one run, drawn from all target cells (sorted): those to learn from and those to test on,
    /// each sorted.
    ///
    /// The paper fixes the test cells and samples from the others, here so that a larger number contains the smaller
    /// ones. The notebook draws anew for every number and tests on what is left.
    pub fn target_cells(&self, target: &[String], count: usize, seed: u64) -> Split {
        let mut rest = target.to_vec();
        let test = match self.preset {
            Preset::Paper => {
                self.shuffle(&mut rest, "test-cells");
                let mut test = rest.split_off(rest.len().saturating_sub(self.test_cells.unwrap_or(0)));
                test.sort();
                self.shuffle(&mut rest, &format!("target-cells seed {seed}"));
                rest.truncate(count);
                test
            }
            Preset::Code => {
                self.shuffle(&mut rest, &format!("target-cells seed {seed} of {count}"));
                let mut test = rest.split_off(count.min(rest.len()));
                test.sort();
                test
            }
        };
        rest.sort();
        Split { train: rest, test }
    }

    fn pool(&self, pools: &Pools, name: &str) -> Result<Vec<String>, String> {
        match pools.cells.get(name) {
            Some(ids) => Ok(sorted(ids)),
            None => {
                let known: Vec<&str> = pools.cells.keys().map(String::as_str).collect();
                Err(format!("there is no pool '{name}'; it has {}", known.join(", ")))
            }
        }
    }

    /// Puts cells in a random order. Each draws its rank from a stream of its own, so that a cell more or less in the
    /// pool leaves the order of the others as it was.
    fn shuffle(&self, cells: &mut [String], purpose: &str) {
        let streams = Streams::new(format!("transfer to {}", self.target));
        cells.sort_by_cached_key(|id| (streams.stream(&format!("{purpose}: {id}")).next_u64(), id.clone()));
    }
}

fn sorted<'a>(ids: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    ids.into_iter().cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn published() -> Pools {
        Pools::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/splits/transfer_pools.csv")).unwrap()
    }

    fn draw(target: &str, preset: Preset, cells: &[usize], test_cells: Option<usize>) -> Draw {
        Draw { target: target.to_owned(), preset, cells: cells.to_vec(), test_cells, source_cells: None }
    }

    /// The study of the paper: target, size of its pool, test cells, numbers to learn from.
    const STUDY: [(&str, usize, usize, &[usize]); 3] =
        [("LCO", 37, 21, &[1, 2, 4, 8, 16]), ("NCA", 22, 14, &[1, 2, 4, 8]), ("NMC", 69, 53, &[1, 2, 4, 8, 16])];

    fn disjoint(one: &[String], other: &[String]) -> bool {
        one.iter().all(|id| !other.contains(id))
    }

    #[test]
    fn the_paper_transfers_from_lfp_and_tests_on_the_same_cells_whatever_it_learns_from() {
        for (target, size, test_cells, numbers) in STUDY {
            let draw = draw(target, Preset::Paper, numbers, Some(test_cells));
            draw.check().unwrap();
            let pools = draw.pools(&published()).unwrap();
            assert_eq!((pools.train.len(), pools.test.len()), (275, size));
            let tested = draw.target_cells(&pools.test, 1, 0).test;
            assert_eq!(tested.len(), test_cells);
            let mut drawn = Vec::new();
            for seed in 0..8 {
                let mut smaller: Vec<String> = Vec::new();
                for &count in numbers {
                    let Split { train, test } = draw.target_cells(&pools.test, count, seed);
                    assert_eq!((train.len(), &test), (count, &tested));
                    assert!(disjoint(&train, &test) && disjoint(&pools.train, &[&train[..], &test].concat()));
                    assert!(smaller.iter().all(|id| train.contains(id)), "{count} cells contain the fewer ones");
                    drawn.push(train.clone());
                    smaller = train;
                }
            }
            let firsts: BTreeSet<&Vec<String>> = drawn.iter().filter(|train| train.len() == 2).collect();
            assert!(firsts.len() > 3, "seeds draw different cells");
        }
    }

    #[test]
    fn the_notebook_transfers_from_all_others_and_tests_on_what_is_left() {
        for (target, size, _, numbers) in STUDY {
            let draw = draw(target, Preset::Code, numbers, None);
            draw.check().unwrap();
            let pools = draw.pools(&published()).unwrap();
            assert_eq!((pools.train.len(), pools.test.len()), (403 - size, size));
            for (seed, &count) in (0..8).flat_map(|seed| numbers.iter().map(move |count| (seed, count))) {
                let Split { train, test } = draw.target_cells(&pools.test, count, seed);
                assert_eq!((train.len(), test.len()), (count, size - count));
                assert!(disjoint(&train, &test) && disjoint(&pools.train, &[&train[..], &test].concat()));
            }
        }
    }

    #[test]
    fn a_cell_that_leaves_the_pool_changes_nothing_but_what_must_be() {
        for (target, _, test_cells, numbers) in STUDY {
            let of_notebook = draw(target, Preset::Code, numbers, None);
            let of_paper = draw(target, Preset::Paper, numbers, Some(test_cells));
            let pool = of_notebook.pools(&published()).unwrap().test;
            for ((leaving, seed), &count) in pool.iter().zip((0..8).cycle()).zip(numbers.iter().cycle()) {
                let others: Vec<String> = pool.iter().filter(|id| *id != leaving).cloned().collect();
                let (before, after) =
                    (of_notebook.target_cells(&pool, count, seed), of_notebook.target_cells(&others, count, seed));
                if before.test.contains(leaving) {
                    // one less to test, and the same network
                    let left: Vec<String> = before.test.into_iter().filter(|id| id != leaving).collect();
                    assert_eq!(after, Split { train: before.train, test: left });
                } else {
                    // one takes its place
                    let kept = before.train.iter().filter(|id| after.train.contains(id)).count();
                    assert_eq!((kept, after.train.len()), (count - 1, count));
                }
                let (before, after) =
                    (of_paper.target_cells(&pool, count, seed), of_paper.target_cells(&others, count, seed));
                let stayed = before.test.iter().filter(|id| after.test.contains(id)).count();
                assert_eq!(stayed, test_cells - usize::from(before.test.contains(leaving)));
                let learned = before.train.iter().filter(|id| after.train.contains(id)).count();
                assert!(learned + 1 >= count, "{target} without {leaving}");
            }
        }
    }

    #[test]
    fn some_source_cells_are_the_same_for_every_run() {
        let some = Draw { source_cells: Some(24), ..draw("NCA", Preset::Paper, &[2], Some(14)) };
        let source = some.pools(&published()).unwrap().train;
        assert_eq!((source.len(), &source), (24, &some.pools(&published()).unwrap().train));
        assert!(disjoint(&source, &some.pools(&published()).unwrap().test));
    }

    #[test]
    fn what_cannot_be_drawn_is_refused_with_the_target_and_both_numbers() {
        let refused = |draw: Draw| draw.pools(&published()).unwrap_err().to_string();
        let message = refused(draw("NCA", Preset::Paper, &[2, 16], Some(14)));
        assert!(
            message.contains("target NCA has 22 cells, of which 14 must be left for testing: 8 at most"),
            "{message}"
        );
        assert!(message.contains("16 are wanted") && message.contains("transfer_pools.csv"), "{message}");
        assert!(refused(draw("NCA", Preset::Code, &[22], None)).contains("21 at most"));
        assert!(refused(draw("NCM", Preset::Code, &[2], None)).contains("no pool 'NCM'; it has LCO, LFP, NCA, NMC"));
        assert!(refused(draw("LFP", Preset::Paper, &[2], Some(14))).contains("is the source"));
        let many = Draw { source_cells: Some(300), ..draw("NCA", Preset::Paper, &[2], Some(14)) };
        assert!(refused(many).contains("300 source cells are wanted, 275 are there"));
        for (wrong, words) in [
            (draw("NCA", Preset::Paper, &[1, 0], Some(14)), "at least 1"),
            (draw("NCA", Preset::Paper, &[], Some(14)), "at least 1"),
            (draw("NCA", Preset::Paper, &[2, 2], Some(14)), "2 is given twice"),
            (draw("NCA", Preset::Paper, &[2], None), "transfer.test_cells"),
            (draw("NCA", Preset::Code, &[2], Some(14)), "leave it out"),
            (Draw { source_cells: Some(1), ..draw("NCA", Preset::Code, &[2], None) }, "at least 2 source cells"),
        ] {
            assert!(wrong.check().unwrap_err().contains(words), "{words}");
        }
    }

    #[test]
    fn faults_of_the_file_are_named_with_their_line() {
        let read = |text: &str| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            (Pools::read(file.path()), file)
        };
        for (text, words) in [
            ("cell,pool\nA,LFP\n", "has no column cell_id; it needs cell_id and pool"),
            ("cell_id,pool\nA,LFP\nB,\n", "line 3 needs a cell id and a pool"),
            ("cell_id,pool\nA,LFP\nB,NCA\nA,NCA\n", "cell A is on line 2 and on line 4"),
        ] {
            let message = read(text).0.unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        }
        let (pools, file) = read("cell_id,pool\nB,LFP\nX,NCA\nA,LFP\n");
        let place = pools.unwrap().place_of_first_missing(&["A".to_owned(), "B".to_owned()]);
        assert_eq!(place, Some(format!("{}:3", file.path().display())));
    }
}
