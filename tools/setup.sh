#!/usr/bin/env bash
# Installs what the build and the tests need; does nothing when all is there.
#
# Distribution packages: when root on Debian or Ubuntu, else the one command to run is printed.
# LibTorch, in this order: $LIBTORCH_ROOT, the wheel under .deps/venv, an importable `torch`, else the wheel is put under .deps/venv.
# The Vega bundle of the report is taken from the PyPI package vl-convert-python; tensorboard, pandas and
# matplotlib read what the tests write for them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

torch_version=2.13.0
packages=(
  build-essential cmake ninja-build ccache clang-format git ca-certificates
  python3 python3-venv python3-pip
  libfmt-dev libyaml-cpp-dev libcli11-dev nlohmann-json3-dev libssl-dev zlib1g-dev libdeflate-dev libcurl4-openssl-dev
  libopencv-dev libjpeg-dev libboost-dev libboost-math-dev
  pkg-config libjavascriptcoregtk-4.1-dev librsvg2-dev libpango1.0-dev
  libgtest-dev libgmock-dev libbenchmark-dev chromium strace slurm-wlm munge zsh fish
)

say() { echo "setup: $*" >&2; }

missing_packages() {
  local name
  for name in "${packages[@]}"; do
    dpkg-query -W -f='${Status}\n' "$name" 2>/dev/null | grep -q 'install ok installed' || echo "$name"
  done
}

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "this is no Debian or Ubuntu: install the equivalents of: ${packages[*]}"
    return
  fi
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then
    say "packages are missing. Run this, then start again:"
    say "  sudo apt-get install --no-install-recommends ${missing[*]}"
    exit 1
  fi
  say "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

has_torch_header() { [ -e "$1/include/torch/csrc/api/include/torch/torch.h" ]; }

has_libtorch() {
  if [ -n "${LIBTORCH_ROOT:-}" ]; then
    has_torch_header "$LIBTORCH_ROOT" && return
    say "LIBTORCH_ROOT=$LIBTORCH_ROOT holds no LibTorch"
    exit 1
  fi
  local wheel
  for wheel in .deps/venv/lib/python3*/site-packages/torch; do
    has_torch_header "$wheel" && return
  done
  wheel=$(python3 -c "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')" 2>/dev/null || true)
  [ -n "$wheel" ] && has_torch_header "$wheel"
}

install_python_packages() {
  local wanted=()
  has_libtorch || wanted+=("torch==$torch_version")
  .deps/venv/bin/python -c 'import numpy' 2>/dev/null || wanted+=(numpy)
  .deps/venv/bin/python -c 'import vl_convert' 2>/dev/null || wanted+=("vl-convert-python>=1.7")
  .deps/venv/bin/python -c 'import tensorboard' 2>/dev/null || wanted+=(tensorboard)
  .deps/venv/bin/python -c 'import pandas, matplotlib' 2>/dev/null || wanted+=(pandas matplotlib)
  [ ${#wanted[@]} -eq 0 ] && return
  [ -x .deps/venv/bin/python ] || python3 -m venv .deps/venv
  say "installing ${wanted[*]} into .deps/venv"
  .deps/venv/bin/pip install --quiet --disable-pip-version-check "${wanted[@]}"
}

install_packages
install_python_packages
[ -s .deps/vega_bundle.js ] || .deps/venv/bin/python tools/dev/make_vega_bundle.py .deps/vega_bundle.js
