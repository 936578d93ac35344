#!/usr/bin/env bash
# Runs fuzz targets side by side and prints what each did; fails if one found something.
#
#   fuzz/run.sh [SECONDS [TARGET…]]       # default: 600 s of every target
#
# Needs `rustup toolchain install nightly`, `cargo install cargo-fuzz`, and the program (make build), which reads the batch
# files of the target `matr`. What is found lies in fuzz/artifacts/TARGET/.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
targets=("${@:2}")
if [ ${#targets[@]} = 0 ]; then mapfile -t targets < <(basename -s .rs fuzz/fuzz_targets/*.rs); fi
export BATLINET_PROGRAM=${BATLINET_PROGRAM:-$PWD/target/release/batlinet}

cargo +nightly fuzz build
pids=()
for target in "${targets[@]}"; do
  corpus=fuzz/corpus/$target
  mkdir -p "$corpus" "fuzz/artifacts/$target"
  seeds=fuzz/seeds/$target
  case $target in
    matr_plain) seeds=fuzz/seeds/matr ;;
    pickle) seeds=harness/sources/tests/fixtures/pickles ;;
    xls) seeds=$corpus/../xls-seeds && mkdir -p "$seeds" && cp harness/sources/tests/fixtures/*.xls "$seeds" ;;
  esac
  nice -n 5 cargo +nightly fuzz run "$target" "$corpus" "$seeds" -- -max_total_time="$seconds" -timeout=60 \
    -rss_limit_mb=3000 -max_len=65536 -print_final_stats=1 > "fuzz/artifacts/$target.log" 2>&1 &
  pids+=($!)
done
failed=0
for k in "${!targets[@]}"; do
  wait "${pids[$k]}" || failed=1
  log=fuzz/artifacts/${targets[$k]}.log
  printf '%-16s %10s inputs, %s\n' "${targets[$k]}" \
    "$(sed -n 's/stat::number_of_executed_units: *//p' "$log")" "$(grep -oE 'cov: [0-9]+' "$log" | tail -1)"
done
exit $failed
