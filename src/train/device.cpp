#include "train/device.h"

#include <cstdlib>

#include <malloc.h>

#include <ATen/Context.h>
#include <climits>

#include "base/error.h"
#include "base/memory_policy.h"
#include "base/text.h"

namespace mirrortune {
namespace {

[[noreturn]] void throw_no_cuda(const std::string& text, const std::string& why) {
  throw DeviceError({.what = "cannot use the device",
                     .where = text,
                     .why = why,
                     .safe = "Nothing was started",
                     .todo = "Choose --device cpu, or --device auto to take what is there"});
}

torch::Device cuda_device(const std::string& text, long long index) {
  if (!torch::cuda::is_available()) throw_no_cuda(text, "no CUDA device is available to this LibTorch");
  const auto count = static_cast<long long>(torch::cuda::device_count());
  if (index >= count)
    throw_no_cuda(text, "there are " + std::to_string(count) + " CUDA devices, counted from 0");
  return {torch::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

}  // namespace

torch::Device choose_device(const std::string& text) {
  if (text == "cpu") return torch::kCPU;
  if (text == "auto") return torch::cuda::is_available() ? cuda_device(text, 0) : torch::kCPU;
  if (text == "cuda") return cuda_device(text, 0);
  const auto index = text.starts_with("cuda:") ? parse_integer(text.substr(5)) : std::nullopt;
  if (index && *index >= 0 && *index < 128) return cuda_device(text, *index);
  throw ConfigError(
      {.what = "unknown device", .where = printable(text), .why = "a device is auto, cpu, cuda or cuda:N"});
}

std::string to_text(torch::Device device) { return device.str(); }

int prepare_compute(const ComputeOptions& options) {
  keep_freed_memory();
  if (options.threads > 0) torch::set_num_threads(options.threads);
  auto& context = at::globalContext();
  context.setBenchmarkCuDNN(!options.deterministic);
  context.setDeterministicCuDNN(options.deterministic);
  // On the CPU nothing is left to chance, and LibTorch's mode would make it fill every new tensor first.
  if (options.deterministic && torch::cuda::is_available()) {
    // Read by cuBLAS when it starts; without it its sums may run in another order each time.
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
    context.setDeterministicAlgorithms(true, /*warn_only=*/true);
    context.setDeterministicFillUninitializedMemory(false);
  }
  return torch::get_num_threads();
}

}  // namespace mirrortune
