//! What can go wrong on a card, in sentences.

use thiserror::Error;

/// Why something could not be done on a card.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum CudaError {
    /// The driver's library is not here.
    #[error(
        "this machine has no NVIDIA driver that works ({0}): install one (580 or newer) if it has an NVIDIA card, or compute on the CPU"
    )]
    NoDriver(String),
    /// The driver is here but no card.
    #[error("the NVIDIA driver finds no card: check that `nvidia-smi` lists one, or compute on the CPU")]
    NoCard,
    /// A card of this number is not here.
    #[error("there is no card cuda:{asked}: the last one is cuda:{}", .count - 1)]
    NoSuchCard {
        /// Its number, from 0.
        asked: usize,
        /// How many there are, at least one.
        count: usize,
    },
    /// The kernels need a newer driver.
    #[error(
        "the NVIDIA driver is for CUDA {}.{}, the kernels need {}.{}: update the driver, or compute on the CPU",
        .has.0, .has.1, .needs.0, .needs.1
    )]
    DriverTooOld {
        /// CUDA version of the driver.
        has: (i32, i32),
        /// Least CUDA version that knows the kernels' instructions.
        needs: (i32, i32),
    },
    /// The kernels need a newer card.
    #[error("{name} is of architecture sm_{}{}, the kernels need sm_80 or newer: compute on the CPU", .architecture.0, .architecture.1)]
    CardTooOld {
        /// Name of the card.
        name: String,
        /// Major and minor version.
        architecture: (i32, i32),
    },
    /// The card is taken, by a process that has it to itself.
    #[error("{0} is in use by another process that has it to itself: wait for it, or compute on the CPU")]
    Busy(String),
    /// No memory is left on the card.
    #[error(
        "{card} has no {} MiB left for {what}: {} of its {} MiB are free; run fewer at once (--jobs), smaller batches, or on the CPU",
        mebibytes(*.asked), mebibytes(*.free), mebibytes(*.total)
    )]
    OutOfMemory {
        /// Name of the card.
        card: String,
        /// What the memory was for.
        what: String,
        /// Bytes asked for.
        asked: usize,
        /// Bytes free.
        free: usize,
        /// Bytes in all.
        total: usize,
    },
    /// No memory is left on the card for what the driver itself needs there.
    #[error(
        "{card} has no memory left for {what}: see in `nvidia-smi` who has it; run fewer at once (--jobs), or on the CPU"
    )]
    Full {
        /// Name of the card.
        card: String,
        /// What the memory was for.
        what: String,
    },
    /// The card stopped working for this process; what it held is gone.
    #[error("{card} was lost while {what} ({reason}): what it was computing is gone")]
    Lost {
        /// Name of the card.
        card: String,
        /// What was going on.
        what: String,
        /// In the driver's words.
        reason: String,
    },
    /// Another error of the driver.
    #[error("the NVIDIA driver failed while {what}: {reason}")]
    Driver {
        /// What was going on.
        what: String,
        /// In its words.
        reason: String,
    },
    /// A map holds what is no number, or so large that a difference of two would be none.
    #[error(
        "the map of cell number {cell} (from 0) has the value {value} in channel {channel}, cycle {cycle} (from 0), which is no \
         number to compute with"
    )]
    Value {
        /// The value.
        value: f32,
        /// Of the cell among the maps.
        cell: usize,
        /// Of the row.
        channel: usize,
        /// Of the row.
        cycle: usize,
    },
    /// There are no kernels for this; the CPU can do it.
    #[error("the CUDA engine has no kernels for {0}")]
    Unsupported(String),
    /// The weights are not those of this network.
    #[error("weights do not fit: {0}")]
    Weights(String),
}

fn mebibytes(bytes: usize) -> usize {
    bytes.div_ceil(1 << 20)
}
