#include "weights/safetensors_writer.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"

namespace mirrortune {
namespace {

constexpr std::size_t kGathered = 1 << 18;  ///< bytes that are worth a write of their own

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
  throw WeightsError(
      {.what = "cannot write weights", .where = path.string(), .why = why, .safe = "Nothing was written"});
}

void check_names(const std::filesystem::path& path, std::span<const TensorInfo> tensors) {
  std::set<std::string_view> seen;
  for (const auto& tensor : tensors) {
    const std::string shown = printable(tensor.name);
    if (tensor.name.empty() || shown != tensor.name || tensor.name == "__metadata__") {
      fail(path, "\"" + shown + "\" cannot be a tensor's name");
    }
    if (!seen.insert(tensor.name).second) fail(path, "two tensors have the name \"" + shown + "\"");
  }
}

std::vector<std::size_t> by_falling_element_size(std::span<const TensorInfo> tensors) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return element_bytes(tensors[a].dtype) > element_bytes(tensors[b].dtype);
  });
  return order;
}

std::string header_text(std::span<const TensorInfo> tensors, std::span<const std::uint64_t> begins,
                        const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) {
    Json& pairs = header["__metadata__"] = Json::object();
    for (const auto& [key, value] : metadata) pairs.push_back({key, value});
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& tensor = tensors[i];
    const auto end = begins[i] + static_cast<std::uint64_t>(tensor.bytes());
    header.push_back({tensor.name,
                      {{"dtype", safetensors_name(tensor.dtype)},
                       {"shape", tensor.shape},
                       {"data_offsets", {begins[i], end}}}});
  }
  std::string text = header.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

std::vector<TensorInfo> infos_of(std::span<const ArrayView> tensors) {
  std::vector<TensorInfo> infos;
  for (const auto& tensor : tensors) {
    MIRRORTUNE_CHECK(tensor.bytes.size() == static_cast<std::size_t>(tensor.info.bytes()));
    infos.push_back(tensor.info);
  }
  return infos;
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                                     const std::map<std::string, std::string>& metadata)
    : file_(path), data_order_(by_falling_element_size(tensors)) {
  check_names(path, tensors);
  std::vector<std::uint64_t> begins(tensors.size());
  for (const auto place : data_order_) {
    begins[place] = remaining_;
    remaining_ += static_cast<std::uint64_t>(tensors[place].bytes());
  }
  const std::string header = header_text(tensors, begins, metadata);
  for (std::size_t i = 0; i < 8; ++i) head_ += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  head_ += header;
  const auto head_bytes = std::as_bytes(std::span(head_));
  small_.assign(head_bytes.begin(), head_bytes.end());
}

void SafetensorsWriter::write(std::span<const std::byte> bytes) {
  MIRRORTUNE_CHECK(bytes.size() <= remaining_);
  remaining_ -= bytes.size();
  if (small_.size() + bytes.size() > kGathered) flush();
  if (bytes.size() > kGathered) {
    file_.write(bytes);
  } else {
    small_.insert(small_.end(), bytes.begin(), bytes.end());
  }
}

void SafetensorsWriter::flush() {
  file_.write(small_);
  small_.clear();
}

void SafetensorsWriter::commit() {
  MIRRORTUNE_CHECK(remaining_ == 0);
  flush();
  file_.commit();
}

void write_safetensors(const std::filesystem::path& path, std::span<const ArrayView> tensors,
                       const std::map<std::string, std::string>& metadata) {
  SafetensorsWriter writer(path, infos_of(tensors), metadata);
  for (const auto place : writer.data_order()) writer.write(tensors[place].bytes);
  writer.commit();
}

std::future<std::string> write_safetensors_hashed(const std::filesystem::path& path,
                                                  std::span<const ArrayView> tensors,
                                                  const std::map<std::string, std::string>& metadata) {
  SafetensorsWriter writer(path, infos_of(tensors), metadata);
  std::vector<std::span<const std::byte>> pieces;
  for (const auto place : writer.data_order()) pieces.push_back(tensors[place].bytes);
  auto sha256 = std::async(std::launch::async, [head = writer.head(), pieces] {
    Sha256 hash;
    hash.update(std::as_bytes(std::span(head)));
    for (const auto& piece : pieces) hash.update(piece);
    return hash.hex();
  });
  for (const auto& piece : pieces) writer.write(piece);
  writer.commit();
  return sha256;
}

}  // namespace mirrortune
