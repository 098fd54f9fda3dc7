#!/usr/bin/env bash
# Builds and checks what needs an NVIDIA GPU, on a machine that has cmake, ninja, nvcc, g++ and a python3 with a CUDA `torch`,
# and nothing else: no network, none of the packages of tools/setup.sh.
#
#   tools/dev/gpu_check.sh pack                on Debian or Ubuntu, after tools/build.sh: fills .gpu/ (git-ignored, 40 MB) with
#                                              what the GPU machine lacks
#   tools/dev/gpu_check.sh [check]             on the GPU machine, in a copy of this tree with its .gpu/: all of the below
#   tools/dev/gpu_check.sh [build] [test] [bench]   these phases only; `build` needs no GPU
#
# Reports are written to $GPU_CHECK_OUT (default: build/cuda/report). $LIBTORCH_ROOT names another LibTorch than python3's,
# $GPU_CHECK_BENCHMARKS other benchmarks than those with `cuda` in their name (a regular expression).
# Exit codes: 0, 1 a build, test or benchmark failed, 2 unknown word, 66 a file is missing, 69 a tool or the GPU is missing.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/../.."

pack=$PWD/.gpu
build=$PWD/build/cuda
out=${GPU_CHECK_OUT:-$build/report}
benchmarks=${GPU_CHECK_BENCHMARKS:-cuda}

# The packages to compile with; the libraries that they depend on come along.
packages=(
  libfmt-dev libyaml-cpp-dev libcli11-dev nlohmann-json3-dev libssl-dev zlib1g-dev libdeflate-dev libcurl4-openssl-dev
  libboost-dev libgtest-dev libgmock-dev libbenchmark-dev
)
# 591 images for the training of configs/demo.yaml and 500 held out.
num_images=1104

say() { echo "gpu check: $*" >&2; }

fail() {
  local code=$1
  shift
  say "$*"
  exit "$code"
}

require_program() {
  command -v "$1" >/dev/null || fail 69 "$1 was not found. $2"
}

# --- pack ---

libraries_of_packages() {
  LC_ALL=C apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "${packages[@]}" |
    sed -n 's/^ *|\?Depends: //p' | grep -vE '^<|^libc6|^libstdc\+\+|^libgcc|^googletest$' | sort -u
}

# Headers of Boost that ours include, with all that lie beside them: another compiler may want a neighbour.
copy_boost() {
  local from=$1 to=$2 folder
  grep -rhoE '^ *# *include <boost/[^>]+>' src models tests tools | sort -u |
    g++ -std=c++20 -x c++ -M -I"$from" - | grep -oE "$from/boost/[^ ]+" | sed "s|^$from/||; s|/[^/]*$||" | sort -u |
    while read -r folder; do
      mkdir -p "$to/$folder"
      find "$from/$folder" -maxdepth 1 -type f -exec cp -t "$to/$folder" {} +
    done
}

# Headers, libraries and CMake files of the unpacked packages, without static libraries that are there as shared ones too.
copy_packages() {
  local from=$1 to=$2/usr arch link library
  arch=$(g++ -print-multiarch)
  mkdir -p "$to/include" "$to/lib/$arch" "$to/share"
  copy_boost "$from/usr/include" "$to/include"
  rm -rf "$from/usr/include/boost"
  cp -r "$from/usr/include/." "$to/include"
  # Found here by -isystem alone, which has no folder per architecture.
  cp -r "$to/include/$arch/." "$to/include"
  rm -rf "$to/include/${arch:?}"
  cp -r "$from/usr/share/cmake" "$to/share"
  cp -r "$from/usr/lib/$arch/cmake" "$to/lib/$arch"
  rm -rf "$to/lib/$arch/cmake/"[Bb]oost*
  find "$from/usr/lib/$arch" "$from/lib/$arch" -maxdepth 1 -name 'lib*.so*' -exec cp -a -t "$to/lib/$arch" {} +
  for library in "$from/usr/lib/$arch"/lib*.a; do
    [ -L "${library%.a}.so" ] || cp "$library" "$to/lib/$arch"
  done
  # zlib's link names the folder that its library has on a whole system.
  for link in "$to/lib/$arch"/lib*.so*; do
    [ ! -L "$link" ] || ln -sf "$(basename "$(readlink "$link")")" "$link"
  done
}

run_pack() {
  local names deb
  require_program apt-get "Pack on Debian or Ubuntu."
  require_program dpkg "Pack on Debian or Ubuntu."
  [ -x build/release/mirrortune ] || fail 66 "build/release/mirrortune is missing. Run tools/build.sh first: it draws the images."
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/debs" "$work/root" "$work/pack"
  mapfile -t names < <(printf '%s\n' "${packages[@]}" "$(libraries_of_packages)" | sort -u)
  say "downloading ${#names[@]} packages"
  (cd "$work/debs" && apt-get -qq -o APT::Sandbox::User=root download "${names[@]}") ||
    fail 69 "the packages could not be downloaded. Run apt-get update and see whether the network is there."
  for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/root"; done
  copy_packages "$work/root" "$work/pack"
  cp .deps/vega_bundle.js "$work/pack"
  build/release/mirrortune data synth --quiet --out "$work/images" --count "$num_images" --seed 2 >/dev/null
  build/release/mirrortune data pack --quiet "$work/images" --out "$work/pack/images" --resolution 64 --crop-ratio 1 >/dev/null
  rm -rf "$pack"
  cp -a "$work/pack" "$pack"
  say "$(du -sh --apparent-size "$pack" | cut -f1) in $pack; copy it with the tree to the GPU machine"
}

