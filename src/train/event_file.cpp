#include "train/event_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string_view>

#include <boost/crc.hpp>

namespace mirrortune {
namespace {

/// CRC-32C (Castagnoli).
using Crc = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

constexpr const char* kVersion = "brain.Event:2";

std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

/// TensorFlow's mask: a CRC of a text that holds CRCs would be a weak one.
std::string masked_crc(std::string_view bytes) {
  Crc crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t sum = crc.checksum();
  return little_endian(std::rotr(sum, 15) + 0xA282EAD8u, 4);
}

std::string record(std::string_view data) {
  const std::string length = little_endian(data.size(), 8);
  return length + masked_crc(length) + std::string(data) + masked_crc(data);
}

/// The protocol buffer encoding; field numbers are those of TensorFlow's event.proto and summary.proto.
namespace proto {

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string key(unsigned field, unsigned wire_type) { return varint(field << 3 | wire_type); }

std::string integer(unsigned field, std::int64_t value) {
  return key(field, 0) + varint(static_cast<std::uint64_t>(value));
}

std::string float64(unsigned field, double value) {
  return key(field, 1) + little_endian(std::bit_cast<std::uint64_t>(value), 8);
}

std::string float32(unsigned field, float value) {
  return key(field, 5) + little_endian(std::bit_cast<std::uint32_t>(value), 4);
}

/// A text, or a message that is encoded already.
std::string bytes(unsigned field, std::string_view content) {
  return key(field, 2) + varint(content.size()) + std::string(content);
}

std::string packed(unsigned field, std::span<const double> values) {
  std::string content;
  for (const double value : values) content += little_endian(std::bit_cast<std::uint64_t>(value), 8);
  return bytes(field, content);
}

}  // namespace proto

std::string encode(const EventHistogram& histogram) {
  return proto::float64(1, histogram.min) + proto::float64(2, histogram.max) +
         proto::float64(3, histogram.num) + proto::float64(4, histogram.sum) +
         proto::float64(5, histogram.sum_squares) + proto::packed(6, histogram.limits) +
         proto::packed(7, histogram.counts);
}

std::string encode(const EventValue& value) {
  const std::string tag = proto::bytes(1, value.tag);
  if (const float* number = std::get_if<float>(&value.value)) return tag + proto::float32(2, *number);
  return tag + proto::bytes(5, encode(std::get<EventHistogram>(value.value)));
}

std::string encode(const Event& event) {
  std::string summary;
  for (const EventValue& value : event.values) summary += proto::bytes(1, encode(value));
  return proto::float64(1, event.wall_time) + proto::integer(2, event.step) + proto::bytes(5, summary);
}

/// Right ends of buckets of equal width; the last one is `max` itself.
std::vector<double> bucket_limits(double min, double max, int num_buckets) {
  std::vector<double> limits;
  for (int i = 1; i < num_buckets; ++i) limits.push_back(min + (max - min) * i / num_buckets);
  limits.push_back(max);
  return limits;
}

}  // namespace

EventHistogram event_histogram(std::span<const float> values, int num_buckets) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EventHistogram histogram{.min = kInfinity, .max = -kInfinity, .limits = {0}, .counts = {0}};
  for (const double value : values) {
    if (!std::isfinite(value)) {
      ++histogram.left_out;
      continue;
    }
    histogram.min = std::min(histogram.min, value);
    histogram.max = std::max(histogram.max, value);
    histogram.num += 1;
    histogram.sum += value;
    histogram.sum_squares += value * value;
  }
  if (histogram.num == 0) histogram.min = histogram.max = 0;
  const bool equal = histogram.min == histogram.max;
  histogram.limits = bucket_limits(histogram.min, histogram.max, equal ? 1 : num_buckets);
  histogram.counts.assign(histogram.limits.size(), 0);
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    const auto limit = std::upper_bound(histogram.limits.begin(), histogram.limits.end() - 1, value);
    histogram.counts[static_cast<std::size_t>(limit - histogram.limits.begin())] += 1;
  }
  return histogram;
}

std::string event_file(std::span<const Event> events) {
  const double start = events.empty() ? 0 : events.front().wall_time;
  std::string file = record(proto::float64(1, start) + proto::bytes(3, kVersion));
  for (const Event& event : events) file += record(encode(event));
  return file;
}

}  // namespace mirrortune
