#!/usr/bin/env bash
# From a fresh clone to the report of the demo: set-up, build, made-up images, run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash tools/build.sh release
[ -d runs/demo-data/finetune ] ||
  build/release/mirrortune data synth --out runs/demo-data/finetune --count 3000 --seed 2 >&2
build/release/mirrortune run -c configs/demo.yaml "$@"
