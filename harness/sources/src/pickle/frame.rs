//! Frames of pandas, read off the tree.
//!
//! A frame is a manager of blocks: arrays of two dimensions that hold the columns of one element type as rows. How that
//! is pickled has changed twice; both ways are read:
//!
//! * before 1.3, the manager's state is `(axes, arrays, indexes, {"0.14.1": {"axes": …, "blocks": […]}})`;
//! * since 1.3, the manager is called with the blocks, each `_unpickle_block(array, places, 2)`, and the axes.
//!
//! A series is pickled in the older way to this day, with one axis and one block, of one dimension.

use super::Problem;
use super::array::{Array, short};
use super::arrow;
use super::globals::Global;
use super::tree::Node;

/// Columns by name.
pub struct Frame<'a> {
    names: Vec<String>,
    rows: usize,
    blocks: Vec<Block<'a>>,
}

struct Block<'a> {
    values: Node<'a>,
    /// Which column each row of the array is.
    columns: Vec<usize>,
}

impl<'a> Frame<'a> {
    /// Reads the frame at `node`.
    ///
    /// # Errors
    /// [`Problem`] when there is something else, or of another layout.
    pub fn read(node: Node<'a>) -> Result<Self, Problem> {
        let Some((Global::Frame, _, state)) = node.call() else {
            return Err(Problem::new(format!("{} stands where a frame should be", node.kind())));
        };
        let manager = state.and_then(|state| state.get("_mgr").or_else(|| state.get("_data")));
        let manager = manager.ok_or_else(|| Problem::new("a frame has no columns, not even none"))?;
        let (axes, blocks) = parts(manager).ok_or_else(|| {
            Problem::new("a frame is laid out in a way that this program does not know: write it with another pandas")
        })?;
        let [columns, rows] = axes[..] else { return Err(Problem::new("a frame does not have two axes")) };
        let names = index_names(columns)?;
        let rows = index_length(rows)?;
        let blocks = blocks.into_iter().map(|(values, places)| {
            let columns = places_of(places, names.len())?;
            Ok(Block { values, columns })
        });
        let blocks = blocks.collect::<Result<_, Problem>>()?;
        Ok(Self { names, rows, blocks })
    }

    /// The names of the columns, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The numbers of the column of this name.
    ///
    /// # Errors
    /// [`Problem`] when there is no such column, or it has something else than numbers.
    pub fn column(&self, name: &str) -> Result<Vec<f64>, Problem> {
        let of_column = |Problem(what): Problem| Problem::new(format!("column \"{}\": {what}", short(name)));
        let column = self.names.iter().position(|found| found == name).ok_or_else(|| {
            let names: Vec<String> = self.names.iter().take(20).map(|name| format!("\"{}\"", short(name))).collect();
            Problem::new(format!("there is no column \"{name}\", there are {}", names.join(", ")))
        })?;
        let row_of = |block: &Block<'a>| block.columns.iter().position(|place| *place == column);
        let found = self.blocks.iter().find_map(|block| Some((block, row_of(block)?)));
        let (block, row) = found.ok_or_else(|| Problem::new(format!("column \"{name}\" has no values")))?;
        let numbers = Array::read(block.values).and_then(|array| array.row(row)).map_err(of_column)?;
        if numbers.len() == self.rows {
            Ok(numbers)
        } else {
            Err(Problem::new(format!("column \"{name}\" has {} values for {} rows", numbers.len(), self.rows)))
        }
    }
}

type ArrayAndPlaces<'a> = (Node<'a>, Node<'a>);

/// The axes of a manager, and its blocks.
fn parts(manager: Node<'_>) -> Option<(Vec<Node<'_>>, Vec<ArrayAndPlaces<'_>>)> {
    let (Global::Manager, arguments, state) = manager.call()? else { return None };
    if let [blocks, axes] = arguments[..] {
        let blocks = blocks.few()?.into_iter().map(|block| match block.call()? {
            (Global::Block, arguments, _) => Some((*arguments.first()?, *arguments.get(1)?)),
            _ => None,
        });
        return Some((axes.few()?, blocks.collect::<Option<_>>()?));
    }
    let state = state?.few()?.get(3)?.get("0.14.1")?;
    let blocks = state.get("blocks")?.few()?.into_iter();
    let blocks = blocks.map(|block| Some((block.get("values")?, block.get("mgr_locs")?)));
    Some((state.get("axes")?.few()?, blocks.collect::<Option<_>>()?))
}

