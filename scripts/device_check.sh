#!/usr/bin/env bash
# Looks at everything that a card computes, in five minutes, from what scripts/device_pack.sh has packed.
#
#   bash device-pack/device_check.sh       leaves in $OUT (./device-check): summary.txt, check.log, cuda_check.csv, compared.csv, cuda.csv
#   DEVICE=cpu bash …                      a rehearsal without a card: what needs one is left out
#
# One step's failure stops no other; ends with 0 if all went well. Needs Python 3 with torch, for its CUDA libraries and as the
# oracle of the bench; without it, what needs neither is looked at.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
OUT=${OUT:-$PWD/device-check}
DEVICE=${DEVICE:-cuda}
LIMIT=${LIMIT:-300}
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$OUT/check.log summary=$OUT/summary.txt
: >"$log"
: >"$summary"
failed=0
begun=$(date +%s)

say() { echo "[$(($(date +%s) - begun)) s] $*" | tee -a "$summary"; }

# NAME SECONDS COMMAND…: within what is left of the time. Of a longer LIMIT each has its share: for machines of few cores
step() {
  local name=$1 most=$(($2 * LIMIT / 300)) left=$((LIMIT - $(date +%s) + begun)) outcome from took
  shift 2
  if [ "$left" -lt 5 ]; then
    say "LEFT OUT $name: the time is over"
    failed=1
    return 1
  fi
  [ "$most" -lt "$left" ] || most=$left
  echo "== $name: $*" >>"$log"
  from=$(date +%s%N)
  timeout -k 10 "$most" "$@" >>"$log" 2>&1
  outcome=$?
  took=$((($(date +%s%N) - from) / 10000000))
  case $outcome in
    0) say "ok       $name: $(printf '%d.%02d' $((took / 100)) $((took % 100))) s" ;;
    124 | 137) say "TOO LONG $name: stopped after $most s"; failed=1 ;;
    *) say "FAILED   $name (it ended with $outcome; see $(basename "$log")): $(tail -n 1 "$log")"; failed=1 ;;
  esac
  return $outcome
}

