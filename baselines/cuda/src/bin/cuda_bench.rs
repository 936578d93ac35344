//! Times the works of [`cuda::bench`] on the first card: `work,precision,card,ours_s`, in seconds; 0 if all is well.
//!
//! `cuda_bench tiny` does next to nothing of each, for whoever looks on; `cuda_bench none` opens the card.

use std::{process::ExitCode, sync::Arc};

use cuda::{
    Card, CudaError,
    bench::{self, Sizes},
    machine::Machine,
};

fn main() -> ExitCode {
    match timed() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn timed() -> Result<(), CudaError> {
    let card = Card::open(0)?;
    let name = card.facts().name.replace(',', " ");
    let machine: Arc<dyn Machine> = Arc::new(card.queue()?);
    let sizes = match std::env::args().nth(1).as_deref() {
        Some("none") => return machine.finish(),
        Some("tiny") => Sizes::tiny(),
        _ => Sizes::full(),
    };
    println!("work,precision,card,ours_s");
    bench::run(&machine, &sizes, |work, precision, seconds| {
        println!("{work},{},{name},{seconds:.9}", precision.name());
    })
}
