#include "train/detail/eval_batches.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include "train/detail/stop.h"

namespace mirrortune {
namespace {

/// Eval mode as long as it lives, then the mode that was before.
class EvalMode {
 public:
  explicit EvalMode(Network& network) : network_(network), was_training_(network.is_training()) {
    network_.eval();
  }
  ~EvalMode() { network_.train(was_training_); }
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;

 private:
  Network& network_;
  bool was_training_;
};

}  // namespace

void for_each_eval_batch(Network& network, const DeviceImages& images, std::int64_t batch_size,
                         const std::function<void(std::span<const std::int64_t>)>& action) {
  const EvalMode eval(network);
  const torch::InferenceMode no_gradients;
  std::vector<std::int64_t> positions(static_cast<std::size_t>(images.count()));
  std::iota(positions.begin(), positions.end(), 0);
  for (std::int64_t begin = 0; begin < images.count(); begin += batch_size) {
    stop_if_requested();
    const auto size = std::min(batch_size, images.count() - begin);
    action(std::span(positions).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size)));
  }
}

void for_each_eval_logits(Network& network, const DeviceImages& images, std::int64_t batch_size,
                          const std::function<void(const torch::Tensor&, const torch::Tensor&)>& action) {
  for_each_eval_batch(network, images, batch_size, [&](std::span<const std::int64_t> positions) {
    const auto batch = images.batch(positions);
    action(network.forward(batch.images), batch.labels);
  });
}

}  // namespace mirrortune
