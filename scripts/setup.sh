#!/usr/bin/env bash
# Brings what a fresh machine lacks: HDF5 and a C++ compiler from apt, libtorch from the torch wheel of the Python registry.
#
#   scripts/setup.sh                 libtorch for the CPU: 530 MB to fetch, 500 MB on disk
#   DEVICE=cuda scripts/setup.sh     libtorch with CUDA 13: 4.7 GB on disk
#   MACHINE=aarch64 PREFIX=DIR …     libtorch of another machine, and nothing of the system (scripts/arm64.sh)
#
# For Linux on x86-64 and ARM64, and for macOS on ARM64, where nobody has tried it yet.
# Does nothing, in a fraction of a second, when all is there. Nothing is installed into Python.
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH=2.11.0 CUDA_RUNTIME=13.0.96 CUPTI=13.0.85
DEVICE=${DEVICE:-}
SYSTEM=$(uname -s) HERE=$(uname -m)
MACHINE=${MACHINE:-$HERE}
PREFIX=${PREFIX:-$PWD/.libtorch}

fail() { echo "setup: $*" >&2; exit 1; }

# of the torch wheel, what a program for the CPU loads
libraries=(libtorch_cpu.so libtorch.so libc10.so 'libgomp*') cpu_library=libtorch_cpu.so
case "$SYSTEM-$MACHINE" in
  Linux-x86_64) platform=manylinux_2_28_x86_64 ;;
  Linux-aarch64) platform=manylinux_2_28_aarch64 libraries+=('libarm_compute*' 'libgfortran*' 'libnvpl_*') ;;
  Darwin-arm64)
    platform=macosx_11_0_arm64 cpu_library=libtorch_cpu.dylib
    libraries=(libtorch_cpu.dylib libtorch.dylib libc10.dylib libomp.dylib) ;;
  *) fail "there is no libtorch $TORCH for $SYSTEM on $MACHINE in the Python registry; take Linux on x86-64 or ARM64, or macOS on ARM64" ;;
esac

# --- packages of the system --------------------------------------------------------------------------------------
need_packages=()
if [ "$MACHINE" = "$HERE" ]; then
  command -v c++ >/dev/null || need_packages+=(g++)
  command -v pkg-config >/dev/null || need_packages+=(pkg-config)
  if [ -z "${HDF5_DIR:-}" ] && ! pkg-config --exists hdf5 2>/dev/null && ! pkg-config --exists hdf5-serial 2>/dev/null; then
    need_packages+=(libhdf5-dev)
  fi
fi
if [ ${#need_packages[@]} -gt 0 ]; then
  command -v apt-get >/dev/null ||
    fail "please install ${need_packages[*]} (HDF5 1.10.7 or newer with headers) with your package manager, or set HDF5_DIR"
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "please run as root: apt-get install ${need_packages[*]}"
    as_root=(sudo)
  fi
  echo "setup: installing ${need_packages[*]}"
  "${as_root[@]}" apt-get update -q >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${need_packages[@]}" >/dev/null
fi

# --- libtorch ----------------------------------------------------------------------------------------------------
# an installed CUDA libtorch serves the CPU too: only an explicit DEVICE changes the kind
have=$(cat "$PREFIX/.stamp" 2>/dev/null || true)
cpu="torch $TORCH cpu 1" cuda="torch $TORCH cuda 1"
case "$DEVICE" in
  cuda) want=$cuda ;;
  cpu) want=$cpu ;;
  "") want=$cpu; [ "$have" = "$cuda" ] && want=$cuda ;;
  *) fail "DEVICE=$DEVICE is unknown: choose cpu or cuda" ;;
esac
[ "$have" = "$want" ] && { echo "setup: libtorch $TORCH is ready"; exit 0; }

python3 -m pip --version >/dev/null 2>&1 || fail "python3 with pip is needed to fetch libtorch"
new=$PREFIX.new
trap 'rm -rf "$new" "$new.wheels"' EXIT
rm -rf "$new" "$new.wheels"
mkdir -p "$new" "$new.wheels"
pip=(python3 -m pip --disable-pip-version-check)
echo "setup: fetching libtorch $TORCH (${want#torch "$TORCH" })"
if [ "$want" = "$cuda" ]; then
  "${pip[@]}" install -q --no-compile --target "$new" "torch==$TORCH"
else
  # the interpreter version does not matter, libtorch is the same in every wheel
  of_wheel=(download -q --no-deps --no-cache-dir --only-binary=:all: -d "$new.wheels" --python-version 3.11 --implementation cp)
  "${pip[@]}" "${of_wheel[@]}" --abi cp311 --platform "$platform" "torch==$TORCH"
  # on Linux it is the CPU half of the CUDA build: it needs two small NVIDIA libraries to load, and nothing else of CUDA
  if [ "$SYSTEM" = Linux ]; then
    "${pip[@]}" "${of_wheel[@]}" --abi none --platform "manylinux2014_$MACHINE" --platform "manylinux_2_25_$MACHINE" \
      "nvidia-cuda-runtime==$CUDA_RUNTIME" "nvidia-cuda-cupti==$CUPTI"
  fi
  python3 - "$new.wheels" "$new" "${libraries[@]}" <<'PYTHON'
import fnmatch, pathlib, sys, zipfile
wheels, target = map(pathlib.Path, sys.argv[1:3])
wanted = ["torch/include/*", "torch/version.py", "torch-*.dist-info/*", "nvidia/cu13/lib/libcudart.so*", "nvidia/cu13/lib/libcupti.so*"]
wanted += [f"torch/lib/{name}" for name in sys.argv[3:]]
for wheel in wheels.glob("*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target, [name for name in archive.namelist()
                                    if any(fnmatch.fnmatch(name, pattern) for pattern in wanted)])
PYTHON
fi
[ -f "$new/torch/lib/$cpu_library" ] || fail "the torch wheel does not hold $cpu_library where it should be"
echo "$TORCH" > "$new/torch/build-version" # lets the build refuse a wrong version
echo "$want" > "$new/.stamp"
rm -rf "$PREFIX"
mv "$new" "$PREFIX"
echo "setup: libtorch $TORCH installed in ${PREFIX#"$PWD/"} ($(du -sm "$PREFIX" | cut -f1) MB)"
