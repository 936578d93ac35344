//! `batlinet doctor`

use std::{fs, path::PathBuf, thread};

use baselines::{
    card, device,
    encoder::{self, InstructionSet},
};
use cells::count::counted;
use clap::Args;

use super::{collection, failure::Failure, output};
use cells::source::CellSource as _;
use lab::VirtualLab;

/// Arguments of `batlinet doctor`.
#[derive(Args, Debug)]
pub struct DoctorArguments {
    /// A folder of cells to look at.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Prints what this machine has: libtorch, CUDA, threads, cells.
///
/// # Errors
/// [`Failure::Usage`] if the folder of cells given is not one.
pub fn execute(arguments: &DoctorArguments) -> Result<(), Failure> {
    let cuda = match (device::cuda_library_present(), device::cuda_devices()) {
        (_, count @ 1..) => format!("{count} devices; --device auto takes cuda:0"),
        (true, 0) => "library present, but no device: check `nvidia-smi`".to_owned(),
        (false, 0) => "none: this libtorch is for the CPU (`make setup DEVICE=cuda` brings the other)".to_owned(),
    };
    let card = |index| match card::described(index) {
        Ok(card) => {
            format!("cuda:{index}, {card}: kernels of ours for BatLiNet, CNN and transfer, with the driver alone")
        }
        Err(error) => format!("none for kernels of ours: {error}"),
    };
    let cards: Vec<String> = (0..card::count().max(1)).map(card).collect();
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let lines = [
        ("program", format!("batlinet {} for {system}-{architecture}", env!("CARGO_PKG_VERSION"))),
        ("commit", env!("BATLINET_COMMIT").to_owned()),
        ("processor", record::processor()),
        ("libtorch", libtorch()),
        ("CUDA", format!("in libtorch, for MLP and LSTM: {cuda}")),
        ("card", cards.join("\n           ")),
        ("kernels", kernels()),
        ("threads", format!("{threads} (default of --jobs)")),
        ("virtual", format!("{} cells from the built-in lab", VirtualLab::new().ids().len())),
    ];
    output::print(&lines.map(|(name, value)| line(name, &value)).concat())?;
    // last, since it may fail
    let data = match &arguments.data {
        None => "no folder given; `batlinet doctor --data DIR` looks into one".to_owned(),
        Some(dir) => {
            let store = collection::store(dir)?;
            format!("{} in {}", counted(store.ids().len(), &format!("{} cell", store.origin())), dir.display())
        }
    };
    output::print(&line("data", &data))
}

fn line(name: &str, value: &str) -> String {
    format!("{name:11}{value}\n")
}

/// The instruction set that the CPU engine of the encoder uses, and why not a faster one.
fn kernels() -> String {
    if encoder::is_torch_asked() {
        return "libtorch's, as BATLINET_ENGINE says".to_owned();
    }
    let used = InstructionSet::in_use();
    let fastest = InstructionSet::available()[0];
    let why = match used {
        _ if used != fastest => format!("as BATLINET_INSTRUCTIONS says; this processor has {} too", fastest.name()),
        InstructionSet::Avx512 => "the fastest there is".to_owned(),
        InstructionSet::Avx2 => "this processor has no AVX-512, which is up to twice as fast".to_owned(),
        InstructionSet::Portable => {
            "this processor has neither AVX-512 nor AVX2: expect a fifth of the speed".to_owned()
        }
    };
    format!("{}: {why}", used.name())
}

/// Version and place of the libtorch that is loaded, as far as the system tells.
fn libtorch() -> String {
    // a first tensor makes sure that it is loaded
    let works = tch::Tensor::from_slice(&[1.0f32, 2.0]).sum(tch::Kind::Float).double_value(&[]) == 3.0;
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let library = maps.split_whitespace().find(|word| word.ends_with("libtorch_cpu.so")).map(PathBuf::from);
    let version = library
        .as_ref()
        .and_then(|library| fs::read_to_string(library.parent()?.parent()?.join("build-version")).ok())
        .map_or_else(|| "of unknown version".to_owned(), |version| version.trim().to_owned());
    let place = library.map_or_else(String::new, |library| format!(" at {}", library.display()));
    format!("{version}{place}{}", if works { "" } else { ", but it adds wrongly" })
}
