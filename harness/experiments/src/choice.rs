//! Models that are made of others: stacks and selections, by what those say of training cells that they have not seen.
//!
//! `folds:` in an experiment makes a plan of its own per fold, whose runs are runs like any other: kept under their keys, resumed,
//! sharded and made side by side. An entry `stack:` or `select:` is a run whose inputs are records of those runs and of the runs of its
//! own plan. So data flows one way: folds, then members, then what is made of them, which sees the test cells last and once.
//!
//! | file | makes | from |
//! |---|---|---|
//! | `parameters` | checked declarations | YAML |
//! | `folds` | splits of the training cells, and the experiment of one | a declaration |
//! | `members` | the runs that an entry is made of | a plan |
//! | `opinions` | what entries say of cells, honestly | records |
//! | `simplex` | weights | answers and observed lives |
//! | `outcome` | predictions, scores, intervals | all of these |

pub(super) mod folds;
pub(super) mod members;
pub(super) mod opinions;
pub(super) mod outcome;
pub(super) mod parameters;
mod simplex;
