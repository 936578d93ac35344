//! Workbooks of either format, as the reader of their tables sees them.

/// What a cell of a sheet holds.
pub(crate) enum Value<'a> {
    Number(f64),
    Text(&'a str),
    /// A number shown as hours, minutes and seconds, however many: days.
    Duration(f64),
    /// A number shown as a date or a time of day: days since the last of 1899, where the workbook has a number.
    Date(Option<f64>),
    /// A truth value or an error.
    Other,
}

/// A workbook of either format.
pub(crate) trait Sheets {
    /// The names of its sheets, in order.
    fn sheets(&self) -> Vec<String>;

    /// Shows the cells of a sheet that are not empty, by row and column from 0, mostly row by row.
    ///
    /// # Errors
    /// A fragment; and what `visit` says.
    fn each(
        &mut self,
        sheet: &str,
        visit: &mut dyn FnMut(u32, u32, Value<'_>) -> Result<(), String>,
    ) -> Result<(), String>;
}