/// The array of the only column of a series.
pub(super) fn column_of_series(node: Node<'_>) -> Option<Node<'_>> {
    let Some((Global::Series, _, Some(state))) = node.call() else { return None };
    let (_, blocks) = parts(state.get("_mgr").or_else(|| state.get("_data"))?)?;
    match blocks[..] {
        [(values, _)] => Some(values),
        _ => None,
    }
}

/// The attributes of an index.
fn index_attributes<'a>(index: Node<'a>) -> Result<Node<'a>, Problem> {
    match index.call() {
        Some((Global::NewIndex, arguments, _)) if arguments.len() == 2 => Ok(arguments[1]),
        _ => Err(Problem::new(format!("{} stands where an index should be", index.kind()))),
    }
}

fn index_names(index: Node<'_>) -> Result<Vec<String>, Problem> {
    let attributes = index_attributes(index)?;
    let Some(data) = attributes.get("data") else {
        // columns that are only counted
        return Ok((0..index_length(index)?.min(WIDEST)).map(|column| column.to_string()).collect());
    };
    if let Some(names) = arrow::texts(data, WIDEST) {
        return names;
    }
    let array = Array::read(data)?;
    if array.shape[0] > WIDEST {
        return Err(Problem::new(format!("a frame has {} columns", array.shape[0])));
    }
    let name = |node: &Node<'_>| node.text().map_or_else(|| node.kind().to_owned(), str::to_owned);
    match array.objects() {
        Some(objects) => Ok(objects.iter().map(name).collect()),
        None => Ok(array.numbers()?.iter().map(f64::to_string).collect()),
    }
}

/// Most columns of a frame.
const WIDEST: usize = 1000;

/// Most columns and rows of a frame; a counted index takes no memory in the file, so its length is bounded here.
const LONGEST: i64 = 1 << 27;

fn index_length(index: Node<'_>) -> Result<usize, Problem> {
    let attributes = index_attributes(index)?;
    if let Some(data) = attributes.get("data") {
        return match arrow::texts(data, LONGEST as usize) {
            Some(texts) => texts.map(|texts| texts.len()),
            None => Array::read(data).map(|array| array.shape[0]),
        };
    }
    let bound = |name: &str| attributes.get(name).and_then(Node::integer);
    match (bound("start"), bound("stop"), bound("step")) {
        (Some(start), Some(stop), Some(step)) => counted(start, stop, step),
        _ => None,
    }
    .map(|(_, count)| count)
    .ok_or_else(|| Problem::new("a frame has an index that this program does not know"))
}

/// `range(start, stop, step)` as its first value and length.
fn counted(start: i64, stop: i64, step: i64) -> Option<(i64, usize)> {
    let span = if step > 0 { stop.checked_sub(start)? } else { start.checked_sub(stop)? };
    let step = step.checked_abs().filter(|step| *step > 0)?;
    let count = if span <= 0 { 0 } else { (span - 1) / step + 1 };
    (count <= LONGEST).then(|| (start, usize::try_from(count).unwrap_or(0)))
}

/// Places as a slice or an array of integers, each below `columns`.
fn places_of(places: Node<'_>, columns: usize) -> Result<Vec<usize>, Problem> {
    let misplaced = || Problem::new("the places of a frame's columns make no sense");
    let places: Vec<f64> = match places.call() {
        Some((Global::Slice, bounds, _)) => {
            let [start, stop, step] = bounds[..] else { return Err(misplaced()) };
            let start = start.integer().unwrap_or(0);
            let step = step.integer().unwrap_or(1);
            let stop = stop.integer().unwrap_or(if step > 0 { columns as i64 } else { -1 });
            let (start, count) = counted(start, stop, step).ok_or_else(misplaced)?;
            if count > columns {
                return Err(misplaced());
            }
            (0..count as i64).map(|index| (start + index * step) as f64).collect()
        }
        _ => places.numbers(columns)?,
    };
    let place = |place: f64| (place >= 0.0 && place < columns as f64).then_some(place as usize);
    places.into_iter().map(place).collect::<Option<_>>().ok_or_else(misplaced)
}
