#include "train/images.h"

#include "base/error.h"
#include "models/sending.h"

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

/// uint8 [N, R, R] of uint8 [N, 3, R, R]: ⌊(19595 R + 38470 G + 7471 B) / 2^16 + 1/2⌋, as PIL does it.
torch::Tensor grey_bytes(const torch::Tensor& bytes) {
  auto sum = torch::full({bytes.size(0), bytes.size(2), bytes.size(3)}, 1 << 15, torch::kInt32);
  std::int64_t channel = 0;
  for (const int weight : {19595, 38470, 7471}) {
    sum.add_(bytes.select(1, channel++).to(torch::kInt32), weight);
  }
  return sum.bitwise_right_shift_(16).to(torch::kUInt8);
}

}  // namespace

DeviceImages::DeviceImages(std::shared_ptr<const Pixels> pixels, const NetworkInfo& network,
                           torch::Device device, MemoryLayout layout, const ViewOptions& views)
    : pixels_(std::move(pixels)), layout_(layout), views_(views) {
  const std::int64_t side = pixels_->resolution;
  const bool rows = network.kind == NetworkKind::row_classifier;
  const auto bytes = view_of(pixels_->values, {pixels_->count, 3, side, side}, torch::kUInt8);
  bytes_ = (rows ? grey_bytes(bytes) : bytes).to(device);
  labels_ = view_of(pixels_->labels, {pixels_->count}, torch::kInt64).to(device);
  std::array<double, 3> scale{};
  std::array<double, 3> shift{};
  for (std::size_t c = 0; c < 3; ++c) {
    scale[c] = 1 / (255 * network.sd[c]);
    shift[c] = -network.mean[c] / network.sd[c];
  }
  scale_ = per_channel(scale, device);
  shift_ = per_channel(shift, device);
  if (!rows) return;
  scale_ = scale_.flatten()[0];
  shift_ = shift_.flatten()[0];
}

DeviceImages DeviceImages::in_layout(MemoryLayout layout) const {
  DeviceImages images = *this;
  images.layout_ = layout;
  return images;
}

Batch DeviceImages::batch(std::span<const std::int64_t> positions) const {
  const auto rows = sent_to(device(), view_of(positions));
  return {normalised(bytes_.index_select(0, rows)), labels_.index_select(0, rows)};
}

Batch DeviceImages::augmented_batch(std::span<const std::int64_t> positions, const AugmentKey& key) const {
  const auto count = static_cast<std::int64_t>(positions.size());
  const std::int64_t side = pixels_->resolution;
  const auto bytes = torch::empty({count, 3, side, side}, for_sending(device(), torch::kUInt8));
  crop_flip(*pixels_, positions, key,
            {bytes.data_ptr<std::uint8_t>(), static_cast<std::size_t>(bytes.numel())});
  return {normalised(sent_to(device(), bytes)),
          labels_.index_select(0, sent_to(device(), view_of(positions)))};
}

Batch DeviceImages::views_batch(std::span<const std::int64_t> positions, const ViewKey& key) const {
  const auto rows = sent_to(device(), view_of(positions));
  const auto bytes = bytes_.index_select(0, rows);
  const auto view = [&](int which) {
    return normalised(
        make_views(bytes, draw_views(key, which, positions, pixels_->resolution, views_), views_));
  };
  return {torch::cat({view(0), view(1)}), labels_.index_select(0, rows)};
}

torch::Tensor DeviceImages::normalised(const torch::Tensor& values) const {
  const auto format = values.dim() == 4 ? memory_format(layout_) : torch::MemoryFormat::Contiguous;
  return values.to(torch::kFloat32, /*non_blocking=*/false, /*copy=*/false, format).mul_(scale_).add_(shift_);
}

}  // namespace mirrortune
