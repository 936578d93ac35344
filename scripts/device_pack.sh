#!/usr/bin/env bash
# Packs what scripts/device_check.sh needs on a machine with a card, Python 3 with torch, and no Rust.
#
#   scripts/device_pack.sh [STORE]          into device-pack/ (or PACK=FOLDER): programs, stripped, with the libraries that they link,
#                                           experiments, the oracle, and cells of STORE, if given; virtual cells need none
#   BUILD= scripts/device_pack.sh           the programs as they were built last
#
# Then carry the folder there and run `bash device-pack/device_check.sh`.
set -euo pipefail
cd "$(dirname "$0")/.."

PACK=${PACK:-device-pack}
# what may be carried
MOST_MIB=64
PROGRAMS=(batlinet cuda_check cuda_bench)
# of every machine, or of its torch
OF_THE_SYSTEM='^(linux-vdso|ld-linux|libc\.so|libm\.so|libdl\.so|librt\.so|libutil\.so|libpthread\.so|libresolv\.so|libstdc\+\+|libgcc_s|libtorch|libc10|libgomp|libcupti|libcudart|libcuda)'

fail() { echo "device_pack: $*" >&2; exit 1; }

[ -z "${BUILD-yes}" ] || cargo build --release --workspace --locked
built=${CARGO_TARGET_DIR:-target}/release
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
mkdir -p "$staged/bin" "$staged/lib"
for program in "${PROGRAMS[@]}"; do
  [ -x "$built/$program" ] || fail "$built/$program is not there: run it without BUILD="
  strip -o "$staged/bin/$program" "$built/$program"
done
ldd "$built/batlinet" | awk '$2 == "=>" && $3 ~ /^\// {print $1, $3}' | while read -r name path; do
  echo "$name" | grep -Eq "$OF_THE_SYSTEM" || cp -L "$path" "$staged/lib/$name"
done

rm -rf "$PACK"
mkdir -p "$PACK/oracle"
tar -czf "$PACK/programs.tar.gz" -C "$staged" bin lib
cp scripts/device_check.sh "$PACK/"
cp scripts/oracle/bench_cuda.py scripts/oracle/torch_batlinet.py "$PACK/oracle/"
cp -r experiments "$PACK/experiments"
if [ $# -gt 0 ]; then
  [ -d "$1" ] || fail "$1 is no folder"
  mkdir "$PACK/store" && cp -rL "$1/." "$PACK/store/"
fi
size=$(du -sm "$PACK" | cut -f1)
[ "$size" -le "$MOST_MIB" ] || fail "$PACK is $size MiB, more than $MOST_MIB: give a store of fewer cells or cycles"
echo "device_pack: $PACK, $size MiB; there, run: bash $(basename "$PACK")/device_check.sh"
