//! Models that are made of others: stacks, selections, hand-overs and rules for references, by what those say of training cells that
//! they have not seen, and by where cells lie.
//!
//! `folds:` in an experiment makes a plan of its own per fold, whose runs are runs like any other: kept under their keys, resumed,
//! sharded and made side by side. An entry `stack:`, `select:`, `hand_over:` or `references:` is a run whose inputs are records of those runs and of the runs of its
//! own plan. So data flows one way: folds, then members, then what is made of them, which sees the test cells last and once.
//!
//! | file | makes | from |
//! |---|---|---|
//! | `parameters` | checked declarations | YAML |
//! | `folds` | splits of the training cells, and the experiment of one | a declaration |
//! | `members` | the runs that an entry is made of | a plan |
//! | `opinions` | what entries say of cells, honestly | records |
//! | `simplex` | weights | answers and observed lives |
//! | `lore` | what is known of cells beside records | the source |
//! | `space`, `farther` | distances of cells; whether a group is farther out | features; distances |
//! | `hand_over` | who answers for which cell | distances, or deviations |
//! | `references`, `rules` | an answer of many references | the pairs of a BatLiNet |
//! | `outcome` | predictions, scores, intervals | all of these |

mod farther;
pub(super) mod folds;
pub(super) mod hand_over;
mod lore;
pub(super) mod members;
pub(super) mod opinions;
pub(super) mod outcome;
pub(super) mod parameters;
pub(super) mod references;
mod rules;
mod simplex;
mod space;
