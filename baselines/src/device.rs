//! Choosing where tensors live.

use std::{fmt, str::FromStr, sync::Once};

use serde::{Deserialize, Serialize};

use crate::model::ModelError;

/// A device as a user asks for it: `auto`, `cpu`, `cuda` or `cuda:N`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Choice {
    /// The first CUDA device where there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA device with this index.
    Cuda(usize),
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            other => other
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| format!("unknown device '{other}': choose auto, cpu, cuda or cuda:N")),
        }
    }
}

impl TryFrom<String> for Choice {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Choice> for String {
    fn from(choice: Choice) -> Self {
        choice.to_string()
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Cpu => formatter.write_str("cpu"),
            Self::Cuda(index) => write!(formatter, "cuda:{index}"),
        }
    }
}

impl Choice {
    /// The device to compute on: a card that our kernels or libtorch can use.
    ///
    /// # Errors
    /// [`ModelError::Device`] when a card is asked for and neither can use it.
    pub fn resolve(self) -> Result<tch::Device, ModelError> {
        let is_usable = |index: usize| cuda::Card::open(index).is_ok() || index < cuda_devices();
        match self {
            Self::Auto if is_usable(0) => Ok(tch::Device::Cuda(0)),
            Self::Cpu | Self::Auto => Ok(tch::Device::Cpu),
            Self::Cuda(index) if is_usable(index) => Ok(tch::Device::Cuda(index)),
            Self::Cuda(index) => {
                let why = cuda::Card::open(index).map_or_else(|error| error.to_string(), |_| String::new());
                Err(ModelError::Device(format!("device {self} was asked for, but {why}; --device cpu needs none")))
            }
        }
    }
}

/// Where libtorch computes for a run on this device: on the CPU where it has no CUDA of its own.
pub fn of_libtorch(device: tch::Device) -> tch::Device {
    match device {
        tch::Device::Cuda(index) if index < cuda_devices() => device,
        _ => tch::Device::Cpu,
    }
}

/// Number of CUDA devices that libtorch can use.
pub fn cuda_devices() -> usize {
    load_cuda_library();
    if tch::Cuda::is_available() { usize::try_from(tch::Cuda::device_count()).unwrap_or(0) } else { 0 }
}

/// Whether the installed libtorch has its CUDA half.
pub fn cuda_library_present() -> bool {
    load_cuda_library();
    tch::utils::has_cudart()
}

/// Loads the CUDA half of libtorch where it is installed.
///
/// The linker drops `libtorch_cuda.so`, since no symbol of it is called directly; without it libtorch reports no CUDA
/// device on any machine. Loading it by hand lets one program serve both kinds of machine.
#[expect(unsafe_code, reason = "dlopen is the only way to load a library that nothing links to")]
fn load_cuda_library() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the name is a NUL-terminated literal; a null result (no CUDA half) is fine and means the CPU only.
        unsafe { libc::dlopen(c"libtorch_cuda.so".as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_devices_are_read_and_written() {
        for text in ["auto", "cpu", "cuda:0", "cuda:3"] {
            assert_eq!(text.parse::<Choice>().unwrap().to_string(), text);
        }
        assert_eq!("cuda".parse::<Choice>().unwrap(), Choice::Cuda(0));
        for wrong in ["gpu", "cuda:", "cuda:x", "CPU", ""] {
            assert!(wrong.parse::<Choice>().unwrap_err().contains("choose auto, cpu, cuda or cuda:N"));
        }
    }

    #[test]
    fn a_device_that_is_not_here_is_refused_with_advice() {
        let present = cuda_devices();
        let message = Choice::Cuda(present).resolve().unwrap_err().to_string();
        assert!(message.contains(&format!("cuda:{present}")), "{message}");
        assert_eq!(Choice::Cpu.resolve().unwrap(), tch::Device::Cpu);
    }
}
