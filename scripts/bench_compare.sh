#!/usr/bin/env bash
# Times our program and the Python oracles one after the other on this machine's cores, prints the ratios and leaves
# them in results/bench/compare.csv.
#
#   scripts/bench_compare.sh [WORK…]
#
# The oracles live in a virtual environment of their own, .oracle/ (PyTorch's wheel is 4.7 GB on disk).
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=.oracle/venv
REQUIREMENTS=scripts/oracle/requirements-bench.txt
RESULT=results/bench/compare.csv

# a copy of the requirements says what was installed, once all of it was
if ! cmp -s "$REQUIREMENTS" .oracle/installed.txt; then
  echo "bench-compare: installing PyTorch and scikit-learn in .oracle" >&2
  rm -rf .oracle
  python3 -m venv "$VENV"
  "$VENV/bin/python" -m pip --disable-pip-version-check install -q --no-compile -r "$REQUIREMENTS"
  cp "$REQUIREMENTS" .oracle/installed.txt
fi

new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
# the same features as `cargo test --workspace`, so that nothing is built twice
cargo bench --workspace --locked --bench compare -- "$@" > "$new/ours.csv"
"$VENV/bin/python" scripts/oracle/bench.py "$@" > "$new/oracle.csv"
"$VENV/bin/python" - "$new/ours.csv" "$new/oracle.csv" "$new/compare.csv" <<'PYTHON'
import csv, sys

def times(path, column):
    with open(path) as file:
        return {row["work"]: float(row[column]) for row in csv.DictReader(file)}

ours, oracle = times(sys.argv[1], "ours_s"), times(sys.argv[2], "oracle_s")
if ours.keys() != oracle.keys():
    sys.exit(f"bench-compare: one side alone timed {', '.join(sorted(ours.keys() ^ oracle.keys()))}")
with open(sys.argv[3], "w") as file:
    print("work,ours_s,oracle_s,ratio", file=file)
    print(f"{'work':<18}{'ours':>12}{'oracle':>12}{'ratio':>9}")
    for work, our_time in ours.items():
        ratio = oracle[work] / our_time
        print(f"{work},{our_time:.7f},{oracle[work]:.7f},{ratio:.2f}", file=file)
        print(f"{work:<18}{our_time * 1e3:>9.3f} ms{oracle[work] * 1e3:>9.3f} ms{ratio:>8.1f}×")
PYTHON
mkdir -p "$(dirname "$RESULT")"
mv "$new/compare.csv" "$RESULT"
echo "bench-compare: written to $RESULT"
