#!/usr/bin/env bash
# Runs fuzz targets side by side and prints what each did; fails if one found something.
#
#   fuzz/run.sh [SECONDS [TARGET…]]       # default: 600 s of every target
#
# Needs `rustup toolchain install nightly` and `cargo install cargo-fuzz`. What is found lies in fuzz/artifacts/TARGET/.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
targets=("${@:2}")
if [ ${#targets[@]} = 0 ]; then mapfile -t targets < <(basename -s .rs fuzz/fuzz_targets/*.rs); fi
# batch files of the target `matr` are read by a process of their own
if [[ " ${targets[*]} " == *" matr "* ]]; then
  [ -n "${READ_MATR:-}" ] || cargo build --release --locked -p sources --bin read-matr
  export READ_MATR=${READ_MATR:-${CARGO_TARGET_DIR:-$PWD/target}/release/read-matr}
fi
# those that are asked for: linking all of them takes longer than what they have in common
for target in "${targets[@]}"; do cargo +nightly fuzz build "$target"; done
pids=()
for target in "${targets[@]}"; do
  corpus=fuzz/corpus/$target
  mkdir -p "$corpus" "fuzz/artifacts/$target"
  seeds=fuzz/seeds/$target
  case $target in
    matr_plain) seeds=fuzz/seeds/matr ;;
    cycler_workbook) seeds=fuzz/seeds/xlsx ;;
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
