#!/usr/bin/env bash
# Times our program and the Python oracles one after the other on this machine, on all cores and on one, prints the ratios
# and leaves them in results/bench/compare.csv.
#
#   scripts/bench_compare.sh [WORK…]
#   AUTHORS=FOLDER scripts/bench_compare.sh [WORK…]    with the authors' own program: a checkout of github.com/fingertap/BatLiNet
#
# Ratios are to the better of our oracle and the authors' program. `…_s` are seconds on the clock, all cores; `…_core_s`
# processor seconds of one thread. The oracles live in a virtual environment of their own, .oracle/ (PyTorch's wheel is
# 4.7 GB on disk).
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

# Python as fast as it can be: the linear algebra chooses its own kernels, and memory that was freed is used again, not
# mapped anew page by page for every tensor
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456
"$VENV/bin/python" scripts/oracle/bench.py "$@" > "$new/oracle.csv"
[ -z "${AUTHORS:-}" ] || "$VENV/bin/python" scripts/oracle/bench.py --authors "$AUTHORS" "$@" > "$new/authors.csv"

"$VENV/bin/python" - "$new" <<'PYTHON'
import csv, datetime, pathlib, sys

folder = pathlib.Path(sys.argv[1])

def times(side):
    path = folder / f"{side}.csv"
    if not path.exists():
        return {}
    with open(path) as file:
        return {row["work"]: (float(row[f"{side}_s"]), float(row[f"{side}_core_s"])) for row in csv.DictReader(file)}

def machine():
    """The processor's name, without what would break a CSV."""
    with open("/proc/cpuinfo") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return f"{len(names)} x {names[0] if names else 'processor'}".replace(",", " ")

ours, oracle, authors = times("ours"), times("oracle"), times("authors")
if ours.keys() != oracle.keys():
    sys.exit(f"bench-compare: one side alone timed {', '.join(sorted(ours.keys() ^ oracle.keys()))}")
with open(folder / "compare.csv", "w") as file:
    print("work,ours_s,oracle_s,ratio,ours_core_s,oracle_core_s,ratio_core,authors_s,authors_core_s,machine,date", file=file)
    print(f"{'work':<18}{'all cores: ours':>18}{'theirs':>14}{'ratio':>8}{'one core: ours':>18}{'theirs':>14}{'ratio':>8}")
    for work, mine in ours.items():
        # oracle_s and oracle_core_s are those of the better of the two
        best = [min(both) for both in zip(oracle[work], authors.get(work, oracle[work]))]
        ratios = [their / our for their, our in zip(best, mine)]
        theirs = [f"{seconds:.7f}" for seconds in authors[work]] if work in authors else ["", ""]
        print(f"{work},{mine[0]:.7f},{best[0]:.7f},{ratios[0]:.2f},{mine[1]:.7f},{best[1]:.7f},{ratios[1]:.2f},"
              f"{theirs[0]},{theirs[1]},{machine()},{datetime.date.today()}", file=file)
        print(f"{work:<18}{mine[0] * 1e3:>15.3f} ms{best[0] * 1e3:>11.3f} ms{ratios[0]:>7.1f}×"
              f"{mine[1] * 1e3:>15.3f} ms{best[1] * 1e3:>11.3f} ms{ratios[1]:>7.1f}×")
PYTHON
mkdir -p "$(dirname "$RESULT")"
mv "$new/compare.csv" "$RESULT"
echo "bench-compare: written to $RESULT"
