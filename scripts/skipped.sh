#!/usr/bin/env bash
# What `make test` says last: how many tests did nothing here, or not all, and why. Tests leave a line each.
set -euo pipefail
noted="${CARGO_TARGET_DIR:-target}/tmp/skipped"
if [ ! -s "$noted" ]; then
  echo "no test was skipped"
  exit
fi
count=$(cut -f 1 "$noted" | sort -u | wc -l)
echo "$count test$([ "$count" = 1 ] || echo s) skipped:"
sort -u "$noted" | sed 's/^/  /; s/\t/: /'
