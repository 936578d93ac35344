#!/usr/bin/env bash
# Submits a plan to Slurm: an array of shards, and their merge when all of them ended well.
#
#   scripts/slurm/submit.sh N [SBATCH OPTIONS] -- FILE… [OPTIONS OF batlinet run]
#   scripts/slurm/submit.sh 8 --gpus-per-task=1 -- experiments/matr-1.yaml --data my-data --out results/runs/matr-1
#
# Tasks that fail or whose node dies are submitted again by the same command: what is done is not done again. `batlinet` is the one in
# the PATH, which must be there on every node, as must the folder from which this is called.
set -euo pipefail
[ $# -ge 3 ] || { sed -n 2,8p "$0"; exit 2; }
shards=$1
shift
options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  options+=("$1")
  shift
done
[ "${1:-}" = -- ] || { echo "submit.sh: -- stands between options of sbatch and those of batlinet" >&2; exit 2; }
shift
job=$(mktemp --suffix=.sbatch "${TMPDIR:-/tmp}/batlinet-XXXXXX")
batlinet plan "$@" --shards "$shards" --format slurm > "$job"
array=$(sbatch --parsable "${options[@]}" "$job")
merge=$(sbatch --parsable --array=0 --dependency="afterok:$array" "$job")
echo "shards: job $array, merge: job $merge ($job)"
