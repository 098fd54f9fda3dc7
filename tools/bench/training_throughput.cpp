// Trains a network on made-up images with mirror descent, as `mirrortune run` does, and prints one JSON line:
// images per second, processor seconds per image, peak memory. training_throughput.py runs it in turns with
// PyTorch.
//
//   bench_training_throughput [--network NAME] [--seconds S] [--batch N] [--resolution N] [--threads N]
//                             [--device cpu|cuda] [--precision auto|fp32|bf16|fp16]
//                             [--layout channels_last|contiguous] [--steps recorded|eager]
//                             [--memory keep|default]

#include <chrono>
#include <cstdio>
#include <map>
#include <string>

#include <sys/resource.h>

#include <ATen/Context.h>
#include <torch/torch.h>

#include "base/memory_policy.h"
#include "base/stream.h"
#include "train/device.h"
#include "train/start.h"
#include "train/training.h"

namespace mirrortune {
namespace {

constexpr int kClasses = 200;

using Arguments = std::map<std::string, std::string>;

Arguments parse(int argc, char** argv) {
  Arguments values = {{"--network", "shufflenet_v2_x0_5"},
                      {"--seconds", "10"},
                      {"--batch", "256"},
                      {"--resolution", "64"},
                      {"--threads", "2"},
                      {"--device", "cpu"},
                      {"--precision", "fp32"},
                      {"--layout", "channels_last"},
                      {"--steps", "recorded"},
                      {"--memory", "keep"}};
  for (int i = 1; i + 1 < argc; i += 2) values.at(argv[i]) = argv[i + 1];
  return values;
}

double processor_seconds(const rusage& usage) {
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

rusage usage_now() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

/// One batch of noise.
std::shared_ptr<const Pixels> made_pixels(std::int64_t count, int resolution) {
  auto pixels = std::make_shared<Pixels>();
  pixels->count = count;
  pixels->resolution = resolution;
  const Stream stream(1, "made_pixels");
  const auto values = static_cast<std::uint64_t>(count * 3 * resolution * resolution);
  for (std::uint64_t i = 0; i < values; ++i) {
    pixels->values.push_back(static_cast<std::uint8_t>(stream.below(i, 256)));
  }
  for (std::int64_t i = 0; i < count; ++i) pixels->labels.push_back(i % kClasses);
  return pixels;
}

TrainingOptions training_options(const Arguments& arguments) {
  const Arguments::mapped_type& precision = arguments.at("--precision");
  TrainingOptions options{.potential = "2-norm", .lr = 0.01};
  options.train.batch_size = std::stoll(arguments.at("--batch"));
  for (const Precision one : {Precision::automatic, Precision::fp32, Precision::bf16, Precision::fp16}) {
    if (to_text(one) == precision) options.train.precision = one;
  }
  options.record_steps = arguments.at("--steps") == "recorded";
  return options;
}

void run(const Arguments& arguments) {
  if (arguments.at("--memory") == "keep") keep_freed_memory();
  torch::set_num_threads(std::stoi(arguments.at("--threads")));
  const auto device = choose_device(arguments.at("--device"));
  at::globalContext().setBenchmarkCuDNN(true);  // as with deterministic: false
  const auto layout =
      arguments.at("--layout") == "contiguous" ? MemoryLayout::contiguous : MemoryLayout::channels_last;
  const auto options = training_options(arguments);
  const StartingPoint start({.name = arguments.at("--network"), .weights = "none", .classes = kClasses});
  const DeviceImages images(made_pixels(options.train.batch_size, std::stoi(arguments.at("--resolution"))),
                            start.info(), device, layout);
  const auto network = start.make(/*seed=*/1, device, layout);
  Training training(*network, images, options);
  training.take_steps(kEagerSteps + 1);
  const rusage before = usage_now();
  const double seconds = std::stod(arguments.at("--seconds"));
  const auto begin = std::chrono::steady_clock::now();
  const auto passed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  double count = 0;
  do {
    count += static_cast<double>(training.take_steps(device.is_cuda() ? 20 : 1));
  } while (passed() < seconds);
  const double taken = passed();
  const rusage after = usage_now();
  std::printf("{\"images_per_second\": %.2f, \"processor_ms_per_image\": %.5f, \"peak_mib\": %.1f}\n",
              count / taken, 1000.0 * (processor_seconds(after) - processor_seconds(before)) / count,
              static_cast<double>(after.ru_maxrss) / 1024.0);
}

}  // namespace
}  // namespace mirrortune

int main(int argc, char** argv) { mirrortune::run(mirrortune::parse(argc, argv)); }
