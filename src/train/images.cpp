#include "train/images.h"

#include "base/error.h"

namespace mirrortune {
namespace {

/// A tensor that reads the values where they are. `from_blob` has no const form; nothing writes through it.
template <class T>
torch::Tensor view_of(const std::vector<T>& values, torch::IntArrayRef shape, torch::ScalarType type) {
  return torch::from_blob(const_cast<T*>(values.data()), shape, torch::TensorOptions(type));
}

torch::Tensor view_of(std::span<const std::int64_t> values) {
  return torch::from_blob(const_cast<std::int64_t*>(values.data()),
                          {static_cast<std::int64_t>(values.size())}, torch::TensorOptions(torch::kInt64));
}

torch::Tensor per_channel(const std::array<double, 3>& values, torch::Device device) {
  return torch::tensor({values[0], values[1], values[2]}, torch::kFloat32).view({1, 3, 1, 1}).to(device);
}

}  // namespace

DeviceImages::DeviceImages(std::shared_ptr<const Pixels> pixels, const NetworkInfo& network,
                           torch::Device device, MemoryLayout layout)
    : pixels_(std::move(pixels)), layout_(layout) {
  const std::int64_t side = pixels_->resolution;
  bytes_ = view_of(pixels_->values, {pixels_->count, 3, side, side}, torch::kUInt8).to(device);
  labels_ = view_of(pixels_->labels, {pixels_->count}, torch::kInt64).to(device);
  std::array<double, 3> scale{};
  std::array<double, 3> shift{};
  for (std::size_t c = 0; c < 3; ++c) {
    scale[c] = 1 / (255 * network.sd[c]);
    shift[c] = -network.mean[c] / network.sd[c];
  }
  scale_ = per_channel(scale, device);
  shift_ = per_channel(shift, device);
}

DeviceImages DeviceImages::in_layout(MemoryLayout layout) const {
  DeviceImages images = *this;
  images.layout_ = layout;
  return images;
}

Batch DeviceImages::batch(std::span<const std::int64_t> positions) const {
  const auto rows = view_of(positions).to(device());
  return {normalised(bytes_.index_select(0, rows)), labels_.index_select(0, rows)};
}

Batch DeviceImages::augmented_batch(std::span<const std::int64_t> positions, const AugmentKey& key) const {
  const auto count = static_cast<std::int64_t>(positions.size());
  const std::int64_t side = pixels_->resolution;
  const auto bytes = torch::empty({count, 3, side, side}, torch::kUInt8);
  crop_flip(*pixels_, positions, key,
            {bytes.data_ptr<std::uint8_t>(), static_cast<std::size_t>(bytes.numel())});
  return {normalised(bytes.to(device())), labels_.index_select(0, view_of(positions).to(device()))};
}

torch::Tensor DeviceImages::normalised(const torch::Tensor& bytes) const {
  return bytes.to(torch::kFloat32, /*non_blocking=*/false, /*copy=*/false, memory_format(layout_))
      .mul_(scale_)
      .add_(shift_);
}

}  // namespace mirrortune
