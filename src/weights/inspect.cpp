#include "weights/inspect.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "weights/safetensors_writer.h"

namespace mirrortune {
namespace {

constexpr std::int64_t kBlockElements = 1 << 16;

/// Calls `use` with the tensor's bytes in order, a block at a time.
template <class Use>
void for_each_block(const WeightsFile& file, const TensorInfo& tensor, Use use) {
  std::vector<std::byte> block;
  for (std::int64_t begin = 0; begin < tensor.elements(); begin += kBlockElements) {
    const auto count = std::min(kBlockElements, tensor.elements() - begin);
    block.resize(static_cast<std::size_t>(count) * element_bytes(tensor.dtype));
    file.read_bytes(tensor, begin, block);
    use(std::span<const std::byte>(block));
  }
}

void add_value(ValueSummary& summary, double value) {
  if (!std::isfinite(value)) {
    summary.nonfinite += 1;
    return;
  }
  summary.minimum = std::min(summary.minimum.value_or(value), value);
  summary.maximum = std::max(summary.maximum.value_or(value), value);
}

}  // namespace

ValueSummary summarize_values(const WeightsFile& file, const TensorInfo& tensor) {
  ValueSummary summary;
  Sha256 hash;
  std::vector<double> values;
  for_each_block(file, tensor, [&](std::span<const std::byte> bytes) {
    hash.update(bytes);
    values.resize(bytes.size() / element_bytes(tensor.dtype));
    to_numbers(tensor.dtype, bytes, std::span<double>(values));
    for (const double value : values) add_value(summary, value);
  });
  summary.sha256 = hash.hex();
  return summary;
}

void convert_weights(const std::filesystem::path& input, const std::filesystem::path& output,
                     Overwrite overwrite) {
  std::error_code ignored;  // a folder that cannot be searched is a WriteError below
  const bool exists = std::filesystem::exists(std::filesystem::symlink_status(output, ignored));
  if (overwrite == Overwrite::refuse && exists) {
    throw ExistsError({.what = "cannot write weights",
                       .where = printable(output.string()),
                       .why = "the file exists",
                       .safe = "It was not changed"});
  }
  const auto file = WeightsFile::open(input);
  auto metadata = file->metadata();
  metadata.emplace("format", "pt");
  SafetensorsWriter writer(output, file->tensors(), metadata);
  for (const auto place : writer.data_order()) {
    for_each_block(*file, file->tensors()[place],
                   [&](std::span<const std::byte> bytes) { writer.write(bytes); });
  }
  writer.commit();
}

}  // namespace mirrortune
