//! Which nominal capacity a cell counts to, where its file states another than the catalogue has: no cell that is called like
//! a published one may quietly be measured by that one's capacity, on which its life hangs.

use super::imported::Imported;
use super::rules::median;
use cells::catalogue;
use cells::cell::{Cell, Cycle};

/// What an import does with a nominal capacity that a file states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nominal {
    /// Takes that of the catalogue, and refuses a file that differs from it by more than 2 %.
    #[default]
    Agreed,
    /// Takes the one that the file states.
    File,
    /// Takes the published one, whatever the file states.
    Catalogue,
}

/// Share of the catalogue's capacity by which a file may differ unasked.
const TOLERANCE: f64 = 0.02;
/// Share of the nominal capacity that no cell of that size gives: the published ones give 0.95 to 1.15 of it.
const POSSIBLE: f64 = 1.35;
/// Share of the nominal capacity that a new cell gives at least, however it is cycled.
const LEAST: f64 = 0.1;
/// Cycles from the first on that tell what a cell gives.
const EARLY: usize = 100;

impl Nominal {
    /// The cell, counted to the capacity that was chosen. `stated` is what its file says, in Ah.
    ///
    /// Fails with a sentence that names the cell and both values; and, where nothing was chosen, if the cell gives more than
    /// one of that size can.
    pub(super) fn settle(self, imported: Imported, stated: Option<f64>) -> Result<Imported, String> {
        let Imported { mut cell, mut remarks, notes } = imported;
        let published = cell.info().nominal_capacity;
        let is_own = catalogue::find(cell.id()).is_none();
        let known = if is_own { "the catalogue" } else { "the published cell" };
        // what is no number is near to none
        let is_near = |far: f64| stated.is_some_and(|stated| (stated - published).abs() <= far);
        match (self, stated) {
            (Self::File, None) => {
                return Err(format!(
                    "cell {} has no nominal capacity there, as --nominal-capacity file wants",
                    cell.id()
                ));
            }
            (_, None) => {}
            (Self::Agreed, Some(stated)) if is_own && !is_near(TOLERANCE * published) => {
                return Err(format!(
                    "cell {} has a nominal capacity of {stated} Ah there, the catalogue {published} Ah, and its life is counted \
                     to it: give --nominal-capacity catalogue or --nominal-capacity file",
                    cell.id()
                ));
            }
            (Self::Agreed, Some(stated)) if !is_near(TOLERANCE * published) => {
                return Err(format!(
                    "cell {} has a nominal capacity of {stated} Ah there, the published cell of that name {published} Ah, and \
                     its life is counted to it: if it is the published one, give --nominal-capacity catalogue; if it is one of \
                     your own, --nominal-capacity file",
                    cell.id()
                ));
            }
            (_, Some(_)) if is_near(1e-9) => {}
            (Self::File, Some(stated)) => {
                remarks.push(format!("counted to the {stated} Ah that its file states; {known} has {published} Ah"));
                cell = cell.with_nominal_capacity(stated).map_err(|invalid| invalid.to_string())?;
            }
            (Self::Agreed | Self::Catalogue, Some(stated)) => {
                remarks.push(format!("the file has a nominal capacity of {stated} Ah, {published} Ah is used"));
            }
        }
        if let Some(what) = beyond_the_possible(&cell, self == Self::File) {
            if self != Self::Catalogue {
                return Err(format!(
                    "{what}: it is another cell than its name says, or its capacities are not in Ah; if they are, have the \
                     file state its own nominal capacity and give --nominal-capacity file"
                ));
            }
            remarks.push(what);
        }
        Ok(Imported { cell, remarks, notes })
    }
}

