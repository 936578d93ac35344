//! `batlinet doctor`

use std::{fs, path::PathBuf, thread};

use baselines::{
    card, device,
    encoder::{self, InstructionSet},
};
use clap::Args;

use cells::{failure::Failure, source::CellSource as _, store::Store};
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
    println!(
        "program    batlinet {} for {}-{}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    println!("commit     {}", env!("BATLINET_COMMIT"));
    println!("processor  {}", record::processor());
    println!("libtorch   {}", libtorch());
    let cuda = match (device::cuda_library_present(), device::cuda_devices()) {
        (_, count @ 1..) => format!("{count} devices; --device auto takes cuda:0"),
        (true, 0) => "library present, but no device: check `nvidia-smi`".to_owned(),
        (false, 0) => "none: this libtorch is for the CPU (`make setup DEVICE=cuda` brings the other)".to_owned(),
    };
    println!("CUDA       in libtorch, for MLP and LSTM: {cuda}");
    // every card with its memory, architecture and driver
    for index in 0..card::count().max(1) {
        match card::described(index) {
            Ok(card) => println!(
                "card       cuda:{index}, {card}: kernels of ours for BatLiNet, CNN and transfer, with the driver alone"
            ),
            Err(error) => println!("card       none for kernels of ours: {error}"),
        }
    }
    println!("kernels    {}", kernels());
    println!("threads    {} (default of --jobs)", thread::available_parallelism().map_or(1, usize::from));
    println!("virtual    {} cells from the built-in lab", VirtualLab::new().ids().len());
    match &arguments.data {
        None => println!("data       no folder given; `batlinet doctor --data DIR` looks into one"),
        Some(dir) => {
            let store = Store::open(dir)?;
            println!("data       {} {} cells in {}", store.ids().len(), store.origin(), dir.display());
        }
    }
    Ok(())
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
