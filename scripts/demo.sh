#!/usr/bin/env bash
# The main job on the sample plant, from a fresh clone: install, build, import, look, propose zones, diff, report.
# Leaves everything it makes in demo/. `npm run demo` starts it.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n\033[1m%s\033[0m\n' "$*" | if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then cat; else sed 's/\x1b\[[0-9;]*m//g'; fi; }
run() { say "\$ baseline $*"; node dist/main.js "$@"; }

if [ ! -d node_modules ]; then
  say "installing (better-sqlite3 and the capture addon are compiled here: about three minutes the first time)"
  npm ci --no-audit --no-fund --loglevel=error
fi
say "building"
npm run --silent build

rm -rf demo
mkdir demo
export BASELINE_DB=demo/baseline.db

run import samples/plant
run status
run assets
run propose-zones --out demo/proposed.yaml
run propose-zones

say "comparing the traffic with what the operator declared, samples/plant.yaml"
status=0
run diff samples/plant.yaml || status=$?
if [ "$status" != 1 ]; then
  say "diff ended with $status; 1 was expected, because the samples hold planted deviations"
  exit 1
fi
say "diff exits with 1 on purpose: it found the deviations that are planted in the samples (samples/README.md lists them)."

run report samples/plant.yaml --out demo/report.html
say "Done. Open demo/report.html in a browser; demo/proposed.yaml is the proposal. Next: README.md, \"The first ten minutes\"."
