#!/usr/bin/env bash
# All 403 virtual cells, whole lives, written as their publishers would, imported and held against the originals; then the
# five scenarios on both, with models that need seconds. A second call goes on where the first broke off.
#
#   scripts/round_trip.sh [DIR]
#
# DIR takes 4 GB, and 5 more while it runs. A quarter of an hour on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."

DIR=${1:-results/runs/round-trip}
BATLINET=target/release/batlinet
SCENARIOS=(experiments/{matr-1,matr-2,hust,mix-100,mix-20}.yaml)
MODELS=mean,variance,discharge,full,ridge,pls,forest

# round_trip FORMAT DATASET…
round_trip() {
  local raw=$DIR/raw/$1 done=$DIR/raw/$1.done
  # a later program may write and read otherwise
  [ ! "$done" -nt "$BATLINET" ] || return 0
  "$BATLINET" data export --format "$1" --out "$raw" > /dev/null
  du -sh "$raw"
  for dataset in "${@:2}"; do
    "$BATLINET" data import "$dataset" "$raw" --data "$DIR/cells" --force
  done
  rm -r "$raw"
  touch "$done"
}

round_trip matr-mat matr
round_trip hust-zip hust
round_trip calce-xlsx calce
round_trip rwth-zip rwth
round_trip battery-archive hnei ul-pur snl
target/release/examples/round_trip "$DIR/cells"
"$BATLINET" data check --data "$DIR/cells" "${SCENARIOS[@]}"

for data in virtual "$DIR/cells"; do
  "$BATLINET" run "${SCENARIOS[@]}" --profile quick --models $MODELS --data "$data" --out "$DIR/runs-$(basename "$data")"
done
python3 - "$DIR"/runs-{virtual,cells}/scores.csv <<'PYTHON'
import csv, sys

def scores(path):
    with open(path) as file:
        return {tuple(row[name] for name in ("experiment", "model", "seed")): row for row in csv.DictReader(file)}

made, imported = map(scores, sys.argv[1:])
print(f"\n{'':28}{'training + test cells':>24}{'RMSE: virtual':>16}{'imported':>10}")
for key in sorted(made | imported):
    before, after = (scores.get(key, {}) for scores in (made, imported))
    cells = [f"{row.get('train_cells')} + {row.get('test_cells')}" for row in (before, after)]
    errors = [float(row.get("rmse") or "nan") for row in (before, after)]
    name = f"{key[0]:<10}{key[1]:<11}seed {key[2]}"
    print(f"{name:<28}{' / '.join(dict.fromkeys(cells)):>24}{errors[0]:>16.2f}{errors[1]:>10.2f}")
if made.keys() != imported.keys():
    sys.exit("round-trip: some runs are on one side only")
PYTHON
