#!/usr/bin/env bash
# Checks what needs an NVIDIA GPU, on a machine that has a python3 with a CUDA `torch` and neither the packages of
# tools/setup.sh nor a network. It is built there, with cmake, ninja, nvcc and g++, or here, where no GPU is needed.
#
#   tools/dev/gpu_check.sh pack                on Debian or Ubuntu, after tools/build.sh: fills .gpu/ (git-ignored, 40 MB) with
#                                              what the GPU machine lacks to build
#   tools/dev/gpu_check.sh build               builds; with $LIBTORCH_ROOT, the `torch` folder of the GPU machine's version,
#                                              here too
#   tools/dev/gpu_check.sh pack-programs       after such a build here: fills .gpu/ (45 MB) with what was built instead
#   tools/dev/gpu_check.sh [check]             on the GPU machine, in a copy of this tree with its .gpu/: builds unless that
#                                              holds the programs, then test and bench
#   tools/dev/gpu_check.sh [build] [test] [bench]   these phases only
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
# What is built: the tests of the GPU, tests of what else a CUDA LibTorch may break, and what is timed.
gpu_tests=(optim_gpu train_gpu)
other_tests=(standard_library base config potential optim train dataset_without_opencv)
benches=(bench_optimizer_step bench_training_throughput)

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

require_release_build() {
  [ -x build/release/mirrortune ] || fail 66 "build/release/mirrortune is missing. Run tools/build.sh first: it draws the images."
}

pack_images() {
  build/release/mirrortune data synth --quiet --out "$work/images" --count "$num_images" --seed 2 >/dev/null
  build/release/mirrortune data pack --quiet "$work/images" --out "$work/pack/images" --resolution 64 --crop-ratio 1 >/dev/null
}

finish_pack() {
  pack_images
  rm -rf "$pack"
  cp -a "$work/pack" "$pack"
  say "$(du -sh --apparent-size "$pack" | cut -f1) in $pack; copy it with the tree to the GPU machine"
}

run_pack() {
  local names deb
  require_program apt-get "Pack on Debian or Ubuntu."
  require_program dpkg "Pack on Debian or Ubuntu."
  require_release_build
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
  finish_pack
}

# Libraries that the programs load, but for LibTorch's and those of every Linux.
libraries_of_programs() {
  ldd "$@" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | grep -vE '/(torch|nvidia)/|/lib(c|m|dl|rt|pthread|util|stdc\+\+|gcc_s)\.so' | sort -u
}

run_pack_programs() {
  local program built=(mirrortune libexec/mirrortune-train "${gpu_tests[@]/#/bin/test_}" "${benches[@]/#/bin/}") libraries
  [ -x "$build/mirrortune" ] ||
    fail 66 "build/cuda/mirrortune is missing. Build it first: LIBTORCH_ROOT=…/torch tools/dev/gpu_check.sh build."
  require_release_build
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/pack" "$work/programs/bin" "$work/programs/libexec" "$work/programs/lib"
  for program in "${built[@]}"; do strip -o "$work/programs/$program" "$build/$program"; done
  mapfile -t libraries < <(libraries_of_programs "${built[@]/#/$build/}")
  cp -L -t "$work/programs/lib" "${libraries[@]}"
  tar -czf "$work/pack/programs.tar.gz" -C "$work" programs
  finish_pack
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
}

# Where the programs are: brought along with the libraries that they need, or built here.
find_programs() {
  programs=$build
  if brings_programs && ! builds; then
    programs=$build/programs
    tar -xzf "$pack/programs.tar.gz" -C "$build"
    export LD_LIBRARY_PATH="$programs/lib:$(libtorch_root)/lib"
  fi
  [ -x "$programs/mirrortune" ] || fail 66 "$programs/mirrortune is missing. Run the phase \`build\` first."
}

builds() { [[ " ${phases[*]} " == *" build "* ]]; }

brings_programs() { [ -f "$pack/programs.tar.gz" ]; }

