//! Bundles: the same numbers as runs, refusals, warnings.
