#!/usr/bin/env bash
# Times our kernels and PyTorch on this machine's first card, one after the other: results/bench/cuda.csv. Needs python3 with torch.
# What fails, such as for want of memory, has no line or no number there; then this ends with an error.
set -euo pipefail
cd "$(dirname "$0")/.."

python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null ||
  { echo "bench-cuda: python3 needs torch with CUDA, and this machine a card" >&2; exit 2; }
ours=$(mktemp)
trap 'rm -f "$ours"' EXIT
outcome=0
"${CARGO_TARGET_DIR:-target}/release/cuda_bench" >"$ours" || outcome=$?
[ "$(wc -l <"$ours")" -gt 1 ] || { echo "bench-cuda: nothing was timed" >&2; exit 1; }
python3 scripts/oracle/bench_cuda.py --ours "$ours" --out results/bench/cuda.csv || outcome=$?
echo "bench-cuda: written to results/bench/cuda.csv"
exit $outcome
