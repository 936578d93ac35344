#!/usr/bin/env bash
# Runs a plan on a Slurm cluster, from the folder that the plan was made in:
#
#   batlinet plan experiments/*.yaml --profile paper --shards 64 --format slurm --out results/runs/big > big.sh
#   scripts/slurm/submit.sh big.sh              # submits the parts, and behind them their merge
#   scripts/slurm/submit.sh big.sh              # later: gives again what failed, was killed or did not fit; what is done is not redone
#
# Options for sbatch (partition, time, account …) stand behind the file: submit.sh big.sh --partition=gpu --time=4:00:00. Where the program
# is not on the PATH of the nodes, BATLINET=/path/to/it.
set -euo pipefail
job=${1:?which job file? \`batlinet plan … --shards N --format slurm\` makes one}
shift
grep -q '^# Made by `batlinet plan' "$job" || { echo "$job: this is no job file of \`batlinet plan --format slurm\`" >&2; exit 2; }
merge=$(sed -n 's/^# merge: //p' "$job")
out=$(sed -n 's/^# out: //p' "$job")
parts=$(sed -nE 's/^#SBATCH --array=1-([0-9]+)$/\1/p' "$job")
if [ -n "${BATLINET:-}" ]; then
  fixed=$(mktemp "${TMPDIR:-/tmp}/batlinet-XXXXXX.sh")
  trap 'rm -f "$fixed"' EXIT
  sed "s|^exec srun --ntasks=1 batlinet |exec srun --ntasks=1 $BATLINET |" "$job" > "$fixed"
  job=$fixed
  # what is made of runs of several parts is made behind the merge
  merge=$(printf '%s\n' "$merge" | sed -E "s#(^|\|\| |&& )batlinet #\1$BATLINET #g")
fi
[ ! -e "$out" ] || { echo "$out is there already, with what was merged; move it away to merge again" >&2; exit 2; }

logs=$out-parts/logs
mkdir -p "$logs"
id=$(sbatch --parsable --output="$logs/%a.log" "$@" "$job" | cut -d';' -f1)
# merge says itself what is missing; it must run whether or not a part failed, so that somebody is told
then=$(sbatch --parsable --dependency="afterany:$id" --job-name=batlinet-merge --output="$logs/merge.log" "$@" --wrap "$merge" | cut -d';' -f1)
echo "submitted $parts parts as job $id, and their merge as job $then; logs in $logs"
