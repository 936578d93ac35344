//! A few cells of the virtual lab as a source of their own, whole and changed as a test needs them.

use std::collections::BTreeMap;

use cells::cell::{Cell, CellInfo, Cycle, LifeRecord, Origin};
use cells::source::CellSource;
use lab::VirtualLab;

/// Some cells by their ids, whole.
pub struct LabCells(pub BTreeMap<String, Cell>);

impl LabCells {
    /// The beginnings of virtual cells, taken for whole lives.
    pub fn of_the_lab(cycles: usize, ids: &[&str]) -> Self {
        let lab = VirtualLab::new();
        let cell = |id: &&str| whole_life(lab.cell(id, cycles).unwrap());
        Self(ids.iter().map(|id| ((*id).to_owned(), cell(id))).collect())
    }

    /// With the cycles of this cell changed, and its life after them.
    pub fn changed(mut self, id: &str, change: impl FnOnce(&mut Vec<Cycle>)) -> Self {
        let cell = &self.0[id];
        let mut cycles = cell.cycles().to_vec();
        change(&mut cycles);
        let life = LifeRecord::Capacity(cycles.iter().map(Cycle::discharged).collect());
        let cell = Cell::new(cell.info().clone(), cycles, life).unwrap();
        self.0.insert(id.to_owned(), cell);
        self
    }

    /// The same cells as if they had been measured.
    pub fn measured(self) -> Self {
        let measured = |cell: Cell| {
            let mut info = cell.info().clone();
            info.origin = Origin::Real;
            Cell::new(info, cell.cycles().to_vec(), cell.life().clone()).unwrap()
        };
        Self(self.0.into_iter().map(|(id, cell)| (id, measured(cell))).collect())
    }

    /// The same cells, otherwise described.
    pub fn described(self, change: impl Fn(&mut CellInfo)) -> Self {
        let described = |cell: Cell| {
            let mut info = cell.info().clone();
            change(&mut info);
            (info.id.clone(), Cell::new(info, cell.cycles().to_vec(), cell.life().clone()).unwrap())
        };
        Self(self.0.into_values().map(described).collect())
    }

    /// The same cells with voltages as a voltmeter of 0.1 mV has them.
    pub fn rounded(mut self) -> Self {
        for id in self.ids() {
            self = self.changed(&id, |cycles| {
                let voltages = cycles.iter_mut().flat_map(|cycle| &mut cycle.voltage);
                voltages.for_each(|voltage| *voltage = (*voltage * 1e4).round() / 1e4);
            });
        }
        self
    }

    /// With another nominal capacity of this cell.
    pub fn of_capacity(mut self, id: &str, nominal: f64) -> Self {
        let cell = self.0[id].clone().with_nominal_capacity(nominal).unwrap();
        self.0.insert(id.to_owned(), cell);
        self
    }

    /// The cell of this id.
    pub fn get(&self, id: &str) -> &Cell {
        &self.0[id]
    }
}

/// A cell whose life record is that of the cycles it has.
fn whole_life(cell: Cell) -> Cell {
    let life = LifeRecord::Capacity(cell.cycles().iter().map(Cycle::discharged).collect());
    Cell::new(cell.info().clone(), cell.cycles().to_vec(), life).unwrap()
}

impl CellSource for LabCells {
    fn origin(&self) -> Origin {
        self.0.values().next().unwrap().info().origin
    }

    fn ids(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn cell(&self, id: &str, _cycles: usize) -> Result<Cell, cells::Error> {
        Ok(self.0[id].clone())
    }

    fn fingerprint(&self, _id: &str) -> Result<String, cells::Error> {
        unreachable!("nothing here asks for it")
    }
}
