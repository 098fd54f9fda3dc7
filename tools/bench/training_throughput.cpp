// Trains ShuffleNetV2 x0.5 on made-up images with mirror descent and prints one JSON line: images per second,
// processor seconds per image, peak memory. training_throughput.py runs it in turns with PyTorch.
//
//   bench_training_throughput [--steps N] [--batch N] [--resolution N] [--threads N] [--layout
//   nchw|channels_last]
//                             [--memory keep|default]

#include <chrono>
#include <cstdio>
#include <map>
#include <string>

#include <sys/resource.h>

#include <torch/torch.h>

#include "base/memory_policy.h"
#include "models/load.h"
#include "optim/mirror_descent.h"

namespace {

constexpr int kWarmUpSteps = 3;

std::map<std::string, std::string> parse(int argc, char** argv) {
  std::map<std::string, std::string> values = {{"--steps", "10"},
                                               {"--batch", "256"},
                                               {"--resolution", "64"},
                                               {"--threads", "2"},
                                               {"--layout", "channels_last"},
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

/// A network, its optimiser and one batch.
class Training {
 public:
  Training(std::int64_t batch, std::int64_t resolution, bool channels_last)
      : network_(mirrortune::make_network("shufflenet_v2_x0_5", 200)),
        images_(torch::randn({batch, 3, resolution, resolution})),
        labels_(torch::randint(200, {batch})) {
    mirrortune::draw_weights(*network_, 1);
    if (channels_last) {
      mirrortune::use_channels_last(*network_);
      images_ = images_.contiguous(torch::MemoryFormat::ChannelsLast);
    }
    optimizer_ = std::make_unique<mirrortune::MirrorDescent>(
        network_->parameters(), mirrortune::MirrorDescentOptions(0.01).momentum(0.9));
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      optimizer_->zero_grad();
      torch::cross_entropy_loss(network_->forward(images_), labels_).backward();
      optimizer_->step();
    }
  }

 private:
  std::shared_ptr<mirrortune::Network> network_;
  std::unique_ptr<mirrortune::MirrorDescent> optimizer_;
  torch::Tensor images_;
  torch::Tensor labels_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (options.at("--memory") == "keep") mirrortune::keep_freed_memory();
  torch::set_num_threads(std::stoi(options.at("--threads")));
  const int steps = std::stoi(options.at("--steps"));
  const std::int64_t batch = std::stoll(options.at("--batch"));
  Training training(batch, std::stoll(options.at("--resolution")), options.at("--layout") == "channels_last");
  training.run(kWarmUpSteps);
  const rusage before = usage_now();
  const auto start = std::chrono::steady_clock::now();
  training.run(steps);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const rusage after = usage_now();
  const double images = static_cast<double>(steps) * static_cast<double>(batch);
  std::printf("{\"images_per_second\": %.2f, \"processor_ms_per_image\": %.5f, \"peak_mib\": %.1f}\n",
              images / seconds, 1000.0 * (processor_seconds(after) - processor_seconds(before)) / images,
              static_cast<double>(after.ru_maxrss) / 1024.0);
}