# --- on the GPU machine ---

failures=()
# Goes on after a failure, so that one visit to the machine tells as much as it can.
attempt() {
  local name=$1 started=$SECONDS
  shift
  say "$name"
  "$@" || failures+=("$name")
  say "$name: $((SECONDS - started)) s"
}

require_gpu() {
  require_program nvidia-smi "This machine has no NVIDIA driver: tests and benchmarks need its GPU; only \`build\` runs without."
  nvidia-smi -L | grep -q '^GPU' || fail 69 "nvidia-smi lists no GPU."
  [ -x /usr/local/cuda/bin/nvcc ] || require_program nvcc "The kernels cannot be compiled without the CUDA toolkit."
}

# A build without CUDA would skip every test that this is about.
require_cuda_build() {
  [ -x "$build/mirrortune" ] || fail 66 "$build/mirrortune is missing. Run the phase \`build\` first."
  "$build/mirrortune" env | tee "$out/machine.txt"
  nvidia-smi | tee -a "$out/machine.txt"
  "$build/mirrortune" env --device cuda >/dev/null ||
    fail 69 "the build sees no CUDA device. $out/build.txt says which LibTorch and nvcc it was configured with."
}

configure_and_build() {
  cmake --preset cuda -DCMAKE_PREFIX_PATH="$pack/usr" -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF -DMIRRORTUNE_OPENCV=OFF \
    -DMIRRORTUNE_VEGA_BUNDLE="$pack/vega_bundle.js" && cmake --build --preset cuda
}

require_compilers() {
  local name
  for name in cmake ninja g++ python3; do require_program "$name" "It is needed to build."; done
}

run_build() {
  configure_and_build 2>&1 | tee "$out/build.txt" || fail 1 "the build failed: $out/build.txt tells where."
}

run_tests() {
  require_cuda_build
  attempt "tests of the GPU" ctest --preset cuda -L '^gpu$' --no-tests=error --output-junit "$out/gpu_tests.xml"
  attempt "a sample of the others" ctest --preset cuda -L '^(base|config|potential|optim|train|dataset_without_opencv)$' \
    -LE '^gpu$' --no-tests=error --parallel "$(nproc)" --output-junit "$out/other_tests.xml"
  attempt "a training on the GPU" train_demo
}

train_demo() {
  rm -rf "$build/gpu_check"
  "$build/mirrortune" run -c configs/demo.yaml --device cuda -s data.root="$pack/images" -s output.root="$build/gpu_check" \
    -s seeds.count=1 -s train.epochs=3 2>&1 | tee "$out/run.txt"
}

run_benchmarks() {
  require_cuda_build
  attempt "benchmarks of the step" bench_step
  attempt "recorded and eager trainings" bench_training
}

# google-benchmark itself takes it for a success when no name fits.
bench_step() {
  local program=$build/bin/bench_optimizer_step
  "$program" --benchmark_filter="$benchmarks" --benchmark_list_tests=true | grep -q . || {
    say "no benchmark of ${program##*/} has a name that fits '$benchmarks'"
    return 1
  }
  "$program" --benchmark_filter="$benchmarks" --benchmark_out="$out/optimizer_step.json" --benchmark_out_format=json
}

bench_training() {
  local precision steps
  for precision in fp32 auto; do
    for steps in recorded eager; do
      echo "shufflenet_v2_x0_5 at 224, batch 64, $precision, $steps:" \
        "$("$build/bin/bench_training_throughput" --device cuda --resolution 224 --batch 64 --precision $precision --steps $steps)"
    done
  done | tee "$out/training_throughput.txt"
}

# --- which of them ---

words=("${@:-check}")
phases=()
for word in "${words[@]}"; do
  case $word in
    pack)
      [ ${#words[@]} -eq 1 ] || fail 2 "\`pack\` stands alone."
      run_pack
      exit
      ;;
    check) phases+=(build test bench) ;;
    build | test | bench) phases+=("$word") ;;
    *) fail 2 "unknown word '$word': pack, check, build, test or bench" ;;
  esac
done

[ -d "$pack/usr/include" ] || fail 66 "$pack is missing. Run \`tools/dev/gpu_check.sh pack\` on Debian or Ubuntu and copy .gpu/ here."
[[ " ${phases[*]} " != *" build "* ]] || require_compilers
[ "${phases[*]}" = build ] || require_gpu
mkdir -p "$out"
for phase in "${phases[@]}"; do
  case $phase in
    build) run_build ;;
    test) run_tests ;;
    bench) run_benchmarks ;;
  esac
done
[ ${#failures[@]} -eq 0 ] || fail 1 "failed: $(IFS=,; echo "${failures[*]}"). The reports are in $out."
say "all is well. The reports are in $out."
