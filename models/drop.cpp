#include "models/detail/drop.h"

#include <vector>

#include "base/stream.h"
#include "models/sending.h"

namespace mirrortune {
namespace {

constexpr int kIndexShift = 40;  ///< each layer has 2^40 draws of a step's stream for itself

std::vector<std::int64_t> mask_shape(const torch::Tensor& x, DropUnit unit) {
  if (unit == DropUnit::element) return x.sizes().vec();
  std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
  shape[0] = x.size(0);
  return shape;
}

}  // namespace

torch::Tensor DropLayer::forward(const torch::Tensor& x) const {
  if (!is_training() || !*key_ || rate_ == 0) return x;
  const Stream stream((*key_)->seed, unit_ == DropUnit::element ? "dropout" : "stochastic_depth",
                      (*key_)->step);
  auto scales = torch::empty(mask_shape(x, unit_), for_sending(x.device(), torch::kFloat32));
  auto* scale = scales.data_ptr<float>();
  const auto kept = static_cast<float>(1 / (1 - rate_));
  for (std::int64_t i = 0; i < scales.numel(); ++i) {
    const auto draw = (index_ << kIndexShift) + static_cast<std::uint64_t>(i);
    scale[i] = stream.uniform(draw) < rate_ ? 0.0F : kept;
  }
  return x * sent_to(x.device(), scales).to(x.scalar_type());
}

}  // namespace mirrortune
