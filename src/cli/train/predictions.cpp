#include "cli/train/predictions.h"

#include <algorithm>
#include <memory>
#include <string>

#include "cli/progress.h"
#include "dataset/pixels.h"
#include "train/compute.h"
#include "train/device.h"
#include "train/images.h"

namespace mirrortune::cli {
namespace {

constexpr std::size_t kDecodedAtOnce = 2048;

}  // namespace

std::vector<Prediction> predict_rows(Network& network, const ImageIndex& index, const DataOptions& data,
                                     std::span<const std::int64_t> rows, std::int64_t batch_size,
                                     const Globals& globals) {
  const auto device = choose_device(globals.device);
  network.to(device);
  use_channels_last(network);
  Progress progress(globals);
  std::vector<Prediction> predictions;
  while (predictions.size() < rows.size()) {
    const auto part =
        rows.subspan(predictions.size(), std::min(kDecodedAtOnce, rows.size() - predictions.size()));
    auto pixels = std::make_shared<Pixels>(decode_images(index, part, data, {.threads = globals.threads}));
    const DeviceImages images(std::move(pixels), network.info(), device);
    const auto some = predict(network, images, batch_size);
    predictions.insert(predictions.end(), some.begin(), some.end());
    progress.update(static_cast<double>(predictions.size()) / static_cast<double>(rows.size()), [&] {
      return std::to_string(predictions.size()) + " of " + std::to_string(rows.size()) + " images";
    });
  }
  return predictions;
}

}  // namespace mirrortune::cli
