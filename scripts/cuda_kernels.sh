#!/usr/bin/env bash
# Compiles baselines/cuda/kernels to what is committed there, with the compiler that NVIDIA has in the Python registry; no GPU is needed.
#
#   scripts/cuda_kernels.sh          batlinet.ptx.gz (compute_80: any card from Ampere on, driver 530 or newer), batlinet.sm_90.cubin.gz
#                                    (Hopper, so that nothing is compiled there), batlinet.hash of the sources, names.h for the emulator;
#                                    prints registers and spills
set -euo pipefail
cd "$(dirname "$0")/.."

# the oldest CUDA 12 that makes good code: PTX asks for a driver as new as its compiler
NVRTC=12.1.105 PTXAS=12.4.131
tools=$PWD/.cuda-kernels
python3 -m pip --version >/dev/null 2>&1 || { echo "cuda_kernels: python3 with pip is needed to fetch the compiler" >&2; exit 1; }
if [ "$(cat "$tools/.stamp" 2>/dev/null || true)" != "$NVRTC $PTXAS" ]; then
  rm -rf "$tools" && mkdir -p "$tools"
  python3 -m pip --disable-pip-version-check install -q --no-compile --no-deps --target "$tools" \
    "nvidia-cuda-nvrtc-cu12==$NVRTC" "nvidia-cuda-nvcc-cu12==$PTXAS"
  echo "$NVRTC $PTXAS" >"$tools/.stamp"
fi
LD_LIBRARY_PATH=$tools/nvidia/cuda_nvrtc/lib python3 scripts/cuda_kernels.py "$tools" baselines/cuda/kernels
