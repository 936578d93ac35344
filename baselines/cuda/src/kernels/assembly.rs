//! The kernels as the driver gets them.

use std::io::Read as _;

/// The kernels in the driver's assembly, which it compiles for its card.
///
/// # Panics
/// If the file in this program is not what `scripts/cuda_kernels.sh` makes, which a test sees (so for all of them).
pub(crate) fn ptx() -> String {
    String::from_utf8(unpacked(include_bytes!("../../kernels/batlinet.ptx.gz"))).expect("kernels are text")
}

/// The kernels as machine code of this architecture, if they have been compiled for it.
pub(crate) fn compiled_for(architecture: (i32, i32)) -> Option<Vec<u8>> {
    (architecture == (9, 0)).then(|| unpacked(include_bytes!("../../kernels/batlinet.sm_90.cubin.gz")))
}

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).expect("kernels are whole");
    bytes
}

/// The CUDA version that a driver needs for this assembly, by the version of its language.
pub(crate) fn driver_for(ptx: &str) -> Option<(i32, i32)> {
    let version = ptx.lines().find_map(|line| line.trim().strip_prefix(".version "))?;
    let (major, minor) = version.trim().split_once('.')?;
    match (major.parse().ok()?, minor.parse().ok()?) {
        (7, minor) => Some((11, minor)),
        (8, minor) if minor <= 5 => Some((12, minor)),
        (8, minor) => Some((12, minor + 1)),
        (major, minor) => Some((major + 4, minor)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_in_this_program_are_whole() {
        let ptx = ptx();
        assert!(driver_for(&ptx).is_some_and(|version| version >= (11, 0)));
        for kernel in ["take_step", "clean_exact", "conv1_fast_c2_bits", "conv2_exact_small", "grad1_exact_c8", "adamw"]
        {
            assert!(ptx.contains(&format!(".entry {kernel}(")), "{kernel}");
        }
        assert!(compiled_for((9, 0)).is_some_and(|image| image.starts_with(b"\x7fELF")));
        assert_eq!(compiled_for((8, 0)), None);
    }

    #[test]
    fn the_driver_for_an_assembly_is_that_of_its_version() {
        let needed = |version| driver_for(&format!("// made by\n\n.version {version}\n.target sm_80\n"));
        assert_eq!(needed("7.8"), Some((11, 8)));
        assert_eq!(needed("8.5"), Some((12, 5)));
        assert_eq!(needed("8.7"), Some((12, 8)));
        assert_eq!(needed("9.0"), Some((13, 0)));
        assert_eq!(driver_for("nothing"), None);
    }
}
