//! The way of cells from published files into the store, and what the program says of them.

mod data {
    mod cells;
    mod store;
}
