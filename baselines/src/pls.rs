//! pls