# --- programs and libraries ----------------------------------------------------------------------------------------
tar -xzf "$here/programs.tar.gz" -C "$work" || { say "FAILED   there is no programs.tar.gz beside this script: run scripts/device_pack.sh"; exit 1; }
bin=$work/bin
torch=$(timeout -k 5 60 python3 -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))' 2>>"$log") || torch=
torch=${torch:-${TORCH_LIB:-}}
[ -n "$torch" ] || say "NO TORCH in python3: libtorch is looked for where the system has it"
# for our programs alone: Python has its own
ours() { LD_LIBRARY_PATH=${torch:+$torch:}$work/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$@"; }
export -f ours
export torch work bin here OUT DEVICE

# a card that is broken lets it wait for ever
timeout -k 5 20 nvidia-smi >>"$log" 2>&1 || say "nvidia-smi says nothing of a card"
step "what is here" 30 bash -c 'ours "$0" doctor' "$bin/batlinet"

# --- the card's numbers ----------------------------------------------------------------------------------------------
if [ "$DEVICE" != cpu ]; then
  step "engines agree, the same bytes, sentences" 60 "$bin/cuda_check" "$OUT" facts,parity,same,errors
  mkdir "$work/steps"
  step "ten steps of AdamW" 60 "$bin/cuda_check" "$work/steps" steps
  tail -n +2 "$work/steps/cuda_check.csv" >>"$OUT/cuda_check.csv" 2>>"$log"
fi

# --- times, before what may take longer ------------------------------------------------------------------------------
if [ "$DEVICE" != cpu ]; then
  step "bench of ours" 60 bash -c '"$bin/cuda_bench" >"$work/ours.csv"'
  # the columns of results/bench/cuda.csv, with ours alone until PyTorch's are there
  awk -F, 'BEGIN {print "work,precision,card,ours_s,oracle_s,ratio"} NR > 1 && NF == 4 {print $0 ",,"}' "$work/ours.csv" >"$OUT/cuda.csv"
  whole() {
    ours "$bin/batlinet" run "$here/experiments/matr-1.yaml" --models batlinet --seeds 1 --device "$DEVICE" --out "$work/whole-$1" \
      --set models.batlinet.precision="$1"
  }
  export -f whole
  step "1000 epochs of MATR-1, from cells to scores, exact" 60 bash -c 'whole exact'
  step "1000 epochs of MATR-1, from cells to scores, fast" 60 bash -c 'whole fast'
  # if it is stopped, what it has until then stays
  step "bench of PyTorch beside it" 75 python3 "$here/oracle/bench_cuda.py" --ours "$work/ours.csv" --out "$OUT/cuda.csv"
else
  step "the oracle of the bench" 60 python3 "$here/oracle/bench_cuda.py" --device cpu --tiny
fi

# --- runs on both devices, side by side -----------------------------------------------------------------------------
runs() { # DEVICE OUT OPTION…
  local device=$1 out=$2
  shift 2
  ours "$bin/batlinet" run "$here/experiments/matr-1.yaml" "$here/experiments/transfer/lco.yaml" \
    "$here/experiments/ablations/matr-1-branches.yaml" --profile quick --seeds 1 --models mlp,lstm,cnn,batlinet --device "$device" --out "$out" "$@"
}
export -f runs
smoke() {
  local on_cpu outcome=0 stopped=
  # a run that is told to stop ends well, and keeps what it has: this waits for it, for nobody is to compute beside what comes next
  trap 'stopped=yes' TERM
  runs cpu "$work/cpu" >"$work/cpu.log" 2>&1 &
  on_cpu=$!
  runs "$DEVICE" "$work/card" || outcome=$?
  if [ "$DEVICE" != cpu ] && [ -z "$stopped" ]; then
    ours "$bin/batlinet" run "$here/experiments/matr-1.yaml" --profile quick --seeds 1 --models batlinet,cnn --device "$DEVICE" --out "$work/fast" \
      --set models.batlinet.precision=fast --set models.cnn.precision=fast || outcome=$?
  fi
  # a signal ends the first wait
  wait "$on_cpu" || wait "$on_cpu" || { cat "$work/cpu.log"; outcome=1; }
  return "$outcome"
}
export -f smoke
step "mlp, lstm, cnn, transfer, ablation on both devices" 120 bash -c smoke

cat >"$work/compare.py" <<'PYTHON'
import csv, os, sys

work, out = sys.argv[1:]

def scores(name):
    path = os.path.join(work, name, "scores.csv")
    if not os.path.exists(path):
        return {}
    with open(path, newline="") as file:
        return {tuple(row[k] for k in ("experiment", "model", "variant", "seed")): row for row in csv.DictReader(file)}

cpu, wrong = scores("cpu"), 0
with open(out, "w") as file:
    print("experiment,model,variant,seed,device,cpu_rmse,rmse,relative", file=file)
    for name, most in (("card", 0.02), ("fast", 0.2)):
        there, compared = scores(name), 0
        if name == "card" and (not cpu or there.keys() != cpu.keys()):
            print(f"{len(cpu)} runs on the CPU, {len(there)} on the device")
            wrong += 1
        for run, row in there.items():
            base = cpu.get(run)
            if base is None or "ok" not in (row["status"], base["status"]):
                continue
            if row["status"] != base["status"]:
                print(f"{' '.join(run)}: {base['status']} on the CPU, {row['status']} on the device")
                wrong += 1
                continue
            ours, theirs = float(row["rmse"]), float(base["rmse"])
            relative = abs(ours / theirs - 1)
            print(*run, name, theirs, ours, f"{relative:.2e}", sep=",", file=file)
            compared += 1
            if not relative <= most:
                print(f"{' '.join(run)}: RMSE {ours:.3f} on the device ({name}), {theirs:.3f} on the CPU")
                wrong += 1
        print(f"{name}: {compared} runs compared")
        if there and not compared:
            wrong += 1
print(f"{wrong} of {len(cpu)} runs differ")
sys.exit(1 if wrong else 0)
PYTHON
step "both devices come out with the same" 10 python3 "$work/compare.py" "$work" "$OUT/compared.csv"

# --- real cells, memory ----------------------------------------------------------------------------------------------
if [ -d "$here/store" ] && [ "$DEVICE" != cpu ]; then
  step "real cells" 60 bash -c 'ours "$bin/batlinet" run "$here"/experiments/matr-1-curves.yaml --data "$here/store" --models batlinet --seeds 1 --device "$DEVICE" --out "$work/real"'
fi

if [ "$DEVICE" != cpu ]; then
  if command -v compute-sanitizer >/dev/null; then
    # where the sanitizer refuses the device, that is no fault of ours
    if timeout -k 5 30 compute-sanitizer --tool memcheck "$bin/cuda_bench" none >"$work/try.log" 2>&1; then
      step "compute-sanitizer on small works" 60 compute-sanitizer --tool memcheck --error-exitcode 7 "$bin/cuda_bench" tiny
      # what no emulator of one thread at a time shows
      step "compute-sanitizer on their shared memory" 60 compute-sanitizer --tool racecheck --error-exitcode 7 "$bin/cuda_bench" tiny
    else
      cat "$work/try.log" >>"$log"
      say "left out compute-sanitizer, which does not run on this machine"
    fi
  else
    say "left out compute-sanitizer, which is not here"
  fi
fi

[ "$failed" = 0 ] && say "all is well" || say "NOT WELL: see $log"
exit "$failed"
