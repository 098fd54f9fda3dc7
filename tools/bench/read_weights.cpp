// Time of reading a weights file into memory, beside that of reading its bytes and hashing them
// once; read_weights.py sets both beside Python.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/error.h"
#include "base/sha256.h"
#include "weights/weights_file.h"

namespace mirrortune {
namespace {

/// Hashes the file once untimed, so that all start with the file as near to the processor as they leave it.
void warm_up(const std::string& path) { benchmark::DoNotOptimize(sha256_of_file(path)); }

void hash(benchmark::State& state, const std::string& path) {
  warm_up(path);
  for (auto _ : state) benchmark::DoNotOptimize(sha256_of_file(path));
}

/// Every tensor into memory of its own.
void read(benchmark::State& state, const std::string& path) {
  warm_up(path);
  std::int64_t tensors = 0, bytes = 0;
  for (auto _ : state) {
    const auto file = WeightsFile::open(path);
    std::vector<std::unique_ptr<std::byte[]>> arrays;
    tensors = bytes = 0;
    for (const auto& tensor : file->tensors()) {
      const auto size = static_cast<std::size_t>(tensor.bytes());
      arrays.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
      file->read_bytes(tensor, 0, {arrays.back().get(), size});
      tensors += 1;
      bytes += tensor.bytes();
    }
    benchmark::DoNotOptimize(arrays);
  }
  state.counters["tensors"] = static_cast<double>(tensors);
  state.counters["bytes"] = static_cast<double>(bytes);
}

}  // namespace
}  // namespace mirrortune

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc != 2) {
    std::cerr << "usage: " << argv[0] << " [--benchmark_…] FILE\n";
    return EXIT_FAILURE;
  }
  const std::string path = argv[1];
  benchmark::RegisterBenchmark("hash", [=](benchmark::State& state) { mirrortune::hash(state, path); })
      ->Unit(benchmark::kMillisecond)
      ->Iterations(1)
      ->UseRealTime();
  benchmark::RegisterBenchmark("read", [=](benchmark::State& state) { mirrortune::read(state, path); })
      ->Unit(benchmark::kMillisecond)
      ->Iterations(1)
      ->UseRealTime();
  try {
    benchmark::RunSpecifiedBenchmarks();
  } catch (const mirrortune::Error& error) {
    std::cerr << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