libtorch_root() {
  local find='import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])'
  echo "${LIBTORCH_ROOT:-$(python3 -c "$find")}"
}

# A build without CUDA would skip every test that this is about.
require_cuda_programs() {
  [ -z "${programs:-}" ] || return 0  # found for the phase before
  find_programs
  "$programs/mirrortune" env | tee "$out/machine.txt"
  nvidia-smi | tee -a "$out/machine.txt"
  "$programs/mirrortune" env --device cuda >/dev/null ||
    fail 69 "the programs see no CUDA device: they need a CUDA LibTorch and the toolkit's nvcc when they are configured."
}

configure_and_build() {
  local packages=() bundle=$PWD/.deps/vega_bundle.js targets=(mirrortune "${benches[@]}")
  if [ -d "$pack/usr" ]; then
    packages=(-DCMAKE_PREFIX_PATH="$pack/usr" -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF)
    bundle=$pack/vega_bundle.js
  fi
  targets+=("${gpu_tests[@]/#/test_}" "${other_tests[@]/#/test_}")
  cmake --preset cuda "${packages[@]}" -DMIRRORTUNE_OPENCV=OFF -DMIRRORTUNE_DRAW=OFF -DMIRRORTUNE_VEGA_BUNDLE="$bundle" &&
    cmake --build --preset cuda --target "${targets[@]}"
}

require_compilers() {
  local name
  for name in cmake ninja g++ python3; do require_program "$name" "It is needed to build."; done
  [ -x /usr/local/cuda/bin/nvcc ] || require_program nvcc "The kernels cannot be compiled without the CUDA toolkit."
}

run_build() {
  configure_and_build 2>&1 | tee "$out/build.txt" || fail 1 "the build failed: $out/build.txt tells where."
}

# Each program runs its tests in one process: CUDA takes seconds to start.
run_tests() {
  local name
  require_cuda_programs
  for name in "${gpu_tests[@]}"; do attempt "tests of $name" run_test "$name"; done
  attempt "a training on the GPU" train_demo
  [ "$programs" = "$build" ] || return 0  # what the others read lies where they were built
  for name in "${other_tests[@]}"; do attempt "tests of $name" run_test "$name"; done
}

run_test() {
  "$programs/bin/test_$1" --gtest_brief=1 --gtest_output="xml:$out/$1.xml"
}

train_demo() {
  rm -rf "$build/gpu_check"
  "$programs/mirrortune" run -c configs/demo.yaml --device cuda -s data.root="$pack/images" -s output.root="$build/gpu_check" \
    -s seeds.count=1 -s train.epochs=3 -s runtime.checkpoint_every_epochs=1 2>&1 | tee "$out/run.txt"
}

run_benchmarks() {
  require_cuda_programs
  attempt "benchmarks of the step" bench_step
  attempt "recorded and eager trainings" bench_training
}

# google-benchmark itself takes it for a success when no name fits.
bench_step() {
  local program=$programs/bin/bench_optimizer_step
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
        "$("$programs/bin/bench_training_throughput" --device cuda --resolution 224 --batch 64 --precision $precision --steps $steps)"
    done
  done | tee "$out/training_throughput.txt"
}

# --- which of them ---

words=("${@:-check}")
phases=()
for word in "${words[@]}"; do
  case $word in
    pack | pack-programs)
      [ ${#words[@]} -eq 1 ] || fail 2 "\`$word\` stands alone."
      "run_${word//-/_}"
      exit
      ;;
    check) brings_programs && phases+=(test bench) || phases+=(build test bench) ;;
    build | test | bench) phases+=("$word") ;;
    *) fail 2 "unknown word '$word': pack, pack-programs, check, build, test or bench" ;;
  esac
done

[ "${phases[*]}" = build ] || [ -d "$pack" ] ||
  fail 66 "$pack is missing. Run \`tools/dev/gpu_check.sh pack\` on Debian or Ubuntu and copy .gpu/ here."
! builds || require_compilers
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
