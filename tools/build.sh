#!/usr/bin/env bash
# Set-up and build of one preset (default: release); does only what changed. Used by demo.sh and test.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=${1:-release}

bash tools/setup.sh
cmake --preset "$preset" >&2
cmake --build --preset "$preset" >&2
