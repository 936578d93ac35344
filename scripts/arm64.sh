#!/usr/bin/env bash
# Does the program run on Linux on ARM64, with the same numbers? Compiled here for it, and run by an emulator of its processor.
#
#   scripts/arm64.sh          a quarter of an hour of two cores for the build, then the smoke suite in the emulator, and the gate
#
# On Debian as root it fetches compiler and emulator itself; the standard library of Rust for the target must be there
# (rustup target add aarch64-unknown-linux-gnu). HDF5 is built in, as in what is handed out (scripts/release.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
need_commands aarch64-linux-gnu-g++:g++-aarch64-linux-gnu qemu-aarch64:qemu-user
triple=aarch64-unknown-linux-gnu
rustc --print target-libdir --target $triple | xargs test -d || { echo "please run: rustup target add $triple" >&2; exit 1; }

libtorch=$PWD/.libtorch-aarch64
MACHINE=aarch64 PREFIX=$libtorch bash scripts/setup.sh

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
tools=$target/release-tools
need_release_tools "$tools"
# what its configuration tries out runs in the emulator
export PATH=$tools/bin:$PATH QEMU_LD_PREFIX=/usr/aarch64-linux-gnu CMAKE_CROSSCOMPILING_EMULATOR=qemu-aarch64
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc CXX_aarch64_unknown_linux_gnu=aarch64-linux-gnu-g++
export LIBTORCH=$libtorch/torch CARGO_TARGET_DIR=$target/arm64
cargo build --release --workspace --locked --bin batlinet --target $triple --features harness/static-hdf5

run() { qemu-aarch64 -E LD_LIBRARY_PATH="$libtorch/torch/lib:$libtorch/nvidia/cu13/lib" "$CARGO_TARGET_DIR/$triple/release/batlinet" "$@"; }
run doctor
out=results/runs/smoke-arm64
rm -rf "$out"
# networks take the emulator minutes each
run run experiments/smoke/models.yaml experiments/smoke/alpha.yaml --device cpu --out "$out" \
  --models mean,variance,discharge,full,ridge,pcr,pls,svm,forest,gp,'batlinet[alpha=0.2]'
# those that are missing are named, so it ends with 5 at best
run gate --baseline results/records/smoke --candidate "$out" || true
