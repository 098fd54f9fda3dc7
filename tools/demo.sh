#!/usr/bin/env bash
# From a fresh clone to the report of the demo: set-up, build, run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash tools/build.sh release
build/release/mirrortune run -c configs/demo.yaml "$@"
