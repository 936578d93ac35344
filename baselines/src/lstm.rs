//! lstm
