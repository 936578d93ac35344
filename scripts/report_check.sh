#!/usr/bin/env bash
# Looks at a report page as a browser does, in the light, in the dark and on a phone, with headless Chromium and axe-core:
#
#   scripts/report_check.sh REPORT.html [PICTURES]
#
# Chromium comes from the system (apt-get install chromium, or CHROMIUM=/path/to/it), Node 18 too; the two packages are fetched
# into target/report-check. For people, not for CI: nothing here is needed to build or test.
set -euo pipefail
page=${1:?which report.html?}
pictures=${2:-target/report-check/pictures}
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$CHROMIUM" ] || { echo "there is no Chromium: apt-get install chromium, or say CHROMIUM=/path/to/it" >&2; exit 2; }
command -v npm > /dev/null || { echo "there is no npm: install Node 18 or newer" >&2; exit 2; }
modules=$(cd "$(dirname "$0")/.." && pwd)/target/report-check
mkdir -p "$modules"
[ -d "$modules/node_modules/axe-core" ] ||
  npm install --prefix "$modules" --no-audit --no-fund --silent axe-core@4.11 playwright-core@1.55
export CHROMIUM REPORT_CHECK_MODULES="$modules"
exec node "$(dirname "$0")/report_check.mjs" "$page" "$pictures"
