//! The way of cells from published files into the store, and what the program says of them.

mod data {
    mod archive;
    mod cells;
    mod import;
    mod store;
}
