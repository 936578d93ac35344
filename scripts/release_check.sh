#!/usr/bin/env bash
# Does what is handed out run where nothing is installed? Unpacks the archive in a minimal Debian, in another folder than it was made
# in, and asks the program there for what `make reproduce` would run, for a run, and for its report.
#
#   scripts/release_check.sh [ARCHIVE]       as root; debootstrap fetches 300 MB
#
# ROOT=DIR keeps the Debian for the next time; SUITE takes another release, MIRROR another place to fetch it from.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
need_commands debootstrap xz:xz-utils
archive=${1:-$(ls -t "${CARGO_TARGET_DIR:-target}"/release-bundle/batlinet-*.tar.xz | head -1)}
root=${ROOT:-$(mktemp -d)}
[ -x "$root/bin/sh" ] || debootstrap --variant=minbase "${SUITE:-bookworm}" "$root" ${MIRROR:-} > "$root.log"
rm -rf "$root/opt/moved" && mkdir -p "$root/opt/moved"
tar -C "$root/opt/moved" --strip-components=1 -xf "$archive"
# the loader asks /proc where the program lies
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
trap 'umount "$root/proc"; [ -n "${ROOT:-}" ] || rm -rf "$root"' EXIT
within() { chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root sh -ec "cd /opt/moved && $1"; }
# the lists that Makefile's reproduce has
lists=$(make -s --no-print-directory -f Makefile -f - lists <<< 'lists: ; @echo $(SCENARIOS) $(STUDIES)')
within "! command -v cargo && ! command -v gcc && bin/batlinet doctor"
within "bin/batlinet plan $lists --profile quick --device cpu --out /tmp/out" | tail -3
within "bin/batlinet run experiments/smoke/models.yaml --device cpu --out /tmp/out && bin/batlinet report /tmp/out" | tail -3
within "bin/batlinet gate --baseline results/records/smoke --candidate /tmp/out" | tail -1 || true
