#!/usr/bin/env bash
# What is handed out to people without a compiler: the program with every library that it needs, found wherever the folder is moved,
# its experiments and its records.
#
#   scripts/release.sh            target/release-bundle/batlinet-VERSION-SYSTEM.tar.xz, and its SHA-256 beside it
#   scripts/release.sh wheel      a wheel of Python besides, without libtorch: pip brings that with torch
#
# HDF5 is built into the program, without the network, Kerberos and LDAP libraries that distributions link it with. The C library is
# the system's: what is built here runs on Linux with a glibc as new as the one here, or newer.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
need_commands xz:xz-utils
bash scripts/setup.sh

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
tools=$target/release-tools
need_release_tools "$tools"
export PATH=$tools/bin:$PATH
version=$(sed -nE '/^\[workspace\.package\]/,/^\[/s/^version = "(.*)"/\1/p' Cargo.toml)
system=$(uname -m)-$(uname -s | tr '[:upper:]' '[:lower:]')
name=batlinet-$version-$system
out=$target/release-bundle
torch=$PWD/.libtorch/torch/lib

# its own folder: another HDF5 would have half of the ordinary build made again
export CARGO_TARGET_DIR=$target/portable
cargo build --release --workspace --locked --bin batlinet --features harness/static-hdf5
rm -rf "${out:?}/$name"
mkdir -p "$out/$name/bin" "$out/$name/lib"
program=$out/$name/bin/batlinet
install -s -m 755 "$CARGO_TARGET_DIR/release/batlinet" "$program"

# libtorch, the two small libraries that its CPU half wants, and the C++ runtime
cp -L "$torch"/libtorch_cpu.so "$torch"/libc10.so "$torch"/libgomp*.so* "$out/$name/lib/"
cp -L .libtorch/nvidia/cu13/lib/libcudart.so.13 .libtorch/nvidia/cu13/lib/libcupti.so.13 "$out/$name/lib/"
for library in libstdc++.so.6 libgcc_s.so.1 libz.so.1; do
  cp -L "$(ldd "$CARGO_TARGET_DIR/release/batlinet" | awk -v name="$library" '$1 == name { print $3 }')" "$out/$name/lib/" 2> /dev/null ||
    echo "release: the program does not need $library"
done
# which libtorch it is, as `doctor` looks it up
cp .libtorch/torch/build-version "$out/$name/"
patchelf --set-rpath '$ORIGIN' "$out/$name"/lib/libtorch_cpu.so "$out/$name"/lib/libc10.so
patchelf --set-rpath '$ORIGIN/../lib' "$program"
# what it reads and what its numbers can be held against
git archive HEAD experiments results/paper.csv results/records README.md CHANGELOG.md CITATION.cff LICENSE-MIT LICENSE-APACHE docs |
  tar -C "$out/$name" -xf -

# nothing may be left that only this machine has
foreign=$(env -i ldd "$program" | awk -v own="$(cd "$out/$name" && pwd)/" '$2 == "=>" && index($3, own) != 1 && $0 !~ /\/(libc|libm|libdl|librt|libpthread|libutil)\.so/ && $0 !~ /\/libz\.so\.1/')
[ -z "$foreign" ] || { echo "release: the program still needs of this machine:"; echo "$foreign"; exit 1; } >&2
env -i "$program" --version > /dev/null

tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$(git log -1 --format=%ct)" -cf - "$name" |
  xz -T0 -6 > "$out/$name.tar.xz"
(cd "$out" && sha256sum "$name.tar.xz" > "$name.tar.xz.sha256")
echo "wrote $out/$name.tar.xz ($(du -m "$out/$name.tar.xz" | cut -f1) MB, $(du -sm "$out/$name" | cut -f1) MB unpacked)"

if [ "${1:-}" = wheel ]; then
  python3 scripts/wheel.py "$CARGO_TARGET_DIR/release/batlinet" "$version" "$out"
fi
