//! matr_curves