/// That a cell gives more than one of its nominal capacity can, if so; and, where its file was to say that, far less.
fn beyond_the_possible(cell: &Cell, is_stated: bool) -> Option<String> {
    let early: Vec<f64> =
        cell.cycles().iter().take(EARLY).map(Cycle::discharged).filter(|given| *given > 0.0).collect();
    let (given, nominal) = (median(&early)?, cell.info().nominal_capacity);
    (given > POSSIBLE * nominal || is_stated && given < LEAST * nominal).then(|| {
        let share = 100.0 * given / nominal;
        format!("cell {} gives {given:.3} Ah at first, {share:.0} % of a nominal capacity of {nominal} Ah", cell.id())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cells::cell::LifeRecord;
    use cells::made_up::{discharge_cycle, info};

    /// A cell of 1.1 Ah whose file states another capacity.
    fn settled(choice: Nominal, stated: Option<f64>) -> Result<(f64, Vec<String>), String> {
        let cell =
            Cell::new(info("MATR_b1c0"), vec![discharge_cycle(2, 1.0)], LifeRecord::Capacity(vec![1.0])).unwrap();
        let Imported { cell, remarks, .. } = choice.settle(cell.into(), stated)?;
        Ok((cell.info().nominal_capacity, remarks))
    }

    #[test]
    fn a_capacity_within_two_percent_gives_way_with_a_word_and_others_stop_the_import() {
        assert_eq!(settled(Nominal::Agreed, Some(1.1)), Ok((1.1, vec![])));
        assert_eq!(settled(Nominal::Agreed, None), Ok((1.1, vec![])));
        for near in [1.1 * 0.981, 1.1 * 1.019] {
            let (used, remarks) = settled(Nominal::Agreed, Some(near)).unwrap();
            assert_eq!((used, remarks.len()), (1.1, 1));
            assert!(remarks[0].contains(&format!("{near} Ah, 1.1 Ah is used")), "{remarks:?}");
        }
        for far in [1.1 * 0.979, 1.1 * 1.021, 0.0, -1.1, 1100.0, f64::NAN, f64::INFINITY] {
            let message = settled(Nominal::Agreed, Some(far)).unwrap_err();
            for words in ["MATR_b1c0", &format!("{far} Ah"), "1.1 Ah", "--nominal-capacity"] {
                assert!(message.contains(words), "no {words} in {message}");
            }
            assert_eq!(settled(Nominal::Catalogue, Some(far)).unwrap().0, 1.1);
        }
    }

    #[test]
    fn the_capacity_of_the_file_is_taken_on_demand_if_it_is_one() {
        let (used, remarks) = settled(Nominal::File, Some(4.8)).unwrap();
        assert_eq!((used, remarks.len()), (4.8, 1));
        assert!(remarks[0].contains("4.8 Ah that its file states") && remarks[0].contains("1.1 Ah"), "{remarks:?}");
        assert_eq!(settled(Nominal::File, Some(1.1)), Ok((1.1, vec![])));
        assert_eq!(settled(Nominal::File, Some(1.09)).unwrap().0, 1.09);
        assert!(settled(Nominal::File, Some(0.0)).unwrap_err().contains("it must be positive"));
        assert!(settled(Nominal::File, Some(f64::NAN)).is_err());
        assert!(settled(Nominal::File, None).unwrap_err().contains("has no nominal capacity there"));
    }

    #[test]
    fn a_cell_that_gives_far_more_than_its_nominal_capacity_is_another_one() {
        let giving = |given: f64, choice: Nominal, stated: f64| {
            let cycles: Vec<Cycle> = (1..=120).map(|number| discharge_cycle(number, given)).collect();
            let cell = Cell::new(info("MATR_b1c0"), cycles, LifeRecord::Capacity(vec![given; 120])).unwrap();
            choice.settle(cell.into(), Some(stated)).map(|imported| imported.remarks)
        };
        assert_eq!(giving(1.3, Nominal::Agreed, 1.1), Ok(vec![]));
        let message = giving(1.76, Nominal::Agreed, 1.1).unwrap_err();
        assert!(
            message.contains("MATR_b1c0 gives 1.760 Ah at first, 160 % of a nominal capacity of 1.1 Ah"),
            "{message}"
        );
        assert_eq!(giving(1.76, Nominal::Catalogue, 1.1).unwrap().len(), 1);
        // by its own capacity it is possible
        assert_eq!(giving(1.76, Nominal::File, 1.8).unwrap().len(), 1);
        // but not by one that cannot be its own: the published one, or mAh under another name
        assert!(giving(1.76, Nominal::File, 1.1).unwrap_err().contains("160 % of a nominal capacity of 1.1 Ah"));
        assert!(giving(1.1, Nominal::File, 1100.0).unwrap_err().contains("0 % of a nominal capacity of 1100 Ah"));
    }
}
