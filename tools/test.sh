#!/usr/bin/env bash
# Set-up, build, and all tests. With CI=true a skipped test is a failure, unless it needs a GPU (label gpu) or the right to mount
# file systems (label mount).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash tools/build.sh release
cd build/release
log=Testing/mirrortune_test_output.txt
mkdir -p Testing
ctest --output-on-failure --parallel "$(nproc)" "$@" 2>&1 | tee "$log"

if [ "${CI:-}" = true ]; then
  skipped=$(grep -c '\*\*\*Skipped' "$log" || true)
  allowed=$(ctest --show-only -L '^(gpu|mount)$' | grep -c 'Test *#' || true)
  if [ "$skipped" -gt "$allowed" ]; then
    echo "$skipped tests were skipped, and only the $allowed that need a GPU or the right to mount may be." >&2
    exit 1
  fi
fi
